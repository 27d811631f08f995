// The tables of the MC protocol and SLMP (SH-080008 chapters 4 to 13, SH-080956 chapters 5 and 6).
#include "sensor/dissect/melsec_commands.hpp"

#include <algorithm>
#include <array>

namespace mw::melsec {
namespace {

struct row {
  std::uint16_t code;
  meaning what;
};
constexpr std::array commands{
    row{0x0101, {"read_type_name", action::identify}},
    row{0x0201, {"read_file_information", action::file_read}},
    row{0x0202, {"read_file_information_with_title", action::file_read}},
    row{0x0203, {"search_file", action::file_read}},
    row{0x0204, {"read_file_usage", action::file_read}},
    row{0x0205, {"read_memory_usage", action::diagnose}},
    row{0x0206, {"read_file_contents", action::file_read}},
    row{0x0401, {"batch_read", action::read}},
    row{0x0403, {"random_read", action::read}},
    row{0x0406, {"multiple_block_read", action::read}},
    row{0x041a, {"array_label_read", action::read}},
    row{0x041c, {"label_random_read", action::read}},
    row{0x0601, {"module_read", action::read}},
    row{0x0613, {"buffer_read", action::read}},
    row{0x0619, {"loopback_test", action::diagnose}},
    row{0x0801, {"register_monitor", action::subscribe}},
    row{0x0802, {"execute_monitor", action::read}},
    row{0x0808, {"file_lock", action::session}},
    row{0x0e30, {"node_search", action::identify}},
    row{0x0e31, {"set_ip_address", action::configure}},
    row{0x0e32, {"compare_device_information", action::identify}},
    row{0x0e33, {"get_parameter", action::read}},
    row{0x0e34, {"set_parameter", action::configure}},
    row{0x0e35, {"parameter_setting_start", action::configure}},
    row{0x0e36, {"parameter_setting_end", action::configure}},
    row{0x0e3a, {"parameter_setting_cancel", action::configure}},
    row{0x0e44, {"read_status", action::diagnose}},
    row{0x0e45, {"get_communication_setting", action::read}},
    row{0x0e53, {"read_status_of_several", action::diagnose}},
    row{0x1001, {"remote_run", action::start}},
    row{0x1002, {"remote_stop", action::stop}},
    row{0x1003, {"remote_pause", action::stop}},
    row{0x1005, {"remote_latch_clear", action::configure}},
    row{0x1006, {"remote_reset", action::restart}},
    row{0x1202, {"create_file", action::file_write}},
    row{0x1203, {"write_file_contents", action::file_write}},
    row{0x1204, {"change_file_information", action::file_write}},
    row{0x1205, {"delete_file", action::file_delete}},
    row{0x1206, {"copy_file", action::file_write}},
    row{0x1207, {"arrange_memory", action::configure}},
    row{0x1401, {"batch_write", action::write}},
    row{0x1402, {"random_write", action::write}},
    row{0x1406, {"multiple_block_write", action::write}},
    row{0x141a, {"array_label_write", action::write}},
    row{0x141b, {"label_random_write", action::write}},
    row{0x1601, {"module_write", action::write}},
    row{0x1613, {"buffer_write", action::write}},
    row{0x1617, {"clear_error", action::configure}},
    row{0x1619, {"clear_error_history", action::configure}},
    row{0x1630, {"remote_password_unlock", action::authenticate}},
    row{0x1631, {"remote_password_lock", action::authenticate}},
    row{0x1810, {"read_directory", action::file_read}},
    row{0x1811, {"search_directory", action::file_read}},
    row{0x1820, {"create_new_file", action::file_write}},
    row{0x1822, {"file_delete", action::file_delete}},
    row{0x1824, {"file_copy", action::file_write}},
    row{0x1825, {"change_file_attribute", action::file_write}},
    row{0x1826, {"change_file_date", action::file_write}},
    row{0x1827, {"file_open", action::session}},
    row{0x1828, {"file_read", action::file_read}},
    row{0x1829, {"file_write", action::file_write}},
    row{0x182a, {"file_close", action::session}},
    row{0x2101, {"on_demand", action::report}},
    row{0x3070, {"indicator_display", action::control}},
};

struct row_1e {
  std::uint8_t code;
  meaning what;
};
constexpr std::array commands_1e{
    row_1e{0x00, {"batch_read_bits", action::read}},
    row_1e{0x01, {"batch_read_words", action::read}},
    row_1e{0x02, {"batch_write_bits", action::write}},
    row_1e{0x03, {"batch_write_words", action::write}},
    row_1e{0x04, {"random_write_bits", action::write}},
    row_1e{0x05, {"random_write_words", action::write}},
    row_1e{0x06, {"register_monitor_bits", action::subscribe}},
    row_1e{0x07, {"register_monitor_words", action::subscribe}},
    row_1e{0x08, {"execute_monitor_bits", action::read}},
    row_1e{0x09, {"execute_monitor_words", action::read}},
    row_1e{0x13, {"remote_run", action::start}},
    row_1e{0x14, {"remote_stop", action::stop}},
    row_1e{0x15, {"read_type_code", action::identify}},
    row_1e{0x16, {"loopback_test", action::diagnose}},
};

constexpr std::array devices{
    device{0x2c, "RD"},       device{0x50, "LTC"},      device{0x51, "LTS"},      device{0x52, "LTN"},     device{0x54, "LCC"},
    device{0x55, "LCS"},      device{0x56, "LCN"},      device{0x58, "LSTC"},     device{0x59, "LSTS"},    device{0x5a, "LSTN"},
    device{0x62, "LZ"},       device{0x90, "M"},        device{0x91, "SM"},       device{0x92, "L"},       device{0x93, "F"},
    device{0x94, "V"},        device{0x98, "S"},        device{0x9c, "X", true},  device{0x9d, "Y", true}, device{0xa0, "B", true},
    device{0xa1, "SB", true}, device{0xa2, "DX", true}, device{0xa3, "DY", true}, device{0xa8, "D"},       device{0xa9, "SD"},
    device{0xab, "G"},        device{0xaf, "R"},        device{0xb0, "ZR"},       device{0xb4, "W", true}, device{0xb5, "SW", true},
    device{0xc0, "TC"},       device{0xc1, "TS"},       device{0xc2, "TN"},       device{0xc3, "CC"},      device{0xc4, "CS"},
    device{0xc5, "CN"},       device{0xc6, "SC"},       device{0xc7, "SS"},       device{0xc8, "SN"},      device{0xcc, "Z"},
};
constexpr std::array<std::string_view, 15> devices_1e{"X ", "Y ", "M ", "L ", "S ", "B ", "F ", "TS",
                                                      "TC", "TN", "CS", "CC", "CN", "D ", "W "};
constexpr std::string_view file_register_1e = "R ";

struct reason {
  std::uint16_t code;
  std::string_view text;
};
constexpr std::array reasons{
    reason{0x0055, "not_while_running"},
    reason{0x4010, "not_while_running"},
    reason{0x4013, "not_in_this_state"},
    reason{0x4030, "device_not_specifiable"},
    reason{0x4031, "device_out_of_range"},
    reason{0x4080, "request_data_error"},
    reason{0x4408, "incorrect_password"},
    reason{0xc035, "no_response"},
    reason{0xc050, "not_convertible_from_text"},
    reason{0xc051, "too_many_points"},
    reason{0xc052, "too_many_points"},
    reason{0xc053, "too_many_points"},
    reason{0xc054, "too_many_points"},
    reason{0xc056, "address_out_of_range"},
    reason{0xc058, "length_mismatch"},
    reason{0xc059, "unknown_command"},
    reason{0xc05b, "device_not_accessible"},
    reason{0xc05c, "request_content"},
    reason{0xc05d, "monitor_not_registered"},
    reason{0xc05f, "not_for_this_target"},
    reason{0xc060, "bit_value"},
    reason{0xc061, "length_mismatch"},
    reason{0xc06f, "code_mismatch"},
    reason{0xc070, "no_extension_here"},
    reason{0xc200, "incorrect_password"},
    reason{0xc201, "locked_by_password"},
    reason{0xc204, "unlocked_by_another"},
    reason{0xcee0, "busy"},
    reason{0xcee1, "too_long"},
    reason{0xcee2, "response_too_long"},
    reason{0xcf70, "no_route"},
    reason{0xcf71, "timeout"},
};

}  // namespace

meaning meaning_of(std::uint16_t command) {
  const auto at = std::ranges::lower_bound(commands, command, {}, &row::code);
  return at != commands.end() && at->code == command ? at->what : meaning{};
}
meaning meaning_of_1e(std::uint8_t command) {
  const auto at = std::ranges::find(commands_1e, command, &row_1e::code);
  return at != commands_1e.end() ? at->what : meaning{};
}

std::string_view reason_of(std::uint16_t code) {
  const auto at = std::ranges::lower_bound(reasons, code, {}, &reason::code);
  return at != reasons.end() && at->code == code ? at->text : std::string_view{};
}
std::string_view reason_of_1e(std::uint8_t code) {
  switch (code) {
    case 0x50: return "unknown_command";
    case 0x54: return "not_convertible_from_text";
    case 0x55: return "not_while_running";
    case 0x56: return "device_error";
    case 0x57: return "too_many_points";
    case 0x58: return "address_out_of_range";
    case 0x59: return "no_extension_here";
    case 0x5b: return "controller_error";
    case 0x60: return "timeout";
    default: return {};
  }
}

const device* find_device(std::uint16_t code) {
  const auto at = std::ranges::lower_bound(devices, code, {}, &device::code);
  return at != devices.end() && at->code == code ? &*at : nullptr;
}
const device* find_device(std::string_view name) {
  const auto at = std::ranges::find(devices, name, &device::name);
  return at != devices.end() ? &*at : nullptr;
}
bool is_device_1e(std::uint16_t letters) {
  const std::array<char, 2> text{static_cast<char>(letters >> 8), static_cast<char>(letters & 0xff)};
  const std::string_view name{text.data(), text.size()};
  return name == file_register_1e || std::ranges::find(devices_1e, name) != devices_1e.end();
}

}  // namespace mw::melsec
