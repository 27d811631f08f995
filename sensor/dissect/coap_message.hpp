// One CoAP message (RFC 7252; on TCP RFC 8323): header, token, options, payload, and the names of its numbers.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::coap {

enum class kind : std::uint8_t { confirmable, non_confirmable, acknowledgement, reset };

struct parsed {
  kind is = kind::non_confirmable;
  std::uint8_t code = 0;
  std::uint16_t id = 0;  ///< pairs message and acknowledgement; not on TCP
  std::string token;     ///< pairs request and response
  std::string path;      ///< "/a/b" of the Uri-Path, "/" where there is none
  std::string endpoint;  ///< value of the query "ep" (LwM2M registration, resource directory)
  std::optional<std::uint32_t> observe, content_format;
  std::vector<field> fields;  ///< further options by name
  bytes payload;
  std::string_view rule, wrong;  ///< what is wrong with it, if anything; what was read before stands
  bool options_whole = true;
};

/// Nothing where not even the header is there.
std::optional<parsed> read_datagram(bytes data);
std::optional<parsed> read_segment(bytes data);
/// Size of the message that begins here on TCP; 0 = more octets are needed.
std::size_t size_on_tcp(bytes head);

constexpr std::uint8_t class_of(std::uint8_t code) { return static_cast<std::uint8_t>(code >> 5); }
constexpr bool is_request(std::uint8_t code) { return class_of(code) == 0 && code != 0; }
constexpr bool is_response(std::uint8_t code) { return class_of(code) == 2 || class_of(code) == 4 || class_of(code) == 5; }
constexpr bool is_signal(std::uint8_t code) { return class_of(code) == 7; }  ///< of the TCP connection itself
/// "get", "content"; "unknown" where the number is not assigned.
std::string_view name_of(std::uint8_t code);
std::string dotted(std::uint8_t code);  ///< "2.05"

}  // namespace mw::coap
