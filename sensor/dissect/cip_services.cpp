// The services of CIP (CIP Specification Volume 1, Appendix A and chapter 5; Volume 2, chapter 5; the vendor classes of Logix
// controllers as incident response and open detectors describe them).
#include "sensor/dissect/cip_services.hpp"

#include <algorithm>
#include <array>

namespace mw::cip {
namespace {

struct common_service {
  std::uint8_t code;
  std::string_view name;
  action what;
};
constexpr std::array common_services{
    common_service{0x01, "get_attributes_all", action::read},
    common_service{0x02, "set_attributes_all", action::write},
    common_service{0x03, "get_attribute_list", action::read},
    common_service{0x04, "set_attribute_list", action::write},
    common_service{0x05, "reset", action::restart},
    common_service{0x06, "start", action::start},
    common_service{0x07, "stop", action::stop},
    common_service{0x08, "create", action::configure},
    common_service{0x09, "delete", action::configure},
    common_service{0x0a, "multiple_service_packet", action::read},
    common_service{0x0d, "apply_attributes", action::configure},
    common_service{0x0e, "get_attribute_single", action::read},
    common_service{0x10, "set_attribute_single", action::write},
    common_service{0x11, "find_next_object_instance", action::read},
    common_service{0x14, "error_response", action::diagnose},
    common_service{0x15, "restore", action::configure},
    common_service{0x16, "save", action::configure},
    common_service{0x17, "no_operation", action::diagnose},
    common_service{0x18, "get_member", action::read},
    common_service{0x19, "set_member", action::write},
    common_service{0x1a, "insert_member", action::configure},
    common_service{0x1b, "remove_member", action::configure},
    common_service{0x1c, "group_sync", action::time_sync},
};

struct class_service {
  std::uint32_t id;
  std::uint8_t code;
  std::string_view name;
  action what;
};
constexpr std::array class_services{
    class_service{0x01, 0x4b, "flash_leds", action::diagnose},
    class_service{0x02, 0x4b, "symbolic_translation", action::read},
    class_service{0x06, 0x4e, "forward_close", action::session},
    class_service{0x06, 0x52, "unconnected_send", action::session},
    class_service{0x06, 0x54, "forward_open", action::session},
    class_service{0x06, 0x56, "get_connection_data", action::read},
    class_service{0x06, 0x57, "search_connection_data", action::read},
    class_service{0x06, 0x5a, "get_connection_owner", action::read},
    class_service{0x06, 0x5b, "large_forward_open", action::session},
    class_service{0x37, 0x4b, "initiate_upload", action::file_read},
    class_service{0x37, 0x4c, "initiate_download", action::file_write},
    class_service{0x37, 0x4d, "initiate_partial_read", action::file_read},
    class_service{0x37, 0x4e, "initiate_partial_write", action::file_write},
    class_service{0x37, 0x4f, "upload_transfer", action::file_read},
    class_service{0x37, 0x50, "download_transfer", action::file_write},
    class_service{0x37, 0x51, "clear_file", action::file_delete},
    class_service{0x39, 0x4c, "recover", action::restart},
    class_service{0x39, 0x4e, "perform_diagnostics", action::diagnose},
    class_service{0x39, 0x4f, "configure_request", action::configure},
    class_service{0x39, 0x50, "validate_configuration", action::configure},
    class_service{0x39, 0x51, "set_password", action::authenticate},
    class_service{0x39, 0x52, "lock_configuration", action::configure},
    class_service{0x39, 0x53, "mode_change", action::mode_change},
    class_service{0x39, 0x54, "safety_reset", action::restart},
    class_service{0x39, 0x55, "reset_password", action::authenticate},
    class_service{0x39, 0x56, "propose_tunid", action::configure},
    class_service{0x39, 0x57, "apply_tunid", action::configure},
    class_service{0x39, 0x58, "propose_tunid_list", action::configure},
    class_service{0x39, 0x59, "apply_tunid_list", action::configure},
    class_service{0x3a, 0x4b, "reset_error", action::diagnose},
    class_service{0x44, 0x4b, "read_discrete_inputs", action::read},
    class_service{0x44, 0x4c, "read_coils", action::read},
    class_service{0x44, 0x4d, "read_input_registers", action::read},
    class_service{0x44, 0x4e, "read_holding_registers", action::read},
    class_service{0x44, 0x4f, "write_coils", action::write},
    class_service{0x44, 0x50, "write_holding_registers", action::write},
    class_service{0x44, 0x51, "modbus_passthrough", action::control},
    class_service{0x47, 0x4b, "verify_fault_location", action::diagnose},
    class_service{0x47, 0x4c, "clear_rapid_faults", action::diagnose},
    class_service{0x47, 0x4d, "restart_sign_on", action::diagnose},
    class_service{0x67, 0x4b, "execute_pccc", action::control},
    class_service{0x68, 0x4d, "force", action::force},
    class_service{0x68, 0x4e, "force", action::force},
    class_service{0x69, 0x4d, "force", action::force},
    class_service{0x69, 0x4e, "force", action::force},
    class_service{0x6a, 0x4f, "upload_transfer", action::program_upload},
    class_service{0x6a, 0x50, "download_transfer", action::program_download},
    class_service{0x6a, 0x51, "modify_parameter", action::configure},
    class_service{0x6b, 0x55, "get_instance_attribute_list", action::read},
    class_service{0x6c, 0x4c, "read_template", action::read},
    class_service{0x6c, 0x4d, "write_template", action::write},
    class_service{0xac, 0x4b, "change_transaction", action::session},  // brackets uploads, downloads and changes of mode
    class_service{0xf3, 0x4b, "kick_timer", action::control},
    class_service{0xf3, 0x4c, "open_connection", action::control},
    class_service{0xf3, 0x4d, "close_connection", action::control},
    class_service{0xf3, 0x4e, "stop_connection", action::control},
    class_service{0xf3, 0x4f, "change_start", action::configure},
    class_service{0xf3, 0x50, "get_status", action::read},
    class_service{0xf3, 0x51, "change_complete", action::configure},
    class_service{0xf3, 0x52, "audit_changes", action::configure},
    class_service{0xf6, 0x4c, "get_and_clear", action::diagnose},
};
/// Services that mean tags on symbols and the classes behind them, and something else anywhere else.
constexpr std::array tag_services{
    common_service{0x4c, "read_tag", action::read},
    common_service{0x4d, "write_tag", action::write},
    common_service{0x4e, "read_modify_write_tag", action::write},
    common_service{0x52, "read_tag_fragmented", action::read},
    common_service{0x53, "write_tag_fragmented", action::write},
    common_service{0x55, "get_instance_attribute_list", action::read},
};

constexpr std::uint32_t nonvolatile_storage = 0xa1;  ///< where firmware is written to
constexpr std::uint32_t wall_clock = 0x8b;
/// What a Logix project is made of: programs, tasks, memory, symbols, templates, routines, modules, trends, the project itself.
constexpr std::array<std::uint32_t, 10> project_classes{0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x70, 0x7e, 0xac};
/// How a device is reached on its networks: Device Level Ring, QoS, port, TCP/IP interface, Ethernet link.
constexpr std::array<std::uint32_t, 5> network_classes{0x47, 0x48, 0xf4, 0xf5, 0xf6};

template <std::size_t N>
constexpr bool among(const std::array<std::uint32_t, N>& set, std::uint32_t id) {
  return std::find(set.begin(), set.end(), id) != set.end();
}
constexpr bool vendor_specific(std::uint32_t id) { return (id >= 0x64 && id <= 0xc7) || (id >= 0x300 && id <= 0x4ff); }

template <std::size_t N>
const common_service* find(const std::array<common_service, N>& table, std::uint8_t code) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const common_service& s) { return s.code == code; });
  return it == table.end() ? nullptr : &*it;
}

