// EIA-852 (ISO/IEC 14908-4): the header of CN/IP. ISO/IEC 14908-1: link, network, transport and session layers of LonTalk.
#include "sensor/dissect/lontalk_frame.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace mw::lon {
namespace {

constexpr std::size_t header_size = 20, digest_size = 16;
constexpr std::uint8_t version = 1;

constexpr struct {
  std::uint8_t type;
  std::string_view name;
} packet_names[] = {
    {0x01, "data"},
    {0x03, "device_registration"},
    {0x04, "channel_membership"},
    {0x06, "send_list"},
    {0x07, "acknowledge"},
    {0x08, "channel_routing"},
    {0x60, "status_request"},
    {0x63, "device_configuration_request"},
    {0x64, "channel_membership_request"},
    {0x66, "send_list_request"},
    {0x68, "channel_routing_request"},
    {0x70, "status_response"},
    {0x71, "device_configuration"},
    {0x7f, "segment"},
};

std::string digits(bytes b) { return hex(b).substr(2); }

}  // namespace

std::string_view packet_name(std::uint8_t type) {
  for (const auto& p : packet_names)
    if (p.type == type) return p.name;
  return {};
}

std::optional<packet> read_packet(bytes datagram) {
  reader in{datagram};
  packet p;
  const std::size_t length = in.u16();
  in.expect(length == datagram.size() && length >= header_size, "the length of the datagram");
  in.expect(in.u8() == version, "version 1");
  p.type = in.u8();
  const std::size_t extended = in.u8() * std::size_t{4};
  p.flags = in.u8();
  in.skip(2);  // vendor
  p.session = in.u32();
  p.sequence = in.u32();
  in.skip(4);  // time
  in.skip(extended);
  if (!in.ok() || packet_name(p.type).empty()) return {};
  p.body = in.rest();
  if (p.is_signed()) {
    if (p.body.size() < digest_size) return {};
    p.body = p.body.first(p.body.size() - digest_size);
  }
  return p;
}

std::optional<frame> read_frame(bytes body) {
  constexpr std::array<std::size_t, 4> domain_sizes{0, 1, 3, 6};
  enum : std::uint8_t { broadcast = 0, multicast = 1, unicast = 2, by_neuron = 3 };
  reader in{body};
  frame f;
  f.priority = (in.u8() & 0x80) != 0;
  const auto head = in.u8();
  in.expect((head & 0xc0) == 0, "version 0 of the network layer");
  f.what = static_cast<layer>(head >> 4 & 3);
  const auto format = static_cast<std::uint8_t>(head >> 2 & 3);
  const auto subnet = in.u8(), node = in.u8();
  const auto source = std::to_string(subnet) + '/' + std::to_string(node & 0x7f);
  std::string target;
  switch (format) {
    case broadcast: {
      const auto to = in.u8();
      target = (to == 0 ? std::string{"*"} : std::to_string(to)) + "/*";
      f.to_group = true;
      break;
    }
    case multicast:
      target = "group/" + std::to_string(in.u8());
      f.to_group = true;
      break;
    case unicast: {
      const auto to = in.u8();
      target = std::to_string(to) + '/' + std::to_string(in.u8() & 0x7f);
      if ((node & 0x80) == 0) in.skip(2);  // the group, and which member of it answers
      break;
    }
    default:
      in.skip(1);
      target = "neuron/" + digits(in.take(6));
      break;
  }
  const auto domain = in.take(domain_sizes[head & 3u]);
  if (!in.ok()) return {};
  const auto prefix = (domain.empty() ? std::string{"-"} : digits(domain)) + '/';
  f.source = prefix + source, f.target = prefix + target;
  if (f.what == layer::application) {
    f.apdu = in.rest();
    return f.apdu.empty() ? std::nullopt : std::optional{f};
  }
  const auto pdu = in.u8();
  f.transaction = pdu & 15;
  if (f.what == layer::authentication) {
    f.kind = pdu >> 4 & 3;
    in.expect(in.left() >= 8, "a challenge or its reply");
    return in.ok() ? std::optional{f} : std::nullopt;
  }
  f.authenticated = (pdu & 0x80) != 0;
  f.kind = pdu >> 4 & 7;
  if (f.kind == reminder || f.kind == reminder_message) in.skip(in.u8());  // members that have answered
  if (!in.ok()) return {};
  if (f.kind != reminder && !(f.what == layer::transport && f.kind == answered)) f.apdu = in.rest();
  return f;
}

}  // namespace mw::lon
