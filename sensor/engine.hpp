// The life of a packet in the sensor: decode, flow, stream, identify, dissect, and records out.
#pragma once
#include "common/record.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/stats.hpp"

#include <memory>
#include <string>

namespace mw {

class ndpi_engine;
struct black_box;

struct engine_config {
  std::size_t most_flows = 200'000;      ///< the flow that was quiet longest goes first
  std::uint32_t most_inspected = 5'000;  ///< new flows per second of packet time that nDPI reads; those beyond are counted
  nanoseconds tcp_idle = std::chrono::minutes{30}, other_idle = std::chrono::minutes{3}, interim = std::chrono::minutes{5};
  nanoseconds first_report = std::chrono::seconds{5};  ///< how soon the first record of a flow comes
  std::chrono::seconds heartbeat{10};                  ///< how often a status record comes
  black_box* box = nullptr;                            ///< of a worker under a supervisor (guard/): what it is doing is noted there
};

/// Driven by packet time alone, so the same input gives the same records.
class engine {
public:
  /// `interface`: what the heartbeat calls the source. `ndpi`: for who runs many engines on one thread, one after the other (its
  /// tables take long to load); otherwise each has its own.
  engine(engine_config c, record_sink& to, std::string interface = {}, std::shared_ptr<ndpi_engine> ndpi = {});
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  void on_frame(const frame& f);
  /// Time passes without frames: flows expire and the heartbeat beats on. Earlier than the latest packet is nothing new.
  void on_time(timestamp now);
  /// What the source lost, for the ledger; as often as it is known.
  void on_source(const source_counts& counts);
  /// Ends every flow, and with them every request that waits, and says a last status.
  void finish(const source_counts& from);
  sensor_stats& stats();

private:
  class inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace mw
