// Kerberos version 5 (RFC 4120) and its change of passwords (RFC 3244) on UDP and TCP: who asks for which ticket, with which encryption,
// and what the key distribution center answers.
#include "common/text.hpp"
#include "sensor/dissect/kerberos_message.hpp"
#include "sensor/dissect/kerberos_names.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace kerberos;

constexpr std::array<std::uint16_t, 2> ports{88, 464};
constexpr std::size_t tcp_head = 4, longest = 1024 * 1024 - tcp_head;
constexpr std::int64_t preauth_required = 25, more_preauth = 91, response_too_big = 52;

/// TCP puts the size before each message (RFC 4120 7.2.2); a change of password repeats it (RFC 3244 2).
result<std::size_t> frame(bytes head) {
  reader in{head};
  if (head.size() < tcp_head) return std::size_t{0};
  const std::size_t size = in.u32();
  if (size < 8 || size > longest) return fail(fault::malformed, "a message is of no possible size", 0);
  if (in.left() == 0) return std::size_t{0};
  const auto first = in.rest()[0];
  if ((first & 0xe0) == 0x60 && is_known(first & 0x1fu)) return tcp_head + size;
  if (in.left() < 2) return std::size_t{0};
  if (in.u16() != size) return fail(fault::malformed, "a message has no type of RFC 4120", tcp_head);
  return tcp_head + size;
}

match probe(bytes head, transport t) {
  if (t == transport::tcp) {
    const auto size = frame(head);
    if (!size) return match::no;
    if (*size == 0 || *size > head.size()) return match::unsure;
    head = head.subspan(tcp_head, *size - tcp_head);
  }
  if (read_password(head)) return match::yes;
  const auto p = read(head);
  return p && p->version_right && p->type_right ? match::yes : match::no;
}

std::string_view name_of(std::uint8_t type) {
  switch (type) {
    case as_request:
    case as_reply: return "as";
    case tgs_request:
    case tgs_reply: return "tgs";
    case ap_request:
    case ap_reply: return "ap";
    case safe: return "safe";
    case priv: return "priv";
    case cred: return "cred";
    case refused: return "error";
    default: return "unknown";
  }
}

