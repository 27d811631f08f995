// What remote desktop peers say once they are connected (MS-RDPBCGR 2.2.1.11, 2.2.1.12, 2.2.8, 2.2.10).
#include "sensor/dissect/rdp_data.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>

namespace mw::rdp {
namespace {

constexpr std::uint32_t automatic_logon = 0x08, unicode = 0x10, compression = 0x80;  // of the information packet
constexpr std::uint16_t share_data = 7, version_1 = 0x10;
constexpr std::uint8_t save_session = 0x26, set_error = 0x2f, compressed_part = 0x20;
constexpr std::uint32_t long_logon = 1, plain_notice = 2, extended_logon = 3;
constexpr std::uint32_t reconnect_cookie = 1, logon_errors = 2, last_failure = 2;  // LOGON_FAILED_OTHER

std::string text(bytes data, bool wide) { return wide ? ntlmssp::from_utf16(data) : printable(data); }

session_word read_extended(reader in) {
  in.skip(2);
  const auto present = in.u32le();
  if ((present & reconnect_cookie) != 0) in.skip(in.u32le());
  if ((present & logon_errors) == 0) return {};
  in.skip(4 + 4);  // size, type
  const auto data = in.u32le();
  if (!in.ok() || data > last_failure) return {};
  return {.is = session_word::logon_failed, .code = data, .domain = {}, .user = {}};
}

session_word read_session(reader in) {
  session_word w{.is = session_word::logged_on, .code = 0, .domain = {}, .user = {}};
  const auto type = in.u32le();
  if (type == extended_logon) return read_extended(in);
  const auto fixed = [&](std::size_t room) {  // a size, then a field of fixed length
    const std::size_t size = in.u32le();
    const auto field = in.take(room);
    return ntlmssp::from_utf16(field.first(std::min(size, field.size())));
  };
  if (type == 0) {
    w.domain = fixed(52);
    w.user = fixed(512);
  } else if (type == long_logon) {
    in.skip(2 + 4 + 4);
    const auto domain = in.u32le(), user = in.u32le();
    in.skip(558);
    w.domain = ntlmssp::from_utf16(in.take(domain));
    w.user = ntlmssp::from_utf16(in.take(user));
  } else if (type != plain_notice) {
    return {};
  }
  return in.ok() ? w : session_word{};
}

}  // namespace

std::optional<logon_info> read_logon(reader in) {
  logon_info info;
  in.skip(4);
  const auto flags = in.u32le();
  const bool wide = (flags & unicode) != 0;
  const std::size_t end = wide ? 2 : 1;  // the sizes do not count the NUL behind each text
  const std::size_t domain = in.u16le(), user = in.u16le(), password = in.u16le(), shell = in.u16le(), directory = in.u16le();
  info.domain = text(in.take(domain + end), wide);
  info.user = text(in.take(user + end), wide);
  in.skip(password + end);
  info.shell = text(in.take(shell + end), wide);
  in.skip(directory + end);
  if (!in.ok()) return {};
  info.password_given = password != 0;
  info.automatic = (flags & automatic_logon) != 0;
  info.compressed = (flags & compression) != 0;
  if (in.left() >= 4) {  // clients since version 5.0
    in.skip(2);
    info.client_address = ntlmssp::from_utf16(in.take(in.u16le()));
    info.client_directory = ntlmssp::from_utf16(in.take(in.u16le()));
  }
  return info;
}

std::optional<license> read_license(reader in) {
  constexpr std::uint8_t alert = 0xff;
  license l;
  l.type = in.u8();
  in.skip(1);
  const std::size_t size = in.u16le();
  if (!in.ok() || size < 4 || size - 4 > in.left()) return {};
  if (l.type == alert && size >= 8) l.error = in.u32le();
  return l;
}

session_word read_share(reader in) {
  const auto size = in.u16le();
  const auto type = in.u16le();
  if (!in.ok() || size != in.left() + 4 || type != (version_1 | share_data)) return {};
  in.skip(2 + 4 + 1 + 1 + 2);  // source, share, padding, stream, size
  const auto what = in.u8(), compressed = in.u8();
  in.skip(2);
  if (!in.ok() || (compressed & compressed_part) != 0) return {};
  if (what == save_session) return read_session(in);
  if (what == set_error && in.left() >= 4) return {.is = session_word::error, .code = in.u32le(), .domain = {}, .user = {}};
  return {};
}

}  // namespace mw::rdp
