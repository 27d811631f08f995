// Folds findings into detections and detections into incidents, scores them, and keeps each site inside its alert budget.
#pragma once
#include "analyzer/bounded.hpp"
#include "analyzer/config.hpp"
#include "analyzer/detect/detector.hpp"
#include "analyzer/incidents/score.hpp"
#include "common/attributed.hpp"

#include <absl/container/flat_hash_map.h>

#include <nlohmann/json_fwd.hpp>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mw {

class analyzer_listener;

class folder {
public:
  struct counters {
    std::uint64_t alerts = 0, attacks = 0, incidents = 0, below_budget = 0, detections_forgotten = 0, incidents_forgotten = 0;
  };
  explicit folder(const analyzer_config&);

  /// Takes a finding in. `trial`: recorded, never part of an incident. `criticality`: of the victim, 0.5..2.
  void add(const finding&, const origin&, const std::string& zone, bool trial, double criticality, timestamp now);
  void on_time(timestamp now);  ///< closes what has been silent
  void finish();                ///< closes everything
  void tell_open() const;       ///< repeats every open incident to the listeners, as not new
  void listen(analyzer_listener& l) { listeners_.push_back(&l); }

  std::vector<detection> detections() const;  ///< by first seen and id
  std::vector<incident> incidents() const;    ///< by first seen and id
  const counters& counted() const { return counted_; }

  /// What goes on at `now`: open incidents, detections that may still grow, the alerts of the day. A restart in the midst of an attack
  /// goes on with it.
  nlohmann::ordered_json save(timestamp now) const;
  /// In place of what is open; nothing is told. Throws std::exception where `saved` is not such a state.
  void load(const nlohmann::ordered_json& saved);

private:
  struct live {
    incident about;
    scoreboard board;
    bool alerted = false;
    std::list<live>::iterator self;
  };
  detection& fold(const finding&, const origin&, const std::string& zone, bool trial, bool& fresh);
  void store(detection&&);
  live* matching(const finding&, const std::string& site);
  live& open(const detection&, const origin&);
  bool join(live&, detection&, const finding&, double criticality);
  bool grant(live&, timestamp now);
  void index(live&, std::string_view what, const std::string& host);
  void close(live&);
  void tell(const live&, bool is_new) const;

  const analyzer_config& config_;
  bounded_map<std::uint64_t, detection> folding_;                   ///< open detections
  std::deque<detection> done_;                                      ///< oldest first; together at most max_detections
  std::list<live> open_;                                            ///< most recently active first
  std::deque<incident> closed_;                                     ///< oldest first; together at most max_incidents
  absl::flat_hash_map<std::uint64_t, std::vector<live*>> by_host_;  ///< of open incidents: (site, "actor"|"victim", host)
  absl::flat_hash_map<std::string, live*> ids_;                     ///< of all incidents; none for closed ones
  bounded_map<std::uint64_t, timestamp> attacks_{100'000};
  std::map<std::string, std::pair<std::int64_t, std::uint32_t>> spent_;  ///< site -> (day, alerts)
  std::vector<analyzer_listener*> listeners_;
  counters counted_;
};

}  // namespace mw
