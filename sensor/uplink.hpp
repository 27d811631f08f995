// The sensor's end of the line: records become encoded batches with sequence numbers.
#pragma once
#include "common/wire.hpp"
#include "sensor/config.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mw {

class uplink final : public record_sink {
public:
  /// Takes an encoded batch on: into a mailbox, a spool. False: it is lost, and its records are counted under `loss`.
  using carrier = std::function<bool(std::vector<std::uint8_t>&& encoded, std::uint64_t sequence, timestamp created)>;
  /// `one_clock`: who receives has this machine's clock, and heartbeats say so. `loss` is a literal: "mailbox_full".
  uplink(const sensor_config& c, std::uint64_t first_sequence, carrier to, const char* loss, bool one_clock);
  /// A status takes this stage's ledger along.
  void on_record(record&& r) override;
  /// Sends what has waited long enough.
  void on_time(timestamp now);
  void send();
  /// "uplink_records": out = in a batch that was taken on.
  ledger_stage ledger() const { return stage_; }

private:
  const carrier to_;
  const std::size_t most_;
  const std::chrono::seconds age_;
  const bool one_clock_;
  batch batch_;
  timestamp oldest_{};
  ledger_stage stage_;
};

}  // namespace mw
