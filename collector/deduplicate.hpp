// What has come before: batches that a sensor sent again, flows that a second sensor saw as well.
#pragma once
#include "collector/config.hpp"
#include "common/attributed.hpp"

#include <absl/container/flat_hash_map.h>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace mw {

/// The sequences of one sensor: one bit for each of the last `window`. A sensor sends in order, so what lies below the window
/// has come before. A gap in the numbers means nothing: a spool may have had to give something up.
class sequence_window {
public:
  explicit sequence_window(std::size_t window) : seen_((window + 63) / 64 * 64) {}
  bool contains(std::uint64_t sequence) const;
  void insert(std::uint64_t sequence);
  void erase(std::uint64_t sequence);  ///< as if it had never come; without effect below the window
  void restore(std::uint64_t up_to);   ///< all up to here have come: what a store remembers over a restart

private:
  std::vector<bool> seen_;
  bool any_ = false;
  std::uint64_t newest_ = 0, below_ = 0;  // all less than below_ have come
};

/// One flow, seen at two taps of a site. The sensor that tells of it first owns it; what another one tells about the same
/// Community ID in the same time is the same flow, and is dropped. When the owner falls silent, the next one takes over.
/// Bounded: the flow that was not spoken of for longest is forgotten first, and then both sensors' records count.
class tap_filter {
public:
  explicit tap_filter(const deduplicate_config& config) : config_{config} {}
  /// True where another sensor has told of this already.
  bool is_second(const attributed& a);
  std::size_t size() const { return order_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }

private:
  struct entry {
    std::string key, sensor;
    timestamp first, last;
  };
  deduplicate_config config_;
  std::list<entry> order_;                                               // the one spoken of last stands first
  absl::flat_hash_map<std::string, std::list<entry>::iterator> by_key_;  // never iterated
  std::uint64_t forgotten_ = 0;
};

}  // namespace mw
