// NTP and SNTP (RFC 5905, RFC 4330): who takes the time from whom, how far their clocks are apart, and the control and private queries by
// which servers are asked out or misused as amplifiers.
#include "common/text.hpp"
#include "sensor/dissect/ntp_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <tuple>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{123};
constexpr std::uint8_t most_stratum = 16, least_version = 1, most_version = 4, unsynchronised = 3;
constexpr std::size_t most_told = 32, longest_variables = 1024;
constexpr std::int64_t nanosecond_ms = 1'000'000;
constexpr std::int64_t plausible_offset = 366LL * 86'400 * 1'000'000'000;  // more is a clock that was never set, or is kept secret
constexpr nanoseconds least_span = std::chrono::seconds{60};               // less tells nothing of how fast a clock is
constexpr std::uint8_t stated = 70, hinted = 50;
constexpr std::uint8_t control_write = 3, control_write_clock = 5, control_trap = 6, control_trap_response = 7, control_configure = 8,
                       control_save = 9, control_read = 2, control_unset = 31;
constexpr std::uint8_t monlist = 20, monlist_1 = 42;

double ms(std::int64_t ns) { return std::round(static_cast<double>(ns) / 1000) / 1000; }

/// A time in use: RFC 5905 packets of today carry times after 2005.
bool recent(ntp::stamp t) { return t >> 32 >= 0xc5000000u; }

match probe(bytes head, transport) {
  if (head.empty()) return match::no;
  const auto version = head[0] >> 3 & 7, mode = head[0] & 7;
  if (mode == ntp::control) {
    const auto c = ntp::parse_control(head);
    if (!c || version < 1 || version > most_version || ntp::control_name(c->opcode).empty() || head.size() > 12u + c->data.size() + 100u)
      return match::no;
    return (head[0] & 0xc0) == 0 || c->response ? match::yes : match::no;
  }
  if (mode == ntp::private_use) {
    const auto p = ntp::parse_private(head);
    const bool known =
        p && !ntp::private_name(p->request).empty() && (p->implementation == 0 || p->implementation == 2 || p->implementation == 3);
    return known && version >= 2 && version <= most_version ? match::yes : match::no;
  }
  const auto p = ntp::parse_time(head);
  if (!p || mode == ntp::reserved || version < least_version || version > most_version || p->bad_extension || p->stratum > most_stratum)
    return match::no;
  if (p->poll < -6 || p->poll > 17 || p->precision > 32) return match::no;
  if (mode == ntp::server) return (p->stratum == 0 || recent(p->transmit)) && p->transmit != 0 ? match::yes : match::no;
  if (mode == ntp::client) return p->root_dispersion < 0x1000000 && p->root_delay < 0x1000000 ? match::yes : match::no;
  return recent(p->transmit) ? match::yes : match::no;
}

