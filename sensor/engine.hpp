// The life of a packet in the sensor: decode, flow, stream, identify, dissect, and records out.
#pragma once
#include "common/record.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/stats.hpp"

#include <memory>

namespace mw {

struct engine_config {
  std::size_t most_flows = 200'000;                           ///< the flow that was quiet longest goes first
  nanoseconds tcp_idle = std::chrono::minutes{30}, other_idle = std::chrono::minutes{3}, interim = std::chrono::minutes{5};
  nanoseconds first_report = std::chrono::seconds{5};          ///< how soon the first record of a flow comes
};

/// Driven by packet time alone, so the same input gives the same records.
class engine {
public:
  engine(engine_config c, record_sink& to);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  void on_frame(const frame& f);
  /// Ends every flow, and with them every request that waits. `from`: kernel drops and the like for the ledger.
  void finish(const source_counts& from);
  sensor_stats& stats();

private:
  class inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace mw
