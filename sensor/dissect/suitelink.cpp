// SuiteLink (AVEVA, once Wonderware; InTouch, System Platform and their data servers) on TCP: who reads which tags of which application,
// and who writes them. There is no public specification; see suitelink_message.
#include "sensor/dissect/suitelink_message.hpp"

#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <unordered_map>

namespace mw {
namespace {

using suitelink::kind;
using suitelink::parsed;

constexpr std::array<std::uint16_t, 1> ports{5413};
constexpr std::size_t most_tags = 16384;

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = suitelink::frame(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) return match::unsure;
  const auto p = suitelink::read(head.first(*size));
  if (!p) return match::no;
  switch (p->kind) {
    case kind::data: return match::yes;
    case kind::short_ping: return match::unsure;
    default: return match::certain;
  }
}

class suitelink_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = suitelink::read(m.data);
    if (!p) {
      out.violate(m.from, "message", "the parts of a message do not fit it");
      return verdict::taken;
    }
    switch (p->kind) {
      case kind::data: on_data(*p, m, out); break;
      case kind::query:
      case kind::old_query:
      case kind::enroll: on_handshake(*p, m, out); break;
      case kind::manager_ack:
      case kind::enroll_ack:
        out.count("suitelink", "handshake", "ack");
        finish_handshake(m, out);
        break;
      case kind::alarm_manager: on_alarms(*p, m, out); break;
      default: out.count("suitelink", "handshake", p->kind == kind::transfer ? std::string_view{"transfer"} : std::string_view{"ping"});
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  struct key {
    std::uint16_t type = 0;
    std::uint32_t id = 0;
    side asker = side::client;
    friend bool operator==(const key&, const key&) = default;
  };
  static constexpr std::uint16_t handshake = 0;

  static operation start(std::uint16_t type, std::string_view name, action what, const message& m) {
    operation op;
    op.time = m.time;
    op.action = what;
    op.function = std::to_string(type), op.function_name = name;
    return op;
  }
  static void put(operation& op, std::string_view name, const std::string& text) {
    if (!text.empty()) op.fields.emplace_back(name, text);
  }

  void on_handshake(const parsed& p, const message& m, output& out) {
    out.count("suitelink", "handshake", "query");
    auto op = start(handshake, p.kind == kind::enroll ? "enroll" : "handshake", action::session, m);
    op.function = op.function_name;
    tell_client(p, op, m, out);
    pending_.add({handshake, 0, m.from}, std::move(op), out, m.from);
  }
  void finish_handshake(const message& m, output& out) {
    tell(m.from, "role", "suitelink_server", 80, m, out);
    if (auto r = pending_.take({handshake, 0, other(m.from)})) answer(*r, m.time, outcome::ok, out);
  }

  void tell_client(const parsed& p, operation& op, const message& m, output& out) {
    put(op, "application", p.application);
    put(op, "topic", p.topic);
    put(op, "client_name", p.client);
    put(op, "client_node", p.client_node);
    put(op, "user", p.user);
    put(op, "server_node", p.server_node);
    put(op, "time_zone", p.time_zone);
    for (const auto& [name, text] : {std::pair{"application", &p.application}, {"topic", &p.topic}, {"user", &p.user}})
      if (!text->empty()) out.describe(name, *text);
    tell(m.from, "host_name", p.client_node, 70, m, out);
    tell(m.from, "user", p.user, 60, m, out);
    tell(m.from, "software", p.client, 50, m, out);
    tell(other(m.from), "host_name", p.server_node, 50, m, out);  // as the client calls it
  }

  void on_data(const parsed& p, const message& m, output& out) {
    out.count("suitelink", "message", std::uint32_t{p.type});
    if (!p.whole) out.violate(m.from, "value_type", "a value has a type that is not known");
    switch (p.type) {
      case suitelink::handshake_ack: finish_handshake(m, out); break;
      case suitelink::connect: {
        auto op = start(p.type, "connect", action::session, m);
        tell_client(p, op, m, out);
        if (!p.application.empty()) op.objects.push_back({"topic", p.application + '|' + p.topic, 1, {}, {}});
        op.outcome = outcome::none;  // no message that answers it alone is known
        out.emit(std::move(op), m.from);
        break;
      }
      case suitelink::advise:
        for (const auto& i : p.items) remember(i.id, i.name, out);
        ask(p, action::subscribe, m, out);
        break;
      case suitelink::unadvise: ask(p, action::subscribe, m, out); break;
      case suitelink::poke: ask(p, action::write, m, out); break;
      case suitelink::advise_ack: acknowledged(suitelink::advise, p, m, out); break;
      case suitelink::unadvise_ack: acknowledged(suitelink::unadvise, p, m, out); break;
      case suitelink::poke_ack: poked(m, out); break;
      case suitelink::update: report(p, m, out); break;
      default: break;  // time and signs of life
    }
  }

  static bool writes(const parsed& p) { return p.type == suitelink::poke; }
  void fill(const parsed& p, operation& op) const {
    for (const auto& i : p.items) {
      op.objects.push_back({"tag", name_of(i), 1, {}, {}});
      if (i.value) op.values.push_back(*i.value);
    }
  }
  void ask(const parsed& p, action what, const message& m, output& out) {
    auto op = start(p.type, suitelink::type_name(p.type), what, m);
    fill(p, op);
    const auto first = writes(p) || p.items.empty() ? 0 : p.items[0].id;
    pending_.add({p.type, first, m.from}, std::move(op), out, m.from);
  }
  void acknowledged(std::uint16_t request, const parsed& p, const message& m, output& out) {
    for (const auto& i : p.items) {
      if (auto r = pending_.take({request, i.id, other(m.from)})) answer(*r, m.time, outcome::ok, out);
      if (request == suitelink::unadvise) tags_.erase(i.id);
    }
  }
  void poked(const message& m, output& out) {
    if (auto r = pending_.take({suitelink::poke, 0, other(m.from)})) answer(*r, m.time, outcome::ok, out);
  }
  void report(const parsed& p, const message& m, output& out) {
    auto op = start(p.type, "update", action::report, m);
    fill(p, op);
    constexpr std::uint16_t good = 0xc0;  // as OPC has it
    std::uint64_t bad = 0;
    for (const auto& i : p.items) bad += (i.quality & good) != good ? 1 : 0;
    if (p.items.size() == 1) op.fields.emplace_back("quality", std::uint64_t{p.items[0].quality});
    if (bad != 0) op.fields.emplace_back("not_good", bad);
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  }

  void on_alarms(const parsed& p, const message& m, output& out) {
    out.count("suitelink", "alarm_record", std::uint32_t{p.type});
    constexpr std::uint16_t connects = 0x21, terminates = 0x23;
    if (p.type != connects && p.type != terminates) return;
    auto op = start(p.type, suitelink::record_name(p.type), action::session, m);
    op.function = "alarm/" + op.function;
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  }

  /// The name that a client gave to a tag, "#id" where that was not seen.
  std::string name_of(const suitelink::item& i) const {
    if (!i.name.empty()) return i.name;
    const auto at = tags_.find(i.id);
    return at == tags_.end() ? '#' + std::to_string(i.id) : at->second;
  }
  void remember(std::uint32_t id, const std::string& name, output& out) {
    if (const auto [at, fresh] = tags_.insert_or_assign(id, name); !fresh) return;
    order_.push_back(id);
    while (tags_.size() > most_tags || order_.size() > 2 * most_tags) {
      if (tags_.erase(order_.front()) != 0) out.count("suitelink", "forgotten", "tag");
      order_.pop_front();
    }
  }
  void tell(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, const message& m, output& out) {
    const auto& whose = who == m.from ? m.source.address : m.target.address;
    if (!value.empty() && told_.fresh(whose, {}, kind, value, m.time, "suitelink", out)) out.learn(who, {}, kind, value, confidence);
  }

  pending_requests<key> pending_;
  std::unordered_map<std::uint32_t, std::string> tags_;
  std::deque<std::uint32_t> order_;  ///< in which tags were asked for
  told_facts<32> told_;
};

const protocol here{{
    .name = "suitelink",
    .tcp_ports = ports,
    .probe = probe,
    .frame = suitelink::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<suitelink_session>(); },
}};

}  // namespace
}  // namespace mw
