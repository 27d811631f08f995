// Who is who for detectors.
#include "analyzer/detect/context.hpp"

#include "analyzer/assets/roles.hpp"

#include <algorithm>

namespace mw {

bool context::is_engineering(const std::string& host) const {
  if (rules.is_engineering(host)) return true;
  const auto role = known.approved_role(host);
  return role && parse_role(*role) == asset_role::engineering_station;
}

bool context::in_window(const std::string& actor, const std::string& victim) const {
  return rules.in_window(actor, now) || rules.in_window(victim, now);
}

bool context::in_control(const std::string& host) const {
  const auto a = ip::parse(host);
  if (!rules.zones.empty()) {
    const auto* z = a ? rules.zone_of(*a) : nullptr;
    return z ? z->control : !a.has_value();  // a machine below IP stands where its cable does
  }
  const auto* machine = assets.find(site(), host);
  return machine &&
         std::any_of(machine->services.begin(), machine->services.end(), [](const service& s) { return is_industrial(s.protocol); });
}
bool context::in_control(const endpoint& e) const { return in_control(host_of(e)); }

severity context::tempered(severity level, const std::string& actor, const std::string& victim) const {
  if (!is_engineering(actor)) return level;
  const auto step = [](severity s, int down) { return static_cast<severity>(std::max(0, static_cast<int>(s) - down)); };
  return step(level, rules.windows.empty() ? 1 : in_window(actor, victim) ? 2 : 0);
}

}  // namespace mw
