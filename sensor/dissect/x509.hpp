// What an X.509 certificate says of its owner and of itself (RFC 5280). Nothing is verified: a passive listener trusts nobody.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::x509 {

struct certificate {
  std::string subject, issuer;         ///< "CN=Press 3, O=Mill"
  std::string common_name;             ///< of the subject
  std::string serial;                  ///< "0x0123"
  std::string not_before, not_after;   ///< "2027-01-31T23:59:59Z"; empty where it is no time
  std::string thumbprint;              ///< SHA-1 of the whole certificate, as OPC UA names it
  std::string sha256;                  ///< likewise
  std::string signature;               ///< algorithm: "sha256_rsa", or its object identifier
  std::string key;                     ///< algorithm: "rsa", "ec", "sm2", …, or its object identifier
  std::size_t key_bits = 0;            ///< 0 = not known
  std::string application_uri;         ///< from the alternative names
  std::vector<std::string> hosts;      ///< DNS names, likewise, at most 8
  std::vector<std::string> addresses;  ///< IP addresses, likewise, at most 8
  bool authority = false;              ///< it may sign others
  bool self_signed() const { return subject == issuer; }
};
/// Nothing where it is not a certificate.
std::optional<certificate> read_certificate(bytes der);

enum class validity : std::uint8_t { unknown, valid, expired, not_yet };
/// Of a certificate at a time, which is that of a packet.
validity valid_at(const certificate& c, timestamp now);

/// True for signatures that can be forged: over MD5 or SHA-1.
bool weak_signature(const certificate& c);
/// True for keys that are too short by NIST SP 800-131A: RSA and DSA below 2048 bits, elliptic curves below 224.
bool weak_key(const certificate& c);

}  // namespace mw::x509
