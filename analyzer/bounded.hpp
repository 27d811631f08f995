// A map that traffic may grow only so far: when it is full, the key that was used longest ago is forgotten and counted.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <utility>

namespace mw {

/// Values keep their address until they are forgotten. Iteration runs from the key used last to the one used longest ago:
/// the same input gives the same order, whatever the hash seed.
template <class K, class V, class Hash = absl::Hash<K>>
class bounded_map {
public:
  using item = std::pair<const K, V>;
  explicit bounded_map(std::size_t limit) : limit_{limit} {}
  bounded_map(bounded_map&&) = default;
  bounded_map& operator=(bounded_map&&) = default;

  /// The value of `key`, made by default where there is none; `second` says that it was made.
  std::pair<V&, bool> touch(const K& key) {
    if (const auto at = index_.find(key); at != index_.end()) {
      items_.splice(items_.begin(), items_, at->second);
      return {at->second->second, false};
    }
    if (items_.size() >= limit_ && !items_.empty()) {
      if (on_forget) on_forget(items_.back().first, items_.back().second);
      index_.erase(items_.back().first);
      items_.pop_back();
      ++forgotten_;
    }
    items_.emplace_front(std::piecewise_construct, std::forward_as_tuple(key), std::forward_as_tuple());
    index_.emplace(key, items_.begin());
    return {items_.front().second, true};
  }
  /// Looks without making it younger.
  V* find(const K& key) {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &at->second->second;
  }
  const V* find(const K& key) const {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &at->second->second;
  }
  bool erase(const K& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return false;
    items_.erase(at->second);
    index_.erase(at);
    return true;
  }
  void clear() { index_.clear(), items_.clear(); }
  std::size_t size() const { return items_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }  ///< keys lost to the limit since the start
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

  std::function<void(const K&, V&)> on_forget;  ///< told before a key goes

private:
  std::size_t limit_;
  std::list<item> items_;
  absl::flat_hash_map<K, typename std::list<item>::iterator, Hash> index_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace mw
