// The tables of PROFINET: what IEC 61158-6-10 assigns, and who the vendors are that PI numbered.
#include "sensor/dissect/profinet_names.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mw::profinet {
namespace {

struct name {
  std::uint16_t number;
  std::string_view text;
};
std::string_view find(std::span<const name> table, std::uint16_t number) {
  const auto it = std::ranges::find(table, number, &name::number);
  return it == table.end() ? std::string_view{} : it->text;
}

constexpr std::array vendors{
    name{0x001a, "ABB"},      name{0x002a, "Siemens"},        name{0x00b0, "Phoenix Contact"},
    name{0x0101, "SICK"},     name{0x0106, "Lenze"},          name{0x010a, "SEW-EURODRIVE"},
    name{0x010c, "HMS"},      name{0x011d, "WAGO"},           name{0x011e, "Hilscher"},
    name{0x0120, "Beckhoff"}, name{0x0136, "ifm electronic"}, name{0x014d, "Festo"},
    name{0x0378, "Balluff"},  name{0x0493, "rt-labs"},
};

constexpr std::array alarms{
    name{0x01, "diagnosis"},
    name{0x02, "process"},
    name{0x03, "pull"},
    name{0x04, "plug"},
    name{0x05, "status"},
    name{0x06, "update"},
    name{0x07, "media_redundancy"},
    name{0x08, "controlled_by_supervisor"},
    name{0x09, "released"},
    name{0x0a, "plug_wrong_submodule"},
    name{0x0b, "return_of_submodule"},
    name{0x0c, "diagnosis_disappears"},
    name{0x0d, "multicast_mismatch"},
    name{0x0e, "port_data_change"},
    name{0x0f, "sync_data_changed"},
    name{0x10, "isochronous_mode_problem"},
    name{0x11, "network_component_problem"},
    name{0x12, "time_data_changed"},
    name{0x13, "dynamic_frame_packing_problem"},
    name{0x14, "media_redundancy_planned_duplication_problem"},
    name{0x15, "multiple_interface_mismatch"},
    name{0x1e, "upload_and_retrieval"},
    name{0x1f, "pull_module"},
};

constexpr std::array channel_errors{
    name{0x0001, "short_circuit"},
    name{0x0002, "undervoltage"},
    name{0x0003, "overvoltage"},
    name{0x0004, "overload"},
    name{0x0005, "overtemperature"},
    name{0x0006, "wire_break"},
    name{0x0007, "upper_limit_exceeded"},
    name{0x0008, "lower_limit_exceeded"},
    name{0x0009, "error"},
    name{0x000a, "simulation_active"},
    name{0x000f, "parameter_missing"},
    name{0x0010, "parameterization_fault"},
    name{0x0011, "power_supply_fault"},
    name{0x0012, "fuse_blown"},
    name{0x0013, "manufacturer_specific"},
    name{0x0014, "ground_fault"},
    name{0x0015, "reference_point_lost"},
    name{0x0016, "process_event_lost"},
    name{0x0017, "threshold_warning"},
    name{0x0018, "output_disabled"},
    name{0x0019, "functional_safety_event"},
    name{0x001a, "external_fault"},
    name{0x001f, "temporary_fault"},
    name{0x8000, "data_transmission_impossible"},
    name{0x8001, "remote_mismatch"},
    name{0x8002, "media_redundancy_mismatch"},
    name{0x8003, "sync_mismatch"},
    name{0x8004, "isochronous_mode_mismatch"},
    name{0x8005, "multicast_mismatch"},
    name{0x8007, "fiber_optic_mismatch"},
    name{0x8008, "network_component_mismatch"},
    name{0x8009, "time_mismatch"},
};

constexpr std::array records{
    name{0x8000, "expected_identification"},
    name{0x8001, "real_identification"},
    name{0x800a, "diagnosis_channel"},
    name{0x800b, "diagnosis_all"},
    name{0x800c, "diagnosis_and_maintenance"},
    name{0x8010, "maintenance_required_channel"},
    name{0x8011, "maintenance_demanded_channel"},
    name{0x8012, "maintenance_required_all"},
    name{0x8013, "maintenance_demanded_all"},
    name{0x801e, "substitute_value"},
    name{0x8020, "pd_ir_subframe_data"},
    name{0x8027, "pd_port_data_real_extended"},
    name{0x8028, "record_input_data"},
    name{0x8029, "record_output_data"},
    name{0x802a, "pd_port_data_real"},
    name{0x802b, "pd_port_data_check"},
    name{0x802c, "pd_ir_data"},
    name{0x802d, "pd_sync_data"},
    name{0x802f, "pd_port_data_adjust"},
    name{0x8030, "isochronous_mode_data"},
    name{0x8050, "pd_interface_mrp_data_real"},
    name{0x8051, "pd_interface_mrp_data_check"},
    name{0x8052, "pd_interface_mrp_data_adjust"},
    name{0x8053, "pd_port_mrp_data_adjust"},
    name{0x8054, "pd_port_mrp_data_real"},
    name{0x8060, "pd_port_fo_data_real"},
    name{0x8061, "pd_port_fo_data_check"},
    name{0x8062, "pd_port_fo_data_adjust"},
    name{0x8070, "pd_nc_data_check"},
    name{0x8071, "pd_interface_adjust"},
    name{0x8072, "pd_port_statistic"},
    name{0x8080, "pd_interface_data_real"},
    name{0x8090, "pd_interface_fsu_data_adjust"},
    name{0x80a0, "profienergy"},
    name{0x80b0, "combined_object_container"},
    name{0xb02e, "profidrive_parameter_local"},
    name{0xb02f, "profidrive_parameter_global"},
    name{0xc000, "expected_identification_of_slot"},
    name{0xc001, "real_identification_of_slot"},
    name{0xc00a, "diagnosis_channel_of_slot"},
    name{0xc00b, "diagnosis_all_of_slot"},
    name{0xc00c, "diagnosis_and_maintenance_of_slot"},
    name{0xe000, "expected_identification_of_ar"},
    name{0xe001, "real_identification_of_ar"},
    name{0xe002, "module_diff_of_ar"},
    name{0xe00a, "diagnosis_channel_of_ar"},
    name{0xe00b, "diagnosis_all_of_ar"},
    name{0xe00c, "diagnosis_and_maintenance_of_ar"},
    name{0xe040, "multiple_write"},
    name{0xe050, "ar_fsu_data_adjust"},
    name{0xf000, "real_identification_of_api"},
    name{0xf00a, "diagnosis_channel_of_api"},
    name{0xf00b, "diagnosis_all_of_api"},
    name{0xf00c, "diagnosis_and_maintenance_of_api"},
    name{0xf020, "ar_data_of_api"},
    name{0xf80c, "diagnosis_and_maintenance_of_device"},
    name{0xf820, "ar_data"},
    name{0xf821, "api_data"},
    name{0xf830, "log_data"},
    name{0xf831, "pdev_data"},
    name{0xf840, "im0_filter_data"},
    name{0xf841, "pd_real_data"},
    name{0xf842, "pd_expected_data"},
    name{0xf850, "auto_configuration"},
    name{0xf880, "asset_management_data"},
    name{0xfbff, "rpc_monitoring_trigger"},
};
constexpr std::uint16_t first_im = 0xaff0, last_im = 0xafff;

constexpr std::array codes{
    name{0x20, "manufacturer"},
    name{0x81, "pnio"},
    name{0xcf, "rta_error"},
    name{0xda, "alarm_ack"},
    name{0xdb, "iod_connect_response"},
    name{0xdc, "iod_release_response"},
    name{0xdd, "iod_control_response"},
    name{0xde, "iod_read_response"},
    name{0xdf, "iod_write_response"},
};
constexpr std::uint8_t rw = 0x80, pnio = 0x81;
constexpr std::array decodes{name{rw, "record_access"}, name{pnio, "pnio"}, name{0x82, "manufacturer"}};

/// Of a record access: the high half is a class, the low half is its error.
constexpr std::array record_errors{
    name{0xa0, "read_error"},
    name{0xa1, "write_error"},
    name{0xa2, "module_failure"},
    name{0xa7, "busy"},
    name{0xa8, "version_conflict"},
    name{0xa9, "feature_not_supported"},
    name{0xb0, "invalid_index"},
    name{0xb1, "write_length_error"},
    name{0xb2, "invalid_slot"},
    name{0xb3, "type_conflict"},
    name{0xb4, "invalid_area"},
    name{0xb5, "state_conflict"},
    name{0xb6, "access_denied"},
    name{0xb7, "invalid_range"},
    name{0xb8, "invalid_parameter"},
    name{0xb9, "invalid_type"},
    name{0xba, "backup"},
    name{0xc0, "read_constrain_conflict"},
    name{0xc1, "write_constrain_conflict"},
    name{0xc2, "resource_busy"},
    name{0xc3, "resource_unavailable"},
};
constexpr std::uint8_t of_abort = 0xfd;
constexpr std::array machines{
    name{1, "connect_ar_block"},
    name{2, "connect_iocr_block"},
    name{3, "connect_expected_submodule_block"},
    name{4, "connect_alarm_cr_block"},
    name{5, "connect_parameter_server_block"},
    name{6, "connect_mcr_block"},
    name{7, "connect_rpc_block"},
    name{8, "read_block"},
    name{9, "write_block"},
    name{20, "control_connect_block"},
    name{21, "control_plug_block"},
    name{40, "release_block"},
    name{60, "alarm_ack"},
    name{61, "cm_dev"},
    name{62, "cm_ctl"},
    name{63, "ctl_dina"},
    name{64, "cm_rpc"},
    name{65, "alpmi"},
    name{66, "alpmr"},
    name{67, "lmpm"},
    name{68, "mac"},
    name{69, "rpc"},
    name{70, "apmr"},
    name{71, "apms"},
    name{72, "cpm"},
    name{73, "ppm"},
    name{74, "dcp_ucs"},
    name{75, "dcp_ucr"},
    name{76, "dcp_mcs"},
    name{77, "dcp_mcr"},
    name{78, "fspm"},
    name{of_abort, "rta_protocol"},
    name{255, "user"},
};
constexpr std::array aborts{
    name{1, "sequence_numbers"},
    name{2, "instance_closed"},
    name{3, "out_of_memory"},
    name{4, "provider_or_consumer_failed"},
    name{5, "consumer_watchdog_expired"},
    name{6, "initiation_timeout"},
    name{7, "alarm_open_failed"},
    name{8, "alarm_send_failed"},
    name{9, "alarm_ack_failed"},
    name{10, "alarm_data_too_long"},
    name{11, "alarm_error_indicated"},
    name{12, "rpc_call_failed"},
    name{13, "abort_requested"},
    name{14, "re_run_aborts_existing"},
    name{15, "released"},
    name{16, "device_deactivated"},
    name{17, "removed"},
    name{18, "protocol_violation"},
    name{19, "name_resolution_error"},
    name{20, "rpc_bind_error"},
    name{21, "rpc_connect_error"},
    name{22, "rpc_read_error"},
    name{23, "rpc_write_error"},
    name{24, "rpc_control_error"},
    name{25, "forbidden_pull_or_plug"},
    name{26, "ap_removed"},
    name{27, "link_down"},
    name{28, "multicast_registration_failed"},
    name{29, "not_synchronized"},
    name{30, "wrong_topology"},
    name{31, "station_name_changed_by_dcp"},
    name{32, "reset_to_factory_by_dcp"},
    name{33, "companion_ar_impossible"},
    name{34, "no_ir_data_yet"},
    name{35, "pdev"},
    name{36, "no_port_of_required_speed"},
    name{37, "ip_suite_changed_by_dcp"},
};

std::string or_number(std::string_view text, std::uint16_t number) { return text.empty() ? std::to_string(number) : std::string{text}; }

std::string hex_of(std::uint32_t v, int digits) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += letters[v >> shift & 15];
  return out;
}

}  // namespace

