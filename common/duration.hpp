// Durations and times as people write them: "90s", "10m", "24h", "7d"; "2026-11-24T08:00:00Z".
#pragma once
#include "common/net.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// A whole number and one of s, m, h, d; nothing else. At most 10 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// RFC 3339 in UTC, whole seconds, years 1678 to 2261: "2026-11-24T08:00:00Z".
std::optional<timestamp> parse_time(std::string_view text);

/// The shortest text of a duration: 86400 s is "1d". Below a second: "0s".
std::string to_text(std::chrono::seconds);

}  // namespace mw
