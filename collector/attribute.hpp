// Gives records their place in the world: enterprise, site and zones.
#pragma once
#include "collector/zones.hpp"
#include "common/attributed.hpp"

#include <map>
#include <memory>

namespace mw {

class attribution {
public:
  /// Throws std::invalid_argument for a sensor without id or site, or listed twice, and for bad zones.
  explicit attribution(const collector_config& config);

  /// Nothing for a sensor that the configuration does not name.
  std::shared_ptr<const origin> origin_of(std::string_view sensor) const;
  /// An end without an IP address is on the sensor's own wire, so in the sensor's zone.
  attributed attribute(record&& r, std::shared_ptr<const origin> from, std::uint64_t sequence, std::uint32_t index) const;

private:
  std::string zone_of(const ip& address, const mac& hardware, const origin& from) const;

  std::map<std::string, std::shared_ptr<const origin>, std::less<>> sensors_;
  zone_map zones_;
};

}  // namespace mw
