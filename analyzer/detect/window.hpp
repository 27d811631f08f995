// Counting in a sliding window of packet time, in bounded space.
#pragma once
#include "common/net.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace mw {

/// Different keys within a window. Holds at most `limit` (64) of them, the youngest: enough to pass any threshold of ours.
class recent_keys {
public:
  static constexpr std::size_t limit = 64;
  /// Adds a key and gives how many different ones the window holds.
  std::size_t add(std::uint64_t key, timestamp now, nanoseconds window) {
    expire(now, window);
    if (const auto at = std::find_if(seen_.begin(), seen_.end(), [&](const auto& s) { return s.first == key; }); at != seen_.end())
      seen_.erase(at);
    else if (seen_.size() >= limit)
      seen_.erase(seen_.begin());
    seen_.emplace_back(key, now);
    return seen_.size();
  }
  bool holds(std::uint64_t key) const {
    return std::any_of(seen_.begin(), seen_.end(), [&](const auto& s) { return s.first == key; });
  }
  std::size_t size() const { return seen_.size(); }
  timestamp oldest() const { return seen_.empty() ? timestamp{} : seen_.front().second; }
  void clear() { seen_.clear(); }

private:
  void expire(timestamp now, nanoseconds window) {
    std::erase_if(seen_, [&](const auto& s) { return now - s.second > window; });
  }
  std::vector<std::pair<std::uint64_t, timestamp>> seen_;  ///< oldest first
};

/// Events within a window, counted in sixteenths of it.
class recent_count {
public:
  std::uint64_t add(std::uint64_t n, timestamp now, nanoseconds window) {
    const auto part = std::max<nanoseconds>(window / 16, nanoseconds{1});
    std::erase_if(parts_, [&](const auto& p) { return now - p.first > window; });
    if (parts_.empty() || now - parts_.back().first >= part) parts_.emplace_back(now, 0);
    parts_.back().second += n;
    std::uint64_t sum = 0;
    for (const auto& [_, count] : parts_) sum += count;
    return sum;
  }

private:
  std::vector<std::pair<timestamp, std::uint64_t>> parts_;  ///< at most 17
};

/// Says the same again only every so often.
class throttle {
public:
  bool due(timestamp now, nanoseconds every) {
    if (said_ && now - last_ < every && now >= last_) return false;
    said_ = true, last_ = now;
    return true;
  }

private:
  bool said_ = false;
  timestamp last_{};
};

}  // namespace mw
