// Externally Guided Motion of ABB robot controllers (egm.proto of RobotWare): controller and sensor exchange Protocol Buffers on UDP every
// few milliseconds. Only who corrects whose path is told; Robot Web Services are HTTP.
#include "sensor/dissect/told.hpp"

#include <array>
#include <optional>
#include <string>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 4> ports{6510, 6511, 6512, 6513};
constexpr std::size_t most_told = 8;
constexpr std::uint8_t stated = 70;
constexpr nanoseconds again = std::chrono::minutes{10};

enum class kind : std::uint8_t { undefined, command, data, correction, path_correction };
constexpr std::array<std::string_view, 5> kind_names{"undefined", "command", "data", "correction", "path_correction"};

std::uint64_t varint(reader& in) {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto b = in.u8();
    v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) return v;
  }
  in.fail({fault::malformed, "a number of more than ten octets", in.at()});
  return 0;
}

struct head {
  std::uint64_t sequence = 0, time = 0, kind = 0;
};
/// The header and, behind it, nothing but whole fields of the few that the two messages have.
std::optional<head> read(bytes data) {
  reader in{data};
  if (in.u8() != 0x0a) return {};
  auto part = in.part(varint(in));
  head h;
  bool numbered = false, kinded = false;
  while (part.left()) {
    switch (part.u8()) {
      case 0x08: h.sequence = varint(part), numbered = true; break;
      case 0x10: h.time = varint(part); break;
      case 0x18: h.kind = varint(part), kinded = true; break;
      default: return {};
    }
  }
  if (!part.ok() || !numbered || !kinded || h.kind >= kind_names.size()) return {};
  constexpr std::uint64_t most_fields = 32;
  bool more = false;
  while (in.left()) {
    const auto tag = varint(in);
    if (tag >> 3 < 2 || tag >> 3 > most_fields) return {};
    if ((tag & 7) == 2)
      in.skip(varint(in));
    else if ((tag & 7) == 0)
      varint(in);
    else if ((tag & 7) == 1)
      in.skip(8);
    else
      return {};
    more = true;
  }
  return in.ok() && more ? std::optional{h} : std::nullopt;
}

match probe(bytes data, transport t) { return t == transport::udp && read(data) ? match::yes : match::no; }

class abb_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto h = read(m.data);
    if (!h) {
      out.violate(m.from, "layout", "no message of guided motion");
      return verdict::taken;
    }
    out.count("abb", "message", static_cast<std::uint32_t>(h->kind));
    const bool robot = static_cast<kind>(h->kind) == kind::data;
    if (robot && told_.fresh(m.source.address, {}, "vendor", "ABB", m.time, "abb", out))
      out.learn(m.from, {}, "vendor", "ABB", stated), out.learn(m.from, {}, "role", "robot_controller", stated);
    auto& seen = seen_[m.from == side::client ? 0 : 1];
    if (seen.last && h->sequence > *seen.last + 1) out.count("abb", "sequence", "step");
    seen.last = h->sequence;
    if (seen.told != timestamp{} && m.time - seen.told < again) return verdict::taken;
    seen.told = m.time;
    operation op;
    op.time = m.time;
    op.function = std::to_string(h->kind);
    op.function_name = "guided_motion_" + std::string{kind_names.at(h->kind)};
    op.action = robot ? action::report : action::control;
    op.outcome = outcome::none;
    op.fields.emplace_back("sequence", h->sequence);
    out.emit(std::move(op), m.from);
    return verdict::taken;
  }

private:
  struct direction {
    std::optional<std::uint64_t> last;
    timestamp told{};
  };
  std::array<direction, 2> seen_;
  told_facts<most_told> told_;
};

const protocol abb{{
    .name = "abb",
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<abb_session>(); },
}};

}  // namespace
}  // namespace mw
