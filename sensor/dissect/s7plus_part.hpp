// Parts of S7comm-plus messages: a header, data, and after the last part a trailer that repeats the header without a length.
#pragma once
#include "common/reader.hpp"
#include "common/result.hpp"

namespace mw::s7plus {

inline constexpr std::uint8_t protocol_id = 0x72;
inline constexpr std::uint8_t system_event = 0xfe, keep_alive = 0xff, digest_version = 3;
inline constexpr std::size_t digest_size = 32;
constexpr bool known_version(std::uint8_t v) { return (v >= 1 && v <= 3) || v == system_event || v == keep_alive; }

/// One part of a message, with its header, and perhaps the trailer that ends the message.
struct part {
  std::uint8_t version = 0;
  bytes data;
  bool last = false;    ///< the trailer follows
  bool digest = false;  ///< a digest came before the data, and is not part of it
  bytes rest;           ///< what follows in the same transport message
};

/// The first part of what one transport message carries.
result<part> read_part(bytes payload);

}  // namespace mw::s7plus
