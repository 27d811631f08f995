// RADIUS messages as values (RFC 2865, 2866, 3579, 5176). Passwords, and what proves one, are passed over.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::radius {

enum code : std::uint8_t {
  access_request = 1,
  access_accept = 2,
  access_reject = 3,
  accounting_request = 4,
  accounting_response = 5,
  access_challenge = 11,
  status_server = 12,
  disconnect_request = 40,
  disconnect_ack = 41,
  disconnect_nak = 42,
  coa_request = 43,
  coa_ack = 44,
  coa_nak = 45,
};
std::string_view code_name(std::uint8_t c);  ///< "" where it is none of these
bool is_request(std::uint8_t c);
/// The request that an answer belongs to: a reject may only answer an access request.
std::uint8_t request_of(std::uint8_t answer);

struct parsed {
  std::uint8_t code = 0, id = 0;
  bytes authenticator;
  std::string user, nas_identifier, calling, called, port_id, session, reply, filter, vlan;
  std::string method;  ///< "pap", "chap", "ms_chap", "ms_chap_v2", "eap"
  std::string eap;     ///< type of an EAP message, or "success", "failure"
  ip nas, framed;
  std::optional<std::uint32_t> port, service, port_type, status, time, octets_in, octets_out, cause, timeout, error;
  bytes state;
  bool message_authenticator = false;
  std::string_view rule, wrong;  ///< what is broken, where something is
};
/// Nothing where the bytes are no message with whole attributes.
std::optional<parsed> read(bytes datagram);

std::string_view service_name(std::uint32_t v);
std::string_view port_type_name(std::uint32_t v);
std::string_view status_name(std::uint32_t v);
std::string_view terminate_cause(std::uint32_t v);
std::string_view error_cause(std::uint32_t v);

}  // namespace mw::radius
