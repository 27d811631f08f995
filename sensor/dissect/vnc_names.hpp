// Numbers of the remote framebuffer protocol and what they are called.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mw::rfb {

/// Security types that this dissector follows.
enum security : std::uint32_t {
  invalid = 0,
  none = 1,
  vnc = 2,
  tight = 16,
  tls = 18,
  vencrypt = 19,
  xvp = 22,
  apple_dh = 30,
  ms_logon = 113,
  plain = 256  ///< and above: subtypes of VeNCrypt
};
inline constexpr std::uint32_t tight_first = 1'000'000;  ///< here on: Tight's own ways to log in
/// The name, or the number where nobody gave one.
std::string security_text(std::uint32_t type);
/// "" where nobody gave a name.
std::string_view security_name(std::uint32_t type);
/// Octets of a client message without what follows by its own count; 0 where the type is unknown.
std::size_t client_message_size(std::uint8_t type);
std::string_view client_message_name(std::uint8_t type);
/// Whose version "003.889" and its like are; "" of the standard ones.
std::string_view maker_of_version(unsigned major, unsigned minor);

}  // namespace mw::rfb
