// IEC 60870-5-104 (edition 2, 2006): APDUs on TCP, each a start octet, a length, four control octets and perhaps an ASDU.
#include "sensor/dissect/iec104_asdu.hpp"
#include "sensor/dissect/iec104_exchange.hpp"
#include "sensor/dissect/iec104_link.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mw {
namespace {

using namespace iec104;

constexpr std::uint8_t start_octet = 0x68;
constexpr std::size_t head_size = 2, control_size = 4, longest = 253;
constexpr std::array<std::uint16_t, 1> ports{2404};
constexpr std::array<std::uint8_t, 6> u_functions{0x07, 0x0b, 0x13, 0x23, 0x43, 0x83};

/// Widths met behind converters from IEC 101 lines, the likelier first; the standard's own is not among them.
constexpr std::array<layout, 11> other_layouts{
    {{1, 1, 2}, {1, 2, 2}, {1, 1, 1}, {1, 2, 1}, {2, 2, 2}, {2, 1, 2}, {2, 1, 1}, {2, 2, 1}, {1, 2, 3}, {1, 1, 3}, {2, 1, 3}}};

result<std::size_t> frame(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] != start_octet) return fail(fault::malformed, "no start octet");
  if (head.size() < head_size) return 0u;
  const std::size_t length = head[1];
  if (length < control_size || length > longest) return fail(fault::malformed, "APDU length", 1);
  return head_size + length;
}

/// Whether one whole APDU is well formed: its start octet alone would claim one stream in 256.
bool convincing(bytes apdu) {
  reader in{apdu};
  in.skip(head_size);
  const auto control = in.u8(), second = in.u8();
  const auto received = in.u16le();
  if (!in.ok()) return false;
  if ((control & 3) == 3)
    return in.left() == 0 && second == 0 && received == 0 && std::ranges::find(u_functions, control) != u_functions.end();
  if ((received & 1) != 0) return false;
  if ((control & 3) == 1) return in.left() == 0 && control == 1 && second == 0;
  return fits(in.rest(), {}) || std::ranges::any_of(other_layouts, [&](const layout& l) { return fits(in.rest(), l); });
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  if (!convincing(head.first(*size))) return match::no;
  if (head.size() > *size && head[*size] != start_octet) return match::no;
  return match::yes;
}

/// Finds out which widths a connection uses where they are not the standard's.
class width_finder {
public:
  const layout& look(bytes data) {
    if (settled_ || fits(data, now_)) {
      settled_ = true;
      return now_;
    }
    ++misfits_;
    for (std::size_t i = 0; i < other_layouts.size(); ++i) alive_[i] = alive_[i] && fits(data, other_layouts[i]);
    const auto at = std::ranges::find(alive_, true);
    if (at == alive_.end())
      settled_ = true;  // plainly malformed: that is not a matter of widths
    else if (misfits_ >= enough)
      now_ = other_layouts[static_cast<std::size_t>(at - alive_.begin())], settled_ = true;
    return now_;
  }
  const layout& now() const { return now_; }

private:
  static constexpr unsigned enough = 3;  ///< one message can fit by accident
  layout now_{};
  bool settled_ = false;
  unsigned misfits_ = 0;
  std::array<bool, other_layouts.size()> alive_ = [] {
    std::array<bool, other_layouts.size()> all{};
    all.fill(true);
    return all;
  }();
};

class iec104_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto start = in.u8();
    auto apdu = in.part(in.u8());
    const auto control = apdu.u8(), second = apdu.u8();
    const auto received = apdu.u16le();
    if (!apdu.ok() || start != start_octet) {
      out.violate(m.from, "length", "the APDU is shorter than its control field");
      return verdict::taken;
    }
    const auto acknowledges = static_cast<std::uint16_t>(received >> 1);
    if ((control & 1) == 0) {
      out.count("iec104", "apci", "I");
      const auto sent = static_cast<std::uint16_t>((control | second << 8) >> 1);
      link_.information(m.from, sent, acknowledges, m.time, out);
      on_information(apdu, m, out);
    } else if ((control & 3) == 1) {
      out.count("iec104", "apci", "S");
      if (apdu.left() != 0) out.violate(m.from, "length", "an S-frame carries more than its control field");
      link_.supervisory(m.from, acknowledges, m.time, out);
    } else {
      out.count("iec104", "apci", "U");
      out.count("iec104", "u_function", std::uint32_t{control} >> 2);
      if (apdu.left() != 0) out.violate(m.from, "length", "a U-frame carries more than its control field");
      link_.unnumbered(m.from, control, m.time, out);
    }
    return verdict::taken;
  }
  void on_gap(side from) override { link_.on_gap(from), exchange_.on_gap(); }
  void on_time(timestamp now, output& out) override { link_.on_time(now, out), exchange_.on_time(now, out); }
  void on_end(timestamp, output& out) override { link_.on_end(out), exchange_.on_end(out); }

private:
  void on_information(reader& in, const message& m, output& out) {
    const auto data = in.rest();
    const auto id = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "an I-frame without an ASDU");
    out.count("iec104", "typeid", id);
    const auto* type = find_type(id);
    const auto widths = type != nullptr ? widths_.look(data) : widths_.now();
    auto a = read_asdu(data, widths, m.time);
    if (!a) return out.violate(m.from, "length", "the ASDU is shorter than its header");
    const auto unit = std::to_string(a->common);
    if (type == nullptr) {
      out.violate(m.from, "type", "type identification " + std::to_string(id) + " is not assigned", unit);
    } else if (!type->allows(a->cause)) {
      out.violate(m.from, "cause", "cause of transmission " + std::to_string(a->cause) + " may not stand in " + a->space(), unit);
    }
    if (!a->wrong.empty()) out.violate(m.from, "length", a->wrong, unit);
    exchange_.on_asdu(std::move(*a), widths, m.from, m.time, out);
  }

  iec104::link link_;
  iec104::exchange exchange_;
  width_finder widths_;
};

const protocol iec104_protocol{{
    .name = "iec104",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<iec104_session>(); },
}};

}  // namespace
}  // namespace mw
