// Condensing: cyclic operations that say nothing new become one summary per window (docs/decisions/0002-condense.md).
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <memory>

namespace mw {

struct condense_config {
  nanoseconds window = std::chrono::seconds{60};  ///< of packet time, aligned to the epoch: no summary crosses a minute
  std::uint32_t first_alone = 3;                  ///< instances of a key that go out alone before it may be summarised
  std::uint64_t budget = 8u << 20;                ///< octets per protocol and window, estimated before packing
  std::size_t keys = 16'000;                      ///< the one that was used longest ago is forgotten first; its summary goes out before
  std::size_t channels = 10'000;                  ///< likewise; what is forgotten is the operation that came last
  std::size_t points = 100'000;                   ///< values watched over all keys; keys are forgotten until they fit
  std::size_t points_per_key = 1024;              ///< an operation with more values goes out alone
};

/// Why operations went where they went.
struct condense_counts {
  std::uint64_t fresh = 0;                                ///< alone: among the first of its key
  std::uint64_t acting = 0;                               ///< alone: anything but read, report and subscribe
  std::uint64_t failed = 0;                               ///< alone: refused, timed out, unpaired, or with an error code
  std::uint64_t interval = 0, transition = 0, value = 0;  ///< alone: out of the ordinary; counted by the first that holds, in this order
  std::uint64_t wide = 0;                                 ///< alone: more values than are watched
  std::uint64_t single = 0;                               ///< alone at the end of its window: there was no second one
  std::uint64_t summaries = 0, summarised = 0;            ///< records made, operations that they stand for
  std::uint64_t coarse = 0;                               ///< operations that the budget put into a summary without objects and values
  std::uint64_t over_budget = 0;                          ///< alone, although the budget was spent: acting or failed
  std::uint64_t keys = 0, channels = 0, points = 0;       ///< held now
  std::uint64_t keys_forgotten = 0, channels_forgotten = 0, collisions = 0;
};

/// Driven by packet time alone, so the same input gives the same records. Everything but operations passes through in its order, a
/// status with this stage's ledger.
/// A summary is the first operation that it stands for, with `repeat`; it goes out when its window ends, in the order of the first
/// operations, hence after operations that went out alone in between. `repeat` speaks of the operations that it stands for only:
/// intervals and transitions are those that led to them; `missed` counts from summary to summary. A transition is named as in
/// symbol::text() of identity.hpp.
class condenser final : public record_sink {
public:
  condenser(condense_config c, record_sink& to);
  ~condenser() override;
  condenser(const condenser&) = delete;
  condenser& operator=(const condenser&) = delete;
  void on_record(record&& r) override;
  /// Packet time passes; ends the window when it is over, also when the clock was set back by more than an hour.
  void on_time(timestamp t);
  /// Everything held goes out.
  void finish();
  /// Counts records of the input. At any time in = out + held + dropped: out are records sent on as they came, held are operations
  /// in open summaries, dropped "summarised" and "budget" are operations for which a summary was sent (with and without objects).
  /// Summaries come on top: the next stage receives out + counts().summaries records.
  ledger_stage ledger() const;
  condense_counts counts() const;

private:
  class inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace mw
