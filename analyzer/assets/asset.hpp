// A machine of the plant: who it is, what stands behind it, what it says, and what changed.
#pragma once
#include "analyzer/taxonomy.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mw {

/// One thing known about a machine, and since when.
struct asset_fact {
  std::string kind, value, protocol;
  std::uint8_t confidence = 0;  ///< 0..100
  timestamp first{}, last{};
  friend bool operator==(const asset_fact&, const asset_fact&) = default;
};
/// A fact that took another's place.
struct fact_change {
  timestamp when{};
  std::string unit, kind, from, to;
  friend bool operator==(const fact_change&, const fact_change&) = default;
};
/// A device behind an address: Modbus unit, S7 rack/slot, DNP3 link address.
struct sub_device {
  std::string unit, protocol;
  timestamp first{}, last{};
  std::vector<asset_fact> facts;
  friend bool operator==(const sub_device&, const sub_device&) = default;
};
/// A protocol that a machine answers or asks.
struct service {
  std::string protocol;
  std::uint16_t port = 0;  ///< of the server; 0 below IP
  bool serves = false;     ///< true: it is the server
  timestamp first{}, last{};
  std::uint64_t count = 0;    ///< records
  std::uint32_t actions = 0;  ///< bit set over `action`
  friend bool operator==(const service&, const service&) = default;
};
struct asset {
  std::string id;  ///< stable: from the site and what identified the machine first
  std::string site, enterprise, zone;
  std::vector<std::string> addresses;  ///< IP addresses, the current one first
  std::string hardware;                ///< MAC; "" where the machine is behind a router
  std::string vendor;
  std::uint16_t vlan = 0;
  asset_role role = asset_role::unknown;
  std::uint8_t role_confidence = 0;  ///< 0..100
  double level = -1;                 ///< Purdue level 0..5 (3.5 = DMZ); -1 = unknown
  std::vector<words> reasons;        ///< why that role and level
  bool approved = false;             ///< an operator said so
  timestamp first{}, last{};
  std::vector<asset_fact> facts;
  std::vector<sub_device> units;
  std::vector<service> services;
  std::vector<fact_change> history;
  std::string sensor;                ///< that saw its card
  bool claimed = false;              ///< its addresses are its own card's: said in ARP, NDP or DHCP, or link-local
  std::vector<std::uint64_t> asked;  ///< industrial servers that it asked (hashes), at most 16
  friend bool operator==(const asset&, const asset&) = default;
};
std::string name_of(const asset&);  ///< the best name for people: host name, else address, else MAC

}  // namespace mw
