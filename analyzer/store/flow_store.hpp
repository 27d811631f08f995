// Where records are kept: append a batch once, ask a handful of fixed questions, drop a day (docs/decisions/0003-store.md).
#pragma once
#include "analyzer/store/sqlite.hpp"
#include "common/attributed.hpp"
#include "common/rollup.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mw {

class settings;

/// Of packet time, UTC.
using day = std::chrono::sys_days;

/// What is kept. The oldest day goes first, whichever limit is met; a day that is alone loses its oldest batches instead.
struct store_config {
  std::uint32_t days = 190;                          ///< day files; days without records do not count
  std::uint64_t bytes = 50'000'000'000;              ///< of all day files
  std::uint32_t minute_days = 35, hour_days = 1100;  ///< how far rollup lines go back, from the newest
  std::chrono::seconds save_every{60};               ///< how often what was learned is saved
};
void describe(settings& v, store_config& c);

/// What append() did with the records of a batch.
struct appended {
  std::size_t stored = 0;
  std::size_t known = 0;    ///< stored before
  std::size_t expired = 0;  ///< of a day that the limits have dropped
  friend bool operator==(const appended&, const appended&) = default;
};

/// A question. Text that is "" and optionals without value do not narrow.
struct record_filter {
  std::string site, host, protocol;       ///< host: IP or MAC of either end (of the subject, for facts)
  std::optional<mw::action> action;       ///< operations only
  std::optional<timestamp> since, until;  ///< since <= time < until
  std::size_t limit = 200;
};

/// Rollup lines added up over clients, servers and outcomes.
struct rollup_sum {
  timestamp time{};
  std::string site, protocol;
  std::optional<mw::action> action;
  std::uint64_t operations = 0, flows = 0, packets = 0, bytes = 0;
  friend bool operator==(const rollup_sum&, const rollup_sum&) = default;
};
enum class span_of : std::uint8_t { minute, hour };
enum class count_of : std::uint8_t { operations, flows };

struct store_counts {
  std::uint64_t days_dropped = 0, records_dropped = 0;  ///< stored once, gone by the limits; by this object
};

enum class note : std::uint8_t { fact, violation, status };

/// One thread. Every error names the file and the remedy, and leaves the store as it was before the call, except that
/// a batch over several days may stand in some of them: appending it again completes it.
class flow_store {
public:
  virtual ~flow_store() = default;
  /// When it returns a value, the batch is on the disk: it may be acknowledged. (sensor, sequence) is taken from the
  /// records, which must agree in it; a second append of the same batch changes nothing.
  virtual store_result<appended> append(const std::vector<attributed>& batch) = 0;
  /// Adds to the lines of these keys; all or nothing.
  virtual store_result<void> append_rollups(const std::vector<rollup>&) = 0;
  /// Puts these in place of all lines from the hour of `from` on: after a crash, with what the records say.
  virtual store_result<void> replace_rollups(timestamp from, const std::vector<rollup>&) = 0;

  /// Those that match, the newest first.
  virtual store_result<std::vector<attributed>> flows(const record_filter&) = 0;
  virtual store_result<std::vector<attributed>> operations(const record_filter&) = 0;
  virtual store_result<std::vector<attributed>> notes(note kind, const record_filter&) = 0;
  virtual store_result<std::vector<rollup_sum>> rollups(span_of, count_of, const record_filter&) = 0;

  /// The number of the newest commit; it grows by one with each append that stores something. 0: empty.
  virtual std::uint64_t last_commit() const = 0;
  /// The highest sequence ever stored of a sensor, also where its day is gone. 0: none.
  virtual std::uint64_t last_sequence(const std::string& sensor) const = 0;
  /// Every batch that was committed after `commit`, in that order: what an analyzer reads after a crash.
  using batch_reader = std::function<void(std::vector<attributed>&&)>;
  virtual store_result<void> replay(std::uint64_t commit, const batch_reader& to) = 0;
  /// Every record of `from` or later, batch by batch.
  virtual store_result<void> since(timestamp from, const batch_reader& to) = 0;

  virtual std::vector<day> days() const = 0;  ///< that have a file, oldest first
  virtual store_result<void> drop_before(day) = 0;
  /// To be called now and then (hourly, and at the end of a run): indexes days that are over, applies the limits.
  virtual store_result<void> maintain() = 0;
  virtual store_counts counts() const = 0;
};

}  // namespace mw
