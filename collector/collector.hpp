// Many sensors in, one checked, attributed and deduplicated stream out; nothing is acknowledged before it is committed.
#pragma once
#include "collector/attribute.hpp"
#include "collector/config.hpp"
#include "collector/deduplicate.hpp"
#include "collector/rollup.hpp"
#include "common/wire.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// Where the stream goes on: into an analyzer in the same process, or onto a bus.
class outlet {
public:
  /// To be called once, on the collector's thread and in its lifetime, during on_records() or later; true: the store has
  /// committed all of it.
  using done = std::function<void(bool committed)>;
  virtual ~outlet() = default;
  /// The records of one batch that passed, in their order; maybe none.
  virtual void on_records(std::vector<attributed>&& records, done committed) = 0;
  /// Lines of closed minutes, by site, time and key.
  virtual void on_rollups(std::vector<rollup>&& rows) = 0;
};

/// What a sensor is told about a batch.
enum class receipt : std::uint8_t {
  committed,  ///< it may forget the batch; also said of one that came before
  refused,    ///< the batch can never be taken: broken, or in another's name
  keep,       ///< not now: of another major version, or the sensor is not in the configuration
  retry       ///< the store could not commit it
};

/// One thread. `ack` is called once per accept(), at once or when the outlet is done.
class collector {
public:
  using ack = std::function<void(receipt)>;
  using clock = std::function<std::optional<timestamp>()>;
  /// `now`: the clock that records may not run ahead of; nothing where packet time is the clock (files).
  collector(const collector_config& config, outlet& to, clock now = {});
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;

  /// `peer`: who the link proved the sensor to be; "" where it is this process itself.
  void accept(bytes encoded, ack answer, std::string_view peer = {});
  void accept(batch&& b, ack answer, std::string_view peer = {});

  /// What the store has committed of a sensor, told before its first batch: batches up to `sequence` came before.
  void restore(std::string_view sensor, std::uint64_t sequence);
  /// The end of a run: closes the open minutes.
  void flush();

  /// The oldest minute that is still added to.
  std::optional<timestamp> oldest_open_minute() const { return minutes_.oldest_open(); }

  /// "intake" counts batches; "check", "deduplicate", "outlet" and "rollup" count records. Each balances at any time.
  std::vector<ledger_stage> ledger() const;

private:
  struct stage {
    std::uint64_t in = 0, out = 0, held = 0;
    std::map<std::string_view, std::uint64_t> dropped;  // reasons are literals, so few
    ledger_stage named(std::string name) const;
  };
  struct sender {
    sequence_window window;
    std::map<std::uint64_t, std::vector<ack>> waiting;  // sequences on their way through the outlet, and who asks
  };
  void refuse(std::string_view reason, receipt v, const ack& answer);
  std::vector<attributed> pass(batch&& b, const std::shared_ptr<const origin>& from);
  void finish(const std::shared_ptr<const origin>& from, std::uint64_t sequence, std::size_t records, partial_rollups&& sums,
              bool committed);
  sender& sender_of(const std::string& id);

  collector_config config_;
  outlet& to_;
  clock now_;
  attribution attribution_;
  tap_filter taps_;
  minute_rollups minutes_;
  std::map<std::string, sender> senders_;  // sensors of the configuration only
  stage intake_, check_, deduplicate_, outlet_;
};

}  // namespace mw
