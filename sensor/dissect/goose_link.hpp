// What GOOSE and sampled values share below their own message: the head of a frame (IEC 61850-8-1 annex C, IEC 61850-9-2 clause 5) and the
// session of their routed forms on UDP (IEC 61850-90-5).
#pragma once
#include "common/reader.hpp"

#include <optional>

namespace mw::gse {

/// One message and what stands before it.
struct payload {
  std::uint16_t appid = 0;
  bool simulated = false;
  std::uint16_t announced = 0;  ///< octets of the frame from the APPID on, as its head says
  bool fits = true;             ///< the frame holds what it announces
  bytes apdu;                   ///< without what pads the frame
};
/// Nothing where the frame ends inside the head.
std::optional<payload> read_frame(bytes frame);

constexpr std::uint16_t routed_port = 102;
enum class user : std::uint8_t { goose = 0x81, sampled_values = 0x82, tunnelled = 0x83, management = 0x84 };

/// The session of a routed message. One datagram may carry several payloads.
struct routed {
  std::uint8_t kind = 0;  ///< 0xa0 to 0xa3
  std::uint32_t number = 0;
  std::uint16_t version = 0;
  std::uint32_t key = 0;   ///< 0 = neither signed nor encrypted
  bool is_signed = false;  ///< a signature follows
  bytes payloads;
};
/// Nothing where this is no such datagram or its lengths do not match.
std::optional<routed> read_routed(bytes datagram);

struct routed_payload {
  gse::user user = user::goose;
  payload what;
};
/// The next of them. A user that is not known or a length that does not fit fails `in`.
routed_payload next_payload(reader& in);
/// True where the datagram is whole and its first payload is for this user.
bool is_routed(bytes datagram, user who);

}  // namespace mw::gse
