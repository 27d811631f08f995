// The last value of each point that passed by, so that evidence can say what stood there before a write.
#pragma once
#include "analyzer/bounded.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>

namespace mw {

/// Forgets the point that was touched longest ago. Long blocks are kept up to their first 128 elements.
class last_values {
public:
  explicit last_values(std::size_t limit) : points_{limit} {}
  /// What is known of the first object of a write.
  std::optional<value> before(const operation&) const;
  /// Takes in what an operation read, wrote or reported.
  void note(const operation&);
  std::uint64_t forgotten() const { return points_.forgotten(); }

private:
  bounded_map<std::uint64_t, value> points_;
};

}  // namespace mw
