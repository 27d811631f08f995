// Which machines there are, kept so that a machine is not silently another one after its address was given away.
#pragma once
#include "analyzer/assets/asset.hpp"
#include "analyzer/assets/oui.hpp"
#include "analyzer/bounded.hpp"
#include "common/attributed.hpp"

#include <absl/container/flat_hash_map.h>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// An address was claimed by a card that does not own it.
struct address_conflict {
  std::string address, owner, claimant;  ///< owner and claimant are MACs
  bool authoritative = false;            ///< said in ARP, not only seen on a frame
  bool gratuitous = false;
  nanoseconds since_owner{};  ///< since the owner was last seen
};
/// What one record changed.
struct inventory_news {
  const asset *client = nullptr, *server = nullptr;  ///< client: also the subject of a fact; valid until the next record
  std::vector<fact_change> changes;
  std::vector<address_conflict> conflicts;
};

class inventory {
public:
  /// A card with more addresses than this that it never claimed in ARP or DHCP belongs to a router.
  static constexpr std::size_t router_addresses = 4;
  /// An owner that was silent for longer has given its address away (DHCP reuse, replacement).
  static constexpr std::chrono::minutes reuse_after{30};

  inventory(std::size_t limit, oui& vendors) : machines_{limit}, cards_{limit}, vendors_{vendors} { forget_with_machine(); }
  inventory(const inventory&) = delete;
  inventory& operator=(const inventory&) = delete;

  inventory_news observe(const attributed&, timestamp now);
  /// `host` is an IP or MAC text.
  const asset* find(std::string_view site, std::string_view host) const;
  /// An operator says what a machine is; it stays so.
  void approve(std::string_view site, const std::string& host, const std::string& role);
  bool is_router(std::string_view site, const mac&) const;

  std::vector<asset> all() const;  ///< by site and id
  void restore(asset);
  std::uint64_t forgotten() const { return machines_.forgotten() + cards_.forgotten(); }

private:
  static constexpr std::size_t most_addresses = 16, most_services = 64, most_facts = 64, most_units = 256,
                               most_asked = 16;  // of one machine
  struct machine {
    asset about;
    timestamp card_seen{};
  };
  struct card {
    std::vector<std::uint64_t> machines;  ///< at most router_addresses + 1 that it did not claim
    std::set<ip> unclaimed;
    bool router = false;
  };
  struct sight {
    std::string_view site;
    const origin* from = nullptr;
    std::string_view zone;
    timestamp now{};
    std::uint16_t vlan = 0;
    bool claim = false, gratuitous = false;
  };
  void forget_with_machine();
  machine* resolve(const endpoint&, const sight&, inventory_news&);
  machine* by_address(std::string_view site, const ip&);
  machine& make(const endpoint&, const sight&);
  void bind(machine&, std::uint64_t id, const ip&, const mac&, const sight&);
  void note_card(const ip&, const mac&, const sight&);
  void unite(machine&, const mac&, const sight&);
  void absorb(machine& into, std::uint64_t from);
  void make_router(card&, const mac&, const sight&);
  void use(machine&, std::string_view protocol, std::uint16_t port, bool serves, const action*, std::uint64_t peer, timestamp now);
  void learn(machine&, const fact&, inventory_news&);

  bounded_map<std::uint64_t, machine> machines_;                 ///< by the hash behind their id
  bounded_map<std::uint64_t, card> cards_;                       ///< by site and MAC
  absl::flat_hash_map<std::uint64_t, std::uint64_t> addresses_;  ///< site and IP -> machine; goes with the machine
  oui& vendors_;
};

}  // namespace mw
