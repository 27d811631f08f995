// Services and messages of BACnet (ASHRAE 135, clauses 6, 13 to 17, Annexes J and U) and what they mean to a plant.
#include "sensor/dissect/bacnet_names.hpp"

namespace mw::bacnet {
namespace {

constexpr service confirmed[] = {
    {"acknowledge_alarm", action::alarm},
    {"confirmed_cov_notification", action::report},
    {"confirmed_event_notification", action::alarm},
    {"get_alarm_summary", action::read},
    {"get_enrollment_summary", action::read},
    {"subscribe_cov", action::subscribe},
    {"atomic_read_file", action::file_read},
    {"atomic_write_file", action::file_write},
    {"add_list_element", action::write},
    {"remove_list_element", action::write},
    {"create_object", action::configure},
    {"delete_object", action::configure},
    {"read_property", action::read},
    {"read_property_conditional", action::read},
    {"read_property_multiple", action::read},
    {"write_property", action::write},
    {"write_property_multiple", action::write},
    {"device_communication_control", action::configure},
    {"confirmed_private_transfer", action::configure},  // what a vendor does with it is not known: rather too much than too little
    {"confirmed_text_message", action::report},
    {"reinitialize_device", action::restart},
    {"vt_open", action::session},
    {"vt_close", action::session},
    {"vt_data", action::control},
    {"authenticate", action::authenticate},
    {"request_key", action::authenticate},
    {"read_range", action::read},
    {"life_safety_operation", action::control},
    {"subscribe_cov_property", action::subscribe},
    {"get_event_information", action::read},
    {"subscribe_cov_property_multiple", action::subscribe},
    {"confirmed_cov_notification_multiple", action::report},
    {"confirmed_audit_notification", action::report},
    {"audit_log_query", action::read},
    {"auth_request", action::authenticate},
};
constexpr service unconfirmed[] = {
    {"i_am", action::identify},
    {"i_have", action::identify},
    {"unconfirmed_cov_notification", action::report},
    {"unconfirmed_event_notification", action::alarm},
    {"unconfirmed_private_transfer", action::report},
    {"unconfirmed_text_message", action::report},
    {"time_synchronization", action::time_sync},
    {"who_has", action::identify},
    {"who_is", action::identify},
    {"utc_time_synchronization", action::time_sync},
    {"write_group", action::write},
    {"unconfirmed_cov_notification_multiple", action::report},
    {"unconfirmed_audit_notification", action::report},
    {"who_am_i", action::identify},
    {"you_are", action::configure},
};
constexpr service link[] = {
    {"bvlc_result", action::report},
    {"write_broadcast_distribution_table", action::configure},
    {"read_broadcast_distribution_table", action::read},
    {"read_broadcast_distribution_table_ack", action::read},
    {"forwarded_npdu", action::report},
    {"register_foreign_device", action::configure},
    {"read_foreign_device_table", action::read},
    {"read_foreign_device_table_ack", action::read},
    {"delete_foreign_device_table_entry", action::configure},
    {"distribute_broadcast_to_network", action::report},
    {"original_unicast_npdu", action::report},
    {"original_broadcast_npdu", action::report},
    {"secure_bvll", action::session},
};
constexpr service link6[] = {
    {"bvlc_result", action::report},
    {"original_unicast_npdu", action::report},
    {"original_broadcast_npdu", action::report},
    {"address_resolution", action::identify},
    {"forwarded_address_resolution", action::identify},
    {"address_resolution_ack", action::identify},
    {"virtual_address_resolution", action::identify},
    {"virtual_address_resolution_ack", action::identify},
    {"forwarded_npdu", action::report},
    {"register_foreign_device", action::configure},
    {"delete_foreign_device_table_entry", action::configure},
    {"secure_bvll", action::session},
    {"distribute_broadcast_to_network", action::report},
};
constexpr service network[] = {
    {"who_is_router_to_network", action::identify},
    {"i_am_router_to_network", action::identify},
    {"i_could_be_router_to_network", action::identify},
    {"reject_message_to_network", action::report},
    {"router_busy_to_network", action::report},
    {"router_available_to_network", action::report},
    {"initialize_routing_table", action::configure},
    {"initialize_routing_table_ack", action::configure},
    {"establish_connection_to_network", action::configure},
    {"disconnect_connection_to_network", action::configure},
    {"challenge_request", action::authenticate},
    {"security_payload", action::session},
    {"security_response", action::session},
    {"request_key_update", action::authenticate},
    {"update_key_set", action::authenticate},
    {"update_distribution_key", action::authenticate},
    {"request_master_key", action::authenticate},
    {"set_master_key", action::authenticate},
    {"what_is_network_number", action::identify},
    {"network_number_is", action::identify},
};
constexpr std::uint8_t first_proprietary = 0x80;

constexpr auto event_states = split<6>("normal fault offnormal high_limit low_limit life_safety_alarm", ' ');
constexpr auto reinitialize_states =
    split<8>("coldstart warmstart start_backup end_backup start_restore end_restore abort_restore activate_changes", ' ');
constexpr auto communication_states = split<3>("enable disable disable_initiation", ' ');
constexpr auto life_safety_operations = split<10>(
    "none silence silence_audible silence_visual reset reset_alarm reset_fault unsilence unsilence_audible unsilence_visual", ' ');
constexpr auto system_states =
    split<6>("operational operational_read_only download_required download_in_progress non_operational backup_in_progress", ' ');
constexpr auto segmentations = split<4>("both transmit receive none", ' ');
constexpr auto network_rejects =
    split<7>("other not_router_to_network router_busy unknown_message_type message_too_long security_error addressing_error", ' ');

service of(std::span<const service> known, std::uint8_t number) { return number < known.size() ? known[number] : service{"unknown"}; }

}  // namespace

service confirmed_service(std::uint8_t choice) { return of(confirmed, choice); }
service unconfirmed_service(std::uint8_t choice) { return of(unconfirmed, choice); }
service link_function(std::uint8_t function) { return of(link, function); }
service link6_function(std::uint8_t function) { return of(link6, function); }
service network_message(std::uint8_t type) { return type >= first_proprietary ? service{"proprietary"} : of(network, type); }

std::string_view event_state_name(std::uint32_t state) { return at(event_states, state); }
std::string_view reinitialize_name(std::uint32_t state) { return at(reinitialize_states, state); }
std::string_view communication_name(std::uint32_t state) { return at(communication_states, state); }
std::string_view life_safety_name(std::uint32_t operation) { return at(life_safety_operations, operation); }
std::string_view system_status_name(std::uint32_t status) { return at(system_states, status); }
std::string_view segmentation_name(std::uint32_t support) { return at(segmentations, support); }
std::string_view network_reject_name(std::uint32_t reason) { return at(network_rejects, reason); }

}  // namespace mw::bacnet
