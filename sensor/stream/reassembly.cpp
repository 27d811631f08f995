// One direction of a TCP connection as an ordered stream (RFC 9293 3.4 sequence arithmetic).
#include "sensor/stream/reassembly.hpp"

#include <algorithm>
#include <chrono>

namespace mw {
namespace {

/// a - b in sequence space: negative where a is before b.
std::int32_t distance(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }
constexpr std::int32_t plausible = 16 * 1024 * 1024;              // a jump beyond any window is another stream, not a hole
constexpr std::size_t remembered = 512, most_remembered = 1024;  // cut down to the former when the latter is full: not with each segment

}  // namespace

void reassembly::start(std::uint32_t sequence) {
  for (const auto& s : waiting_) counts_.held -= s.data.size(), counts_.lost += s.data.size();
  waiting_.clear();
  recent_.clear();
  started_ = true;
  next_ = sequence + 1;
}

void reassembly::in_order(const chunk& c, std::uint32_t sequence, const listener& to) {
  const auto before = distance(next_, sequence);  // octets of this segment that were handed out already
  auto fresh = c.data;
  if (before > 0) {
    const auto old = std::min<std::size_t>(static_cast<std::size_t>(before), c.data.size());
    counts_.repeated += old;
    if (old == c.data.size()) ++counts_.retransmits;
    // compare what we still remember of it: a second copy that differs is an attack on reassembly
    const auto back = static_cast<std::size_t>(before);
    if (back <= recent_.size()) {
      const auto kept = bytes{recent_}.subspan(recent_.size() - back).first(old);
      if (!std::ranges::equal(kept, c.data.first(old))) ++counts_.conflicts;
    }
    fresh = c.data.subspan(old);
  }
  if (fresh.empty()) return;
  next_ += static_cast<std::uint32_t>(fresh.size());
  counts_.delivered += fresh.size();
  const auto tail = fresh.size() > remembered ? fresh.subspan(fresh.size() - remembered) : fresh;
  if (recent_.size() + tail.size() > most_remembered) {
    const auto cut = std::min(recent_.size(), recent_.size() + tail.size() - remembered);
    recent_.erase(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(cut));
  }
  recent_.insert(recent_.end(), tail.begin(), tail.end());
  to.data({fresh, c.time, c.packet});
}

void reassembly::drain(const listener& to) {
  while (!waiting_.empty() && distance(waiting_.front().sequence, next_) <= 0) {
    const auto s = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    counts_.held -= s.data.size();
    in_order({s.data, s.time, s.packet}, s.sequence, to);
  }
}

void reassembly::give_up_hole(const listener& to) {
  const auto missing = static_cast<std::uint32_t>(distance(waiting_.front().sequence, next_));
  ++counts_.gaps;
  counts_.gap_bytes += missing;
  next_ = waiting_.front().sequence;
  recent_.clear();
  to.gap(missing);
  drain(to);
}

void reassembly::add(std::uint32_t sequence, const chunk& c, const listener& to) {
  counts_.in += c.data.size();
  if (!started_) {
    started_ = true;
    next_ = sequence;
  }
  auto rel = distance(sequence, next_);
  if (rel > plausible || rel < -plausible) {  // another stream on the same ports whose SYN we did not see
    for (const auto& s : waiting_) counts_.held -= s.data.size(), counts_.lost += s.data.size();
    waiting_.clear();
    recent_.clear();
    ++counts_.gaps;
    to.gap(0);
    next_ = sequence;
    rel = 0;
  }
  if (rel <= 0) {
    in_order(c, sequence, to);
    drain(to);
    return;
  }
  const auto place =
      std::ranges::upper_bound(waiting_, sequence, [](std::uint32_t a, std::uint32_t b) { return distance(a, b) < 0; }, &segment::sequence);
  if (place != waiting_.begin() && std::prev(place)->sequence == sequence && std::prev(place)->data.size() >= c.data.size()) {
    ++counts_.retransmits;
    counts_.repeated += c.data.size();
    return;
  }
  waiting_.insert(place, {sequence, c.time, c.packet, {c.data.begin(), c.data.end()}});
  counts_.held += c.data.size();
  while (!waiting_.empty() &&
         (waiting_.size() > most_segments || counts_.held > most_bytes || c.time - waiting_.front().time > std::chrono::seconds{3}))
    give_up_hole(to);
}

void reassembly::acknowledged(std::uint32_t sequence, timestamp now, bool answers, const listener& to) {
  // The peer has what we miss, so it will not be sent again. A mirror port may still deliver it a moment late.
  while (!waiting_.empty() && distance(sequence, waiting_.front().sequence) > 0 &&
         (answers || now - waiting_.front().time > std::chrono::milliseconds{200}))
    give_up_hole(to);
}

void reassembly::finish(const listener& to) {
  while (!waiting_.empty()) give_up_hole(to);
}

}  // namespace mw
