// The configuration of one box, read from a file or from the defaults.
#include "cli/config.hpp"

#include "cli/files.hpp"
#include "collector/zones.hpp"
#include "common/settings.hpp"

#include <algorithm>
#include <stdexcept>

namespace mw {

void describe(settings& v, one_box_config& c) {
  describe(v, c.sensor);
  describe(v, c.collector);
  describe(v, c.analyzer);
  describe(v, c.store);
  describe(v, c.console);
  describe(v, c.notify);
}

std::vector<std::string> complete(one_box_config& c) {
  std::vector<std::string> complaints;
  if (c.collector.sensors.empty())
    c.collector.sensors.push_back({.id = c.sensor.id, .enterprise = "local", .enterprise_name = "local", .site = "local", .zone = ""});
  if (std::ranges::none_of(c.collector.sensors, [&](const auto& s) { return s.id == c.sensor.id; }))
    complaints.push_back("sensors does not name this box's own sensor: add an entry with id " + c.sensor.id + ", or set sensor.id");
  for (std::size_t i = 0; i < c.collector.sensors.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (c.collector.sensors[i].id == c.collector.sensors[j].id)
        complaints.push_back("sensors[" + std::to_string(i) + "].id comes twice: " + c.collector.sensors[i].id +
                             ": give each sensor its own");
  try {
    zone_map{c.collector.zones};
  } catch (const std::invalid_argument& e) {
    complaints.push_back(std::string{"zones: "} + e.what());
  }
  analyzer_config built;
  for (auto& text : apply(c.analyzer, built)) complaints.push_back(std::move(text));
  for (const auto& z : c.collector.zones) {
    zone to{.name = z.name, .ranges = {}, .control = z.control, .level = z.level == 255 ? -1.0 : z.level == 35 ? 3.5 : z.level};
    for (const auto& text : z.cidrs)
      if (const auto range = parse_subnet(text)) to.ranges.push_back(*range);
    built.rules.zones.push_back(std::move(to));
  }
  c.analyzer.config = std::move(built);
  return complaints;
}

std::vector<std::string> read_config(const std::string& path, one_box_config& out) {
  settings_file file{text_of(path), path};
  describe(file.reader(), out);
  auto complaints = file.complaints();
  if (!complaints.empty()) return complaints;
  for (auto& text : complete(out)) complaints.push_back(path + ": " + text);
  return complaints;
}

std::string one_box_manual() {
  one_box_config c;
  return manual("millwatch on one box: sensor, collector and analyzer. Every setting stands here with its default.",
                [&](settings& v) { describe(v, c); });
}

}  // namespace mw
