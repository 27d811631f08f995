// Interfaces of DCOM ([MS-DCOM]) and of management by WMI ([MS-WMI]).
#include "sensor/dissect/msrpc_interfaces.hpp"

namespace mw::msrpc {
namespace {

using dce_rpc::make_uuid;

constexpr std::string_view iremoteactivation_names = "remote_activation";
constexpr std::array<meaning, 1> iremoteactivation_meanings{{{0, action::session}}};
constexpr std::string_view iremotescmactivator_names = "query_interface add_ref release remote_get_class_object remote_create_instance";
constexpr std::array<meaning, 2> iremotescmactivator_meanings{{{3, action::session}, {4, action::session}}};
constexpr std::string_view ioxidresolver_names = "resolve_oxid simple_ping complex_ping server_alive resolve_oxid2 server_alive2";
constexpr std::array<meaning, 6> ioxidresolver_meanings{{{0, action::identify},
                                                         {1, action::session},
                                                         {2, action::session},
                                                         {3, action::identify},
                                                         {4, action::identify},
                                                         {5, action::identify}}};
constexpr std::string_view iremunknown_names = "query_interface add_ref release rem_query_interface rem_add_ref rem_release";
constexpr std::array<meaning, 3> iremunknown_meanings{{{3, action::session}, {4, action::session}, {5, action::session}}};
constexpr std::string_view iremunknown2_names =
    "query_interface add_ref release rem_query_interface rem_add_ref rem_release rem_query_interface2";
constexpr std::array<meaning, 4> iremunknown2_meanings{
    {{3, action::session}, {4, action::session}, {5, action::session}, {6, action::session}}};
constexpr std::string_view iwbemlevel1login_names = "establish_position request_challenge wbem_login ntlm_login";
constexpr std::array<meaning, 3> iwbemlevel1login_meanings{
    {{4, action::authenticate}, {5, action::authenticate}, {6, action::authenticate}}};
constexpr std::string_view iwbemloginclientid_names = "set_client_info";
constexpr std::array<meaning, 1> iwbemloginclientid_meanings{{{3, action::session}}};
constexpr std::string_view iwbemservices_names =
    "open_namespace cancel_async_call query_object_sink get_object get_object_async put_class put_class_async delete_class "
    "delete_class_async create_class_enum create_class_enum_async put_instance put_instance_async delete_instance "
    "delete_instance_async create_instance_enum create_instance_enum_async exec_query exec_query_async exec_notification_query "
    "exec_notification_query_async exec_method exec_method_async";
constexpr std::array<meaning, 14> iwbemservices_meanings{{{8, action::configure},
                                                          {9, action::configure},
                                                          {12, action::read},
                                                          {13, action::read},
                                                          {14, action::configure},
                                                          {15, action::configure},
                                                          {18, action::read},
                                                          {19, action::read},
                                                          {20, action::read},
                                                          {21, action::read},
                                                          {22, action::subscribe},
                                                          {23, action::subscribe},
                                                          {24, action::control},
                                                          {25, action::control}}};
constexpr std::string_view ienumwbemclassobject_names = "reset next next_async clone skip";
constexpr std::string_view iwbemfetchsmartenum_names = "get_smart_enum";
constexpr std::string_view iwbemwcosmartenum_names = "next";
constexpr std::string_view iconnectionpointcontainer_names = "enum_connection_points find_connection_point";
constexpr std::string_view iconnectionpoint_names =
    "get_connection_interface get_connection_point_container advise unadvise enum_connections";
constexpr std::array<meaning, 1> iconnectionpoint_meanings{{{6, action::session}}};
constexpr std::string_view idispatch_names = "get_type_info_count get_type_info get_ids_of_names invoke";
constexpr std::array<meaning, 1> idispatch_meanings{{{6, action::control}}};

constexpr std::array table{
    remote(make_uuid(0x4d9f4ab8, 0x7d1c, 0x11cf, 0x861e0020af6e7c57), "IRemoteActivation", iremoteactivation_names, status::hresult,
           iremoteactivation_meanings, true),
    remote(make_uuid(0x000001a0, 0x0000, 0x0000, 0xc000000000000046), "IRemoteSCMActivator", iremotescmactivator_names, status::hresult,
           iremotescmactivator_meanings, true),
    remote(make_uuid(0x99fcfec4, 0x5260, 0x101b, 0xbbcb00aa0021347a), "IOXIDResolver", ioxidresolver_names, status::win32,
           ioxidresolver_meanings),
    remote(make_uuid(0x00000131, 0x0000, 0x0000, 0xc000000000000046), "IRemUnknown", iremunknown_names, status::hresult,
           iremunknown_meanings, true),
    remote(make_uuid(0x00000143, 0x0000, 0x0000, 0xc000000000000046), "IRemUnknown2", iremunknown2_names, status::hresult,
           iremunknown2_meanings, true),
    object(make_uuid(0xf309ad18, 0xd86a, 0x11d0, 0xa07500c04fb68820), "IWbemLevel1Login", iwbemlevel1login_names,
           iwbemlevel1login_meanings),
    object(make_uuid(0xd4781cd6, 0xe5d3, 0x44df, 0xad94930efe48a887), "IWbemLoginClientID", iwbemloginclientid_names,
           iwbemloginclientid_meanings),
    object(make_uuid(0x9556dc99, 0x828c, 0x11cf, 0xa37e00aa003240c7), "IWbemServices", iwbemservices_names, iwbemservices_meanings),
    object(make_uuid(0x027947e1, 0xd731, 0x11ce, 0xa357000000000001), "IEnumWbemClassObject", ienumwbemclassobject_names),
    object(make_uuid(0x1c1c45ee, 0x4395, 0x11d2, 0xb60b00104b703efd), "IWbemFetchSmartEnum", iwbemfetchsmartenum_names),
    object(make_uuid(0x423ec01e, 0x2e35, 0x11d2, 0xb60400104b703efd), "IWbemWCOSmartEnum", iwbemwcosmartenum_names),
    object(make_uuid(0xb196b284, 0xbab4, 0x101a, 0xb69c00aa00341d07), "IConnectionPointContainer", iconnectionpointcontainer_names),
    object(make_uuid(0xb196b286, 0xbab4, 0x101a, 0xb69c00aa00341d07), "IConnectionPoint", iconnectionpoint_names,
           iconnectionpoint_meanings),
    object(make_uuid(0x00020400, 0x0000, 0x0000, 0xc000000000000046), "IDispatch", idispatch_names, idispatch_meanings)};

}  // namespace

std::span<const interface> object_interfaces() { return table; }

}  // namespace mw::msrpc
