// How an association agrees on interfaces and on who calls (C706 12.6.3; [MS-RPCE] 2.2.1.1.7, 2.2.1.1.8, 2.2.2.11).
#include "sensor/dissect/msrpc_messages.hpp"
#include "sensor/dissect/ntlmssp_facts.hpp"
#include "sensor/dissect/spnego.hpp"

#include <algorithm>
#include <array>

namespace mw::msrpc {
namespace {

using dce_rpc::kind;

constexpr auto ndr_64 = dce_rpc::make_uuid(0x71710533, 0xbeba, 0x4937, 0x8319b5dbef9ccc36);
constexpr std::size_t size_of_syntax = 20;

enum authentication : std::uint8_t { by_spnego = 9, by_ntlm = 10, by_tls = 14, by_kerberos = 16, by_netlogon = 68 };
std::string_view name_of_kind(std::uint8_t k) {
  switch (k) {
    case by_spnego: return "spnego";
    case by_ntlm: return "ntlm";
    case by_tls: return "tls";
    case by_kerberos: return "kerberos";
    case by_netlogon: return "netlogon";
    default: return "other";
  }
}
constexpr std::array<std::string_view, 7> levels{"default", "none", "connect", "call", "packet", "integrity", "privacy"};

/// C706 12.6.3.1, provider_reason; bind_nak: p_reject_reason_t.
constexpr std::array<std::string_view, 5> reasons{"not_specified", "abstract_syntax_not_supported", "transfer_syntaxes_not_supported",
                                                  "local_limit_exceeded", "authentication_denied"};
constexpr std::array<std::string_view, 10> rejections{
    "not_specified",          "temporary_congestion",  "local_limit_exceeded",
    "called_address_unknown", "version_not_supported", "default_context_not_supported",
    "user_data_not_readable", "no_psap_available",     "authentication_type_not_recognized",
    "invalid_checksum"};
template <std::size_t N>
std::string text_of(const std::array<std::string_view, N>& table, std::size_t i) {
  return i < N ? std::string{table[i]} : std::to_string(i);
}

struct agreement {
  std::uint16_t result = 0, reason = 0;
  dce_rpc::uuid syntax{};
};
constexpr std::uint16_t acceptance = 0, negotiation = 3;  // of bind time features, which are no interface

std::vector<agreement> agreements(const dce_rpc::header& h) {
  std::vector<agreement> out;
  reader in{h.body};
  in.skip(8);
  const std::size_t address = dce_rpc::u16(in, h.little);
  in.skip(address + (4 - (address + 2) % 4) % 4);
  auto count = in.u8();
  in.skip(3);
  for (; count != 0 && in.left() != 0; --count) {
    agreement a;
    a.result = dce_rpc::u16(in, h.little), a.reason = dce_rpc::u16(in, h.little);
    a.syntax = dce_rpc::read_uuid(in, h.little);
    in.skip(4);
    if (in.ok()) out.push_back(a);
  }
  return out;
}

}  // namespace

std::vector<calls::context> calls::contexts_of(const dce_rpc::header& h, std::vector<std::uint32_t>& versions) {
  std::vector<context> out;
  reader in{h.body};
  in.skip(8);
  auto count = in.u8();
  in.skip(3);
  for (; count != 0 && in.left() != 0; --count) {
    context c;
    c.id = dce_rpc::u16(in, h.little);
    const std::size_t syntaxes = in.u8();
    in.skip(1);
    const auto id = dce_rpc::read_uuid(in, h.little);
    const auto version = dce_rpc::u32(in, h.little);
    in.skip(syntaxes * size_of_syntax);
    if (!in.ok()) break;
    c.of = find(id);
    c.name = c.of != nullptr ? std::string{c.of->name} : dce_rpc::to_string(id);
    out.push_back(std::move(c));
    versions.push_back(version);
  }
  return out;
}

void calls::remember(const context& c, output& out) {
  std::erase_if(contexts_, [&](const context& known) { return known.id == c.id; });
  if (contexts_.size() >= most_contexts) {
    out.count(protocol_name, "forgotten", "context");
    contexts_.erase(contexts_.begin());
  }
  contexts_.push_back(c);
}

void calls::read_token(const trailer& t, const message& m, operation& op, output& out) {
  if (t.token.empty() || t.level < 2) return;
  auto name = std::string{name_of_kind(t.kind)};
  bytes ntlm = t.kind == by_ntlm ? t.token : bytes{};
  if (t.kind == by_spnego || t.kind == by_kerberos) {
    if (const auto token = spnego::read(t.token)) {
      ntlm = token->ntlm;
      if (!token->mechanism().empty()) name = token->mechanism();
      if (!token->service.empty()) op.fields.emplace_back("service", token->service);
      if (!token->realm.empty()) op.fields.emplace_back("realm", token->realm);
    }
  }
  op.fields.emplace_back("authentication", name);
  op.fields.emplace_back("level", text_of(levels, t.level));
  out.describe("rpc_authentication", name);
  out.describe("rpc_protection", text_of(levels, t.level));
  if (ntlm.empty()) return;
  const auto said = ntlmssp::read(ntlm);
  if (!said) return out.violate(m.from, "ntlm", said.error().what, {}, protocol_name);
  ntlmssp::learn_from(*said, m.from, out);
  if (said->type != ntlmssp::kind::authenticate) return;
  op.action = action::authenticate;
  ntlmssp::add_to(op, *said);
}

void calls::on_bind(const dce_rpc::header& h, const trailer& t, const message& m, output& out) {
  operation op;
  op.time = m.time;
  op.protocol = protocol_name;
  op.action = action::session;
  op.function = op.function_name = h.type == kind::bind ? "bind" : "alter_context";
  std::vector<std::uint32_t> versions;
  offered_ = contexts_of(h, versions);
  if (offered_.empty()) out.violate(m.from, "bind", "no interface is offered, or the list is cut", {}, protocol_name);
  for (std::size_t i = 0; i < offered_.size(); ++i) {
    const auto& c = offered_[i];
    if (std::ranges::find(op.objects, c.name, &object::address) != op.objects.end()) continue;
    op.objects.push_back({"interface", c.name});
    if (op.objects.size() == 1)
      op.fields.emplace_back("version", std::to_string(versions[i] & 0xffff) + '.' + std::to_string(versions[i] >> 16));
    remember(c, out);  // with the first of several offers of the same interface, until the answer says which
  }
  if (!op.objects.empty()) out.describe("rpc_interface", op.objects[0].address);
  if (h.authenticated) read_token(t, m, op, out);
  waiting_.add(key(h.type, h.call), std::move(op), out, m.from, {});
}

void calls::on_bind_answer(const dce_rpc::header& h, const trailer& t, const message& m, output& out) {
  auto r = waiting_.take(key(kind::bind, h.call));
  operation ignored;
  if (h.authenticated) read_token(t, m, ignored, out);
  if (!r) {
    operation op;
    op.time = m.time;
    op.protocol = protocol_name;
    op.action = action::session;
    op.function = op.function_name = h.type == kind::bind_ack ? "bind" : "alter_context";
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(m.from));
  }
  const auto said = agreements(h);
  auto how = said.empty() ? outcome::ok : outcome::refused;
  std::optional<agreement> refusal;
  for (std::size_t i = 0; i < said.size() && i < offered_.size(); ++i) {
    auto& c = offered_[i];
    if (said[i].result == acceptance) {
      how = outcome::ok;
      c.wide = said[i].syntax == ndr_64;
      c.agreed = true;
      remember(c, out);
    } else if (said[i].result != negotiation) {
      refusal = said[i];
    }
  }
  if (said.size() > offered_.size())
    out.violate(m.from, "bind_answer", "more interfaces are answered than were offered", {}, protocol_name);
  if (how == outcome::refused && refusal) {
    r->op.code = std::to_string(refusal->reason);
    r->op.fields.emplace_back("reason", text_of(reasons, refusal->reason));
  }
  answer(*r, m.time, how, out);
}

void calls::on_bind_refused(const dce_rpc::header& h, const message& m, output& out) {
  auto r = waiting_.take(key(kind::bind, h.call));
  reader in{h.body};
  const auto reason = dce_rpc::u16(in, h.little);
  if (!r || !in.ok()) return;
  r->op.code = std::to_string(reason);
  r->op.fields.emplace_back("reason", text_of(rejections, reason));
  answer(*r, m.time, outcome::refused, out);
}

/// The third leg, which nobody answers: a wrong password shows in the first call's fault.
void calls::on_authentication(const dce_rpc::header&, const trailer& t, const message& m, output& out) {
  operation op;
  op.time = m.time;
  op.protocol = protocol_name;
  op.action = action::authenticate;
  op.function = op.function_name = "auth3";
  read_token(t, m, op, out);
  out.emit(std::move(op), m.from);
}

}  // namespace mw::msrpc
