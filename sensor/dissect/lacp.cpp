// Slow protocols (IEEE 802.3 annex 57A): link aggregation (IEEE 802.1AX), whose systems are told and whose links are watched, markers, OAM
// with its last cry, and those of organizations, which are counted.
#include "sensor/dissect/stp_link.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <string>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x8809};
constexpr std::uint8_t stated = 80;

enum subtype : std::uint8_t { aggregation = 1, marker = 2, oam = 3, organization = 10 };
enum state_bit : std::uint8_t { synchronization = 0x08, collecting = 0x10, distributing = 0x20, defaulted = 0x40, expired = 0x80 };
constexpr std::string_view state_names[] = {"active",     "short_timeout", "aggregatable", "synchronized",
                                            "collecting", "distributing",  "defaulted",    "expired"};

struct party {
  std::uint16_t priority = 0, key = 0, port = 0;
  mac system;
  std::uint8_t state = 0;
};
/// An element of twenty octets; none where it is another.
std::optional<party> read_party(reader& in, std::uint8_t type) {
  constexpr std::uint8_t size = 20;
  party p;
  in.expect(in.u8() == type && in.u8() == size, "an element of this type and its length");
  p.priority = in.u16();
  p.system = read_card(in);
  p.key = in.u16();
  in.skip(2);  // priority of the port
  p.port = in.u16();
  p.state = in.u8();
  in.skip(3);
  if (!in.ok()) return {};
  return p;
}

std::string state_text(std::uint8_t bits) {
  std::string text;
  for (std::size_t i = 0; i < std::size(state_names); ++i)
    if ((bits >> i & 1) != 0) (text += text.empty() ? "" : " ") += state_names[i];
  return text;
}

class slow_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto type = in.u8();
    if (!in.ok()) {
      out.violate(m.from, "length", "the frame is empty");
      return verdict::taken;
    }
    out.count("lacp", "subtype", type);
    switch (type) {
      case aggregation: on_aggregation(in, m, out); break;
      case oam: on_oam(in, m, out); break;
      case marker:
      case organization: break;
      default: out.violate(m.from, "subtype", "a slow protocol that is reserved"); break;
    }
    return verdict::taken;
  }

private:
  static operation start(const message& m, std::uint8_t type, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.action = what;
    op.function = std::to_string(type);
    op.function_name = name;
    op.outcome = outcome::none;
    return op;
  }
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (told_.fresh({}, {}, kind, value, m.time, "lacp", out)) out.learn(m.from, {}, kind, value, stated);
  }

  void on_aggregation(reader in, const message& m, output& out) {
    const auto version = in.u8();
    const auto actor = read_party(in, 1);
    const auto partner = actor ? read_party(in, 2) : std::nullopt;
    if (!partner) return out.violate(m.from, "length", "the frame does not tell of actor and partner");
    if (version == 0) out.violate(m.from, "version", "version 0");
    const auto about = [&](std::string_view name, action what) {
      auto op = start(m, aggregation, name, what);
      op.objects.push_back({.space = "system", .address = to_string(actor->system), .property = {}, .index = {}});
      op.fields.emplace_back("key", std::uint64_t{actor->key});
      op.fields.emplace_back("port", std::uint64_t{actor->port});
      op.fields.emplace_back("state", state_text(actor->state));
      op.fields.emplace_back("partner", to_string(partner->system));
      op.fields.emplace_back("partner_state", state_text(partner->state));
      return op;
    };
    constexpr std::uint8_t broken = defaulted | expired, whole = synchronization | collecting | distributing;
    if (!seen_) {
      out.emit(about("hello", action::identify), m.from);
    } else {
      if (last_partner_ != partner->system) out.emit(about("partner_change", action::configure), m.from);
      const bool worse = (~last_state_ & actor->state & broken) != 0 || (last_state_ & ~actor->state & whole) != 0;
      if (worse)
        out.emit(about("link_lost", action::alarm), m.from);
      else if ((last_state_ ^ actor->state) & (broken | whole))
        out.emit(about("link_change", action::report), m.from);
    }
    seen_ = true, last_partner_ = partner->system, last_state_ = actor->state;
    if (is_card(actor->system)) say(m, "lacp_system", std::to_string(actor->priority) + '/' + to_string(actor->system), out);
    if (is_card(actor->system) && actor->system != m.source.hardware) say(m, "chassis", to_string(actor->system), out);
    if (is_card(partner->system)) say(m, "lacp_partner", std::to_string(partner->priority) + '/' + to_string(partner->system), out);
  }

  /// Ethernet OAM (IEEE 802.3 clause 57): three flags tell of a link that fails.
  void on_oam(reader in, const message& m, output& out) {
    constexpr std::string_view names[] = {"link_fault", "dying_gasp", "critical_event"};
    const auto flags = in.u16();
    const auto code = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "the frame is shorter than its head");
    out.count("lacp", "oam", code);
    for (std::size_t i = 0; i < std::size(names); ++i)
      if ((flags >> i & 1) != 0 && (oam_flags_ >> i & 1) == 0) out.emit(start(m, oam, names[i], action::alarm), m.from);
    oam_flags_ = flags;
  }

  bool seen_ = false;
  mac last_partner_;
  std::uint8_t last_state_ = 0;
  std::uint16_t oam_flags_ = 0;
  told_facts<8> told_;
};

match probe(bytes head, transport t) {
  return t == transport::ethernet && !head.empty() && (head[0] <= oam || head[0] == organization) && head[0] != 0 ? match::yes : match::no;
}

const protocol slow{{
    .name = "lacp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<slow_session>(); },
}};

}  // namespace
}  // namespace mw
