// The numbers of CODESYS V3 online services. There is no public specification; names follow published dissectors and forensic tools.
#include "sensor/dissect/codesys_names.hpp"

#include <algorithm>
#include <array>

namespace mw::codesys {
namespace {

struct component_info {
  std::uint8_t number;
  std::string_view name;
  action what;
};
constexpr auto components = std::to_array<component_info>({
    {0x01, "device", action::session},     {0x02, "app", action::diagnose},
    {0x03, "monitor", action::read},       {0x04, "visu", action::control},
    {0x05, "log", action::read},           {0x06, "settings", action::configure},
    {0x07, "ethernet", action::configure}, {0x08, "file", action::file_read},
    {0x09, "var", action::read},           {0x0b, "io", action::identify},
    {0x0c, "user", action::configure},     {0x0f, "trace", action::diagnose},
    {0x11, "shell", action::diagnose},     {0x12, "breakpoint", action::mode_change},
    {0x13, "force", action::force},        {0x18, "alarm", action::alarm},
    {0x1b, "monitor2", action::read},      {0x1d, "licence", action::identify},
    {0x1f, "core_dump", action::diagnose}, {0x22, "certificate", action::configure},
});

struct entry {
  std::uint8_t component;
  std::uint8_t command;
  std::string_view name;
  action what;
};
/// Downloads go to the controller.
constexpr auto commands = std::to_array<entry>({
    {1, 0x01, "device_get_target_ident", action::identify},
    {1, 0x02, "device_login", action::authenticate},
    {1, 0x03, "device_logout", action::session},
    {1, 0x04, "device_reset_origin", action::restart},
    {1, 0x05, "device_echo", action::diagnose},
    {1, 0x06, "device_set_operating_mode", action::mode_change},
    {1, 0x07, "device_get_operating_mode", action::diagnose},
    {1, 0x08, "device_interactive_login", action::authenticate},
    {1, 0x09, "device_rename_node", action::configure},
    {1, 0x0a, "device_session_create", action::session},
    {1, 0x0b, "device_reset_origin_get_config", action::diagnose},
    {2, 0x01, "app_login", action::session},
    {2, 0x02, "app_logout", action::session},
    {2, 0x03, "app_create", action::program_download},
    {2, 0x04, "app_delete", action::program_download},
    {2, 0x05, "app_download", action::program_download},
    {2, 0x06, "app_online_change", action::program_download},
    {2, 0x07, "app_device_download", action::program_download},
    {2, 0x08, "app_create_device", action::program_download},
    {2, 0x10, "app_start", action::start},
    {2, 0x11, "app_stop", action::stop},
    {2, 0x12, "app_reset", action::restart},
    {2, 0x13, "app_set_breakpoint", action::mode_change},
    {2, 0x14, "app_read_status", action::diagnose},
    {2, 0x15, "app_delete_breakpoint", action::mode_change},
    {2, 0x16, "app_read_call_stack", action::diagnose},
    {2, 0x17, "app_get_area_offset", action::diagnose},
    {2, 0x18, "app_read_list", action::identify},
    {2, 0x19, "app_set_next_statement", action::mode_change},
    {2, 0x20, "app_release_forces", action::force},
    {2, 0x21, "app_upload_forces", action::read},
    {2, 0x22, "app_single_cycle", action::mode_change},
    {2, 0x23, "app_create_boot_project", action::program_download},
    {2, 0x24, "app_reinitialise", action::restart},
    {2, 0x25, "app_read_states", action::diagnose},
    {2, 0x26, "app_load_boot_application", action::program_download},
    {2, 0x27, "app_register_boot_application", action::configure},
    {2, 0x28, "app_check_file_consistency", action::diagnose},
    {2, 0x29, "app_read_info", action::identify},
    {2, 0x30, "app_download_compact", action::program_download},
    {2, 0x31, "app_read_project_info", action::identify},
    {2, 0x32, "app_define_flow", action::diagnose},
    {2, 0x33, "app_read_flow_values", action::read},
    {2, 0x34, "app_download_encrypted", action::program_download},
    {2, 0x35, "app_read_content", action::program_upload},
    {2, 0x36, "app_save_retains", action::configure},
    {2, 0x37, "app_restore_retains", action::write},
    {2, 0x38, "app_get_area_address", action::diagnose},
    {2, 0x39, "app_leave_execution_points", action::mode_change},
    {2, 0x40, "app_claim_execution_points", action::mode_change},
    {5, 0x01, "log_get_entries", action::read},
    {5, 0x02, "log_get_component_names", action::identify},
    {5, 0x03, "log_get_loggers", action::identify},
    {8, 0x01, "file_get_info", action::file_read},
    {8, 0x02, "file_start_download", action::file_write},
    {8, 0x03, "file_restart_download", action::file_write},
    {8, 0x04, "file_download", action::file_write},
    {8, 0x05, "file_start_upload", action::file_read},
    {8, 0x06, "file_restart_upload", action::file_read},
    {8, 0x07, "file_upload", action::file_read},
    {8, 0x08, "file_end", action::file_read},
    {8, 0x09, "file_cancel", action::file_read},
    {8, 0x0a, "file_safe_signature", action::file_write},
    {8, 0x0b, "file_get_safe_signature", action::file_read},
    {8, 0x0c, "file_get_directory", action::file_read},
    {8, 0x0d, "file_cancel_get_directory", action::file_read},
    {8, 0x0e, "file_delete", action::file_delete},
    {8, 0x0f, "file_rename", action::file_write},
    {8, 0x10, "file_create_directory", action::file_write},
    {8, 0x11, "file_delete_directory", action::file_delete},
    {8, 0x12, "file_rename_directory", action::file_write},
    {8, 0x14, "file_sync", action::file_write},
    {9, 0x01, "var_register_list", action::subscribe},
    {9, 0x02, "var_unregister_list", action::subscribe},
    {9, 0x03, "var_read_list", action::read},
    {9, 0x04, "var_write_list", action::write},
    {9, 0x05, "var_read", action::read},
    {9, 0x06, "var_write", action::write},
    {9, 0x07, "var_get_root_nodes", action::identify},
    {9, 0x08, "var_get_children", action::identify},
    {9, 0x09, "var_get_types", action::identify},
    {9, 0x0a, "var_get_address_info", action::identify},
    {9, 0x0b, "var_remove_from_list", action::subscribe},
    {0x11, 0x01, "shell_command", action::diagnose},
    {0x1b, 0x01, "monitor2_read", action::read},
    {0x1b, 0x02, "monitor2_write", action::write},
});

struct line {
  std::string_view word;
  action what;
};
constexpr auto lines = std::to_array<line>({{"startprg", action::start},
                                            {"stopprg", action::stop},
                                            {"resetprg", action::restart},
                                            {"resetprgcold", action::restart},
                                            {"resetprgorg", action::restart},
                                            {"restart", action::restart},
                                            {"reboot", action::restart},
                                            {"reload", action::restart}});

}  // namespace

command_info describe(std::uint8_t component, std::uint16_t command) {
  const auto it = std::ranges::find_if(commands, [&](const entry& e) { return e.component == component && e.command == command; });
  if (it != commands.end()) return {std::string{it->name}, it->what, true};
  const auto part = std::ranges::find(components, component, &component_info::number);
  if (part == components.end()) return {"unknown", action::diagnose, false};
  return {std::string{part->name} + '_' + std::to_string(command), part->what, true};
}

action meaning_of_line(std::string_view text) {
  const auto word = text.substr(0, text.find(' '));
  const auto it = std::ranges::find(lines, word, &line::word);
  return it == lines.end() ? action::diagnose : it->what;
}

}  // namespace mw::codesys
