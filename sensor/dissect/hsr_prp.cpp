// Supervision of HSR and PRP (IEC 62439-3): which nodes hang on both networks or in the ring, and who stands behind a RedBox.
#include "sensor/dissect/stp_link.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <string>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x88fb};
constexpr std::uint8_t stated = 80;
constexpr std::size_t most_elements = 8, most_nodes = 64;
constexpr nanoseconds silence = std::chrono::seconds{60};  ///< a node forgets another after it (NodeForgetTime)

enum element : std::uint8_t { end = 0, prp_discard = 20, prp_accept = 21, hsr = 23, redundancy_box = 30, virtual_node = 31 };

std::string_view role_of(std::uint8_t type) {
  switch (type) {
    case prp_discard: return "prp_node";
    case prp_accept: return "prp_node_duplicate_accept";
    case hsr: return "hsr_node";
    default: return {};
  }
}

class supervision_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto head = in.u16();
    const auto version = static_cast<std::uint16_t>(head & 0x0fff);
    const auto sequence = version > 0 ? in.u16() : std::uint16_t{0};
    if (!in.ok() || version > 1) {
      out.violate(m.from, in.ok() ? "version" : "length", in.ok() ? "neither version 0 nor 1" : "the frame is shorter than its head");
      return verdict::taken;
    }
    mac node, box;
    std::uint8_t kind = 0;
    for (std::size_t i = 0; in.left() >= 2 && i < most_elements; ++i) {
      const auto type = in.u8();
      auto value = in.part(in.u8());
      if (!in.ok()) {
        out.violate(m.from, "length", "the frame ends inside an element");
        return verdict::taken;
      }
      if (type == end) break;
      out.count("hsr_prp", "tlv", type);
      if (!role_of(type).empty()) {
        kind = type;
        node = read_card(value);
      } else if (type == redundancy_box || type == virtual_node) {
        (type == redundancy_box ? box : node) = read_card(value);
      }
      if (!value.ok()) out.violate(m.from, "element", "an element has not the length of its kind");
      if (version == 0 && type >= redundancy_box) break;  // behind it the first edition fills up
    }
    if (kind == 0 || !is_card(node)) {
      out.violate(m.from, "node", "the frame names no node");
      return verdict::taken;
    }
    tell(node, box, kind, version, sequence, head >> 12, m, out);
    return verdict::taken;
  }

private:
  struct known {
    mac node;
    std::uint8_t kind = 0;
    std::uint16_t sequence = 0;
    timestamp last{};
  };

  void tell(const mac& node, const mac& box, std::uint8_t kind, std::uint16_t version, std::uint16_t sequence, int path, const message& m,
            output& out) {
    auto at = std::ranges::find(nodes_, node, &known::node);
    const bool first = at == nodes_.end() || m.time - at->last > silence || at->kind != kind;
    if (at == nodes_.end()) {
      if (nodes_.size() >= most_nodes) {
        out.count("hsr_prp", "forgotten", "node");
        nodes_.erase(std::ranges::min_element(nodes_, {}, &known::last));
      }
      nodes_.push_back({.node = node});
      at = std::prev(nodes_.end());
    }
    const auto role = role_of(kind);
    if (first) {
      operation op;
      op.time = m.time;
      op.unit = to_string(node);
      op.action = action::report;
      op.function = std::to_string(kind);
      op.function_name = role;
      op.outcome = outcome::none;
      op.fields.emplace_back("version", std::uint64_t{version});
      op.fields.emplace_back("path", static_cast<std::uint64_t>(path));
      if (is_card(box)) op.fields.emplace_back("redundancy_box", to_string(box));
      out.emit(std::move(op), m.from);
    } else if (version > 0 && sequence != at->sequence && static_cast<std::uint16_t>(at->sequence - sequence) < 0x8000) {
      out.violate(m.from, "sequence", std::to_string(sequence) + " after " + std::to_string(at->sequence), to_string(node));
    }
    at->kind = kind, at->sequence = sequence, at->last = m.time;
    const auto say = [&](const mac& card, std::string_view of, std::string_view value) {
      if (told_.fresh({}, card, of, value, m.time, "hsr_prp", out)) out.learn_about({}, card, of, value, stated);
    };
    say(node, "redundancy_role", role);
    if (!is_card(box)) return;
    say(box, "redundancy_role", "redundancy_box");
    if (box != node) say(node, "redundancy_box", to_string(box));
  }

  std::vector<known> nodes_;
  told_facts<128> told_;
};

match probe(bytes head, transport t) {
  reader in{head};
  return t == transport::ethernet && (in.u16() & 0x0fff) <= 1 && in.ok() ? match::yes : match::no;
}

const protocol supervision{{
    .name = "hsr_prp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<supervision_session>(); },
}};

}  // namespace
}  // namespace mw