/// A common service, where the class gives it a weight of its own.
action weigh(const common_service& s, std::uint32_t id) {
  if (id == static_cast<std::uint32_t>(class_code::identity) && s.what == action::read) return action::identify;
  if (s.what == action::write && id == wall_clock) return action::time_sync;
  if (s.what == action::write && among(network_classes, id)) return action::configure;
  if ((s.code == 0x08 || s.code == 0x09) && among(project_classes, id)) return action::program_download;
  return s.what;
}

struct named_class {
  std::uint32_t id;
  std::string_view name;
};
constexpr std::array classes{
    named_class{0x01, "identity"},
    named_class{0x02, "message_router"},
    named_class{0x03, "devicenet"},
    named_class{0x04, "assembly"},
    named_class{0x05, "connection"},
    named_class{0x06, "connection_manager"},
    named_class{0x07, "register"},
    named_class{0x08, "discrete_input_point"},
    named_class{0x09, "discrete_output_point"},
    named_class{0x0a, "analog_input_point"},
    named_class{0x0b, "analog_output_point"},
    named_class{0x0f, "parameter"},
    named_class{0x10, "parameter_group"},
    named_class{0x23, "position_sensor"},
    named_class{0x25, "position_controller"},
    named_class{0x28, "motor_data"},
    named_class{0x29, "control_supervisor"},
    named_class{0x2a, "ac_dc_drive"},
    named_class{0x2c, "overload"},
    named_class{0x2d, "softstart"},
    named_class{0x37, "file"},
    named_class{0x39, "safety_supervisor"},
    named_class{0x3a, "safety_validator"},
    named_class{0x41, "event_log"},
    named_class{0x42, "motion_device_axis"},
    named_class{0x43, "time_sync"},
    named_class{0x44, "modbus"},
    named_class{0x46, "modbus_serial_link"},
    named_class{0x47, "device_level_ring"},
    named_class{0x48, "qos"},
    named_class{0x4e, "base_energy"},
    named_class{0x4f, "electrical_energy"},
    named_class{0x51, "base_switch"},
    named_class{0x52, "snmp"},
    named_class{0x54, "rstp_bridge"},
    named_class{0x55, "rstp_port"},
    named_class{0x56, "prp_hsr_protocol"},
    named_class{0x5d, "cip_security"},
    named_class{0x5e, "ethernet_ip_security"},
    named_class{0x5f, "certificate_management"},
    named_class{0x60, "authority"},
    named_class{0x61, "password_authenticator"},
    named_class{0x67, "pccc"},
    named_class{0x68, "program"},
    named_class{0x6b, "symbol"},
    named_class{0x6c, "template"},
    named_class{0x8b, "wall_clock_time"},
    named_class{0xa1, "nonvolatile_storage"},
    named_class{0xf0, "controlnet"},
    named_class{0xf1, "controlnet_keeper"},
    named_class{0xf2, "controlnet_scheduling"},
    named_class{0xf3, "connection_configuration"},
    named_class{0xf4, "port"},
    named_class{0xf5, "tcp_ip_interface"},
    named_class{0xf6, "ethernet_link"},
    named_class{0x107, "hart_process_device"},
    named_class{0x109, "lldp_management"},
    named_class{0x10a, "lldp_data_table"},
};

}  // namespace

