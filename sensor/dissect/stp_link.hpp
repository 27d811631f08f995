// What protocols of bridges stand on: the LLC of IEEE 802.2 with SNAP (IEEE 802-2014 9), and hardware addresses in messages.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <optional>

namespace mw {

struct link_payload {
  std::uint8_t service = 0;        ///< the service access point; 0xaa for SNAP
  std::uint32_t organization = 0;  ///< of SNAP
  std::uint16_t protocol = 0;      ///< of SNAP
  bytes data;
};
constexpr std::uint8_t llc_snap = 0xaa, llc_bridge = 0x42;
constexpr std::uint32_t organization_cisco = 0x00000c;

/// Unnumbered information of equal service access points; nothing for all other LLC.
inline std::optional<link_payload> read_llc(bytes frame) {
  constexpr std::uint8_t unnumbered = 0x03;
  reader in{frame};
  link_payload p;
  p.service = in.u8();
  in.expect(in.u8() == p.service && in.u8() == unnumbered, "one service on both sides, without numbers");
  if (p.service == llc_snap) {
    p.organization = static_cast<std::uint32_t>(in.be_n(3));
    p.protocol = in.u16();
  }
  if (!in.ok()) return {};
  p.data = in.rest();
  return p;
}

inline mac read_card(reader& in) {
  mac m;
  std::ranges::copy(in.take(m.octets.size()), m.octets.begin());
  return m;
}
inline bool is_card(const mac& m) { return !m.is_none() && !m.is_group(); }

}  // namespace mw
