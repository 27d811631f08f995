// One run of a sensor: a source through engine and condenser to where records go, in this process or in a worker.
#pragma once
#include "sensor/config.hpp"
#include "sensor/record_writer.hpp"
#include "sensor/uplink.hpp"

#include <csignal>
#include <functional>

namespace mw {

struct run_tasks {
  std::string interface;                             ///< "" = captures: packet time is the only clock
  const volatile std::sig_atomic_t* stop = nullptr;  ///< set: the run ends as if the source had
  black_box* box = nullptr;                          ///< of a worker
  uplink::carrier carry;                             ///< takes encoded batches; none = records are only written
  std::uint64_t first_sequence = 1;
  std::function<void()> before_first;      ///< when all is set up, before the first frame is looked at
  std::function<void(timestamp)> on_time;  ///< once per frame or wait
};

struct run_end {
  bool source_ended = false;  ///< false: it was asked to stop, or the writer's disk refused
  bool written = true;        ///< false: the writer's disk refused
  sensor_stats stats;         ///< with the ledger of the stages behind the engine
};

/// Reads `from` to its end, or until asked to stop.
run_end run(source& from, const sensor_config& c, record_writer& to, const run_tasks& tasks);

}  // namespace mw
