// RADIUS (RFC 2865, 2866, 3579, 5176, 5997) on UDP: who is let into the network where, and who is thrown out.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/radius_message.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace radius;

constexpr std::array<std::uint16_t, 5> ports{1812, 1813, 3799, 1645, 1646};
constexpr std::chrono::minutes patience{1};

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  const auto p = read(head);
  reader in{head};
  in.skip(2);
  return p && in.u16() == head.size() && p->rule.empty() ? match::yes : match::no;
}

action action_of(std::uint8_t request) {
  switch (request) {
    case access_request: return action::authenticate;
    case status_server: return action::diagnose;
    case coa_request: return action::configure;
    case disconnect_request: return action::control;
    default: return action::session;
  }
}

/// A station names itself by its card, written in many ways.
mac card_of(std::string_view text) {
  std::string plain;
  for (const char c : text.substr(0, 17))
    if (c != '-' && c != ':' && c != '.') plain += c;
  if (plain.size() != 12) return {};
  for (std::size_t at = 10; at > 0; at -= 2) plain.insert(at, ":");
  return mac::parse(plain).value_or(mac{});
}

class radius_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read(m.data);
    if (!p) {
      out.violate(m.from, "message", "the datagram is no message with whole attributes");
      return verdict::taken;
    }
    out.count("radius", "code", std::uint32_t{p->code});
    if (!p->rule.empty()) out.violate(m.from, p->rule, p->wrong);
    if (is_request(p->code))
      on_request(*p, m, out);
    else
      on_answer(*p, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override {
    pending_.expire(now, out);
    challenged_.expire(now, out, patience);
  }
  void on_end(timestamp, output& out) override {
    pending_.finish(out);
    challenged_.finish(out);
  }

private:
  struct key {
    std::uint8_t request = 0, id = 0;
    side asker = side::client;
    friend bool operator==(const key& a, const key& b) {
      // a status request is answered by an accept or by an accounting response
      const bool same = a.request == b.request || a.request == status_server || b.request == status_server;
      return same && a.id == b.id && a.asker == b.asker;
    }
  };
  using proof = std::vector<std::uint8_t>;

  static operation start(std::uint8_t request, const message& m) {
    operation op;
    op.time = m.time;
    op.action = action_of(request);
    op.function = std::to_string(request), op.function_name = code_name(request);
    return op;
  }
  static void put(operation& op, std::string_view name, value v) {
    const auto known = std::ranges::find(op.fields, name, &field::first);
    if (known == op.fields.end())
      op.fields.emplace_back(name, std::move(v));
    else
      known->second = std::move(v);
  }
  static void put_text(operation& op, std::string_view name, std::string_view text) {
    if (!text.empty()) put(op, name, std::string{text});
  }
  static void put_number(operation& op, std::string_view name, const std::optional<std::uint32_t>& n) {
    if (n) put(op, name, std::uint64_t{*n});
  }

  static void describe(operation& op, const parsed& p) {
    if (!p.user.empty() && op.objects.empty()) op.objects.push_back({"user", p.user, 1, {}, {}});
    put_text(op, "user", p.user);
    put_text(op, "method", p.method);
    if (p.eap != "identity" && p.eap != "success" && p.eap != "failure") put_text(op, "eap_type", p.eap);
    put_text(op, "nas_identifier", p.nas_identifier);
    if (!p.nas.is_none()) put(op, "nas_address", to_string(p.nas));
    put_number(op, "nas_port", p.port);
    put_text(op, "nas_port_id", p.port_id);
    if (p.port_type) put_text(op, "nas_port_type", port_type_name(*p.port_type));
    put_text(op, "calling_station", p.calling);
    put_text(op, "called_station", p.called);
    if (p.service) put_text(op, "service", service_name(*p.service));
    if (!p.framed.is_none()) put(op, "framed_address", to_string(p.framed));
    put_text(op, "session", p.session);
    if (p.status) put_text(op, "status", status_name(*p.status));
    put_number(op, "session_seconds", p.time);
    put_number(op, "input_octets", p.octets_in);
    put_number(op, "output_octets", p.octets_out);
    if (p.cause) put_text(op, "terminate_cause", terminate_cause(*p.cause));
    put_text(op, "vlan_assigned", p.vlan);
    put_text(op, "filter", p.filter);
    put_text(op, "reply", p.reply);
    put_number(op, "session_timeout", p.timeout);
  }

  void on_request(const parsed& p, const message& m, output& out) {
    const key k{p.code, p.id, m.from};
    proof sent(p.authenticator.begin(), p.authenticator.end());
    if (const auto* waiting = pending_.find(k); waiting != nullptr && waiting->extra == sent)
      return out.count("radius", "repeated", "request");
    auto op = start(p.code, m);
    if (p.code == access_request && !p.state.empty())  // the next round of a login that was challenged
      if (auto before = challenged_.take(hex(p.state, 253))) op = std::move(before->op);
    describe(op, p);
    if (p.code == access_request) {
      put(op, "message_authenticator", p.message_authenticator);
      if (!p.message_authenticator) warn(m, out);
    }
    tell_request(p, m, out);
    pending_.add(k, std::move(op), out, m.from, std::move(sent));
  }

  void on_answer(const parsed& p, const message& m, output& out) {
    const auto request = request_of(p.code);
    auto r = pending_.take({request, p.id, other(m.from)});
    auto op = r ? std::move(r->op) : start(request, m);
    describe(op, p);
    const bool of_access = p.code == access_accept || p.code == access_reject || p.code == access_challenge;
    if (of_access && !p.message_authenticator && op.function != "12") warn(m, out);
    tell(m.from, "role", p.code >= disconnect_request ? "network_access_server" : "radius_server", 80, m, out);
    if (r && p.code == access_challenge && !p.state.empty()) {
      challenged_.add(hex(p.state, 253), std::move(op), out, r->asker);
      return;
    }
    const bool bad = p.code == access_reject || p.code == disconnect_nak || p.code == coa_nak;
    put_text(op, "answer", code_name(p.code));
    if (bad) op.code = std::to_string(p.error.value_or(p.code));
    if (p.error) put_text(op, "error", error_cause(*p.error));
    if (r) op.latency = m.time - op.time;
    op.outcome = !r ? outcome::unpaired : bad ? outcome::refused : outcome::ok;
    out.emit(std::move(op), other(m.from));
  }

  void tell_request(const parsed& p, const message& m, output& out) {
    if (p.code != access_request && p.code != accounting_request) return;
    tell(m.from, "role", "network_access_server", 60, m, out);
    tell(m.from, "nas_identifier", p.nas_identifier, 60, m, out);
    const auto card = card_of(p.calling);
    if ((card.is_none() && p.framed.is_none()) || p.user.empty() || p.code != accounting_request) return;
    const bool new_here = told_.fresh(p.framed, card, "user", p.user, m.time, "radius", out);
    if (new_here) out.learn_about(p.framed, p.framed.is_none() ? card : mac{}, "user", p.user, 60);
  }
  /// CVE-2024-3596: who can change a datagram on its way can make an accept of a reject.
  void warn(const message& m, output& out) { tell(m.from, "insecure_configuration", "RADIUS without message authenticator", 80, m, out); }
  void tell(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, const message& m, output& out) {
    if (!value.empty() && told_.fresh(m.source.address, {}, kind, value, m.time, "radius", out))
      out.learn(who, {}, kind, value, confidence);
  }

  pending_requests<key, proof> pending_;
  pending_requests<std::string, std::monostate, 64> challenged_;  ///< logins by the state that the next round repeats
  told_facts<128> told_;
};

const protocol here{{
    .name = "radius",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<radius_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
