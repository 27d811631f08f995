// The services of OPC UA (OPC 10000-4) by the ids of their encodings (OPC 10000-6, annex A), and the names of what they say.
#pragma once
#include "common/record.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mw::opcua {

struct service {
  std::uint32_t request, response;  ///< ids of the binary encodings
  std::string_view name;
  action what;
};
std::span<const service> services();

struct found_service {
  const service* what = nullptr;  ///< none: the id is no service's
  bool is_request = false;
};
found_service find_service(std::uint32_t id);

inline constexpr std::uint32_t service_fault = 397;
/// Services that this code reads closely, by the id of their request.
enum known : std::uint32_t {
  find_servers = 422,
  get_endpoints = 428,
  register_server = 437,
  open_secure_channel = 446,
  close_secure_channel = 452,
  create_session = 461,
  activate_session = 467,
  close_session = 473,
  cancel = 479,
  add_nodes = 488,
  add_references = 494,
  delete_nodes = 500,
  delete_references = 506,
  browse = 527,
  browse_next = 533,
  translate = 554,
  register_nodes = 560,
  unregister_nodes = 566,
  query_first = 615,
  query_next = 621,
  read = 631,
  history_read = 664,
  write = 673,
  history_update = 700,
  call = 712,
  create_items = 751,
  modify_items = 763,
  set_monitoring_mode = 769,
  set_triggering = 775,
  delete_items = 781,
  create_subscription = 787,
  modify_subscription = 793,
  set_publishing_mode = 799,
  publish = 826,
  republish = 832,
  transfer_subscriptions = 841,
  delete_subscriptions = 847,
  find_servers_on_network = 12208,
  register_server2 = 12211,
};

std::string security_mode(std::uint32_t mode);
std::string application_role(std::uint32_t type);
std::string token_type(std::uint32_t type);
std::string server_state(std::uint32_t state);
/// What stands behind the '#' of its URI.
std::string policy_name(std::string_view uri);

}  // namespace mw::opcua
