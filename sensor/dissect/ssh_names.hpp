// What SSH peers are called and say: programs and systems behind a version string, reasons of a disconnection, methods of SSH 1.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mw::ssh {

struct program {
  std::string_view vendor, os;  ///< "" where the version string does not say
};
/// Of what stands behind "SSH-2.0-".
program program_of(std::string_view software);
/// RFC 4253 11.1; "" where the number is not assigned.
std::string_view reason_name(std::uint32_t code);
/// Bits of the masks in SSH 1's SSH_SMSG_PUBLIC_KEY, joined by commas.
std::string ssh1_ciphers(std::uint32_t mask);
std::string ssh1_methods(std::uint32_t mask);

}  // namespace mw::ssh
