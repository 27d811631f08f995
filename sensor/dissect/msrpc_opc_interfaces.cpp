// Interfaces of OPC over DCOM: Data Access 1.0, 2.05 and 3.00, Historical Data Access 1.20, Alarms and Events 1.10, Common 1.10,
// Security 1.00.
#include "sensor/dissect/msrpc_interfaces.hpp"

namespace mw::msrpc {
namespace {

using dce_rpc::make_uuid;

constexpr std::string_view iopcserver_names =
    "add_group get_error_string get_group_by_name get_status remove_group create_group_enumerator";
constexpr std::array<meaning, 4> iopcserver_meanings{
    {{3, action::subscribe}, {6, action::identify}, {7, action::subscribe}, {8, action::read}}};
constexpr std::string_view iopcserverpublicgroups_names = "get_public_group_by_name remove_public_group";
constexpr std::string_view iopcbrowseserveraddressspace_names =
    "query_organization change_browse_position browse_opc_item_ids get_item_id browse_access_paths";
constexpr std::array<meaning, 5> iopcbrowseserveraddressspace_meanings{
    {{3, action::identify}, {4, action::identify}, {5, action::identify}, {6, action::identify}, {7, action::identify}}};
constexpr std::string_view iopcgroupstatemgt_names = "get_state set_state set_name clone_group";
constexpr std::array<meaning, 3> iopcgroupstatemgt_meanings{{{4, action::subscribe}, {5, action::subscribe}, {6, action::subscribe}}};
constexpr std::string_view iopcpublicgroupstatemgt_names = "get_state move_to_public";
constexpr std::string_view iopcsyncio_names = "read write";
constexpr std::array<meaning, 1> iopcsyncio_meanings{{{4, action::write}}};
constexpr std::string_view iopcasyncio_names = "read write refresh cancel";
constexpr std::string_view iopcitemmgt_names =
    "add_items validate_items remove_items set_active_state set_client_handles set_datatypes create_enumerator";
constexpr std::array<meaning, 7> iopcitemmgt_meanings{{{3, action::subscribe},
                                                       {4, action::identify},
                                                       {5, action::subscribe},
                                                       {6, action::subscribe},
                                                       {7, action::subscribe},
                                                       {8, action::subscribe},
                                                       {9, action::read}}};
constexpr std::string_view ienumopcitemattributes_names = "next skip reset clone";
constexpr std::string_view iopcdatacallback_names = "on_data_change on_read_complete on_write_complete on_cancel_complete";
constexpr std::array<meaning, 4> iopcdatacallback_meanings{
    {{3, action::report}, {4, action::report}, {5, action::report}, {6, action::report}}};
constexpr std::string_view iopcasyncio2_names = "read write refresh2 cancel2 set_enable get_enable";
constexpr std::array<meaning, 1> iopcasyncio2_meanings{{{7, action::subscribe}}};
constexpr std::string_view iopcitemproperties_names = "query_available_properties get_item_properties lookup_item_ids";
constexpr std::array<meaning, 2> iopcitemproperties_meanings{{{3, action::identify}, {5, action::identify}}};
constexpr std::string_view iopcitemdeadbandmgt_names = "set_item_deadband get_item_deadband clear_item_deadband";
constexpr std::string_view iopcitemsamplingmgt_names =
    "set_item_sampling_rate get_item_sampling_rate clear_item_sampling_rate set_item_buffer_enable get_item_buffer_enable";
constexpr std::string_view iopcbrowse_names = "get_properties browse";
constexpr std::array<meaning, 1> iopcbrowse_meanings{{{4, action::identify}}};
constexpr std::string_view iopcitemio_names = "read write_vqt";
constexpr std::string_view iopcsyncio2_names = "read write read_max_age write_vqt";
constexpr std::string_view iopcasyncio3_names = "read write refresh2 cancel2 set_enable get_enable read_max_age write_vqt refresh_max_age";
constexpr std::string_view iopcgroupstatemgt2_names = "get_state set_state set_name clone_group set_keep_alive get_keep_alive";
constexpr std::array<meaning, 4> iopcgroupstatemgt2_meanings{
    {{4, action::subscribe}, {5, action::subscribe}, {6, action::subscribe}, {7, action::subscribe}}};
constexpr std::string_view iopcserverlist_names = "enum_classes_of_categories get_class_details clsid_from_prog_id";
constexpr std::array<meaning, 3> iopcserverlist_meanings{{{3, action::identify}, {4, action::identify}, {5, action::identify}}};
constexpr std::string_view iopccommon_names = "set_locale_id get_locale_id query_available_locale_ids get_error_string set_client_name";
constexpr std::array<meaning, 2> iopccommon_meanings{{{3, action::session}, {7, action::session}}};
constexpr std::string_view iopcshutdown_names = "shutdown_request";
constexpr std::array<meaning, 1> iopcshutdown_meanings{{{3, action::report}}};
constexpr std::string_view iopcsecuritynt_names = "is_available_nt query_min_impersonation_level change_user";
constexpr std::array<meaning, 1> iopcsecuritynt_meanings{{{5, action::authenticate}}};
constexpr std::string_view iopcsecurityprivate_names = "is_available_priv logon logoff";
constexpr std::array<meaning, 2> iopcsecurityprivate_meanings{{{4, action::authenticate}, {5, action::session}}};
constexpr std::string_view iopchda_server_names =
    "get_item_attributes get_aggregates get_historian_status get_item_handles release_item_handles validate_item_ids create_browse";
constexpr std::array<meaning, 5> iopchda_server_meanings{
    {{5, action::identify}, {6, action::session}, {7, action::session}, {8, action::identify}, {9, action::identify}}};
constexpr std::string_view iopchda_browser_names = "get_enum change_browse_position get_item_id get_branch_position";
constexpr std::array<meaning, 4> iopchda_browser_meanings{
    {{3, action::identify}, {4, action::identify}, {5, action::identify}, {6, action::identify}}};
constexpr std::string_view iopchda_syncread_names = "read_raw read_processed read_at_time read_modified read_attribute";
constexpr std::string_view iopchda_syncupdate_names = "query_capabilities insert replace insert_replace delete_raw delete_at_time";
constexpr std::array<meaning, 5> iopchda_syncupdate_meanings{
    {{4, action::write}, {5, action::write}, {6, action::write}, {7, action::write}, {8, action::write}}};
constexpr std::string_view iopchda_syncannotations_names = "query_capabilities read insert";
constexpr std::array<meaning, 1> iopchda_syncannotations_meanings{{{5, action::write}}};
constexpr std::string_view iopchda_asyncread_names =
    "read_raw advise_raw read_processed advise_processed read_at_time read_modified read_attribute cancel";
constexpr std::string_view iopchda_asyncupdate_names = "query_capabilities insert replace insert_replace delete_raw delete_at_time cancel";
constexpr std::string_view iopchda_asyncannotations_names = "query_capabilities read insert cancel";
constexpr std::string_view iopchda_playback_names = "read_raw_with_update read_processed_with_update cancel";
constexpr std::string_view iopchda_datacallback_names =
    "on_data_change on_read_complete on_read_modified_complete on_read_attribute_complete on_read_annotations on_insert_annotations "
    "on_playback on_update_complete on_cancel_complete";
constexpr std::array<meaning, 9> iopchda_datacallback_meanings{{{3, action::report},
                                                                {4, action::report},
                                                                {5, action::report},
                                                                {6, action::report},
                                                                {7, action::report},
                                                                {8, action::report},
                                                                {9, action::report},
                                                                {10, action::report},
                                                                {11, action::report}}};
constexpr std::string_view iopceventserver_names =
    "get_status create_event_subscription query_available_filters query_event_categories query_condition_names "
    "query_sub_condition_names query_source_conditions query_event_attributes translate_to_item_ids get_condition_state "
    "enable_condition_by_area enable_condition_by_source disable_condition_by_area disable_condition_by_source ack_condition "
    "create_area_browser";
constexpr std::array<meaning, 8> iopceventserver_meanings{{{3, action::identify},
                                                           {4, action::subscribe},
                                                           {13, action::configure},
                                                           {14, action::configure},
                                                           {15, action::configure},
                                                           {16, action::configure},
                                                           {17, action::alarm},
                                                           {18, action::identify}}};
constexpr std::string_view iopceventserver2_names =
    "get_status create_event_subscription query_available_filters query_event_categories query_condition_names "
    "query_sub_condition_names query_source_conditions query_event_attributes translate_to_item_ids get_condition_state "
    "enable_condition_by_area enable_condition_by_source disable_condition_by_area disable_condition_by_source ack_condition "
    "create_area_browser enable_condition_by_area2 enable_condition_by_source2 disable_condition_by_area2 "
    "disable_condition_by_source2 get_enable_state_by_area get_enable_state_by_source";
constexpr std::array<meaning, 12> iopceventserver2_meanings{{{3, action::identify},
                                                             {4, action::subscribe},
                                                             {13, action::configure},
                                                             {14, action::configure},
                                                             {15, action::configure},
                                                             {16, action::configure},
                                                             {17, action::alarm},
                                                             {18, action::identify},
                                                             {19, action::configure},
                                                             {20, action::configure},
                                                             {21, action::configure},
                                                             {22, action::configure}}};
constexpr std::string_view iopceventsubscriptionmgt_names =
    "set_filter get_filter select_returned_attributes get_returned_attributes refresh cancel_refresh get_state set_state";
constexpr std::array<meaning, 3> iopceventsubscriptionmgt_meanings{
    {{3, action::subscribe}, {5, action::subscribe}, {10, action::subscribe}}};
constexpr std::string_view iopceventsubscriptionmgt2_names =
    "set_filter get_filter select_returned_attributes get_returned_attributes refresh cancel_refresh get_state set_state "
    "set_keep_alive get_keep_alive";
constexpr std::array<meaning, 4> iopceventsubscriptionmgt2_meanings{
    {{3, action::subscribe}, {5, action::subscribe}, {10, action::subscribe}, {11, action::subscribe}}};
constexpr std::string_view iopceventareabrowser_names =
    "change_browse_position browse_opc_areas get_qualified_area_name get_qualified_source_name";
constexpr std::string_view iopceventsink_names = "on_event";
constexpr std::array<meaning, 1> iopceventsink_meanings{{{3, action::alarm}}};

constexpr std::array table{
    object(make_uuid(0x39c13a4d, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCServer", iopcserver_names, iopcserver_meanings),
    object(make_uuid(0x39c13a4e, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCServerPublicGroups", iopcserverpublicgroups_names),
    object(make_uuid(0x39c13a4f, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCBrowseServerAddressSpace", iopcbrowseserveraddressspace_names,
           iopcbrowseserveraddressspace_meanings),
    object(make_uuid(0x39c13a50, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCGroupStateMgt", iopcgroupstatemgt_names,
           iopcgroupstatemgt_meanings),
    object(make_uuid(0x39c13a51, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCPublicGroupStateMgt", iopcpublicgroupstatemgt_names),
    object(make_uuid(0x39c13a52, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCSyncIO", iopcsyncio_names, iopcsyncio_meanings),
    object(make_uuid(0x39c13a53, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCAsyncIO", iopcasyncio_names),
    object(make_uuid(0x39c13a54, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCItemMgt", iopcitemmgt_names, iopcitemmgt_meanings),
    object(make_uuid(0x39c13a55, 0x011e, 0x11d0, 0x96750020afd8adb3), "IEnumOPCItemAttributes", ienumopcitemattributes_names),
    object(make_uuid(0x39c13a70, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCDataCallback", iopcdatacallback_names,
           iopcdatacallback_meanings),
    object(make_uuid(0x39c13a71, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCAsyncIO2", iopcasyncio2_names, iopcasyncio2_meanings),
    object(make_uuid(0x39c13a72, 0x011e, 0x11d0, 0x96750020afd8adb3), "IOPCItemProperties", iopcitemproperties_names,
           iopcitemproperties_meanings),
    object(make_uuid(0x5946da93, 0x8b39, 0x4ec8, 0xab3daa73df5bc86f), "IOPCItemDeadbandMgt", iopcitemdeadbandmgt_names),
    object(make_uuid(0x3e22d313, 0xf08b, 0x41a5, 0x86c895e95cb49ffc), "IOPCItemSamplingMgt", iopcitemsamplingmgt_names),
    object(make_uuid(0x39227004, 0xa18f, 0x4b57, 0x8b0a5235670f4468), "IOPCBrowse", iopcbrowse_names, iopcbrowse_meanings),
    object(make_uuid(0x85c0b427, 0x2893, 0x4cbc, 0xbd78e5fc5146f08f), "IOPCItemIO", iopcitemio_names),
    object(make_uuid(0x730f5f0f, 0x55b1, 0x4c81, 0x9e18ff8a0904e1fa), "IOPCSyncIO2", iopcsyncio2_names),
    object(make_uuid(0x0967b97b, 0x36ef, 0x423e, 0xb6f86bff1e40d39d), "IOPCAsyncIO3", iopcasyncio3_names, iopcasyncio2_meanings),
    object(make_uuid(0x8e368666, 0xd72e, 0x4f78, 0x87ed647611c61c9f), "IOPCGroupStateMgt2", iopcgroupstatemgt2_names,
           iopcgroupstatemgt2_meanings),
    object(make_uuid(0x13486d50, 0x4821, 0x11d2, 0xa4943cb306c10000), "IOPCServerList", iopcserverlist_names, iopcserverlist_meanings),
    object(make_uuid(0x9dd0b56c, 0xad9e, 0x43ee, 0x8305487f3188bf7a), "IOPCServerList2", iopcserverlist_names, iopcserverlist_meanings),
    object(make_uuid(0xf31dfde2, 0x07b6, 0x11d2, 0xb2d80060083ba1fb), "IOPCCommon", iopccommon_names, iopccommon_meanings),
    object(make_uuid(0xf31dfde1, 0x07b6, 0x11d2, 0xb2d80060083ba1fb), "IOPCShutdown", iopcshutdown_names, iopcshutdown_meanings),
    object(make_uuid(0x7aa83a01, 0x6c77, 0x11d3, 0x84f900008630a38b), "IOPCSecurityNT", iopcsecuritynt_names, iopcsecuritynt_meanings),
    object(make_uuid(0x7aa83a02, 0x6c77, 0x11d3, 0x84f900008630a38b), "IOPCSecurityPrivate", iopcsecurityprivate_names,
           iopcsecurityprivate_meanings),
    object(make_uuid(0x1f1217b0, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_Server", iopchda_server_names, iopchda_server_meanings),
    object(make_uuid(0x1f1217b1, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_Browser", iopchda_browser_names, iopchda_browser_meanings),
    object(make_uuid(0x1f1217b2, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_SyncRead", iopchda_syncread_names),
    object(make_uuid(0x1f1217b3, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_SyncUpdate", iopchda_syncupdate_names,
           iopchda_syncupdate_meanings),
    object(make_uuid(0x1f1217b4, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_SyncAnnotations", iopchda_syncannotations_names,
           iopchda_syncannotations_meanings),
    object(make_uuid(0x1f1217b5, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_AsyncRead", iopchda_asyncread_names),
    object(make_uuid(0x1f1217b6, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_AsyncUpdate", iopchda_asyncupdate_names,
           iopchda_syncupdate_meanings),
    object(make_uuid(0x1f1217b7, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_AsyncAnnotations", iopchda_asyncannotations_names,
           iopchda_syncannotations_meanings),
    object(make_uuid(0x1f1217b8, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_Playback", iopchda_playback_names),
    object(make_uuid(0x1f1217b9, 0xdee0, 0x11d2, 0xa5e5000086339399), "IOPCHDA_DataCallback", iopchda_datacallback_names,
           iopchda_datacallback_meanings),
    object(make_uuid(0x65168851, 0x5783, 0x11d1, 0x84a000608cb8a7e9), "IOPCEventServer", iopceventserver_names, iopceventserver_meanings),
    object(make_uuid(0x71bbe88e, 0x9564, 0x4bcd, 0xbcfc71c558d94f2d), "IOPCEventServer2", iopceventserver2_names,
           iopceventserver2_meanings),
    object(make_uuid(0x65168855, 0x5783, 0x11d1, 0x84a000608cb8a7e9), "IOPCEventSubscriptionMgt", iopceventsubscriptionmgt_names,
           iopceventsubscriptionmgt_meanings),
    object(make_uuid(0x94c955dc, 0x3684, 0x4ccb, 0xafabf898ce19aac3), "IOPCEventSubscriptionMgt2", iopceventsubscriptionmgt2_names,
           iopceventsubscriptionmgt2_meanings),
    object(make_uuid(0x65168857, 0x5783, 0x11d1, 0x84a000608cb8a7e9), "IOPCEventAreaBrowser", iopceventareabrowser_names,
           iopchda_browser_meanings),
    object(make_uuid(0x6516885f, 0x5783, 0x11d1, 0x84a000608cb8a7e9), "IOPCEventSink", iopceventsink_names, iopceventsink_meanings)};

}  // namespace

std::span<const interface> opc_interfaces() { return table; }

}  // namespace mw::msrpc
