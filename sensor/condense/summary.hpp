// What a key has gathered in the present window.
#pragma once
#include "sensor/condense/identity.hpp"
#include "sensor/condense/point.hpp"

#include <array>
#include <optional>
#include <vector>

namespace mw {

/// Which operations come before this one on its channel. Once more than `most` different ones came, any order is usual.
class predecessors {
public:
  static constexpr std::size_t most = 16;
  /// True where this one came before, or where there is none. Learns it.
  bool judge(const symbol& before);
  void add();  ///< counts the one judged last in the window
  std::vector<std::pair<std::string, std::uint32_t>> take();

private:
  struct step {
    std::uint64_t id;
    std::string text;
    std::uint32_t in_window = 0;
  };
  std::vector<step> steps_;
  std::optional<std::size_t> at_;  ///< of the one judged last
  std::uint32_t others_ = 0;
  bool other_ = false, any_order_ = false;
};

/// Statistics of the operations in one window. Nothing is allocated once a key has had a window.
class summary {
public:
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  void add(operation&& o, std::optional<nanoseconds> since);
  /// The first operation, with its repeat where there were more or where `always`; `values` of the points belong to the record.
  operation take(std::vector<point>& points, std::size_t values, predecessors& before, std::uint64_t missed, bool always);

private:
  std::optional<operation> first_;
  timestamp last_{};
  std::uint64_t last_packet_ = 0, count_ = 0;
  std::array<std::uint32_t, repeat::buckets> intervals_{}, latencies_{};
};

}  // namespace mw
