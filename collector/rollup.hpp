// Minutes, added up as records pass.
#pragma once
#include "collector/config.hpp"
#include "common/attributed.hpp"
#include "common/rollup.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mw {

/// The rollups of one batch, by key. Operations count in the minute of their time, summaries and flows too (a flow's time is
/// its last packet's); facts, violations and heartbeats do not count.
struct partial_rollups {
  std::map<rollup::key_type, rollup> rows;
  std::map<rollup::key_type, std::uint64_t> records;  ///< behind each row, for the ledger
  timestamp newest{};                                 ///< of any record, heartbeats too
};
partial_rollups roll_up(const std::vector<attributed>& records);

/// Open minutes of all sites. A minute closes once every sensor of its site has told of a time `grace` later; a sensor that
/// lags by more than `patience` behind the others is not waited for. What comes for a closed minute (a flow that idled until it
/// was ended) makes a further line for it, at once: lines are additive.
class minute_rollups {
public:
  explicit minute_rollups(const rollup_config& config) : config_{config} {}

  /// Adds one batch of `from`; the rows of minutes that this closes are appended to `closed`, by time and key.
  void add(partial_rollups&& batch, const origin& from, std::vector<rollup>& closed);
  /// Closes everything: the end of a run.
  void flush(std::vector<rollup>& closed);

  /// "rollup", in records: held in open minutes.
  ledger_stage ledger() const { return {"rollup", in_, out_, held_, {}}; }
  std::uint64_t late() const { return late_; }  ///< records of minutes that had closed
  /// The first minute that is not closed yet, over all sites: what a store lacks where the program dies now.
  std::optional<timestamp> oldest_open() const;
  std::uint64_t folded() const { return folded_; }  ///< records whose hosts were not kept apart

private:
  struct minute {
    std::map<rollup::key_type, rollup> rows;
    std::uint64_t records = 0;
  };
  struct site {
    std::map<timestamp, minute> open;
    std::map<std::string, timestamp> newest;  // by sensor
    timestamp closed_until = timestamp::min();
    std::size_t rows = 0;
  };
  void close(site& s, timestamp until, std::vector<rollup>& closed);
  rollup::key_type room_for(const site& s, rollup::key_type key);

  rollup_config config_;
  std::map<std::pair<std::string, std::string>, site> sites_;  // enterprise, site: both from the configuration, so bounded
  std::uint64_t in_ = 0, out_ = 0, held_ = 0, late_ = 0, folded_ = 0;
};

}  // namespace mw
