// SuiteLink messages as values: handshakes that are named by an identifier, and the exchange of data between a client and a server of tags.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::suitelink {

/// What a message of the data exchange is.
enum type : std::uint16_t {
  handshake_ack = 0x0001,
  advise_ack = 0x0003,
  unadvise_ack = 0x0004,
  time_stamp = 0x0008,
  update = 0x0009,
  poke_ack = 0x000b,
  poke = 0x080b,
  pong = 0x4023,
  ping = 0x4024,
  peng = 0x4025,
  pang = 0x4026,
  connect = 0x8001,
  unadvise = 0x8004,
  advise = 0x8010,
};
std::string_view type_name(std::uint16_t t);  ///< "" where it is none of these

enum class kind : std::uint8_t { query, old_query, enroll, manager_ack, enroll_ack, transfer, alarm_manager, short_ping, data };

struct item {
  std::uint32_t id = 0;
  std::string name;  ///< of what a client asks for
  std::optional<mw::value> value;
  std::uint16_t quality = 0, elapsed = 0;
};
struct parsed {
  suitelink::kind kind = kind::data;
  std::uint16_t type = 0;  ///< of the data exchange; of the alarm manager its first record's
  std::string application, topic, client, client_node, user, server_node, time_zone;
  std::vector<item> items;
  bool whole = true;  ///< all of the message was understood
};

/// Size of the message in `head`, 0 = more is needed.
result<std::size_t> frame(bytes head);
/// Reads a whole message as `frame` cut it. Nothing where its parts do not fit.
std::optional<parsed> read(bytes message);
std::string_view record_name(std::uint16_t t);  ///< of the alarm manager

}  // namespace mw::suitelink
