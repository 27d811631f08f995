// What protocols made of lines (HTTP, FTP, SMTP) share beyond the lines: words fit for a record, Base64 (RFC 4648 4), file names.
#pragma once
#include "common/text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// Text from the wire as a record may hold it.
inline std::string shown(std::string_view text, std::size_t limit = 256) {
  const std::vector<std::uint8_t> octets(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), limit)));
  return printable(octets, limit);
}

/// Nothing where it is no Base64. For names; who decodes a password looks at it no longer than needed.
inline std::optional<std::string> from_base64(std::string_view text, std::size_t limit = 512) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1 || text.size() > limit) return {};
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return {};
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
    held += 6;
    if (held >= 8) held -= 8, out += static_cast<char>(bits >> held & 0xff);
  }
  return out;
}

/// "st" of "/plc/Main.ST", in small letters; "" where the name has none that looks like one.
inline std::string file_type(std::string_view name) {
  name = name.substr(name.find_last_of("/\\") + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 12) return {};
  std::string out;
  for (const char c : name.substr(dot + 1)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!fits) return {};
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// Where `part`, in small letters, stands in `text`, whatever the case of its letters.
inline std::size_t find_letters(std::string_view text, std::string_view part) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto at = std::ranges::search(text, part, {}, small, small);
  return at.empty() && !part.empty() ? std::string_view::npos : static_cast<std::size_t>(at.begin() - text.begin());
}

}  // namespace mw
