// Names and meanings of Ethernet POWERLINK (EPSG DS 301 V1.5): states, commands of network management, services, errors, objects.
#pragma once
#include "sensor/dissect/protocol.hpp"

namespace mw::powerlink {

enum message_type : std::uint8_t {
  start_of_cycle = 1,
  poll_request = 3,
  poll_response = 4,
  start_of_asynchronous = 5,
  asynchronous_send = 6,
  active_manager = 7,
  asynchronous_invite = 13
};
enum service : std::uint8_t { ident_response = 1, status_response = 2, nmt_request = 3, nmt_command = 4, sdo = 5, sync_response = 6 };
constexpr std::uint8_t managing_node = 240, every_node = 255, first_spare_manager = 241, last_spare_manager = 250;

struct command {
  std::uint8_t code = 0;
  std::string_view name;
  action what = action::configure;
};

std::string_view message_name(std::uint8_t type);               ///< "" where the type is reserved
std::string_view state_name(std::uint8_t state, bool manager);  ///< "" where there is no such state
command nmt_of(std::uint8_t code);                              ///< of network management
command sdo_of(std::uint8_t code);                              ///< of the command layer of SDO; name "" where reserved
std::string_view error_name(std::uint16_t code);                ///< of error histories; "" where it is an application's own
std::string_view abort_name(std::uint32_t code);                ///< of SDO; "" where unknown
std::string_view object_name(std::uint16_t index);              ///< of the communication profile; "" elsewhere
action write_of(std::uint16_t index);                           ///< what a write to an object means

}  // namespace mw::powerlink
