// Kerberos messages as values (RFC 4120 5, RFC 3244 2): what stands in them in the clear.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::kerberos {

/// Application tags, which are the message types, too.
enum type : std::uint8_t {
  as_request = 10,
  as_reply = 11,
  tgs_request = 12,
  tgs_reply = 13,
  ap_request = 14,
  ap_reply = 15,
  safe = 20,
  priv = 21,
  cred = 22,
  refused = 30,
};
constexpr bool is_known(std::uint32_t t) { return (t >= as_request && t <= ap_reply) || (t >= safe && t <= cred) || t == refused; }

enum preauth : std::int64_t { tgs_preauth = 1, timestamp_preauth = 2, etype_info2 = 19, for_user = 129 };

struct parsed {
  std::uint8_t type = 0;
  bool version_right = true, type_right = true;
  std::string realm, client, client_realm, service, impersonated, text;
  std::string host;                   ///< NetBIOS name among the client's addresses
  std::vector<std::int64_t> etypes;   ///< of a request: offered; of an error: what the server would take
  std::vector<std::int64_t> preauth;  ///< kinds of pre-authentication, in their order
  std::string options, till;
  std::optional<std::int64_t> nonce;
  std::optional<std::int64_t> ticket_etype, reply_etype;  ///< of the ticket and of what is for the client
  std::string ticket_service;
  std::int64_t code = 0;  ///< of an error
  std::optional<std::uint16_t> password_result;
  std::optional<std::uint32_t> windows_status;  ///< why a domain controller of Windows refuses
};

/// Reads a message without the length that TCP puts before it. An error where it is no whole message.
result<parsed> read(bytes message);

/// The frame of a change of password (RFC 3244): its parts, each empty where absent.
struct password_message {
  std::uint16_t version = 0;
  bytes ap, rest;  ///< AP-REQ or AP-REP; KRB-PRIV or KRB-ERROR
};
std::optional<password_message> read_password(bytes message);

}  // namespace mw::kerberos
