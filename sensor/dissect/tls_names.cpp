// Names of what TLS numbers (RFC 8446 appendix B, RFC 8447, RFC 7301, GB/T 38636).
#include "sensor/dissect/tls_names.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::tls {
namespace {

struct number {
  std::uint16_t value;
  std::string_view name;
};
constexpr std::array<number, 10> versions{{{version::ssl_2, "SSL 2.0"},
                                           {version::ssl_3, "SSL 3.0"},
                                           {version::tls_1_0, "TLS 1.0"},
                                           {version::tls_1_1, "TLS 1.1"},
                                           {version::tls_1_2, "TLS 1.2"},
                                           {version::tls_1_3, "TLS 1.3"},
                                           {version::tlcp, "TLCP 1.1"},
                                           {version::dtls_1_0, "DTLS 1.0"},
                                           {version::dtls_1_2, "DTLS 1.2"},
                                           {version::dtls_1_3, "DTLS 1.3"}}};
constexpr std::array<number, 22> groups{{{19, "secp192r1"},
                                         {21, "secp224r1"},
                                         {22, "secp256k1"},
                                         {23, "secp256r1"},
                                         {24, "secp384r1"},
                                         {25, "secp521r1"},
                                         {26, "brainpoolP256r1"},
                                         {27, "brainpoolP384r1"},
                                         {28, "brainpoolP512r1"},
                                         {29, "x25519"},
                                         {30, "x448"},
                                         {41, "curveSM2"},
                                         {256, "ffdhe2048"},
                                         {257, "ffdhe3072"},
                                         {258, "ffdhe4096"},
                                         {259, "ffdhe6144"},
                                         {260, "ffdhe8192"},
                                         {4587, "SecP256r1MLKEM768"},
                                         {4588, "X25519MLKEM768"},
                                         {4589, "SecP384r1MLKEM1024"},
                                         {4590, "curveSM2MLKEM768"},
                                         {25497, "X25519Kyber768Draft00"}}};
constexpr std::array<number, 36> alerts{{{0, "close_notify"},
                                         {1, "end_of_early_data"},
                                         {10, "unexpected_message"},
                                         {20, "bad_record_mac"},
                                         {21, "decryption_failed"},
                                         {22, "record_overflow"},
                                         {30, "decompression_failure"},
                                         {40, "handshake_failure"},
                                         {41, "no_certificate"},
                                         {42, "bad_certificate"},
                                         {43, "unsupported_certificate"},
                                         {44, "certificate_revoked"},
                                         {45, "certificate_expired"},
                                         {46, "certificate_unknown"},
                                         {47, "illegal_parameter"},
                                         {48, "unknown_ca"},
                                         {49, "access_denied"},
                                         {50, "decode_error"},
                                         {51, "decrypt_error"},
                                         {60, "export_restriction"},
                                         {70, "protocol_version"},
                                         {71, "insufficient_security"},
                                         {80, "internal_error"},
                                         {86, "inappropriate_fallback"},
                                         {90, "user_canceled"},
                                         {100, "no_renegotiation"},
                                         {109, "missing_extension"},
                                         {110, "unsupported_extension"},
                                         {111, "certificate_unobtainable"},
                                         {112, "unrecognized_name"},
                                         {113, "bad_certificate_status_response"},
                                         {114, "bad_certificate_hash_value"},
                                         {115, "unknown_psk_identity"},
                                         {116, "certificate_required"},
                                         {120, "no_application_protocol"},
                                         {121, "ech_required"}}};

struct word {
  std::string_view from, to;
};
/// The first that a suite's name holds. Suites of RFC 9150 only guard what they carry against changes.
constexpr std::array<word, 12> weaknesses{{{"NULL", "null"},
                                           {"TLS_SHA256_SHA256", "null"},
                                           {"TLS_SHA384_SHA384", "null"},
                                           {"anon", "anonymous"},
                                           {"EXPORT", "export"},
                                           {"RC4", "rc4"},
                                           {"RC2", "rc2"},
                                           {"3DES", "3des"},
                                           {"DES_192_EDE3", "3des"},
                                           {"DES", "des"},
                                           {"IDEA", "idea"},
                                           {"MD5", "md5"}}};
/// The registry of ALPN identifiers, and what makers use beside it.
constexpr std::array<word, 31> applications{{{"http/0.9", "http"},
                                             {"http/1.0", "http"},
                                             {"http/1.1", "http"},
                                             {"h2", "http"},
                                             {"h2c", "http"},
                                             {"h3", "http"},
                                             {"spdy/1", "http"},
                                             {"spdy/2", "http"},
                                             {"spdy/3", "http"},
                                             {"spdy/3.1", "http"},
                                             {"mqtt", "mqtt"},
                                             {"x-amzn-mqtt-ca", "mqtt"},
                                             {"coap", "coap"},
                                             {"co", "coap"},
                                             {"ftp", "ftp"},
                                             {"imap", "imap"},
                                             {"pop3", "pop3"},
                                             {"managesieve", "managesieve"},
                                             {"xmpp-client", "xmpp"},
                                             {"xmpp-server", "xmpp"},
                                             {"irc", "irc"},
                                             {"nntp", "nntp"},
                                             {"nnsp", "nntp"},
                                             {"dot", "dns"},
                                             {"doq", "dns"},
                                             {"smb", "smb"},
                                             {"sunrpc", "rpc"},
                                             {"ntske/1", "ntp"},
                                             {"postgresql", "postgresql"},
                                             {"tds/8.0", "tds"},
                                             {"radius/1.0", "radius"}}};

/// Domains of the makers, under which their programs meet.
constexpr std::array<word, 18> remote_access{{{"teamviewer.com", "teamviewer"},
                                              {"anydesk.com", "anydesk"},
                                              {"todesk.com", "todesk"},
                                              {"todesk.cn", "todesk"},
                                              {"oray.com", "sunlogin"},
                                              {"oray.net", "sunlogin"},
                                              {"rustdesk.com", "rustdesk"},
                                              {"splashtop.com", "splashtop"},
                                              {"logmein.com", "logmein"},
                                              {"logmein-gateway.com", "logmein"},
                                              {"gotoassist.com", "gotoassist"},
                                              {"ammyy.com", "ammyy"},
                                              {"dwservice.net", "dwservice"},
                                              {"parsec.app", "parsec"},
                                              {"bomgar.com", "beyondtrust"},
                                              {"beyondtrustcloud.com", "beyondtrust"},
                                              {"getscreen.me", "getscreen"},
                                              {"assist.zoho.com", "zoho_assist"}}};

template <std::size_t N>
std::string_view find(const std::array<number, N>& table, std::uint16_t value) {
  const auto* const at = std::ranges::find(table, value, &number::value);
  return at != table.end() ? at->name : std::string_view{};
}
std::string in_hex(std::uint16_t v) {
  const std::array<std::uint8_t, 2> octets{static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
  return hex(octets);
}
std::string or_hex(std::string_view name, std::uint16_t v) { return name.empty() ? in_hex(v) : std::string{name}; }

}  // namespace

std::string version_name(std::uint16_t v) {
  if (v >> 8 == 0x7f) return "TLS 1.3 draft " + std::to_string(v & 0xffu);
  return or_hex(find(versions, v), v);
}

std::string cipher_text(std::uint32_t n) {
  const auto name = cipher_name(n);
  if (!name.empty() || n <= 0xffff) return or_hex(name, static_cast<std::uint16_t>(n));
  const std::array<std::uint8_t, 3> octets{static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                                           static_cast<std::uint8_t>(n)};
  return hex(octets);
}

std::string_view weakness_of(std::uint32_t cipher) {
  const auto name = cipher_name(cipher);
  const auto* const at = std::ranges::find_if(weaknesses, [&](const word& w) { return name.find(w.from) != std::string_view::npos; });
  return at != weaknesses.end() ? at->to : std::string_view{};
}

std::string group_name(std::uint16_t n) { return or_hex(find(groups, n), n); }

std::string_view alert_name(std::uint8_t code) {
  const auto name = find(alerts, code);
  return name.empty() ? "unknown" : name;
}

std::string_view application_of(std::string_view protocol) {
  const auto* const at = std::ranges::find(applications, protocol, &word::from);
  return at != applications.end() ? at->to : std::string_view{};
}

std::string_view remote_access_of(std::string_view host) {
  const auto* const at = std::ranges::find_if(remote_access, [&](const word& w) {
    return host.ends_with(w.from) && (host.size() == w.from.size() || host[host.size() - w.from.size() - 1] == '.');
  });
  return at != remote_access.end() ? at->to : std::string_view{};
}

}  // namespace mw::tls
