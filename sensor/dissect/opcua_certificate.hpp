// What an X.509 certificate says of its owner (RFC 5280): read from the first certificate of a chain.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::opcua {

struct certificate {
  std::string subject, issuer;        ///< "CN=Press 3, O=Mill"
  std::string not_before, not_after;  ///< "2027-01-31T23:59:59Z"
  std::string thumbprint;             ///< SHA-1 of the whole certificate, as OPC UA names it
  std::string application_uri;        ///< from the alternative names
  std::vector<std::string> hosts;     ///< likewise, at most 8
  bool self_signed() const { return subject == issuer; }
};
/// Nothing where it is not a certificate.
std::optional<certificate> read_certificate(bytes der);

}  // namespace mw::opcua
