// Gives records their place in the world: enterprise, site and zones.
#include "collector/attribute.hpp"

#include <stdexcept>

namespace mw {

attribution::attribution(const collector_config& config) : zones_{config.zones} {
  for (const auto& s : config.sensors) {
    if (s.id.empty()) throw std::invalid_argument{"sensors: every sensor needs an id"};
    if (s.site.empty()) throw std::invalid_argument{"sensor " + s.id + ": needs a site"};
    const origin o{s.id, s.enterprise, s.enterprise_name, s.site, s.zone};
    if (!sensors_.try_emplace(s.id, std::make_shared<const origin>(o)).second)
      throw std::invalid_argument{"sensor " + s.id + ": stands twice in the list"};
  }
}

std::shared_ptr<const origin> attribution::origin_of(std::string_view sensor) const {
  const auto at = sensors_.find(sensor);
  return at == sensors_.end() ? nullptr : at->second;
}

std::string attribution::zone_of(const ip& address, const mac& hardware, const origin& from) const {
  if (address.is_none()) return hardware.is_none() || hardware.is_group() ? std::string{} : from.zone;
  return std::string{zones_.find(address, from.site)};
}

attributed attribution::attribute(record&& r, std::shared_ptr<const origin> from, std::uint64_t sequence, std::uint32_t index) const {
  attributed a{std::move(r), std::move(from), sequence, index, {}, {}};
  std::visit(
      [&](const auto& x) {
        if constexpr (requires { x.client; }) {
          a.client_zone = zone_of(x.client.address, x.client.hardware, *a.from);
          a.server_zone = zone_of(x.server.address, x.server.hardware, *a.from);
        } else if constexpr (requires { x.hardware; }) {
          a.client_zone = zone_of(x.address, x.hardware, *a.from);
        } else {
          a.client_zone = a.from->zone;
        }
      },
      a.what);
  return a;
}

}  // namespace mw
