// What the requests, answers and notifications of S7comm-plus carry, by function.
#pragma once
#include "sensor/dissect/s7plus_names.hpp"
#include "sensor/dissect/s7plus_value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::s7plus {

struct learned {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 50;
  bool asker = false;  ///< about who sends the request, else about the controller
};

/// A variable that a subscription reports by a number of its own.
struct reference {
  std::uint32_t number = 0;
  object what;
};

/// What a request leaves behind for its answer.
struct asked {
  std::uint16_t function = 0;
  std::size_t items = 0;
  bool subscribes = false;
  bool bare_create = false;  ///< the answer describes the object, too
  std::vector<reference> references;
  std::uint32_t subscription = 0;  ///< whose references these are, where it exists already
  std::uint32_t deleted = 0;
};

inline constexpr std::size_t object_limit = 1024;  ///< objects in one operation; the rest is not recorded
object named(std::string space, std::uint32_t number);
void put(operation& op, object&& o);
/// The values, and whether some were not kept or may not be told.
void put(operation& op, leaves& read);

/// Reads the body of a request up to what trails every request, and says what it means.
void read_request(std::uint16_t function, std::uint8_t version, reader& in, operation& op, asked& about, std::vector<learned>& facts);

struct answered {
  outcome how = outcome::ok;
  std::vector<std::uint32_t> created;
};
answered read_response(std::uint8_t version, reader& in, operation& op, const asked& about, std::vector<learned>& facts);

struct notification {
  std::uint32_t subscription = 0;
  std::uint8_t tick = 0;
  std::uint64_t sequence = 0;
  bool counted = false;  ///< it has a sequence number, and not only the tick
  std::vector<std::pair<std::uint32_t, std::vector<value>>> items;
  std::string errors;
  bool alarm = false;
  value alarm_id;
};
notification read_notification(std::uint8_t version, reader& in);

/// A part of a value that is written as a stream: its length, then so many octets; 0 ends it.
std::size_t read_stream_part(reader& in);

}  // namespace mw::s7plus
