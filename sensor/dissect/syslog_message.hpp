// Syslog messages: RFC 5424, RFC 3164 and what devices send in their place.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw::syslog {

enum class form : std::uint8_t { bare, bsd, ietf };  ///< a priority and text; RFC 3164; RFC 5424

struct content {
  std::uint8_t facility = 0, severity = 0;
  bool has_priority = false;
  form is = form::bare;
  std::string host, application, message_id;       ///< "" where the message has none
  std::string software, vendor, product, version;  ///< what the structured data, CEF or LEEF say of the sender
  std::string_view broken;                         ///< a literal: what the format promises and the message does not keep
};
content parse(bytes data);
std::string_view facility_name(std::uint8_t facility);
std::string_view severity_name(std::uint8_t severity);

}  // namespace mw::syslog
