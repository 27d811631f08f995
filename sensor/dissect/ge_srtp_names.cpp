// The numbers of GE SRTP. There is no public specification; they follow the memory acquisition paper of DFRWS 2017 and published
// dissectors.
#include "sensor/dissect/ge_srtp_names.hpp"

#include <algorithm>
#include <array>

namespace mw::ge_srtp {
namespace {

/// Where programs go shows in who carries them; these are the words to begin with.
constexpr auto services = std::to_array<service_info>({
    {0x00, "short_status", action::diagnose},
    {0x01, "long_status", action::diagnose},
    {0x02, "memory_usage", action::diagnose},
    {0x03, "control_program_names", action::identify},
    {0x04, "read_system_memory", action::read},
    {0x05, "read_task_memory", action::read},
    {0x06, "read_program_block_memory", action::read},
    {0x07, "write_system_memory", action::write},
    {0x08, "write_task_memory", action::write},
    {0x09, "write_program_block_memory", action::write},
    {0x0a, "define_symbol", action::configure},
    {0x0b, "delete_symbol", action::configure},
    {0x0c, "read_system_symbol", action::read},
    {0x0d, "read_task_symbol", action::read},
    {0x0e, "read_program_block_symbol", action::read},
    {0x0f, "write_system_symbol", action::write},
    {0x10, "write_task_symbol", action::write},
    {0x11, "write_program_block_symbol", action::write},
    {0x12, "resolve_system_name", action::read},
    {0x13, "resolve_task_name", action::read},
    {0x14, "resolve_program_block_name", action::read},
    {0x15, "establish_datagram", action::subscribe},
    {0x16, "update_datagram", action::read},
    {0x17, "cancel_datagram", action::subscribe},
    {0x18, "format_disk", action::file_delete},
    {0x19, "open_file", action::file_read},
    {0x1a, "close_file", action::file_read},
    {0x1b, "create_file", action::file_write},
    {0x1c, "unlink_file", action::file_delete},
    {0x1d, "read_file", action::file_read},
    {0x1e, "write_file", action::file_write},
    {0x1f, "seek_file", action::file_read},
    {0x20, "programmer_logon", action::authenticate},
    {0x21, "change_privilege_level", action::authenticate},
    {0x22, "set_cpu_id", action::configure},
    {0x23, "set_plc_state", action::mode_change},
    {0x24, "set_time", action::time_sync},
    {0x25, "read_time", action::read},
    {0x26, "program_block_sizes", action::identify},
    {0x27, "program_block_list", action::identify},
    {0x28, "store_program_block", action::program_download},
    {0x29, "sequence_control", action::control},
    {0x2a, "program_block_store", action::program_download},
    {0x2b, "load_program_block", action::program_upload},
    {0x2c, "program_block_load", action::program_upload},
    {0x2d, "verify_program_block", action::diagnose},
    {0x2e, "delete_program_block", action::program_download},
    {0x2f, "change_program_block_size", action::program_download},
    {0x30, "declare_interrupt", action::configure},
    {0x31, "clear_configuration", action::configure},
    {0x32, "autoconfigure_io", action::configure},
    {0x33, "replace_io_module", action::configure},
    {0x34, "verify_configuration", action::diagnose},
    {0x35, "clear_all_memory", action::program_download},
    {0x36, "clear_reference_memory", action::write},
    {0x37, "clear_logic_memory", action::program_download},
    {0x38, "read_fault_table", action::read},
    {0x39, "clear_fault_table", action::alarm},
    {0x3a, "create_configuration_task", action::configure},
    {0x3b, "delete_configuration_task", action::configure},
    {0x3c, "configuration_sizes", action::identify},
    {0x3d, "store_block", action::program_download},
    {0x3e, "load_block", action::program_upload},
    {0x3f, "program_store", action::program_upload},
    {0x40, "program_load", action::program_download},
    {0x41, "program_change", action::program_download},
    {0x42, "verify_program", action::diagnose},
    {0x43, "controller_type_and_id", action::identify},
    {0x44, "toggle_force_system_memory", action::force},
    {0x45, "access_eeprom", action::configure},
    {0x46, "manage_block", action::configure},
    {0x47, "lock_oem", action::configure},
    {0x48, "write_datagram", action::write},
    {0x49, "access_fa_card", action::file_read},
    {0x4a, "read_configuration_parameter", action::read},
    {0x4b, "write_slot_configuration", action::configure},
    {0x4c, "rename_task", action::configure},
    {0x4d, "functions_supported", action::identify},
    {0x4e, "store_subrequest", action::configure},
    {0x4f, "session_control", action::session},
    {0x50, "subrequest_list", action::identify},
    {0x51, "extra_piggyback_data", action::diagnose},
    {0x52, "store_os_extension", action::firmware},
    {0x53, "load_os_extension", action::file_read},
    {0x54, "delete_os_extension", action::firmware},
    {0x55, "delete_subrequest", action::configure},
    {0x56, "share_plc_data", action::read},
    {0x57, "toggle_force_program_block_memory", action::force},
    {0x58, "sfc_event_queue", action::read},
    {0x59, "interrogate_io", action::read},
    {0x5a, "program_store_extended", action::program_download},
    {0x5b, "program_load_extended", action::program_upload},
    {0x5c, "program_verify_extended", action::diagnose},
    {0x5d, "activate_debugger", action::mode_change},
    {0x5e, "configuration_change_control", action::configure},
    {0x5f, "remote_server_register", action::session},
    {0x60, "clear_selected_fault", action::alarm},
    {0x61, "features_supported", action::identify},
});

constexpr auto segments = std::to_array<segment>({
    {0x08, "%R", width::word},  {0x0a, "%AI", width::word}, {0x0c, "%AQ", width::word}, {0x10, "%I", width::byte},
    {0x12, "%Q", width::byte},  {0x14, "%T", width::byte},  {0x16, "%M", width::byte},  {0x18, "%SA", width::byte},
    {0x1a, "%SB", width::byte}, {0x1c, "%SC", width::byte}, {0x1e, "%S", width::byte},  {0x38, "%G", width::byte},
    {0x46, "%I", width::bit},   {0x48, "%Q", width::bit},   {0x4a, "%T", width::bit},   {0x4c, "%M", width::bit},
    {0x4e, "%SA", width::bit},  {0x50, "%SB", width::bit},  {0x52, "%SC", width::bit},  {0x54, "%S", width::bit},
    {0x56, "%G", width::bit},
});

struct word_of {
  std::uint8_t number;
  std::string_view name;
};
constexpr auto majors = std::to_array<word_of>({
    {0x01, "illegal_service_request"},
    {0x02, "insufficient_privilege"},
    {0x04, "protocol_sequence_error"},
    {0x05, "service_request_error"},
    {0x06, "illegal_mailbox_type"},
    {0x07, "request_queue_full"},
});
constexpr auto minors = std::to_array<word_of>({
    {0xb2, "block_exists"},
    {0xb3, "length_limit_exceeded"},
    {0xb5, "checksum_mismatch"},
    {0xb6, "crc_mismatch"},
    {0xbc, "block_type_not_found"},
    {0xbd, "block_set_not_found"},
    {0xbe, "bad_block_type"},
    {0xc0, "bad_record_checksum"},
    {0xc1, "invalid_block_state"},
    {0xc2, "oem_key_empty"},
    {0xc6, "not_in_main_program"},
    {0xc7, "passwords_inactive"},
    {0xc8, "passwords_enabled"},
    {0xca, "write_protected"},
    {0xce, "device_out_of_memory"},
    {0xcf, "device_not_available"},
    {0xd4, "configuration_mismatch"},
    {0xd8, "point_length_not_allowed"},
    {0xd9, "transfer_type_invalid"},
    {0xdb, "invalid_segment_selector"},
    {0xe4, "segment_does_not_exist"},
    {0xe9, "selector_not_valid_here"},
    {0xea, "not_logged_in"},
    {0xef, "programmer_already_attached"},
    {0xf0, "only_in_stop_mode"},
    {0xf1, "only_from_programmer"},
    {0xf4, "invalid_parameter"},
    {0xf5, "invalid_password"},
    {0xf6, "invalid_sweep_state"},
    {0xf7, "login_required"},
    {0xf8, "invalid_task_name"},
    {0xf9, "task_address_out_of_range"},
    {0xfc, "invalid_io_configuration"},
    {0xfe, "no_privilege"},
    {0xff, "request_aborted"},
});
constexpr std::array<std::string_view, 7> states{"run",       "run_outputs_disabled", "stop", "stop_faulted", "halted",
                                                 "suspended", "stop_io_enabled"};

template <std::size_t N>
std::string_view name_of(const std::array<word_of, N>& table, std::uint8_t number) {
  const auto it = std::ranges::find(table, number, &word_of::number);
  return it == table.end() ? std::string_view{} : it->name;
}

}  // namespace

service_info describe(std::uint8_t service) {
  const auto it = std::ranges::find(services, service, &service_info::number);
  return it == services.end() ? service_info{.number = service} : *it;
}
const segment* find_segment(std::uint8_t selector) {
  const auto it = std::ranges::find(segments, selector, &segment::selector);
  return it == segments.end() ? nullptr : &*it;
}
std::string_view major_error(std::uint8_t code) { return name_of(majors, code); }
std::string_view minor_error(std::uint8_t code) { return name_of(minors, code); }
std::string_view plc_state(std::uint8_t state) { return state < states.size() ? states.at(state) : std::string_view{}; }

}  // namespace mw::ge_srtp
