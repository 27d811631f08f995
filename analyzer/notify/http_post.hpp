// One HTTP POST, with a time limit over all of it.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw {

/// "http://host:port/path"; https is not spoken yet.
struct http_url {
  std::string host, port = "80", path = "/";
  bool bracketed = false;  ///< an IPv6 address: it stands in brackets in the Host field
};
/// Nothing for any text that is not such an address (no user, no fragment, no blanks or control characters).
std::optional<http_url> parse_http_url(std::string_view text);

/// `status` 0: there was no answer, and `error` says why.
struct http_answer {
  unsigned status = 0;
  std::string error;
};
/// Blocks for at most about `timeout`. Redirects are not followed; of the answer at most 64 KiB are read.
http_answer http_post(const http_url& to, const std::string& body, const std::vector<std::pair<std::string, std::string>>& fields,
                      std::chrono::milliseconds timeout);

}  // namespace mw
