// A table that traffic may grow only so far: the key that was used longest ago is forgotten first, and counted.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <utility>

namespace mw {

/// Values keep their address until they are forgotten.
template <class T>
class recency {
public:
  explicit recency(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}
  T* find(std::uint64_t key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, at->second);
    return &at->second->second;
  }
  /// Of a key that is not there. `leave` is called for what has to go to make room.
  template <class Leave>
  T& add(std::uint64_t key, Leave leave) {
    while (order_.size() >= limit_) forget(leave);
    order_.emplace_front(std::piecewise_construct, std::forward_as_tuple(key), std::forward_as_tuple());
    index_.emplace(key, order_.begin());
    return order_.front().second;
  }
  template <class Leave>
  void forget(Leave leave) {
    leave(order_.back().second);
    index_.erase(order_.back().first);
    order_.pop_back();
    ++forgotten_;
  }
  std::size_t size() const { return order_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }

private:
  std::size_t limit_;
  std::list<std::pair<const std::uint64_t, T>> order_;  ///< used last first
  absl::flat_hash_map<std::uint64_t, typename std::list<std::pair<const std::uint64_t, T>>::iterator> index_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace mw
