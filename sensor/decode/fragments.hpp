// IP datagrams from their fragments (RFC 791 3.2, RFC 8200 4.5): bounded, oldest forgotten first, first octet wins.
#pragma once
#include "sensor/decode/decode.hpp"

#include <cstdint>
#include <list>
#include <vector>

namespace mw {

class fragments {
public:
  struct counts {
    std::uint64_t held = 0;     ///< fragments that wait now
    std::uint64_t joined = 0;   ///< fragments that became part of a whole datagram
    std::uint64_t expired = 0;  ///< fragments forgotten: too old, too many, or contradictory
  };
  /// Takes a fragment. Returns the whole IP payload once it is there (valid until the next call), else nothing.
  bytes add(const packet& p, timestamp now);
  const counts& count() const { return counts_; }

private:
  static constexpr std::size_t most = 256, largest = 65535;  // datagrams in the making; octets of one
  struct datagram {
    ip source, target;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    timestamp since{};
    std::uint64_t fragments = 0;
    std::size_t total = 0;  ///< octets; 0 until the last fragment told
    std::vector<std::uint8_t> data{};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> have{};  ///< [from, to), sorted, disjoint
  };
  void forget_front();
  std::list<datagram> open_;
  std::vector<std::uint8_t> whole_;
  counts counts_;
};

}  // namespace mw
