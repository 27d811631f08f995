// SNMP versions 1, 2c and 3 (RFC 1157, 3416, 3411 to 3414) on UDP: who reads and writes which variables, and what agents report.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/snmp_identity.hpp"
#include "sensor/dissect/snmp_message.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mw {
namespace {

using namespace snmp;

constexpr std::array<std::uint16_t, 2> ports{161, 162};
constexpr std::string_view trap_oid = "1.3.6.1.6.3.1.1.4.1.0", uptime_oid = "1.3.6.1.2.1.1.3.0", usm_statistics = "1.3.6.1.6.3.15.1.1.";
/// RFC 3414, 5: what an engine counts when it turns a message away.
constexpr std::array<std::string_view, 7> usm_reports{"",
                                                      "unsupported_security_levels",
                                                      "not_in_time_windows",
                                                      "unknown_user_names",
                                                      "unknown_engine_ids",
                                                      "wrong_digests",
                                                      "decryption_errors"};
constexpr std::uint8_t unknown_engine = 4;

bool is_trap(std::uint8_t p) { return p == trap || p == trap_v1; }
bool is_request(const parsed& m) {
  return m.encrypted ? m.reportable() : m.pdu == get || m.pdu == get_next || m.pdu == get_bulk || m.pdu == snmp::set || m.pdu == inform;
}

action action_of(const parsed& m) {
  switch (m.pdu) {
    case snmp::set: return action::write;
    case trap_v1:
    case inform:
    case trap: return action::alarm;
    case report: return action::diagnose;
    default: {
      const bool identity = !m.bindings.empty() && std::ranges::all_of(m.bindings, [](const binding& b) { return is_identity(b.oid); });
      return identity ? action::identify : action::read;
    }
  }
}

class snmp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read(m.data);
    if (!p) {
      out.violate(m.from, "message", "the datagram is no whole SNMP message");
      return verdict::taken;
    }
    if (p->encrypted)
      out.count("snmp", "encrypted", std::uint32_t{p->flags});
    else
      out.count("snmp", "pdu", std::uint32_t{p->pdu});
    out.count("snmp", "version", static_cast<std::uint32_t>(p->version));
    if (!p->rule.empty()) out.violate(m.from, p->rule, p->wrong, p->context);
    tell_engine(*p, m, out);
    if (is_request(*p))
      on_request(*p, m, out);
    else if (!p->encrypted && is_trap(p->pdu))
      on_trap(*p, m, out);
    else
      on_answer(*p, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// Version 3 pairs by the message's number, since the request's may be encrypted.
  struct key {
    side asker = side::client;
    std::int64_t version = 0, id = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    std::uint8_t pdu = 0;
    bool discovery = false;  ///< of the engine's name: a report is the answer that is wanted
    std::size_t variables = 0;
  };
  static key key_of(const parsed& p, side asker) { return {asker, p.version, p.version == 3 ? p.message_id : p.request_id}; }

  static operation start(const parsed& p, const message& m) {
    operation op;
    op.time = m.time;
    op.unit = p.context;
    if (p.encrypted) {
      op.action = action::session;
      op.function = "encrypted", op.function_name = "encrypted";
    } else {
      op.action = action_of(p);
      op.function = std::to_string(p.pdu), op.function_name = name_of(p.pdu);
    }
    constexpr std::array<std::string_view, 4> versions{"1", "2c", "", "3"};
    op.fields.emplace_back("version", std::string{versions.at(static_cast<std::size_t>(p.version & 3))});
    if (p.version != 3) {
      op.fields.emplace_back("default_community", p.default_community);  // the community itself is a password
    } else {
      op.fields.emplace_back("security_level", std::string{security_level(p.flags)});
      op.fields.emplace_back("user_name", p.user);
      if (!p.engine.empty()) op.fields.emplace_back("engine_id", hex(p.engine, 32));
    }
    return op;
  }
  static std::vector<object> objects_of(const parsed& p) {
    std::vector<object> out;
    for (const auto& b : p.bindings) out.push_back({.space = "oid", .address = b.oid, .property = {}, .index = {}});
    return out;
  }
  static void add_values(const parsed& p, operation& op) {
    for (const auto& b : p.bindings) op.values.push_back(b.value);
    if (p.more != 0) op.fields.emplace_back("more_variables", std::uint64_t{p.more});
  }

  void on_request(const parsed& p, const message& m, output& out) {
    auto op = start(p, m);
    op.objects = objects_of(p);
    if (p.pdu == snmp::set || p.pdu == inform) add_values(p, op);
    if (p.pdu == inform) add_trap(p, op);
    if (p.pdu == get_bulk && !p.encrypted) {
      op.fields.emplace_back("non_repeaters", p.error_status);
      op.fields.emplace_back("max_repetitions", p.error_index);
    }
    const auto k = key_of(p, m.from);
    if (pending_.find(k) != nullptr) {  // asked again with the same number
      out.count("snmp", "repeated", "request");
      return;
    }
    const bool discovery = p.version == 3 && p.engine.empty();
    if (discovery) op.action = action::session;
    pending_.add(k, std::move(op), out, m.from, {p.pdu, discovery, p.bindings.size() + p.more});
  }

  void on_answer(const parsed& p, const message& m, output& out) {
    auto r = pending_.take(key_of(p, other(m.from)));
    if (!p.encrypted && p.pdu == response) tell(p, m, out);
    if (!r) {
      auto op = start(p, m);
      op.objects = objects_of(p);
      add_values(p, op);
      // what is encrypted and waits for nothing may be a trap
      op.outcome = p.encrypted ? outcome::none : outcome::unpaired;
      return out.emit(std::move(op), p.encrypted ? m.from : other(m.from));
    }
    auto how = outcome::ok;
    if (!p.encrypted && p.pdu == report)
      how = read_report(p, r->extra.discovery, r->op);
    else if (!p.encrypted)
      how = read_response(p, r->extra.pdu, r->extra.variables, r->op, m, out);
    answer(*r, m.time, how, out);
  }

  static outcome read_report(const parsed& p, bool discovery, operation& op) {
    const auto oid = p.bindings.empty() ? std::string_view{} : std::string_view{p.bindings[0].oid};
    std::size_t number = 0;  // of something else
    if (oid.starts_with(usm_statistics) && oid.size() > usm_statistics.size()) {
      const auto digit = oid[usm_statistics.size()];
      if (digit >= '1' && digit <= '6') number = static_cast<std::size_t>(digit - '0');
    }
    op.code = std::to_string(number);
    if (number != 0) op.fields.emplace_back("report", std::string{usm_reports.at(number)});
    return discovery && number == unknown_engine ? outcome::ok : outcome::refused;
  }

  static outcome read_response(const parsed& p, std::uint8_t to, std::size_t asked, operation& op, const message& m, output& out) {
    op.code = std::to_string(p.error_status);
    if (p.error_status != 0) {
      op.fields.emplace_back("error", std::string{status_name(p.error_status)});
      if (p.error_index != 0) op.fields.emplace_back("error_index", p.error_index);
      if (p.error_index < 0 || static_cast<std::size_t>(p.error_index) > p.bindings.size() + p.more)
        out.violate(m.from, "error_index", "the error is said of a variable that is not there", op.unit);
      if (status_name(p.error_status) == "unknown") out.violate(m.from, "error_status", "an error that is not assigned", op.unit);
      return outcome::refused;
    }
    if (to == snmp::set || to == inform) return outcome::ok;
    auto found = objects_of(p);
    if (to != get_bulk && p.bindings.size() + p.more != asked)
      out.violate(m.from, "mismatch", "the response has another number of variables than the request", op.unit);
    else if (to == get && found != op.objects)
      out.violate(m.from, "mismatch", "the response names other variables than the request", op.unit);
    if (found != op.objects) op.returned = std::move(found);
    add_values(p, op);
    return outcome::ok;
  }

  static void add_trap(const parsed& p, operation& op) {
    if (p.pdu == trap_v1) {
      op.fields.emplace_back("enterprise", p.enterprise);
      op.fields.emplace_back("agent_address", p.agent);
      op.fields.emplace_back("generic_trap", std::string{generic_trap_name(p.generic_trap)});
      op.fields.emplace_back("specific_trap", p.specific_trap);
      op.fields.emplace_back("uptime", static_cast<double>(p.uptime) / 100.0);
      return;
    }
    for (const auto& b : p.bindings) {
      if (b.oid == trap_oid) op.fields.emplace_back("trap", b.value);
      if (const auto* ticks = std::get_if<std::uint64_t>(&b.value); b.oid == uptime_oid && ticks != nullptr)
        op.fields.emplace_back("uptime", static_cast<double>(*ticks) / 100.0);
    }
  }

  void on_trap(const parsed& p, const message& m, output& out) {
    auto op = start(p, m);
    op.objects = objects_of(p);
    add_values(p, op);
    add_trap(p, op);
    op.outcome = outcome::none;
    if (p.pdu == trap && (p.bindings.size() < 2 || p.bindings[0].oid != uptime_oid || p.bindings[1].oid != trap_oid))
      out.violate(m.from, "trap", "a trap does not begin with the time and its name", p.context);
    if (const auto vendor = vendor_of(enterprise_in(p.enterprise)); !vendor.empty()) say(m.from, {}, "vendor", vendor, 60, m, out);
    out.emit(std::move(op), m.from);
  }

  void say(side who, const std::string& unit, std::string_view kind, std::string_view value, std::uint8_t confidence, const message& m,
           output& out) {
    if (value.empty()) return;
    // a unit of its own is a machine of its own: its words do not replace the others'
    const auto known = unit + '\n' + std::string{value};
    if (told_.fresh({}, {}, kind, known, m.time, "snmp", out, !unit.empty())) out.learn(who, unit, kind, value, confidence);
  }

  /// What the variables of a response say of the agent.
  void tell(const parsed& p, const message& m, output& out) {
    if (p.error_status != 0) return;
    for (const auto& b : p.bindings) {
      const auto about = subject_of(b.oid);
      const auto* text = std::get_if<std::string>(&b.value);
      if (!about || text == nullptr || text->empty() || (about->word && text->starts_with("0x"))) continue;
      say(m.from, about->unit, about->kind, *text, 80, m, out);
      if (about->kind == "object_id") {
        say(m.from, {}, "vendor", vendor_of(enterprise_in(*text)), 70, m, out);
      } else if (about->kind == "description") {
        say(m.from, {}, "hardware", part_of(*text, "HW: "), 50, m, out);
        say(m.from, {}, "firmware", part_of(*text, "FW: "), 50, m, out);
      }
    }
  }

  /// The engine that counts is the one of who answers; of a trap the one of who sends it.
  void tell_engine(const parsed& p, const message& m, output& out) {
    if (p.version != 3) return;
    const auto e = read_engine(p.engine);
    if (e.text.empty()) return;
    const auto whose = p.reportable() ? other(m.from) : m.from;
    say(whose, {}, "engine_id", e.text, 80, m, out);
    say(whose, {}, "mac", e.hardware, 60, m, out);
    say(whose, {}, "vendor", vendor_of(e.enterprise), 60, m, out);
  }

  pending_requests<key, asked> pending_;
  told_facts<128> told_;
};

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  const auto p = read(head);
  return p && (p->rule.empty() || p->rule == "binding" || p->rule == "security_level") ? match::yes : match::no;
}

const protocol snmp_protocol{{
    .name = "snmp",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<snmp_session>(); },
}};

}  // namespace
}  // namespace mw
