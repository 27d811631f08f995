// Commands of HART (FieldComm TS20127 universal, TS20151 common practice), one row each.
#include "sensor/dissect/hart_ip_commands.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace mw::hart {
namespace {

using enum item_type;
using enum shape;

constexpr item none[] = {{"", number8}};
constexpr std::span<const item> nothing{none, std::size_t{0}};
constexpr item primary[] = {{"pv_units", units}, {"pv", real}};
constexpr item loop[] = {{"loop_current", real}, {"percent_range", real}};
constexpr item dynamic[] = {{"loop_current", real}, {"pv_units", units}, {"pv", real},        {"sv_units", units}, {"sv", real},
                            {"tv_units", units},    {"tv", real},        {"qv_units", units}, {"qv", real}};
constexpr item polling[] = {{"polling_address", number8}, {"loop_current_mode", number8}};
constexpr item classes[] = {{"pv_class", number8}, {"sv_class", number8}, {"tv_class", number8}, {"qv_class", number8}};
constexpr item short_tag[] = {{"tag", packed6}};
constexpr item message[] = {{"message", packed24}};
constexpr item tag[] = {{"tag", packed6}, {"descriptor", packed12}, {"date", date}};
constexpr item transducer[] = {
    {"transducer_serial", number24}, {"limit_units", units}, {"upper_limit", real}, {"lower_limit", real}, {"minimum_span", real}};
constexpr item device_information[] = {{"alarm_selection", number8}, {"transfer_function", number8}, {"range_units", units},
                                       {"upper_range", real},        {"lower_range", real},          {"damping", real},
                                       {"write_protect", number8},   {"reserved", number8},          {"analog_channel_flags", number8}};
constexpr item assembly[] = {{"final_assembly_number", number24}};
constexpr item long_tag[] = {{"long_tag", latin32}};
constexpr item changes[] = {{"configuration_change_counter", number16}};
constexpr item range[] = {{"range_units", units}, {"upper_range", real}, {"lower_range", real}};
constexpr item damping[] = {{"damping", real}};
constexpr item eeprom[] = {{"eeprom_control", number8}};
constexpr item fixed_current[] = {{"fixed_current", real}};
constexpr item measured[] = {{"measured_current", real}};
constexpr item unit_code[] = {{"units", units}};
constexpr item transfer[] = {{"transfer_function", number8}};
constexpr item serial[] = {{"transducer_serial", number24}};
constexpr item assignments[] = {{"pv_variable", number8}, {"sv_variable", number8}, {"tv_variable", number8}, {"qv_variable", number8}};
constexpr item variable[] = {{"variable", number8}};
constexpr item variable_units[] = {{"variable", number8}, {"units", units}};
constexpr item variable_damping[] = {{"variable", number8}, {"damping", real}};
constexpr item variable_serial[] = {{"variable", number8}, {"transducer_serial", number24}};
constexpr item variable_information[] = {
    {"variable", number8},  {"transducer_serial", number24}, {"limit_units", units}, {"upper_limit", real}, {"lower_limit", real},
    {"damping", real},      {"minimum_span", real},          {"class", number8},     {"family", number8},   {"acquisition_period", time},
    {"properties", number8}};
constexpr item unit_tag[] = {{"unit_tag", packed6}, {"unit_descriptor", packed12}, {"unit_date", date}};
constexpr item preambles[] = {{"preambles", number8}};
constexpr item channel[] = {{"channel", number8}};
constexpr item channel_level[] = {{"channel", number8}, {"channel_units", units}, {"level", real}};
constexpr item channel_percent[] = {{"channel", number8}, {"channel_units", units}, {"level", real}, {"percent_range", real}};
constexpr item channel_damping[] = {{"channel", number8}, {"damping", real}};
constexpr item channel_range[] = {{"channel", number8}, {"range_units", units}, {"upper_range", real}, {"lower_range", real}};
constexpr item channel_transfer[] = {{"channel", number8}, {"transfer_function", number8}};
constexpr item endpoints[] = {{"channel", number8},     {"endpoint_units", units}, {"upper_endpoint", real},
                              {"lower_endpoint", real}, {"upper_limit", real},     {"lower_limit", real}};
constexpr item lock_code[] = {{"lock_code", number8}};
constexpr item lock_state[] = {{"lock_status", number8}};
constexpr item squawk[] = {{"squawk_control", number8}};
constexpr item io_system[] = {{"io_cards", number8},          {"channels_per_card", number8}, {"sub_devices_per_channel", number8},
                              {"devices_detected", number16}, {"delayed_responses", number8}, {"master_mode", number8},
                              {"retry_count", number8}};
constexpr item poll[] = {{"io_card", number8}, {"channel", number8}, {"polling_address", number8}};
constexpr item write_variable[] = {
    {"variable", number8}, {"command_code", number8}, {"units", units}, {"variable_value", real}, {"status", number8}};
constexpr item trim_points[] = {{"variable", number8}, {"trim_units", units}, {"lower_trim_point", real}, {"upper_trim_point", real}};
constexpr item trim_point[] = {{"variable", number8}, {"trim_point", number8}, {"trim_units", units}, {"trim_value", real}};
constexpr item master_mode[] = {{"master_mode", number8}};
constexpr item retry[] = {{"retry_count", number8}};
constexpr item clock_set[] = {{"time_set_code", number8}, {"date", date}, {"time_of_day", time}};
constexpr item clock_read[] = {
    {"date", date}, {"time_of_day", time}, {"last_set_date", date}, {"last_set_time", time}, {"clock_flags", number8}};
constexpr item burst_period[] = {{"burst_message", number8}, {"update_period", time}, {"maximum_update_period", time}};
constexpr item burst_trigger[] = {
    {"burst_message", number8}, {"trigger_mode", number8}, {"variable_class", number8}, {"trigger_units", units}, {"trigger_level", real}};
constexpr item burst_message[] = {{"burst_message", number8}};
constexpr item burst_command_long[] = {{"burst_command", number16}, {"burst_message", number8}};
constexpr item burst_control[] = {{"burst_mode", number8}, {"burst_message", number8}};

using enum action;
constexpr command commands[] = {
    {0, "read_unique_identifier", identify, plain, identity, nothing, nothing},
    {1, "read_primary_variable", read, plain, plain, nothing, primary},
    {2, "read_loop_current_and_percent", read, plain, plain, nothing, loop},
    {3, "read_dynamic_variables", read, plain, plain, nothing, dynamic},
    {6, "write_polling_address", configure, plain, plain, polling, polling},
    {7, "read_loop_configuration", read, plain, plain, nothing, polling},
    {8, "read_dynamic_variable_classifications", read, plain, plain, nothing, classes},
    {9, "read_device_variables_with_status", read, codes, slots9, nothing, nothing},
    {11, "read_unique_identifier_by_tag", identify, plain, identity, short_tag, nothing},
    {12, "read_message", read, plain, plain, nothing, message},
    {13, "read_tag_descriptor_date", identify, plain, plain, nothing, tag},
    {14, "read_primary_transducer_information", identify, plain, plain, nothing, transducer},
    {15, "read_device_information", identify, plain, plain, nothing, device_information},
    {16, "read_final_assembly_number", identify, plain, plain, nothing, assembly},
    {17, "write_message", configure, plain, plain, message, message},
    {18, "write_tag_descriptor_date", configure, plain, plain, tag, tag},
    {19, "write_final_assembly_number", configure, plain, plain, assembly, assembly},
    {20, "read_long_tag", identify, plain, plain, nothing, long_tag},
    {21, "read_unique_identifier_by_long_tag", identify, plain, identity, long_tag, nothing},
    {22, "write_long_tag", configure, plain, plain, long_tag, long_tag},
    {31, "extended_command", diagnose, plain, plain, nothing, nothing},
    {33, "read_device_variables", read, codes, slots33, nothing, nothing},
    {34, "write_primary_damping", write, plain, plain, damping, damping},
    {35, "write_primary_range", write, plain, plain, range, range},
    {36, "set_primary_upper_range", write, plain, plain, nothing, nothing},
    {37, "set_primary_lower_range", write, plain, plain, nothing, nothing},
    {38, "reset_configuration_changed_flag", configure, plain, plain, changes, changes},
    {39, "eeprom_control", configure, plain, plain, eeprom, eeprom},
    {40, "enter_exit_fixed_current_mode", force, plain, plain, fixed_current, fixed_current},
    {41, "perform_self_test", diagnose, plain, plain, nothing, nothing},
    {42, "perform_device_reset", restart, plain, plain, nothing, nothing},
    {43, "set_primary_zero", write, plain, plain, nothing, nothing},
    {44, "write_primary_units", write, plain, plain, unit_code, unit_code},
    {45, "trim_loop_current_zero", write, plain, plain, measured, measured},
    {46, "trim_loop_current_gain", write, plain, plain, measured, measured},
    {47, "write_primary_transfer_function", write, plain, plain, transfer, transfer},
    {48, "read_additional_device_status", diagnose, plain, plain, nothing, nothing},
    {49, "write_primary_transducer_serial", configure, plain, plain, serial, serial},
    {50, "read_dynamic_variable_assignments", read, plain, plain, nothing, assignments},
    {51, "write_dynamic_variable_assignments", configure, plain, plain, assignments, assignments},
    {52, "set_device_variable_zero", write, plain, plain, variable, variable},
    {53, "write_device_variable_units", write, plain, plain, variable_units, variable_units},
    {54, "read_device_variable_information", read, plain, plain, variable, variable_information},
    {55, "write_device_variable_damping", write, plain, plain, variable_damping, variable_damping},
    {56, "write_device_variable_transducer_serial", configure, plain, plain, variable_serial, variable_serial},
    {57, "read_unit_tag_descriptor_date", identify, plain, plain, nothing, unit_tag},
    {58, "write_unit_tag_descriptor_date", configure, plain, plain, unit_tag, unit_tag},
    {59, "write_number_of_response_preambles", configure, plain, plain, preambles, preambles},
    {60, "read_analog_channel_and_percent", read, plain, plain, channel, channel_percent},
    {61, "read_dynamic_variables_and_analog_channel", read, plain, plain, nothing, nothing},
    {62, "read_analog_channels", read, codes, plain, nothing, nothing},
    {63, "read_analog_channel_information", read, plain, plain, channel, nothing},
    {64, "write_analog_channel_damping", write, plain, plain, channel_damping, channel_damping},
    {65, "write_analog_channel_range", write, plain, plain, channel_range, channel_range},
    {66, "enter_exit_fixed_analog_channel_mode", force, plain, plain, channel_level, channel_level},
    {67, "trim_analog_channel_zero", write, plain, plain, channel_level, channel_level},
    {68, "trim_analog_channel_gain", write, plain, plain, channel_level, channel_level},
    {69, "write_analog_channel_transfer_function", write, plain, plain, channel_transfer, channel_transfer},
    {70, "read_analog_channel_endpoints", read, plain, plain, channel, endpoints},
    {71, "lock_device", mode_change, plain, plain, lock_code, lock_code},
    {72, "squawk", diagnose, plain, plain, squawk, squawk},
    {73, "find_device", identify, plain, identity, nothing, nothing},
    {74, "read_io_system_capabilities", identify, plain, plain, nothing, io_system},
    {75, "poll_sub_device", identify, plain, identity, poll, nothing},
    {76, "read_lock_device_state", read, plain, plain, nothing, lock_state},
    {77, "send_command_to_sub_device", diagnose, plain, plain, nothing, nothing},
    {78, "read_aggregated_commands", read, plain, plain, nothing, nothing},
    {79, "write_device_variable", force, plain, plain, write_variable, write_variable},
    {80, "read_device_variable_trim_points", read, plain, plain, variable, trim_points},
    {81, "read_device_variable_trim_guidelines", read, plain, plain, variable, nothing},
    {82, "write_device_variable_trim_point", write, plain, plain, trim_point, trim_point},
    {83, "reset_device_variable_trim", write, plain, plain, variable, variable},
    {84, "read_sub_device_identity_summary", identify, plain, plain, nothing, nothing},
    {85, "read_io_channel_statistics", diagnose, plain, plain, nothing, nothing},
    {86, "read_sub_device_statistics", diagnose, plain, plain, nothing, nothing},
    {87, "write_io_system_master_mode", configure, plain, plain, master_mode, master_mode},
    {88, "write_io_system_retry_count", configure, plain, plain, retry, retry},
    {89, "set_real_time_clock", time_sync, plain, plain, clock_set, nothing},
    {90, "read_real_time_clock", read, plain, plain, nothing, clock_read},
    {91, "read_trend_configuration", read, plain, plain, nothing, nothing},
    {92, "write_trend_configuration", configure, plain, plain, nothing, nothing},
    {93, "read_trend", read, plain, plain, nothing, nothing},
    {94, "read_io_system_client_statistics", diagnose, plain, plain, nothing, nothing},
    {95, "read_device_communication_statistics", diagnose, plain, plain, nothing, nothing},
    {96, "read_synchronous_action", read, plain, plain, nothing, nothing},
    {97, "configure_synchronous_action", configure, plain, plain, nothing, nothing},
    {98, "read_command_action", read, plain, plain, nothing, nothing},
    {99, "configure_command_action", configure, plain, plain, nothing, nothing},
    {101, "read_sub_device_to_burst_message_map", read, plain, plain, nothing, nothing},
    {102, "map_sub_device_to_burst_message", configure, plain, plain, nothing, nothing},
    {103, "write_burst_period", configure, plain, plain, burst_period, burst_period},
    {104, "write_burst_trigger", configure, plain, plain, burst_trigger, burst_trigger},
    {105, "read_burst_mode_configuration", read, plain, plain, burst_message, nothing},
    {106, "flush_delayed_responses", configure, plain, plain, nothing, nothing},
    {107, "write_burst_device_variables", configure, plain, plain, nothing, nothing},
    {108, "write_burst_mode_command", configure, plain, plain, burst_command_long, burst_command_long},
    {109, "burst_mode_control", configure, plain, plain, burst_control, burst_control},
    {110, "read_all_dynamic_variables", read, plain, plain, nothing, nothing},
    {111, "transfer_service_control", file_write, plain, plain, nothing, nothing},
    {112, "transfer_service", file_write, plain, plain, nothing, nothing},
    {113, "catch_device_variable", configure, plain, plain, nothing, nothing},
    {114, "read_caught_device_variable", read, plain, plain, nothing, nothing},
    {115, "read_event_notification_summary", read, plain, plain, nothing, nothing},
    {116, "write_event_notification_bit_mask", configure, plain, plain, nothing, nothing},
    {117, "write_event_notification_timing", configure, plain, plain, nothing, nothing},
    {118, "event_notification_control", configure, plain, plain, nothing, nothing},
    {119, "acknowledge_event_notification", alarm, plain, plain, nothing, nothing},
    {512, "read_country_code", read, plain, plain, nothing, nothing},
    {513, "write_country_code", configure, plain, plain, nothing, nothing},
};
constexpr command unknown{0xffff, "unknown", diagnose, plain, plain, nothing, nothing};
constexpr command device_specific{0xffff, "device_specific", diagnose, plain, plain, nothing, nothing};
constexpr command device_family{0xffff, "device_family", diagnose, plain, plain, nothing, nothing};

struct named {
  std::uint16_t code;
  std::string_view name;
};
constexpr named responses[] = {
    {0, "success"},
    {1, "undefined"},
    {2, "invalid_selection"},
    {3, "parameter_too_large"},
    {4, "parameter_too_small"},
    {5, "too_few_data_bytes"},
    {6, "device_specific_error"},
    {7, "in_write_protect_mode"},
    {16, "access_restricted"},
    {17, "invalid_device_variable_index"},
    {18, "invalid_units_code"},
    {19, "device_variable_index_not_allowed"},
    {20, "invalid_extended_command"},
    {21, "invalid_io_card"},
    {22, "invalid_channel"},
    {23, "sub_device_response_too_long"},
    {32, "busy"},
    {33, "delayed_response_initiated"},
    {34, "delayed_response_running"},
    {35, "delayed_response_dead"},
    {36, "delayed_response_conflict"},
    {60, "payload_too_long"},
    {61, "no_buffers_available"},
    {62, "no_alarm_available"},
    {63, "priority_too_low"},
    {64, "command_not_implemented"},
};
/// Manufacturers with a code of their own since the days of one octet, the well-known ones.
constexpr named manufacturers[] = {
    {10, "Brooks Instrument"},
    {13, "Daniel Industries"},
    {17, "Endress+Hauser"},
    {19, "Fisher Controls"},
    {20, "Foxboro"},
    {23, "Honeywell"},
    {26, "ABB"},
    {31, "Micro Motion"},
    {32, "Moore Industries"},
    {38, "Rosemount"},
    {42, "Siemens"},
    {46, "Rosemount Analytical"},
    {55, "Yokogawa"},
    {62, "Smar"},
    {66, "Samson"},
    {69, "Krohne"},
    {86, "Magnetrol"},
    {93, "Pepperl+Fuchs"},
    {98, "VEGA"},
    {107, "WIKA"},
    {249, "FieldComm Group"},
};

template <class Rows>
std::string_view name_in(const Rows& rows, std::uint16_t code) {
  const auto it = std::ranges::lower_bound(rows, code, {}, &named::code);
  return it != std::end(rows) && it->code == code ? it->name : std::string_view{};
}

}  // namespace

