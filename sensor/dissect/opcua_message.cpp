// Requests and responses of OPC UA (OPC 10000-4): their headers, and which reader is for which service.
#include "sensor/dissect/opcua_message.hpp"

#include <algorithm>

namespace mw::opcua {
namespace {

void open_request(exchange& x) {
  auto& in = x.in;
  in.skip(4);  // version
  const auto type = in.u32le(), mode = in.u32le();
  read_octets(in);  // nonce
  const auto lifetime = in.u32le();
  if (!in.ok()) return;
  x.op.fields.emplace_back("request_type", std::string{type == 0 ? "issue" : type == 1 ? "renew" : "unknown"});
  x.op.fields.emplace_back("security_mode", security_mode(mode));
  x.op.fields.emplace_back("lifetime", std::uint64_t{lifetime});
  x.kept.numbers = {mode};
}
void open_response(exchange& x) {
  auto& in = x.in;
  in.skip(4);  // version
  const auto channel = in.u32le();
  in.skip(12);  // token, when it was made
  const auto lifetime = in.u32le();
  if (!in.ok()) return;
  x.op.fields.emplace_back("channel", std::uint64_t{channel});
  x.op.fields.emplace_back("revised_lifetime", std::uint64_t{lifetime});
}

}  // namespace

void add_object(operation& op, std::string_view space, std::string address) {
  if (op.objects.size() >= most_objects) return;
  op.objects.push_back({.space = std::string{space}, .address = std::move(address), .count = 1, .property = {}, .index = {}});
}

void add_repeated(operation& op, std::string_view name, std::string text) {
  constexpr std::size_t most = 64;
  if (op.fields.size() < most) op.fields.emplace_back(name, std::move(text));
}

std::vector<std::uint32_t> read_statuses(reader& in) {
  std::vector<std::uint32_t> out;
  each(in, [&] { out.push_back(in.u32le()); }, 4);
  return out;
}

void say_statuses(operation& op, const std::vector<std::uint32_t>& statuses) {
  constexpr std::size_t most = 64;
  if (std::ranges::all_of(statuses, [](std::uint32_t s) { return s == 0; })) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(statuses.size(), most); ++i) {
    if (i != 0) text += ',';
    text += status_name(statuses[i]);
  }
  if (statuses.size() > most) text += ",…";
  op.fields.emplace_back("statuses", std::move(text));
}

void append_word(std::string& list, std::string_view text) {
  constexpr std::size_t longest = 1024;
  if (list.size() + text.size() > longest) return;
  if (!list.empty()) list += ',';
  list += text;
}

void skip_diagnostics(reader& in) {
  each(in, [&] { read_diagnostic(in); });
}

void read_request(exchange& x) {
  auto& in = x.in;
  read_node(in);  // the session's token is its secret
  in.skip(16);    // timestamp, handle, diagnostics wanted
  const auto audit = read_text(in);
  in.skip(4);  // timeout
  read_extension(in);
  if (!audit.empty()) x.op.fields.emplace_back("audit_entry", audit);
  if (!in.ok()) return;
  switch (x.kept.what->request) {
    case open_secure_channel: return open_request(x);
    case find_servers:
    case get_endpoints: x.op.fields.emplace_back("endpoint_url", read_text(in)); return;
    case register_server:
    case register_server2: return read_registration(x);
    case create_session: return read_session_request(x);
    case activate_session: return read_activation(x);
    case close_session: x.op.fields.emplace_back("delete_subscriptions", in.u8() != 0); return;
    case create_subscription:
    case modify_subscription:
    case set_publishing_mode:
    case transfer_subscriptions:
    case delete_subscriptions:
    case create_items:
    case modify_items:
    case set_monitoring_mode:
    case set_triggering:
    case delete_items:
    case publish:
    case republish: return read_subscription_request(x);
    default: return read_nodes_request(x);
  }
}

std::uint32_t read_response(exchange& x, bool fault) {
  auto& in = x.in;
  in.skip(12);  // timestamp, handle
  const auto result = in.u32le();
  const auto diagnostic = read_diagnostic(in);
  each(in, [&] { read_octets(in); }, 4);
  read_extension(in);
  if (!in.ok()) return result;
  if (!diagnostic.empty()) x.op.fields.emplace_back("diagnostic", diagnostic);
  if (fault || is_bad(result)) return result;
  switch (x.kept.what->request) {
    case open_secure_channel: open_response(x); break;
    case find_servers: read_servers(x); break;
    case find_servers_on_network: read_servers_on_network(x); break;
    case get_endpoints: read_endpoints(x, true); break;
    case create_session: read_session_response(x); break;
    case activate_session:
      read_octets(in);
      say_statuses(x.op, read_statuses(in));
      break;
    case create_subscription:
    case modify_subscription:
    case set_publishing_mode:
    case transfer_subscriptions:
    case delete_subscriptions:
    case create_items:
    case modify_items:
    case set_monitoring_mode:
    case set_triggering:
    case delete_items:
    case publish:
    case republish: read_subscription_response(x); break;
    default: read_nodes_response(x);
  }
  return result;
}

}  // namespace mw::opcua
