// Spanning trees of bridges (IEEE 802.1D-2004, 802.1Q-2018 clauses 13 and 14; Cisco's tree per VLAN): which bridge is the root, how
// ports change, when addresses are flushed. Each unit is whole in itself; what a port says is checked against what it said before.
#include "sensor/dissect/stp_bpdu.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>

namespace mw {
namespace {

using namespace stp;

constexpr std::array<std::uint16_t, 1> ethertypes{0};
constexpr std::uint8_t stated = 80;
constexpr std::uint16_t pid_per_vlan = 0x010b;
constexpr std::size_t most_trees = 128, most_told = 256;
constexpr nanoseconds silence = std::chrono::minutes{2};  ///< after which a port is greeted anew

std::optional<bytes> unit_of(const link_payload& p) {
  const bool plain = p.service == llc_bridge;
  const bool per_vlan = p.service == llc_snap && p.organization == organization_cisco && p.protocol == pid_per_vlan;
  if (!plain && !per_vlan) return {};
  reader in{p.data};
  if (in.u16() != 0 || !in.ok()) return {};  // other protocols of bridges (GARP) have another number here
  return p.data;
}

std::string in_seconds(std::uint16_t t) {
  auto text = std::to_string(t / 256);
  if (const auto rest = t % 256 * 100 / 256; rest != 0) text += (rest < 10 ? ".0" : ".") + std::to_string(rest);
  return text;
}

class stp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto link = read_llc(m.data);
    const auto data = link ? unit_of(*link) : std::nullopt;
    if (!data) return verdict::not_mine;
    const auto b = read_bpdu(*data, link->service == llc_snap);
    if (!b) {
      out.violate(m.from, b.error().kind == fault::truncated ? "length" : "bpdu_type", b.error().what);
      return verdict::taken;
    }
    out.count("stp", "bpdu", b->type);
    out.count("stp", "version", b->version);
    const auto unit = b->vlan ? "vlan " + std::to_string(*b->vlan) : std::string{};
    if (b->version == 1 || b->version > version_shortest_path || (b->type == rapid && b->version < version_rapid))
      out.violate(m.from, "version", "version " + std::to_string(b->version) + " of a unit of type " + std::to_string(b->type), unit);
    say(m, {}, "role", "switch", out);
    if (!b->is_tree()) {
      auto op = start(*b, m, unit, "topology_change_notification", action::alarm);
      out.emit(std::move(op), m.from);
      return verdict::taken;
    }
    check(*b, m, unit, out);
    on_tree(b->common, *b, m, unit, out);
    for (const auto& t : b->instances) on_tree(t, *b, m, "msti " + std::to_string(t.instance), out);
    tell(*b, m, out);
    return verdict::taken;
  }

private:
  /// What one port of a bridge said last, of one tree.
  struct said {
    std::string unit;
    bridge_id bridge;
    std::uint16_t port = 0;
    bridge_id root;
    stp::flags flags;
    std::uint32_t cost = 0;
    timestamp last{};
  };

  static operation start(const bpdu& b, const message& m, const std::string& unit, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = unit;
    op.action = what;
    op.function = std::to_string(b.type);
    op.function_name = name;
    op.outcome = outcome::none;
    op.fields.emplace_back("version", std::uint64_t{b.version});
    return op;
  }
  static operation about(const tree& t, const bpdu& b, const message& m, const std::string& unit, std::string_view name, action what) {
    auto op = start(b, m, unit, name, what);
    op.objects.push_back({.space = "bridge", .address = to_string(b.bridge), .property = {}, .index = {}});
    op.fields.emplace_back("root", to_string(t.root));
    op.fields.emplace_back("path_cost", std::uint64_t{t.cost});
    op.fields.emplace_back("port", std::uint64_t{t.port});
    if (b.type == rapid) {
      op.fields.emplace_back("port_role", std::string{to_string(t.flags.role())});
      op.fields.emplace_back("port_state", std::string{t.flags.state()});
    }
    return op;
  }
  void say(const message& m, const std::string& unit, std::string_view kind, const std::string& value, output& out) {
    // what is told of one tree does not replace what is told of another
    if (told_.fresh({}, {}, kind, unit + '\n' + value, m.time, "stp", out, true)) out.learn(m.from, unit, kind, value, stated);
  }

