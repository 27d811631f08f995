// The settings of a collector, each with its bounds and its meaning.
#include "collector/settings.hpp"

#include "common/settings.hpp"

namespace mw {

void describe(settings& v, sensor_entry& e) {
  v("id", e.id, "As the sensor calls itself (sensor.id, and the name in its certificate).", not_empty);
  v("enterprise", e.enterprise, "Code of the enterprise that is watched.", not_empty);
  v("enterprise_name", e.enterprise_name, "Its name, for people.");
  v("site", e.site, "The plant in which the sensor stands.", not_empty);
  v("zone", e.zone, "The zone in which it stands.");
}

void describe(settings& v, zone_entry& e) {
  v("name", e.name, "What the zone is called.", not_empty);
  v("site", e.site, "The site to which it belongs; empty for every site.");
  v("cidrs", e.cidrs, "Its addresses, such as 10.1.2.0/24; the longest prefix wins.");
  v("control", e.control, "Whether controllers live here: what happens in a control zone counts more.");
  v("level", e.level, "Purdue level 0 to 5, 35 for the zone between 3 and 4, 255 for not said.");
}

void describe(settings& v, collector_config& c) {
  v.list("sensors", c.sensors, "The sensors that may send. One box without any knows its own sensor as site \"local\".");
  v.list("zones", c.zones, "Parts of the plants, by address.");
  v("collector.check.ahead", c.check.ahead, "How far a record may lie ahead of this machine's clock.", between(1, 86400));
  v("collector.check.text", c.check.text, "Octets of one text of a record; a record with a longer one is refused.", between(256, 1 << 20));
  v("collector.check.list", c.check.list, "Entries of one list of a record; a record with a longer one is refused.", between(64, 1 << 20));
  v("collector.deduplicate.window", c.deduplicate.window, "Batches remembered of each sensor, to know one that comes again.",
    between(64, 1 << 24));
  v("collector.deduplicate.two_taps", c.deduplicate.two_taps, "Whether one flow that two sensors of a site see is counted once.");
  v("collector.deduplicate.flows", c.deduplicate.flows, "Flows remembered for that.", between(1024, 1 << 24));
  v("collector.rollup.grace", c.rollup.grace, "How long a minute stays open for records that come late.", between(1, 3600));
  v("collector.rollup.rows", c.rollup.rows, "Open lines of one site; beyond, hosts are added up together.", between(1000, 10'000'000));
}

}  // namespace mw