const command& command_of(std::uint16_t number) {
  const auto it = std::ranges::lower_bound(commands, number, {}, &command::number);
  if (it != std::end(commands) && it->number == number) return *it;
  if (number >= 128 && number <= 253) return device_specific;
  return number >= 1024 && number < 0x8000 ? device_family : unknown;
}

std::string_view response_name(std::uint8_t code) {
  if ((code & 0x80) != 0) return "communication_error";
  const auto name = name_in(responses, code);
  return !name.empty() ? name : is_warning(code) ? "command_specific_warning" : "command_specific_error";
}
bool is_warning(std::uint8_t code) {  // TS20307, the classes of response codes
  return code == 8 || code == 14 || (code >= 24 && code <= 27) || code == 30 || code == 31 || (code >= 96 && code <= 127);
}
std::string device_status_text(std::uint8_t status) {
  constexpr std::array<std::string_view, 8> bits{"primary_out_of_limits", "non_primary_out_of_limits", "loop_current_saturated",
                                                 "loop_current_fixed",    "more_status_available",     "cold_start",
                                                 "configuration_changed", "device_malfunction"};
  std::string out;
  for (std::size_t i = 0; i < bits.size(); ++i)
    if ((status >> i & 1) != 0) (out += out.empty() ? "" : " ") += bits.at(i);
  return out;
}
std::string_view manufacturer_name(std::uint16_t code) { return name_in(manufacturers, code); }

}  // namespace mw::hart
