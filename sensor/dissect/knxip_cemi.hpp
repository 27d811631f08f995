// Telegrams of the KNX bus in the common external message interface (cEMI; KNX standard 03_06_03, 03_03_07, EN 50090-4-1).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::knxip {

enum message_code : std::uint8_t {
  raw_request = 0x10,
  data_request = 0x11,
  data_indication = 0x29,
  busmonitor_indication = 0x2b,
  raw_indication = 0x2d,
  data_confirmation = 0x2e,
  raw_confirmation = 0x2f,
  reset_indication = 0xf0,
  reset_request_message = 0xf1,
  property_write_confirmation = 0xf5,
  property_write = 0xf6,
  property_info = 0xf7,
  function_command = 0xf8,
  function_read = 0xf9,
  function_confirmation = 0xfa,
  property_read_confirmation = 0xfb,
  property_read = 0xfc,
};

/// A service of the application layer (03_03_07).
struct application_service {
  std::uint16_t code;  ///< without what stands in its low bits
  std::string_view name;
  action what;
  std::uint16_t answers;  ///< the request's code; 0xffff: it is none
  bool is_answer() const { return answers != 0xffff; }
};
bool has_answer(std::uint16_t code);  ///< whether a service is one that is answered

struct telegram {
  std::uint8_t code = 0;
  // link layer
  std::uint16_t source = 0, destination = 0;
  bool to_group = false, failed = false;  ///< `failed`: the confirmation says so
  std::uint8_t priority = 0;
  std::string_view control;  ///< of a transport connection, if the telegram is nothing else
  const application_service* service = nullptr;
  std::uint16_t apci = 0;  ///< as it stands there
  // local device management
  std::uint32_t property = 0;  ///< object type, instance and property, to pair by
  bool refused = false;        ///< a confirmation with an error

  std::vector<object> objects;
  std::vector<value> values;
  std::vector<field> fields;
  std::string unit;  ///< the device that is addressed or that answers
};
std::string_view message_name(std::uint8_t code);
/// Nothing where the octets are no message of these kinds, or are cut.
std::optional<telegram> read_telegram(bytes data);

}  // namespace mw::knxip
