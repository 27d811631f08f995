// EDP of Extreme Networks in LLC with SNAP, and the ring protection that it carries (EAPS, RFC 3619): who the switch is, what runs on it,
// and when a ring breaks and heals.
#include "common/text.hpp"
#include "sensor/dissect/cdp_discovery.hpp"

#include <array>

namespace mw {
namespace {

using namespace cdp;

constexpr std::array<std::uint16_t, 1> ethertypes{0};
constexpr std::uint32_t organization_extreme = 0x00e02b;
constexpr std::uint16_t pid_discovery = 0x00bb;
constexpr std::uint8_t marker = 0x99;
constexpr std::size_t most_elements = 64, most_rings = 16;
enum element : std::uint8_t { end = 0, display = 1, info = 2, eaps = 11 };

struct eaps_name {
  std::uint8_t code;
  std::string_view name;
};
constexpr eaps_name eaps_messages[] = {{5, "health"}, {6, "ring_up_flush"}, {7, "ring_down_flush"}, {8, "link_down"}};
constexpr std::string_view eaps_states[] = {"idle", "complete", "failed", "links_up", "links_down", "pre_forwarding"};

std::string_view message_name(std::uint8_t code) {
  const auto at = std::ranges::find(eaps_messages, code, &eaps_name::code);
  return at == std::end(eaps_messages) ? std::string_view{"unknown"} : at->name;
}
std::string_view state_name(std::uint8_t state) { return state < std::size(eaps_states) ? eaps_states[state] : "unknown"; }

bool is_extreme(const link_payload& p) {
  return p.service == llc_snap && p.organization == organization_extreme && p.protocol == pid_discovery;
}

class edp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read_llc(m.data);
    if (!p || !is_extreme(*p)) return verdict::not_mine;
    reader in{p->data};
    const auto version = in.u8();
    in.skip(1);
    const std::size_t length = in.u16();
    in.skip(2 + 2 + 2);  // checksum, number, kind of the machine's identifier
    const auto machine = read_card(in);
    if (!in.ok() || length < in.at() || length > p->data.size()) {
      out.violate(m.from, "length", "the message has not the length that it gives");
      return verdict::taken;
    }
    if (version != 1) out.violate(m.from, "version", "not version 1");
    if (!checksum_holds(p->data.first(length))) out.violate(m.from, "checksum", "the checksum is not that of the message");
    if (is_card(machine) && machine != m.source.hardware) teller_.say(m, "edp", "chassis", to_string(machine), stated, out);
    reader elements{p->data.first(length).subspan(in.at())};
    for (std::size_t i = 0; elements.left() != 0 && i < most_elements; ++i) {
      constexpr std::size_t head = 4;
      const bool marked = elements.u8() == marker;
      const auto type = elements.u8();
      const std::size_t size = elements.u16();
      const auto value = size >= head ? elements.take(size - head) : bytes{};
      if (!elements.ok() || !marked || size < head) {
        out.violate(m.from, "length", "the message ends inside an element");
        break;
      }
      out.count("edp", "tlv", type);
      if (type == end) break;
      on_element(type, value, m, out);
    }
    return verdict::taken;
  }

private:
  void on_element(std::uint8_t type, bytes value, const message& m, output& out) {
    reader in{value};
    if (type == display) {
      teller_.say(m, "edp", "host_name", printable(value, 255), stated, out);
      teller_.say(m, "edp", "vendor", "Extreme Networks", hinted, out);
    } else if (type == info) {
      const auto slot = in.u16() + 1, port = in.u16() + 1;
      in.skip(2 + 6);
      const auto v = in.take(4);
      if (!in.ok()) return out.violate(m.from, "element", "an element has not the length of its kind");
      teller_.say(m, "edp", "port_id", std::to_string(slot) + '/' + std::to_string(port), stated, out, true);
      auto text = std::to_string(v[0]);
      for (const auto part : v.subspan(1)) text += '.' + std::to_string(part);
      teller_.say(m, "edp", "software", text, stated, out);
      teller_.say(m, "edp", "role", "switch", stated, out);
    } else if (type == eaps) {
      on_ring(in, m, out);
    }
  }

  void on_ring(reader in, const message& m, output& out) {
    in.skip(1);
    const auto code = in.u8();
    const auto vlan = in.u16();
    in.skip(4);
    const auto system = read_card(in);
    in.skip(4);  // hello and fail time
    const auto state = in.u8();
    if (!in.ok()) return out.violate(m.from, "element", "an element has not the length of its kind");
    out.count("edp", "eaps", code);
    auto at = std::ranges::find(rings_, vlan, &ring::vlan);
    const bool first = at == rings_.end();
    if (first) {
      if (rings_.size() >= most_rings) {
        out.count("edp", "forgotten", "ring");
        rings_.erase(rings_.begin());
      }
      rings_.push_back({vlan, state});
      at = std::prev(rings_.end());
    }
    constexpr std::uint8_t health = 5;
    if (code == health && (first || at->state == state)) return;
    operation op;
    op.time = m.time;
    op.unit = "vlan " + std::to_string(vlan);
    op.action = action::alarm;
    op.function = std::to_string(code);
    op.function_name = code == health ? "ring_state_change" : std::string{message_name(code)};
    op.outcome = outcome::none;
    op.fields.emplace_back("state", std::string{state_name(state)});
    op.fields.emplace_back("previous_state", std::string{first ? "" : state_name(at->state)});
    op.fields.emplace_back("system", to_string(system));
    at->state = state;
    out.emit(std::move(op), m.from);
  }

  struct ring {
    std::uint16_t vlan = 0;
    std::uint8_t state = 0;
  };
  std::vector<ring> rings_;
  teller teller_;
};

match probe(bytes head, transport t) {
  if (t != transport::ethernet) return match::no;
  const auto p = read_llc(head);
  return p && is_extreme(*p) ? match::yes : match::no;
}

const protocol edp{{
    .name = "edp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<edp_session>(); },
}};

}  // namespace
}  // namespace mw
