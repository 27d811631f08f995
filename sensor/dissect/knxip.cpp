// KNXnet/IP (ISO 22510, EN 13321-2) on UDP and TCP: discovery, connections, tunnels to the bus, routing on a group.
#include "sensor/dissect/knxip_session.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace knxip;

constexpr std::array<std::uint16_t, 1> ports{3671};

result<std::size_t> frame(bytes head) {
  constexpr std::array<std::uint8_t, 2> magic{header_size, 0x10};
  for (std::size_t i = 0; i < std::min(head.size(), magic.size()); ++i)
    if (head[i] != magic.at(i)) return fail(fault::malformed, "no KNXnet/IP header", i);
  if (head.size() < header_size) return 0u;
  const auto h = read_header(head);
  if (!h) return fail(fault::malformed, "total length", 4);
  return std::size_t{h->length};
}

match probe(bytes head, transport t) {
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return t == transport::udp ? match::no : match::unsure;
  const auto h = read_header(head);
  if (!h || find_service(h->service) == nullptr) return match::no;
  if (t == transport::udp) return h->length == head.size() ? match::yes : match::no;
  return t != transport::tcp ? match::no : h->length <= head.size() ? match::yes : match::unsure;
}

const protocol knxip_protocol{{
    .name = "knxip",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<connection>(); },
}};

}  // namespace
}  // namespace mw
