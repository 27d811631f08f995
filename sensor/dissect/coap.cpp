// CoAP (RFC 7252) with observation (RFC 7641), blocks (RFC 7959), TCP (RFC 8323) and what OMA LwM2M addresses with it.
#include "common/text.hpp"
#include "sensor/dissect/coap_message.hpp"
#include "sensor/dissect/mqtt_text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>
#include <string>

namespace mw {
namespace {

using namespace coap;

constexpr std::array<std::uint16_t, 2> ports{5683, 5684};
constexpr std::size_t most_exchanges = 64, most_observations = 128;
constexpr nanoseconds exchange_lifetime = std::chrono::seconds{247};  // RFC 7252, 4.8.2
constexpr std::uint8_t get = 1, post = 2, put = 3;

/// Resources of LwM2M (OMA-TS-LightweightM2M-Core, appendix E) that are more than values.
struct lwm2m_resource {
  std::string_view path;
  std::uint8_t method;
  action what;
};
constexpr std::array lwm2m_actions{
    lwm2m_resource{"/3/0/4", post, action::restart},    // reboot
    lwm2m_resource{"/3/0/5", post, action::configure},  // factory reset
    lwm2m_resource{"/5/0/0", put, action::firmware},    // package
    lwm2m_resource{"/5/0/1", put, action::firmware},    // package URI
    lwm2m_resource{"/5/0/2", post, action::firmware},   // update
    lwm2m_resource{"/rd", post, action::session},       // registration
    lwm2m_resource{"/bs", post, action::session},       // bootstrap
};
constexpr std::pair<std::string_view, std::string_view> lwm2m_facts[] = {{"/3/0/0", "vendor"},    {"/3/0/1", "model"},
                                                                         {"/3/0/2", "serial"},    {"/3/0/3", "firmware"},
                                                                         {"/3/0/18", "hardware"}, {"/3/0/19", "software"}};

action action_of(const parsed& m) {
  for (const auto& r : lwm2m_actions)
    if (r.method == m.code && r.path == m.path) return r.what;
  switch (m.code) {
    case get: return m.observe ? action::subscribe : m.path == "/.well-known/core" ? action::identify : action::read;
    case 5: return m.observe ? action::subscribe : action::read;  // FETCH
    case post: return action::control;
    case 4: return action::configure;  // DELETE
    default: return action::write;
  }
}

class coap_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = m.transport == transport::tcp ? read_segment(m.data) : read_datagram(m.data);
    if (!p) {
      out.violate(m.from, "length", "the message is shorter than its header");
      return verdict::taken;
    }
    if (p->rule == "version") {
      out.violate(m.from, p->rule, p->wrong);
      return verdict::taken;
    }
    out.count("coap", "code", p->code);
    if (!p->rule.empty()) out.violate(m.from, p->rule, p->wrong);
    if (p->code == 0)
      on_empty(*p, m, out);
    else if (is_request(p->code))
      on_request(*p, m, out);
    else if (is_response(p->code))
      on_response(*p, m, out);
    else if (is_signal(p->code))
      on_signal(*p, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// A request is found by its token; without one by its message id.
  struct key {
    side asker = side::client;
    std::string token;
    std::uint16_t id = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    std::string path;
    std::optional<std::uint32_t> observe;
  };
  struct exchange {
    side from = side::client;
    std::uint16_t id = 0;
    timestamp time{};
    key request;
  };
  struct observation {
    side observer = side::client;
    std::string token, path;
  };

  static key key_of(const parsed& p, side asker) { return {asker, p.token, p.token.empty() ? p.id : std::uint16_t{0}}; }

  /// True where this message was sent before (RFC 7252, 4.5).
  bool is_repeated(const parsed& p, const message& m, output& out) {
    if (m.transport == transport::tcp || (p.is != kind::confirmable && p.is != kind::non_confirmable)) return false;
    const auto k = key_of(p, m.from);
    for (const auto& e : exchanges_)
      if (e.from == m.from && e.id == p.id && e.request == k && m.time - e.time < exchange_lifetime) {
        out.count("coap", "repeated", p.code);
        return true;
      }
    if (exchanges_.size() >= most_exchanges) exchanges_.pop_front();  // a window of the last ones
    exchanges_.push_back({m.from, p.id, m.time, k});
    return false;
  }

  void on_request(const parsed& p, const message& m, output& out) {
    if (is_repeated(p, m, out)) return;
    operation op;
    op.time = m.time;
    op.action = action_of(p);
    op.function = std::to_string(p.code);
    op.function_name = name_of(p.code);
    if (op.function_name == "unknown") out.violate(m.from, "code", "a method that is not assigned");
    if (p.options_whole) op.objects.push_back({.space = "resource", .address = p.path, .property = {}, .index = {}});
    op.fields = p.fields;
    if (m.transport != transport::tcp) op.fields.emplace_back("confirmable", p.is == kind::confirmable);
    add_payload(p, op);
    if (!p.endpoint.empty() && op.action == action::session && told_.fresh({}, {}, "client_id", p.endpoint, m.time, "coap", out, true))
      out.learn(m.from, {}, "client_id", p.endpoint, 70);
    const auto k = key_of(p, m.from);
    if (auto old = pending_.take(k)) {  // the token is used again: nobody waits for the first any more
      old->op.outcome = outcome::timeout;
      out.emit(std::move(old->op), old->asker);
    }
    pending_.add(k, std::move(op), out, m.from, {p.path, p.observe});
  }

  static void add_payload(const parsed& p, operation& op) {
    if (!p.payload.empty()) op.values.emplace_back(payload_text(p.payload));
  }

  void on_response(const parsed& p, const message& m, output& out) {
    if (is_repeated(p, m, out)) return;
    const auto asker = other(m.from);
    auto r = pending_.take(key_of(p, asker));
    const auto watched =
        std::ranges::find_if(observations_, [&](const observation& o) { return o.observer == asker && o.token == p.token; });
    if (!r) {
      const bool notified = watched != observations_.end() || p.observe;
      operation op;
      op.time = m.time;
      op.action = action::report;
      op.function = std::to_string(p.code);
      op.function_name = notified ? "notification" : name_of(p.code);
      if (watched != observations_.end())
        op.objects.push_back({.space = "resource", .address = watched->path, .property = {}, .index = {}});
      finish(p, op);
      op.outcome = notified ? outcome::unsolicited : outcome::unpaired;
      if (watched != observations_.end() && !p.observe) observations_.erase(watched);  // the last word (RFC 7641, 3.2)
      return out.emit(std::move(op), asker);
    }
    if (watched != observations_.end()) observations_.erase(watched);
    const bool good = class_of(p.code) == 2;
    if (good && p.observe && r->extra.observe == 0u) {
      if (observations_.size() >= most_observations) {
        out.count("coap", "forgotten", "observation");
        observations_.pop_front();
      }
      observations_.push_back({asker, p.token, r->extra.path});
    }
    finish(p, r->op);
    tell(*r, p, m, out);
    answer(*r, m.time, good ? outcome::ok : outcome::refused, out);
  }

  static void finish(const parsed& p, operation& op) {
    op.code = std::to_string(p.code);
    op.fields.emplace_back("response", dotted(p.code) + ' ' + std::string{name_of(p.code)});
    for (const auto& f : p.fields)
      if (std::ranges::find(op.fields, f.first, &field::first) == op.fields.end()) op.fields.push_back(f);
    // what was written stays what the operation is about; an answer to it is a field
    if (op.values.empty()) return add_payload(p, op);
    if (!p.payload.empty()) op.fields.emplace_back("response_size", std::uint64_t{p.payload.size()});
  }

  template <class Request>
  void tell(const Request& r, const parsed& p, const message& m, output& out) {
    if (r.op.function != "1" || class_of(p.code) != 2 || p.payload.empty() || !is_text(p.payload)) return;
    if (p.content_format.value_or(0) != 0) return;  // not plain text
    for (const auto& [path, kind] : lwm2m_facts) {
      const auto text = printable(p.payload);
      if (path == r.extra.path && told_.fresh({}, {}, kind, text, m.time, "coap", out)) out.learn(m.from, {}, kind, text, 80);
    }
  }

  /// Acknowledgement alone, reset, or the question whether somebody is there.
  void on_empty(const parsed& p, const message& m, output& out) {
    if (p.is != kind::reset) return;
    const auto asker = other(m.from);
    const auto at = std::ranges::find_if(exchanges_, [&](const exchange& e) { return e.from == asker && e.id == p.id; });
    if (at == exchanges_.end()) return;
    std::erase_if(observations_, [&](const observation& o) { return o.observer == m.from && o.token == at->request.token; });
    auto r = pending_.take(at->request);
    if (!r) return;
    r->op.fields.emplace_back("response", std::string{"reset"});
    answer(*r, m.time, outcome::refused, out);
  }

  static void on_signal(const parsed& p, const message& m, output& out) {
    if (name_of(p.code) == "unknown") return out.violate(m.from, "code", "a signal that is not assigned");
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = std::to_string(p.code);
    op.function_name = name_of(p.code);
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  }

  pending_requests<key, asked> pending_;
  std::deque<exchange> exchanges_;
  std::deque<observation> observations_;
  told_facts<32> told_;
};

result<std::size_t> frame(bytes head) {
  if (!head.empty() && (head[0] & 15u) > 8) return fail(fault::malformed, "token length");
  return size_on_tcp(head);
}

/// An option that is not as it should be may stand in a message of another draft; the header may not.
bool convincing(const parsed& p) {
  return (p.rule.empty() || p.rule == "option_length" || p.rule == "payload_marker") && name_of(p.code) != "unknown";
}

match probe(bytes head, transport t) {
  if (t == transport::udp) {
    const auto p = read_datagram(head);
    return p && convincing(*p) ? match::yes : match::no;
  }
  if (t != transport::tcp) return match::no;
  if (head.size() < 2) return match::unsure;
  if (head[0] == 0x16 && head[1] == 3) return match::no;  // a handshake of TLS, which stands on these ports, too
  const auto size = frame(head);
  if (!size || *size > 65536) return match::no;
  if (*size == 0 || *size > head.size()) return match::unsure;
  const auto p = read_segment(head.first(*size));
  return p && p->code != 0 && convincing(*p) ? match::yes : match::no;
}

const protocol coap_protocol{{
    .name = "coap",
    .tcp_ports = ports,
    .udp_ports = ports,
    .any_tcp_port = false,  // four octets that many datagrams could begin with
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<coap_session>(); },
}};

}  // namespace
}  // namespace mw
