// Interfaces of accounts and of the directory ([MS-SAMR], [MS-LSAD], [MS-LSAT], [MS-NRPC], [MS-DRSR], [MS-DSSP], [MS-DNSP]) and of the
// endpoint mapper (C706 appendix O).
#include "sensor/dissect/msrpc_interfaces.hpp"

namespace mw::msrpc {
namespace {

using dce_rpc::make_uuid;

constexpr std::string_view epmapper_names =
    "ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete";
constexpr std::array<meaning, 4> epmapper_meanings{
    {{0, action::configure}, {1, action::configure}, {4, action::session}, {6, action::configure}}};
constexpr std::string_view samr_names =
    "connect close set_security query_security shutdown lookup_domain enum_domains open_domain query_domain_info set_domain_info "
    "create_domain_group enum_domain_groups create_user enum_domain_users create_dom_alias enum_domain_aliases get_alias_membership "
    "lookup_names lookup_rids open_group query_group_info set_group_info add_group_member delete_domain_group delete_group_member "
    "query_group_member set_member_attributes_of_group open_alias query_alias_info set_alias_info delete_dom_alias add_alias_member "
    "delete_alias_member get_members_in_alias open_user delete_user query_user_info set_user_info change_password_user "
    "get_groups_for_user query_display_info get_display_enumeration_index test_private_functions_domain test_private_functions_user "
    "get_user_pw_info remove_member_from_foreign_domain query_domain_info2 query_user_info2 query_display_info2 "
    "get_display_enumeration_index2 create_user2 query_display_info3 add_multiple_members_to_alias "
    "remove_multiple_members_from_alias oem_change_password_user2 change_password_user2 get_dom_pw_info connect2 set_user_info2 "
    "set_boot_key_information get_boot_key_information connect3 connect4 change_password_user3 connect5 rid_to_sid set_dsrm_password "
    "validate_password - - - - - unicode_change_password_user4 "
    "validate_computer_account_reuse_attempt";
constexpr std::array<meaning, 2> samr_meanings{{{4, action::restart}, {67, action::authenticate}}};
constexpr std::string_view lsarpc_names =
    "close delete enum_privs query_security set_sec_obj change_password open_policy query_info_policy set_info_policy "
    "clear_audit_log create_account enum_accounts create_trusted_domain enum_trust_dom lookup_names lookup_sids create_secret "
    "open_account enum_privs_account add_privileges_to_account remove_privileges_from_account get_quotas_for_account "
    "set_quotas_for_account get_system_access_account set_system_access_account open_trusted_domain query_trusted_domain_info "
    "set_information_trusted_domain open_secret set_secret query_secret lookup_priv_value lookup_priv_name lookup_priv_display_name "
    "delete_object enum_accounts_with_user_right enum_account_rights add_account_rights remove_account_rights "
    "query_trusted_domain_info_by_sid set_trusted_domain_info delete_trusted_domain store_private_data retrieve_private_data "
    "open_policy2 get_user_name query_info_policy2 set_info_policy2 query_trusted_domain_info_by_name "
    "set_trusted_domain_info_by_name enum_trusted_domains_ex create_trusted_domain_ex close_trusted_domain_ex "
    "query_domain_information_policy set_domain_information_policy open_trusted_domain_by_name test_call lookup_sids2 lookup_names2 "
    "create_trusted_domain_ex2 credr_write credr_read credr_enumerate credr_write_domain_credentials credr_read_domain_credentials "
    "credr_delete credr_get_target_info credr_profile_loaded lookup_names3 credr_get_session_types register_audit_event "
    "generate_audit_event unregister_audit_event query_forest_trust_information set_forest_trust_information credr_rename "
    "lookup_sids3 lookup_names4 open_policy_sce adt_register_security_event_source adt_unregister_security_event_source "
    "adt_report_security_event";
constexpr std::array<meaning, 3> lsarpc_meanings{{{43, action::read}, {71, action::write}, {81, action::write}}};
constexpr std::string_view netlogon_names =
    "netr_logon_uas_logon netr_logon_uas_logoff netr_logon_sam_logon netr_logon_sam_logoff netr_server_req_challenge "
    "netr_server_authenticate netr_server_password_set netr_database_deltas netr_database_sync netr_account_deltas netr_account_sync "
    "netr_get_dc_name netr_logon_control netr_get_any_dc_name netr_logon_control2 netr_server_authenticate2 netr_database_sync2 "
    "netr_database_redo netr_logon_control2_ex netr_enumerate_trusted_domains dsr_get_dc_name netr_logon_get_capabilities "
    "netr_logon_set_service_bits netr_logon_get_trust_rid netr_logon_compute_server_digest netr_logon_compute_client_digest "
    "netr_server_authenticate3 dsr_get_dc_name_ex dsr_get_site_name netr_logon_get_domain_info netr_server_password_set2 "
    "netr_server_password_get netr_logon_send_to_sam dsr_address_to_site_names_w dsr_get_dc_name_ex2 "
    "netr_logon_get_time_service_parent_domain netr_enumerate_trusted_domains_ex dsr_address_to_site_names_ex_w "
    "dsr_get_dc_site_coverage_w netr_logon_sam_logon_ex dsr_enumerate_domain_trusts dsr_deregister_dns_host_records "
    "netr_server_trust_passwords_get dsr_get_forest_trust_information netr_get_forest_trust_information "
    "netr_logon_sam_logon_with_flags netr_server_get_trust_info - dsr_update_read_only_server_dns_records "
    "netr_chain_set_client_attributes";
constexpr std::array<meaning, 13> netlogon_meanings{{{0, action::authenticate},
                                                     {2, action::authenticate},
                                                     {4, action::authenticate},
                                                     {5, action::authenticate},
                                                     {12, action::control},
                                                     {14, action::control},
                                                     {15, action::authenticate},
                                                     {18, action::control},
                                                     {26, action::authenticate},
                                                     {39, action::authenticate},
                                                     {41, action::configure},
                                                     {45, action::authenticate},
                                                     {48, action::configure}}};
constexpr std::string_view drsuapi_names =
    "drs_bind drs_unbind drs_replica_sync drs_get_nc_changes drs_update_refs drs_replica_add drs_replica_del drs_replica_modify "
    "drs_verify_names drs_get_memberships drs_inter_domain_move drs_get_nt4_change_log drs_crack_names drs_write_spn "
    "drs_remove_ds_server drs_remove_ds_domain drs_domain_controller_info drs_add_entry drs_execute_kcc drs_get_repl_info "
    "drs_add_sid_history drs_get_memberships2 drs_replica_verify_objects drs_get_object_existence drs_query_sites_by_cost "
    "drs_init_demotion drs_replica_demotion drs_finish_demotion drs_add_clone_dc drs_write_ngc_key drs_read_ngc_key";
constexpr std::array<meaning, 10> drsuapi_meanings{{{2, action::control},
                                                    {4, action::configure},
                                                    {5, action::configure},
                                                    {6, action::configure},
                                                    {7, action::configure},
                                                    {10, action::configure},
                                                    {18, action::control},
                                                    {25, action::configure},
                                                    {26, action::configure},
                                                    {27, action::configure}}};
constexpr std::string_view dssetup_names =
    "ds_role_get_primary_domain_information ds_role_dns_name_to_flat_name ds_role_dc_as_dc ds_role_dc_as_replica ds_role_demote_dc "
    "ds_role_get_dc_operation_progress ds_role_get_dc_operation_results ds_role_cancel ds_role_server_save_state_for_upgrade "
    "ds_role_upgrade_downlevel_server ds_role_abort_downlevel_server_upgrade";
constexpr std::array<meaning, 6> dssetup_meanings{{{2, action::configure},
                                                   {3, action::configure},
                                                   {4, action::configure},
                                                   {7, action::control},
                                                   {9, action::configure},
                                                   {10, action::control}}};
constexpr std::string_view dnsserver_names =
    "dnssrv_operation dnssrv_query dnssrv_complex_operation dnssrv_enum_records dnssrv_update_record dnssrv_operation2 dnssrv_query2 "
    "dnssrv_complex_operation2 dnssrv_enum_records2 dnssrv_update_record2";
constexpr std::array<meaning, 2> dnsserver_meanings{{{0, action::configure}, {5, action::configure}}};

constexpr std::array table{
    remote(make_uuid(0xe1af8308, 0x5d1f, 0x11c9, 0x91a408002b14a0fa), "epmapper", epmapper_names, status::win32, epmapper_meanings),
    remote(make_uuid(0x12345778, 0x1234, 0xabcd, 0xef000123456789ac), "samr", samr_names, status::ntstatus, samr_meanings),
    remote(make_uuid(0x12345778, 0x1234, 0xabcd, 0xef000123456789ab), "lsarpc", lsarpc_names, status::ntstatus, lsarpc_meanings),
    remote(make_uuid(0x12345678, 0x1234, 0xabcd, 0xef0001234567cffb), "netlogon", netlogon_names, status::ntstatus, netlogon_meanings),
    remote(make_uuid(0xe3514235, 0x4b06, 0x11d1, 0xab0400c04fc2dcd2), "drsuapi", drsuapi_names, status::win32, drsuapi_meanings),
    remote(make_uuid(0x3919286a, 0xb10c, 0x11d0, 0x9ba800c04fd92ef5), "dssetup", dssetup_names, status::win32, dssetup_meanings),
    remote(make_uuid(0x50abc2a4, 0x574d, 0x40b3, 0x9d66ee4fd5fba076), "dnsserver", dnsserver_names, status::win32, dnsserver_meanings)};

}  // namespace

std::span<const interface> directory_interfaces() { return table; }

}  // namespace mw::msrpc
