// Durations as people write them.
#include "common/duration.hpp"

#include <charconv>
#include <utility>

namespace mw {

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

}  // namespace mw
