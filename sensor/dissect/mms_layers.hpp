// What lies between the transport and MMS: session (ISO 8327-1), presentation (ISO 8823-1) and association (ISO 8650-1, ACSE).
#pragma once
#include "sensor/dissect/ber.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mw::mms {

/// What a session message does. The numbers are those of its SPDU.
enum class step : std::uint8_t {
  direct = 0,  ///< there is no session: MMS stands in the transport itself
  data = 1,
  not_finished = 8,
  finish = 9,
  disconnect = 10,
  refuse = 12,
  connect = 13,
  accept = 14,
  abort = 25,
  abort_accept = 26,
};

/// What a presentation context was agreed to carry.
enum class syntax : std::uint8_t { unknown, acse, mms, other };

struct presented {  // a presentation data value
  std::uint32_t context = 0;
  bytes content;
};
struct agreed {
  std::uint32_t context = 0;
  syntax meaning = syntax::unknown;
};

struct envelope {
  step what = step::data;
  std::optional<std::uint8_t> reason;  ///< of a refusal
  std::vector<agreed> contexts;        ///< that a connect proposes
  std::vector<presented> values;
};

/// True where these can be the first octets of a message of session or of MMS without session.
bool begins_message(bytes payload);
/// Reads a whole transport message. What is wrong fails `in`; what was read before it is kept.
envelope read_envelope(bytes payload, reader& in);

/// An APDU of ACSE. The numbers are its application tags.
enum class acse_kind : std::uint8_t { request = 0, response = 1, release_request = 2, release_response = 3, abort = 4 };
struct acse {
  acse_kind kind = acse_kind::request;
  std::string context_name;
  std::string calling_title, called_title, responding_title;
  std::string calling_qualifier, called_qualifier, responding_qualifier;
  std::string mechanism;     ///< of authentication
  bool credentials = false;  ///< an authentication value was given; it is not kept
  std::uint64_t result = 0;  ///< 0 = accepted
  std::uint64_t diagnostic = 0;
  std::uint64_t abort_source = 0;
  std::vector<presented> values;  ///< user information
};
inline constexpr std::uint32_t most_acse = 4;
acse read_acse(const ber::element& apdu, reader& in);

/// True where this is an MMS PDU by its first elements.
bool is_pdu(bytes content);

}  // namespace mw::mms
