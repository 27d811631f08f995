// One box: sensor, collector and analyzer in one process, with packet time as the clock.
#pragma once
#include "analyzer/config.hpp"

#include <string>
#include <vector>

namespace mw {

struct run_options {
  std::vector<std::string> read;   ///< capture files, in this order
  std::string data;                ///< folder with what was learned; "" = nothing is kept
  std::string report;              ///< where the JSON report goes; "-" = standard output, "" = nowhere
  analyzer_config analyzer;
  bool tables = true;              ///< assets, operations and incidents for people, on standard output
  bool colour = false;
};

/// Exit status: 0, or 1 where the work failed (said on standard error with the remedy).
int run(const run_options&);

/// Where a data folder keeps the analyzer's state.
std::string state_file(const std::string& data);
/// The text of a file; throws std::runtime_error with the remedy where it cannot be read.
std::string text_of(const std::string& path);
/// Writes a file whole or not at all (a new one beside it, flushed, then renamed); throws std::runtime_error.
void write_whole(const std::string& path, const std::string& text);

}  // namespace mw
