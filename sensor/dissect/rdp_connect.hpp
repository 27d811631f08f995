// The first messages of a remote desktop conversation (MS-RDPBCGR 2.2.1.1, 2.2.1.2), and what the messages behind them are (T.125 7).
#pragma once
#include "common/reader.hpp"

#include <string>

namespace mw::rdp {

enum negotiation : std::uint8_t { asked = 1, answered = 2, failed = 3 };
constexpr std::uint8_t restricted_admin = 0x01, correlation_info = 0x08;  // flags of the client's negotiation

/// The variable part of a connect message: no parameters as ISO 8073 knows them, but a cookie and what is offered.
struct connect_part {
  std::string user, route;
  bool negotiates = false, complete = true, well_formed = true;
  std::uint8_t type = 0, flags = 0;
  std::uint32_t value = 0;  ///< protocols that are offered, the one that is chosen, or why none is
};
connect_part read_connect(bytes message);

/// What an MCS message is, by the high six bits of its first octet.
enum mcs : std::uint8_t {
  erect_domain = 1,
  disconnect = 8,
  attach_request = 10,
  attach_confirm = 11,
  join_request = 14,
  join_confirm = 15,
  send_request = 25,
  send_indication = 26,
};
/// True where a TPDU's data is an MCS message by its kind and size.
bool is_mcs(bytes data);

}  // namespace mw::rdp
