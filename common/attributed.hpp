// A record with its place in the world: which sensor saw it, whose plant, which site and zones.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace mw {

/// Where a sensor stands (from the collector's configuration).
struct origin {
  std::string sensor, enterprise, enterprise_name, site, zone;
  friend bool operator==(const origin&, const origin&) = default;
};

/// What the collector hands to the analyzer. (sensor, sequence) is unique for a batch; `index` counts records in it.
struct attributed {
  record what;
  std::shared_ptr<const origin> from;
  std::uint64_t sequence = 0;
  std::uint32_t index = 0;
  std::string client_zone, server_zone;  ///< of both ends (of the subject: client_zone, for facts); "" = no zone names it
};

}  // namespace mw