class ntp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.data.empty()) return verdict::taken;
    const auto mode = m.data[0] & 7;
    out.count("ntp", "mode", static_cast<std::uint32_t>(mode));
    if (mode == ntp::control)
      control(m, out);
    else if (mode == ntp::private_use)
      private_use(m, out);
    else
      time(m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override {
    times_.expire(now, out, std::chrono::seconds{10});
    queries_.expire(now, out, std::chrono::seconds{10});
  }
  void on_end(timestamp, output& out) override { times_.finish(out), queries_.finish(out); }

private:
  void say(side who, const message& m, std::string_view fact, std::string_view value, std::uint8_t confidence, output& out) {
    const auto& end = who == m.from ? m.source : m.target;
    if (!value.empty() && told_.fresh(end.address, end.hardware, fact, value, m.time, "ntp", out))
      out.learn(who, {}, fact, value, confidence);
  }

  // ---- time
  void time(const message& m, output& out) {
    const auto p = ntp::parse_time(m.data);
    if (!p) return out.violate(m.from, "length", "a time packet is shorter than 48 octets");
    check(*p, m, out);
    if (p->mode == ntp::reserved) return;
    if (p->mode == ntp::client) {
      operation op;
      begin(*p, m, op);
      if (p->simple()) op.fields.emplace_back("sntp", true), out.describe("sntp", "yes");
      const auto ahead = ntp::unix_time(p->transmit) - m.time.time_since_epoch().count();
      if (p->transmit != 0 && std::abs(ahead) < plausible_offset) op.fields.emplace_back("client_ahead_ms", ms(ahead));
      if (m.target.address.is_multicast() || m.target.address.is_broadcast())
        out.emit(std::move(op), m.from);  // answers come in conversations of their own
      else
        times_.add(p->transmit, std::move(op), out, m.from);
      return;
    }
    operation op;
    std::optional<operation> asked;
    if (p->mode == ntp::server) {
      if (auto request = times_.take(p->origin); request) {
        asked = std::move(request->op);
      } else if (times_.size() != 0) {
        out.violate(m.from, "origin", "an answer does not name the time of a request (RFC 5905 8, a bogus packet)");
      }
    }
    if (asked)
      op = std::move(*asked);
    else
      begin(*p, m, op);
    describe(*p, m, asked.has_value(), op, out);
    const bool kiss = p->mode == ntp::server && p->stratum == 0;
    if (kiss) {
      const auto code = ntp::reference_text(*p);
      op.fields.emplace_back("kiss_code", code);
      op.code = "0";
      out.describe("kiss_code", code);
    }
    op.outcome = p->mode != ntp::server ? outcome::none : !asked ? outcome::unpaired : kiss ? outcome::refused : outcome::ok;
    if (asked) op.latency = m.time - op.time;
    const bool answers = p->mode == ntp::server;
    out.emit(std::move(op), answers ? other(m.from) : m.from);
    if (!kiss && (answers || p->mode == ntp::broadcast)) learn(*p, m, out);
  }

  static void begin(const ntp::time_packet& p, const message& m, operation& op) {
    op.time = m.time;
    op.action = action::time_sync;
    op.function = std::to_string(p.mode == ntp::server ? std::uint8_t{ntp::client} : p.mode);
    op.function_name = ntp::mode_name(p.mode == ntp::server ? std::uint8_t{ntp::client} : p.mode);
    op.fields.emplace_back("version", std::int64_t{p.version});
  }

  /// Offset as RFC 5905 8 has it. The client's clock at the arrival is its time of sending and what passed since, as seen here.
  void describe(const ntp::time_packet& p, const message& m, bool paired, operation& op, output& out) {
    op.fields.emplace_back("stratum", std::int64_t{p.stratum});
    op.fields.emplace_back("leap", std::int64_t{p.leap});
    if (const auto text = ntp::reference_text(p); !text.empty()) op.fields.emplace_back("reference_id", text);
    op.fields.emplace_back("root_delay_ms", ms(std::llround(ntp::short_to_ms(p.root_delay) * nanosecond_ms)));
    op.fields.emplace_back("root_dispersion_ms", ms(std::llround(ntp::short_to_ms(p.root_dispersion) * nanosecond_ms)));
    if (p.nts) op.fields.emplace_back("nts", true), out.describe("nts", "yes");
    if (p.autokey) op.fields.emplace_back("autokey", true);
    if (p.authenticated) op.fields.emplace_back("authenticated", true);
    if (p.crypto_nak) op.fields.emplace_back("crypto_nak", true);
    if (p.transmit != 0 && p.stratum != 0) {
      const auto ahead = ntp::unix_time(p.transmit) - m.time.time_since_epoch().count();
      if (std::abs(ahead) < plausible_offset) op.fields.emplace_back("server_ahead_ms", ms(ahead));  // of the clock of this sensor
    }
    if (!paired || p.origin == 0 || p.stratum == 0) return;
    const auto sent = ntp::unix_time(p.origin), arrived = ntp::unix_time(p.receive), left = ntp::unix_time(p.transmit);
    const auto back = sent + (m.time - op.time).count();
    const auto offset = ((arrived - sent) + (left - back)) / 2;
    if (std::abs(offset) > plausible_offset) {
      op.fields.emplace_back("client_clock", std::string{"unset_or_hidden"});
      return;
    }
    op.values.emplace_back(ms(offset));
    op.fields.emplace_back("offset_ms", ms(offset));
    op.fields.emplace_back("delay_ms", ms((back - sent) - (left - arrived)));
    out.describe("offset_ms", std::to_string(offset / nanosecond_ms));
    if (first_ == timestamp{}) first_ = m.time, first_offset_ = offset;
    if (m.time - first_ < least_span) return;
    const auto drift = static_cast<double>(offset - first_offset_) / static_cast<double>((m.time - first_).count()) * 1e6;
    op.fields.emplace_back("skew_ppm", std::round(drift * 1000) / 1000);
  }

  static void check(const ntp::time_packet& p, const message& m, output& out) {
    if (p.version < least_version || p.version > most_version) out.violate(m.from, "version", "a version that no document knows");
    if (p.mode == ntp::reserved) out.violate(m.from, "mode", "mode 0 is reserved");
    if (p.stratum > most_stratum) out.violate(m.from, "stratum", "a stratum above 16");
    if (p.bad_extension) out.violate(m.from, "extension", "what follows the header is neither extension fields nor a MAC");
    if (p.mode != ntp::server && p.mode != ntp::broadcast) return;
    if (p.transmit == 0) out.violate(m.from, "transmit_time", "a server that does not say the time");
    if (p.stratum == 0 || p.transmit == 0) return;
    const auto sent = ntp::unix_time(p.transmit);
    if (p.mode == ntp::server && p.receive != 0 && sent < ntp::unix_time(p.receive))
      out.violate(m.from, "time_order", "an answer leaves before its request arrives");
    if (p.reference_time != 0 && sent < ntp::unix_time(p.reference_time) && p.leap != unsynchronised)
      out.violate(m.from, "reference_time", "a clock was set in its own future");
    if (p.stratum == most_stratum && p.leap != unsynchronised)
      out.violate(m.from, "synchronisation", "a server of stratum 16 does not say that it is not synchronised");
  }

  void learn(const ntp::time_packet& p, const message& m, output& out) {
    if (p.stratum < most_stratum && p.leap != unsynchronised) say(m.from, m, "role", "time_server", stated, out);
    say(m.from, m, "stratum", std::to_string(p.stratum), stated, out);
    if (p.stratum != most_stratum) say(m.from, m, "time_source", ntp::reference_text(p), hinted, out);
  }

  // ---- control and private queries
  static mw::action action_of(std::uint8_t opcode) {
    const bool changes = opcode == control_write || opcode == control_write_clock || opcode == control_trap || opcode == control_unset ||
                         opcode == control_configure || opcode == control_save;
    return changes ? action::configure : action::diagnose;
  }
  void control(const message& m, output& out) {
    const auto c = ntp::parse_control(m.data);
    if (!c) return out.violate(m.from, "control", "a control message is shorter than it says");
    out.count("ntp", "control", c->opcode);
    if (c->response && c->opcode == control_read && c->offset == 0 && !c->failed && c->association == 0) variables(*c, m, out);
    const key_type key{ntp::control, c->opcode, c->sequence, c->response ? other(m.from) : m.from};
    const bool trap = c->opcode == control_trap_response;
    if (!c->response || trap) {
      operation op;
      op.time = m.time;
      op.action = trap ? action::alarm : action_of(c->opcode);
      op.function = "6/" + std::to_string(c->opcode);
      op.function_name = ntp::control_name(c->opcode);
      if (op.function_name.empty()) out.violate(m.from, "opcode", "a control message of an unknown kind");
      op.objects.push_back({"association", std::to_string(c->association)});
      if (trap) {
        op.outcome = outcome::unsolicited;
        out.emit(std::move(op), other(m.from));
      } else {
        queries_.add(key, std::move(op), out, m.from);
      }
      return;
    }
    finish(key, c->failed ? c->error : 0u, c->failed, 0, "6/" + std::to_string(c->opcode), ntp::control_name(c->opcode),
           action_of(c->opcode), c->offset != 0, m, out);
  }

  void private_use(const message& m, output& out) {
    const auto p = ntp::parse_private(m.data);
    if (!p) return out.violate(m.from, "private", "a private message is shorter than it says");
    out.count("ntp", "private", p->request);
    const auto does = ntp::is_private_change(p->request) ? action::configure : action::diagnose;
    const key_type key{ntp::private_use, p->request, 0, p->response ? other(m.from) : m.from};
    if (!p->response) {
      operation op;
      op.time = m.time;
      op.action = does;
      op.function = "7/" + std::to_string(p->request);
      op.function_name = ntp::private_name(p->request);
      if (p->authenticated) op.fields.emplace_back("authenticated", true);
      if (p->request == monlist || p->request == monlist_1) {  // one small question, a hundred big answers to whoever was forged
        op.fields.emplace_back("amplification", true);
        out.describe("monlist", "asked");
      }
      queries_.add(key, std::move(op), out, m.from);
      return;
    }
    if ((p->request == monlist || p->request == monlist_1) && p->error == 0 && p->items != 0) {
      out.describe("monlist", "answered");
      say(m.from, m, "insecure_configuration", "ntp: monlist is answered", stated, out);
    }
    finish(key, p->error, p->error != 0, p->items, "7/" + std::to_string(p->request), ntp::private_name(p->request), does, p->sequence != 0,
           m, out);
  }

  using key_type = std::tuple<std::uint8_t, std::uint8_t, std::uint16_t, side>;
  /// An answer, or one of its parts: the first one ends the operation.
  void finish(const key_type& key, unsigned error, bool failed, unsigned items, std::string function, std::string_view name,
              mw::action does, bool further, const message& m, output& out) {
    auto request = queries_.take(key);
    if (!request && further) return out.count("ntp", "answer", std::string_view{"further_part"});
    operation op;
    if (request) {
      op = std::move(request->op);
      op.latency = m.time - op.time;
    } else {
      op.time = m.time, op.action = does, op.function = std::move(function), op.function_name = name;
    }
    op.outcome = !request ? outcome::unpaired : failed ? outcome::refused : outcome::ok;
    if (failed) op.code = std::to_string(error);
    if (items != 0) op.fields.emplace_back("items", std::int64_t{items});
    op.fields.emplace_back("response_bytes", static_cast<std::int64_t>(m.data.size()));
    out.emit(std::move(op), other(m.from));
  }

  /// 'version="ntpd 4.2.8p15", processor="x86_64", system="Linux/5.10", …'
  void variables(const ntp::control_message& c, const message& m, output& out) {
    const auto text = printable(c.data, longest_variables);
    const auto of = [&](std::string_view name) -> std::string_view {
      const auto at = text.find(std::string{name} + "=\"");
      if (at == std::string::npos || (at != 0 && text[at - 1] != ' ' && text[at - 1] != ',' && text[at - 1] != '?')) return {};
      const auto begin = at + name.size() + 2, end = text.find('"', begin);
      return end == std::string::npos ? std::string_view{} : std::string_view{text}.substr(begin, std::min<std::size_t>(end - begin, 128));
    };
    say(m.from, m, "software", of("version"), stated, out);
    say(m.from, m, "hardware", of("processor"), stated, out);
    say(m.from, m, "os", of("system"), stated, out);
  }

  pending_requests<ntp::stamp, std::monostate, 64> times_;
  pending_requests<key_type, std::monostate, 64> queries_;
  told_facts<most_told> told_;
  timestamp first_{};
  std::int64_t first_offset_ = 0;
};

const protocol here{{
    .name = "ntp",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ntp_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
