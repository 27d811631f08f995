// What remote desktop peers say once they are connected, as far as it is not encrypted (MS-RDPBCGR 2.2.1.11, 2.2.1.12, 2.2.8, 2.2.10).
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>

namespace mw::rdp {

/// Flags of the security header (2.2.8.1.1.2.1).
enum header_flag : std::uint16_t { exchange_packet = 0x0001, encrypted = 0x0008, info_packet = 0x0040, license_packet = 0x0080 };

struct logon_info {
  std::string domain, user, shell, client_address, client_directory;
  bool password_given = false, automatic = false, compressed = false;
};
/// The client's information packet behind its security header; nothing where it ends too early.
std::optional<logon_info> read_logon(reader in);

struct license {
  std::uint8_t type = 0;
  std::optional<std::uint32_t> error;
};
std::optional<license> read_license(reader in);

/// What the server tells of the session.
struct session_word {
  enum what : std::uint8_t { nothing, logged_on, logon_failed, error } is = nothing;
  std::uint32_t code = 0;
  std::string domain, user;
};
/// Of a whole share data message; `nothing` of all that is bulk.
session_word read_share(reader in);

}  // namespace mw::rdp
