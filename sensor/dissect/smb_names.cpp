// Tables of SMB ([MS-CIFS] 2.2.2.1, 2.2.2.2; [MS-SMB2] 2.2.1.2, 2.2.13, 2.2.31; [MS-FSCC] 2.3, 2.4).
#include "sensor/dissect/smb_names.hpp"

#include <algorithm>
#include <array>

namespace mw::smb {
namespace {

struct word {
  std::uint32_t number;
  std::string_view name;
};
template <std::size_t N>
std::string find(const std::array<word, N>& table, std::uint32_t number, std::string_view otherwise) {
  const auto* const at = std::ranges::find(table, number, &word::number);
  return at != table.end() ? std::string{at->name} : std::string{otherwise} + '_' + std::to_string(number);
}

constexpr std::array<word, 57> commands_1{{
    {0x00, "create_directory"},
    {0x01, "delete_directory"},
    {0x02, "open"},
    {0x03, "create"},
    {0x04, "close"},
    {0x05, "flush"},
    {0x06, "delete"},
    {0x07, "rename"},
    {0x08, "query_information"},
    {0x09, "set_information"},
    {0x0a, "read"},
    {0x0b, "write"},
    {0x0c, "lock_byte_range"},
    {0x0d, "unlock_byte_range"},
    {0x0e, "create_temporary"},
    {0x0f, "create_new"},
    {0x10, "check_directory"},
    {0x11, "process_exit"},
    {0x12, "seek"},
    {0x13, "lock_and_read"},
    {0x14, "write_and_unlock"},
    {0x1a, "read_raw"},
    {0x1b, "read_mpx"},
    {0x1d, "write_raw"},
    {0x1e, "write_mpx"},
    {0x20, "write_complete"},
    {0x22, "set_information2"},
    {0x23, "query_information2"},
    {0x24, "locking_andx"},
    {0x25, "transaction"},
    {0x26, "transaction_secondary"},
    {0x27, "ioctl"},
    {0x29, "copy"},
    {0x2a, "move"},
    {0x2b, "echo"},
    {0x2c, "write_and_close"},
    {0x2d, "open_andx"},
    {0x2e, "read_andx"},
    {0x2f, "write_andx"},
    {0x31, "close_and_tree_disconnect"},
    {0x32, "transaction2"},
    {0x33, "transaction2_secondary"},
    {0x34, "find_close2"},
    {0x70, "tree_connect"},
    {0x71, "tree_disconnect"},
    {0x72, "negotiate"},
    {0x73, "session_setup_andx"},
    {0x74, "logoff_andx"},
    {0x75, "tree_connect_andx"},
    {0x80, "query_information_disk"},
    {0x81, "search"},
    {0xa0, "nt_transact"},
    {0xa1, "nt_transact_secondary"},
    {0xa2, "nt_create_andx"},
    {0xa4, "nt_cancel"},
    {0xa5, "nt_rename"},
    {0xc0, "open_print_file"},
}};
constexpr std::array<std::string_view, 19> commands_2{"negotiate",     "session_setup", "logoff",   "tree_connect", "tree_disconnect",
                                                      "create",        "close",         "flush",    "read",         "write",
                                                      "lock",          "ioctl",         "cancel",   "echo",         "query_directory",
                                                      "change_notify", "query_info",    "set_info", "oplock_break"};
constexpr std::array<word, 16> transactions_2{{{0, "open2"},
                                               {1, "find_first2"},
                                               {2, "find_next2"},
                                               {3, "query_fs_information"},
                                               {4, "set_fs_information"},
                                               {5, "query_path_information"},
                                               {6, "set_path_information"},
                                               {7, "query_file_information"},
                                               {8, "set_file_information"},
                                               {9, "fsctl"},
                                               {10, "ioctl2"},
                                               {11, "find_notify_first"},
                                               {13, "create_directory"},
                                               {14, "session_setup"},
                                               {16, "get_dfs_referral"},
                                               {17, "report_dfs_inconsistency"}}};
constexpr std::array<word, 8> nt_functions{{{1, "nt_create"},
                                            {2, "nt_ioctl"},
                                            {3, "nt_set_security"},
                                            {4, "nt_notify_change"},
                                            {5, "nt_rename"},
                                            {6, "nt_query_security"},
                                            {7, "nt_get_user_quota"},
                                            {8, "nt_set_user_quota"}}};
constexpr std::array<word, 7> dialects{
    {{0x0202, "2.0.2"}, {0x0210, "2.1"}, {0x02ff, "2.x"}, {0x0300, "3.0"}, {0x0302, "3.0.2"}, {0x0310, "3.1.0"}, {0x0311, "3.1.1"}}};

struct control_word {
  std::uint32_t code;
  std::string_view name;
  action means;
};
constexpr std::array<control_word, 36> controls{{
    {0x00060194, "fsctl_dfs_get_referrals", action::read},
    {0x000601b0, "fsctl_dfs_get_referrals_ex", action::read},
    {0x00090000, "fsctl_request_oplock_level_1", action::session},
    {0x00090018, "fsctl_lock_volume", action::control},
    {0x0009001c, "fsctl_unlock_volume", action::control},
    {0x00090020, "fsctl_dismount_volume", action::control},
    {0x00090028, "fsctl_is_volume_mounted", action::read},
    {0x0009002c, "fsctl_is_pathname_valid", action::read},
    {0x0009003c, "fsctl_get_compression", action::read},
    {0x00090060, "fsctl_filesystem_get_statistics", action::read},
    {0x00090064, "fsctl_get_ntfs_volume_data", action::read},
    {0x00090073, "fsctl_get_retrieval_pointers", action::read},
    {0x0009009c, "fsctl_get_object_id", action::read},
    {0x000900a4, "fsctl_set_reparse_point", action::configure},
    {0x000900a8, "fsctl_get_reparse_point", action::read},
    {0x000900ac, "fsctl_delete_reparse_point", action::configure},
    {0x000900c0, "fsctl_create_or_get_object_id", action::read},
    {0x000900c4, "fsctl_set_sparse", action::file_write},
    {0x000900d7, "fsctl_set_encryption", action::file_write},
    {0x000940cf, "fsctl_query_allocated_ranges", action::read},
    {0x000900bb, "fsctl_read_usn_journal", action::read},
    {0x000900eb, "fsctl_read_file_usn_data", action::read},
    {0x000980c8, "fsctl_set_zero_data", action::file_write},
    {0x00098208, "fsctl_file_level_trim", action::file_write},
    {0x00094264, "fsctl_offload_read", action::file_read},
    {0x00098268, "fsctl_offload_write", action::file_write},
    {0x0009c040, "fsctl_set_compression", action::file_write},
    {0x00110018, "fsctl_pipe_wait", action::session},
    {0x0011400c, "fsctl_pipe_peek", action::read},
    {0x0011c017, "fsctl_pipe_transceive", action::session},
    {0x00140078, "fsctl_srv_request_resume_key", action::read},
    {0x001401fc, "fsctl_query_network_interface_info", action::identify},
    {0x00140204, "fsctl_validate_negotiate_info", action::session},
    {0x00144064, "fsctl_srv_enumerate_snapshots", action::read},
    {0x001440f2, "fsctl_srv_copychunk", action::file_write},
    {0x001480f2, "fsctl_srv_copychunk_write", action::file_write},
}};

/// [MS-FSCC] 2.4, of those that are set.
constexpr std::array<word, 16> file_information{{{4, "basic"},
                                                 {10, "rename"},
                                                 {11, "link"},
                                                 {13, "disposition"},
                                                 {14, "position"},
                                                 {15, "full_ea"},
                                                 {16, "mode"},
                                                 {19, "allocation"},
                                                 {20, "end_of_file"},
                                                 {23, "pipe"},
                                                 {36, "move_cluster"},
                                                 {39, "valid_data_length"},
                                                 {40, "short_name"},
                                                 {64, "disposition_ex"},
                                                 {65, "rename_ex"},
                                                 {71, "case_sensitive"}}};

}  // namespace

std::string command_1(std::uint8_t command) { return find(commands_1, command, "command"); }
std::string command_2(std::uint16_t command) {
  return command < commands_2.size() ? std::string{commands_2[command]} : "command_" + std::to_string(command);
}
std::string transaction_2(std::uint16_t subcommand) { return find(transactions_2, subcommand, "transaction2"); }
std::string nt_transaction(std::uint16_t function) { return find(nt_functions, function, "nt_transact"); }
std::string dialect_2(std::uint16_t revision) { return find(dialects, revision, "dialect"); }

control_code control_of(std::uint32_t code) {
  const auto* const at = std::ranges::find(controls, code, &control_word::code);
  if (at != controls.end()) return {std::string{at->name}, at->means};
  return {"fsctl_" + std::to_string(code), action::read};
}

std::string information_class(std::uint8_t type, std::uint8_t number) {
  constexpr std::uint8_t file = 1, file_system = 2, security = 3;
  if (type == file) return find(file_information, number, "file_information");
  if (type == file_system) return "file_system_information_" + std::to_string(number);
  if (type == security) return "security";
  return "quota";
}

std::string disposition_name(std::uint32_t disposition) {
  constexpr std::array<std::string_view, 6> names{"supersede", "open", "create", "open_if", "overwrite", "overwrite_if"};
  return disposition < names.size() ? std::string{names[disposition]} : std::to_string(disposition);
}
std::string result_of_create(std::uint32_t create_action) {
  constexpr std::array<std::string_view, 4> names{"superseded", "opened", "created", "overwritten"};
  return create_action < names.size() ? std::string{names[create_action]} : std::to_string(create_action);
}

action action_of_create(std::uint32_t disposition, std::uint32_t access, std::uint32_t options) {
  constexpr std::uint32_t open = 1, open_if = 3;
  constexpr std::uint32_t writing = write_data | append_data | generic_write | generic_all;
  constexpr std::uint32_t reading = read_data | execute | generic_read | generic_execute | maximum;
  if ((options & delete_on_close) != 0) return action::file_delete;
  if (disposition != open && disposition != open_if) return action::file_write;
  if ((access & writing) != 0) return action::file_write;
  return (access & reading) != 0 ? action::file_read : action::read;
}

}  // namespace mw::smb
