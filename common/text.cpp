// Bytes as text that is safe to print.
#include "common/text.hpp"

#include <string_view>

namespace mw {
namespace {

/// Length of the valid UTF-8 sequence at the front of `in`; 0 where there is none (RFC 3629, no overlong forms).
std::size_t sequence(bytes in) {
  const auto tail = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xbf) {
    return i < in.size() && in[i] >= low && in[i] <= high;
  };
  const auto c = in[0];
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) return tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) && tail(2) ? 3 : 0;
  if (c >= 0xf0 && c <= 0xf4) return tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}
bool control(std::uint8_t c) { return c < 0x20 || c == 0x7f; }

}  // namespace

std::string hex(bytes data, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool cut = data.size() > limit;
  if (cut) data = data.first(limit);
  std::string out = "0x";
  out.reserve(2 + 2 * data.size());
  for (auto b : data) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  if (cut) out += "…";
  return out;
}

std::string printable(bytes data, std::size_t limit) {
  while (!data.empty() && (data.back() == 0 || data.back() == ' ')) data = data.first(data.size() - 1);
  if (data.size() > limit) data = data.first(limit);
  std::string out;
  out.reserve(data.size());
  while (!data.empty()) {
    const auto n = sequence(data);
    if (n == 0 || control(data[0])) {
      out += '?';
      data = data.subspan(1);
      continue;
    }
    for (auto b : data.first(n)) out += static_cast<char>(b);
    data = data.subspan(n);
  }
  return out;
}

bool is_text(bytes data) {
  while (!data.empty()) {
    const auto n = sequence(data);
    if (n == 0 || control(data[0])) return false;
    data = data.subspan(n);
  }
  return true;
}

}  // namespace mw
