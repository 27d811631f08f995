// Names of what LDAP numbers (RFC 4511, 4520).
#pragma once
#include <cstdint>
#include <string_view>

namespace mw::ldap {

/// Application tags: what a message asks or answers.
enum operation_tag : std::uint32_t {
  bind_request = 0,
  bind_response = 1,
  unbind_request = 2,
  search_request = 3,
  search_entry = 4,
  search_done = 5,
  modify_request = 6,
  modify_response = 7,
  add_request = 8,
  add_response = 9,
  delete_request = 10,
  delete_response = 11,
  rename_request = 12,
  rename_response = 13,
  compare_request = 14,
  compare_response = 15,
  abandon_request = 16,
  search_reference = 19,
  extended_request = 23,
  extended_response = 24,
  intermediate_response = 25,
};
std::string_view operation_name(std::uint32_t tag);  ///< "" where it is none; a request and its response have one name
bool is_request(std::uint32_t tag);
std::string_view result_name(std::int64_t code);
std::string_view scope_name(std::int64_t scope);
std::string_view extension_name(std::string_view oid);        ///< "extended" where it is not known
std::string_view windows_error(std::string_view diagnostic);  ///< why a domain controller refuses a bind; "" where it does not say
std::string_view level_name(std::string_view functionality);  ///< Windows of a domain controller's functional level

inline constexpr std::string_view start_tls = "1.3.6.1.4.1.1466.20037", disconnection = "1.3.6.1.4.1.1466.20036";

}  // namespace mw::ldap
