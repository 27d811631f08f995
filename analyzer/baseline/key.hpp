// Keys of learned things: 64 bits over their parts, the same in every run and on every machine.
#pragma once
#include <cstdint>
#include <string_view>

namespace mw {

/// FNV-1a over the parts, each closed by a separator, and a last mix. With a million keys the chance that any two meet is
/// below 1 in 30 million; a meeting would hide one novelty, not break anything.
class key_hash {
public:
  constexpr key_hash& add(std::string_view s) {
    for (const char c : s) byte(static_cast<unsigned char>(c));
    byte(0x1f);
    return *this;
  }
  constexpr key_hash& add(std::uint64_t n) {
    for (int i = 0; i < 8; ++i, n >>= 8) byte(static_cast<unsigned char>(n & 0xff));
    return *this;
  }
  constexpr std::uint64_t get() const {
    std::uint64_t h = at_;
    h ^= h >> 33, h *= 0xff51afd7ed558ccdu, h ^= h >> 33, h *= 0xc4ceb9fe1a85ec53u, h ^= h >> 33;
    return h;
  }

private:
  constexpr void byte(unsigned char b) { at_ = (at_ ^ b) * 0x100000001b3u; }
  std::uint64_t at_ = 0xcbf29ce484222325u;
};

template <class... Parts>
constexpr std::uint64_t key_of(const Parts&... parts) {
  key_hash h;
  (h.add(parts), ...);
  return h.get();
}

}  // namespace mw
