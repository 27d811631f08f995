// The configuration of one box: sensor, collector and analyzer in one file.
#pragma once
#include "analyzer/console/http_server.hpp"
#include "analyzer/notify/notifier.hpp"
#include "analyzer/settings.hpp"
#include "analyzer/store/flow_store.hpp"
#include "collector/settings.hpp"
#include "sensor/config.hpp"

#include <string>
#include <vector>

namespace mw {

struct one_box_config {
  sensor_config sensor;
  collector_config collector;
  analyzer_settings analyzer;
  store_config store;
  http_config console;
  notify_config notify;
};
void describe(settings& v, one_box_config& c);

/// Reads a file; complaints, one for each mistake, where it cannot be used. Throws std::runtime_error where it cannot be read.
std::vector<std::string> read_config(const std::string& path, one_box_config& out);
/// Puts together what follows from several settings: the analyzer's policy, its zones, and the box's own sensor where none is
/// named. Complaints as above, without a file name.
std::vector<std::string> complete(one_box_config& c);
std::string one_box_manual();

}  // namespace mw
