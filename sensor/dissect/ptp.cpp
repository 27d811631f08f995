// PTP (IEEE 1588-2008 and 2019, IEEE 802.1AS) on Ethernet and UDP: who gives the time, how good it says that it is, who manages
// clocks. Most of it goes to groups, so a flow has one side; what one clock says is checked against what it said before.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/ptp_management.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>
#include <string>

namespace mw {
namespace {

using namespace ptp;

constexpr std::array<std::uint16_t, 2> ports{319, 320};
constexpr std::array<std::uint16_t, 1> ethertypes{0x88f7};
constexpr std::size_t most_clocks = 64, most_tlvs = 32;
constexpr std::uint8_t stated = 80;
constexpr std::uint64_t latest_second = 1ull << 33;
/// The time that a clock gives must run as the packets' own; the path and the capture are not as slow as this. What tells of a sync that
/// went to another flow came later than it, by an unknown time.
constexpr nanoseconds step = std::chrono::milliseconds{100}, step_unseen = std::chrono::seconds{1};
constexpr nanoseconds silence = std::chrono::minutes{1};  ///< after which a sequence begins anew

bool is_group(const message& m) { return m.target.address.is_none() ? m.target.hardware.is_group() : m.target.address.is_multicast(); }

class ptp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader all{m.data};
    const auto h = read_header(all);
    if (!h) {
      out.violate(m.from, "length", "the message is shorter than its header");
      return verdict::taken;
    }
    if (h->version != 2) {
      out.violate(m.from, "version", "not version 2");
      return verdict::taken;
    }
    out.count("ptp", "message", h->type);
    const auto unit = std::to_string(h->domain);
    if (name_of(h->type).empty()) {
      out.violate(m.from, "message_type", "a message type that is reserved", unit);
      return verdict::taken;
    }
    if (h->length < least_size(h->type) || h->length > m.data.size()) {
      out.violate(m.from, "length", "the message has not the length of its type", unit);
      return verdict::taken;
    }
    reader in{m.data.first(h->length)};
    in.skip(header_size);
    auto& c = clock_of(*h, out);
    check_sequence(*h, c, m, unit, out);
    if (c.last[h->type].time == timestamp{} && h->type != announce) say(m, unit, "clock_identity", clock_text(h->source.clock), out);
    c.last[h->type] = {h->sequence, m.time};
    switch (h->type) {
      case sync: on_sync(*h, in, c, m, unit, out); break;
      case follow_up: on_follow_up(*h, in, c, m, unit, out); break;
      case announce: on_announce(*h, in, c, m, unit, out); break;
      case signaling: on_signaling(*h, in, m, unit, out); break;
      case management: on_management(*h, in, m, unit, out); break;
      case delay_req: say(m, unit, "clock_role", "slave", out); break;
      default: break;  // answers to measurements, and measurements between neighbours
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// What one port of a clock said last, in one domain.
  struct clock {
    port_identity source;
    std::uint8_t domain = 0, sdo = 0;
    struct said {
      std::uint16_t sequence = 0;
      timestamp time{};
    };
    std::array<said, 16> last{};  ///< by type
    std::optional<std::uint64_t> grandmaster;
    std::optional<nanoseconds> offset;  ///< of its time from the packets'
    bool two_step = false;
  };
  struct key {
    side asker = side::client;
    std::uint16_t sequence = 0, what = 0;  ///< of unicast negotiation the message type; a grant has a sequence of its own
    friend bool operator==(const key&, const key&) = default;
  };

  clock& clock_of(const header& h, output& out) {
    const auto at =
        std::ranges::find_if(clocks_, [&](const clock& c) { return c.source == h.source && c.domain == h.domain && c.sdo == h.sdo; });
    if (at != clocks_.end()) return *at;
    if (clocks_.size() >= most_clocks) {
      out.count("ptp", "forgotten", "clock");
      clocks_.pop_front();
    }
    clocks_.push_back({.source = h.source, .domain = h.domain, .sdo = h.sdo});
    return clocks_.back();
  }

  /// Each type that begins an exchange counts by itself (clause 7.3.7); answers repeat a number, and signals are counted per target.
  static void check_sequence(const header& h, const clock& c, const message& m, const std::string& unit, output& out) {
    if (h.type != sync && h.type != announce && h.type != delay_req && h.type != pdelay_req) return;
    const auto& before = c.last.at(h.type);
    if (before.time == timestamp{} || m.time - before.time > silence) return;
    if (static_cast<std::uint16_t>(before.sequence + 1) == h.sequence) return;
    const bool backwards =
        static_cast<std::uint16_t>(h.sequence - before.sequence) == 0 || static_cast<std::uint16_t>(before.sequence - h.sequence) < 0x8000;
    if (!is_group(m) && !backwards) return;  // a master counts all its unicast slaves together
    out.violate(m.from, backwards ? "sequence_back" : "sequence",
                std::string{name_of(h.type)} + ' ' + std::to_string(h.sequence) + " after " + std::to_string(before.sequence), unit);
  }

  operation start(const header& h, const message& m, const std::string& unit, action what) const {
    operation op;
    op.time = m.time;
    op.unit = unit;
    op.action = what;
    op.function = std::to_string(h.type);
    op.function_name = name_of(h.type);
    op.outcome = outcome::none;
    op.objects.push_back({.space = "clock", .address = ptp::to_string(h.source), .property = {}, .index = {}});
    if (h.sdo != 0) op.fields.emplace_back("sdo", std::uint64_t{h.sdo});
    return op;
  }
  void say(const message& m, const std::string& unit, std::string_view kind, std::string_view value, output& out) {
    // what is told of one domain does not replace what is told of another
    if (told_.fresh({}, {}, kind, unit + '\n' + std::string{value}, m.time, "ptp", out, true)) out.learn(m.from, unit, kind, value, stated);
  }

  /// Time that a clock gives: it must not jump. `seen`: when the sync that it belongs to was seen.
  static void check_time(const instant& t, std::optional<timestamp> seen, clock& c, const message& m, const std::string& unit,
                         output& out) {
    if (t.nanoseconds > 999'999'999 || t.seconds > latest_second) return out.violate(m.from, "timestamp", "a time that is none", unit);
    if (t.is_zero()) return;
    const nanoseconds given = std::chrono::seconds{static_cast<std::int64_t>(t.seconds)} + nanoseconds{t.nanoseconds};
    const nanoseconds offset = given - seen.value_or(m.time).time_since_epoch();
    const auto most = seen ? step : step_unseen;
    if (c.offset && (offset - *c.offset > most || *c.offset - offset > most))
      out.violate(m.from, "time_step",
                  "the time that the clock gives jumped by " + std::to_string((offset - *c.offset).count() / 1'000'000) + " ms", unit);
    c.offset = offset;
  }

  void on_sync(const header& h, reader& in, clock& c, const message& m, const std::string& unit, output& out) {
    c.two_step = h.two_step();
    const auto t = read_instant(in);
    if (!c.two_step) check_time(t, m.time, c, m, unit, out);
    say(m, unit, "clock_role", "master", out);
    auto op = start(h, m, unit, action::report);
    op.fields.emplace_back("two_step", c.two_step);
    out.emit(std::move(op), m.from);
  }

  static void on_follow_up(const header& h, reader& in, clock& c, const message& m, const std::string& unit, output& out) {
    const auto& last = c.last[sync];  // on UDP it goes to another port, so to another flow
    const bool fits = last.sequence == h.sequence;
    if (last.time != timestamp{} && (!c.two_step || !fits)) out.violate(m.from, "follow_up", "a follow-up belongs to no sync", unit);
    const auto seen = last.time != timestamp{} && fits ? std::optional{last.time} : std::nullopt;
    check_time(read_instant(in), seen, c, m, unit, out);
  }

  void on_announce(const header& h, reader& in, clock& c, const message& m, const std::string& unit, output& out) {
    const auto a = read_announcement(in);
    auto op = start(h, m, unit, action::report);
    const auto grandmaster = clock_text(a.grandmaster);
    op.fields.emplace_back("grandmaster", grandmaster);
    op.fields.emplace_back("clock_class", std::uint64_t{a.clock_class});
    op.fields.emplace_back("clock_accuracy", std::string{accuracy_name(a.accuracy)});
    op.fields.emplace_back("variance", std::uint64_t{a.variance});
    op.fields.emplace_back("priority1", std::uint64_t{a.priority1});
    op.fields.emplace_back("priority2", std::uint64_t{a.priority2});
    op.fields.emplace_back("steps_removed", std::uint64_t{a.steps_removed});
    op.fields.emplace_back("time_source", std::string{time_source_name(a.time_source)});
    op.fields.emplace_back("utc_offset", std::int64_t{a.utc_offset});
    op.fields.emplace_back("flags", flag_names(h.flags));
    for (std::size_t i = 0; in.left() != 0 && i < most_tlvs; ++i) {
      const auto t = read_tlv(in);
      if (!in.ok()) {
        out.violate(m.from, "tlv", "the message ends inside an extension", unit);
        break;
      }
      out.count("ptp", "tlv", t.type);
      if (t.type == path_trace) op.fields.emplace_back("path", std::uint64_t{t.value.size() / 8});
    }
    if (c.grandmaster && *c.grandmaster != a.grandmaster)
      out.violate(m.from, "grandmaster_change", "the grandmaster is " + grandmaster + " after " + clock_text(*c.grandmaster), unit);
    if (a.steps_removed == 0 && a.grandmaster != h.source.clock)
      out.violate(m.from, "steps_removed", "no steps to a grandmaster that is another clock", unit);
    c.grandmaster = a.grandmaster;
    say(m, unit, "clock_identity", clock_text(h.source.clock), out);
    say(m, unit, "clock_role", a.grandmaster == h.source.clock ? "grandmaster" : "boundary_clock", out);
    say(m, unit, "grandmaster", grandmaster, out);
    if (a.grandmaster == h.source.clock) {
      say(m, unit, "clock_class", std::to_string(a.clock_class), out);
      say(m, unit, "time_source", time_source_name(a.time_source), out);
    }
    out.emit(std::move(op), m.from);
  }

  /// Unicast negotiation (clause 16.1): a slave asks for messages, and the master grants them for a while.
  void on_signaling(const header& h, reader& in, const message& m, const std::string& unit, output& out) {
    const auto target = read_port(in);
    for (std::size_t i = 0; in.left() != 0 && i < most_tlvs; ++i) {
      const auto t = read_tlv(in);
      if (!in.ok()) return out.violate(m.from, "tlv", "the message ends inside an extension", unit);
      out.count("ptp", "tlv", t.type);
      auto op = start(h, m, unit, action::session);
      op.function += '/' + std::to_string(t.type);
      op.function_name = tlv_name(t.type);
      op.fields.emplace_back("target", ptp::to_string(target));
      reader value{t.value};
      if (t.type < request_unicast || t.type > acknowledge_cancel) {
        out.emit(std::move(op), m.from);
        continue;
      }
      const std::uint8_t what = value.u8() >> 4;
      op.fields.emplace_back("message", std::string{name_of(what)});
      if (t.type == request_unicast || t.type == grant_unicast) {
        op.action = action::subscribe;
        op.fields.emplace_back("log_interval", std::int64_t{static_cast<std::int8_t>(value.u8())});
        const auto duration = value.u32();
        op.fields.emplace_back("duration", std::uint64_t{duration});
        if (!value.ok()) return out.violate(m.from, "tlv", "an extension has not the length of its kind", unit);
        if (t.type == request_unicast) {
          pending_.add({m.from, 0, what}, std::move(op), out, m.from);
          continue;
        }
        if (auto r = pending_.take({other(m.from), 0, what})) {
          r->op.fields.emplace_back("granted", std::uint64_t{duration});
          answer(*r, m.time, duration != 0 ? outcome::ok : outcome::refused, out);
          continue;
        }
        op.outcome = outcome::unpaired;
      }
      out.emit(std::move(op), m.from);
    }
  }

  void on_management(const header& h, reader& in, const message& m, const std::string& unit, output& out) {
    const auto d = read_managed(in);
    if (!d) return out.violate(m.from, "management", "a management message has not the parts of its kind", unit);
    out.count("ptp", "management", static_cast<std::uint32_t>(d->what), d->id);
    const bool asks = d->what == act::get || d->what == act::set || d->what == act::command;
    if (d->what == act::response && d->id == 1 && !d->error)
      for (const auto& [kind, value] : read_description(d->data)) say(m, {}, kind, value, out);
    if (!asks)
      if (auto r = pending_.take({other(m.from), h.sequence, d->id})) {
        finish(*d, r->op);
        return answer(*r, m.time, d->error ? outcome::refused : outcome::ok, out);
      }
    auto op = start(h, m, unit, action_of(*d));
    constexpr std::array<std::string_view, 5> words{"get", "set", "response", "command", "acknowledge"};
    op.function += '/' + std::to_string(d->id);
    op.function_name = std::string{words.at(static_cast<std::size_t>(d->what))} + '_' + std::string{management_name(d->id)};
    op.fields.emplace_back("target", ptp::to_string(d->target));
    if (asks && d->what != act::get && !d->data.empty()) op.values.emplace_back(hex(d->data, 64));
    if (!asks) {
      finish(*d, op);
      op.outcome = outcome::unpaired;
      return out.emit(std::move(op), other(m.from));
    }
    if (is_group(m)) return out.emit(std::move(op), m.from);  // whose answers go to the group, too: another flow
    pending_.add({m.from, h.sequence, d->id}, std::move(op), out, m.from);
  }
  static void finish(const managed& d, operation& op) {
    if (d.error) {
      op.code = std::to_string(*d.error);
      op.fields.emplace_back("error", std::string{error_name(*d.error)});
    } else if (op.values.empty() && !d.data.empty()) {
      op.values.emplace_back(hex(d.data, 64));
    }
  }

  std::deque<clock> clocks_;
  pending_requests<key> pending_;
  told_facts<64> told_;
};

match probe(bytes head, transport t) {
  if (t == transport::tcp) return match::no;
  reader in{head};
  const auto h = read_header(in);
  if (!h || h->version != 2 || name_of(h->type).empty()) return match::no;
  // on IPv6 two octets may follow, so that the check sum can be mended (annex D)
  const auto behind = head.size() - std::min(head.size(), h->length);
  return h->length >= least_size(h->type) && h->length <= head.size() && (t == transport::ethernet || behind <= 2) ? match::yes : match::no;
}

const protocol ptp_protocol{{
    .name = "ptp",
    .udp_ports = ports,
    .ethertypes = ethertypes,
    .any_udp_port = false,  // the ports are fixed, and the signature is short
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ptp_session>(); },
}};

}  // namespace
}  // namespace mw
