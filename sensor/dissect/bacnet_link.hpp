// What carries BACnet: BVLC on IP (ASHRAE 135 Annexes J and U), LLC and MS/TP on Ethernet (clauses 7 and 9), and the NPDU (clause 6).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <array>
#include <optional>
#include <string>

namespace mw::bacnet {

/// A device behind routers: its network and its address there. No address means everybody on the network.
struct route {
  static constexpr std::uint16_t all_networks = 0xffff;
  static constexpr std::size_t longest = 18;
  std::uint16_t network = 0;
  std::uint8_t size = 0;
  std::array<std::uint8_t, longest> address{};
  std::string text() const;  ///< "26001/0a"
  friend bool operator==(const route&, const route&) = default;
};

struct npdu {
  std::optional<route> destination, source;
  std::optional<std::uint8_t> message;  ///< the type of a network layer message; none: an APDU follows
  std::uint16_t vendor = 0;             ///< of a proprietary message
  std::uint8_t hops = 0, priority = 0;
  bool expects_reply = false, reserved = false;
  bytes data;
};
result<npdu> read_npdu(bytes data);

enum class carrier : std::uint8_t { ip4, ip6, ethernet, mstp };
/// A frame with its lower header taken off.
struct link_frame {
  carrier by = carrier::ip4;
  std::uint8_t function = 0;  ///< of BVLC, or the frame type of MS/TP
  bool has_npdu = false;
  bytes body;                            ///< the NPDU, or the parameters of a BVLC message
  std::optional<endpoint> origin;        ///< who sent it first, of a forwarded NPDU
  std::optional<std::uint32_t> vmac;     ///< who sends, on IPv6: often the device instance
  bool longer = false, shorter = false;  ///< than its own length says
};
result<link_frame> read_link(bytes data, transport over);

/// A B/IP address: four octets of IP, two of port (Annex J), or sixteen and two (Annex U).
endpoint read_address(reader& in, bool six);

/// True where the bytes are one whole message; for telling BACnet from all else.
bool convincing(bytes data, transport over);

}  // namespace mw::bacnet
