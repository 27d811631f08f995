// Codes of network management and diagnostics of LonTalk (ISO/IEC 14908-1, clause 12 and annexes), and what they mean to the plant.
#pragma once
#include "sensor/dissect/protocol.hpp"

namespace mw::lon {

enum code : std::uint8_t {
  query_status = 0x51,
  query_id = 0x61,
  update_key = 0x65,
  set_node_mode = 0x6c,
  read_memory = 0x6d,
  write_memory = 0x6e,
  install = 0x70,
  service_pin = 0x7f,
};
struct code_info {
  std::uint8_t code = 0;
  std::string_view name;
  action what = action::configure;
};
code_info describe(std::uint8_t code);
bool is_management(std::uint8_t code);            ///< network management or diagnostics, as a request
std::string_view node_state(std::uint8_t state);  ///< "" where it is not known

}  // namespace mw::lon
