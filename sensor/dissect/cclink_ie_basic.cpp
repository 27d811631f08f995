// The frames of CC-Link IE Field Basic: cyclic data in SLMP 3E, searches and addresses in SLMP 4E. All numbers stand low octet first, and
// so do hardware and IP addresses.
#include "sensor/dissect/cclink_ie_basic.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <iterator>

namespace mw::cclink {
namespace {

constexpr std::uint16_t request_3e = 0x5000, response_3e = 0xd000, request_4e = 0x5400, response_4e = 0xd400, own_station = 0x03ff;
constexpr std::uint16_t cyclic_request_at = 36, cyclic_response_at = 40;  // counted from behind the monitoring timer
constexpr std::size_t size_per_station = 64 + 8;                          // registers and bits

ip read_address(reader& in) {
  const auto a = in.u32le();
  return ip::v4(static_cast<std::uint8_t>(a >> 24), static_cast<std::uint8_t>(a >> 16), static_cast<std::uint8_t>(a >> 8),
                static_cast<std::uint8_t>(a));
}
/// With its size in front, which is that of version 4.
ip read_sized_address(reader& in) {
  in.expect(in.u8() == 4, "an address of version 4");
  return read_address(in);
}
mac read_card_backwards(reader& in) {
  mac m;
  const auto octets = in.take(m.octets.size());
  std::ranges::copy(octets, m.octets.begin());
  std::ranges::reverse(m.octets);
  return m;
}

struct named {
  std::uint16_t code;
  std::string_view name;
};
constexpr named errors[] = {{0xc059, "wrong_command"},
                            {0xc05c, "wrong_request"},
                            {0xc61c, "wrong_length"},
                            {0xcee0, "busy"},
                            {0xcee1, "request_too_large"},
                            {0xcee2, "response_too_large"},
                            {0xcf00, "gateway_error"},
                            {0xcf10, "no_server_information"},
                            {0xcf20, "cannot_be_set"},
                            {0xcf30, "no_such_parameter"},
                            {0xcf31, "wrong_state_to_write"},
                            {0xcf70, "relay_error"},
                            {0xcf71, "communication_timeout"},
                            {0xcfe0, "master_duplication"},
                            {0xcfe1, "wrong_number_of_stations"},
                            {0xcff0, "slave_error"},
                            {0xcfff, "slave_asks_to_disconnect"}};

}  // namespace

std::string_view error_name(std::uint16_t end_code) {
  const auto at = std::ranges::find(errors, end_code, &named::code);
  return at == std::end(errors) ? std::string_view{} : at->name;
}

std::optional<slmp> read_slmp(bytes data) {
  reader in{data};
  slmp s;
  const auto kind = in.u16();
  if (kind != request_3e && kind != response_3e && kind != request_4e && kind != response_4e) return {};
  s.numbered = kind == request_4e || kind == response_4e;
  s.response = kind == response_3e || kind == response_4e;
  if (s.numbered) {
    s.serial = in.u16le();
    in.expect(in.u16() == 0, "two reserved octets");
  }
  in.expect(in.u8() == 0 && in.u8() == 0xff && in.u16le() == own_station && in.u8() == 0, "the own station");
  const std::size_t length = in.u16le();
  in.expect(length == in.left(), "the length of the datagram");
  const auto timer_or_end = in.u16le();
  if (s.response) {
    s.end_code = timer_or_end;
  } else {
    s.command = in.u16le();
    s.subcommand = in.u16le();
  }
  if (!in.ok()) return {};
  s.body = in.rest();
  return s;
}

std::optional<cyclic_request> read_request(const slmp& s) {
  reader in{s.body};
  cyclic_request r;
  r.version = in.u16le();
  in.skip(2);
  in.expect(in.u16le() == cyclic_request_at, "where the cyclic part begins");
  in.skip(14);
  r.unit_info = in.u16le();
  in.skip(2);
  r.clock = in.u64le();
  r.master = read_address(in);
  r.group = in.u8();
  in.skip(1);
  r.sequence = in.u16le();
  r.timeout = in.u16le();
  r.timeout_count = in.u16le();
  r.parameter = in.u16le();
  r.stations = in.u16le();
  r.transmission = in.u16le();
  in.skip(2);
  in.expect(in.left() == r.stations * (4 + size_per_station), "an address and data of each station");
  if (!in.ok()) return {};
  return r;
}

std::optional<cyclic_response> read_response(const slmp& s) {
  reader in{s.body};
  cyclic_response r;
  r.version = in.u16le();
  r.end_code = in.u16le();
  in.expect(in.u16le() == cyclic_response_at, "where the cyclic part begins");
  in.skip(14);
  r.vendor = in.u16le();
  in.skip(2);
  r.model = in.u32le();
  r.equipment = in.u16le();
  in.skip(2);
  r.unit_info = in.u16le();
  r.error = in.u16le();
  r.management = in.u32le();
  r.slave = read_address(in);
  r.group = in.u8();
  in.skip(1);
  r.sequence = in.u16le();
  in.expect(in.left() % size_per_station == 0, "data of whole stations");
  if (!in.ok()) return {};
  r.stations = in.left() / size_per_station;
  return r;
}

std::optional<node> read_searcher(bytes body) {
  reader in{body};
  node n;
  n.master_card = read_card_backwards(in);
  n.master = read_sized_address(in);
  if (!in.ok() || in.left() != 0) return {};
  return n;
}

std::optional<node> read_found(bytes body) {
  reader in{body};
  node n;
  n.master_card = read_card_backwards(in);
  n.master = read_sized_address(in);
  n.card = read_card_backwards(in);
  n.address = read_sized_address(in);
  n.netmask = read_address(in);
  n.gateway = read_address(in);
  n.host_name = printable(in.take(in.u8()), 64);
  n.vendor = in.u16le();
  n.model = in.u32le();
  n.equipment = in.u16le();
  (void)read_sized_address(in);  // a target that is always all ones
  in.skip(2);
  n.status = in.u16le();
  in.skip(2 + 1);  // the port that serves, and that it is UDP's
  if (!in.ok()) return {};
  return n;
}

std::optional<node> read_setting(bytes body) {
  reader in{body};
  node n;
  n.master_card = read_card_backwards(in);
  n.master = read_sized_address(in);
  n.card = read_card_backwards(in);
  n.address = read_sized_address(in);
  n.netmask = read_address(in);
  n.gateway = read_address(in);
  n.host_name = printable(in.take(in.u8()), 64);
  (void)read_sized_address(in);
  in.skip(2 + 1);
  if (!in.ok()) return {};
  return n;
}

}  // namespace mw::cclink
