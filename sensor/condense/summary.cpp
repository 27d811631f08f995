// Adding up a window, and writing it down as a record.
#include "sensor/condense/summary.hpp"

#include "sensor/condense/rhythm.hpp"

#include <algorithm>
#include <utility>

namespace mw {
namespace {

std::vector<std::uint32_t> cut(std::array<std::uint32_t, repeat::buckets>& h) {
  const auto end = std::find_if(h.rbegin(), h.rend(), [](auto n) { return n != 0; }).base();
  std::vector<std::uint32_t> out{h.begin(), end};
  h.fill(0);
  return out;
}

}  // namespace

bool predecessors::judge(const symbol& before) {
  at_.reset(), other_ = false;
  if (before.empty()) return true;
  const auto id = before.id();
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].id == id) {
      at_ = i;
      return true;
    }
  if (steps_.size() < most) {
    at_ = steps_.size();
    steps_.push_back({id, before.text()});
    return false;
  }
  other_ = true;
  return std::exchange(any_order_, true);
}

void predecessors::add() {
  if (at_) ++steps_[*at_].in_window;
  others_ += other_;
}

std::vector<std::pair<std::string, std::uint32_t>> predecessors::take() {
  std::vector<std::pair<std::string, std::uint32_t>> out;
  for (auto& s : steps_)
    if (s.in_window > 0) out.emplace_back(s.text, std::exchange(s.in_window, 0));
  if (others_ > 0) out.emplace_back("*", std::exchange(others_, 0));
  return out;
}

void summary::add(operation&& o, std::optional<nanoseconds> since) {
  ++count_;
  if (since) ++intervals_.at(bucket_of(*since));
  if (o.latency) ++latencies_.at(bucket_of(*o.latency));
  if (count_ == 1) {
    last_ = o.time, last_packet_ = o.packets.last;
    first_ = std::move(o);
    return;
  }
  last_ = std::max(last_, o.time), first_->time = std::min(first_->time, o.time);
  last_packet_ = std::max(last_packet_, o.packets.last);
}

operation summary::take(std::vector<point>& points, std::size_t values, predecessors& before, std::uint64_t missed, bool always) {
  repeat r{.count = count_, .last = last_, .missed = missed};
  r.intervals = cut(intervals_), r.latencies = cut(latencies_), r.transitions = before.take();
  const bool watched = !points.empty() && points.front().in_window();
  if (watched) r.points.reserve(values);
  for (std::size_t i = 0; watched && i < points.size(); ++i) {
    auto p = points[i].take();
    if (i < values) r.points.push_back(std::move(p));
  }
  operation out = std::move(*first_);
  first_.reset();
  const bool several = count_ > 1 || always;
  count_ = 0;
  if (!several) return out;
  out.packets.last = std::max(out.packets.last, last_packet_);
  out.repeat = std::move(r);
  return out;
}

}  // namespace mw
