// The settings of a sensor, each with its bounds and its meaning.
#include "sensor/config.hpp"

#include "common/settings.hpp"

namespace mw {

void describe(settings& v, sensor_config& c) {
  v("sensor.id", c.id, "The name under which the collector knows this sensor.", not_empty);
  v("sensor.interface", c.interface, "The network card that sees the mirrored traffic; --interface takes its place.");
  v("sensor.snaplen", c.snaplen, "Octets kept of each frame.", between(64, 262144));
  v("sensor.buffer_mib", c.buffer_mib, "Kernel buffer for frames that wait, in MiB.", between(1, 2047));
  v("sensor.batch_records", c.batch_records, "Records in a batch that goes to the collector.", between(1, 100'000));
  v("sensor.batch_age", c.batch_age, "How long a record may wait for its batch to fill.", between(1, 60));
  v("sensor.flows.most", c.engine.most_flows, "Flows held at once; the one that was quiet longest is ended first.",
    between(1000, 20'000'000));
  v("sensor.flows.tcp_idle", c.engine.tcp_idle, "How long an open TCP connection may be silent before its flow ends.",
    between(10, 7 * 86400));
  v("sensor.flows.other_idle", c.engine.other_idle, "The same for all else.", between(10, 86400));
  v("sensor.flows.most_inspected", c.engine.most_inspected,
    "New conversations per second that nDPI looks into; in a flood the others go without, counted.", between(0, 1'000'000));
  v("sensor.flows.interim", c.engine.interim, "How often a flow that goes on is told.", between(10, 86400));
  v("sensor.condense.enabled", c.condense, "Whether cyclic operations that say nothing new become one summary per window.");
  v("sensor.condense.window", c.condensing.window, "How much one summary covers.", between(1, 3600));
  v("sensor.condense.first_alone", c.condensing.first_alone, "Operations of a kind that go out alone before it is summarised.",
    between(1, 1000));
  v("sensor.condense.budget", c.condensing.budget,
    "Octets that one protocol may send in a window; beyond, summaries leave values out, counted.", between(4096, 1 << 30));
  v("sensor.condense.keys", c.condensing.keys, "Kinds of operations watched at once.", between(100, 10'000'000));
  v("sensor.heartbeat", c.engine.heartbeat, "How often the sensor says that it lives, with its ledger.", between(1, 60));
}

void describe_guard(settings& v, sensor_config& c) {
  v("sensor.guard.enabled", c.guard,
    "Whether a network card is read by a process of its own, without rights, that is started anew when it crashes or hangs.");
  v("sensor.guard.user", c.user, "The user that this process becomes, where the sensor is started as root; \"\" = no other.");
  v("sensor.guard.hang_after", c.guarding.hang_after, "Processor time without a step after which it counts as hung.", between(1, 600));
  v("sensor.guard.crashes_until_off", c.guarding.crashes_until_off, "Crashes in one dissector until that dissector is switched off.",
    between(1, 1000));
}

}  // namespace mw
