// CC-Link IE Field Basic: what SLMP carries for it on UDP (CLPA BAP-C2006-ENG, as the stacks that are published implement it).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <optional>
#include <string>

namespace mw::cclink {

enum command : std::uint16_t { node_search = 0x0e30, set_address = 0x0e31, cyclic = 0x0e70 };

/// The head of SLMP in binary, of 3E (without a number) and 4E frames.
struct slmp {
  bool response = false, numbered = false;
  std::uint16_t serial = 0, command = 0, subcommand = 0, end_code = 0;
  bytes body;  ///< behind the command, or behind the end code; of a cyclic response behind the two reserved octets
};
/// None where it is no SLMP of this network, or its length is not that of the datagram.
std::optional<slmp> read_slmp(bytes data);

struct cyclic_request {
  std::uint16_t version = 0, unit_info = 0, sequence = 0, timeout = 0, timeout_count = 0, parameter = 0, stations = 0, transmission = 0;
  std::uint64_t clock = 0;  ///< milliseconds since 1970
  ip master;
  std::uint8_t group = 0;
};
struct cyclic_response {
  std::uint16_t version = 0, end_code = 0, vendor = 0, equipment = 0, unit_info = 0, error = 0, sequence = 0;
  std::uint32_t model = 0, management = 0;
  ip slave;
  std::uint8_t group = 0;
  std::size_t stations = 0;
};
std::optional<cyclic_request> read_request(const slmp& s);
std::optional<cyclic_response> read_response(const slmp& s);

/// A node that answers a search, or the one whose address is set.
struct node {
  mac master_card, card;
  ip master, address, netmask, gateway;
  std::string host_name;
  std::uint16_t vendor = 0, equipment = 0, status = 0;
  std::uint32_t model = 0;
};
std::optional<node> read_searcher(bytes body);  ///< a search: the master alone
std::optional<node> read_found(bytes body);     ///< its answer
std::optional<node> read_setting(bytes body);   ///< a set address

std::string_view error_name(std::uint16_t end_code);

}  // namespace mw::cclink
