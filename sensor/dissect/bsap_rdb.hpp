// Remote database access of BSAP (Bristol Babcock D4052): which signals a request names, what an answer says of them.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mw::bsap {

struct function {
  std::string_view name;
  action what = action::diagnose;
};
inline constexpr std::uint8_t to_database = 0xa0, to_extension = 0xa1, from_database = 0x03;
function application_function(std::uint8_t code);
function database_function(std::uint8_t code);
function extension_function(std::uint16_t code);
bool is_link_function(std::uint8_t code);  ///< polls and acknowledgements on a line

/// Which parts of a signal an answer holds, by the field select octets of the request.
struct selection {
  bool known = false;  ///< else an answer's elements cannot be told apart
  bool type = false, value = false, address = false, version = false;
};
/// Reads what stands behind the function code. What does not fit to the last octet is kept as it is.
selection read_request(std::uint8_t function, bytes data, operation& op);

struct element {
  std::optional<mw::value> now;
  std::optional<std::uint16_t> address;
};
/// The elements of an answer; nothing where they do not fit.
std::optional<std::vector<element>> read_elements(const selection& s, std::size_t count, bytes data);

}  // namespace mw::bsap
