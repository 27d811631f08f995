// Names of what TLS numbers: versions, cipher suites, groups, alerts, applications (registries of IANA, and GB/T 38636).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mw::tls {

namespace version {
constexpr std::uint16_t ssl_2 = 0x0002, ssl_3 = 0x0300, tls_1_0 = 0x0301, tls_1_1 = 0x0302, tls_1_2 = 0x0303, tls_1_3 = 0x0304,
                        tlcp = 0x0101, dtls_1_0 = 0xfeff, dtls_1_2 = 0xfefd, dtls_1_3 = 0xfefc;
}  // namespace version

/// Values that say nothing and keep peers tolerant (RFC 8701).
constexpr bool is_grease(std::uint16_t v) { return (v & 0x0f0fu) == 0x0a0au && v >> 8 == (v & 0xffu); }
constexpr bool is_datagram(std::uint16_t v) { return v >> 8 == 0xfe; }
/// Drafts of TLS 1.3 count as it.
constexpr bool is_1_3(std::uint16_t v) { return v == version::tls_1_3 || v == version::dtls_1_3 || v >> 8 == 0x7f; }
/// What RFC 8996 and its forerunners forbid: everything before (D)TLS 1.2; the national TLCP is not old.
constexpr bool is_old(std::uint16_t v) {
  return v == version::ssl_2 || (v >= version::ssl_3 && v <= version::tls_1_1) || v == version::dtls_1_0;
}

std::string version_name(std::uint16_t v);                   ///< "TLS 1.2", "TLCP 1.1"; "0x0305" where it is not known
std::string_view cipher_name(std::uint32_t number);          ///< empty where it is not known
std::string cipher_text(std::uint32_t number);               ///< its name, else its number in hex
std::string_view weakness_of(std::uint32_t cipher);          ///< why a suite is no protection: "null", "rc4", …; empty where it is fine
std::string group_name(std::uint16_t number);                ///< "x25519"; "0x1234" where it is not known
std::string_view alert_name(std::uint8_t code);              ///< "handshake_failure"; "unknown"
std::string_view application_of(std::string_view protocol);  ///< of an ALPN protocol: "http", "mqtt", …; empty where it is not known
/// Which program for remote control speaks to a server of this name; empty where none is known to.
std::string_view remote_access_of(std::string_view host);

}  // namespace mw::tls
