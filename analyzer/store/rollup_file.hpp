// The file rollups.db: sums of minutes and hours, and what must outlive the day files (sequences, commits).
#pragma once
#include "analyzer/store/flow_store.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mw {

class rollup_file {
public:
  static store_result<rollup_file> open(const std::string& folder, database::mode);

  store_result<void> add(const std::vector<rollup>&);
  store_result<void> replace(timestamp from, const std::vector<rollup>&);
  /// By time, the newest first; each with its sum.
  store_result<std::vector<rollup_sum>> find(span_of, count_of, const record_filter&);
  /// Forgets lines older than so many days before the newest one.
  store_result<void> trim(std::uint32_t minute_days, std::uint32_t hour_days);

  /// What days that are gone have said: nothing before `floor` is taken any more.
  struct memory {
    std::uint64_t commit = 0;
    day floor{};
    std::map<std::string, std::uint64_t> sequences;  ///< the highest of each sensor
  };
  store_result<memory> remembered();
  store_result<void> remember(const memory&);

private:
  store_result<void> insert(const std::vector<rollup>&);
  std::unique_ptr<database> file_;  // on the heap: statements and transactions refer to it
};

}  // namespace mw
