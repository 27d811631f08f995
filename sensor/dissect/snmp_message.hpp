// One SNMP message (RFC 1157, 1901, 3412 to 3416): versions, security, PDUs, variable bindings.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/ber.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::snmp {

/// The number of a PDU is its context tag (RFC 3416, 3).
enum pdu : std::uint8_t { get = 0, get_next = 1, response = 2, set = 3, trap_v1 = 4, get_bulk = 5, inform = 6, trap = 7, report = 8 };
constexpr std::uint8_t pdu_count = 9;
std::string_view name_of(std::uint8_t pdu);
std::string_view status_name(std::int64_t error_status);  ///< RFC 3416, 3
std::string_view generic_trap_name(std::int64_t number);  ///< RFC 1157, 4.1.6

struct binding {
  std::string oid;
  mw::value value;
};

struct parsed {
  std::int64_t version = 0;  ///< 0, 1, 3
  bool default_community = false;
  // version 3
  std::int64_t message_id = 0;
  std::uint8_t flags = 0;
  std::int64_t security_model = 0, engine_boots = 0, engine_time = 0;
  bytes engine;
  std::string user, context;
  bool encrypted = false;
  // the PDU, unless it is encrypted
  std::uint8_t pdu = 0;
  std::int64_t request_id = 0, error_status = 0, error_index = 0;  ///< of GetBulk: non-repeaters, max-repetitions
  std::string enterprise, agent;                                   ///< of a trap of version 1
  std::int64_t generic_trap = 0, specific_trap = 0, uptime = 0;
  std::vector<binding> bindings;
  std::size_t more = 0;  ///< bindings beyond those that are kept
  std::string_view rule, wrong;

  bool reportable() const { return (flags & 4) != 0; }  ///< the sender waits for an answer (RFC 3412, 6.4)
};

/// Nothing where the octets are no SNMP message. A message that is one, but breaks a rule, says so in `rule`.
std::optional<parsed> read(bytes data);
std::string_view security_level(std::uint8_t flags);

}  // namespace mw::snmp
