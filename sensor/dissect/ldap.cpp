// The Lightweight Directory Access Protocol (RFC 4511), over UDP, too, as domain controllers are looked for ([MS-ADTS] 6.3.3): who binds
// how, what is searched and changed, and what an answer tells of the server. Passwords and values are never kept.
#include "sensor/dissect/ldap_facts.hpp"
#include "sensor/dissect/ldap_message.hpp"
#include "sensor/dissect/ldap_names.hpp"
#include "sensor/dissect/ntlmssp_facts.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/spnego.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace ldap;

constexpr std::array<std::uint16_t, 2> tcp_ports{389, 3268};
constexpr std::array<std::uint16_t, 1> udp_ports{389};
constexpr std::size_t wrap_head = 4, longest_wrapped = 1024 * 1024 - wrap_head;
constexpr std::chrono::minutes patience{2};

/// What a security layer puts before a message (RFC 4752 3.3): GSS-API framing, Kerberos or NTLM.
bool is_wrapped(bytes head) {
  if (head.size() < wrap_head + 4) return false;
  const auto token = head.subspan(wrap_head);
  return token[0] == 0x60 || (token[0] == 5 && token[1] == 4) || (token[0] == 1 && token[1] == 0 && token[2] == 0 && token[3] == 0);
}

result<std::size_t> frame(bytes head) {
  if (head.empty() || head[0] != 0) return message_size(head);
  if (head.size() < wrap_head + 4) return std::size_t{0};
  reader in{head};
  const std::size_t size = in.u32();
  if (size < 16 || size > longest_wrapped || !is_wrapped(head)) return fail(fault::malformed, "neither a message nor a wrapped one", 0);
  return wrap_head + size;
}

match probe(bytes head, transport t) {
  const auto size = t == transport::tcp ? frame(head) : message_size(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size() || head[0] == 0) return t == transport::tcp ? match::unsure : match::no;
  return read(head.first(*size)) ? match::yes : match::no;
}

action action_of(const parsed& p) {
  switch (p.tag) {
    case bind_request: return action::authenticate;
    case search_request: return p.name.empty() && p.scope == 0 ? action::identify : action::read;
    case compare_request: return action::read;
    case extended_request: return extension_name(p.extension) == "password_modify" ? action::write : action::session;
    default: return action::write;
  }
}

class ldap_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::tcp && !m.data.empty() && m.data[0] == 0)
      on_wrapped(m, out);
    else
      on_messages(m.data, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out, patience); }
  void on_end(timestamp, output& out) override {
    pending_.finish(out);
    if (!binding_) return;
    binding_->outcome = outcome::timeout;
    out.emit(std::move(*binding_), binder_);
    binding_.reset();
  }