class kerberos_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto data = m.data;
    if (m.transport == transport::tcp) data = data.size() < tcp_head ? bytes{} : data.subspan(tcp_head);
    if (const auto p = read_password(data)) {
      on_password(*p, m, out);
      return verdict::taken;
    }
    const auto p = read(data);
    if (!p) {
      out.violate(m.from, "message", p.error().what);
      return verdict::taken;
    }
    out.count("kerberos", "message", std::uint32_t{p->type});
    if (!p->version_right) out.violate(m.from, "version", "the protocol version is not 5");
    if (!p->type_right) out.violate(m.from, "message_type", "the message says another type than its tag");
    switch (p->type) {
      case as_request:
      case tgs_request:
      case ap_request: on_request(*p, m, out); break;
      case as_reply:
      case tgs_reply:
      case ap_reply: on_reply(*p, m, out); break;
      case refused: on_error(*p, m, out); break;
      default: break;  // for the two ends only
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// 0 matches any: an error does not say what it answers.
  struct key {
    std::uint8_t request = 0;
    side asker = side::client;
    friend bool operator==(const key& a, const key& b) {
      return a.asker == b.asker && (a.request == b.request || a.request == 0 || b.request == 0);
    }
  };
  struct asked {
    std::optional<std::int64_t> nonce;
    std::vector<std::int64_t> etypes;
    std::string client, realm;
    bool preauthenticated = false;
  };
  static constexpr std::uint8_t password_change = 255;

  static operation start(std::uint8_t type, const message& m) {
    operation op;
    op.time = m.time;
    op.action = type == as_request || type == ap_request ? action::authenticate : action::session;
    op.function = std::to_string(type), op.function_name = name_of(type);
    return op;
  }
  static void put(operation& op, std::string_view name, std::string value) {
    if (!value.empty()) op.fields.emplace_back(name, std::move(value));
  }
  static std::string at_realm(const std::string& name, const std::string& realm) {
    return name.empty() || realm.empty() ? name : name + '@' + realm;
  }
  static std::string names_of(const std::vector<std::int64_t>& etypes) {
    std::string out;
    for (const auto e : etypes) (out += out.empty() ? "" : ",") += etype_name(e);
    return out;
  }
  static void serve(operation& op, const std::string& service, const std::string& realm) {
    if (!service.empty() && op.objects.empty()) op.objects.push_back({"service", at_realm(service, realm), 1, {}, {}});
  }

  void on_request(const parsed& p, const message& m, output& out) {
    const key k{p.type, m.from};
    if (const auto* waiting = pending_.find(k); waiting != nullptr && p.nonce && waiting->extra.nonce == p.nonce)
      return out.count("kerberos", "repeated", "request");
    auto op = start(p.type, m);
    serve(op, p.type == ap_request ? p.ticket_service : p.service, p.realm);
    put(op, "user", at_realm(p.client, p.realm));
    put(op, "realm", p.realm);
    put(op, "client_host", p.host);
    put(op, "impersonated", p.impersonated);
    put(op, "etypes", names_of(p.etypes));
    if (!p.etypes.empty()) op.fields.emplace_back("only_weak_etypes", std::ranges::all_of(p.etypes, is_weak));
    std::string methods;
    for (const auto type : p.preauth)
      if (const auto name = preauth_name(type); !name.empty()) (methods += methods.empty() ? "" : ",") += name;
    put(op, "preauth", methods);
    if (p.type != ap_request) put(op, "options", option_names(p.options));
    put(op, "till", p.till);
    if (p.type != as_request && p.ticket_etype) put(op, "shown_ticket_etype", etype_name(*p.ticket_etype));
    if (!p.host.empty()) tell(m.from, "host_name", p.host, 60, m, out);
    asked extra{p.nonce, p.etypes, p.client, p.realm, proves(p)};
    if (p.type == as_request) op.fields.emplace_back("preauthenticated", extra.preauthenticated);
    pending_.add(k, std::move(op), out, m.from, std::move(extra));
  }

  /// Something that only who knows the secret can have sent.
  static bool proves(const parsed& p) {
    constexpr std::array<std::int64_t, 7> proofs{2, 14, 16, 136, 138, 142, 151};
    return std::ranges::any_of(p.preauth, [&](std::int64_t t) { return std::ranges::find(proofs, t) != proofs.end(); });
  }

  void on_reply(const parsed& p, const message& m, output& out) {
    const auto request = static_cast<std::uint8_t>(p.type - 1);
    auto r = pending_.take({request, other(m.from)});
    auto op = r ? std::move(r->op) : start(request, m);
    if (!r) put(op, "user", at_realm(p.client, p.client_realm));
    if (r && r->extra.client.empty()) put(op, "user", at_realm(p.client, p.client_realm));
    serve(op, p.ticket_service, p.client_realm);
    if (p.ticket_etype) {
      put(op, "ticket_etype", etype_name(*p.ticket_etype));
      op.fields.emplace_back("weak_ticket", is_weak(*p.ticket_etype));
    }
    if (p.reply_etype) put(op, "reply_etype", etype_name(*p.reply_etype));
    if (r && p.type == as_reply && p.reply_etype && !r->extra.etypes.empty() &&
        std::ranges::find(r->extra.etypes, *p.reply_etype) == r->extra.etypes.end())
      out.violate(m.from, "etype_not_offered", "the answer is encrypted in a way that the client did not offer");
    if (p.type != ap_reply) tell_names(p, m, out);
    finish(std::move(op), r.has_value(), outcome::ok, m, out);
  }

  void on_error(const parsed& p, const message& m, output& out) {
    auto r = pending_.take({0, other(m.from)});
    auto op = r ? std::move(r->op) : start(refused, m);
    serve(op, p.service, p.realm);
    op.code = std::to_string(p.code);
    put(op, "error", std::string{error_name(p.code)});
    put(op, "error_text", p.text);
    if (!p.etypes.empty()) put(op, "server_etypes", names_of(p.etypes));
    if (p.windows_status) put(op, "nt_status", std::to_string(*p.windows_status));
    if (p.code != 0 && p.code < 128) out.count("kerberos", "error", static_cast<std::uint32_t>(std::max<std::int64_t>(p.code, 0)));
    // no attempt has failed: the center says how to ask
    if (p.code == preauth_required || p.code == more_preauth || p.code == response_too_big) op.action = action::session;
    if (!p.realm.empty()) tell(m.from, "role", "kerberos_center", 60, m, out);
    finish(std::move(op), r.has_value(), outcome::refused, m, out);
  }

  void on_password(const password_message& p, const message& m, output& out) {
    out.count("kerberos", "password", std::uint32_t{p.version});
    const bool request = !p.ap.empty() && (p.ap[0] & 0x1f) == ap_request;
    if (request) {
      operation op;
      op.time = m.time;
      op.action = action::configure;
      op.function = std::to_string(p.version), op.function_name = p.version == 1 ? "change_password" : "set_password";
      if (const auto ap = read(p.ap)) serve(op, ap->ticket_service, ap->realm);
      return pending_.add({password_change, m.from}, std::move(op), out, m.from);
    }
    auto r = pending_.take({password_change, other(m.from)});
    operation op;
    if (r) {
      op = std::move(r->op);
    } else {
      op.time = m.time;
      op.action = action::configure;
      op.function = std::to_string(p.version), op.function_name = "change_password";
    }
    auto how = outcome::ok;
    if (const auto e = p.ap.empty() ? read(p.rest) : result<parsed>{parsed{}}; e && e->type == refused) {
      how = outcome::refused;
      op.code = std::to_string(e->password_result ? std::int64_t{*e->password_result} : e->code);
      put(op, "error", std::string{e->password_result ? password_result(*e->password_result) : error_name(e->code)});
    } else {
      op.fields.emplace_back("encrypted", true);  // the answer may be a refusal, too
      how = outcome::none;
    }
    finish(std::move(op), r.has_value(), how, m, out);
  }

  void finish(operation&& op, bool paired, outcome how, const message& m, output& out) {
    if (paired) op.latency = m.time - op.time;
    op.outcome = paired ? how : outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  void tell(side who, std::string_view kind, const std::string& value, std::uint8_t confidence, const message& m, output& out) {
    const auto& whose = who == m.from ? m.source.address : m.target.address;
    if (!value.empty() && told_.fresh(whose, {}, kind, value, m.time, "kerberos", out)) out.learn(who, {}, kind, value, confidence);
  }
  /// A machine's own account is its name with a dollar.
  void tell_names(const parsed& p, const message& m, output& out) {
    tell(m.from, "role", "kerberos_center", 80, m, out);
    tell(m.from, "domain", p.client_realm, 70, m, out);
    const auto client = other(m.from);
    tell(client, "domain", p.client_realm, 50, m, out);
    if (p.client.ends_with('$'))
      tell(client, "host_name", p.client.substr(0, p.client.size() - 1), 60, m, out);
    else if (p.type == as_reply)
      tell(client, "user", at_realm(p.client, p.client_realm), 60, m, out);
    out.describe("kerberos_client", at_realm(p.client, p.client_realm));
  }

  pending_requests<key, asked, 64> pending_;
  told_facts<64> told_;
};

const protocol here{{
    .name = "kerberos",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<kerberos_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
