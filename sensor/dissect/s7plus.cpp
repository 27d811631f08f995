// S7comm-plus (protocol id 0x72), how SIMATIC S7-1200 and S7-1500 are read, written and programmed, over TPKT and COTP.
// Siemens publishes no specification; the layouts are those that its own tools and controllers speak.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/s7plus_part.hpp"
#include "sensor/dissect/s7plus_subscription.hpp"
#include "sensor/dissect/tls_messages.hpp"
#include "sensor/dissect/told.hpp"
#include "sensor/dissect/tpkt.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace s7plus;

constexpr std::uint8_t no_answer = 0x40;  // of the transport flags
constexpr std::size_t longest_message = 512 * 1024;

constexpr bool known_opcode(std::uint8_t o) { return (o >= 0x31 && o <= 0x33) || o == 0x02; }
constexpr std::size_t index(side s) { return s == side::client ? 0 : 1; }

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  while (!head.empty()) {
    const auto size = tpkt::frame(head);
    if (!size) return match::no;
    if (*size == 0 || *size > head.size()) return match::unsure;
    const auto unit = tpkt::parse(head.first(*size));
    if (!unit) return match::no;
    if (unit->kind == tpkt::kind::data && !unit->user_data.empty()) {
      const auto payload = unit->user_data;
      if (tls::begins_record(payload)) return match::yes;
      if (payload[0] != protocol_id || (payload.size() > 1 && !known_version(payload[1]))) return match::no;
      if (!unit->last) return payload.size() > 1 ? match::yes : match::unsure;
      return read_part(payload) ? match::yes : match::no;
    }
    head = head.subspan(*size);
  }
  return match::unsure;
}

/// What a request is found by. An error does not repeat the function: it matches any.
struct request_key {
  side asker = side::client;
  std::uint16_t sequence = 0;
  std::uint16_t function = 0;
  static constexpr bool is_error(std::uint16_t f) { return f == function::error || f == function::error_2; }
  friend bool operator==(const request_key& a, const request_key& b) {
    return a.asker == b.asker && a.sequence == b.sequence && (a.function == b.function || is_error(a.function) || is_error(b.function));
  }
};

class s7plus_session final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override {
    pending_.expire(now, out);
    tls_.on_time(now, out);
  }
  void on_end(timestamp now, output& out) override {
    tls_.on_end(now, out);
    for (auto& d : directions_)
      if (d.stream) pending_.add(d.stream->key, std::move(d.stream->op), out, d.stream->key.asker, std::move(d.stream->about));
    pending_.expire(now, out);
    pending_.finish(out);
  }

private:
  struct said {  // a message on its way through the session
    side from;
    timestamp time;
    output& out;
    std::uint8_t version = 0;
    bool digest = false;
  };
  struct streamed {  // a request whose value goes on in further parts, each with a length of its own
    request_key key;
    operation op;
    asked about;
    std::uint64_t size = 0;
  };
  struct direction {
    tpkt::reassembly parts;
    std::optional<timestamp> began;  ///< of a transport message
    std::vector<std::uint8_t> held;  ///< parts of a message whose trailer is still to come
    timestamp first{};               ///< of held
    bool digest = false, skipping = false;
    bool unsure = false;  ///< after a gap: what comes next can be the middle of a message
    std::optional<streamed> stream;
  };

  void connect(const tpkt::tpdu& unit, side from, output& out);
  void on_payload(bytes payload, said& s);
  void on_part(const part& p, said& s);
  void on_data(bytes data, said& s, bool goes_on);
  void on_request(reader& in, said& s, bool goes_on);
  void on_response(reader& in, said& s, bool second_form);
  void on_notification(reader& in, said& s);
  void on_system_event(bytes data, said& s);

  void unread(const said& s, const reader& in, operation& op) {
    if (in.ok()) return;
    if (in.why().kind == fault::unsupported)
      op.fields.emplace_back("undecoded", true);
    else
      s.out.violate(s.from, "structure", in.why().what);
  }
  void learn(const said& s, side asker, const std::vector<learned>& facts) {
    for (const auto& f : facts) {
      const auto who = f.asker ? asker : other(asker);
      if (told_[index(who)].fresh({}, {}, f.kind, f.value, s.time, "s7comm_plus", s.out))
        s.out.learn(who, {}, f.kind, f.value, f.confidence);
    }
  }
  operation start(const said& s, std::string function, meaning what) const {
    operation op;
    op.time = s.time;
    op.protocol = "s7comm_plus";
    op.function = std::move(function);
    op.function_name = what.name.empty() ? "unknown" : what.name;
    op.action = what.action;
    return op;
  }

  std::array<direction, 2> directions_;
  std::optional<side> opener_;
  bool roles_told_ = false, encrypted_ = false, opaque_told_ = false;
  pending_requests<request_key, asked> pending_;
  subscriptions subscriptions_;
  tls::watch tls_;
  std::array<told_facts<16>, 2> told_;
};

