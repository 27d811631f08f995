// The commands of FTP, its paths, and the addresses of its data connections.
#pragma once
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::ftp {

enum class argument : std::uint8_t { none, text, file, directory, secret };

struct command {
  std::string_view name;  ///< upper case
  mw::action action;
  argument takes;
  std::string_view meaning;
  bool proves = true;  ///< no other protocol of lines begins with it, so that it tells what this is
};
/// The command of this word in any case; nullptr where there is none.
const command* find_command(std::string_view word);

/// What SITE stands for, by the word behind it.
mw::action site_action(std::string_view word);

/// `path` as seen from directory `base`, without "." and as few ".." as can be. An empty base is one that is not known.
std::string join(std::string_view base, std::string_view path);

/// An address and port as PORT and 227 write it, "h1,h2,h3,h4,p1,p2", wherever it stands in `text` (RFC 1123 4.1.2.6).
std::optional<endpoint> read_port(std::string_view text);
/// "|1|10.0.0.1|6275|" (RFC 2428 2), at the front of `text`.
std::optional<endpoint> read_eprt(std::string_view text);
/// "(|||6446|)" (RFC 2428 3).
std::optional<port> read_epsv(std::string_view text);
/// What stands between the first pair of quotation marks, which are doubled within (RFC 959 Appendix II).
std::string quoted(std::string_view text);

}  // namespace mw::ftp
