// The end of one box's path: what the collector passed goes into the store, then into the analyzer.
#pragma once
#include "analyzer/analyzer.hpp"
#include "analyzer/metrics/exporter.hpp"
#include "analyzer/report/tables.hpp"
#include "cli/data_folder.hpp"
#include "collector/collector.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mw {

/// Stored first, then analysed: a crash between the two is made good by replay. Where the store fails, the analyzer goes on
/// all the same (a full disk must not blind it), the batch is not committed, and the loss is counted and said.
class last_stages final : public outlet, public analyzer_listener {
public:
  /// `kept` nothing: no data folder, so nothing is stored. All outlive this.
  last_stages(analyzer&, exporter&, data_folder* kept, const std::vector<sensor_entry>& sensors);

  /// What a program that died left undone: gives the analyzer what it had not saved, and the rollups what they lack. Before
  /// the first record. Throws where the store cannot be read.
  void mend(const saved_analysis& found, const rollup_config&);
  void on_records(std::vector<attributed>&& records, done committed) override;
  void on_rollups(std::vector<rollup>&& rows) override;
  void on_detection(const detection& d, bool is_new) override;
  void on_incident(const incident& i, bool is_new) override;

  /// Keeps the state, so that a crash costs nothing but the time of a replay.
  void save(const std::vector<ledger_stage>& ledger, std::optional<timestamp> oldest_open_minute, bool running, bool live);
  void maintain();  ///< the limits of the store; to be called now and then

  std::vector<ledger_stage> ledger() const;
  std::uint64_t rollup_rows() const { return rollup_rows_; }
  std::uint64_t not_stored() const { return store_.dropped[2].second; }
  std::uint64_t complaints() const { return complaints_; }  ///< failures of the store, of whatever kind; the first are said at once
  const operation_counts& operations() const { return operations_; }

private:
  bool said(const store_result<void>& done);
  void keep_findings();

  analyzer& analyzer_;
  exporter& numbers_;
  data_folder* const kept_;
  operation_counts operations_;
  ledger_stage store_{.stage = "store", .dropped = {{"known", 0}, {"expired", 0}, {"failed", 0}}};
  ledger_stage analyzed_{.stage = "analyzer"};
  std::uint64_t rollup_rows_ = 0;
  std::map<std::string, detection> detections_;  // changed within one batch
  std::map<std::string, incident> incidents_;
  std::map<std::string, std::pair<origin, std::optional<status>>> sensors_;  // of the configuration
  timestamp saved_{};
  std::uint64_t replayed_ = 0;
  std::uint64_t complaints_ = 0;
};

}  // namespace mw