/// Who is called says what for: a panel or an engineering station.
void s7plus_session::connect(const tpkt::tpdu& unit, side from, output& out) {
  const bool request = unit.kind == tpkt::kind::connect_request;
  opener_ = request ? from : other(from);
  if (!unit.parameters_valid) out.violate(from, "cotp", "a parameter of the connection message ends outside of it");
  if (!request || !is_text(unit.called)) return;
  const auto called = printable(unit.called);
  if (!called.starts_with("SIMATIC-ROOT-")) return;
  const bool panel = called.ends_with("-HMI");
  if (panel || called.ends_with("-ES") || called.ends_with("-PG"))
    out.learn(from, {}, "role", panel ? "hmi" : "engineering_station", panel ? 40 : 60);
}

verdict s7plus_session::on_message(const message& m, output& out) {
  said s{m.from, m.time, out};
  const auto unit = tpkt::parse(m.data);
  if (!unit) {
    out.violate(m.from, "cotp", unit.error().what);
    return verdict::taken;
  }
  switch (unit->kind) {
    case tpkt::kind::connect_request:
    case tpkt::kind::connect_confirm: connect(*unit, m.from, out); return verdict::taken;
    case tpkt::kind::data: break;
    default: return verdict::taken;
  }
  const auto payload = unit->user_data;
  auto& d = directions_[index(m.from)];
  if (encrypted_ || (!d.parts.open() && tls::begins_record(payload))) {
    encrypted_ = true;
    if (!std::exchange(opaque_told_, true)) out.describe("content", "opaque");
    tls_.add(m, payload, out);
    return verdict::taken;
  }
  const bool begins = !payload.empty() && payload[0] == protocol_id;
  if (!begins && !payload.empty() && !d.parts.open()) return verdict::not_mine;
  if (!d.parts.open() || !d.began) d.began = m.time;
  s.time = *d.began;
  switch (d.parts.add(*unit, begins)) {
    case tpkt::reassembly::step::complete:
      d.began.reset();
      on_payload(d.parts.whole(), s);
      break;
    case tpkt::reassembly::step::over_limit:
      d.began.reset();
      out.violate(m.from, "fragment", "a message goes on over more parts than are kept");
      break;
    default: break;
  }
  return verdict::taken;
}

void s7plus_session::on_gap(side from) {
  auto& d = directions_[index(from)];
  d.parts.gap();
  d.began.reset();
  d.held.clear();
  d.unsure = true, d.skipping = false;
  tls_.on_gap(from);
  subscriptions_.gap();
}

void s7plus_session::on_payload(bytes payload, said& s) {
  while (!payload.empty()) {
    const auto p = read_part(payload);
    if (!p) return s.out.violate(s.from, "length", "the message is shorter than its header says, or is not of this protocol");
    s.out.count("s7comm_plus", "version", p->version);
    if (!known_version(p->version)) return s.out.violate(s.from, "version", "a protocol version that is not known");
    s.version = p->version, s.digest = p->digest;
    if (p->version == system_event)
      on_system_event(p->data, s);
    else if (p->version != keep_alive)
      on_part(*p, s);
    payload = p->rest;
  }
}

void s7plus_session::on_part(const part& p, said& s) {
  auto& d = directions_[index(s.from)];
  if (d.stream) {
    reader in{p.data};
    if (in.left()) d.stream->size += read_stream_part(in);
    if (!p.last) return;
    auto done = std::exchange(d.stream, std::nullopt);
    done->op.fields.emplace_back("streamed_size", done->size);
    return pending_.add(done->key, std::move(done->op), s.out, done->key.asker, std::move(done->about));
  }
  const bool begins = d.held.empty() && !p.data.empty() && known_opcode(p.data[0]);
  if (d.skipping || (d.unsure && !begins)) {
    if (p.last) d.skipping = false;
    d.unsure = d.unsure && !p.last;
    return;
  }
  d.unsure = false;
  if (d.held.empty()) {
    if (p.last) return p.data.empty() ? void() : on_data(p.data, s, false);
    reader in{p.data};
    const auto code = in.u8();
    in.skip(2);
    if (code == static_cast<std::uint8_t>(opcode::request) && in.u16() == function::set_substreamed) return on_data(p.data, s, true);
    d.first = s.time;
    d.digest = false;
  }
  if (d.held.size() + p.data.size() > longest_message) {
    d.held.clear();
    d.skipping = !p.last;
    s.out.count("s7comm_plus", "forgotten", "fragment");
    return s.out.violate(s.from, "fragment", "a message goes on over more parts than are kept");
  }
  d.held.insert(d.held.end(), p.data.begin(), p.data.end());
  d.digest = d.digest || p.digest;
  if (!p.last) return;
  const auto whole = std::exchange(d.held, {});
  s.time = d.first, s.digest = d.digest;
  on_data(whole, s, false);
}

void s7plus_session::on_data(bytes data, said& s, bool goes_on) {
  // before version 3 the digest stands at the end
  if (s.version < digest_version && data.size() > digest_size && data[data.size() - digest_size - 1] == digest_size) s.digest = true;
  reader in{data};
  switch (static_cast<opcode>(in.u8())) {
    case opcode::request: return on_request(in, s, goes_on);
    case opcode::response: return on_response(in, s, false);
    case opcode::response_2: return on_response(in, s, true);
    case opcode::notification: return on_notification(in, s);
  }
  s.out.violate(s.from, "opcode", "the message is no request, response or notification");
}

