// How often one operation comes: which distances are usual, its period, and how many were missed.
#pragma once
#include "common/record.hpp"

#include <array>
#include <cstdint>

namespace mw {

/// Bucket of repeat::intervals and repeat::latencies: the power of two of the microseconds.
std::size_t bucket_of(nanoseconds);

/// The last 64 to 128 distances, in powers of two. A distance is usual where it and its two neighbours hold at least 1/64 of
/// them. A rhythm has a period where one bucket and its neighbours hold 15/16; then more than three periods are unusual, too.
/// The first `settle` distances are taken as they are. What was unusual is learned like the rest, so a rhythm that changed is
/// told a few times and then is the new one.
class rhythm {
public:
  static constexpr std::uint32_t settle = 8, memory = 128;
  struct beat {
    bool usual = true;
    std::uint64_t missed = 0;  ///< polls that the period led to expect in between
  };
  beat take(nanoseconds since_the_last);
  /// Zero where there is none.
  nanoseconds period() const;

private:
  std::uint32_t around(std::size_t bucket) const;
  bool periodic(std::size_t middle) const { return total_ >= settle && around(middle) * 16u >= total_ * 15u; }
  std::size_t middle() const;

  std::array<std::uint8_t, repeat::buckets> seen_{};
  std::uint32_t total_ = 0;
  double period_ = 0;  ///< nanoseconds, of the distances around the most frequent one
};

}  // namespace mw
