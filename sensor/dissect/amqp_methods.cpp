// AMQP 0-9-1: methods in frames of a type, a channel and a size (specification 4.2.3; the classes of its XML file).
#include "sensor/dissect/amqp_session.hpp"
#include "sensor/dissect/http_text.hpp"

#include <array>

namespace mw::amqp {
namespace {

constexpr std::size_t longest_name = 255, most_properties = 32;

struct method_name {
  std::uint16_t kind, method;
  std::string_view name;
};
constexpr auto methods = std::to_array<method_name>({
    {10, 10, "connection_start"},
    {10, 11, "connection_start_ok"},
    {10, 20, "connection_secure"},
    {10, 21, "connection_secure_ok"},
    {10, 30, "connection_tune"},
    {10, 31, "connection_tune_ok"},
    {10, 40, "connection_open"},
    {10, 41, "connection_open_ok"},
    {10, 50, "connection_close"},
    {10, 51, "connection_close_ok"},
    {10, 60, "connection_blocked"},
    {10, 61, "connection_unblocked"},
    {10, 70, "update_secret"},
    {10, 71, "update_secret_ok"},
    {20, 10, "channel_open"},
    {20, 11, "channel_open_ok"},
    {20, 20, "channel_flow"},
    {20, 21, "channel_flow_ok"},
    {20, 40, "channel_close"},
    {20, 41, "channel_close_ok"},
    {30, 10, "access_request"},
    {30, 11, "access_request_ok"},
    {40, 10, "exchange_declare"},
    {40, 11, "exchange_declare_ok"},
    {40, 20, "exchange_delete"},
    {40, 21, "exchange_delete_ok"},
    {40, 30, "exchange_bind"},
    {40, 31, "exchange_bind_ok"},
    {40, 40, "exchange_unbind"},
    {40, 51, "exchange_unbind_ok"},
    {50, 10, "queue_declare"},
    {50, 11, "queue_declare_ok"},
    {50, 20, "queue_bind"},
    {50, 21, "queue_bind_ok"},
    {50, 30, "queue_purge"},
    {50, 31, "queue_purge_ok"},
    {50, 40, "queue_delete"},
    {50, 41, "queue_delete_ok"},
    {50, 50, "queue_unbind"},
    {50, 51, "queue_unbind_ok"},
    {60, 10, "basic_qos"},
    {60, 11, "basic_qos_ok"},
    {60, 20, "basic_consume"},
    {60, 21, "basic_consume_ok"},
    {60, 30, "basic_cancel"},
    {60, 31, "basic_cancel_ok"},
    {60, 40, "basic_publish"},
    {60, 50, "basic_return"},
    {60, 60, "basic_deliver"},
    {60, 70, "basic_get"},
    {60, 71, "basic_get_ok"},
    {60, 72, "basic_get_empty"},
    {60, 80, "basic_ack"},
    {60, 90, "basic_reject"},
    {60, 100, "basic_recover_async"},
    {60, 110, "basic_recover"},
    {60, 111, "basic_recover_ok"},
    {60, 120, "basic_nack"},
    {85, 10, "confirm_select"},
    {85, 11, "confirm_select_ok"},
    {90, 10, "tx_select"},
    {90, 11, "tx_select_ok"},
    {90, 20, "tx_commit"},
    {90, 21, "tx_commit_ok"},
    {90, 30, "tx_rollback"},
    {90, 31, "tx_rollback_ok"},
});

std::string short_text(reader& in) { return printable(in.take(in.u8()), longest_name); }
std::string long_text(reader& in) { return printable(in.take(in.u32()), longest_name); }
constexpr std::uint32_t id(std::uint16_t kind, std::uint16_t method) { return static_cast<std::uint32_t>(kind) << 16 | method; }

operation begin(std::uint16_t kind, std::uint16_t method, action what, const message& m) {
  operation op;
  op.time = m.time;
  op.action = what;
  op.function = std::to_string(kind) + '/' + std::to_string(method);
  const auto* const at = std::ranges::find_if(methods, [&](const method_name& n) { return n.kind == kind && n.method == method; });
  op.function_name = at == methods.end() ? std::string_view{"unknown"} : at->name;
  return op;
}

/// Octets of a value of this type; nothing where its length stands in front of it, as 32 bits.
std::optional<std::size_t> width(std::uint8_t type) {
  switch (type) {
    case 't':
    case 'b':
    case 'B': return 1;
    case 's':  // as brokers write it; the specification's short text is not used
    case 'U':
    case 'u': return 2;
    case 'I':
    case 'i':
    case 'f': return 4;
    case 'L':
    case 'l':
    case 'd':
    case 'T': return 8;
    case 'D': return 5;
    case 'V': return 0;
    default: return {};
  }
}

/// Of PLAIN (RFC 4616) and of AMQPLAIN, a table. A password in it is not looked at.
std::string user_in(std::string_view mechanism, bytes response) {
  if (mechanism == "PLAIN") {
    const auto first = std::ranges::find(response, std::uint8_t{0});
    if (first == response.end()) return {};
    const auto behind = response.subspan(static_cast<std::size_t>(first - response.begin()) + 1);
    return printable(behind.first(static_cast<std::size_t>(std::ranges::find(behind, std::uint8_t{0}) - behind.begin())), 128);
  }
  if (mechanism != "AMQPLAIN") return {};
  for (reader in{response}; in.left() != 0;) {
    const auto name = short_text(in);
    const auto type = in.u8();
    if (type != 'S') return {};
    const auto text = in.take(in.u32());
    if (name == "LOGIN") return printable(text, 128);
  }
  return {};
}

}  // namespace

properties read_table(reader& in) {
  properties out;
  auto table = in.part(in.u32());
  while (table.left() != 0 && out.size() < most_properties) {
    auto name = short_text(table);
    const auto type = table.u8();
    if (type == 'S')
      out.emplace_back(std::move(name), long_text(table));
    else
      table.skip(width(type) ? *width(type) : table.u32());
  }
  in.expect(table.ok(), "a table of names and values");
  return out;
}

void conversation::on_frame_091(const message& m, output& out) {
  reader in{m.data};
  const auto type = in.u8();
  const auto channel = in.u16();
  auto body = in.part(in.u32());
  if (!in.ok()) return out.violate(m.from, "length", "a frame is shorter than it says");
  if (type == 8 || type == 4) {
    out.count("amqp", "frame", "heartbeat");
    return;
  }
  if (type == 3) content_ += body.left();
  if (type != 1) return out.count("amqp", "frame", type == 2 ? "header" : "body");
  const auto kind = body.u16(), method = body.u16();
  if (!body.ok()) return out.violate(m.from, "length", "a frame of a method without its number");
  out.count("amqp", "method", kind, method);
  const auto* const known = std::ranges::find_if(methods, [&](const method_name& n) { return n.kind == kind && n.method == method; });
  if (known == methods.end()) return out.violate(m.from, "method", "a method that there is not");
  if ((kind == 10) != (channel == 0)) out.violate(m.from, "channel", "channel 0 is for the connection, and only for it");
  if (method == (kind == 10 ? 50 : 40) && kind <= 20)
    on_close(kind, channel, body, m, out);
  else if (kind == 10)
    on_connection(method, body, m, out);
  else if (kind == 60)
    on_basic(method, channel, body, m, out);
  else
    on_named(kind, method, channel, body, m, out);
  if (!body.ok()) out.violate(m.from, "arguments", body.why().what);
}

void conversation::on_connection(std::uint16_t method, reader& in, const message& m, output& out) {
  switch (method) {
    case 10: {
      in.skip(2);
      const auto told = read_table(in);
      const auto mechanisms = long_text(in);
      if (!in.ok()) return;
      answered(0, version_key, m, out);
      tell(told, m.from, m, out);
      if (version_.empty()) version_ = "0-9-1", out.describe("version", version_);
      out.describe("mechanisms", mechanisms);
      return;
    }
    case 11: return on_start_ok(in, m, out);
    case 30: {
      answered(0, login_key, m, out);
      if (!user_.empty()) out.learn(other(m.from), {}, "user", user_, 50), out.describe("login", "ok");
      return;
    }
    case 40: {
      auto op = begin(10, method, action::session, m);
      op.objects.push_back({"virtual_host", short_text(in)});
      if (in.ok()) open_.add({0, id(10, 41), {}}, std::move(op), out, m.from);
      return;
    }
    case 41: answered(0, id(10, 41), m, out); return;
    case 70: open_.add({0, id(10, 71), {}}, begin(10, method, action::authenticate, m), out, m.from); return;
    case 71: answered(0, id(10, 71), m, out); return;
    default: return;
  }
}

void conversation::on_start_ok(reader& in, const message& m, output& out) {
  const auto told = read_table(in);
  const auto mechanism = short_text(in);
  const auto response = in.take(in.u32());
  if (!in.ok()) return;
  tell(told, m.from, m, out);
  auto op = begin(10, 11, action::authenticate, m);
  op.function_name = "login";
  op.fields.emplace_back("mechanism", mechanism);
  user_ = user_in(mechanism, response);
  if (!user_.empty()) {
    op.objects.push_back({"user", user_});
    out.describe("user", user_);
  }
  if (const auto name = find(told, "connection_name"); !name.empty()) op.fields.emplace_back("connection_name", std::string{name});
  open_.add({0, login_key, {}}, std::move(op), out, m.from);
}

/// connection.close and channel.close: with a code that is not 200 they refuse what they name.
void conversation::on_close(std::uint16_t kind, std::uint16_t channel, reader& in, const message& m, output& out) {
  const auto code = in.u16();
  const auto text = short_text(in);
  const auto of = in.u16(), method = in.u16();
  if (!in.ok()) return;
  const bool refused = code >= 300;
  auto op = begin(kind, kind == 10 ? 50 : 40, action::session, m);
  op.fields.emplace_back("closed_by", std::string{m.from == side::client ? "client" : "server"});
  op.fields.emplace_back("reply", std::int64_t{code});
  if (!text.empty()) op.fields.emplace_back("reason", text);
  op.outcome = refused ? outcome::refused : outcome::ok;
  if (refused) {
    op.code = std::to_string(code);
    const auto expects = of == 40 && method == 40 ? id(40, 51) : id(of, static_cast<std::uint16_t>(method + 1));
    if (auto asked = open_.take({channel, expects, {}})) {
      asked->op.code = op.code;
      if (!text.empty()) asked->op.fields.emplace_back("reason", text);
      answer(std::move(*asked), m.time, outcome::refused, out);
    }
    if (kind == 10) refused_login(*op.code, m, out);
  }
  out.emit(std::move(op));
}
void conversation::refused_login(const std::string& code, const message& m, output& out) {
  auto asked = open_.take({0, login_key, {}});
  if (!asked) return;
  asked->op.code = code;
  out.describe("login", "refused");
  answer(std::move(*asked), m.time, outcome::refused, out);
}

/// Methods of exchanges, queues, channels and transactions.
void conversation::on_named(std::uint16_t kind, std::uint16_t method, std::uint16_t channel, reader& in, const message& m, output& out) {
  if (kind != 40 && kind != 50) return;
  if (method % 10 == 1) {  // the answers
    auto asked = open_.take({channel, id(kind, method), {}});
    if (!asked) return;
    if (kind == 50 && method == 11) {
      const auto name = short_text(in);  // made by the broker where the request left it open
      const auto messages = in.u32(), consumers = in.u32();
      if (in.ok() && !asked->op.objects.empty()) asked->op.objects[0].address = name;
      if (in.ok()) asked->op.fields.emplace_back("messages", std::uint64_t{messages});
      if (in.ok()) asked->op.fields.emplace_back("consumers", std::uint64_t{consumers});
    }
    return answer(std::move(*asked), m.time, outcome::ok, out);
  }
  auto op = begin(kind, method, action::configure, m);
  in.skip(2);
  op.objects.push_back({kind == 40 ? "exchange" : "queue", short_text(in)});
  if (kind == 40 && method == 10) op.fields.emplace_back("exchange_type", short_text(in));
  const bool binds = kind == 40 ? method == 30 || method == 40 : method == 20 || method == 50;
  if (binds) {
    op.objects.push_back({"exchange", short_text(in)});
    op.fields.emplace_back("routing_key", short_text(in));
  }
  bool no_wait = false;
  if (!(kind == 50 && method == 50)) {
    const auto bits = in.u8();
    const unsigned at = method == 10 ? 4u : binds || method == 30 ? 0u : kind == 40 ? 1u : 2u;
    no_wait = (bits >> at & 1) != 0;
    if (method == 10) {
      op.fields.emplace_back("passive", (bits & 1) != 0);
      if ((bits & 1) != 0) op.action = action::read;
    }
  }
  if (!in.ok()) return;
  if (no_wait) return out.emit(std::move(op), m.from);
  const auto expects = kind == 40 && method == 40 ? std::uint16_t{51} : static_cast<std::uint16_t>(method + 1);
  open_.add({channel, id(kind, expects), {}}, std::move(op), out, m.from);
}

void conversation::on_basic(std::uint16_t method, std::uint16_t channel, reader& in, const message& m, output& out) {
  switch (method) {
    case 20:
    case 70: {
      auto op = begin(60, method, method == 20 ? action::subscribe : action::read, m);
      in.skip(2);
      op.objects.push_back({"queue", short_text(in)});
      if (method == 20) op.fields.emplace_back("consumer_tag", short_text(in));
      const auto bits = in.u8();
      if (!in.ok()) return;
      if (method == 20 && (bits & 8) != 0) return out.emit(std::move(op), m.from);
      return open_.add({channel, id(60, static_cast<std::uint16_t>(method + 1)), {}}, std::move(op), out, m.from);
    }
    case 21:
    case 71: answered(channel, id(60, method), m, out); break;
    case 72: answered(channel, id(60, 71), m, out); return;
    case 40: {
      in.skip(2);
      auto exchange = short_text(in), routing = short_text(in);
      in.skip(1);
      if (in.ok()) moved("publish", std::move(exchange), std::move(routing), m, out);
      return;
    }
    case 60: {
      (void)short_text(in);
      in.skip(9);
      auto exchange = short_text(in), routing = short_text(in);
      if (in.ok()) moved("deliver", std::move(exchange), std::move(routing), m, out);
      return;
    }
    default: return;
  }
  if (method == 71) ++delivered_;
}

}  // namespace mw::amqp