void s7plus_session::on_request(reader& in, said& s, bool goes_on) {
  in.skip(2);
  const auto which = in.u16();
  in.skip(2);
  const auto sequence = in.u16();
  const auto session = in.u32();
  const bool needs_answer = (in.u8() & no_answer) == 0;
  if (!in.ok()) return s.out.violate(s.from, "length", "the request ends inside its header");
  s.out.count("s7comm_plus", "request", which);
  if (!opener_) opener_ = s.from;
  const auto what = meaning_of(which);
  auto op = start(s, std::to_string(which), what);
  op.fields.emplace_back("version", std::uint64_t{s.version});
  op.fields.emplace_back("session", std::uint64_t{session});
  if (s.digest) op.fields.emplace_back("integrity", std::string{"digest"});
  if (what.name.empty()) s.out.violate(s.from, "function", "a function that is not known");
  asked about;
  std::vector<learned> facts;
  read_request(which, s.version, in, op, about, facts);
  unread(s, in, op);
  learn(s, s.from, facts);
  const request_key key{s.from, sequence, which};
  if (pending_.find(key) != nullptr) s.out.violate(s.from, "sequence", "the sequence number of a request that is still open");
  if (goes_on) {
    directions_[index(s.from)].stream = streamed{key, std::move(op), std::move(about)};
    return;
  }
  if (!needs_answer) return s.out.emit(std::move(op), s.from);
  pending_.add(key, std::move(op), s.out, s.from, std::move(about));
}

void s7plus_session::on_response(reader& in, said& s, bool second_form) {
  in.skip(2);
  const auto which = in.u16();
  in.skip(2);
  const auto sequence = in.u16();
  in.skip(1);
  if (!in.ok()) return s.out.violate(s.from, "length", "the response ends inside its header");
  if (second_form)
    s.out.count("s7comm_plus", "response2", which);
  else
    s.out.count("s7comm_plus", "response", which);
  auto found = pending_.take({other(s.from), sequence, which});
  const bool paired = found.has_value();
  if (!paired) {
    asked about;
    about.function = which;
    auto op = start(s, std::to_string(which), meaning_of(which));
    op.fields.emplace_back("version", std::uint64_t{s.version});
    found = {{other(s.from), sequence, which}, std::move(op), other(s.from), std::move(about)};
  }
  auto& about = found->extra;
  std::vector<learned> facts;
  if (!std::exchange(roles_told_, true)) facts.push_back({"role", "plc", 80, false});
  const auto a = read_response(s.version, in, found->op, about, facts);
  unread(s, in, found->op);
  learn(s, other(s.from), facts);
  if (a.how == outcome::ok) {
    if (about.function == function::init_ssl) encrypted_ = true;
    if (about.function == function::delete_object) subscriptions_.remove(about.deleted);
    if (about.subscribes) {
      const auto id = about.subscription != 0 ? about.subscription : a.created.empty() ? 0 : a.created.front();
      if (id != 0) subscriptions_.add(id, std::move(about.references), s.out);
    }
  }
  if (paired) return answer(std::move(*found), s.time, a.how, s.out);
  // the second form answers requests that need no answer
  if (second_form && a.how == outcome::ok) return;
  found->op.outcome = outcome::unpaired;
  s.out.emit(std::move(found->op), found->asker);
}

void s7plus_session::on_notification(reader& in, said& s) {
  auto op = start(s, "notification", {"notification", action::report});
  auto n = read_notification(s.version, in);
  s.out.count("s7comm_plus", "notification", s.version);
  unread(s, in, op);
  op.fields.emplace_back("subscription", std::uint64_t{n.subscription});
  if (!n.errors.empty()) op.fields.emplace_back("item_errors", n.errors);
  if (n.alarm) op.action = action::alarm, op.fields.emplace_back("alarm_id", n.alarm_id);
  if (s.version != 1 && !subscriptions_.in_sequence(n, s.out))
    s.out.violate(s.from, "notification_sequence", "notifications of a subscription are missing before this one");
  subscriptions_.report(std::move(n), op);
  op.outcome = outcome::unsolicited;
  s.out.emit(std::move(op), other(s.from));
}

/// Since version 14 of the tools: how many octets have arrived, perhaps with a word why the connection ends.
void s7plus_session::on_system_event(bytes data, said& s) {
  reader in{data};
  in.skip(4 + 4 + 4 + 4);
  if (!in.ok()) return s.out.violate(s.from, "length", "a system event that is shorter than its counters");
  if (!in.left()) return;
  auto op = start(s, "system_event", {"system_event", action::session});
  if (is_text(in.rest())) op.fields.emplace_back("message", printable(in.rest()));
  s.out.emit(std::move(op), s.from);
}

constexpr std::array<std::uint16_t, 1> ports{102};

const protocol s7plus_protocol{{
    .name = "s7comm_plus",
    .tcp_ports = ports,
    .probe = probe,
    .frame = tpkt::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<s7plus_session>(); },
}};

}  // namespace
}  // namespace mw
