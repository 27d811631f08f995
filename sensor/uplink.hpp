// The sensor's end of one box: records become encoded batches in a mailbox, as they would become batches on a line.
#pragma once
#include "common/mailbox.hpp"
#include "common/wire.hpp"
#include "sensor/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mw {

struct parcel {
  std::vector<std::uint8_t> encoded;
};

class uplink final : public record_sink {
public:
  /// `patient`: a full mailbox is waited for (captures); otherwise it costs the batch, counted (a card cannot wait).
  uplink(const sensor_config& c, std::uint64_t first_sequence, mailbox<parcel>& to, bool patient, std::stop_token stop);
  /// A status takes this stage's ledger along.
  void on_record(record&& r) override;
  /// Sends what has waited long enough.
  void on_time(timestamp now);
  void send();
  /// "uplink_records": out = in a parcel that the mailbox took.
  ledger_stage ledger() const { return stage_; }

private:
  mailbox<parcel>& to_;
  const std::size_t most_;
  const std::chrono::seconds age_;
  const bool patient_;
  const std::stop_token stop_;
  batch batch_;
  timestamp oldest_{};
  ledger_stage stage_{.stage = "uplink_records"};
};

}  // namespace mw
