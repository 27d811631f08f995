// Batches on the sensor's disk, from the moment they are made until the store has committed them.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"
#include "sensor/spool/position.hpp"
#include "sensor/spool/segment.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mw {

struct spool_config {
  std::filesystem::path directory;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;  ///< over all segments; the oldest segment goes first
  std::chrono::seconds max_age{7 * 24 * 3600};       ///< of the youngest batch in a segment; 0 = for ever
  std::uint64_t segment_bytes = std::uint64_t{16} << 20;
  /// always: append() returns once the disk has it. segment: at each segment's end and at sync(). never: the system's choice,
  /// which survives a crash of the program, not of the machine.
  enum class policy : std::uint8_t { always, segment, never } sync = policy::segment;
  /// At least 1. Of a spool that never held anything. A live sensor gives its clock in milliseconds, so that numbers do not come twice
  /// when its disk is replaced.
  std::uint64_t first_sequence = 1;
};

/// A stored batch, as read() gives it.
struct spooled {
  std::uint64_t sequence = 0;
  timestamp created{};
  std::vector<std::uint8_t> batch;
};

/// What became of every batch that was ever in the spool.
struct spool_counts {
  std::uint64_t recovered = 0;  ///< waiting when it was opened, with those that turned out broken
  std::uint64_t appended = 0, acknowledged = 0;
  std::uint64_t forgotten_bytes = 0, forgotten_age = 0;  ///< given up for a limit before anyone had them
  std::uint64_t corrupt = 0;                             ///< lost to a broken checksum
  std::uint64_t refused = 0;                             ///< appends that failed
  std::uint64_t broken_octets = 0, torn_octets = 0;      ///< not batches: octets stepped over, and cut off, when opened
};

/// One owner (a lock on the directory holds others off), one thread. Sequence numbers go up by one within a run and never
/// come twice: a crash may leave a gap. Errors are values: over_limit = the disk is full, or the batch can never fit;
/// unsupported = the directory cannot be written or is in use, or a sequence is not the next; malformed = the disk fails.
class spool {
public:
  /// Reads what is there and mends a torn end.
  static result<spool> open(spool_config config);
  spool(spool&&) = default;
  spool& operator=(spool&&) = delete;
  ~spool();  ///< notes the position, so that the next run leaves no gap

  std::uint64_t next_sequence() const { return next_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t held() const;        ///< batches that wait
  std::uint64_t bytes_held() const;  ///< on the disk, acknowledged ones in unfinished segments included

  /// `sequence` must be next_sequence(). On an error nothing of the batch stays, and the same sequence may be tried again.
  result<void> append(bytes batch, std::uint64_t sequence, timestamp created);
  /// A batch that was to have next_sequence() is lost: its number is not given to another one.
  void skip() { ++next_; }
  /// The first waiting batch with a sequence of at least `from`; nothing if there is none. Broken ones are passed over.
  result<std::optional<spooled>> read(std::uint64_t from);
  /// Everything up to and including `sequence` is committed elsewhere; whole segments of such are removed.
  result<void> acknowledge(std::uint64_t sequence);
  /// Gives up segments in which all is older than max_age.
  result<void> expire(timestamp now);
  result<void> sync();

  const spool_counts& counts() const { return counts_; }
  /// "spool": in = recovered + appended; dropped for "spool_bytes", "spool_age", "corrupt".
  ledger_stage ledger() const;

private:
  spool() = default;
  result<void> recover();
  result<void> make_room(std::uint64_t more);
  result<void> give_up_oldest(std::uint64_t& counter);
  result<void> save_position(std::uint64_t ceiling);
  std::uint64_t waiting_in(const segment& s) const;

  spool_config config_;
  file_handle directory_;         ///< open, and locked, as long as the spool is
  std::deque<segment> segments_;  ///< oldest first; the last one is written
  std::uint64_t next_ = 1, acknowledged_ = 0;
  spool_position saved_;
  spool_counts counts_;
};

}  // namespace mw
