// One frame to one packet: link, tunnel, network and transport headers taken off, no state kept.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw {

struct tcp_header {
  static constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16;
  std::uint32_t sequence = 0, acknowledged = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;
  bool has(std::uint8_t f) const { return (flags & f) != 0; }
};

/// What a frame holds. Views point into the frame (or the reassembled datagram).
struct packet {
  mac source_mac, target_mac;
  std::uint16_t vlan = 0;       ///< outermost 802.1Q id; 0 = untagged
  std::uint16_t ethertype = 0;  ///< innermost; 0 where the link has none
  ip source, target;
  std::uint8_t ip_protocol = 0;
  mw::transport transport = mw::transport::ethernet;
  mw::port source_port, target_port;
  tcp_header tcp;
  bytes network;           ///< the IP datagram, for engines that read it themselves; empty below IP
  bytes payload;           ///< above the transport; the frame's payload below IP
  std::uint32_t size = 0;  ///< octets of the IP datagram by its own header, or of the frame
  bool cut = false;        ///< the capture kept less than the headers promise
  // of a fragment: payload is the fragment's data, transport is `other` until the datagram is whole
  bool fragment = false, more_fragments = false;
  std::uint32_t fragment_id = 0, fragment_offset = 0;
};

/// What could not be decoded and why; `what` is a literal and names the ledger's reason for the drop.
result<packet> decode(bytes data, int link_type, std::uint32_t wire_size);
/// Reads the transport of a datagram whose IP payload is now whole (after reassembly of fragments).
result<void> decode_transport(packet& p, bytes ip_payload);

}  // namespace mw