status status_of(std::uint32_t n) {
  return {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
          static_cast<std::uint8_t>(n)};
}

std::string to_text(const status& s) {
  if (s.good()) return "ok";
  auto out = or_number(find(codes, s.code), s.code) + ": " + or_number(find(decodes, s.decode), s.decode) + ": ";
  if (s.decode == rw) return out + or_number(find(record_errors, s.code1), s.code1) + ' ' + std::to_string(s.code2);
  if (s.decode != pnio) return out + std::to_string(s.code1) + ' ' + std::to_string(s.code2);
  out += or_number(find(machines, s.code1), s.code1) + ' ';
  return out + (s.code1 == of_abort ? or_number(find(aborts, s.code2), s.code2) : std::to_string(s.code2));
}

std::string_view vendor_name(std::uint16_t id) { return find(vendors, id); }
std::string_view alarm_name(std::uint16_t type) {
  const auto found = find(alarms, type);
  return found.empty() ? std::string_view{"unknown"} : found;
}
std::string_view channel_error_name(std::uint16_t type) { return find(channel_errors, type); }

std::string record_name(std::uint16_t index) {
  if (index >= first_im && index <= last_im) return "im" + std::to_string(index - first_im);
  const auto found = find(records, index);
  return found.empty() ? "record" : std::string{found};
}

std::string hex16(std::uint16_t v) { return hex_of(v, 4); }
std::string hex32(std::uint32_t v) { return hex_of(v, 8); }

mac read_mac(reader& in) {
  mac m;
  const auto octets = in.take(m.octets.size());
  std::ranges::copy(octets, m.octets.begin());
  return m;
}
ip read_ip4(reader& in) {
  const auto a = in.u8(), b = in.u8(), c = in.u8(), d = in.u8();
  return ip::v4(a, b, c, d);
}
std::string read_uuid(reader& in) {
  std::string out;
  const auto octets = in.take(16);
  constexpr std::string_view letters = "0123456789abcdef";
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += letters[octets[i] >> 4], out += letters[octets[i] & 15];
  }
  return out;
}
bool is_host(const ip& a) { return !a.is_none() && a != ip::v4(0, 0, 0, 0) && !a.is_multicast() && !a.is_broadcast(); }

}  // namespace mw::profinet
