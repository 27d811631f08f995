// What a conversation in MMS remembers: open files, transfers, data sets, reports and selected controls. All bounded.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace mw::mms {

/// The newest `Capacity` entries by key; the oldest goes first, and that is counted under `what`.
template <class Key, class Value, std::size_t Capacity>
class newest {
public:
  explicit constexpr newest(std::string_view what) : what_{what} {}
  Value* find(const Key& k) {
    const auto at = std::ranges::find(entries_, k, &entry::first);
    return at == entries_.end() ? nullptr : &at->second;
  }
  Value& put(Key k, Value v, output& out) {
    if (auto* known = find(k)) return *known = std::move(v);
    if (entries_.size() >= Capacity) entries_.pop_front(), out.count("mms", "forgotten", what_);
    return entries_.emplace_back(std::move(k), std::move(v)).second;
  }
  void erase(const Key& k) {
    std::erase_if(entries_, [&](const entry& e) { return e.first == k; });
  }
  template <class Test>
  void erase_if(Test test) {
    std::erase_if(entries_, [&](const entry& e) { return test(e.first); });
  }
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }

private:
  using entry = std::pair<Key, Value>;
  std::deque<entry> entries_;
  std::string_view what_;  // a literal
};

/// Something of one side: a number that it gave, or a name.
template <class Name>
struct of_side {
  side owner = side::server;
  Name name{};
  friend bool operator==(const of_side&, const of_side&) = default;
};

enum class profile : std::uint8_t { unknown, iec61850, tase2 };

struct report_progress {
  std::uint64_t sequence = 0, segment = 0;
  bool more_segments = false;
};
/// What a select-with-value announced: the operate that follows must say the same.
struct selection {
  std::string value, originator, number;
};

struct memory {
  newest<of_side<std::uint64_t>, std::string, 64> files{"file"};      ///< FRSM id -> file
  newest<of_side<std::uint64_t>, std::string, 64> uploads{"upload"};  ///< ULSM id -> domain
  newest<of_side<std::string>, bool, 64> downloads{"download"};       ///< domain that is being loaded
  newest<of_side<std::string>, std::vector<object>, 64> data_sets{"data_set"};
  newest<of_side<std::string>, std::vector<std::string>, 16> plates{"plate"};  ///< the parts of what holds a name plate
  newest<of_side<std::string>, report_progress, 256> reports{"report"};
  newest<of_side<std::string>, selection, 64> selected{"selected"};
  mms::profile profile = mms::profile::unknown;
  bool role_told = false;
  bool from_the_start = false;  ///< the association was seen to begin, so that nothing in the tables is missing

  void forget() { *this = memory{}; }
};

}  // namespace mw::mms
