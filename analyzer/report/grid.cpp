// Lays out tables; widths count terminal columns, not bytes.
#include "analyzer/report/grid.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>

namespace mw {
namespace {

constexpr std::size_t widest_cell = 60;

struct decoded {
  char32_t point;
  std::size_t length;
};
decoded next(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (n > s.size()) return {'?', s.size()};
  char32_t p = n == 1 ? lead : lead & (0xffu >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) p = (p << 6) | (static_cast<unsigned char>(s[i]) & 0x3fu);
  return {p, n};
}
std::size_t width_of(char32_t p) {
  return (p >= 0x1100 && p <= 0x115f) || (p >= 0x2e80 && p <= 0xa4cf) || (p >= 0xac00 && p <= 0xd7a3) || (p >= 0xf900 && p <= 0xfaff) ||
                 (p >= 0xfe30 && p <= 0xfe6f) || (p >= 0xff00 && p <= 0xff60) || (p >= 0xffe0 && p <= 0xffe6) ||
                 (p >= 0x20000 && p <= 0x3fffd)
             ? 2
             : 1;
}

std::string cut(const std::string& s, std::size_t columns) {
  if (columns_of(s) <= columns) return s;
  std::string out;
  std::size_t used = 0;
  for (std::string_view rest = s; !rest.empty();) {
    const auto c = next(rest);
    if (used + width_of(c.point) + 1 > columns) break;
    out += rest.substr(0, c.length), used += width_of(c.point), rest.remove_prefix(c.length);
  }
  return out + "…";
}

/// What comes from the wire must not steer the reader's terminal: control characters, DEL and the C1 set become "·".
std::string harmless(const std::string& s) {
  std::string out;
  for (std::string_view rest = s; !rest.empty();) {
    const auto c = next(rest);
    if (c.point < 0x20 || (c.point >= 0x7f && c.point < 0xa0))
      out += "·";
    else
      out += rest.substr(0, c.length);
    rest.remove_prefix(c.length);
  }
  return out;
}

}  // namespace

std::string_view colour_of(severity s) {
  switch (s) {
    case severity::critical: return "\x1b[31m";
    case severity::high: return "\x1b[38;5;208m";
    case severity::medium: return "\x1b[33m";
    case severity::low: return "\x1b[34m";
    case severity::info: return "";
  }
  return "";
}

std::size_t columns_of(std::string_view s) {
  std::size_t n = 0;
  while (!s.empty()) {
    const auto c = next(s);
    n += width_of(c.point), s.remove_prefix(c.length);
  }
  return n;
}

std::string local_time(timestamp t, const table_style& style) {
  const auto local = std::chrono::floor<std::chrono::seconds>(t + std::chrono::minutes{style.utc_offset_minutes});
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(local.time_since_epoch().count()));
}

std::vector<std::string> heads(const table_style& style, std::initializer_list<text> names) {
  std::vector<std::string> out;
  for (const auto& n : names) out.emplace_back(in(style.language, n));
  return out;
}

std::string grid::print(const table_style& style) const {
  auto rows = this->rows;
  for (auto& r : rows)
    for (auto& cell : r) cell = harmless(cell);
  const auto shown = std::min(rows.size(), style.most_rows);
  std::vector<std::size_t> widths;
  for (const auto& h : head) widths.push_back(columns_of(h));
  for (std::size_t r = 0; r < shown; ++r)
    for (std::size_t c = 0; c < head.size(); ++c) widths[c] = std::max(widths[c], std::min(widest_cell, columns_of(rows[r][c])));
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const auto cell = cut(cells[c], widths[c]);
      out += cell;
      if (c + 1 < cells.size()) out.append(widths[c] - columns_of(cell) + 2, ' ');
    }
    return out + '\n';
  };
  std::string out = line(head);
  for (std::size_t r = 0; r < shown; ++r) {
    const auto ink = style.colour && r < paint.size() ? colour_of(paint[r]) : std::string_view{};
    auto one = line(rows[r]);
    if (ink.empty())
      out += one;
    else
      one.pop_back(), out += fmt::format("{}{}\x1b[0m\n", ink, one);
  }
  if (rows.size() > shown)
    out += style.language == language::zh ? fmt::format("（另有 {} 行未显示）\n", rows.size() - shown)
                                          : fmt::format("({} more rows)\n", rows.size() - shown);
  return out;
}

}  // namespace mw
