// What an analyzer knows and has found, kept in transactions at a low rate (docs/decisions/0003-store.md).
#pragma once
#include "analyzer/model.hpp"
#include "analyzer/store/sqlite.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// One state of an analyzer, and how far it goes.
struct saved_analysis {
  std::string analyzer;                       ///< analyzer::save()
  std::uint64_t commit = 0;                   ///< of the flow store: what was committed later is not in it
  std::optional<timestamp> rollups_from;      ///< the oldest minute whose lines are not in the flow store yet
  timestamp now{};                            ///< packet time
  bool running = false;                       ///< the program that wrote it goes on; found at its start: it did not end in order
  bool live = false;                          ///< packet time is the wall clock
  std::string ledger = "{}", sensors = "[]";  ///< JSON, for people: as in a report; the last heartbeat of each sensor
};

/// A question. Text that is "" and optionals without value do not narrow.
struct state_filter {
  std::string site, host, rule;           ///< host: IP or MAC; of either side
  severity least = severity::info;        ///< or worse
  bool open = false;                      ///< incidents: only those that go on
  std::optional<timestamp> since, until;  ///< last seen within since <= time < until
  std::size_t limit = 200;
};

/// One thread. Every error names the file and the remedy, and leaves the store as it was before the call.
class state_store {
public:
  virtual ~state_store() = default;
  virtual store_result<std::optional<saved_analysis>> load() = 0;
  /// The state, the assets in place of those that stood, and findings as in put(): one transaction. Findings older than
  /// `kept_days` before `now` are forgotten.
  virtual store_result<void> save(const saved_analysis&, const std::vector<asset>&, const std::vector<detection>&,
                                  const std::vector<incident>&, std::uint32_t kept_days) = 0;
  /// Findings that are new or changed, by id: one transaction.
  virtual store_result<void> put(const std::vector<detection>&, const std::vector<incident>&) = 0;
  /// Incidents that no program goes on with are not open any more.
  virtual store_result<void> close_incidents() = 0;

  /// As JSON objects (analyzer/report/json.hpp); findings by the time of their last sight, the newest first.
  virtual store_result<std::vector<std::string>> assets(const state_filter&) = 0;
  virtual store_result<std::vector<std::string>> detections(const state_filter&) = 0;
  virtual store_result<std::vector<std::string>> incidents(const state_filter&) = 0;
};

}  // namespace mw
