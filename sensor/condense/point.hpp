// One value of a repeated operation: what it usually is, and its statistics within a window.
#pragma once
#include "common/record.hpp"

#include <array>
#include <cstdint>

namespace mw {

/// A point is discrete while it has had at most `few` values (always, where it holds no numbers). What is out of the ordinary:
///  - another type than before, and each of the first `few` values;
///  - each change of a discrete point, unless it is busy: it changed in a quarter of its last instances, of at least 16 (a
///    watchdog bit, a time stamp as text);
///  - of a continuous point, a value outside the range seen so far, widened by a quarter of it on both sides; where it nearly
///    always moves in one direction (a counter), a step back, or one outside the steps seen so far, widened likewise.
/// A continuous point that moves within its range is usual. All is learned, also what was out of the ordinary.
class point {
public:
  static constexpr std::size_t few = 8;
  /// True where the value is usual. To be called for every instance, before add().
  bool judge(const value&);
  /// Takes the value judged last into the window's statistics.
  void add();
  /// The window's statistics; the next window begins.
  repeat::point take();
  bool in_window() const { return values_ > 0; }

private:
  bool judge_number(double now, double before);
  bool is_news(std::uint32_t code);
  bool busy() const { return seen_ >= 16 && changed_ * 4u >= seen_; }

  value last_;
  bool any_ = false, moved_ = false, many_ = false, ranged_ = false, stepped_ = false;
  std::uint8_t different_ = 0;
  std::uint16_t seen_ = 0, changed_ = 0, up_ = 0, down_ = 0;
  std::array<std::uint32_t, few> known_{};  ///< hashes; a point is held for every value that is watched, so it must be small
  double low_ = 0, high_ = 0, step_low_ = 0, step_high_ = 0;

  value first_;
  std::uint32_t values_ = 0, numbers_ = 0, changes_ = 0;
  double minimum_ = 0, maximum_ = 0, mean_ = 0, squares_ = 0;
};

}  // namespace mw
