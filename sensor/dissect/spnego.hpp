// What negotiates how to authenticate: GSS-API tokens (RFC 2743 3.1), SPNEGO (RFC 4178) and the Kerberos token in them (RFC 4121 4.1).
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::spnego {

enum class state : std::uint8_t { accept_completed, accept_incomplete, reject, request_mic };

struct token {
  std::vector<std::string> mechanisms;  ///< offered, or the one that was chosen: "ntlm", "kerberos", "negoex", or the identifier
  std::optional<spnego::state> state;   ///< of an answer
  bytes ntlm;                           ///< a message of NTLM, where one is inside
  bool kerberos = false;                ///< a Kerberos token is inside
  std::string realm, service;           ///< whom its ticket is for: realm and "cifs/server"

  /// "ntlm", "kerberos" or "".
  std::string_view mechanism() const { return !ntlm.empty() ? "ntlm" : kerberos ? "kerberos" : ""; }
};

/// Reads what stands in a security buffer: SPNEGO, GSS-API or a bare message of NTLM. What is unknown gives an empty token.
result<token> read(bytes blob);

}  // namespace mw::spnego
