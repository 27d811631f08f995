// What the numbers of UDS (ISO 14229-1) mean: services, their sub-functions, refusals, identifiers of data.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::uds {

/// How the parameters of a service are laid out.
enum class layout : std::uint8_t {
  other,
  sub_function,        ///< one octet, of which the highest bit asks for silence
  identifiers,         ///< two octets each
  identifier_data,     ///< two octets, then data
  identifier_control,  ///< two octets, what to do, then state
  security,            ///< sub-function; odd asks for a seed, even brings the key
  routine,             ///< sub-function, then two octets
  memory,              ///< sizes of address and length, address, length
  memory_data,         ///< the same, then data
  transfer,            ///< format of the data, then as memory
  transfer_data,       ///< counter of blocks, then data
  file,                ///< mode, length of the path, path
  group,               ///< three octets
  dtc,                 ///< sub-function, then masks
};

struct service {
  std::uint8_t id = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  uds::layout layout = uds::layout::other;
  bool known() const { return name != "unknown"; }
};
service describe(std::uint8_t id);

std::string_view sub_function(std::uint8_t service, std::uint8_t sub);  ///< "" where not known
std::string_view refusal(std::uint8_t code);

struct identifier {
  std::uint16_t id = 0;
  std::string_view name;
  std::string_view fact;  ///< the kind of fact that its text is; "" where it is none
};
const identifier* find_identifier(std::uint16_t id);  ///< nullptr where the standard gives no meaning

}  // namespace mw::uds
