// The tables of FINS (Omron W227 section 5, W342 section 5, W421 appendix).
#include "sensor/dissect/fins_commands.hpp"

#include <algorithm>
#include <array>

namespace mw::fins {
namespace {

struct row {
  std::uint16_t code;
  meaning what;
};
constexpr std::array commands{
    row{0x0101, {"memory_area_read", action::read, 6}},
    row{0x0102, {"memory_area_write", action::write, 6}},
    row{0x0103, {"memory_area_fill", action::write, 8}},
    row{0x0104, {"multiple_memory_area_read", action::read, 4}},
    row{0x0105, {"memory_area_transfer", action::write, 10}},
    row{0x0201, {"parameter_area_read", action::read, 6}},
    row{0x0202, {"parameter_area_write", action::configure, 6}},
    row{0x0203, {"parameter_area_clear", action::configure, 8}},
    row{0x0220, {"data_link_table_read", action::read, 8}},
    row{0x0221, {"data_link_table_write", action::configure, 8}},
    row{0x0304, {"program_area_protect", action::program_upload, 11}},
    row{0x0305, {"program_area_protect_clear", action::program_download, 11}},
    row{0x0306, {"program_area_read", action::program_upload, 8}},
    row{0x0307, {"program_area_write", action::program_download, 8}},
    row{0x0308, {"program_area_clear", action::program_download, 3}},
    row{0x0401, {"run", action::start}},
    row{0x0402, {"stop", action::stop}},
    row{0x0403, {"reset", action::restart}},
    row{0x0501, {"controller_data_read", action::identify}},
    row{0x0502, {"connection_data_read", action::identify, 1}},
    row{0x0601, {"controller_status_read", action::diagnose}},
    row{0x0602, {"network_status_read", action::diagnose}},
    row{0x0603, {"data_link_status_read", action::diagnose}},
    row{0x0620, {"cycle_time_read", action::diagnose, 1}},
    row{0x0701, {"clock_read", action::read}},
    row{0x0702, {"clock_write", action::time_sync, 5}},
    row{0x0801, {"loopback_test", action::diagnose}},
    row{0x0802, {"broadcast_test_results_read", action::diagnose}},
    row{0x0803, {"broadcast_test_data_send", action::diagnose}},
    row{0x0920, {"message_read_clear", action::diagnose, 2}},
    row{0x0c01, {"access_right_acquire", action::session}},
    row{0x0c02, {"access_right_forced_acquire", action::session}},
    row{0x0c03, {"access_right_release", action::session}},
    row{0x2101, {"error_clear", action::configure, 2}},
    row{0x2102, {"error_log_read", action::diagnose, 4}},
    row{0x2103, {"error_log_clear", action::configure}},
    row{0x2140, {"write_access_log_read", action::diagnose, 4}},
    row{0x2141, {"write_access_log_clear", action::configure}},
    row{0x2201, {"file_name_read", action::file_read, 6}},
    row{0x2202, {"single_file_read", action::file_read, 20}},
    row{0x2203, {"single_file_write", action::file_write, 22}},
    row{0x2204, {"memory_card_format", action::file_delete, 2}},
    row{0x2205, {"file_delete", action::file_delete, 4}},
    row{0x2206, {"volume_label_create_delete", action::file_write, 4}},
    row{0x2207, {"file_copy", action::file_write, 28}},
    row{0x2208, {"file_name_change", action::file_write, 26}},
    row{0x2209, {"file_data_check", action::file_read, 14}},
    row{0x220a, {"memory_area_file_transfer", action::file_write, 22}},
    row{0x220b, {"parameter_area_file_transfer", action::file_write, 22}},
    row{0x220c, {"program_area_file_transfer", action::file_write, 26}},
    row{0x220f, {"file_memory_index_read", action::file_read, 3}},
    row{0x2210, {"file_memory_read", action::file_read, 2}},
    row{0x2211, {"file_memory_write", action::file_write, 3}},
    row{0x2215, {"directory_create_delete", action::file_write, 4}},
    row{0x2220, {"memory_cassette_transfer", action::file_write, 2}},
    row{0x2301, {"forced_set_reset", action::force, 2}},
    row{0x2302, {"forced_set_reset_cancel", action::force}},
    row{0x230a, {"multiple_forced_status_read", action::read, 6}},
    row{0x2601, {"name_set", action::configure, 1}},
    row{0x2602, {"name_delete", action::configure}},
    row{0x2603, {"name_read", action::identify}},
};

/// Banks of the same kind follow one another; `forced`: an element also says whether it is forced.
struct area {
  std::uint8_t first, last;
  std::string_view name;
  bool bit;
  std::uint8_t size;
};
constexpr std::array areas{
    area{0x00, 0x00, "cio", true, 1},
    area{0x01, 0x01, "timer_flag", true, 1},
    area{0x02, 0x02, "dm", true, 1},
    area{0x03, 0x03, "transition", true, 1},
    area{0x04, 0x04, "step", true, 1},
    area{0x05, 0x05, "forced_cio", true, 1},
    area{0x06, 0x06, "task_flag", true, 1},
    area{0x07, 0x07, "clock_pulse", true, 1},
    area{0x09, 0x09, "timer_flag", true, 1},
    area{0x0a, 0x0a, "em_current", true, 1},
    area{0x1a, 0x1a, "action_flag", true, 1},
    area{0x1b, 0x1b, "action_flag", true, 1},
    area{0x20, 0x2f, "em", true, 1},
    area{0x30, 0x30, "cio", true, 1},
    area{0x31, 0x31, "work", true, 1},
    area{0x32, 0x32, "holding", true, 1},
    area{0x33, 0x33, "auxiliary", true, 1},
    area{0x40, 0x40, "cio_forced", true, 1},
    area{0x41, 0x41, "timer_flag_forced", true, 1},
    area{0x44, 0x44, "step_forced", true, 1},
    area{0x46, 0x46, "task_status", false, 1},
    area{0x49, 0x49, "timer_flag_forced", true, 1},
    area{0x70, 0x70, "cio_forced", true, 1},
    area{0x71, 0x71, "work_forced", true, 1},
    area{0x72, 0x72, "holding_forced", true, 1},
    area{0x80, 0x80, "cio", false, 2},
    area{0x81, 0x81, "timer", false, 2},
    area{0x82, 0x82, "dm", false, 2},
    area{0x84, 0x84, "step_timer", false, 2},
    area{0x85, 0x85, "forced_cio", false, 2},
    area{0x89, 0x89, "timer", false, 2},
    area{0x90, 0x97, "em", false, 2},
    area{0x98, 0x98, "em_current", false, 2},
    area{0x9c, 0x9c, "register", false, 2},
    area{0xa0, 0xaf, "em", false, 2},
    area{0xb0, 0xb0, "cio", false, 2},
    area{0xb1, 0xb1, "work", false, 2},
    area{0xb2, 0xb2, "holding", false, 2},
    area{0xb3, 0xb3, "auxiliary", false, 2},
    area{0xbc, 0xbc, "data_register", false, 2},
    area{0xc0, 0xc0, "cio_forced", false, 4},
    area{0xdc, 0xdc, "index_register", false, 4},
    area{0xf0, 0xf0, "cio_forced", false, 4},
    area{0xf1, 0xf1, "work_forced", false, 4},
    area{0xf2, 0xf2, "holding_forced", false, 4},
};

const area* find_area(std::uint8_t code) {
  const auto at = std::ranges::find_if(areas, [&](const area& a) { return code >= a.first && code <= a.last; });
  return at != areas.end() ? &*at : nullptr;
}

struct reason {
  std::uint16_t code;
  std::string_view text;
};
constexpr std::array reasons{
    reason{0x0001, "service_cancelled"},
    reason{0x0101, "local_node_not_in_network"},
    reason{0x0102, "token_timeout"},
    reason{0x0103, "retries_failed"},
    reason{0x0104, "too_many_send_frames"},
    reason{0x0105, "node_address_range"},
    reason{0x0106, "node_address_duplicated"},
    reason{0x0201, "destination_not_in_network"},
    reason{0x0202, "unit_missing"},
    reason{0x0203, "third_node_missing"},
    reason{0x0204, "destination_busy"},
    reason{0x0205, "response_timeout"},
    reason{0x0301, "communications_controller_error"},
    reason{0x0302, "cpu_unit_error"},
    reason{0x0303, "controller_error"},
    reason{0x0304, "unit_number_error"},
    reason{0x0401, "undefined_command"},
    reason{0x0402, "not_supported"},
    reason{0x0501, "destination_not_in_routing_table"},
    reason{0x0502, "no_routing_table"},
    reason{0x0503, "routing_table_error"},
    reason{0x0504, "too_many_relays"},
    reason{0x1001, "command_too_long"},
    reason{0x1002, "command_too_short"},
    reason{0x1003, "elements_and_data_differ"},
    reason{0x1004, "command_format"},
    reason{0x1005, "header_error"},
    reason{0x1101, "area_classification_missing"},
    reason{0x1102, "access_size"},
    reason{0x1103, "address_range"},
    reason{0x1104, "address_range_exceeded"},
    reason{0x1106, "program_missing"},
    reason{0x1109, "relational_error"},
    reason{0x110a, "duplicate_data_access"},
    reason{0x110b, "response_too_long"},
    reason{0x110c, "parameter_error"},
    reason{0x2002, "read_protected"},
    reason{0x2003, "table_missing"},
    reason{0x2004, "data_missing"},
    reason{0x2005, "program_missing"},
    reason{0x2006, "file_missing"},
    reason{0x2007, "data_mismatch"},
    reason{0x2101, "read_only"},
    reason{0x2102, "write_protected"},
    reason{0x2103, "cannot_register"},
    reason{0x2105, "program_missing"},
    reason{0x2106, "file_missing"},
    reason{0x2107, "file_name_exists"},
    reason{0x2108, "cannot_change"},
    reason{0x2201, "not_during_execution"},
    reason{0x2202, "not_while_running"},
    reason{0x2203, "wrong_mode_program"},
    reason{0x2204, "wrong_mode_debug"},
    reason{0x2205, "wrong_mode_monitor"},
    reason{0x2206, "wrong_mode_run"},
    reason{0x2207, "node_not_polling"},
    reason{0x2208, "step_cannot_be_executed"},
    reason{0x2301, "file_device_missing"},
    reason{0x2302, "memory_missing"},
    reason{0x2303, "clock_missing"},
    reason{0x2401, "data_link_table_missing"},
    reason{0x2502, "memory_error"},
    reason{0x2503, "io_setting_error"},
    reason{0x2504, "too_many_io_points"},
    reason{0x2505, "cpu_bus_error"},
    reason{0x2506, "io_duplication"},
    reason{0x2507, "io_bus_error"},
    reason{0x2509, "sysmac_bus_2_error"},
    reason{0x250a, "cpu_bus_unit_error"},
    reason{0x250d, "sysmac_bus_number_duplicated"},
    reason{0x250f, "memory_status_error"},
    reason{0x2510, "sysmac_bus_terminator_missing"},
    reason{0x2601, "no_protection"},
    reason{0x2602, "incorrect_password"},
    reason{0x2604, "protected"},
    reason{0x2605, "service_executing"},
    reason{0x2606, "service_not_executing"},
    reason{0x2607, "not_from_this_node"},
    reason{0x2608, "settings_incorrect"},
    reason{0x2609, "items_not_set"},
    reason{0x260a, "number_already_defined"},
    reason{0x260b, "error_not_cleared"},
    reason{0x3001, "no_access_right"},
    reason{0x4001, "service_aborted"},
};

}  // namespace

meaning meaning_of(std::uint16_t code) {
  const auto at = std::ranges::lower_bound(commands, code, {}, &row::code);
  return at != commands.end() && at->code == code ? at->what : meaning{};
}

std::size_t element_size(std::uint8_t code) {
  const auto* a = find_area(code);
  return a != nullptr ? a->size : code >= 0x80 ? 2 : 1;
}
bool is_bit(std::uint8_t code) {
  const auto* a = find_area(code);
  return a != nullptr ? a->bit : code < 0x80;
}
std::string_view area_name(std::uint8_t code) {
  const auto* a = find_area(code);
  return a != nullptr ? a->name : std::string_view{};
}

std::string_view reason_of(std::uint16_t code) {
  const auto at = std::ranges::lower_bound(reasons, code, {}, &reason::code);
  return at != reasons.end() && at->code == code ? at->text : std::string_view{};
}

std::string_view mode_name(std::uint8_t mode) {
  switch (mode) {
    case 0: return "program";
    case 1: return "debug";
    case 2: return "monitor";
    case 4: return "run";
    default: return {};
  }
}

}  // namespace mw::fins
