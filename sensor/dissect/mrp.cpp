// Media Redundancy Protocol (IEC 62439-2): whether a ring and an interconnection are open, who manages them, whose link went.
// A ring port is a conversation of its own; test frames repeat each few milliseconds, so records are made of what changes.
#include "common/text.hpp"
#include "sensor/dissect/stp_link.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <string>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x88e3};
constexpr std::uint8_t stated = 80;
constexpr std::uint16_t version = 1;
constexpr nanoseconds silence = std::chrono::seconds{30};
constexpr std::size_t most_elements = 16;

enum element : std::uint8_t {
  end = 0,
  common = 1,
  test = 2,
  topology_change = 3,
  link_down = 4,
  link_up = 5,
  in_test = 6,
  in_topology_change = 7,
  in_link_down = 8,
  in_link_up = 9,
  in_link_status_poll = 10,
  option = 0x7f,
};
constexpr std::string_view names[] = {"end",
                                      "common",
                                      "test",
                                      "topology_change",
                                      "link_down",
                                      "link_up",
                                      "in_test",
                                      "in_topology_change",
                                      "in_link_down",
                                      "in_link_up",
                                      "in_link_status_poll"};

/// What stands in one of the elements; not all of them have all of it.
struct content {
  std::uint8_t type = 0;
  std::optional<std::uint16_t> priority, interconnection, port_role, state, transitions, interval, blocked;
  mac sender;
};

/// None where the element is shorter than its layout.
std::optional<content> read_content(std::uint8_t type, bytes value) {
  reader in{value};
  content c{.type = type};
  switch (type) {
    case test:
      c.priority = in.u16();
      c.sender = read_card(in);
      c.port_role = in.u16(), c.state = in.u16(), c.transitions = in.u16();
      in.skip(4);
      break;
    case topology_change: c.priority = in.u16(), c.sender = read_card(in), c.interval = in.u16(); break;
    case link_down:
    case link_up: c.sender = read_card(in), c.port_role = in.u16(), c.interval = in.u16(), c.blocked = in.u16(); break;
    case in_test:
      c.interconnection = in.u16();
      c.sender = read_card(in);
      c.port_role = in.u16(), c.state = in.u16(), c.transitions = in.u16();
      in.skip(4);
      break;
    case in_topology_change: c.sender = read_card(in), c.interconnection = in.u16(), c.interval = in.u16(); break;
    case in_link_down:
    case in_link_up: c.sender = read_card(in), c.port_role = in.u16(), c.interconnection = in.u16(), c.interval = in.u16(); break;
    case in_link_status_poll: c.sender = read_card(in), c.port_role = in.u16(), c.interconnection = in.u16(); break;
    default: return {};
  }
  if (!in.ok()) return {};
  return c;
}

std::string uuid_of(bytes b) {
  const auto text = hex(b).substr(2);
  return text.substr(0, 8) + '-' + text.substr(8, 4) + '-' + text.substr(12, 4) + '-' + text.substr(16, 4) + '-' + text.substr(20);
}

class mrp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto wrong = [&](std::string_view rule, std::string_view detail) { out.violate(m.from, rule, detail); };
    const auto spoken = in.u16();
    if (!in.ok() || spoken != version) {
      wrong(in.ok() ? "version" : "length", in.ok() ? "not version 1" : "the frame is shorter than its head");
      return verdict::taken;
    }
    std::optional<content> what;
    std::optional<std::uint16_t> sequence;
    for (std::size_t i = 0; in.left() >= 2 && i < most_elements; ++i) {
      const auto type = in.u8();
      const auto value = in.take(in.u8());
      if (!in.ok()) {
        wrong("length", "the frame ends inside an element");
        return verdict::taken;
      }
      if (type == end) {
        if (sequence) break;
        continue;  // elements are filled up to four octets, which looks like an end
      }
      out.count("mrp", "tlv", type);
      if (type == common) {
        reader c{value};
        sequence = c.u16();
        const auto domain = c.take(16);
        if (c.ok()) domain_ = uuid_of(domain);
        if (!c.ok()) wrong("length", "an element is shorter than its layout");
      } else if (type == option) {
        on_option(reader{value}, m, out);
      } else if (type <= in_link_status_poll) {
        what = read_content(type, value);
        if (!what) wrong("length", "an element is shorter than its layout");
      } else {
        wrong("element", "an element that is reserved");
      }
    }
    if (!sequence) wrong("common", "the frame names no sequence and domain");
    if (sequence) check(*sequence, m, out);
    if (what) on_content(*what, m, out);
    return verdict::taken;
  }

