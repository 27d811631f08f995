// Octets as tests write them: joined, as text, as numbers, as elements of BER, in frames of TPKT; and rows of hex digits, likewise.
#pragma once
#include "tests/dissect/harness.hpp"

#include <initializer_list>

namespace mw::test {

using octets = std::vector<std::uint8_t>;

inline octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline octets joined(std::initializer_list<octets> parts) {
  octets out;
  for (const auto& p : parts) out = out + p;
  return out;
}
inline octets repeated(std::size_t times, const octets& one) {
  octets out;
  out.reserve(times * one.size());
  for (; times > 0; --times) out.insert(out.end(), one.begin(), one.end());
  return out;
}
inline octets chars(std::string_view s) { return {s.begin(), s.end()}; }

/// A number of `n` octets, the high ones first.
inline octets number(std::uint64_t v, std::size_t n) {
  octets out(n);
  for (; n > 0; v >>= 8) out[--n] = static_cast<std::uint8_t>(v);
  return out;
}
inline octets word(std::uint64_t v) { return number(v, 2); }

/// An element of BER: its tag in one or two octets, its length, then what is in it.
inline octets tlv(unsigned tag, const octets& content = {}) {
  const auto head = tag > 0xff ? word(tag) : number(tag, 1);
  const auto n = content.size();
  return head + (n > 0xffff ? octets{0x83} + number(n, 3) : n > 0x7f ? octets{0x82} + word(n) : number(n, 1)) + content;
}
inline octets tlv(unsigned tag, std::initializer_list<octets> parts) { return tlv(tag, joined(parts)); }

/// A TPKT frame with COTP data (RFC 1006).
inline octets tpkt_data(const octets& payload, bool last = true) {
  return octets{3, 0} + word(payload.size() + 7) + octets{2, 0xf0, static_cast<std::uint8_t>(last ? 0x80 : 0)} + payload;
}

// The same as rows of hex digits, which `hex` and `conversation::say` take.
inline std::string hex_number(std::uint64_t v, unsigned n) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto shift = static_cast<int>(n * 8) - 4; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  return out;
}
inline std::string hex_text(std::string_view s) {
  std::string out;
  for (const char c : s) out += hex_number(static_cast<unsigned char>(c), 1);
  return out;
}
inline std::string hex_tlv(unsigned tag, const std::string& value) {
  const auto n = hex(value).size();
  return hex_number(tag, 1) + (n < 128 ? hex_number(n, 1) : "82" + hex_number(n, 2)) + value;
}

}  // namespace mw::test
