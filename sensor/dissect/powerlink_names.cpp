// Tables of EPSG DS 301 V1.5: NMT states (7.1.4), NMT commands (7.3.1), commands and aborts of SDO (6.3.2), errors, objects (6.2, 7.2).
#include "sensor/dissect/powerlink_names.hpp"

#include <algorithm>
#include <iterator>

namespace mw::powerlink {
namespace {

template <class Code>
struct named {
  Code code;
  std::string_view name;
};
template <class Table, class Code>
std::string_view find_name(const Table& table, Code code) {
  const auto at = std::ranges::find(table, code, [](const auto& n) { return n.code; });
  return at == std::end(table) ? std::string_view{} : at->name;
}

constexpr named<std::uint8_t> messages[] = {{1, "start_of_cycle"},        {3, "poll_request"},      {4, "poll_response"},
                                            {5, "start_of_asynchronous"}, {6, "asynchronous_send"}, {7, "active_manager_indication"},
                                            {13, "asynchronous_invite"}};
constexpr named<std::uint8_t> states[] = {{0x00, "off"},
                                          {0x19, "initialising"},
                                          {0x29, "reset_application"},
                                          {0x39, "reset_communication"},
                                          {0x79, "reset_configuration"},
                                          {0x1c, "not_active"},
                                          {0x1d, "pre_operational_1"},
                                          {0x5d, "pre_operational_2"},
                                          {0x6d, "ready_to_operate"},
                                          {0xfd, "operational"},
                                          {0x1e, "basic_ethernet"}};
constexpr named<std::uint8_t> controlled_state = {0x4d, "stopped"};

constexpr command commands[] = {{33, "start_node", action::start},
                                {34, "stop_node", action::stop},
                                {35, "enter_pre_operational_2", action::mode_change},
                                {36, "enable_ready_to_operate", action::mode_change},
                                {40, "reset_node", action::restart},
                                {41, "reset_communication", action::restart},
                                {42, "reset_configuration", action::restart},
                                {43, "software_reset", action::restart},
                                {45, "dynamic_node_allocation", action::configure},
                                {65, "start_node_ex", action::start},
                                {66, "stop_node_ex", action::stop},
                                {67, "enter_pre_operational_2_ex", action::mode_change},
                                {68, "enable_ready_to_operate_ex", action::mode_change},
                                {72, "reset_node_ex", action::restart},
                                {73, "reset_communication_ex", action::restart},
                                {74, "reset_configuration_ex", action::restart},
                                {75, "software_reset_ex", action::restart},
                                {98, "set_host_name", action::configure},
                                {99, "flush_arp_entry", action::configure},
                                {128, "publish_configured_nodes", action::report},
                                {144, "publish_active_nodes", action::report},
                                {145, "publish_pre_operational_1", action::report},
                                {146, "publish_pre_operational_2", action::report},
                                {147, "publish_ready_to_operate", action::report},
                                {148, "publish_operational", action::report},
                                {149, "publish_stopped", action::report},
                                {160, "publish_emergency", action::alarm},
                                {176, "publish_time", action::time_sync},
                                {1, "ident_response", action::identify},
                                {2, "status_response", action::diagnose},
                                {255, "invalid_service", action::diagnose}};

constexpr command sdo_commands[] = {{0, "nothing", action::diagnose},
                                    {1, "write_by_index", action::write},
                                    {2, "read_by_index", action::read},
                                    {3, "write_all_by_index", action::write},
                                    {4, "read_all_by_index", action::read},
                                    {5, "write_by_name", action::write},
                                    {6, "read_by_name", action::read},
                                    {32, "file_write", action::file_write},
                                    {33, "file_read", action::file_read},
                                    {49, "write_multiple_by_index", action::write},
                                    {50, "read_multiple_by_index", action::read},
                                    {112, "maximum_segment_size", action::session},
                                    {113, "link_name_to_index", action::configure}};

constexpr named<std::uint16_t> errors[] = {{0x002d, "errorcode_vals"},
                                           {0x8161, "dll_bad_phys_mode"},
                                           {0x8162, "dll_collision"},
                                           {0x8163, "dll_collision_th"},
                                           {0x8164, "dll_crc_th"},
                                           {0x8165, "dll_loss_of_link"},
                                           {0x8166, "dll_mac_buffer"},
                                           {0x8201, "dll_address_conflict"},
                                           {0x8202, "dll_multiple_mn"},
                                           {0x8210, "pdo_short_rx"},
                                           {0x8211, "pdo_map_vers"},
                                           {0x8212, "nmt_asnd_mtu_dif"},
                                           {0x8213, "nmt_asnd_mtu_lim"},
                                           {0x8214, "nmt_asnd_tx_lim"},
                                           {0x8231, "nmt_cycle_len"},
                                           {0x8232, "dll_cycle_exceed"},
                                           {0x8233, "dll_cycle_exceed_th"},
                                           {0x8234, "nmt_idle_lim"},
                                           {0x8235, "dll_jitter_th"},
                                           {0x8236, "dll_late_pres_th"},
                                           {0x8237, "nmt_preq_cn"},
                                           {0x8238, "nmt_preq_lim"},
                                           {0x8239, "nmt_pres_cn"},
                                           {0x823a, "nmt_pres_rx_lim"},
                                           {0x823b, "nmt_pres_tx_lim"},
                                           {0x8241, "dll_invalid_format"},
                                           {0x8242, "dll_loss_preq_th"},
                                           {0x8243, "dll_loss_pres_th"},
                                           {0x8244, "dll_loss_soa_th"},
                                           {0x8245, "dll_loss_soc_th"},
                                           {0x8410, "nmt_ba1"},
                                           {0x8411, "nmt_ba1_no_mn_support"},
                                           {0x8420, "nmt_bpo1"},
                                           {0x8421, "nmt_bpo1_get_ident"},
                                           {0x8422, "nmt_bpo1_device_type"},
                                           {0x8423, "nmt_bpo1_vendor_id"},
                                           {0x8424, "nmt_bpo1_product_code"},
                                           {0x8425, "nmt_bpo1_revision_no"},
                                           {0x8426, "nmt_bpo1_serial_no"},
                                           {0x8428, "nmt_bpo1_cf_verify"},
                                           {0x8430, "nmt_bpo2"},
                                           {0x8440, "nmt_bro"},
                                           {0x8480, "nmt_wrong_state"},
                                           {0xf001, "nmt_no_ident_res"},
                                           {0xf002, "nmt_no_status_res"}};

constexpr named<std::uint32_t> aborts[] = {{0x05040000, "timeout"},
                                           {0x05040001, "command_unknown"},
                                           {0x05040002, "block_size"},
                                           {0x05040003, "sequence_number"},
                                           {0x05040005, "out_of_memory"},
                                           {0x06010000, "unsupported_access"},
                                           {0x06010001, "write_only"},
                                           {0x06010002, "read_only"},
                                           {0x06020000, "no_such_object"},
                                           {0x06040041, "cannot_be_mapped"},
                                           {0x06040042, "mapping_too_long"},
                                           {0x06040043, "parameter_incompatible"},
                                           {0x06040047, "internal_incompatibility"},
                                           {0x06060000, "hardware_error"},
                                           {0x06070010, "type_or_length"},
                                           {0x06070012, "too_long"},
                                           {0x06070013, "too_short"},
                                           {0x06090011, "no_such_subindex"},
                                           {0x06090030, "value_range"},
                                           {0x06090031, "value_too_high"},
                                           {0x06090032, "value_too_low"},
                                           {0x06090036, "maximum_below_minimum"},
                                           {0x08000000, "general_error"},
                                           {0x08000020, "cannot_be_stored"},
                                           {0x08000021, "local_control"},
                                           {0x08000022, "device_state"},
                                           {0x08000023, "no_dictionary"},
                                           {0x08000024, "empty_data_set"}};

struct dictionary_entry {
  std::uint16_t index;
  std::string_view name;
  action write;
};
constexpr dictionary_entry objects[] = {{0x1000, "device_type", action::write},
                                        {0x1001, "error_register", action::write},
                                        {0x1003, "error_history", action::configure},
                                        {0x1006, "cycle_length", action::configure},
                                        {0x1008, "device_name", action::write},
                                        {0x1009, "hardware_version", action::write},
                                        {0x100a, "software_version", action::write},
                                        {0x1010, "store_parameters", action::configure},
                                        {0x1011, "restore_defaults", action::configure},
                                        {0x1016, "consumer_heartbeat", action::configure},
                                        {0x1018, "identity", action::write},
                                        {0x1020, "verify_configuration", action::configure},
                                        {0x1021, "store_device_description", action::configure},
                                        {0x1030, "interface_group", action::write},
                                        {0x1300, "sequence_timeout", action::configure},
                                        {0x1e40, "ip_address_table", action::configure},
                                        {0x1e4a, "ip_group", action::configure},
                                        {0x1f22, "concise_configuration", action::configure},
                                        {0x1f26, "configuration_date", action::configure},
                                        {0x1f27, "configuration_time", action::configure},
                                        {0x1f50, "program_data", action::firmware},
                                        {0x1f51, "program_control", action::mode_change},
                                        {0x1f52, "local_program_identity", action::write},
                                        {0x1f80, "nmt_startup", action::configure},
                                        {0x1f81, "node_assignment", action::configure},
                                        {0x1f82, "feature_flags", action::configure},
                                        {0x1f83, "powerlink_version", action::write},
                                        {0x1f84, "device_type_list", action::configure},
                                        {0x1f89, "boot_time", action::configure},
                                        {0x1f8a, "manager_cycle_timing", action::configure},
                                        {0x1f8b, "poll_request_payload_limits", action::configure},
                                        {0x1f8c, "current_nmt_state", action::write},
                                        {0x1f8d, "poll_response_payload_limits", action::configure},
                                        {0x1f8e, "node_states", action::write},
                                        {0x1f92, "poll_response_timeouts", action::configure},
                                        {0x1f93, "node_id", action::configure},
                                        {0x1f98, "cycle_timing", action::configure},
                                        {0x1f99, "basic_ethernet_timeout", action::configure},
                                        {0x1f9a, "host_name", action::configure},
                                        {0x1f9b, "multiplexed_cycles", action::configure},
                                        {0x1f9e, "reset_command", action::restart},
                                        {0x1f9f, "request_command", action::control}};

constexpr std::uint16_t first_mapping = 0x1400, last_mapping = 0x1bff;  // what goes into poll requests and responses

}  // namespace

std::string_view message_name(std::uint8_t type) { return find_name(messages, type); }

std::string_view state_name(std::uint8_t state, bool manager) {
  if (!manager && state == controlled_state.code) return controlled_state.name;
  return find_name(states, state);
}

command nmt_of(std::uint8_t code) {
  const auto at = std::ranges::find(commands, code, &command::code);
  return at == std::end(commands) ? command{code, "unknown", action::configure} : *at;
}

command sdo_of(std::uint8_t code) {
  const auto at = std::ranges::find(sdo_commands, code, &command::code);
  return at == std::end(sdo_commands) ? command{code, {}, action::diagnose} : *at;
}

std::string_view error_name(std::uint16_t code) { return find_name(errors, code); }
std::string_view abort_name(std::uint32_t code) { return find_name(aborts, code); }

std::string_view object_name(std::uint16_t index) {
  const auto at = std::ranges::find(objects, index, &dictionary_entry::index);
  return at == std::end(objects) ? std::string_view{} : at->name;
}

action write_of(std::uint16_t index) {
  const auto at = std::ranges::find(objects, index, &dictionary_entry::index);
  if (at != std::end(objects)) return at->write;
  return index >= first_mapping && index <= last_mapping ? action::configure : action::write;
}

}  // namespace mw::powerlink
