// Frames of IEEE C37.118.2-2011 (6.2, and annex B for the checksum).
#include "sensor/dissect/synchrophasor_frame.hpp"

#include <array>

namespace mw::synchrophasor {
namespace {

constexpr std::uint8_t leading = 0xaa, first_version = 1, last_version = 3;
constexpr std::size_t head_size = 14, check_size = 2;
constexpr std::array<std::size_t, kinds> smallest{head_size + 2 + check_size, head_size + check_size,     head_size + 8 + check_size,
                                                  head_size + 8 + check_size, head_size + 2 + check_size, head_size + 10 + check_size};

constexpr std::array<std::uint16_t, 256> crc_table = [] {
  std::array<std::uint16_t, 256> t{};
  for (unsigned i = 0; i < t.size(); ++i) {
    unsigned r = i << 8;
    for (int bit = 0; bit < 8; ++bit) r = (r & 0x8000u) != 0 ? (r << 1) ^ 0x1021u : r << 1;
    t[i] = static_cast<std::uint16_t>(r);
  }
  return t;
}();

}  // namespace

std::uint16_t crc(bytes data) {
  unsigned r = 0xffff;
  for (const auto b : data) r = (r << 8 & 0xffffu) ^ crc_table[(r >> 8 ^ b) & 0xffu];
  return static_cast<std::uint16_t>(r);
}

result<std::size_t> size_of(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] != leading) return fail(fault::malformed, "a frame begins with 0xAA", 0);
  if (head.size() < 2) return 0u;
  const auto kind = head[1] >> 4, version = head[1] & 0x0f;
  if (kind >= static_cast<int>(kinds)) return fail(fault::malformed, "a kind of frame that is known", 1);
  if (version < first_version || version > last_version) return fail(fault::malformed, "a version that is known", 1);
  if (head.size() < 4) return 0u;
  reader in{head.subspan(2)};
  const std::size_t size = in.u16();
  if (size < smallest.at(static_cast<std::size_t>(kind))) return fail(fault::malformed, "a size that the frame can have", 2);
  return size;
}

std::optional<frame> read_frame(bytes whole) {
  const auto size = size_of(whole);
  if (!size || *size == 0 || *size > whole.size()) return {};
  whole = whole.first(*size);
  reader in{whole};
  frame f;
  in.skip(1);
  const auto what = in.u8();
  f.kind = static_cast<kind>(what >> 4);
  f.version = what & 0x0f;
  in.skip(2);
  f.stream = in.u16();
  f.second = in.u32();
  f.time_quality = in.u8();
  f.fraction = static_cast<std::uint32_t>(in.be_n(3));
  f.body = in.take(in.left() - check_size);
  f.sound = in.u16() == crc(whole.first(whole.size() - check_size)) && in.ok();
  return f;
}

}  // namespace mw::synchrophasor
