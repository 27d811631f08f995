// SAIA S-Bus: the table of commands and what answers say.
#include "sensor/dissect/ether_sbus_names.hpp"

#include <algorithm>
#include <array>

namespace mw::ether_sbus {
namespace {

/// Programs are named by where they go: a download goes to the controller.
constexpr auto commands = std::to_array<command>({
    {0x00, "read_counters", action::read, layout::read_words, "counter"},
    {0x01, "read_display_register", action::read, layout::display, "display"},
    {0x02, "read_flags", action::read, layout::read_bits, "flag"},
    {0x03, "read_inputs", action::read, layout::read_bits, "input"},
    {0x04, "read_clock", action::read, layout::clock, "clock"},
    {0x05, "read_outputs", action::read, layout::read_bits, "output"},
    {0x06, "read_registers", action::read, layout::read_words, "register"},
    {0x07, "read_timers", action::read, layout::read_words, "timer"},
    {0x0a, "write_counters", action::write, layout::write_words, "counter"},
    {0x0b, "write_flags", action::write, layout::write_bits, "flag"},
    {0x0c, "write_clock", action::time_sync, layout::write_clock, "clock"},
    {0x0d, "write_outputs", action::write, layout::write_bits, "output"},
    {0x0e, "write_registers", action::write, layout::write_words, "register"},
    {0x0f, "write_timers", action::write, layout::write_words, "timer"},
    {0x13, "read_write_multi_medias", action::read, layout::other},
    {0x14, "read_pcd_status", action::diagnose, layout::status, "cpu", "0"},
    {0x15, "read_pcd_status", action::diagnose, layout::status, "cpu", "1"},
    {0x16, "read_pcd_status", action::diagnose, layout::status, "cpu", "2"},
    {0x17, "read_pcd_status", action::diagnose, layout::status, "cpu", "3"},
    {0x18, "read_pcd_status", action::diagnose, layout::status, "cpu", "4"},
    {0x19, "read_pcd_status", action::diagnose, layout::status, "cpu", "5"},
    {0x1a, "read_pcd_status", action::diagnose, layout::status, "cpu", "6"},
    {0x1b, "read_pcd_status", action::diagnose, layout::status, "cpu", "own"},
    {0x1d, "read_station_number", action::identify, layout::station},
    {0x1e, "read_user_memory", action::read, layout::read_memory, "memory"},
    {0x1f, "read_program_line", action::program_upload, layout::read_memory, "program_line"},
    {0x20, "read_firmware_version", action::identify, layout::version},
    {0x21, "read_text", action::read, layout::other},
    {0x22, "read_active_transition", action::diagnose, layout::other},
    {0x23, "write_user_memory", action::program_download, layout::write_memory, "memory"},
    {0x24, "write_program_line", action::program_download, layout::other, "program_line"},
    {0x25, "write_text", action::write, layout::other},
    {0x28, "run", action::start, layout::none, "cpu", "0"},
    {0x29, "run", action::start, layout::none, "cpu", "1"},
    {0x2a, "run", action::start, layout::none, "cpu", "2"},
    {0x2b, "run", action::start, layout::none, "cpu", "3"},
    {0x2c, "run", action::start, layout::none, "cpu", "4"},
    {0x2d, "run", action::start, layout::none, "cpu", "5"},
    {0x2e, "run", action::start, layout::none, "cpu", "6"},
    {0x2f, "run", action::start, layout::none, "cpu", "own"},
    {0x30, "run", action::start, layout::none, "cpu", "all"},
    {0x32, "restart_cold", action::restart, layout::none, "cpu", "1"},
    {0x33, "restart_cold", action::restart, layout::none, "cpu", "2"},
    {0x34, "restart_cold", action::restart, layout::none, "cpu", "3"},
    {0x35, "restart_cold", action::restart, layout::none, "cpu", "4"},
    {0x36, "restart_cold", action::restart, layout::none, "cpu", "5"},
    {0x37, "restart_cold", action::restart, layout::none, "cpu", "6"},
    {0x38, "restart_cold", action::restart, layout::none, "cpu", "own"},
    {0x39, "restart_cold", action::restart, layout::none, "cpu", "all"},
    {0x3c, "stop", action::stop, layout::none, "cpu", "0"},
    {0x3d, "stop", action::stop, layout::none, "cpu", "1"},
    {0x3e, "stop", action::stop, layout::none, "cpu", "2"},
    {0x3f, "stop", action::stop, layout::none, "cpu", "3"},
    {0x40, "stop", action::stop, layout::none, "cpu", "4"},
    {0x41, "stop", action::stop, layout::none, "cpu", "5"},
    {0x42, "stop", action::stop, layout::none, "cpu", "6"},
    {0x43, "stop", action::stop, layout::none, "cpu", "own"},
    {0x44, "stop", action::stop, layout::none, "cpu", "all"},
    {0x46, "read_status_flags", action::read, layout::flags},
    {0x47, "read_byte", action::read, layout::read_octets, "memory"},
    {0x48, "read_halt_failure_register", action::diagnose, layout::other},
    {0x49, "read_index_register", action::read, layout::index},
    {0x4a, "read_instruction_pointer", action::read, layout::pointer},
    {0x4b, "find_history", action::diagnose, layout::other},
    {0x50, "write_status_flags", action::write, layout::other},
    {0x51, "write_byte", action::write, layout::write_octets, "memory"},
    {0x52, "write_index_register", action::write, layout::other},
    {0x53, "write_instruction_pointer", action::write, layout::other},
    {0x5a, "clear_all", action::write, layout::none},
    {0x5b, "clear_flags", action::write, layout::none},
    {0x5c, "clear_outputs", action::write, layout::none},
    {0x5d, "clear_registers", action::write, layout::none},
    {0x5e, "clear_timers", action::write, layout::none},
    {0x64, "restart_warm", action::restart, layout::none, "cpu", "1"},
    {0x65, "restart_warm", action::restart, layout::none, "cpu", "2"},
    {0x66, "restart_warm", action::restart, layout::none, "cpu", "3"},
    {0x67, "restart_warm", action::restart, layout::none, "cpu", "4"},
    {0x68, "restart_warm", action::restart, layout::none, "cpu", "5"},
    {0x69, "restart_warm", action::restart, layout::none, "cpu", "6"},
    {0x6a, "restart_warm", action::restart, layout::none, "cpu", "own"},
    {0x6b, "restart_warm", action::restart, layout::none, "cpu", "all"},
    {0x6e, "change_block", action::program_download, layout::other},
    {0x6f, "clear_history_failure", action::configure, layout::other},
    {0x70, "delete_program_line", action::program_download, layout::other},
    {0x71, "go_conditional", action::mode_change, layout::other},
    {0x72, "insert_program_line", action::program_download, layout::other},
    {0x73, "local_cycles", action::mode_change, layout::other},
    {0x74, "all_cycles", action::mode_change, layout::other},
    {0x75, "make_text", action::configure, layout::other},
    {0x76, "execute_single_instruction", action::control, layout::other},
    {0x77, "single_step", action::mode_change, layout::other},
    {0x82, "xob_17_interrupt", action::control, layout::other},
    {0x83, "xob_18_interrupt", action::control, layout::other},
    {0x84, "xob_19_interrupt", action::control, layout::other},
    {0x91, "read_hangup_timeout", action::read, layout::other},
    {0x96, "read_data_block", action::read, layout::other},
    {0x97, "write_data_block", action::write, layout::other},
    {0x98, "make_data_block", action::configure, layout::other},
    {0x99, "clear_data_block", action::write, layout::other},
    {0x9a, "clear_text", action::write, layout::other},
    {0x9b, "read_block_address", action::identify, layout::other},
    {0x9c, "read_block_sizes", action::identify, layout::other},
    {0x9d, "read_current_block", action::diagnose, layout::current},
    {0x9e, "read_call_stack", action::diagnose, layout::other},
    {0x9f, "read_dbx", action::read, layout::other},
    {0xa1, "read_eeprom_register", action::read, layout::read_eeprom, "eeprom"},
    {0xa3, "write_eeprom_register", action::write, layout::other},
    {0xa5, "erase_flash", action::file_delete, layout::other},
    {0xa6, "restart_cold_flag", action::restart, layout::other},
    {0xa7, "write_system_buffer", action::configure, layout::other},
    {0xa8, "read_system_buffer", action::read, layout::other},
    {0xa9, "block_transfer", action::diagnose, layout::block, "block"},
    {0xaa, "get_diagnostic", action::diagnose, layout::other},
    {0xab, "read_system_information", action::identify, layout::system, "system_information"},
    {0xac, "change_blocks_on_run", action::program_download, layout::other},
    {0xad, "flashcard", action::configure, layout::other},
    {0xae, "download_firmware", action::firmware, layout::other},
    {0xaf, "web_server", action::read, layout::web},
});

constexpr auto telegrams = std::to_array<block_telegram>({
    {0x00, "write_start_of_stream", action::program_download, part::begin},
    {0x01, "write_data_stream", action::program_download, part::data},
    {0x02, "write_end_of_stream", action::program_download, part::end},
    {0x07, "write_abort_stream", action::program_download, part::abort},
    {0x08, "write_block_data", action::program_download, part::whole},
    {0x10, "read_start_of_stream", action::program_upload, part::begin},
    {0x11, "read_data_stream", action::program_upload, part::data},
    {0x17, "read_abort_stream", action::program_upload, part::abort},
    {0x18, "read_block_data", action::program_upload, part::whole},
    {0x20, "delete_block", action::file_delete, part::whole},
    {0x21, "get_block_size", action::identify, part::whole},
    {0x22, "get_program_block_list", action::identify, part::whole},
});

struct word {
  std::uint16_t code;
  std::string_view name;
};
constexpr auto block_statuses = std::to_array<word>({
    {0x00, "acknowledged"},
    {0x01, "data"},
    {0x02, "busy"},
    {0x03, "end_of_stream"},
    {0x04, "end_of_file"},
    {0x80, "refused"},
    {0x81, "unknown_telegram"},
    {0x82, "unsupported_telegram"},
    {0x83, "unknown_block_type"},
    {0x84, "out_of_sequence"},
    {0x85, "unsupported_number"},
    {0x86, "block_too_big"},
    {0x87, "invalid_address"},
    {0x88, "invalid_crc"},
    {0x89, "invalid_status"},
    {0x8a, "invalid_command_size"},
    {0xff, "aborted"},
});
constexpr auto block_types = std::to_array<word>({
    {0x00, "COB"},
    {0x01, "XOB"},
    {0x02, "PB"},
    {0x03, "FB"},
    {0x04, "ST or TEXT"},
    {0x05, "TR or DB"},
    {0x08, "SB"},
    {0x09, "DBX"},
    {0x10, "BACnet"},
    {0x11, "CANopen"},
    {0x12, "LONIP"},
    {0x20, "configuration_file"},
    {0x21, "program_file"},
    {0xfe, "all_configuration_blocks"},
    {0xff, "all_blocks"},
});
constexpr auto refusals = std::to_array<word>({
    {0, "acknowledged"},
    {1, "no_reason_given"},
    {2, "password"},
    {3, "reduced_protocol"},
    {4, "port_in_use"},
});
constexpr auto states = std::to_array<word>({
    {'C', "conditional_run"},
    {'D', "disconnected"},
    {'H', "halt"},
    {'R', "run"},
    {'S', "stop"},
    {'X', "exceptional_intermediate"},
});

template <class Table>
std::string_view name_in(const Table& table, std::uint16_t code) {
  const auto at = std::ranges::find(table, code, &word::code);
  return at == table.end() ? std::string_view{} : at->name;
}

}  // namespace

command describe(std::uint8_t code) {
  const auto at = std::ranges::find(commands, code, &command::code);
  return at == commands.end() ? command{.code = code} : *at;
}
const block_telegram* find_block_telegram(std::uint8_t code) {
  const auto at = std::ranges::find(telegrams, code, &block_telegram::code);
  return at == telegrams.end() ? nullptr : &*at;
}
std::string_view block_status(std::uint8_t code) { return name_in(block_statuses, code); }
std::string_view block_type(std::uint8_t code) { return name_in(block_types, code); }
std::string_view refusal(std::uint16_t code) { return name_in(refusals, code); }
std::string_view cpu_state(std::uint8_t code) { return name_in(states, code); }

}  // namespace mw::ether_sbus
