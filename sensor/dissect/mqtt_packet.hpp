// Control packets of MQTT 3.1 (IBM, 2010), 3.1.1 and 5.0 (OASIS): strings, properties, reason codes and the shapes of packets.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::mqtt {

/// MQTT 5.0, 2.1.2.
enum kind : std::uint8_t {
  reserved = 0,
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};
inline constexpr std::uint8_t will = reserved;  ///< in the table of properties: those of the will
inline constexpr std::uint8_t refusal = 0x80;   ///< reason codes from here on say no
std::string_view name_of(std::uint8_t kind);
std::string_view reason_name(std::uint8_t packet, std::uint8_t code);  ///< MQTT 5.0, 2.4
std::string_view return_name(std::uint8_t code);                       ///< of CONNACK before version 5

/// Length of the fixed header and of what follows it.
struct header {
  std::uint8_t type = 0, flags = 0;
  std::size_t size = 0, body = 0;
};
/// Nothing where more bytes are needed to say; an error where the length is no length.
result<std::optional<header>> read_header(bytes head);
/// The flags that a type must have; PUBLISH may have any but QoS 3.
bool valid_flags(std::uint8_t type, std::uint8_t flags);

/// 1 to 4 octets of 7 bits, the lowest first.
std::uint32_t read_varint(reader& in);
/// A string with its length; `sound` is cleared where it is not UTF-8 or has control characters.
bytes read_string(reader& in, bool& sound);

struct properties {
  std::vector<field> fields;  ///< by name; of user properties the names only, of secrets the size
  std::optional<std::uint16_t> topic_alias, topic_alias_maximum, keep_alive;
  std::string assigned_client;
  std::string_view wrong;  ///< what is wrong with them, if anything
};
/// The list with its length in front, as it may stand in a packet of this type.
properties read_properties(reader& in, std::uint8_t packet);

/// A name that may be published to; a filter may have wildcards in the places that 4.7.1 allows.
bool valid_topic(bytes name);
bool valid_filter(bytes filter);

std::string text_of(bytes name);  ///< safe to print, at most 512 bytes
object topic_object(std::string address);

/// Protocol level of a CONNECT body whose name and level fit each other: 3, 4 or 5 (bridges set the high bit); else 0.
std::uint8_t read_level(reader& in);

}  // namespace mw::mqtt
