// How a client and a Microsoft SQL Server meet ([MS-TDS] 2.2.6.4, 2.2.6.5): what they negotiate, and the login.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::mssql {

struct prelogin {
  std::string version;  ///< "15.0.2000"
  unsigned major = 0, minor = 0;
  std::optional<std::uint8_t> encryption;
  std::string instance;
  bool mars = false, federated = false;
};
/// Nothing where the options do not point into the message or the version is not first.
std::optional<prelogin> read_prelogin(bytes payload);
std::string_view encryption_name(std::uint8_t e);
std::string_view product_of(unsigned major, unsigned minor);  ///< "Microsoft SQL Server 2019"; "" where not known

struct login {
  std::uint32_t version = 0;
  std::string host, user, application, server, library, language, database, attached_file;
  mac client;
  bool password_given = false, new_password = false, integrated = false, read_only = false;
  bytes security_token;
};
std::optional<login> read_login(bytes payload);
std::string version_name(std::uint32_t tds);

}  // namespace mw::mssql
