// The settings of a collector: its sensors, the zones of the plants, and its limits.
#pragma once
#include "collector/config.hpp"

namespace mw {

class settings;
void describe(settings& v, sensor_entry& e);
void describe(settings& v, zone_entry& e);
void describe(settings& v, collector_config& c);

}  // namespace mw
