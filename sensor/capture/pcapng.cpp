// pcapng files by our own reader (IETF draft-ietf-opsawg-pcapng).
#include "sensor/capture/pcapng.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a, interface_description = 1, packet_obsolete = 2, simple_packet = 3, enhanced_packet = 6;
constexpr std::uint32_t magic = 0x1a2b3c4d;

std::uint32_t word(bytes b, bool big) {
  reader in{b};
  return big ? in.u32() : in.u32le();
}

}  // namespace

bool pcapng_file::recognises(std::FILE* f) {
  std::array<std::uint8_t, 4> head{};
  const auto n = std::fread(head.data(), 1, head.size(), f);
  std::rewind(f);
  return n == head.size() && word(head, true) == section_header;  // a palindrome: the same in both orders
}

std::uint32_t pcapng_file::u32(std::size_t at) const { return at + 4 <= block_.size() ? word(bytes{block_}.subspan(at, 4), big_) : 0; }
std::uint16_t pcapng_file::u16(std::size_t at) const {
  if (at + 2 > block_.size()) return 0;
  reader in{bytes{block_}.subspan(at, 2)};
  return big_ ? in.u16() : in.u16le();
}

pcapng_file::got pcapng_file::damage(std::string what) {
  why_ = std::move(what);
  return got::broken;
}

void pcapng_file::describe_interface() {
  interface i;
  i.link_type = u16(0);
  i.snaplen = u32(4);
  for (std::size_t at = 8; at + 4 <= block_.size();) {
    const auto code = u16(at);
    const std::size_t size = u16(at + 2);
    if (code == 0 || at + 4 + size > block_.size()) break;
    if (code == 9 && size >= 1) {  // if_tsresol: a power of ten, or of two where the high bit is set
      const auto power = block_[at + 4] & 0x7fu;
      i.per_second = 1;
      const bool two = (block_[at + 4] & 0x80u) != 0;
      for (unsigned n = 0; n < std::min(power, two ? 62u : 18u); ++n) i.per_second *= two ? 2 : 10;
    }
    if (code == 14 && size >= 8) {  // if_tsoffset
      const auto first = u32(at + 4), second = u32(at + 8);
      i.offset = static_cast<std::int64_t>(big_ ? std::uint64_t{first} << 32 | second : std::uint64_t{second} << 32 | first);
    }
    at += 4 + (size + 3) / 4 * 4;
  }
  interfaces_.push_back(i);
}

bool pcapng_file::packet(std::uint32_t type, frame& out) {
  std::size_t which = 0, head = 20;
  std::uint32_t kept = 0;
  if (type == simple_packet) {
    head = 4;
    out.wire_size = u32(0);
    if (interfaces_.empty() || block_.size() < head) return false;
    kept = std::min<std::uint32_t>(out.wire_size, static_cast<std::uint32_t>(block_.size() - head));
    if (interfaces_[0].snaplen != 0) kept = std::min(kept, interfaces_[0].snaplen);
  } else {
    which = type == enhanced_packet ? u32(0) : u16(0);
    kept = u32(12);
    out.wire_size = u32(16);
  }
  if (which >= interfaces_.size() || head > block_.size() || kept > block_.size() - head) return false;
  const auto& i = interfaces_[which];
  out.time = {};
  if (type != simple_packet) {
    const auto ticks = std::uint64_t{u32(4)} << 32 | u32(8);
    const auto rest = static_cast<long double>(ticks % i.per_second) * 1e9L / static_cast<long double>(i.per_second);
    // before 1970, and beyond what nanoseconds since then can hold, there is no time to tell; differences of any two must fit, too
    const auto seconds = static_cast<std::int64_t>(std::min<std::uint64_t>(ticks / i.per_second, 9'000'000'000u));
    const auto offset = std::clamp<std::int64_t>(i.offset, -seconds, 9'000'000'000 - seconds);
    out.time = timestamp{std::chrono::seconds{seconds + offset} + nanoseconds{static_cast<std::int64_t>(rest)}};
  }
  out.link_type = i.link_type;
  out.data = bytes{block_}.subspan(head, kept);
  return true;
}

pcapng_file::got pcapng_file::next(frame& out) {
  for (;;) {
    std::array<std::uint8_t, 12> head{};
    const auto n = std::fread(head.data(), 1, 8, file_);
    if (n == 0) return got::end;
    if (n < 8) return damage("ends inside a block");
    const auto type = word(bytes{head}.first(4), big_);
    std::size_t had = 0;  // octets of the body that were read with the head
    if (type == section_header) {
      if (std::fread(head.data() + 8, 1, 4, file_) != 4) return damage("ends inside a section header");
      const auto order = word(bytes{head}.subspan(8, 4), true);
      if (order != magic && order != __builtin_bswap32(magic)) return damage("section header without a byte order");
      big_ = order == magic;
      interfaces_.clear();
      had = 4;
    }
    const std::size_t total = word(bytes{head}.subspan(4, 4), big_);
    if (total < 12 + had || total % 4 != 0 || total > largest_block) return damage("block length out of range");
    block_.resize(total - 12);
    std::copy_n(head.begin() + 8, had, block_.begin());
    if (std::fread(block_.data() + had, 1, block_.size() - had, file_) != block_.size() - had) return damage("ends inside a block");
    std::array<std::uint8_t, 4> tail{};
    if (std::fread(tail.data(), 1, 4, file_) != 4) return damage("ends inside a block");
    if (word(tail, big_) != total) return damage("block whose two lengths differ");
    if (type == interface_description) {
      if (block_.size() < 8) return damage("interface block too short");
      if (interfaces_.size() >= most_interfaces) return damage("more interfaces than can be");
      describe_interface();
    } else if (type == enhanced_packet || type == packet_obsolete || type == simple_packet) {
      if (!packet(type, out)) return damage("packet block that contradicts itself");
      return got::frame;
    }
  }
}

}  // namespace mw
