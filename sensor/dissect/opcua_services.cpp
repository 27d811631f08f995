// The services of OPC UA (OPC 10000-4) by the ids of their encodings (OPC 10000-6, annex A).
#include "sensor/dissect/opcua_services.hpp"

#include <algorithm>
#include <array>

namespace mw::opcua {
namespace {

/// Sorted by request.
constexpr std::array table{
    service{410, 413, "test_stack", action::diagnose},
    service{416, 419, "test_stack_ex", action::diagnose},
    service{422, 425, "find_servers", action::identify},
    service{428, 431, "get_endpoints", action::identify},
    service{437, 440, "register_server", action::configure},
    service{446, 449, "open_secure_channel", action::session},
    service{452, 455, "close_secure_channel", action::session},
    service{461, 464, "create_session", action::session},
    service{467, 470, "activate_session", action::session},
    service{473, 476, "close_session", action::session},
    service{479, 482, "cancel", action::session},
    service{488, 491, "add_nodes", action::configure},
    service{494, 497, "add_references", action::configure},
    service{500, 503, "delete_nodes", action::configure},
    service{506, 509, "delete_references", action::configure},
    service{527, 530, "browse", action::identify},
    service{533, 536, "browse_next", action::identify},
    service{554, 557, "translate_browse_paths", action::identify},
    service{560, 563, "register_nodes", action::session},
    service{566, 569, "unregister_nodes", action::session},
    service{615, 618, "query_first", action::identify},
    service{621, 624, "query_next", action::identify},
    service{631, 634, "read", action::read},
    service{664, 667, "history_read", action::read},
    service{673, 676, "write", action::write},
    service{700, 703, "history_update", action::write},
    service{712, 715, "call", action::control},
    service{751, 754, "create_monitored_items", action::subscribe},
    service{763, 766, "modify_monitored_items", action::subscribe},
    service{769, 772, "set_monitoring_mode", action::subscribe},
    service{775, 778, "set_triggering", action::subscribe},
    service{781, 784, "delete_monitored_items", action::subscribe},
    service{787, 790, "create_subscription", action::subscribe},
    service{793, 796, "modify_subscription", action::subscribe},
    service{799, 802, "set_publishing_mode", action::subscribe},
    service{826, 829, "publish", action::report},
    service{832, 835, "republish", action::report},
    service{841, 844, "transfer_subscriptions", action::subscribe},
    service{847, 850, "delete_subscriptions", action::subscribe},
    service{12208, 12209, "find_servers_on_network", action::identify},
    service{12211, 12212, "register_server2", action::configure},
};

template <std::size_t N>
std::string name_in(const std::array<std::string_view, N>& names, std::uint32_t at) {
  return at < N ? std::string{names.at(at)} : std::to_string(at);
}

}  // namespace

std::span<const service> services() { return table; }

found_service find_service(std::uint32_t id) {
  if (const auto at = std::ranges::lower_bound(table, id, {}, &service::request); at != table.end() && at->request == id)
    return {&*at, true};
  if (const auto at = std::ranges::lower_bound(table, id, {}, &service::response); at != table.end() && at->response == id)
    return {&*at, false};
  return {};
}

std::string security_mode(std::uint32_t mode) {
  constexpr std::array<std::string_view, 4> names{"invalid", "none", "sign", "sign_and_encrypt"};
  return name_in(names, mode);
}
std::string application_role(std::uint32_t type) {
  constexpr std::array<std::string_view, 4> names{"opcua_server", "opcua_client", "opcua_client_and_server", "opcua_discovery_server"};
  return name_in(names, type);
}
std::string token_type(std::uint32_t type) {
  constexpr std::array<std::string_view, 4> names{"anonymous", "user_name", "x509", "issued"};
  return name_in(names, type);
}
std::string server_state(std::uint32_t state) {
  constexpr std::array<std::string_view, 8> names{"run",      "failed", "no_configuration",    "suspended",
                                                  "shutdown", "test",   "communication_fault", "unknown"};
  return name_in(names, state);
}
std::string policy_name(std::string_view uri) {
  const auto at = uri.rfind('#');
  return std::string{at == std::string_view::npos ? uri : uri.substr(at + 1)};
}

}  // namespace mw::opcua
