// One box: sensor, collector and analyzer in one process, on captures (packet time is the clock) or on a network card.
#pragma once
#include "cli/config.hpp"

#include <string>
#include <vector>

namespace mw {

struct run_options {
  std::vector<std::string> read;  ///< capture files, in this order; empty = the interface of the configuration
  double speed = 0;               ///< of captures: 1 = as recorded, 10 = ten times faster; 0 = as fast as it goes
  std::string data;               ///< folder with what was learned and stored; "" = nothing is kept
  std::string report;             ///< where the JSON report goes; "-" = standard output, "" = nowhere
  one_box_config config;          ///< completed
  std::string metrics;            ///< where the metrics at the end of the run go as text; "-" = standard output, "" = nowhere
  bool serve = false;             ///< of captures: console and /metrics while it runs, and until a signal ends it
  bool tables = true;             ///< assets, operations and incidents for people, on standard output
  bool colour = false;
};

/// Exit status: 0, or 1 where the work failed (said on standard error with the remedy). SIGINT and SIGTERM end it in order.
int run(const run_options&);

}  // namespace mw
