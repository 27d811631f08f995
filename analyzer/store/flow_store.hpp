// Where records are kept: append a batch once, ask a handful of fixed questions, drop a day (docs/decisions/0003-store.md).
#pragma once
#include "analyzer/store/sqlite.hpp"
#include "common/attributed.hpp"
#include "common/rollup.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mw {

/// Of packet time, UTC.
using day = std::chrono::sys_days;

/// What is kept. The oldest day goes first, whichever limit is met; the newest day loses its oldest batches instead.
struct store_config {
  std::uint32_t days = 30;                      ///< day files, 1..3660; days without records do not count
  std::uint64_t bytes = 50'000'000'000;         ///< of all day files
  std::uint32_t minute_days = 35, hour_days = 1100;  ///< how far rollup lines go back, from the newest
};

/// What append() did with a batch. `known_at`: which of its records had been stored before (their places in the vector);
/// where the whole batch came before, `stored` is 0 and all are known.
struct appended {
  std::size_t stored = 0, expired = 0;  ///< expired: of a day that the limits have dropped or would drop at once
  std::vector<std::size_t> known_at;
};

/// A question. Text that is "" and optionals without value do not narrow.
struct record_filter {
  std::string site, host, protocol;  ///< host: IP or MAC of either end (of the subject, for facts)
  std::optional<mw::action> action;  ///< operations only
  std::optional<timestamp> since, until;  ///< since <= time < until
  std::size_t limit = 200;
};

struct rollup_filter {
  std::string site, protocol, host;
  std::optional<mw::action> action;
  std::optional<timestamp> since, until;
  bool by_hour = false;  ///< lines of hours instead of minutes
  std::size_t limit = 10'000;
};
/// Sums over all clients and servers.
struct rollup_sum {
  timestamp time{};
  std::string site, protocol;
  std::optional<mw::action> action;
  std::uint64_t operations = 0, flows = 0, packets = 0, bytes = 0;
  friend bool operator==(const rollup_sum&, const rollup_sum&) = default;
};

struct store_counts {
  std::uint64_t batches = 0, records = 0;                 ///< stored by this object
  std::uint64_t known = 0, expired = 0;                   ///< records that append() did not store
  std::uint64_t days_dropped = 0, records_dropped = 0;    ///< stored once, gone by the limits
};

enum class note : std::uint8_t { fact, violation, status };

/// One thread. Every error names the file and the remedy, and leaves the store as it was before the call, except that
/// a batch over several days may stand in some of them: appending it again completes it.
class flow_store {
public:
  virtual ~flow_store() = default;
  /// When it returns a value, the batch is on the disk: it may be acknowledged. (sensor, sequence) is taken from the
  /// records, which must agree in it; a second append of the same batch changes nothing. Nothing to store: nothing done.
  virtual store_result<appended> append(const std::vector<attributed>& batch) = 0;
  /// Adds to the lines of these keys; all or nothing.
  virtual store_result<void> append_rollups(const std::vector<rollup>&) = 0;

  /// The newest that match, by time.
  virtual store_result<std::vector<attributed>> flows(const record_filter&) = 0;
  virtual store_result<std::vector<attributed>> operations(const record_filter&) = 0;
  virtual store_result<std::vector<attributed>> notes(note kind, const record_filter&) = 0;
  virtual store_result<std::vector<rollup_sum>> rollups(const rollup_filter&) = 0;

  /// The number of the newest commit; it grows by one with each append that stores something. 0: empty.
  virtual std::uint64_t last_commit() const = 0;
  /// The highest sequence ever stored of a sensor, also where its day is gone. 0: none.
  virtual std::uint64_t last_sequence(const std::string& sensor) const = 0;
  /// Highest sequence of each sensor below which nothing is missing, counted from 1.
  virtual std::map<std::string, std::uint64_t> contiguous() const = 0;
  /// Every batch that was committed after `commit`, in that order: what an analyzer reads after a crash.
  virtual store_result<void> replay(std::uint64_t commit, const std::function<void(std::vector<attributed>&&)>& to) = 0;

  virtual std::vector<day> days() const = 0;  ///< that have a file, oldest first
  virtual store_result<void> drop_before(day) = 0;
  /// To be called now and then (hourly, and at the end of a run): indexes days that are over, applies the limits.
  virtual store_result<void> maintain() = 0;
  virtual store_counts counts() const = 0;
};

}  // namespace mw
