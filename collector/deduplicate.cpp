// What has come before: batches that a sensor sent again, flows that a second sensor saw as well.
#include "collector/deduplicate.hpp"

#include <algorithm>

namespace mw {

bool sequence_window::contains(std::uint64_t sequence) const {
  if (!any_ || sequence > newest_) return false;
  if (sequence < below_ || newest_ - sequence >= seen_.size()) return true;
  return seen_[sequence % seen_.size()];
}

void sequence_window::insert(std::uint64_t sequence) {
  if (!any_ || sequence > newest_) {
    const auto fresh = any_ ? std::min<std::uint64_t>(sequence - newest_, seen_.size()) : 0;
    any_ = true;
    for (std::uint64_t i = 0; i < fresh; ++i) seen_[(sequence - i) % seen_.size()] = false;  // bits of sequences long ago
    newest_ = sequence;
  }
  if (newest_ - sequence < seen_.size()) seen_[sequence % seen_.size()] = true;
}

void sequence_window::erase(std::uint64_t sequence) {
  if (sequence <= newest_ && newest_ - sequence < seen_.size()) seen_[sequence % seen_.size()] = false;
}

void sequence_window::restore(std::uint64_t up_to) {
  if (!any_ || up_to > newest_) insert(up_to);
  below_ = std::max(below_, up_to + 1);
}

bool tap_filter::is_second(const attributed& a) {
  const auto* flow = std::get_if<flow_record>(&a.what);
  if (!config_.two_taps || flow == nullptr || flow->id.empty()) return false;
  // Plants use the same private addresses, so the same Community ID means the same flow only within a site.
  auto key = a.from->enterprise + '\0' + a.from->site + '\0' + flow->id;
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    order_.push_front({key, a.from->sensor, flow->first, flow->last});
    by_key_.emplace(std::move(key), order_.begin());
    if (order_.size() > config_.flows) {
      by_key_.erase(order_.back().key);
      order_.pop_back();
      ++forgotten_;
    }
    return false;
  }
  auto& known = *found->second;
  order_.splice(order_.begin(), order_, found->second);
  if (known.sensor == a.from->sensor) {
    // A new conversation between the same ports starts a new span; the next part of a long one extends it.
    if (flow->first > known.last + config_.close) known.first = flow->first;
    known.first = std::min(known.first, flow->first);
    known.last = std::max(known.last, flow->last);
    return false;
  }
  if (flow->first <= known.last + config_.close && known.first <= flow->last + config_.close) return true;
  known = {known.key, a.from->sensor, flow->first, flow->last};
  return false;
}

}  // namespace mw
