// UDS: the tables of ISO 14229-1:2020 (services, annex A refusals, annex C identifiers), and the services of SAE J1979 that share its
// numbers.
#include "sensor/dissect/uds_names.hpp"

#include <algorithm>
#include <array>

namespace mw::uds {
namespace {

/// Programs are named by where they go: a download goes to the controller.
constexpr auto services = std::to_array<service>({
    {0x01, "obd_current_data", action::read},
    {0x02, "obd_freeze_frame", action::read},
    {0x03, "obd_stored_faults", action::diagnose},
    {0x04, "obd_clear_faults", action::configure},
    {0x05, "obd_oxygen_sensors", action::diagnose},
    {0x06, "obd_monitoring_results", action::diagnose},
    {0x07, "obd_pending_faults", action::diagnose},
    {0x08, "obd_control", action::control},
    {0x09, "obd_vehicle_information", action::identify},
    {0x0a, "obd_permanent_faults", action::diagnose},
    {0x10, "diagnostic_session_control", action::session, layout::sub_function},
    {0x11, "ecu_reset", action::restart, layout::sub_function},
    {0x14, "clear_diagnostic_information", action::configure, layout::group},
    {0x19, "read_dtc_information", action::diagnose, layout::dtc},
    {0x22, "read_data_by_identifier", action::read, layout::identifiers},
    {0x23, "read_memory_by_address", action::read, layout::memory},
    {0x24, "read_scaling_data_by_identifier", action::read, layout::identifiers},
    {0x27, "security_access", action::authenticate, layout::security},
    {0x28, "communication_control", action::configure, layout::sub_function},
    {0x29, "authentication", action::authenticate, layout::sub_function},
    {0x2a, "read_data_by_periodic_identifier", action::subscribe},
    {0x2c, "dynamically_define_data_identifier", action::configure, layout::sub_function},
    {0x2e, "write_data_by_identifier", action::write, layout::identifier_data},
    {0x2f, "input_output_control_by_identifier", action::force, layout::identifier_control},
    {0x31, "routine_control", action::control, layout::routine},
    {0x34, "request_download", action::program_download, layout::transfer},
    {0x35, "request_upload", action::program_upload, layout::transfer},
    {0x36, "transfer_data", action::program_download, layout::transfer_data},
    {0x37, "request_transfer_exit", action::program_download},
    {0x38, "request_file_transfer", action::file_write, layout::file},
    {0x3d, "write_memory_by_address", action::write, layout::memory_data},
    {0x3e, "tester_present", action::session, layout::sub_function},
    {0x83, "access_timing_parameter", action::session, layout::sub_function},
    {0x84, "secured_data_transmission", action::session},
    {0x85, "control_dtc_setting", action::configure, layout::sub_function},
    {0x86, "response_on_event", action::subscribe, layout::sub_function},
    {0x87, "link_control", action::configure, layout::sub_function},
});

struct sub {
  std::uint8_t service, number;
  std::string_view name;
};
constexpr auto subs = std::to_array<sub>({
    {0x10, 1, "default_session"},
    {0x10, 2, "programming_session"},
    {0x10, 3, "extended_session"},
    {0x10, 4, "safety_system_session"},
    {0x11, 1, "hard_reset"},
    {0x11, 2, "key_off_on_reset"},
    {0x11, 3, "soft_reset"},
    {0x11, 4, "enable_rapid_power_shutdown"},
    {0x11, 5, "disable_rapid_power_shutdown"},
    {0x19, 0x01, "report_number_by_status_mask"},
    {0x19, 0x02, "report_by_status_mask"},
    {0x19, 0x03, "report_snapshot_identification"},
    {0x19, 0x04, "report_snapshot_by_number"},
    {0x19, 0x05, "report_stored_data_by_record"},
    {0x19, 0x06, "report_extended_data_by_number"},
    {0x19, 0x07, "report_number_by_severity"},
    {0x19, 0x08, "report_by_severity"},
    {0x19, 0x09, "report_severity"},
    {0x19, 0x0a, "report_supported"},
    {0x19, 0x0b, "report_first_test_failed"},
    {0x19, 0x0c, "report_first_confirmed"},
    {0x19, 0x0d, "report_most_recent_test_failed"},
    {0x19, 0x0e, "report_most_recent_confirmed"},
    {0x19, 0x14, "report_fault_detection_counter"},
    {0x19, 0x15, "report_permanent"},
    {0x28, 0, "enable_rx_and_tx"},
    {0x28, 1, "enable_rx_and_disable_tx"},
    {0x28, 2, "disable_rx_and_enable_tx"},
    {0x28, 3, "disable_rx_and_tx"},
    {0x29, 0, "de_authenticate"},
    {0x29, 1, "verify_certificate_unidirectional"},
    {0x29, 2, "verify_certificate_bidirectional"},
    {0x29, 3, "proof_of_ownership"},
    {0x29, 4, "transmit_certificate"},
    {0x29, 5, "request_challenge"},
    {0x29, 6, "verify_proof_of_ownership_unidirectional"},
    {0x29, 7, "verify_proof_of_ownership_bidirectional"},
    {0x29, 8, "authentication_configuration"},
    {0x2c, 1, "define_by_identifier"},
    {0x2c, 2, "define_by_memory_address"},
    {0x2c, 3, "clear"},
    {0x2f, 0, "return_control"},
    {0x2f, 1, "reset_to_default"},
    {0x2f, 2, "freeze_current_state"},
    {0x2f, 3, "short_term_adjustment"},
    {0x31, 1, "start_routine"},
    {0x31, 2, "stop_routine"},
    {0x31, 3, "request_routine_results"},
    {0x38, 1, "add_file"},
    {0x38, 2, "delete_file"},
    {0x38, 3, "replace_file"},
    {0x38, 4, "read_file"},
    {0x38, 5, "read_directory"},
    {0x38, 6, "resume_file"},
    {0x83, 1, "read_extended"},
    {0x83, 2, "set_to_default"},
    {0x83, 3, "read_active"},
    {0x83, 4, "set_to_given"},
    {0x85, 1, "on"},
    {0x85, 2, "off"},
    {0x86, 0, "stop"},
    {0x86, 1, "on_dtc_status_change"},
    {0x86, 3, "on_change_of_data_identifier"},
    {0x86, 4, "report_activated_events"},
    {0x86, 5, "start"},
    {0x86, 6, "clear"},
    {0x86, 7, "on_comparison_of_values"},
    {0x87, 1, "verify_fixed_parameter"},
    {0x87, 2, "verify_specific_parameter"},
    {0x87, 3, "transition"},
});

struct word {
  std::uint8_t code;
  std::string_view name;
};
constexpr auto refusals = std::to_array<word>({
    {0x10, "general_reject"},
    {0x11, "service_not_supported"},
    {0x12, "sub_function_not_supported"},
    {0x13, "incorrect_length_or_format"},
    {0x14, "response_too_long"},
    {0x21, "busy_repeat_request"},
    {0x22, "conditions_not_correct"},
    {0x24, "request_sequence_error"},
    {0x25, "no_response_from_subnet_component"},
    {0x26, "failure_prevents_execution"},
    {0x31, "request_out_of_range"},
    {0x33, "security_access_denied"},
    {0x34, "authentication_required"},
    {0x35, "invalid_key"},
    {0x36, "exceeded_number_of_attempts"},
    {0x37, "required_time_delay_not_expired"},
    {0x38, "secure_data_transmission_required"},
    {0x39, "secure_data_transmission_not_allowed"},
    {0x3a, "secure_data_verification_failed"},
    {0x50, "certificate_invalid_time_period"},
    {0x51, "certificate_invalid_signature"},
    {0x52, "certificate_invalid_chain_of_trust"},
    {0x53, "certificate_invalid_type"},
    {0x54, "certificate_invalid_format"},
    {0x55, "certificate_invalid_content"},
    {0x56, "certificate_invalid_scope"},
    {0x57, "certificate_invalid"},
    {0x58, "ownership_verification_failed"},
    {0x59, "challenge_calculation_failed"},
    {0x5a, "setting_access_rights_failed"},
    {0x5b, "session_key_creation_failed"},
    {0x5c, "configuration_data_usage_failed"},
    {0x5d, "de_authentication_failed"},
    {0x70, "upload_download_not_accepted"},
    {0x71, "transfer_data_suspended"},
    {0x72, "general_programming_failure"},
    {0x73, "wrong_block_sequence_counter"},
    {0x78, "response_pending"},
    {0x7e, "sub_function_not_supported_in_active_session"},
    {0x7f, "service_not_supported_in_active_session"},
    {0x81, "rpm_too_high"},
    {0x82, "rpm_too_low"},
    {0x83, "engine_is_running"},
    {0x84, "engine_is_not_running"},
    {0x85, "engine_run_time_too_low"},
    {0x86, "temperature_too_high"},
    {0x87, "temperature_too_low"},
    {0x88, "vehicle_speed_too_high"},
    {0x89, "vehicle_speed_too_low"},
    {0x8a, "throttle_too_high"},
    {0x8b, "throttle_too_low"},
    {0x8c, "transmission_not_in_neutral"},
    {0x8d, "transmission_not_in_gear"},
    {0x8f, "brake_switch_not_closed"},
    {0x90, "shifter_lever_not_in_park"},
    {0x91, "torque_converter_clutch_locked"},
    {0x92, "voltage_too_high"},
    {0x93, "voltage_too_low"},
    {0x94, "resource_temporarily_not_available"},
});

constexpr auto identifiers = std::to_array<identifier>({
    {0xf180, "boot_software_identification", "boot_version"},
    {0xf181, "application_software_identification", "software"},
    {0xf182, "application_data_identification", ""},
    {0xf183, "boot_software_fingerprint", ""},
    {0xf184, "application_software_fingerprint", ""},
    {0xf185, "application_data_fingerprint", ""},
    {0xf186, "active_diagnostic_session", ""},
    {0xf187, "spare_part_number", "order_number"},
    {0xf188, "manufacturer_software_number", "software"},
    {0xf189, "manufacturer_software_version", "firmware"},
    {0xf18a, "system_supplier", "vendor"},
    {0xf18b, "manufacturing_date", ""},
    {0xf18c, "serial_number", "serial"},
    {0xf18d, "supported_functional_units", ""},
    {0xf18e, "kit_assembly_part_number", ""},
    {0xf190, "vin", "vin"},
    {0xf191, "manufacturer_hardware_number", "hardware"},
    {0xf192, "supplier_hardware_number", "hardware"},
    {0xf193, "supplier_hardware_version", "hardware"},
    {0xf194, "supplier_software_number", "software"},
    {0xf195, "supplier_software_version", "firmware"},
    {0xf196, "exhaust_regulation_approval", ""},
    {0xf197, "system_name", "model"},
    {0xf198, "repair_shop_code", ""},
    {0xf199, "programming_date", ""},
    {0xf19a, "calibration_repair_shop_code", ""},
    {0xf19b, "calibration_date", ""},
    {0xf19c, "calibration_software_number", ""},
    {0xf19d, "installation_date", "installation_date"},
    {0xf19e, "odx_file", ""},
    {0xff00, "uds_version", ""},
});

}  // namespace

service describe(std::uint8_t id) {
  const auto at = std::ranges::find(services, id, &service::id);
  return at == services.end() ? service{.id = id} : *at;
}
std::string_view sub_function(std::uint8_t service, std::uint8_t number) {
  const auto at = std::ranges::find_if(subs, [&](const sub& s) { return s.service == service && s.number == number; });
  return at == subs.end() ? std::string_view{} : at->name;
}
std::string_view refusal(std::uint8_t code) {
  const auto at = std::ranges::find(refusals, code, &word::code);
  return at == refusals.end() ? std::string_view{} : at->name;
}
const identifier* find_identifier(std::uint16_t id) {
  const auto at = std::ranges::find(identifiers, id, &identifier::id);
  return at == identifiers.end() ? nullptr : &*at;
}

}  // namespace mw::uds