  void check(const bpdu& b, const message& m, const std::string& unit, output& out) {
    const auto wrong = [&](std::string_view rule, const std::string& detail) { out.violate(m.from, rule, detail, unit); };
    constexpr std::uint16_t second = 256;
    if (b.message_age >= b.max_age)
      wrong("message_age", "age " + in_seconds(b.message_age) + " s of at most " + in_seconds(b.max_age) + " s");
    const std::array times{b.max_age, b.hello, b.forward_delay};
    if (times != times_) {  // 802.1D-2004 table 17-1 and 17.14; said once, not with each unit
      times_ = times;
      if (b.hello < second || b.hello > 10 * second || b.max_age < 6 * second || b.max_age > 40 * second || b.forward_delay < 4 * second ||
          b.forward_delay > 30 * second)
        wrong("timers", "a time is outside of its range");
      else if (2 * (b.forward_delay - second) < b.max_age || b.max_age < 2 * (b.hello + second))
        wrong("timers", "the times do not fit each other");
    }
    const auto& head = b.regional_root ? *b.regional_root : b.bridge;
    if (head < b.common.root) wrong("root", "the bridge is better than the root that it names");
    if (head == b.common.root && b.common.cost != 0) wrong("root_cost", "the root is not at cost 0 from itself");
    if (!is_card(b.common.root.address) || !is_card(b.bridge.address)) wrong("bridge_address", "a bridge has a group's or no address");
  }

  said& remembered(const tree& t, const bpdu& b, const std::string& unit, output& out) {
    const auto at = std::ranges::find_if(trees_, [&](const said& s) { return s.port == t.port && s.bridge == b.bridge && s.unit == unit; });
    if (at != trees_.end()) return *at;
    if (trees_.size() >= most_trees) {
      out.count("stp", "forgotten", "tree");
      trees_.pop_front();
    }
    trees_.push_back({.unit = unit, .bridge = b.bridge, .port = t.port});
    return trees_.back();
  }

  void on_tree(const tree& t, const bpdu& b, const message& m, const std::string& unit, output& out) {
    auto& s = remembered(t, b, unit, out);
    const bool first = s.last == timestamp{} || m.time - s.last > silence;
    if (first) {
      auto op = about(t, b, m, unit, "hello", action::identify);
      op.fields.emplace_back("max_age", in_seconds(b.max_age));
      op.fields.emplace_back("hello_time", in_seconds(b.hello));
      op.fields.emplace_back("forward_delay", in_seconds(b.forward_delay));
      if (!b.region.empty()) op.fields.emplace_back("region", b.region + '/' + std::to_string(b.region_revision));
      out.emit(std::move(op), m.from);
    }
    if (s.last != timestamp{} && s.root != t.root) {
      auto op = about(t, b, m, unit, "root_change", action::configure);
      op.fields.emplace_back("previous_root", to_string(s.root));
      op.fields.emplace_back("is_root", (t.instance == 0 ? t.root == b.bridge : t.root.address == b.bridge.address));
      out.emit(std::move(op), m.from);
    }
    if (t.flags.changed() && (first || !s.flags.changed())) out.emit(about(t, b, m, unit, "topology_change", action::alarm), m.from);
    if (!first && b.type == rapid && (t.flags.role() != s.flags.role() || t.flags.state() != s.flags.state())) {
      auto op = about(t, b, m, unit, "port_change", action::report);
      op.fields.emplace_back("previous_role", std::string{to_string(s.flags.role())});
      op.fields.emplace_back("previous_state", std::string{s.flags.state()});
      out.emit(std::move(op), m.from);
    }
    s.root = t.root, s.flags = t.flags, s.cost = t.cost, s.last = m.time;
    say(m, unit, "root_bridge", to_string(t.root), out);
  }

  void tell(const bpdu& b, const message& m, output& out) {
    if (!b.region.empty()) say(m, {}, "mst_region", b.region + '/' + std::to_string(b.region_revision), out);
    const auto& card = b.bridge.address;
    if (!is_card(card)) return;
    if (card != m.source.hardware) {
      say(m, {}, "chassis", mw::to_string(card), out);
      if (told_.fresh({}, card, "role", "switch", m.time, "stp", out)) out.learn_about({}, card, "role", "switch", stated);
    }
    const auto id = to_string(b.bridge);
    if (told_.fresh({}, card, "bridge_id", id, m.time, "stp", out, true)) out.learn_about({}, card, "bridge_id", id, stated);
  }

  std::array<std::uint16_t, 3> times_{};  ///< that were judged last
  std::deque<said> trees_;
  told_facts<most_told> told_;
};

match probe(bytes head, transport t) {
  if (t != transport::ethernet) return match::no;
  const auto link = read_llc(head);
  const auto data = link ? unit_of(*link) : std::nullopt;
  return data && data->size() >= 4 ? match::yes : match::no;
}

const protocol spanning_tree{{
    .name = "stp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<stp_session>(); },
}};

}  // namespace
}  // namespace mw
