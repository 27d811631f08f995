// Bridge protocol data units as IEEE 802.1Q-2018 clause 14 lays them out, and the addition of Cisco's per-VLAN spanning tree.
#pragma once
#include "sensor/dissect/stp_link.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mw::stp {

enum kind : std::uint8_t { configuration = 0x00, rapid = 0x02, topology_change = 0x80 };
enum class port_role : std::uint8_t { unknown, alternate, root, designated };
constexpr std::uint8_t version_stp = 0, version_rapid = 2, version_multiple = 3, version_shortest_path = 4;

/// Priority (with the system id extension) and address, in the order in which bridges compare them.
struct bridge_id {
  std::uint16_t priority = 0;
  mac address;
  friend auto operator<=>(const bridge_id&, const bridge_id&) = default;
};
std::string to_string(const bridge_id&);  ///< "32768/00:1b:1b:aa:bb:cc"

struct flags {
  std::uint8_t bits = 0;
  bool changed() const { return (bits & 0x01) != 0; }
  bool acknowledges() const { return (bits & 0x80) != 0; }
  bool proposes() const { return (bits & 0x02) != 0; }
  bool agrees() const { return (bits & 0x40) != 0; }
  port_role role() const { return static_cast<port_role>(bits >> 2 & 3); }
  std::string_view state() const { return (bits & 0x20) != 0 ? "forwarding" : (bits & 0x10) != 0 ? "learning" : "discarding"; }
};
std::string_view to_string(port_role);

/// What one of the trees says; of MSTIs the root is the regional one and there is no bridge of the sender's but its priority.
struct tree {
  std::uint16_t instance = 0;  ///< 0: the common and internal tree
  stp::flags flags;
  bridge_id root;
  std::uint32_t cost = 0;
  std::uint16_t port = 0;
};

struct bpdu {
  std::uint8_t version = 0, type = 0;
  tree common;
  bridge_id bridge;                                                          ///< of the sender
  std::optional<bridge_id> regional_root;                                    ///< MSTP
  std::uint16_t message_age = 0, max_age = 0, hello = 0, forward_delay = 0;  ///< in 1/256 seconds
  std::string region;
  std::uint16_t region_revision = 0;
  std::vector<tree> instances;        ///< at most 64
  std::optional<std::uint16_t> vlan;  ///< of per-VLAN trees
  bool is_tree() const { return type != topology_change; }
};

/// A unit behind its LLC. `per_vlan`: with the VLAN behind it.
result<bpdu> read_bpdu(bytes data, bool per_vlan);

}  // namespace mw::stp
