// What happened in one minute, added up: small enough to keep for years.
#pragma once
#include "common/record.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace mw {

/// One line per minute, site, conversation and kind of thing said. Lines are additive: where one comes twice (a collector
/// that was restarted within the minute), the sums belong together.
struct rollup {
  struct key_type {
    timestamp minute{};  ///< its beginning
    std::string enterprise, site;
    std::string protocol;              ///< of flows: the application; "" = unknown, "*" = folded, see below
    std::optional<mw::action> action;  ///< nothing for flows
    mw::outcome outcome = mw::outcome::none;
    std::string client, server;  ///< host_of(); "*" = folded: too many different ones in this minute
    friend auto operator<=>(const key_type&, const key_type&) = default;
  };
  key_type key;
  std::uint64_t operations = 0;          ///< those behind a summary included
  std::uint64_t flows = 0;               ///< that ended; a long-lived one adds its packets and bytes as it goes
  std::uint64_t packets = 0, bytes = 0;  ///< of flows, both directions
  friend bool operator==(const rollup&, const rollup&) = default;
};

}  // namespace mw
