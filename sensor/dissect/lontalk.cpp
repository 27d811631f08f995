// LonTalk over IP (EIA-852, ISO/IEC 14908-1 and 14908-4): network variables that are updated and polled, network management, and what
// devices and the configuration server of a channel tell each other.
#include "sensor/dissect/lontalk_codes.hpp"
#include "sensor/dissect/lontalk_frame.hpp"

#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace lon;

constexpr std::array<std::uint16_t, 2> ports{1628, 1629};
constexpr std::uint8_t stated = 80;
constexpr std::size_t most_octets = 64;

std::string digits(bytes b) { return hex(b, most_octets).substr(2); }

action what_of(std::uint8_t type) {
  switch (type) {
    case 0x03: return action::session;
    case 0x60:
    case 0x70: return action::diagnose;
    case 0x04:
    case 0x06:
    case 0x08:
    case 0x71: return action::configure;
    default: return action::read;
  }
}
/// The packet that answers to a request of the channel's administration; 0 where there is none.
std::uint8_t answer_to(std::uint8_t type) {
  switch (type) {
    case 0x60: return 0x70;
    case 0x63: return 0x71;
    case 0x64: return 0x04;
    case 0x66: return 0x06;
    case 0x68: return 0x08;
    default: return 0;
  }
}

class lon_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read_packet(m.data);
    if (!p) {
      out.violate(m.from, "header", "no header of EIA-852 of a known type and the length of the datagram");
      return verdict::taken;
    }
    out.count("lontalk", "packet", p->type);
    check(*p, m, out);
    if (p->is_signed()) out.describe("authenticated", "yes");
    if (p->type == data && p->protocol() == 0)
      on_data(*p, m, out);
    else if (p->type != data && p->type != acknowledge && p->type != segment)
      on_administration(*p, m, out);
    return verdict::taken;
  }
  void on_gap(side from) override { counters_[static_cast<std::size_t>(from)] = {}; }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out), administration_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out), administration_.finish(out); }

