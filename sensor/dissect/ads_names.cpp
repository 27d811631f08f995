// Names of ADS (Beckhoff Information System): commands, index groups, ports, states and errors.
#include "sensor/dissect/ads_names.hpp"

#include <algorithm>
#include <span>

namespace mw::ads {
namespace {

constexpr std::array<std::string_view, 10> commands{"",
                                                    "read_device_info",
                                                    "read",
                                                    "write",
                                                    "read_state",
                                                    "write_control",
                                                    "add_notification",
                                                    "delete_notification",
                                                    "notification",
                                                    "read_write"};
struct group {
  std::uint32_t number;
  std::string_view name;
  action reading = action::read, writing = action::write;
  bool asks = false;  ///< a read-write of it writes nothing but the question
};
constexpr std::array known{
    group{0x4020, "plc_memory"},
    group{0x4021, "plc_memory_bits"},
    group{0x4025, "plc_memory_size"},
    group{0x4030, "plc_retain"},
    group{0x4035, "plc_retain_size"},
    group{0x4040, "plc_data"},
    group{0x4045, "plc_data_size"},
    group{0xf000, "symbol_table", action::identify},
    group{0xf001, "symbol_name"},
    group{0xf002, "symbol_value"},
    group{groups::handle_by_name, "handle_by_name", action::read, action::read},
    group{groups::value_by_name, "value_by_name", action::read, action::write, true},
    group{groups::value_by_handle, "value_by_handle"},
    group{groups::release_handle, "release_handle", action::read, action::session},
    group{groups::info_by_name, "info_by_name", action::identify, action::identify},
    group{0xf008, "symbol_version", action::identify},
    group{groups::info_by_name_ex, "info_by_name_ex", action::identify, action::identify},
    group{0xf00a, "symbol_download", action::identify},
    group{0xf00b, "symbol_upload", action::identify},
    group{0xf00c, "symbol_upload_info", action::identify},
    group{0xf00f, "symbol_upload_info2", action::identify},
    group{0xf010, "symbol_note"},
    group{0xf020, "inputs"},
    group{0xf021, "input_bits"},
    group{0xf025, "inputs_size"},
    group{0xf030, "outputs"},
    group{0xf031, "output_bits"},
    group{0xf035, "outputs_size"},
    group{0xf040, "clear_inputs"},
    group{0xf050, "clear_outputs"},
    group{0xf060, "inputs_and_outputs"},
    group{groups::sum_read, "sum_read", action::read, action::read},
    group{groups::sum_write, "sum_write"},
    group{groups::sum_read_write, "sum_read_write"},
    group{groups::sum_read_ex, "sum_read_ex", action::read, action::read},
    group{groups::sum_read_ex2, "sum_read_ex2", action::read, action::read},
    group{groups::sum_add_notification, "sum_add_notification", action::subscribe, action::subscribe},
    group{groups::sum_delete_notification, "sum_delete_notification", action::subscribe, action::subscribe},
    group{0xf100, "device_data"},
};
/// Of the system service alone (port 10000).
constexpr std::uint16_t system_service = 10000;
constexpr std::array system_groups{
    group{100, "open_create", action::file_read, action::file_write},
    group{101, "open_read", action::file_read, action::file_read},
    group{102, "open_write", action::file_write, action::file_write},
    group{110, "create_file", action::file_write, action::file_write},
    group{111, "close_handle", action::file_read, action::file_read},
    group{120, "file_open", action::file_read, action::file_read},
    group{121, "file_close", action::file_read, action::file_read},
    group{122, "file_read", action::file_read, action::file_read},
    group{123, "file_write", action::file_write, action::file_write},
    group{124, "file_seek", action::file_read, action::file_read},
    group{125, "file_tell", action::file_read, action::file_read},
    group{126, "file_gets", action::file_read, action::file_read},
    group{127, "file_puts", action::file_write, action::file_write},
    group{130, "file_eof", action::file_read, action::file_read},
    group{131, "file_delete", action::file_delete, action::file_delete},
    group{132, "file_rename", action::file_write, action::file_write},
    group{133, "file_find", action::file_read, action::file_read},
    group{138, "make_directory", action::file_write, action::file_write},
    group{139, "remove_directory", action::file_delete, action::file_delete},
    group{200, "registry", action::read, action::configure, true},
    group{400, "time_services", action::read, action::time_sync, true},
    group{500, "start_process", action::control, action::control},
    group{600, "change_net_id", action::read, action::configure},
    group{700, "device_identification", action::identify, action::identify},
    group{702, "ip_host_name", action::identify, action::identify},
    group{801, "add_route", action::configure, action::configure},
    group{802, "delete_route", action::configure, action::configure},
    group{803, "list_routes", action::identify, action::identify},
};
const group* find(std::span<const group> table, std::uint32_t number) {
  const auto it = std::ranges::find(table, number, &group::number);
  return it == table.end() ? nullptr : &*it;
}

constexpr std::array<std::string_view, 20> states{
    "invalid",    "idle",  "reset",    "init",    "start",  "run",    "stop",     "save_config", "load_config",  "power_failure",
    "power_good", "error", "shutdown", "suspend", "resume", "config", "reconfig", "stopping",    "incompatible", "exception"};

struct port {
  std::uint16_t first, last;
  std::string_view name;
};
constexpr std::array ports{port{1, 1, "router"},
                           port{2, 2, "debugger"},
                           port{100, 100, "logger"},
                           port{110, 110, "event_log"},
                           port{200, 200, "real_time"},
                           port{290, 290, "trace"},
                           port{300, 300, "io"},
                           port{301, 301, "additional_task"},
                           port{500, 500, "nc"},
                           port{501, 501, "nc_saf"},
                           port{511, 511, "nc_svb"},
                           port{800, 800, "plc"},
                           port{801, 801, "plc_runtime"},
                           port{811, 811, "plc_runtime"},
                           port{821, 821, "plc_runtime"},
                           port{831, 831, "plc_runtime"},
                           port{851, 899, "plc_runtime"},
                           port{900, 900, "camshaft"},
                           port{system_service, system_service, "system_service"},
                           port{10201, 10201, "tcpip_server"},
                           port{10300, 10300, "license_server"},
                           port{27905, 27905, "ethercat_master"}};

struct error_info {
  std::uint32_t code;
  std::string_view name;
};
constexpr std::array errors{
    error_info{0x001, "internal_error"},
    error_info{0x002, "no_real_time"},
    error_info{0x005, "wrong_service_id"},
    error_info{0x006, "target_port_not_found"},
    error_info{0x007, "target_machine_not_found"},
    error_info{0x008, "unknown_command"},
    error_info{0x009, "wrong_task_id"},
    error_info{0x00a, "no_io"},
    error_info{0x00b, "unknown_ams_command"},
    error_info{0x00c, "win32_error"},
    error_info{0x00d, "port_not_connected"},
    error_info{0x00e, "wrong_length"},
    error_info{0x00f, "wrong_net_id"},
    error_info{0x012, "port_disabled"},
    error_info{0x015, "ams_sync_timeout"},
    error_info{0x018, "wrong_port"},
    error_info{0x019, "no_memory"},
    error_info{0x01b, "host_unreachable"},
    error_info{0x500, "router_no_locked_memory"},
    error_info{0x502, "router_mailbox_full"},
    error_info{0x506, "router_unknown_port_type"},
    error_info{0x700, "device_error"},
    error_info{0x701, "service_not_supported"},
    error_info{0x702, "invalid_index_group"},
    error_info{0x703, "invalid_index_offset"},
    error_info{0x704, "access_denied"},
    error_info{0x705, "invalid_size"},
    error_info{0x706, "invalid_data"},
    error_info{0x707, "not_ready"},
    error_info{0x708, "busy"},
    error_info{0x709, "invalid_context"},
    error_info{0x70a, "out_of_memory"},
    error_info{0x70b, "invalid_parameter"},
    error_info{0x70c, "not_found"},
    error_info{0x70d, "syntax_error"},
    error_info{0x70e, "incompatible"},
    error_info{0x70f, "exists"},
    error_info{0x710, "symbol_not_found"},
    error_info{0x711, "symbol_version_invalid"},
    error_info{0x712, "invalid_state"},
    error_info{0x713, "transmission_mode_not_supported"},
    error_info{0x714, "invalid_notification_handle"},
    error_info{0x715, "client_unknown"},
    error_info{0x716, "no_more_handles"},
    error_info{0x719, "timeout"},
    error_info{0x71a, "no_interface"},
    error_info{0x723, "no_license"},
    error_info{0x724, "license_expired"},
    error_info{0x745, "client_timeout"},
};

}  // namespace

std::string_view command_name(std::uint16_t c) { return c < commands.size() ? commands[c] : std::string_view{}; }
std::string_view group_name(std::uint16_t port, std::uint32_t g) {
  const auto* found = port == system_service ? find(system_groups, g) : nullptr;
  if (found == nullptr) found = find(known, g);
  return found == nullptr ? std::string_view{} : found->name;
}

bool names_a_file(std::uint16_t port, std::uint32_t group) {
  constexpr std::array<std::uint32_t, 6> named{120, 131, 132, 133, 138, 139};
  return port == system_service && std::ranges::find(named, group) != named.end();
}

action meaning(std::uint16_t c, std::uint16_t port, std::uint32_t number) {
  switch (c) {
    case read_device_info: return action::identify;
    case read_state: return action::diagnose;
    case write_control: return action::mode_change;
    case add_notification:
    case delete_notification: return action::subscribe;
    case notification: return action::report;
    case read_data:
    case write_data:
    case read_write: break;
    default: return action::diagnose;
  }
  const auto* g = port == system_service ? find(system_groups, number) : nullptr;
  if (g == nullptr) g = find(known, number);
  if (g == nullptr) return c == read_data ? action::read : action::write;
  return c == read_data || (c == read_write && g->asks) ? g->reading : g->writing;
}

action meaning_of_state(std::uint16_t state) {
  switch (state) {
    case 5: return action::start;
    case 6:
    case 12:
    case 13: return action::stop;
    case 2: return action::restart;
    default: return action::mode_change;
  }
}

std::string_view state_name(std::uint16_t state) { return state < states.size() ? states[state] : std::string_view{"unknown"}; }
std::string_view port_name(std::uint16_t number) {
  const auto it = std::ranges::find_if(ports, [&](const port& p) { return number >= p.first && number <= p.last; });
  return it == ports.end() ? std::string_view{} : it->name;
}
std::string error_name(std::uint32_t code) {
  const auto it = std::ranges::find(errors, code, &error_info::code);
  return it == errors.end() ? hex_text(code, 4) : std::string{it->name};
}

address read_address(reader& in) {
  address a;
  const auto octets = in.take(a.net.size());
  std::ranges::copy(octets, a.net.begin());
  a.port = in.u16le();
  return a;
}
std::string net_text(const address& a) {
  std::string out;
  for (const auto octet : a.net) (out += out.empty() ? "" : ".") += std::to_string(octet);
  return out;
}
std::string to_string(const address& a) { return net_text(a) + ':' + std::to_string(a.port); }

std::string hex_text(std::uint32_t v, int digits) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += letters[v >> shift & 15];
  return out;
}

}  // namespace mw::ads
