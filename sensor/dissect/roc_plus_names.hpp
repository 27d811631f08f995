// What the numbers of ROC Plus mean: opcodes, error codes, types of controllers and of points.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::roc_plus {

enum opcode : std::uint8_t {
  system_configuration = 6,
  read_clock = 7,
  set_clock = 8,
  read_table = 10,
  write_table = 11,
  login = 17,
  store_and_forward = 24,
  io_position = 50,
  user_defined = 100,
  min_max = 105,
  history_tags = 108,
  alarms = 118,
  events = 119,
  history_point = 135,
  history_points = 136,
  history_index = 137,
  history_day = 138,
  history_information = 139,
  set_parameters = 166,
  get_parameters = 167,
  read_parameters = 180,
  write_parameters = 181,
  file_transfer = 203,
  transactions = 206,
  report_by_exception = 224,
  report_acknowledged = 225,
  error_indicator = 255,
};

struct opcode_info {
  std::uint8_t number = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  bool known() const { return name != "unknown"; }
};
opcode_info describe(std::uint8_t opcode);

std::string_view error_name(std::uint8_t code);       ///< "" where not known
std::string_view model_name(std::uint8_t type);       ///< of the type of ROC in the system configuration
std::string_view point_type_name(std::uint8_t type);  ///< of ROC800 and its kin

}  // namespace mw::roc_plus