private:
  struct key {
    std::int64_t id = 0;
    side asker = side::client;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    std::uint32_t tag = 0;
    std::string extension;
    bool more_to_come = false;  ///< of a bind
    bool clear_password = false;
    std::uint64_t entries = 0, references = 0;
  };

  /// A datagram and a wrapped part may hold several messages.
  void on_messages(bytes data, const message& m, output& out) {
    do {
      const auto size = message_size(data);
      if (!size || *size == 0 || *size > data.size()) return out.violate(m.from, "message", "the bytes are no whole message");
      on_plain(data.first(*size), m, out);
      data = data.subspan(*size);
    } while (!data.empty());
  }

  void on_plain(bytes data, const message& m, output& out) {
    const auto p = read(data);
    if (!p) return out.violate(m.from, "message", p.error().what);
    out.count("ldap", "operation", p->tag);
    if (is_request(p->tag))
      on_request(*p, m, out);
    else
      on_answer(*p, m, out);
  }

  /// Signed messages can be read, sealed ones cannot.
  void on_wrapped(const message& m, output& out) {
    auto token = m.data.subspan(std::min(m.data.size(), wrap_head));
    constexpr std::size_t ntlm_head = 16, kerberos_head = 16;
    if (token.size() > ntlm_head && token[0] == 1) {
      token = token.subspan(ntlm_head);
    } else if (token.size() > kerberos_head && token[0] == 5) {
      reader in{token};
      in.skip(2);
      const bool sealed = (in.u8() & 2) != 0;
      in.skip(1);
      const auto extra = in.u16(), rotation = in.u16();
      in.skip(8);
      if (sealed || !in.ok() || in.left() < extra) return out.count("ldap", "wrapped", "sealed");
      token = rotation == extra ? in.rest().subspan(extra) : in.rest().first(in.left() - extra);
    } else {
      return out.count("ldap", "wrapped", "other");
    }
    const auto first = message_size(token);
    if (!first || *first == 0 || *first > token.size()) return out.count("ldap", "wrapped", "sealed");
    out.count("ldap", "wrapped", "signed");
    on_messages(token, m, out);
  }

  static operation start(const parsed& p, std::uint32_t tag, const message& m) {
    operation op;
    op.time = m.time;
    op.action = action_of(p);
    op.function = std::to_string(tag), op.function_name = operation_name(tag);
    return op;
  }
  static void put(operation& op, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    const auto known = std::ranges::find(op.fields, name, &field::first);
    if (known == op.fields.end())
      op.fields.emplace_back(name, std::string{value});
    else
      known->second = std::string{value};
  }

  void on_request(const parsed& p, const message& m, output& out) {
    if (p.tag == unbind_request) return;
    if (p.tag == abandon_request) return on_abandon(p, m, out);
    if (p.tag == bind_request) return on_bind(p, m, out);
    auto op = start(p, p.tag, m);
    if (!p.name.empty() || p.tag == search_request) op.objects.push_back({"dn", p.name, 1, {}, {}});
    if (p.tag == search_request) {
      put(op, "scope", scope_name(p.scope));
      put(op, "filter", p.filter);
      if (p.size_limit != 0) op.fields.emplace_back("size_limit", p.size_limit);
      tell(m.from, "host_name", p.host, 50, m, out);
      put(op, "account", p.account);
    }
    put(op, p.tag == rename_request ? "new_name" : "attributes", p.attributes);
    if (p.tag == extended_request) {
      op.function += '/' + p.extension;
      op.function_name = extension_name(p.extension);
    }
    pending_.add({p.id, m.from}, std::move(op), out, m.from, {p.tag, p.extension, false, false, 0, 0});
  }

  void on_abandon(const parsed& p, const message& m, output& out) {
    reader in{p.body};
    std::int64_t id = 0;
    while (in.left() && in.left() < 9) id = id << 8 | in.u8();
    auto r = pending_.take({id, m.from});
    if (!r) return;
    r->op.fields.emplace_back("abandoned", true);
    r->op.outcome = outcome::none;
    out.emit(std::move(r->op), r->asker);
  }

  /// Several rounds of SASL are one login.
  void on_bind(const parsed& p, const message& m, output& out) {
    auto op = binding_ && binder_ == m.from ? std::move(*binding_) : start(p, p.tag, m);
    binding_.reset();
    asked extra{p.tag, {}, p.more_to_come, false, 0, 0};
    if (op.fields.empty()) op.fields.emplace_back("version", p.version);
    if (p.version != 2 && p.version != 3) out.violate(m.from, "version", "the version of a bind is neither 2 nor 3");
    if (!p.name.empty() && op.objects.empty()) op.objects.push_back({"dn", p.name, 1, {}, {}});
    put(op, "user", p.name);
    put(op, "method", p.method == bind_method::simple ? "simple" : p.method == bind_method::sasl ? "sasl" : "sicily");
    put(op, "mechanism", p.mechanism);
    if (p.method == bind_method::simple) {
      const bool given = !p.credentials.empty();
      op.fields.emplace_back("password_given", given);
      if (given)
        op.fields.emplace_back("clear_text", true);
      else
        op.fields.emplace_back(p.name.empty() ? "anonymous" : "unauthenticated", true);  // RFC 4513 5.1
      extra.clear_password = given;
    } else {
      if (p.mechanism == "PLAIN" || p.mechanism == "LOGIN") op.fields.emplace_back("clear_text", true), extra.clear_password = true;
      security_token(p.credentials, op, m, out);
    }
    out.describe("authentication", p.method == bind_method::simple ? std::string_view{"simple"} : std::string_view{p.mechanism});
    pending_.add({p.id, m.from}, std::move(op), out, m.from, std::move(extra));
  }

  static void security_token(bytes data, operation& op, const message& m, output& out) {
    if (data.empty()) return;
    const auto token = spnego::read(data);
    if (!token) return;
    put(op, "gss_mechanism", token->mechanism());
    if (token->kerberos && !token->service.empty()) put(op, "service", token->service + (token->realm.empty() ? "" : '@' + token->realm));
    if (token->ntlm.empty()) return;
    const auto ntlm = ntlmssp::read(token->ntlm);
    if (!ntlm) return out.violate(m.from, "ntlm", ntlm.error().what);
    ntlmssp::learn_from(*ntlm, m.from, out);
    if (ntlm->type == ntlmssp::kind::authenticate) ntlmssp::add_to(op, *ntlm);
  }

  void on_answer(const parsed& p, const message& m, output& out) {
    const key k{p.id, other(m.from)};
    auto* waiting = pending_.find(k);
    if (p.tag == search_entry || p.tag == search_reference) return on_found(p, waiting, m, out);
    if (p.tag == intermediate_response) return;
    if (p.id == 0 && p.extension == disconnection) {
      out.describe("disconnected", result_name(p.result.value_or(-1)));
      return;
    }
    auto r = pending_.take(k);
    operation op;
    if (r) {
      op = std::move(r->op);
      op.latency = m.time - op.time;
      const auto expected = r->extra.tag == search_request ? std::uint32_t{search_done} : r->extra.tag + 1;
      if (p.tag != expected) out.violate(m.from, "response", "the answer is to another kind of request");
    } else {
      op = start(p, p.tag == search_done ? std::uint32_t{search_request} : p.tag - 1, m);
      op.action = p.tag == bind_response ? action::authenticate : p.tag == search_done ? action::read : op.action;
    }
    if (p.tag == bind_response) security_token(p.credentials, op, m, out);
    const auto code = p.result.value_or(0);
    constexpr std::int64_t in_progress = 14, referred = 10, compared_false = 5, compared_true = 6;
    if (r && p.tag == bind_response && (code == in_progress || (code == 0 && r->extra.more_to_come))) {
      op.latency.reset();
      binding_ = std::move(op);
      binder_ = r->asker;
      return;
    }
    if (r && r->extra.tag == search_request) op.fields.emplace_back("entries", r->extra.entries);
    if (r && r->extra.references != 0) op.fields.emplace_back("references", r->extra.references);
    put(op, "result", result_name(code));
    if (code != 0) {
      op.code = std::to_string(code);
      put(op, "diagnostic", p.diagnostic);
      put(op, "windows_error", windows_error(p.diagnostic));
    }
    put(op, "referral", p.referral);
    tell(m.from, "role", "directory_server", 70, m, out);
    const bool good = code == 0 || code == compared_false || code == compared_true || code == referred;
    if (good && r && r->extra.clear_password && p.tag == bind_response)
      tell(m.from, "insecure_configuration", "accepts passwords in clear text", 80, m, out);
    op.outcome = !r ? outcome::unpaired : good ? outcome::ok : outcome::refused;
    out.emit(std::move(op), other(m.from));
    if (r && r->extra.extension == start_tls && code == 0) out.become("tls");
  }

  template <class Request>
  void on_found(const parsed& p, Request* search, const message& m, output& out) {
    if (search != nullptr) ++(p.tag == search_entry ? search->extra.entries : search->extra.references);
    if (p.tag == search_reference) {
      if (search != nullptr) put(search->op, "referral", p.referral);
      return;
    }
    auto words = read_entry(p.name, p.body);
    for (const auto& f : words.facts) tell(m.from, f.kind, f.value, 80, m, out);
    if (words.java.empty()) return;
    out.violate(m.from, "java_reference", "an answer tells its client to load a Java object");
    if (search == nullptr) return;
    for (auto& f : words.java)
      if (std::ranges::find(search->op.fields, f.first, &field::first) == search->op.fields.end())
        search->op.fields.push_back(std::move(f));
  }

  void tell(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, const message& m, output& out) {
    const auto& whose = who == m.from ? m.source.address : m.target.address;
    const bool several = kind == "role";
    if (!value.empty() && told_.fresh(whose, {}, kind, value, m.time, "ldap", out, several)) out.learn(who, {}, kind, value, confidence);
  }

  pending_requests<key, asked, 128> pending_;
  std::optional<operation> binding_;  ///< a login whose next round is to come
  side binder_ = side::client;
  told_facts<64> told_;
};

const protocol here{{
    .name = "ldap",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ldap_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
