// A cursor over untrusted bytes that cannot leave them.
#pragma once
#include "common/result.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

namespace mw {

using bytes = std::span<const std::uint8_t>;

/// Reads a message front to back. The first read that does not fit marks the reader failed and empties it; from then on
/// every read yields zero and every `while (in.left())` ends. A dissector reads like its specification and asks `ok()`
/// once, before it believes anything it read.
class reader {
public:
  constexpr explicit reader(bytes all, std::size_t base = 0) noexcept : rest_{all}, at_{base} {}

  constexpr bool ok() const noexcept { return !error_; }
  constexpr std::size_t left() const noexcept { return rest_.size(); }
  constexpr std::size_t at() const noexcept { return at_; }
  constexpr error why() const noexcept { return error_.value_or(error{}); }
  constexpr bytes rest() const noexcept { return rest_; }  ///< what is left, not consumed

  template <std::unsigned_integral T>
  constexpr T be() noexcept {
    T v = 0;
    for (auto b : take(sizeof(T))) v = static_cast<T>((static_cast<std::uint64_t>(v) << 8) | b);
    return v;
  }
  template <std::unsigned_integral T>
  constexpr T le() noexcept {
    std::uint64_t v = 0;
    unsigned shift = 0;
    for (auto b : take(sizeof(T))) v |= static_cast<std::uint64_t>(b) << shift, shift += 8;
    return static_cast<T>(v);
  }
  /// Unsigned integer of `n` (1..8) octets, for fields whose width is configured or announced.
  constexpr std::uint64_t le_n(std::size_t n) noexcept {
    std::uint64_t v = 0;
    unsigned shift = 0;
    for (auto b : take(n)) v |= shift < 64 ? static_cast<std::uint64_t>(b) << shift : 0, shift += 8;
    return v;
  }
  constexpr std::uint64_t be_n(std::size_t n) noexcept {
    std::uint64_t v = 0;
    for (auto b : take(n)) v = (v << 8) | b;
    return v;
  }
  constexpr std::uint8_t u8() noexcept { return be<std::uint8_t>(); }
  constexpr std::uint16_t u16() noexcept { return be<std::uint16_t>(); }
  constexpr std::uint32_t u32() noexcept { return be<std::uint32_t>(); }
  constexpr std::uint64_t u64() noexcept { return be<std::uint64_t>(); }
  constexpr std::uint16_t u16le() noexcept { return le<std::uint16_t>(); }
  constexpr std::uint32_t u32le() noexcept { return le<std::uint32_t>(); }
  constexpr std::uint64_t u64le() noexcept { return le<std::uint64_t>(); }
  constexpr float f32() noexcept { return std::bit_cast<float>(u32()); }
  constexpr float f32le() noexcept { return std::bit_cast<float>(u32le()); }
  constexpr double f64le() noexcept { return std::bit_cast<double>(u64le()); }
  constexpr double f64() noexcept { return std::bit_cast<double>(u64()); }

  /// The next `n` bytes, or none at all.
  constexpr bytes take(std::size_t n) noexcept {
    if (n > rest_.size()) {
      fail({fault::truncated, "ends inside a field", at_});
      return {};
    }
    const auto head = rest_.first(n);
    rest_ = rest_.subspan(n);
    at_ += n;
    return head;
  }
  constexpr void skip(std::size_t n) noexcept { (void)take(n); }

  /// A reader for a length-prefixed part: it cannot see past its own `n` bytes.
  constexpr reader part(std::size_t n) noexcept {
    const auto base = at_;
    reader inner{take(n), base};
    inner.error_ = error_;
    return inner;
  }

  /// States what the specification promises. The first broken promise is kept.
  constexpr void expect(bool holds, std::string_view promise) noexcept {
    if (!holds) fail({fault::malformed, promise, at_});
  }
  constexpr void fail(error e) noexcept {
    if (!error_) error_ = e;
    rest_ = {};
  }

private:
  bytes rest_;
  std::size_t at_;
  std::optional<error> error_;
};

}  // namespace mw
