// Interfaces that administer a Windows machine: services ([MS-SCMR]), tasks ([MS-TSCH]), registry ([MS-RRP]), event log ([MS-EVEN]), shares
// ([MS-SRVS], [MS-WKST]), printing ([MS-RPRN]), files ([MS-EFSR], [MS-FSRVP], [MS-DFSNM]).
#include "sensor/dissect/msrpc_interfaces.hpp"

namespace mw::msrpc {
namespace {

using dce_rpc::make_uuid;

constexpr std::string_view svcctl_names =
    "close_service_handle control_service delete_service lock_service_database query_service_object_security "
    "set_service_object_security query_service_status set_service_status unlock_service_database notify_boot_config_status "
    "sc_set_service_bits_w change_service_config_w create_service_w enum_dependent_services_w enum_services_status_w "
    "open_sc_manager_w open_service_w query_service_config_w query_service_lock_status_w start_service_w get_service_display_name_w "
    "get_service_key_name_w sc_set_service_bits_a change_service_config_a create_service_a enum_dependent_services_a "
    "enum_services_status_a open_sc_manager_a open_service_a query_service_config_a query_service_lock_status_a start_service_a "
    "get_service_display_name_a get_service_key_name_a sc_get_current_group_state_w enum_service_group_w change_service_config2_a "
    "change_service_config2_w query_service_config2_a query_service_config2_w query_service_status_ex enum_services_status_ex_a "
    "enum_services_status_ex_w sc_send_ts_message create_service_wow64_a create_service_wow64_w - notify_service_status_change "
    "get_notify_results close_notify_handle control_service_ex_a control_service_ex_w - - - - query_service_config_ex - - - "
    "create_wow_service - - - open_sc_manager2";
constexpr std::array<meaning, 4> svcctl_meanings{
    {{3, action::configure}, {7, action::control}, {8, action::configure}, {9, action::configure}}};
constexpr std::string_view atsvc_names = "job_add job_del job_enum job_get_info";
constexpr std::string_view itaskschedulerservice_names =
    "sch_rpc_highest_version sch_rpc_register_task sch_rpc_retrieve_task sch_rpc_create_folder sch_rpc_set_security "
    "sch_rpc_get_security sch_rpc_enum_folders sch_rpc_enum_tasks sch_rpc_enum_instances sch_rpc_get_instance_info "
    "sch_rpc_stop_instance sch_rpc_stop sch_rpc_run sch_rpc_delete sch_rpc_rename sch_rpc_scheduled_runtimes "
    "sch_rpc_get_last_run_info sch_rpc_get_task_info sch_rpc_get_number_of_missed_runs sch_rpc_enable_task";
constexpr std::array<meaning, 1> itaskschedulerservice_meanings{{{19, action::configure}}};
constexpr std::string_view winreg_names =
    "open_classes_root open_current_user open_local_machine open_performance_data open_users close_key create_key delete_key "
    "delete_value enum_key enum_value flush_key get_key_security load_key notify_change_key_value open_key query_info_key "
    "query_value replace_key restore_key save_key set_key_security set_value unload_key initiate_system_shutdown "
    "abort_system_shutdown get_version open_current_config open_dyn_data query_multiple_values initiate_system_shutdown_ex "
    "save_key_ex open_performance_text open_performance_nls_text query_multiple_values2 delete_key_ex";
constexpr std::array<meaning, 10> winreg_meanings{{{6, action::write},
                                                   {7, action::write},
                                                   {8, action::write},
                                                   {20, action::file_write},
                                                   {22, action::write},
                                                   {24, action::restart},
                                                   {25, action::control},
                                                   {30, action::restart},
                                                   {31, action::file_write},
                                                   {35, action::write}}};
constexpr std::string_view eventlog_names =
    "clear_event_log_w backup_event_log_w close_event_log deregister_event_source get_num_records get_oldest_record change_notify "
    "open_event_log_w register_event_source_w open_backup_event_log_w read_event_log_w report_event_w clear_event_log_a "
    "backup_event_log_a open_event_log_a register_event_source_a open_backup_event_log_a read_event_log_a report_event_a "
    "register_cluster_svc deregister_cluster_svc write_cluster_events get_log_information flush_event_log";
constexpr std::array<meaning, 9> eventlog_meanings{{{1, action::file_write},
                                                    {3, action::session},
                                                    {6, action::subscribe},
                                                    {8, action::session},
                                                    {11, action::write},
                                                    {13, action::file_write},
                                                    {15, action::session},
                                                    {18, action::write},
                                                    {21, action::write}}};
constexpr std::string_view initshutdown_names = "init_shutdown abort_shutdown init_shutdown_ex";
constexpr std::array<meaning, 3> initshutdown_meanings{{{0, action::restart}, {1, action::control}, {2, action::restart}}};
constexpr std::string_view srvsvc_names =
    "net_char_dev_enum net_char_dev_get_info net_char_dev_control net_char_dev_q_enum net_char_dev_q_get_info "
    "net_char_dev_q_set_info net_char_dev_q_purge net_char_dev_q_purge_self net_conn_enum net_file_enum net_file_get_info "
    "net_file_close net_sess_enum net_sess_del net_share_add net_share_enum_all net_share_get_info net_share_set_info net_share_del "
    "net_share_del_sticky net_share_check net_srv_get_info net_srv_set_info net_disk_enum net_server_statistics_get "
    "net_transport_add net_transport_enum net_transport_del net_remote_tod net_set_service_bits net_path_type net_path_canonicalize "
    "net_path_compare net_name_validate net_pr_name_canonicalize net_pr_name_compare net_share_enum net_share_del_start "
    "net_share_del_commit net_get_file_security net_set_file_security net_server_transport_add_ex net_server_set_service_bits_ex "
    "dfs_get_version dfs_create_local_partition dfs_delete_local_partition dfs_set_local_volume_state dfs_set_server_info "
    "dfs_create_exit_point dfs_delete_exit_point dfs_modify_prefix dfs_fix_local_volume dfs_manager_report_site_info "
    "net_server_transport_del_ex net_server_alias_add net_server_alias_enum net_server_alias_del net_share_del_ex";
constexpr std::string_view wkssvc_names =
    "net_wksta_get_info net_wksta_set_info net_wksta_enum_users netr_wksta_user_get_info netr_wksta_user_set_info "
    "net_wksta_transport_enum netr_wksta_transport_add netr_wksta_transport_del netr_use_add netr_use_get_info netr_use_del "
    "netr_use_enum netr_message_buffer_send netr_workstation_statistics_get netr_logon_domain_name_add netr_logon_domain_name_del "
    "netr_join_domain netr_unjoin_domain netr_rename_machine_in_domain netr_validate_name netr_get_join_information "
    "netr_get_joinable_ous netr_join_domain2 netr_unjoin_domain2 netr_rename_machine_in_domain2 netr_validate_name2 "
    "netr_get_joinable_ous2 netr_add_alternate_computer_name netr_remove_alternate_computer_name netr_set_primary_computername "
    "netr_enumerate_computer_names";
constexpr std::array<meaning, 3> wkssvc_meanings{{{3, action::read}, {12, action::write}, {27, action::configure}}};
constexpr std::string_view spoolss_names =
    "enum_printers open_printer set_job get_job enum_jobs add_printer delete_printer set_printer get_printer add_printer_driver "
    "enum_printer_drivers get_printer_driver get_printer_driver_directory delete_printer_driver add_print_processor "
    "enum_print_processor get_print_processor_directory start_doc_printer start_page_printer write_printer end_page_printer "
    "abort_printer read_printer end_doc_printer add_job schedule_job get_printer_data set_printer_data wait_for_printer_change "
    "close_printer add_form delete_form get_form set_form enum_forms enum_ports enum_monitors add_port configure_port delete_port "
    "create_printer_ic play_gdi_script_on_printer_ic delete_printer_ic add_printer_connection delete_printer_connection "
    "printer_message_box add_monitor delete_monitor delete_print_processor add_print_provider delete_print_provider "
    "enum_print_proc_data_types reset_printer get_printer_driver2 find_first_printer_change_notification "
    "find_next_printer_change_notification find_close_printer_change_notification router_find_first_printer_notification_old "
    "reply_open_printer router_reply_printer reply_close_printer add_port_ex remote_find_first_printer_change_notification - - "
    "remote_find_first_printer_change_notification_ex router_reply_printer_ex router_refresh_printer_change_notification - "
    "open_printer_ex add_printer_ex set_port enum_printer_data delete_printer_data - - - set_printer_data_ex get_printer_data_ex "
    "enum_printer_data_ex enum_printer_key delete_printer_data_ex delete_printer_key - delete_printer_driver_ex "
    "add_per_machine_connection delete_per_machine_connection enum_per_machine_connections xcv_data add_printer_driver_ex - - - - - "
    "- flush_printer send_recv_bidi_data - - - - get_core_printer_drivers - get_printer_driver_package_path - - - - - "
    "get_job_named_property_value set_job_named_property delete_job_named_property enum_job_named_properties - - "
    "log_job_info_for_branch_office regenerate_print_device_capabilities - ipp_create_job_on_printer ipp_get_job_attributes "
    "ipp_set_job_attributes ipp_get_printer_attributes ipp_set_printer_attributes";
constexpr std::array<meaning, 12> spoolss_meanings{{{2, action::control},
                                                    {9, action::configure},
                                                    {17, action::write},
                                                    {19, action::write},
                                                    {24, action::write},
                                                    {28, action::subscribe},
                                                    {45, action::write},
                                                    {54, action::subscribe},
                                                    {55, action::subscribe},
                                                    {62, action::subscribe},
                                                    {65, action::subscribe},
                                                    {88, action::configure}}};
constexpr std::string_view efsrpc_names =
    "efs_rpc_open_file_raw efs_rpc_read_file_raw efs_rpc_write_file_raw efs_rpc_close_raw efs_rpc_encrypt_file_srv "
    "efs_rpc_decrypt_file_srv efs_rpc_query_users_on_file efs_rpc_query_recovery_agents efs_rpc_remove_users_from_file "
    "efs_rpc_add_users_to_file efs_rpc_set_file_encryption_key efs_rpc_not_supported efs_rpc_file_key_info "
    "efs_rpc_duplicate_encryption_info_file";
constexpr std::array<meaning, 5> efsrpc_meanings{
    {{1, action::file_read}, {2, action::file_write}, {4, action::file_write}, {5, action::file_write}, {13, action::file_write}}};
constexpr std::string_view fsrvp_names =
    "get_supported_version set_context start_shadow_copy_set add_to_shadow_copy_set commit_shadow_copy_set expose_shadow_copy_set "
    "recovery_complete_shadow_copy_set abort_shadow_copy_set is_path_supported is_path_shadow_copied get_share_mapping "
    "delete_share_mapping prepare_shadow_copy_set";
constexpr std::array<meaning, 3> fsrvp_meanings{{{4, action::control}, {5, action::control}, {12, action::control}}};
constexpr std::string_view netdfs_names =
    "get_manager_version add remove set_info get_info enum rename move manager_get_config_info manager_send_site_info add_ft_root "
    "remove_ft_root add_std_root remove_std_root manager_initialize add_std_root_forced get_dc_address set_dc_address flush_ft_table "
    "add2 remove2 enum_ex set_info2";

constexpr std::array table{
    remote(make_uuid(0x367abb81, 0x9844, 0x35f1, 0xad3298f038001003), "svcctl", svcctl_names, status::win32, svcctl_meanings),
    remote(make_uuid(0x1ff70682, 0x0a51, 0x30e8, 0x076d740be8cee98b), "atsvc", atsvc_names, status::win32),
    remote(make_uuid(0x86d35949, 0x83c9, 0x4044, 0xb424db363231fd0c), "ITaskSchedulerService", itaskschedulerservice_names, status::hresult,
           itaskschedulerservice_meanings),
    remote(make_uuid(0x338cd001, 0x2244, 0x31f1, 0xaaaa900038001003), "winreg", winreg_names, status::win32, winreg_meanings),
    remote(make_uuid(0x82273fdc, 0xe32a, 0x18c3, 0x3f78827929dc23ea), "eventlog", eventlog_names, status::ntstatus, eventlog_meanings),
    remote(make_uuid(0x894de0c0, 0x0d55, 0x11d3, 0xa32200c04fa321a1), "initshutdown", initshutdown_names, status::win32,
           initshutdown_meanings),
    remote(make_uuid(0x4b324fc8, 0x1670, 0x01d3, 0x12785a47bf6ee188), "srvsvc", srvsvc_names, status::win32),
    remote(make_uuid(0x6bffd098, 0xa112, 0x3610, 0x983346c3f87e345a), "wkssvc", wkssvc_names, status::win32, wkssvc_meanings),
    remote(make_uuid(0x12345678, 0x1234, 0xabcd, 0xef000123456789ab), "spoolss", spoolss_names, status::win32, spoolss_meanings),
    remote(make_uuid(0xc681d488, 0xd850, 0x11d0, 0x8c5200c04fd90f7e), "efsrpc", efsrpc_names, status::win32, efsrpc_meanings),
    remote(make_uuid(0xa8e0653c, 0x2744, 0x4389, 0xa61d7373df8b2292), "fsrvp", fsrvp_names, status::win32, fsrvp_meanings),
    remote(make_uuid(0x4fc742e0, 0x4a10, 0x11cf, 0x827300aa004ae673), "netdfs", netdfs_names, status::win32)};

}  // namespace

std::span<const interface> windows_interfaces() { return table; }

}  // namespace mw::msrpc
