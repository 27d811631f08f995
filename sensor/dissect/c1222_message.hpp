// The envelope of ANSI C12.22: an ACSE message in BER, and in it EPSEM with one service after the other.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>

namespace mw::c1222 {

enum class security : std::uint8_t { clear = 0, authenticated = 1, encrypted = 2, reserved = 3 };
constexpr std::uint8_t always_answers = 0;  // of the response control

struct envelope {
  std::string called, calling;  ///< application titles as object identifiers; a relative one begins with a dot
  std::optional<std::uint64_t> called_invocation, calling_invocation;
  c1222::security security = security::clear;
  std::uint8_t response_control = always_answers;
  bool recovery = false, proxy = false;
  std::string device_class;  ///< hex; "" = not said
  bytes services;            ///< without the authentication code at its end
};
/// Size of the first message in `head`; 0 = more bytes are needed to say.
result<std::size_t> size_of(bytes head);
/// Reads one whole message.
result<envelope> read_envelope(bytes whole);

/// The next service, its code first. One that is empty or longer than what is left fails `in`.
bytes next_service(reader& in);
/// An application title, with its tag; "" where it is none.
std::string read_title(reader& in);

}  // namespace mw::c1222
