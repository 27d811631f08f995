// The head of an HTTP message (RFC 9112 2 to 6): its first line and the fields that matter here.
#pragma once
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::http {

struct method {
  std::string_view name;
  mw::action action;
};
const method* method_of(std::string_view word);
/// True where some method begins with `word`.
bool begins_method(std::string_view word);

struct start_line {
  const method* known = nullptr;  ///< of a request
  std::string_view asks;          ///< its method; "" of an answer
  std::string_view target;
  unsigned status = 0;  ///< of an answer
};
/// Nothing where the line begins no HTTP message. `any_method`: also one that is not in the table.
std::optional<start_line> parse_start(std::string_view line, bool any_method = false);

/// Without what a terminal would obey.
std::string plain(std::string_view text, std::size_t limit = 256);

/// What a request is for, fit for a record: without query, user information and session.
struct target {
  std::string path, host, user;
  bool query = false, proxy = false, credentials = false;
};
target read_target(std::string_view text);

struct fields {
  std::string host, user_agent, server, powered_by, content_type, content_range, soap_action, file_name, forwarded, via, realm, scheme,
      user, upgrade, subprotocol, encoding;
  std::optional<std::uint64_t> length;
  bool chunked = false, encoded = false, accepts_socket = false;
};
/// Takes one line of a head. Returns the rule that it breaks, "" if none.
std::string_view take_field(std::string_view line, fields& to);
/// The rule that the head as a whole breaks.
std::string_view conflict(const fields& f, bool request);

/// The words of a parameter: `filename` of `attachment; filename="a.bin"`.
std::string parameter(std::string_view text, std::string_view name);
/// "%41" becomes "A" and "+" a blank.
std::string decoded(std::string_view text);

}  // namespace mw::http
