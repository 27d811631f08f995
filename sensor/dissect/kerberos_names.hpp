// Names of what Kerberos numbers (RFC 4120 and the registries that followed it).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mw::kerberos {

std::string etype_name(std::int64_t etype);  ///< its number where it is not known
bool is_weak(std::int64_t etype);            ///< RFC 6649 and RFC 8429: to be used no more
std::string_view error_name(std::int64_t code);
std::string_view preauth_name(std::int64_t type);  ///< "" where it is not known
std::string option_names(std::string_view bits);   ///< of the options of a request, as text of 0 and 1
std::string_view password_result(std::uint32_t code);

}  // namespace mw::kerberos