std::string_view class_name(std::uint32_t id) {
  const auto it = std::find_if(classes.begin(), classes.end(), [&](const named_class& c) { return c.id == id; });
  return it == classes.end() ? std::string_view{} : it->name;
}

meaning describe(std::uint8_t code, const path& p) {
  if (const auto* common = find(common_services, code)) return {common->name, p.class_id ? weigh(*common, *p.class_id) : common->what};
  if (p.class_id) {
    const auto it = std::find_if(class_services.begin(), class_services.end(),
                                 [&](const class_service& s) { return s.id == *p.class_id && s.code == code; });
    if (it != class_services.end()) return {it->name, it->what};
    if (*p.class_id == nonvolatile_storage) return {"firmware_service", action::firmware};
  }
  // without a path (an answer whose request was not seen) the tag services are by far the most likely
  const bool nameless = !p.class_id && p.tag.empty();
  if (nameless && (is(code, service::forward_open) || is(code, service::large_forward_open))) return {"forward_open", action::session};
  if (p.names_tag() || nameless)
    if (const auto* tag = find(tag_services, code)) return {tag->name, tag->what};
  if (p.class_id && vendor_specific(*p.class_id)) {
    // on the vendor classes of controllers these two list and read; the rest is the class's own secret
    if (code == 0x4b && p.instance.value_or(0) == 0) return {"list_instances", action::read};
    if (code == 0x4c) return {"vendor_read", action::read};
  }
  return {code < 0x32 ? "reserved_service" : "object_service", action::control};
}

}  // namespace mw::cip
