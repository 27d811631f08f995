// IdentResponse and StatusResponse of Ethernet POWERLINK (EPSG DS 301 V1.5, 7.3.3.2 and 7.3.3.3): who a node is, and its errors.
#include "sensor/dissect/powerlink_node.hpp"

#include "common/text.hpp"
#include "sensor/dissect/powerlink_names.hpp"

#include <array>
#include <functional>

namespace mw::powerlink {
namespace {

constexpr std::uint32_t vendor_of_br = 0x0100006c;
constexpr std::size_t most_entries = 16;

std::string address_of(std::uint32_t a) {
  if (a == 0) return {};
  return to_string(ip::v4(static_cast<std::uint8_t>(a >> 24), static_cast<std::uint8_t>(a >> 16), static_cast<std::uint8_t>(a >> 8),
                          static_cast<std::uint8_t>(a)));
}

operation start(std::uint8_t node, std::string_view name, std::string function, action what, const message& m) {
  operation op;
  op.time = m.time;
  op.unit = std::to_string(node);
  op.action = what;
  op.function = std::move(function);
  op.function_name = name;
  op.outcome = outcome::none;
  return op;
}

}  // namespace

void node_words::on_ident(reader in, std::uint8_t node, const message& m, output& out) {
  in.skip(2);
  const auto state = in.u8();
  in.skip(1);
  const auto version = in.u8();
  in.skip(1);
  const auto features = in.u32le();
  in.skip(2 + 2 + 2 + 4 + 2);  // sizes of frames, response time
  const auto profile = in.u16le();
  in.skip(2);
  const auto vendor = in.u32le(), product = in.u32le(), revision = in.u32le(), serial = in.u32le();
  in.skip(8);
  const auto configured_on = in.u32le(), configured_at = in.u32le();
  in.skip(8);  // date and time of the application's software
  const auto address = address_of(in.u32le());
  in.skip(4);
  const auto gateway = address_of(in.u32le());
  const auto host = printable(in.take(32), 32);
  if (!in.ok()) return out.violate(m.from, "length", "an identification is shorter than its layout", std::to_string(node));
  const auto number = [](std::uint32_t v) { return v == 0 ? std::string{} : std::to_string(v); };
  say(m, "node_id", std::to_string(node), out);
  say(m, "vendor_id", number(vendor), out);
  if (vendor == vendor_of_br) say(m, "vendor", "B&R Industrial Automation", out);
  say(m, "product_code", number(product), out);
  say(m, "revision", number(revision), out);
  say(m, "serial", number(serial), out);
  say(m, "device_type", number(profile), out);
  say(m, "ip", address, out);
  say(m, "host_name", host, out);
  say(m, "run_state", std::string{state_name(state, node == managing_node)}, out);
  if (std::exchange(identified_, true)) return;
  auto op = start(node, "ident_response", "6/1", action::identify, m);
  op.fields.emplace_back("version", std::to_string(version >> 4) + '.' + std::to_string(version & 15));
  op.fields.emplace_back("features", std::uint64_t{features});
  op.fields.emplace_back("configuration", std::to_string(configured_on) + '/' + std::to_string(configured_at));
  op.fields.emplace_back("gateway", gateway);
  out.emit(std::move(op), m.from);
}

void node_words::on_status(reader in, std::uint8_t node, const message& m, output& out) {
  constexpr std::size_t entry_size = 20;
  constexpr std::string_view modes[] = {"", "error_active", "error_cleared", "event"};
  in.skip(2);
  const auto state = in.u8();
  in.skip(3);
  const auto register_of_errors = in.u8();
  in.skip(7);
  if (!in.ok()) return out.violate(m.from, "length", "a status is shorter than its layout", std::to_string(node));
  say(m, "run_state", std::string{state_name(state, node == managing_node)}, out);
  std::uint64_t newest = 0;
  for (std::size_t i = 0; in.left() >= entry_size && i < most_entries; ++i) {
    const auto whole = in.rest().first(entry_size);
    const auto type = in.u16le(), code = in.u16le();
    const auto seconds = in.u32le(), nanoseconds = in.u32le();
    const auto more = in.u64le();
    const auto mode = static_cast<std::size_t>(type >> 12 & 3);
    if (mode == 0) break;  // the list ends
    const auto print = std::hash<std::string_view>{}(hex(whole));
    if (newest == 0) newest = print;
    if (print == last_entry_) break;  // told before; the list begins with the newest
    auto op = start(node, "error_entry", "6/2", action::alarm, m);
    op.code = std::to_string(code);
    op.fields.emplace_back("error", std::string{error_name(code)});
    op.fields.emplace_back("mode", std::string{modes[mode]});
    op.fields.emplace_back("profile", std::uint64_t{type & 0x0fffu});
    op.fields.emplace_back("error_register", std::uint64_t{register_of_errors});
    op.fields.emplace_back("error_time", static_cast<double>(seconds) + static_cast<double>(nanoseconds) / 1e9);
    op.fields.emplace_back("additional", more);
    out.emit(std::move(op), m.from);
  }
  if (newest != 0) last_entry_ = newest;
}

}  // namespace mw::powerlink
