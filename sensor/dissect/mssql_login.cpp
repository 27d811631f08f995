// How a client and a Microsoft SQL Server meet ([MS-TDS] 2.2.6.4, 2.2.6.5).
#include "sensor/dissect/mssql_login.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>
#include <array>

namespace mw::mssql {
namespace {

enum option : std::uint8_t { version = 0, encryption = 1, instance = 2, mars = 4, federated = 6, terminator = 0xff };
constexpr std::size_t most_options = 16, login_head = 36, login_size = 94;

/// A part by its offset and its number of characters, as the head of a login lists them.
bytes part(bytes whole, std::size_t offset, std::size_t size) {
  reader in{whole};
  in.skip(offset);
  return in.take(size);
}

}  // namespace

std::optional<prelogin> read_prelogin(bytes payload) {
  prelogin p;
  reader in{payload};
  for (std::size_t i = 0; i < most_options; ++i) {
    const auto token = in.u8();
    if (!in.ok()) return {};
    if (token == terminator) return i != 0 ? std::optional{p} : std::nullopt;
    const std::size_t offset = in.u16(), size = in.u16();
    if (!in.ok() || offset + size > payload.size() || (i == 0 && (token != version || size < 6))) return {};
    const auto value = part(payload, offset, size);
    reader v{value};
    switch (token) {
      case version:
        p.major = v.u8(), p.minor = v.u8();
        p.version = std::to_string(p.major) + '.' + std::to_string(p.minor) + '.' + std::to_string(v.u16());
        break;
      case encryption:
        if (size == 1) p.encryption = v.u8();
        break;
      case instance: p.instance = printable(value); break;
      case mars: p.mars = v.u8() == 1; break;
      case federated: p.federated = v.u8() == 1; break;
      default: break;
    }
  }
  return {};
}

std::string_view encryption_name(std::uint8_t e) {
  constexpr std::array<std::string_view, 4> names{"login_only", "on", "not_supported", "required"};
  constexpr std::uint8_t client_certificate = 0x80;
  const std::size_t at = e & ~client_certificate;
  return at < names.size() ? names[at] : "unknown";
}

std::string_view product_of(unsigned major, unsigned minor) {
  switch (major) {
    case 8: return "Microsoft SQL Server 2000";
    case 9: return "Microsoft SQL Server 2005";
    case 10: return minor >= 50 ? "Microsoft SQL Server 2008 R2" : "Microsoft SQL Server 2008";
    case 11: return "Microsoft SQL Server 2012";
    case 12: return "Microsoft SQL Server 2014";
    case 13: return "Microsoft SQL Server 2016";
    case 14: return "Microsoft SQL Server 2017";
    case 15: return "Microsoft SQL Server 2019";
    case 16: return "Microsoft SQL Server 2022";
    case 17: return "Microsoft SQL Server 2025";
    default: return "";
  }
}

std::string version_name(std::uint32_t tds) {
  const auto major = tds >> 28, minor = tds >> 24 & 15;
  return std::to_string(major) + '.' + std::to_string(minor);
}

std::optional<login> read_login(bytes payload) {
  constexpr std::uint8_t integrated_flag = 0x80, read_only_flag = 0x20;
  reader in{payload};
  const auto size = in.u32le();
  login l;
  l.version = in.u32le();
  in.skip(4 * 4 + 1);  // packet size, program version, process, connection; first flags
  l.integrated = (in.u8() & integrated_flag) != 0;
  l.read_only = (in.u8() & read_only_flag) != 0;
  if (!in.ok() || size != payload.size() || size < login_size - 8) return {};
  in.skip(login_head - in.at());
  bool fits = true;
  const auto next = [&](bool wide) {
    const std::size_t offset = in.u16le(), count = in.u16le() * (wide ? std::size_t{2} : std::size_t{1});
    if (count == 0) return bytes{};
    fits = fits && offset + count <= payload.size();
    return fits ? part(payload, offset, count) : bytes{};
  };
  const auto text = [&] { return ntlmssp::from_utf16(next(true)); };
  l.host = text();
  l.user = text();
  l.password_given = !next(true).empty();
  l.application = text();
  l.server = text();
  next(false);  // extension
  l.library = text();
  l.language = text();
  l.database = text();
  std::ranges::copy(in.take(6), l.client.octets.begin());
  l.security_token = next(false);
  l.attached_file = text();
  constexpr std::uint32_t with_change = 0x72000000;
  if (l.version >= with_change) l.new_password = !next(true).empty();
  if (!in.ok() || !fits) return {};
  return l;
}

}  // namespace mw::mssql
