// The pieces of a JSON document, appended to a string: fast, and valid whatever goes in (RFC 8259).
#include "common/json_text.hpp"

#include <cmath>

namespace mw {
namespace {

/// True for bytes that stand for themselves inside quotes.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> t{};
  for (std::size_t c = 0x20; c < 0x80; ++c) t[c] = c != '"' && c != '\\';
  return t;
}();

/// Length of the valid UTF-8 sequence (RFC 3629) of two bytes or more at `at`; 0 where there is none.
std::size_t sequence(std::string_view s, std::size_t at) {
  const auto c = static_cast<unsigned char>(s[at]);
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at + i < s.size() && static_cast<unsigned char>(s[at + i]) >= low && static_cast<unsigned char>(s[at + i]) <= high;
  };
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) return tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) && tail(2) ? 3 : 0;
  if (c >= 0xf0 && c <= 0xf4) return tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\': out += static_cast<char>(c); return;
    case '\n': out += 'n'; return;
    case '\r': out += 'r'; return;
    case '\t': out += 't'; return;
    default:
      out += "u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view s) {
  out += '"';
  std::size_t from = 0, at = 0;
  const auto flush = [&] { out.append(s, from, at - from); };
  while (at < s.size()) {
    const auto c = static_cast<unsigned char>(s[at]);
    if (plain[c]) {
      ++at;
    } else if (const auto n = c >= 0x80 ? sequence(s, at) : 0; n != 0) {
      at += n;
    } else {
      flush();
      if (c >= 0x80)
        out += "\xef\xbf\xbd";
      else
        append_escape(out, c);
      from = ++at;
    }
  }
  flush();
  out += '"';
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  out.append(text.begin(), end);
}

void append_seconds(std::string& out, nanoseconds n) {
  const auto count = n.count();
  auto size = static_cast<std::uint64_t>(count);
  if (count < 0) {
    out += '-';
    size = 0 - size;
  }
  append_number(out, size / 1'000'000'000);
  auto rest = size % 1'000'000'000;
  std::size_t decimals = 9;
  if (rest % 1000 == 0) rest /= 1000, decimals = 6;
  std::array<char, 9> text{};
  for (std::size_t i = decimals; i-- > 0; rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
  out += '.';
  out.append(text.data(), decimals);
}

void append_value(std::string& out, const value& v) {
  struct visitor {
    std::string& out;
    void operator()(std::monostate) const { out += "null"; }
    void operator()(bool b) const { out += b ? "true" : "false"; }
    void operator()(std::int64_t n) const { append_number(out, n); }
    void operator()(std::uint64_t n) const { append_number(out, n); }
    void operator()(double d) const { append_number(out, d); }
    void operator()(const std::string& s) const { append_quoted(out, s); }
  };
  std::visit(visitor{out}, v);
}

void append_endpoint(std::string& out, const endpoint& e) {
  out += '"';
  if (e.address.is_none() || !e.address.is_v4()) {
    out += to_string(e);
  } else {
    const auto& b = e.address.bytes();
    for (std::size_t i = 12; i < 16; ++i) {
      append_number(out, unsigned{b[i]});
      out += i < 15 ? '.' : ':';
    }
    append_number(out, unsigned{e.port.number});
  }
  out += '"';
}

}  // namespace mw
