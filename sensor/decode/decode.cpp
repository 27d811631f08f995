// Ethernet, 802.1Q/QinQ, MPLS, PPPoE, GRE, VXLAN, Linux cooked, null/loopback and raw IP; IPv4, IPv6, TCP, UDP, ICMP.
#include "sensor/decode/decode.hpp"

#include <pcap/dlt.h>

#include <algorithm>

namespace mw {
namespace {

constexpr std::uint16_t ether_ip4 = 0x0800, ether_ip6 = 0x86dd, ether_vlan = 0x8100, ether_qinq = 0x88a8, ether_qinq_old = 0x9100,
                        ether_mpls = 0x8847, ether_mpls_multicast = 0x8848, ether_pppoe = 0x8864, ether_teb = 0x6558,
                        ether_erspan2 = 0x88be, ether_erspan3 = 0x22eb, ether_hsr = 0x892f;
constexpr std::uint8_t proto_hop = 0, proto_icmp = 1, proto_ipip = 4, proto_tcp = 6, proto_udp = 17, proto_ip6 = 41, proto_route = 43,
                       proto_fragment = 44, proto_gre = 47, proto_ah = 51, proto_icmp6 = 58, proto_none = 59, proto_options = 60;
constexpr std::uint16_t vxlan_port = 4789;
constexpr int deepest = 6;  // headers in headers; more is an attack on the decoder

result<void> network(packet& p, std::uint16_t type, reader in, int depth);

mac read_mac(reader& in) {
  mac m;
  std::ranges::copy(in.take(6), m.octets.begin());
  return m;
}

result<void> ethernet(packet& p, reader in, int depth) {
  p.target_mac = read_mac(in);
  p.source_mac = read_mac(in);
  auto type = in.u16();
  for (int tags = 0; tags < 4 && (type == ether_vlan || type == ether_qinq || type == ether_qinq_old || type == ether_hsr); ++tags) {
    if (type == ether_hsr) {  // IEC 62439-3 5.7: path and size, sequence number, and the EtherType of what it carries
      in.skip(4);
      type = in.u16();
      continue;
    }
    const auto id = static_cast<std::uint16_t>(in.u16() & 0x0fff);
    if (p.vlan == 0) p.vlan = id;
    type = in.u16();
  }
  if (!in.ok()) return fail(fault::truncated, "ethernet_header");
  if (type <= 1500) {  // 802.3: a length, then LLC. Cut the padding; STP and other LLC is told apart by EtherType 0.
    p.ethertype = 0;
    p.payload = in.rest().first(std::min<std::size_t>(type, in.left()));
    return {};
  }
  return network(p, type, in, depth);
}

result<void> gre(packet& p, reader in, int depth) {
  const auto flags = in.u16();
  const auto type = in.u16();
  if (flags & 0x8000) in.skip(4);  // checksum and reserved
  if (flags & 0x2000) in.skip(4);  // key
  if (flags & 0x1000) in.skip(4);  // sequence number
  if (!in.ok() || (flags & 7) != 0) return fail(fault::malformed, "gre_header");
  if (type == ether_teb) return ethernet(p, in, depth + 1);
  if (type == ether_erspan2) {
    if (flags & 0x1000) in.skip(8);  // type II has a header, type I has none and no sequence number
    return ethernet(p, in, depth + 1);
  }
  if (type == ether_erspan3) {
    in.skip(11);
    if (in.u8() & 1) in.skip(8);  // platform-specific sub-header
    return ethernet(p, in, depth + 1);
  }
  return network(p, type, in, depth + 1);
}

result<void> upper(packet& p, reader in, int depth);

result<void> ip4(packet& p, reader in, int depth) {
  const auto whole = in.rest();
  const auto first = in.u8();
  in.skip(1);
  std::size_t total = in.u16();
  const auto id = in.u16();
  const auto fragment = in.u16();
  in.skip(1);
  p.ip_protocol = in.u8();
  in.skip(2);
  const auto s = in.take(4), t = in.take(4);
  const std::size_t header = static_cast<std::size_t>(first & 15) * 4;
  if (!in.ok() || (first >> 4) != 4 || header < 20) return fail(fault::malformed, "ip_header");
  p.source = ip::v4(s[0], s[1], s[2], s[3]);
  p.target = ip::v4(t[0], t[1], t[2], t[3]);
  if (total == 0) total = whole.size();  // segmentation offload leaves the field empty
  if (total < header) return fail(fault::malformed, "ip_length");
  p.size = static_cast<std::uint32_t>(total);
  if (total > whole.size()) p.cut = true;
  p.network = whole.first(std::min(total, whole.size()));
  if (header > p.network.size()) return fail(fault::truncated, "ip_header");
  const reader data{p.network.subspan(header)};
  if ((fragment & 0x3fff) != 0) {
    p.fragment = true;
    p.more_fragments = (fragment & 0x2000) != 0;
    p.fragment_offset = static_cast<std::uint32_t>(fragment & 0x1fff) * 8;
    p.fragment_id = id;
    p.transport = transport::other;
    p.payload = data.rest();
    return {};
  }
  return upper(p, data, depth);
}

result<void> ip6(packet& p, reader in, int depth) {
  const auto whole = in.rest();
  const auto first = in.u32();
  const std::size_t length = in.u16();
  auto next = in.u8();
  in.skip(1);
  std::array<std::uint8_t, 16> a{};
  std::ranges::copy(in.take(16), a.begin());
  p.source = ip::v6(a);
  std::ranges::copy(in.take(16), a.begin());
  p.target = ip::v6(a);
  if (!in.ok() || (first >> 28) != 6) return fail(fault::malformed, "ip_header");
  const std::size_t total = length == 0 ? whole.size() : 40 + length;
  p.size = static_cast<std::uint32_t>(total);
  if (total > whole.size()) p.cut = true;
  p.network = whole.first(std::min(total, whole.size()));
  reader rest{p.network.subspan(40)};
  for (int headers = 0; headers < 8; ++headers) {
    if (next == proto_hop || next == proto_route || next == proto_options || next == proto_ah) {
      const bool ah = next == proto_ah;
      next = rest.u8();
      const std::size_t n = rest.u8();
      rest.skip(ah ? (n + 2) * 4 - 2 : (n + 1) * 8 - 2);
    } else if (next == proto_fragment) {
      next = rest.u8();
      rest.skip(1);
      const auto offset = rest.u16();
      p.fragment_id = rest.u32();
      if ((offset & 0xfff9) == 0) continue;  // an atomic fragment is whole (RFC 6946)
      p.fragment = rest.ok();
      p.fragment_offset = offset & 0xfff8u;
      p.more_fragments = (offset & 1) != 0;
      break;
    } else {
      break;
    }
    if (!rest.ok()) return fail(fault::truncated, "ip_extension");
  }
  if (!rest.ok()) return fail(fault::truncated, "ip_extension");
  p.ip_protocol = next;
  if (p.fragment) {
    p.transport = transport::other;
    p.payload = rest.rest();
    return {};
  }
  return upper(p, rest, depth);
}

result<void> tcp(packet& p, reader in) {
  p.source_port.number = in.u16();
  p.target_port.number = in.u16();
  p.tcp.sequence = in.u32();
  p.tcp.acknowledged = in.u32();
  const auto offset = static_cast<std::size_t>(in.u8() >> 4) * 4;
  p.tcp.flags = in.u8();
  p.tcp.window = in.u16();
  in.skip(4);
  if (!in.ok()) return fail(fault::truncated, "tcp_header");
  if (offset < 20) return fail(fault::malformed, "tcp_header");
  in.skip(offset - 20);
  if (!in.ok()) return fail(fault::truncated, "tcp_header");
  p.transport = transport::tcp;
  p.payload = in.rest();
  return {};
}

result<void> udp(packet& p, reader in, int depth) {
  p.source_port.number = in.u16();
  p.target_port.number = in.u16();
  const std::size_t length = in.u16();
  in.skip(2);
  if (!in.ok()) return fail(fault::truncated, "udp_header");
  if (length != 0 && length < 8) return fail(fault::malformed, "udp_length");
  p.transport = transport::udp;
  p.payload = length == 0 ? in.rest() : in.rest().first(std::min(length - 8, in.left()));
  if (length > 8 + in.left()) p.cut = true;
  if (p.target_port.number == vxlan_port && p.payload.size() > 8 + 14 && depth < deepest) {  // RFC 7348
    reader v{p.payload};
    if (v.u8() == 8) {
      v.skip(7);
      auto inner = packet{};
      if (ethernet(inner, v, depth + 1)) p = inner;
    }
  }
  return {};
}

result<void> upper(packet& p, reader in, int depth) {
  switch (p.ip_protocol) {
    case proto_tcp: return tcp(p, in);
    case proto_udp: return udp(p, in, depth);
    case proto_gre:
      if (depth < deepest) return gre(p, in, depth);
      return fail(fault::over_limit, "too_many_headers");
    case proto_ipip: return network(p, ether_ip4, in, depth + 1);
    case proto_ip6: return network(p, ether_ip6, in, depth + 1);
    case proto_icmp:
    case proto_icmp6:
      p.transport = transport::icmp;
      p.payload = in.rest();
      return {};
    default:
      p.transport = transport::other;
      p.payload = p.ip_protocol == proto_none ? bytes{} : in.rest();
      return {};
  }
}

result<void> network(packet& p, std::uint16_t type, reader in, int depth) {
  if (depth >= deepest) return fail(fault::over_limit, "too_many_headers");
  switch (type) {
    case ether_ip4: p.ethertype = type; return ip4(p, in, depth);
    case ether_ip6: p.ethertype = type; return ip6(p, in, depth);
    case ether_mpls:
    case ether_mpls_multicast: {
      bool bottom = false;
      for (int labels = 0; labels < 8 && !bottom && in.ok(); ++labels) bottom = (in.u32() & 0x100) != 0;
      if (!in.ok() || in.left() == 0) return fail(fault::truncated, "mpls_header");
      const auto version = in.rest()[0] >> 4;
      if (version == 4 || version == 6) return network(p, version == 4 ? ether_ip4 : ether_ip6, in, depth + 1);
      if (version == 0) in.skip(4);  // pseudowire control word (RFC 4448)
      return ethernet(p, in, depth + 1);
    }
    case ether_pppoe: {
      in.skip(6);
      const auto ppp = in.u16();
      if (!in.ok()) return fail(fault::truncated, "pppoe_header");
      if (ppp == 0x0021) return network(p, ether_ip4, in, depth + 1);
      if (ppp == 0x0057) return network(p, ether_ip6, in, depth + 1);
      p.ethertype = type;
      p.payload = in.rest();
      return {};
    }
    default:
      p.ethertype = type;
      p.transport = transport::ethernet;
      p.payload = in.rest();
      return {};
  }
}

result<void> link(packet& p, reader in, int type) {
  switch (type) {
    case DLT_EN10MB: return ethernet(p, in, 0);
    case DLT_LINUX_SLL: {
      in.skip(4);
      const auto size = in.u16();
      const auto address = in.take(8);
      const auto ether = in.u16();
      if (!in.ok()) return fail(fault::truncated, "cooked_header");
      if (size == 6) std::ranges::copy(address.first(6), p.source_mac.octets.begin());
      if (ether == ether_vlan) {
        p.vlan = static_cast<std::uint16_t>(in.u16() & 0x0fff);
        return network(p, in.u16(), in, 0);
      }
      return network(p, ether, in, 0);
    }
    case DLT_LINUX_SLL2: {
      const auto ether = in.u16();
      in.skip(9);
      const auto size = in.u8();
      const auto address = in.take(8);
      if (!in.ok()) return fail(fault::truncated, "cooked_header");
      if (size == 6) std::ranges::copy(address.first(6), p.source_mac.octets.begin());
      return network(p, ether, in, 0);
    }
    case DLT_NULL:
    case DLT_LOOP: {
      // the family in the byte order of whoever captured: the small number is the right one
      auto family = in.u32();
      if (family > 0xffff) family = __builtin_bswap32(family);
      if (!in.ok()) return fail(fault::truncated, "loopback_header");
      if (family == 2) return network(p, ether_ip4, in, 0);
      if (family == 24 || family == 28 || family == 30 || family == 10) return network(p, ether_ip6, in, 0);
      return fail(fault::unsupported, "loopback_family");
    }
    case DLT_RAW:
    case 101:
    case DLT_IPV4:
    case DLT_IPV6: {
      if (in.left() == 0) return fail(fault::truncated, "ip_header");
      const auto version = in.rest()[0] >> 4;
      if (version != 4 && version != 6) return fail(fault::malformed, "ip_version");
      return network(p, version == 4 ? ether_ip4 : ether_ip6, in, 0);
    }
    case DLT_PPP: {
      in.skip(2);
      const auto ppp = in.u16();
      if (ppp == 0x0021) return network(p, ether_ip4, in, 0);
      if (ppp == 0x0057) return network(p, ether_ip6, in, 0);
      return fail(fault::unsupported, "ppp_protocol");
    }
    default: return fail(fault::unsupported, "link_type");
  }
}

}  // namespace

result<packet> decode(bytes data, int link_type, std::uint32_t wire_size) {
  packet p;
  p.size = wire_size;
  if (auto done = link(p, reader{data}, link_type); !done) return tl::unexpected{done.error()};
  return p;
}

result<void> decode_transport(packet& p, bytes ip_payload) {
  p.fragment = false;
  return upper(p, reader{ip_payload}, 0);
}

}  // namespace mw
