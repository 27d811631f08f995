// One message of the Precision Time Protocol (IEEE 1588-2008 and 2019, clause 13; IEEE 802.1AS): header, body, extensions (TLVs).
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::ptp {

/// IEEE 1588-2019, table 36.
enum kind : std::uint8_t {
  sync = 0,
  delay_req = 1,
  pdelay_req = 2,
  pdelay_resp = 3,
  follow_up = 8,
  delay_resp = 9,
  pdelay_resp_follow_up = 10,
  announce = 11,
  signaling = 12,
  management = 13,
};
std::string_view name_of(std::uint8_t kind);  ///< empty where the type is reserved

struct port_identity {
  std::uint64_t clock = 0;
  std::uint16_t port = 0;
  friend bool operator==(const port_identity&, const port_identity&) = default;
};
std::string clock_text(std::uint64_t clock);  ///< "38f3abfffe96ec12"
std::string to_string(const port_identity& p);
port_identity read_port(reader& in);

/// 48 bits of seconds, 32 of nanoseconds.
struct instant {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  bool is_zero() const { return seconds == 0 && nanoseconds == 0; }
};

struct header {
  std::uint8_t sdo = 0, type = 0, version = 0, minor = 0, domain = 0;
  std::size_t length = 0;  ///< as the message says
  std::uint16_t flags = 0, sequence = 0;
  port_identity source;
  bool two_step() const { return (flags & 0x0200u) != 0; }
};
constexpr std::size_t header_size = 34;
/// Nothing where the octets end before the header does.
std::optional<header> read_header(reader& in);
/// Octets of a message of this type, without extensions.
std::size_t least_size(std::uint8_t type);

/// Clause 13.5.
struct announcement {
  std::int16_t utc_offset = 0;
  std::uint8_t priority1 = 0, clock_class = 0, accuracy = 0, priority2 = 0, time_source = 0;
  std::uint16_t variance = 0, steps_removed = 0;
  std::uint64_t grandmaster = 0;
};
announcement read_announcement(reader& in);
instant read_instant(reader& in);

std::string_view accuracy_name(std::uint8_t accuracy);  ///< clause 7.6.2.6
std::string_view time_source_name(std::uint8_t source);
/// Names of the header's flags that are set, one blank between them.
std::string flag_names(std::uint16_t flags);

/// An extension (clause 14.1).
struct tlv {
  std::uint16_t type = 0;
  bytes value;
};
enum tlv_type : std::uint16_t {
  management_tlv = 1,
  management_error = 2,
  organization = 3,
  request_unicast = 4,
  grant_unicast = 5,
  cancel_unicast = 6,
  acknowledge_cancel = 7,
  path_trace = 8,
};
std::string_view tlv_name(std::uint16_t type);
tlv read_tlv(reader& in);

}  // namespace mw::ptp