private:
  struct key {
    std::string asker;
    std::uint8_t transaction = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    std::uint8_t code = 0;
    bool variable = false;
  };
  struct counter {
    std::uint32_t session = 0, sequence = 0;
    bool seen = false;
  };

  void check(const packet& p, const message& m, output& out) {
    if (p.type != data) return;
    auto& c = counters_[static_cast<std::size_t>(m.from)];
    if (c.seen && c.session == p.session && p.sequence != c.sequence && p.sequence != c.sequence + 1)
      out.violate(m.from, "sequence", std::to_string(p.sequence) + " after " + std::to_string(c.sequence));
    c = {p.session, p.sequence, true};
  }

  static operation start(const message& m, std::string unit, std::string function, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = std::move(unit);
    op.action = what;
    op.function = std::move(function);
    op.function_name = name;
    op.outcome = outcome::none;
    return op;
  }

  void on_administration(const packet& p, const message& m, output& out) {
    auto op = start(m, {}, "packet/" + std::to_string(p.type), packet_name(p.type), what_of(p.type));
    if (answer_to(p.type) != 0) return administration_.add(answer_to(p.type), std::move(op), out, m.from);
    if (auto r = administration_.take(p.type); r && r->asker != m.from) return answer(*r, m.time, outcome::ok, out);
    out.emit(std::move(op), m.from);
  }

  void on_data(const packet& p, const message& m, output& out) {
    const auto f = read_frame(p.body);
    if (!f) return out.violate(m.from, "frame", "a frame that ends inside its layers");
    out.count("lontalk", "pdu", static_cast<std::uint32_t>(f->what), f->kind);
    if (f->what == layer::authentication) {
      constexpr std::uint8_t challenge = 0;
      auto op = start(m, f->target, "authentication/" + std::to_string(f->kind), f->kind == challenge ? "challenge" : "reply",
                      action::authenticate);
      op.fields.emplace_back("source", f->source);
      return out.emit(std::move(op), m.from);
    }
    if (f->apdu.empty()) return;
    const bool response = f->what == layer::session && f->kind == answered;
    if (f->kind == repeated || f->kind == reminder_message) {
      if (last_ == std::pair{f->source, f->transaction}) return;  // the same again
      last_ = {f->source, f->transaction};
    }
    response ? on_response(*f, m, out) : on_request(*f, m, out);
  }

  void on_request(const frame& f, const message& m, output& out) {
    reader in{f.apdu};
    const auto first = in.u8();
    const bool poll = f.what == layer::session;
    operation op;
    if ((first & 0x80) != 0) {
      const auto low = in.u8();
      if (!in.ok()) return out.violate(m.from, "variable", "a network variable without its selector", f.target);
      const auto selector = static_cast<std::uint16_t>((first & 0x3f) << 8 | low);
      const bool output_side = (first & 0x40) != 0;
      op = start(m, f.target, "variable", poll ? "poll" : "update", poll ? action::read : f.to_group ? action::report : action::write);
      op.objects.push_back({.space = "variable", .address = std::to_string(selector), .property = {}, .index = {}});
      op.fields.emplace_back("direction", std::string{output_side ? "output" : "input"});
      if (in.left() != 0) op.values.emplace_back(hex(in.rest(), most_octets));
    } else {
      op = managed(first, in, f, m, out);
    }
    op.fields.emplace_back("source", f.source);
    if (f.authenticated) op.fields.emplace_back("authenticated", true);
    if (!poll) return out.emit(std::move(op), m.from);
    pending_.add({f.source, f.transaction}, std::move(op), out, m.from, {first, (first & 0x80) != 0});
  }

  operation managed(std::uint8_t first, reader in, const frame& f, const message& m, output& out) {
    const auto c = describe(first);
    auto op = start(m, f.target, std::to_string(first), c.name, c.what);
    if (is_management(first)) out.count("lontalk", "management", first);
    if (first == set_node_mode) {
      constexpr std::string_view modes[] = {"offline", "online", "reset", "change_state"};
      constexpr action actions[] = {action::stop, action::start, action::restart, action::configure};
      const std::size_t mode = in.u8();
      if (!in.ok() || mode >= std::size(modes)) {
        out.violate(m.from, "node_mode", "a mode that does not exist", f.target);
        return op;
      }
      op.action = actions[mode];
      op.fields.emplace_back("mode", std::string{modes[mode]});
    } else if (first == read_memory || first == write_memory) {
      const auto mode = in.u8();
      const auto offset = in.u16();
      const auto count = in.u8();
      if (!in.ok()) {
        out.violate(m.from, "length", "a command on memory without its place", f.target);
        return op;
      }
      op.objects.push_back(
          {.space = "memory", .address = std::to_string(mode) + '/' + std::to_string(offset), .count = count, .property = {}, .index = {}});
      in.skip(1);  // what is to be done behind it
      if (first == write_memory) op.values.emplace_back(hex(in.rest(), most_octets));
    } else if (first == install && in.left() != 0) {
      const auto command = in.u8();
      if (command != 0) op.function_name = "install";
      op.fields.emplace_back("command", std::uint64_t{command});
    } else if (first == service_pin) {
      tell_identity(in, m, out);
      if (f.apdu.size() >= 7)
        op.objects.push_back({.space = "neuron", .address = digits(f.apdu.subspan(1, 6)), .property = {}, .index = {}});
    } else if (first == update_key) {
      op.fields.emplace_back("key_given", true);
    }
    return op;
  }

  /// The number of the chip and the program on it.
  void tell_identity(reader in, const message& m, output& out) {
    const auto neuron = in.take(6), program = in.take(8);
    if (!in.ok()) return;
    say(m, "neuron_id", digits(neuron), out);
    say(m, "program_id", digits(program), out);
  }
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    // a router has many nodes behind it
    if (told_.fresh({}, {}, kind, (m.from == side::client ? "c" : "s") + value, m.time, "lontalk", out, true))
      out.learn(m.from, {}, kind, value, stated);
  }

  void on_response(const frame& f, const message& m, output& out) {
    reader in{f.apdu};
    const auto first = in.u8();
    auto r = pending_.take({f.target, f.transaction});
    const bool paired = r.has_value();
    const bool variable = (first & 0x80) != 0;
    // 0x21 answers to 0x61, 0x31 to 0x51; without the bit 0x20 it is a refusal
    const auto code = static_cast<std::uint8_t>(
        (first & 0x10) != 0 && (paired ? (r->extra.code & 0x70) == 0x50 : true) ? 0x50 | (first & 0x0f) : 0x60 | (first & 0x1f));
    const bool refused = !variable && (first & 0x20) == 0 && (!paired || is_management(r->extra.code));
    if (!paired) {
      const auto c = describe(code);
      r = {{},
           start(m, f.source, variable ? "variable" : std::to_string(code), variable ? "poll" : c.name, variable ? action::read : c.what),
           other(m.from),
           {}};
      r->op.fields.emplace_back("source", f.target);
    } else if (!r->extra.variable && is_management(r->extra.code) && code != r->extra.code) {
      out.violate(m.from, "response", "the answer is to another command", f.source);
    }
    if (variable) {
      in.skip(1);
      r->op.values.clear();
      r->op.values.emplace_back(hex(in.rest(), most_octets));
    } else if (refused) {
      r->op.code = std::to_string(first);
    } else if (code == query_id) {
      tell_identity(in, m, out);
    } else if (code == query_status) {
      in.skip(10);
      in.skip(1);  // why it was reset
      const auto state = in.u8(), version = in.u8();
      if (in.ok()) {
        if (const auto name = node_state(state); !name.empty()) out.learn(m.from, f.source, "run_state", name, stated);
        out.learn(m.from, f.source, "firmware", std::to_string(version), stated);
      }
    } else if (code == read_memory) {
      r->op.values.emplace_back(hex(in.rest(), most_octets));
    }
    if (paired) return answer(*r, m.time, refused ? outcome::refused : outcome::ok, out);
    r->op.outcome = outcome::unpaired;
    out.emit(std::move(r->op), r->asker);
  }

  pending_requests<key, asked, 128> pending_;
  pending_requests<std::uint8_t, std::monostate, 16> administration_;
  std::array<counter, 2> counters_;
  std::pair<std::string, std::uint8_t> last_;
  told_facts<64> told_;
};

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  const auto p = read_packet(head);
  if (!p) return match::no;
  return p->type != data || p->protocol() != 0 || read_frame(p->body) ? match::yes : match::no;
}

const protocol lontalk{{
    .name = "lontalk",
    .udp_ports = ports,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<lon_session>(); },
}};

}  // namespace
}  // namespace mw
