// Counts what goes by for Prometheus (text format 0.0.4); docs/metrics.md lists the families.
#pragma once
#include "analyzer/analyzer.hpp"
#include "analyzer/bounded.hpp"
#include "analyzer/metrics/page.hpp"
#include "analyzer/metrics/tallies.hpp"
#include "analyzer/notify/channel_counts.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mw {

/// How many names a label may take; the rest is "other", and counted in millwatch_metrics_folded_total.
struct exporter_limits {
  std::size_t sites = 100, sensors = 200;
  std::size_t protocols = 40, applications = 100, rules = 100;           ///< of one site
  std::size_t stages = 32, reasons = 32;                                 ///< of one sensor, of one stage
  std::size_t open_incidents = 200, assets = 500;                        ///< that are named one by one
  std::chrono::seconds attack_window = analyzer_config{}.attack_window;  ///< the analyzer's
};

/// One thread calls `on`, the listener's calls and `publish`; any thread reads the pages.
class exporter final : public analyzer_listener {
public:
  explicit exporter(exporter_limits = {});

  void on(const attributed&);  ///< every record that the analyzer takes, before or after it
  void on_detection(const detection&, bool is_new) override;
  void on_incident(const incident&, bool is_new) override;

  /// Makes the pages anew: `own` are the stages after the sensors (of the one box: those of its sensor, too, where no
  /// heartbeat carries them). Walks over all assets: call it every few seconds, not for each record.
  void publish(const analyzer&, const std::vector<ledger_stage>& own, const std::vector<channel_counts>& notices = {});

  const page& metrics() const { return metrics_; }
  const page& health() const { return health_; }  ///< a JSON object

private:
  struct site_tally {
    explicit site_tally(const exporter_limits&);
    tally<protocol_tally> protocols;
    tally<application_tally> applications;
    tally<std::array<std::uint64_t, 5>> detections;  ///< rule -> by severity
    std::array<std::uint64_t, 5> incidents{}, records{};
    std::uint64_t late = 0, alerts = 0, attacks = 0, below_budget = 0;
  };
  struct open_incident {
    std::string site, rule, title_en, title_zh, actor, victim;
    mw::severity severity = mw::severity::info;
    timestamp first{};
    bool below_budget = false, open = true;
  };
  class writer;
  site_tally& at(const std::string& site);
  void count(site_tally&, const flow_record&, const std::string& sensor);
  void write_sensors(writer&, const std::vector<ledger_stage>& own) const;
  void write_traffic(writer&) const;
  void write_understanding(writer&, const analyzer&) const;

  const exporter_limits limits_;
  std::map<std::string, site_tally, std::less<>> sites_;
  std::map<std::string, status, std::less<>> heartbeats_;  ///< the last of each sensor
  bounded_map<std::uint64_t, char> told_{65536};           ///< flows that go on; one that is forgotten is counted again when it ends
  bounded_map<std::uint64_t, timestamp> attacks_{100'000};
  bounded_map<std::string, open_incident> incidents_{20'000};
  timestamp now_{};
  page metrics_, health_;
};

}  // namespace mw
