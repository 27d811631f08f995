// What the sensor program does: read captures in its own process, or a network card in a worker that is kept running.
#pragma once
#include "sensor/config.hpp"

#include <csignal>
#include <string>
#include <vector>

namespace mw {

struct watch_tasks {
  std::string interface, records, stats, spool;  ///< the card; where records, statistics and batches go, "" = nowhere
  const volatile std::sig_atomic_t* stop = nullptr;
};

/// Both say on standard error what went wrong, with the remedy, and give the program's exit status. They throw std::runtime_error
/// where they cannot begin.
int read_files(const sensor_config& c, const std::vector<std::string>& paths, const watch_tasks& tasks);
int watch_card(const sensor_config& c, const watch_tasks& tasks);

}  // namespace mw
