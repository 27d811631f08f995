// NTP messages: the time packet (RFC 5905), control messages (RFC 9327) and the private ones of ntpd.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw::ntp {

enum mode : std::uint8_t { reserved, symmetric_active, symmetric_passive, client, server, broadcast, control, private_use };
inline constexpr std::size_t header_size = 48;

/// Seconds since 1900 and their fraction; 0 = not set.
using stamp = std::uint64_t;
/// Nanoseconds since 1970. The era is the one in which the time is after 1968 (RFC 4330, 3).
std::int64_t unix_time(stamp t);

struct time_packet {
  std::uint8_t leap = 0, version = 0, mode = 0, stratum = 0;
  std::int8_t poll = 0, precision = 0;  ///< powers of two, seconds
  std::uint32_t root_delay = 0, root_dispersion = 0, reference = 0;
  stamp reference_time = 0, origin = 0, receive = 0, transmit = 0;
  bool authenticated = false, crypto_nak = false, nts = false, autokey = false, bad_extension = false;
  /// RFC 4330 5: a client that fills in nothing but what it must.
  bool simple() const {
    return mode == client && stratum == 0 && poll == 0 && precision == 0 && root_delay == 0 && root_dispersion == 0 && reference == 0;
  }
};
std::optional<time_packet> parse_time(bytes data);
/// "GPS", "10.0.0.1", or the four letters of a kiss-o'-death.
std::string reference_text(const time_packet& p);
double short_to_ms(std::uint32_t fixed);  ///< 16.16 seconds

struct control_message {
  std::uint8_t version = 0, opcode = 0, error = 0;
  bool response = false, failed = false, more = false;
  std::uint16_t sequence = 0, association = 0, offset = 0;
  bytes data;
};
std::optional<control_message> parse_control(bytes data);
std::string_view control_name(std::uint8_t opcode);

struct private_message {
  std::uint8_t version = 0, sequence = 0, implementation = 0, request = 0, error = 0;
  bool response = false, more = false, authenticated = false;
  std::uint16_t items = 0, item_size = 0;
};
std::optional<private_message> parse_private(bytes data);
std::string_view private_name(std::uint8_t request);
/// True where the request changes the server.
bool is_private_change(std::uint8_t request);

std::string_view mode_name(std::uint8_t mode);

}  // namespace mw::ntp
