// What can be set about a sensor. The defaults stand here and in the structs of its parts, and nowhere else.
#pragma once
#include "sensor/condense/condenser.hpp"
#include "sensor/engine.hpp"
#include "sensor/guard/supervisor.hpp"

#include <cstdint>
#include <string>

namespace mw {

class settings;

struct sensor_config {
  std::string id = "local";       ///< as the collector knows it
  std::string interface;          ///< network card that sees the mirrored traffic; "" = captures only
  std::uint32_t snaplen = 65535;  ///< octets kept of each frame
  std::uint32_t buffer_mib = 64;  ///< kernel ring
  bool guard = true;              ///< live only: the work is done by a process of its own, without rights, and done again when it dies
  std::string user = "nobody";    ///< whom that process becomes
  supervisor_config guarding;
  engine_config engine;
  bool condense = true;  ///< cyclic reads become summaries
  condense_config condensing;
  std::uint32_t batch_records = 1000;  ///< a batch is sent when it holds so many records,
  std::chrono::seconds batch_age{1};   ///< or when its first record is this old
};
void describe(settings& v, sensor_config& c);
/// Settings of the sensor as a program of its own; the one box reads a card in its one process.
void describe_guard(settings& v, sensor_config& c);

}  // namespace mw
