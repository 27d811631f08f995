// Network management and diagnostics of LonTalk by their codes (ISO/IEC 14908-1).
#include "sensor/dissect/lontalk_codes.hpp"

#include <algorithm>
#include <iterator>

namespace mw::lon {
namespace {

constexpr code_info codes[] = {
    {0x51, "query_status", action::diagnose},
    {0x52, "proxy_command", action::diagnose},
    {0x53, "clear_status", action::configure},
    {0x54, "query_transceiver", action::diagnose},
    {0x61, "query_id", action::identify},
    {0x62, "respond_to_query", action::configure},
    {0x63, "update_domain", action::configure},
    {0x64, "leave_domain", action::configure},
    {0x65, "update_key", action::configure},
    {0x66, "update_address", action::configure},
    {0x67, "query_address", action::read},
    {0x68, "query_variable_configuration", action::read},
    {0x69, "update_group_address", action::configure},
    {0x6a, "query_domain", action::read},
    {0x6b, "update_variable_configuration", action::configure},
    {0x6c, "set_node_mode", action::mode_change},
    {0x6d, "read_memory", action::read},
    {0x6e, "write_memory", action::write},
    {0x6f, "recalculate_checksum", action::configure},
    {0x70, "wink", action::control},
    {0x71, "refresh_memory", action::configure},
    {0x72, "query_standard_types", action::identify},
    {0x73, "fetch_variable", action::read},
    {0x7f, "service_pin", action::identify},
};
constexpr struct {
  std::uint8_t state;
  std::string_view name;
} states[] = {{0x02, "unconfigured"}, {0x03, "applicationless"}, {0x04, "online"},
              {0x06, "hard_offline"}, {0x0c, "soft_offline"},    {0x8c, "bypass"}};

}  // namespace

code_info describe(std::uint8_t code) {
  const auto at = std::ranges::find(codes, code, &code_info::code);
  if (at != std::end(codes)) return *at;
  if (code >= 0x74 && code <= 0x7e) return {code, "router_command", action::configure};
  if (code >= 0x50) return {code, code < 0x60 ? "diagnostic" : "management", code < 0x60 ? action::diagnose : action::configure};
  return {code, code >= 0x40 ? "foreign_frame" : "application_message", action::report};
}
bool is_management(std::uint8_t code) { return code >= 0x50 && code <= 0x7f; }

std::string_view node_state(std::uint8_t state) {
  for (const auto& s : states)
    if (s.state == state) return s.name;
  return {};
}

}  // namespace mw::lon
