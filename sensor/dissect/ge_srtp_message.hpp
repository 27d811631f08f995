// A GE SRTP message: a head of 56 octets with a mailbox message in it, and perhaps text behind it.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <optional>

namespace mw::ge_srtp {

constexpr std::size_t head_size = 56;

enum packet : std::uint16_t { init = 0, init_reply = 1, request = 2, reply = 3, failure = 5, session = 8 };
enum mailbox : std::uint8_t { short_request = 0xc0, long_request = 0x80, short_reply = 0xd4, long_reply = 0x94, error_reply = 0xd1 };

/// What a reply says of the controller besides its answer.
struct piggyback {
  std::uint8_t program = 0, privilege = 0;
  std::uint16_t sweep = 0, status = 0;
  std::uint8_t state() const { return static_cast<std::uint8_t>(status >> 12); }
};

struct envelope {
  std::uint16_t packet = 0;
  std::uint8_t sequence = 0, mailbox = 0;
  std::uint32_t source = 0, destination = 0;
  std::uint8_t number = 1, total = 1;
  std::uint8_t first = 0, second = 0;  ///< of a request: service and selector; of a short or error reply: major and minor status
  std::uint16_t index = 0, count = 0;  ///< of a request
  bytes inline_data;                   ///< in the head
  bytes text;                          ///< behind it
  std::optional<ge_srtp::piggyback> piggyback;
  bool asks() const { return mailbox == short_request || mailbox == long_request; }
  bool is_mailbox() const { return packet == request || packet == reply || packet == session; }
};
result<envelope> parse(bytes message);

}  // namespace mw::ge_srtp
