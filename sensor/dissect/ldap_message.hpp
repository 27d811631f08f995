// LDAP messages as values (RFC 4511 4). Passwords and the values of attributes are passed over, except for what says who a server is.
#pragma once
#include "common/reader.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mw::ldap {

enum class bind_method : std::uint8_t { none, simple, sasl, sicily };

struct parsed {
  std::int64_t id = 0;
  std::uint32_t tag = 0;
  bytes body;                ///< of the operation, without its tag
  std::size_t controls = 0;  ///< octets of them
  std::string name;          ///< whose entry: of a bind the user's
  // bind
  std::int64_t version = 0;
  bind_method method = bind_method::none;
  std::string mechanism;
  bool more_to_come = false;  ///< another bind follows although this one succeeds (Sicily)
  bytes credentials;          ///< of SASL or Sicily, both ways; of a simple bind only whether there are any
  // search
  std::int64_t scope = 0, size_limit = 0;
  std::string filter, attributes;  ///< attributes also of what is added and changed
  std::string host, account;       ///< whom a client that looks for a domain controller says that it is
  // answers
  std::optional<std::int64_t> result;
  std::string diagnostic, referral;
  std::string extension;  ///< object identifier of what is asked or answered
};

/// Reads a whole message. An error where it is none of RFC 4511.
result<parsed> read(bytes message);

/// Attributes of an entry that was found: name, first value, number of values.
using attribute_taker = std::function<void(std::string_view name, bytes first, std::size_t count)>;
void each_attribute(bytes entry, const attribute_taker& take);

/// Size of the message in `head`, 0 = more is needed.
result<std::size_t> message_size(bytes head);

/// What is outside of printable ASCII as RFC 4515 writes it, at most `most` characters.
std::string escaped(bytes value, std::size_t most = 256);

}  // namespace mw::ldap
