// Which zone an address belongs to.
#pragma once
#include "collector/config.hpp"
#include "common/net.hpp"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mw {

/// A range of addresses; version 4 counts as ::ffff:0:0/96, so its prefix lengths are 96 to 128.
struct cidr {
  ip network;  ///< with all host bits zero
  unsigned length = 128;
  static result<cidr> parse(std::string_view text);  ///< "10.0.0.0/8", "fd00::/8", "10.0.0.1"; host bits must be zero
  friend bool operator==(const cidr&, const cidr&) = default;
};
ip masked(const ip& a, unsigned length);

class zone_map {
public:
  /// Throws std::invalid_argument that names the zone and what to mend; two zones of one site may not hold the same range.
  explicit zone_map(const std::vector<zone_entry>& zones);

  /// The name of the zone with the longest prefix; "" where none holds it. A private address is looked for in the zones of
  /// `site` and of every site only, since other sites use the same ones; a public address in all.
  std::string_view find(const ip& address, const std::string& site) const;

private:
  using ranges = std::unordered_map<ip, std::size_t>;        // network -> zone
  using table = std::map<unsigned, ranges, std::greater<>>;  // longest first
  static const std::size_t* find(const table& in, const ip& address, unsigned& length);

  std::vector<std::string> names_;
  std::map<std::string, table> sites_;  // "" = every site
  table everywhere_;                    // all together, for public addresses
};

}  // namespace mw
