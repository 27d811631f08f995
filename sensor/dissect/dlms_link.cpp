// What carries DLMS: the wrapper (IEC 62056-4-7) and HDLC frames (IEC 62056-46).
#include "sensor/dissect/dlms_link.hpp"

#include <array>

namespace mw::dlms {
namespace {

constexpr std::uint8_t flag = 0x7e;
constexpr std::size_t wrapper_size = 8, shortest_hdlc = 7, longest_wrapped = 65535;

bool is_format(std::uint8_t octet) { return (octet & 0xf0) == 0xa0; }

/// Frame check sequence of HDLC (ISO/IEC 13239, 4.2.5.2): CRC-16 of X.25.
std::uint16_t check_sequence(bytes data) {
  constexpr std::uint16_t polynomial = 0x8408;
  std::uint16_t crc = 0xffff;
  for (const auto octet : data) {
    crc = static_cast<std::uint16_t>(crc ^ octet);
    for (int i = 0; i < 8; ++i) crc = static_cast<std::uint16_t>((crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1);
  }
  return static_cast<std::uint16_t>(~crc);
}

/// Addresses have one, two or four octets; the lowest bit marks the last (6.4.2.2).
std::uint32_t read_address(reader& in) {
  std::array<std::uint32_t, 4> octets{};
  std::size_t n = 0;
  for (bool more = true; more && n < octets.size(); ++n) {
    const auto octet = in.u8();
    octets.at(n) = octet >> 1;
    more = (octet & 1) == 0 && in.ok();
    in.expect(!more || n < 3, "an HDLC address of at most four octets");
  }
  in.expect(n != 3, "an HDLC address of one, two or four octets");
  if (n == 1) return octets[0] << 16;
  if (n == 2) return octets[0] << 16 | octets[1];
  return (octets[0] << 7 | octets[1]) << 16 | octets[2] << 7 | octets[3];
}

control control_of(std::uint8_t octet) {
  if ((octet & 1) == 0) return control::information;
  switch (octet & 0xef) {  // without poll and final
    case 0x83: return control::snrm;
    case 0x43: return control::disc;
    case 0x63: return control::ua;
    case 0x0f: return control::dm;
    case 0x87: return control::frmr;
    case 0x03: return control::ui;
    default: break;
  }
  if ((octet & 0x0f) == 0x01) return control::receive_ready;
  if ((octet & 0x0f) == 0x05) return control::receive_not_ready;
  return control::unknown;
}

}  // namespace

result<std::size_t> frame(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] == flag || is_format(head[0])) {
    std::size_t at = 0;
    while (at < head.size() && head[at] == flag) ++at;
    if (at == head.size()) return at > 4 ? result<std::size_t>{at - 1} : result<std::size_t>{0u};
    if (!is_format(head[at])) return fail(fault::malformed, "an HDLC frame of another format", at);
    if (head.size() < at + 2) return 0u;
    const std::size_t length = (head[at] & 7u) << 8 | head[at + 1];
    if (length < shortest_hdlc) return fail(fault::malformed, "HDLC frame length", at + 1);
    if (head.size() > at + length && head[at + length] != flag) return fail(fault::malformed, "an HDLC frame does not end", at + length);
    return at + length + 1;
  }
  if (head[0] != 0) return fail(fault::malformed, "neither wrapper nor HDLC");
  if (head.size() >= 2 && head[1] != 1) return fail(fault::malformed, "wrapper version", 1);
  if (head.size() < wrapper_size) return 0u;
  const auto length = static_cast<std::size_t>(head[6] << 8 | head[7]);
  if (length == 0 || length > longest_wrapped) return fail(fault::malformed, "wrapper length", 6);
  return wrapper_size + length;
}

std::string_view name(control c) {
  constexpr std::array<std::string_view, 10> names{"I", "RR", "RNR", "SNRM", "DISC", "UA", "DM", "FRMR", "UI", "unknown"};
  return names.at(static_cast<std::size_t>(c));
}

bool begins_wrong(bytes head) {
  while (!head.empty() && head.front() == flag) head = head.subspan(1);
  reader in{head};
  const std::size_t length = in.u16() & 0x07ffu;
  read_address(in), read_address(in);
  in.skip(1);
  const auto size = head.size() - in.left();
  const auto sum = in.u16le();
  if (!in.ok()) return in.why().kind == fault::malformed;
  return length > size + 2 && sum != check_sequence(head.first(size));
}

std::optional<hdlc_frame> read_hdlc(bytes whole) {
  while (!whole.empty() && whole.front() == flag) whole = whole.subspan(1);
  if (whole.size() < 2) return {};
  const std::size_t length = (whole[0] & 7u) << 8 | whole[1];
  if (!is_format(whole[0]) || length < shortest_hdlc || length > whole.size()) return {};
  whole = whole.first(length);
  reader in{whole.first(length - 2)};
  hdlc_frame f;
  f.segmented = (in.u16() & 0x0800) != 0;
  f.target = read_address(in);
  f.source = read_address(in);
  const auto octet = in.u8();
  if (!in.ok()) return {};
  f.control = control_of(octet);
  f.sent = octet >> 1 & 7;
  if (in.left()) {
    const auto head = length - 2 - in.left();
    f.head_valid = in.u16le() == check_sequence(whole.first(head));
    f.information = in.rest();
  }
  reader end{whole.last(2)};
  f.sums_valid = f.head_valid && end.u16le() == check_sequence(whole.first(length - 2));
  if (!in.ok()) return {};
  return f;
}

std::optional<wrapped> read_wrapper(bytes whole) {
  reader in{whole};
  const auto version = in.u16();
  wrapped w;
  w.source = in.u16();
  w.target = in.u16();
  const auto length = in.u16();
  if (!in.ok() || version != 1 || length != in.left()) return {};
  w.apdu = in.rest();
  return w;
}

std::string address_text(std::uint32_t address) {
  const auto upper = address >> 16, lower = address & 0xffff;
  return lower == 0 ? std::to_string(upper) : std::to_string(upper) + '/' + std::to_string(lower);
}

bytes hdlc_flow::add(const hdlc_frame& f, side from, output& out) {
  if (f.control == control::information) {
    const auto next = static_cast<std::uint8_t>((f.sent + 1) & 7);
    if (expected_ && f.sent != *expected_) {
      if (next == *expected_) {
        out.count("dlms", "repeated", "frame");
        return {};
      }
      out.violate(from, "sequence", "frame " + std::to_string(f.sent) + " where " + std::to_string(*expected_) + " was expected",
                  address_text(f.target));
      held_.clear(), open_ = false;
    }
    expected_ = next;
  }
  if (!open_ && !f.segmented) return f.information;
  if (!open_) held_.clear(), over_ = false;
  open_ = f.segmented;
  if (over_ || held_.size() + f.information.size() > limit) {
    if (!over_) out.count("dlms", "forgotten", "segments");
    over_ = true;
    held_.clear();
    return {};
  }
  held_.insert(held_.end(), f.information.begin(), f.information.end());
  return open_ ? bytes{} : bytes{held_};
}

}  // namespace mw::dlms
