// Names of what MS-RDPBCGR numbers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mw::rdp {

/// Security protocols of the negotiation (2.2.1.1.1); 0 is the protocol's own encryption.
enum security : std::uint32_t { standard = 0, tls = 1, credssp = 2, rdstls = 4, credssp_early = 8, aad = 16 };
std::string security_names(std::uint32_t bits);     ///< "tls,credssp"
std::string_view security_name(std::uint32_t one);  ///< "" where it is not exactly one
std::string_view failure_name(std::uint32_t code);  ///< of the negotiation (2.2.1.2.2)
std::string_view version_name(std::uint32_t version);
std::string_view os_of_build(std::uint32_t build);  ///< Windows whose client has this build number
std::string keyboard_name(std::uint32_t layout);
std::string encryption_names(std::uint32_t bits);
std::string_view level_name(std::uint32_t level);
std::string_view result_name(std::uint8_t result);  ///< of an MCS connection (T.125 7)
std::string_view license_message(std::uint8_t type);
std::string_view license_error(std::uint32_t code);
std::string_view error_info(std::uint32_t code);
std::string_view disconnect_reason(std::uint8_t reason);

}  // namespace mw::rdp
