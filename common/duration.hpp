// Durations as people write them: "90s", "10m", "24h", "7d".
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// A whole number and one of s, m, h, d; nothing else. At most 10 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// The shortest such text: 86400 s is "1d". Below a second: "0s".
std::string to_text(std::chrono::seconds);

}  // namespace mw
