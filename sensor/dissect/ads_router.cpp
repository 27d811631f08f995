// Discovery and routes of TwinCAT routers: a cookie, a number, a service, an address, then tagged fields.
#include "sensor/dissect/ads_router.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ads_names.hpp"

#include <optional>

namespace mw::ads {
namespace {

constexpr std::uint32_t is_response = 0x80000000, identify = 1, add_route = 6, delete_route = 7;
constexpr std::size_t most_fields = 64;
constexpr std::uint8_t stated = 80;

enum tag : std::uint16_t {
  result_code = 1,
  password = 2,
  version = 3,
  operating_system = 4,
  host = 5,
  net_id = 7,
  options = 8,
  route_name = 12,
  user = 13,
  fingerprint = 18,
};

std::string_view service_name(std::uint32_t s) {
  switch (s) {
    case identify: return "identify";
    case add_route: return "add_route";
    case delete_route: return "delete_route";
    default: return "unknown";
  }
}

std::string system_name(bytes data) {
  reader in{data};
  in.skip(4);  // size of the structure
  const auto major = in.u32le(), minor = in.u32le(), build = in.u32le(), platform = in.u32le();
  if (!in.ok()) return {};
  const auto family = platform == 2      ? "Windows NT "
                      : platform == 3    ? "Windows CE "
                      : platform == 0x11 ? "TwinCAT/BSD "
                                         : "platform " + std::to_string(platform) + ' ';
  return family + std::to_string(major) + '.' + std::to_string(minor) + (build != 0 ? "." + std::to_string(build) : "");
}

struct fields {
  std::string host, net, route, user, software, system, print;
  std::optional<std::uint32_t> result;
  bool password = false, whole = true;
};
fields read_fields(reader& in) {
  fields f;
  const auto count = in.u32le();
  for (std::size_t n = 0; n < count && n < most_fields && in.left() != 0; ++n) {
    const auto kind = in.u16le();
    const auto data = in.take(in.u16le());
    reader one{data};
    if (!in.ok()) break;
    switch (kind) {
      case result_code:
        if (data.size() == 4) f.result = one.u32le();
        break;
      case password: f.password = true; break;
      case version: {
        const auto major = one.u8(), minor = one.u8();
        const auto build = one.u16le();
        if (one.ok()) f.software = "TwinCAT " + std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
        break;
      }
      case operating_system: f.system = system_name(data); break;
      case host: f.host = printable(data); break;
      case net_id:
        if (data.size() == 6) f.net = net_text({{data[0], data[1], data[2], data[3], data[4], data[5]}, 0});
        break;
      case route_name: f.route = printable(data); break;
      case user: f.user = printable(data); break;
      case fingerprint: f.print = printable(data); break;
      default: break;
    }
  }
  f.whole = in.ok();
  return f;
}

}  // namespace

void router::on_datagram(const message& m, output& out) {
  reader in{m.data};
  const auto cookie = in.u32le(), invoke = in.u32le(), service = in.u32le();
  const auto sender = read_address(in);
  if (!in.ok() || cookie != router_cookie) return out.violate(m.from, "router_header", "a datagram of the router without its header");
  const auto f = read_fields(in);
  if (!f.whole) out.violate(m.from, "router_field", "a field is longer than the datagram");
  const bool response = (service & is_response) != 0;
  const auto number = service & ~is_response;
  out.count("ads", response ? "router_response" : "router_request", number);
  const auto tell = [&](std::string_view kind, const std::string& value) {
    if (!value.empty()) out.learn(m.from, {}, kind, value, stated);
  };
  tell("ams_net_id", net_text(sender));
  if (response) {
    tell("host_name", f.host), tell("software", f.software), tell("os", f.system);
    if (number == identify) tell("vendor", "Beckhoff");
  }
  operation op;
  op.time = m.time;
  op.function = "router/" + std::to_string(number);
  op.function_name = service_name(number);
  op.action = number == identify ? action::identify : number == add_route || number == delete_route ? action::configure : action::diagnose;
  const key k{invoke, number};
  if (!response) {
    if (!f.route.empty() || !f.net.empty()) {
      op.objects.push_back({.space = "route", .address = f.route.empty() ? f.net : f.route, .property = {}, .index = {}});
      op.values.emplace_back(f.net), op.values.emplace_back(f.host);
    }
    if (!f.user.empty()) op.fields.emplace_back("user", f.user);
    if (number == add_route) op.fields.emplace_back("password_given", f.password);
    heard_ = true;
    return waiting_.add(k, std::move(op), out, m.from);
  }
  const bool refused = f.result.value_or(0) != 0;
  const auto finish = [&](operation& o) {
    if (refused) o.code = std::to_string(*f.result), o.fields.emplace_back("error", error_name(*f.result));
    if (number == identify && !f.host.empty()) o.values = {f.host};
    if (!f.print.empty()) o.fields.emplace_back("fingerprint", f.print);
  };
  if (auto r = waiting_.take(k)) {
    finish(r->op);
    return answer(std::move(*r), m.time, refused ? outcome::refused : outcome::ok, out);
  }
  if (heard_) out.violate(m.from, "unpaired_response", "a router's answer to nothing that was asked");
  finish(op);
  op.function_name += "_response";
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), other(m.from));
}

}  // namespace mw::ads
