// Records in, understanding out: assets, baseline, detection and incidents for every site, in packet time only.
#pragma once
#include "analyzer/config.hpp"
#include "analyzer/model.hpp"
#include "common/attributed.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace mw {

/// Who wants to know at once (store, notifier, console). Calls come from inside `on`, `on_time` and `finish`; the object
/// referred to is valid during the call. An update repeats the whole object.
class analyzer_listener {
public:
  virtual ~analyzer_listener() = default;
  virtual void on_detection(const detection&, bool is_new) = 0;
  /// Not called for each finding: when an incident is new, when its severity, stage, actors or victims grow, when a budget
  /// lets it through, when it closes (`open` false).
  virtual void on_incident(const incident&, bool is_new) = 0;
};

/// The three counters (one alert is one raw finding), and what the analyzer did with the records.
struct analyzer_stats {
  std::uint64_t records = 0, flows = 0, operations = 0, facts = 0, violations = 0, statuses = 0;
  std::uint64_t late = 0;  ///< records older than the latest by more than a minute
  std::uint64_t alerts = 0, attacks = 0, incidents = 0;
  std::uint64_t trial = 0, muted = 0, disabled = 0, silent = 0, below_budget = 0;  ///< findings (below_budget: incidents) not alerted
  std::uint64_t assets_forgotten = 0, keys_forgotten = 0, actors_forgotten = 0, detections_forgotten = 0, incidents_forgotten = 0;
  bool vendors_known = true;  ///< false: the OUI file is absent
};

/// Where a site stands in learning.
struct site_state {
  std::string site, phase;                                                                   ///< "learn", "trial", "detect"
  timestamp since{};                                                                         ///< first record
  std::uint64_t hosts = 0, edges = 0, functions = 0, writers = 0, objects = 0, pending = 0;  ///< keys
  double unseen_mass = 1;  ///< Good-Turing: how likely the next conversation is a new one
};

class analyzer {
public:
  explicit analyzer(analyzer_config);
  ~analyzer();
  analyzer(const analyzer&) = delete;
  analyzer& operator=(const analyzer&) = delete;

  void listen(analyzer_listener&);  ///< outlives the analyzer
  void on(const attributed&);       ///< any order of times; time never runs back
  void on_time(timestamp);          ///< time passes without records
  void finish();                    ///< end of the input: what is open is closed
  void tell_open() const;           ///< repeats what is open to the listeners, as not new: after a restart they know nothing of it

  std::vector<asset> assets() const;          ///< by site and id
  std::vector<incident> incidents() const;    ///< by first seen and id
  std::vector<detection> detections() const;  ///< by first seen and id
  std::vector<site_state> sites() const;
  analyzer_stats stats() const;
  timestamp now() const;  ///< latest packet time

  /// What `--data` keeps: baselines, assets and the incidents that go on, as JSON; the same state gives the same text.
  std::string save() const;
  /// Puts a saved state in place of the present one; before the first record. The error says what does not fit.
  tl::expected<void, std::string> load(std::string_view saved);
  /// Adds what an operator approves; site "*" is every site.
  void approve(const allow_list&);
  /// What is known of a site, for review ("" = the only or first site); `with_pending` adds what was seen and not learned.
  allow_list export_baseline(std::string_view site, bool with_pending = false) const;

  class machinery;

private:
  std::unique_ptr<machinery> is_;
};

}  // namespace mw
