// Learning and judging the distance between equal operations.
#include "sensor/condense/rhythm.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mw {

std::size_t bucket_of(nanoseconds d) {
  const auto us = d.count() < 1000 ? 1u : static_cast<std::uint64_t>(d.count()) / 1000;
  return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(us)) - 1, repeat::buckets - 1);
}

std::uint32_t rhythm::around(std::size_t b) const {
  return (b > 0 ? seen_.at(b - 1) : 0u) + seen_.at(b) + (b + 1 < seen_.size() ? seen_.at(b + 1) : 0u);
}

std::size_t rhythm::middle() const { return static_cast<std::size_t>(std::max_element(seen_.begin(), seen_.end()) - seen_.begin()); }

nanoseconds rhythm::period() const { return periodic(middle()) ? nanoseconds{static_cast<std::int64_t>(period_)} : nanoseconds{0}; }

rhythm::beat rhythm::take(nanoseconds since) {
  const auto b = bucket_of(since);
  const auto length = static_cast<double>(std::max<std::int64_t>(since.count(), 0));
  beat out;
  if (total_ >= settle) {
    out.usual = around(b) * 64u >= total_;
    if (period_ > 0 && periodic(middle())) {
      if (length > 3 * period_) out.usual = false;
      if (length > 1.5 * period_) out.missed = static_cast<std::uint64_t>(std::llround(length / period_)) - 1;
    }
  }
  if (total_ >= memory) {
    total_ = 0;
    for (auto& n : seen_) n = static_cast<std::uint8_t>(n / 2), total_ += n;
  }
  ++seen_.at(b), ++total_;
  const auto m = middle();
  if (b + 1 >= m && b <= m + 1) {
    const bool of_this_rhythm = period_ > length / 3 && period_ < length * 3;
    period_ = of_this_rhythm ? period_ + (length - period_) / 8 : length;
  }
  return out;
}

}  // namespace mw
