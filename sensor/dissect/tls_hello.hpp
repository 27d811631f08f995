// The greetings of TLS, in which both sides say what they can and what they choose (RFC 8446 4.1, RFC 5246 7.4.1, RFC 6347 4.2.1).
#pragma once
#include "common/reader.hpp"

#include <string>
#include <vector>

namespace mw::tls {

struct client_hello {
  std::uint16_t version = 0;  ///< of the old field; see newest()
  bool datagram = false, ssl_2 = false;
  std::vector<std::uint32_t> ciphers;
  std::vector<std::uint16_t> extensions, groups, signatures, versions;  ///< in the order of the message
  std::vector<std::uint8_t> point_formats, session;
  std::vector<std::string> applications;  ///< ALPN, printable
  std::string first_application;          ///< likewise, as it stands
  std::string server_name;
  bool ticket = false, psk = false, early_data = false, encrypted_hello = false;
  std::uint16_t newest() const;  ///< version that is offered
  bool offers(std::uint16_t extension) const;
};
/// The body of a ClientHello.
result<client_hello> read_client_hello(bytes body, bool datagram = false);
/// A ClientHello of SSL 2.0, or of a later version in its form (RFC 5246 E.2), without the two octets of its record.
result<client_hello> read_client_hello_2(bytes message);

struct server_hello {
  std::uint16_t version = 0;  ///< that is spoken from here on
  std::uint16_t legacy = 0;   ///< version of the old field
  bool ssl_2 = false;
  std::uint32_t cipher = 0;
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint8_t> session;
  std::string application;  ///< ALPN, printable
  std::uint16_t group = 0;  ///< of the key exchange, 0 = not said
  bool retry = false;       ///< HelloRetryRequest: another hello is to follow
  bool psk = false;
  bool downgraded = false;  ///< it says that it could speak a newer version (RFC 8446 4.1.3)
  bool compression = false;
};
result<server_hello> read_server_hello(bytes body);

std::string ja3(const client_hello& h);   ///< MD5; empty for SSL 2.0
std::string ja3s(const server_hello& h);  ///< likewise
std::string ja4(const client_hello& h);   ///< the TLS client fingerprint of FoxIO, "t13d1516h2_8daaf6152771_e5627efa2ab1"

}  // namespace mw::tls
