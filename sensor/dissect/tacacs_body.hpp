// Bodies of TACACS+ packets (RFC 8907 5 to 7) that are not obfuscated. What a user types as a password is passed over.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::tacacs {

enum type : std::uint8_t { authentication = 1, authorization = 2, accounting = 3 };
std::string_view type_name(std::uint8_t t);  ///< "" where it is none

/// What a client asks. Texts are empty where the body does not have them.
struct request {
  std::string_view action, kind, service, method;  ///< names of numbers
  std::uint8_t privilege = 0;
  bool is_continue = false, data_given = false, aborted = false;
  std::string user, port, address, command;
  std::vector<std::string> arguments;  ///< "service=shell", bounded
};
enum class verdict_kind : std::uint8_t { pass, fail, goes_on, error, follow };
struct reply {
  verdict_kind is = verdict_kind::pass;
  std::uint8_t status = 0;
  std::string_view name;
  std::string message;
};
/// Nothing where the lengths do not fit the body.
std::optional<request> read_request(std::uint8_t type, std::uint8_t sequence, bytes body);
std::optional<reply> read_reply(std::uint8_t type, bytes body);

}  // namespace mw::tacacs
