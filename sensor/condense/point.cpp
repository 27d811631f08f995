// Judging one value against those before it (compare constant, enumeration, counter and continuous in docs/decisions/0002-condense.md).
#include "sensor/condense/point.hpp"

#include <absl/hash/hash.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace mw {
namespace {

/// Of a finite number; nothing else has a range.
std::optional<double> number_of(const value& v) {
  if (const auto* n = std::get_if<std::int64_t>(&v)) return static_cast<double>(*n);
  if (const auto* n = std::get_if<std::uint64_t>(&v)) return static_cast<double>(*n);
  if (const auto* n = std::get_if<double>(&v); n && std::isfinite(*n)) return *n;
  return {};
}
bool is_nan(const value& v) {
  const auto* n = std::get_if<double>(&v);
  return n && std::isnan(*n);
}
bool equal(const value& a, const value& b) { return a == b || (is_nan(a) && is_nan(b)); }

bool within(double x, double low, double high) {
  const double margin = (high - low) / 4;
  return x >= low - margin && x <= high + margin;
}

}  // namespace

bool point::is_news(std::uint32_t code) {
  if (std::find(known_.begin(), known_.begin() + different_, code) != known_.begin() + different_) return false;
  if (different_ == few)
    many_ = true;
  else
    known_[different_++] = code;
  return !many_;
}

bool point::judge_number(double now, double before) {
  const bool rises = now > before, rising = up_ > down_;
  const double step = std::abs(now - before);
  const bool one_way = up_ * 16 <= down_ || down_ * 16 <= up_;
  const bool usual = one_way ? rises == rising && stepped_ && within(step, step_low_, step_high_) : ranged_ && within(now, low_, high_);
  if (rises == rising || !stepped_) {
    step_low_ = stepped_ ? std::min(step_low_, step) : step, step_high_ = stepped_ ? std::max(step_high_, step) : step;
    stepped_ = true;
  }
  auto& ways = rises ? up_ : down_;
  ++ways;
  if (ways > 256) up_ = static_cast<std::uint16_t>(up_ / 2), down_ = static_cast<std::uint16_t>(down_ / 2);
  return usual;
}

bool point::judge(const value& v) {
  moved_ = any_ && !equal(v, last_);
  if (seen_ >= 256) seen_ /= 2, changed_ /= 2;
  ++seen_;
  if (any_ && !moved_) return true;
  const auto now = number_of(v);
  const bool news = is_news(static_cast<std::uint32_t>(absl::HashOf(v)));
  bool usual = true;
  if (any_) {
    const auto before = number_of(last_);
    const bool other_type = v.index() != last_.index();
    const bool was_busy = busy();
    ++changed_;
    const bool fits = now && before && judge_number(*now, *before);
    if (other_type || news)
      usual = false;
    else if (many_ && now && before)
      usual = fits;
    else
      usual = was_busy;
  }
  if (now) {
    low_ = ranged_ ? std::min(low_, *now) : *now, high_ = ranged_ ? std::max(high_, *now) : *now;
    ranged_ = true;
  }
  last_ = v, any_ = true;
  return usual;
}

void point::add() {
  if (values_++ == 0)
    first_ = last_;
  else
    changes_ += moved_;
  auto x = number_of(last_);
  if (const auto* b = std::get_if<bool>(&last_)) x = *b ? 1 : 0;
  if (!x) return;
  if (numbers_++ == 0) {
    minimum_ = maximum_ = mean_ = *x, squares_ = 0;
    return;
  }
  minimum_ = std::min(minimum_, *x), maximum_ = std::max(maximum_, *x);
  const double away = *x - mean_;
  mean_ += away / static_cast<double>(numbers_);
  squares_ += away * (*x - mean_);
}

repeat::point point::take() {
  const auto finite = [](double d) { return std::isfinite(d) ? d : 0; };  // sums of numbers near the end of double are not
  const double variance = numbers_ > 0 ? finite(squares_ / static_cast<double>(numbers_)) : 0;
  repeat::point out{first_, last_, minimum_, maximum_, finite(mean_), variance, changes_};
  values_ = numbers_ = changes_ = 0;
  minimum_ = maximum_ = mean_ = squares_ = 0;
  return out;
}

}  // namespace mw
