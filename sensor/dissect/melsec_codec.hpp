// Numbers of the MC protocol, which one connection sends in binary (lowest octet first) and another as hexadecimal text.
#pragma once
#include "common/reader.hpp"

namespace mw::melsec {

class coded {
public:
  coded(reader& in, bool ascii) : in_{in}, ascii_{ascii} {}
  bool ascii() const { return ascii_; }
  bool ok() const { return in_.ok(); }
  std::size_t left() const { return ascii_ ? in_.left() / 2 : in_.left(); }  ///< octets that the rest stands for
  reader& in() { return in_; }

  std::uint32_t number(std::size_t octets) {
    if (!ascii_) return static_cast<std::uint32_t>(in_.le_n(octets));
    return digits(in_.take(octets * 2), 16);
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }
  /// Text of digits; the reader fails where it is none.
  std::uint32_t digits(bytes text, std::uint32_t base) {
    std::uint32_t v = 0;
    for (const auto c : text) {
      const std::uint32_t d = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10u
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10u
                                                     : 16;
      in_.expect(d < base, "digits");
      v = v * base + d;
    }
    return in_.ok() ? v : 0;
  }

private:
  reader& in_;
  bool ascii_;
};

}  // namespace mw::melsec