private:
  struct ring {
    bool seen = false;
    std::uint16_t state = 0, transitions = 0, priority = 0;
    mac manager;
    timestamp last{};
  };

  void check(std::uint16_t sequence, const message& m, output& out) {
    const bool watched = last_ != timestamp{} && m.time - last_ < silence;
    if (watched && sequence != sequence_ && static_cast<std::uint16_t>(sequence_ - sequence) < 0x8000)
      out.violate(m.from, "sequence", std::to_string(sequence) + " after " + std::to_string(sequence_));
    sequence_ = sequence, last_ = m.time;
  }

  operation start(const content& c, const message& m, std::string_view name, action what) const {
    operation op;
    op.time = m.time;
    op.unit = domain_;
    op.action = what;
    op.function = std::to_string(c.type);
    op.function_name = name;
    op.outcome = outcome::none;
    op.objects.push_back({.space = "switch", .address = to_string(c.sender), .property = {}, .index = {}});
    const auto add = [&](std::string_view key, const std::optional<std::uint16_t>& v) {
      if (v) op.fields.emplace_back(std::string{key}, std::uint64_t{*v});
    };
    add("priority", c.priority);
    add("interconnection", c.interconnection);
    if (c.port_role)
      op.fields.emplace_back("port_role", std::string{*c.port_role == 0 ? "primary" : *c.port_role == 1 ? "secondary" : "other"});
    if (c.state) op.fields.emplace_back("state", std::string{*c.state == 0 ? "open" : "closed"});
    add("transitions", c.transitions);
    add("interval", c.interval);
    add("blocked", c.blocked);
    return op;
  }
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, "mrp", out, true)) out.learn(m.from, {}, kind, value, stated);
  }

  void on_content(const content& c, const message& m, output& out) {
    if (!is_card(c.sender)) out.violate(m.from, "address", "the sender names a group's or no address as its own", domain_);
    if (is_card(c.sender) && c.sender != m.source.hardware) say(m, "chassis", to_string(c.sender), out);
    say(m, "mrp_domain", domain_, out);
    if (c.type == test || c.type == in_test) return on_test(c, m, out);
    out.emit(start(c, m, names[c.type], c.type == in_link_status_poll ? action::diagnose : action::alarm), m.from);
    if (c.type == topology_change) say(m, "mrp_role", "manager", out);
    if (c.type == link_down || c.type == link_up) say(m, "mrp_role", "client", out);
  }

  void on_test(const content& c, const message& m, output& out) {
    auto& r = rings_[c.type == test ? 0 : 1];
    const auto state = c.state.value_or(0);
    if (state > 1) out.violate(m.from, "ring_state", "a state that does not exist", domain_);
    if (!r.seen || m.time - r.last > silence) {
      out.emit(start(c, m, names[c.type], action::report), m.from);
    } else if (r.manager != c.sender) {
      auto op = start(c, m, "manager_change", action::configure);
      op.fields.emplace_back("previous_manager", to_string(r.manager));
      out.emit(std::move(op), m.from);
    } else if (r.state != state || r.transitions != c.transitions.value_or(0)) {
      out.emit(start(c, m, state == 0 ? "ring_open" : r.state == state ? "ring_was_open" : "ring_closed", action::alarm), m.from);
    } else if (r.priority != c.priority.value_or(0)) {
      out.emit(start(c, m, "priority_change", action::configure), m.from);
    }
    r = {true, state, c.transitions.value_or(0), c.priority.value_or(0), c.sender, m.time};
    say(m, "mrp_role", c.type == test ? "manager" : "interconnection_manager", out);
    say(m, "role", "switch", out);
  }

  /// Managers that negotiate (MRP_AutoMgr) tell each other who gives way: there is more than one.
  void on_option(reader in, const message& m, output& out) {
    constexpr std::uint32_t siemens = 0x080006;
    constexpr std::uint8_t test_refused = 1, test_propagate = 2;
    const auto organization = static_cast<std::uint32_t>(in.be_n(3));
    if (!in.ok() || organization != siemens) return;
    in.skip(1 + 2);
    const auto type = in.u8();
    auto value = in.part(in.u8());
    content c{.type = option};
    c.priority = value.u16();
    c.sender = read_card(value);
    const auto other_priority = value.u16();
    const auto other = read_card(value);
    if (!value.ok() || (type != test_refused && type != test_propagate)) return;
    out.count("mrp", "option", type);
    auto op = start(c, m, type == test_refused ? "manager_conflict" : "manager_propagated",
                    type == test_refused ? action::alarm : action::report);
    op.function += '/' + std::to_string(type);
    op.fields.emplace_back("other_manager", to_string(other));
    op.fields.emplace_back("other_priority", std::uint64_t{other_priority});
    out.emit(std::move(op), m.from);
  }

  std::array<ring, 2> rings_;  ///< the ring, the interconnection
  std::string domain_;
  std::uint16_t sequence_ = 0;
  timestamp last_{};
  told_facts<16> told_;
};

match probe(bytes head, transport t) {
  reader in{head};
  return t == transport::ethernet && in.u16() == version && in.u8() <= in_link_status_poll && in.ok() ? match::yes : match::no;
}

const protocol media_redundancy{{
    .name = "mrp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<mrp_session>(); },
}};

}  // namespace
}  // namespace mw
