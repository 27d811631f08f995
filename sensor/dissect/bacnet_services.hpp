// What the services of BACnet carry (ASHRAE 135, clauses 13 to 17 and 21): requests and answers to objects, values and fields.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"
#include "sensor/dissect/bacnet_choices.hpp"
#include "sensor/dissect/bacnet_data.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::bacnet {

inline constexpr std::size_t most_objects = 2048;

/// What a message says beyond its operation.
struct remarks {
  struct finding {
    std::string_view kind;  ///< a literal
    std::string value;
    std::uint8_t confidence;
  };
  std::vector<finding> findings;                                     ///< about the device that sent the message
  std::optional<std::uint32_t> instance;                             ///< which device that is
  std::vector<std::pair<std::string_view, std::string_view>> wrong;  ///< rule and detail, literals
  std::optional<std::uint32_t> priority;                             ///< with which a property is written
  bool left_out = false;                                             ///< there were more findings than are kept
  void breaks(std::string_view rule, std::string_view detail) { wrong.emplace_back(rule, detail); }
  void learn(std::string_view kind, std::string value, std::uint8_t confidence) {
    constexpr std::size_t most = 64;
    if (findings.size() < most)
      findings.push_back({kind, std::move(value), confidence});
    else
      left_out = true;
  }
};

void read_confirmed(std::uint8_t service, bytes data, operation& op, remarks& notes);
void read_unconfirmed(std::uint8_t service, bytes data, operation& op, remarks& notes);
/// `asked`: the objects are the request's, and the answer repeats them.
void read_answer(std::uint8_t service, bytes data, bool asked, operation& op, remarks& notes);
/// Class and code of an error, wherever the service keeps them.
void read_error(std::uint8_t service, bytes data, operation& op, remarks& notes);

// Parts that requests and answers share.
void read_notification(bytes data, operation& op, remarks& notes);  ///< one object's changed values
void read_multiple_notifications(bytes data, operation& op, remarks& notes);
void read_event(bytes data, operation& op, remarks& notes);
void read_private(bytes data, operation& op, remarks& notes);
void read_text_message(bytes data, operation& op, remarks& notes);
void learn_property(const object_id& from, std::uint32_t property, bytes data, remarks& notes);
void add_object(operation& op, const object_id& id, std::optional<std::uint32_t> property = {}, std::optional<std::uint32_t> index = {});
void name_property(operation& op);
void add_number(operation& op, std::string_view name, const std::optional<element>& e);
void add_name(operation& op, std::string_view name, std::string_view word, std::uint64_t number);

}  // namespace mw::bacnet
