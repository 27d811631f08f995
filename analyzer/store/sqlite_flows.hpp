// The store of one box: a folder with one SQLite file for each day, and rollups.db.
#pragma once
#include "analyzer/store/day_file.hpp"
#include "analyzer/store/rollup_file.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mw {

class sqlite_flows final : public flow_store {
public:
  /// `folder` exists. To write, nobody else writes to it; to read, it may be written to meanwhile.
  static store_result<std::unique_ptr<sqlite_flows>> open(const std::string& folder, const store_config&, database::mode);

  store_result<appended> append(const std::vector<attributed>& batch) override;
  store_result<void> append_rollups(const std::vector<rollup>& rows) override { return rollups_->add(rows); }
  store_result<void> replace_rollups(timestamp from, const std::vector<rollup>& rows) override { return rollups_->replace(from, rows); }
  store_result<std::vector<attributed>> flows(const record_filter& f) override { return find(table::flows, f); }
  store_result<std::vector<attributed>> operations(const record_filter& f) override { return find(table::operations, f); }
  store_result<std::vector<attributed>> notes(note kind, const record_filter& f) override;
  store_result<std::vector<rollup_sum>> rollups(span_of s, count_of c, const record_filter& f) override { return rollups_->find(s, c, f); }
  std::uint64_t last_commit() const override { return commit_; }
  std::uint64_t last_sequence(const std::string& sensor) const override;
  store_result<void> replay(std::uint64_t commit, const batch_reader& to) override;
  store_result<void> since(timestamp from, const batch_reader& to) override;
  std::vector<day> days() const override { return days_; }
  store_result<void> drop_before(day) override;
  store_result<void> maintain() override;
  store_counts counts() const override { return counts_; }

private:
  sqlite_flows(std::string folder, const store_config& c, database::mode how) : folder_{std::move(folder)}, config_{c}, how_{how} {}
  store_result<void> scan();
  store_result<day_file*> at(day);
  store_result<std::vector<attributed>> find(table, const record_filter&);
  store_result<void> drop(day);
  store_result<void> keep_to_bytes();

  const std::string folder_;
  const store_config config_;
  const database::mode how_;
  std::unique_ptr<rollup_file> rollups_;  // never null
  std::vector<day> days_;                 // with a file, sorted
  std::map<day, day_file> open_;          // a few of them
  std::map<day, bool> indexed_;           // by this object, so bounded by days_
  rollup_file::memory memory_;            // sequences of all days, those gone included
  std::uint64_t commit_ = 0;
  store_counts counts_;
};

}  // namespace mw
