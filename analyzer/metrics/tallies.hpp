// What the exporter counts, by small sets of names that traffic cannot grow without end.
#pragma once
#include "common/record.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mw {

/// A label's value: valid UTF-8 without control characters, at most `limit` octets.
std::string label_value(std::string_view hostile, std::size_t limit = 64);
/// Counts an observation that went under "other".
void count_folded();

/// Values by name. Beyond `limit` names everything new is "other": nothing is forgotten, since a counter must not run back.
template <class V>
class tally {
public:
  explicit tally(std::size_t limit) : limit_{limit} {}
  V& operator[](std::string_view name) {
    if (const auto at = rows_.find(name); at != rows_.end()) return at->second;
    auto clean = label_value(name);
    if (const auto at = rows_.find(clean); at != rows_.end()) return at->second;
    if (rows_.size() >= limit_) count_folded(), clean = "other";
    return rows_[std::move(clean)];
  }
  V* find(std::string_view name) {
    const auto at = rows_.find(name);
    return at == rows_.end() ? nullptr : &at->second;
  }
  const auto& rows() const { return rows_; }

private:
  std::size_t limit_;
  std::map<std::string, V, std::less<>> rows_;
};

/// Latencies in classes of powers of two, as in the records: class i is [2^i, 2^(i+1)) microseconds, 0 also below.
struct latency_classes {
  std::array<std::uint64_t, repeat::buckets> counts{};
  std::uint64_t count = 0;
  double seconds = 0;

  void add(nanoseconds latency) {
    const auto us = latency.count() <= 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(latency.count()) / 1000;
    const auto i = us == 0 ? std::size_t{0} : static_cast<std::size_t>(std::bit_width(us)) - 1;
    ++counts[std::min(i, counts.size() - 1)], ++count;
    seconds += us == 0 && latency.count() <= 0 ? 0 : static_cast<double>(latency.count()) * 1e-9;
  }
  void add(const std::vector<std::uint32_t>& classes) {
    for (std::size_t i = 0; i < classes.size() && i < counts.size(); ++i) {
      counts[i] += classes[i], count += classes[i];
      seconds += classes[i] * std::ldexp(1.5e-6, static_cast<int>(i));
    }
  }
};

struct protocol_tally {
  std::array<std::array<std::uint64_t, 6>, action_count> operations{};  ///< [action][outcome]
  latency_classes latency;
  std::uint64_t violations = 0;
};
struct application_tally {
  std::uint64_t flows = 0, bytes = 0;
};

}  // namespace mw
