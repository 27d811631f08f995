// Durations as people write them.
#include "common/duration.hpp"

#include <charconv>
#include <utility>

namespace mw {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return {};
  int v = 0;
  const auto part = text.substr(at, n);
  const auto [end, wrong] = std::from_chars(part.data(), part.data() + part.size(), v);
  if (wrong != std::errc{} || end != part.data() + part.size() || part.front() == '-') return {};
  return v;
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text.size() < 2) return {};
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return {};
  }
  std::int64_t n = 0;
  const auto number = text.substr(0, text.size() - 1);
  const auto [end, status] = std::from_chars(number.data(), number.data() + number.size(), n);
  if (status != std::errc{} || end != number.data() + number.size() || n < 0 || n > 10 * 366 * 86400LL / unit) return {};
  return std::chrono::seconds{n * unit};
}

std::string to_text(std::chrono::seconds d) {
  constexpr std::pair<std::int64_t, char> units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
  for (const auto& [size, letter] : units)
    if (d.count() != 0 && d.count() % size == 0) return std::to_string(d.count() / size) + letter;
  return std::to_string(d.count()) + 's';
}

std::optional<timestamp> parse_time(std::string_view t) {
  if (t.size() != 20 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != 'Z') return {};
  const auto y = digits(t, 0, 4), mo = digits(t, 5, 2), d = digits(t, 8, 2), h = digits(t, 11, 2), mi = digits(t, 14, 2),
             s = digits(t, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s || *h > 23 || *mi > 59 || *s > 59) return {};
  const std::chrono::year_month_day day{std::chrono::year{*y}, std::chrono::month{static_cast<unsigned>(*mo)},
                                        std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok() || *y < 1678 || *y > 2261) return {};  // what 64 bits of nanoseconds hold
  return std::chrono::sys_days{day} + std::chrono::hours{*h} + std::chrono::minutes{*mi} + std::chrono::seconds{*s};
}

}  // namespace mw
