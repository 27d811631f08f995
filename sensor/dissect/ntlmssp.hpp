// NTLM ([MS-NLMP] 2.2.1): who says hello to whom. What proves a password (responses, session keys) is measured, never kept.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mw::ntlmssp {

enum class kind : std::uint32_t { negotiate = 1, challenge = 2, authenticate = 3 };

struct message {
  ntlmssp::kind type = ntlmssp::kind::negotiate;
  std::uint32_t flags = 0;
  std::string domain, user, workstation;  ///< authenticate; of negotiate the domain and the workstation where they are supplied
  std::string target;                     ///< challenge: the domain or server that asks
  std::string computer, netbios_domain, dns_computer, dns_domain, dns_forest;  ///< challenge: target information
  std::string service;                                                         ///< authenticate: what the client believes to talk to
  std::optional<std::uint64_t> time;                                           ///< of the target information: 100 ns since 1601
  std::string os;                                                              ///< "10.0.17763", where the version is said
  std::size_t lm_size = 0, nt_size = 0;

  bool anonymous() const { return type == kind::authenticate && user.empty() && nt_size == 0; }
  /// 1 or 2 by the size of the response ([MS-NLMP] 2.2.2.6, 2.2.2.8), 0 where there is none.
  int version() const { return nt_size > 24 ? 2 : nt_size == 24 || lm_size == 24 ? 1 : 0; }
};

/// A message begins with its signature. Fields that point outside are an error.
result<message> read(bytes data);
bool begins(bytes data);

/// UTF-16LE from the wire as UTF-8: trailing NULs cut, controls and lone surrogates become '?', at most `limit` characters.
std::string from_utf16(bytes data, std::size_t limit = 256);

}  // namespace mw::ntlmssp
