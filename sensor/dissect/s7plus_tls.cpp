// The greetings of TLS (RFC 8446 4.1, RFC 6066 3), as far as they are in the clear.
#include "sensor/dissect/s7plus_tls.hpp"

#include "common/text.hpp"

namespace mw::s7plus {
namespace {

constexpr std::uint8_t handshake = 22, client_hello = 1, server_hello = 2;
constexpr std::uint16_t server_name = 0, supported_versions = 43;
constexpr std::size_t record_head = 5, longest_record = (1 << 14) + 256;

std::string version_name(std::uint16_t v) {
  switch (v) {
    case 0x0301: return "TLS 1.0";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    default: return {};
  }
}

}  // namespace

bool begins_tls(bytes data) {
  reader in{data};
  const auto kind = in.u8();
  const auto version = in.u16();
  const auto size = in.u16();
  return in.ok() && kind >= 20 && kind <= 23 && version >= 0x0301 && version <= 0x0304 && size > 0 && size <= longest_record;
}

void tls_watch::read(bytes record) {
  reader in{record};
  const auto kind = in.u8();
  auto body = in.part(in.be_n(3));
  const auto version = body.u16();
  body.skip(32);
  body.skip(body.u8());
  if (kind == client_hello) {
    body.skip(body.u16());
    body.skip(body.u8());
  } else if (kind == server_hello) {
    const auto cipher = body.u16();
    body.skip(1);
    if (!body.ok()) return;
    const std::array<std::uint8_t, 2> octets{static_cast<std::uint8_t>(cipher >> 8), static_cast<std::uint8_t>(cipher)};
    what_.cipher = hex(octets);
    what_.version = version_name(version);
  } else {
    return;
  }
  if (!body.left()) return;
  auto extensions = body.part(body.u16());
  while (extensions.left()) {
    const auto which = extensions.u16();
    auto e = extensions.part(extensions.u16());
    if (which == supported_versions && kind == server_hello) {
      const auto chosen = e.u16();
      if (e.ok()) what_.version = version_name(chosen);
    } else if (which == server_name && kind == client_hello) {
      e.skip(3);
      const auto name = e.take(e.u16());
      if (e.ok() && is_text(name)) what_.server_name = printable(name);
    }
  }
}

bool tls_watch::add(side from, bytes data) {
  seen_ = true;
  if (told_) return false;
  auto& s = streams_[from == side::client ? 0 : 1];
  if (!s.done && s.held.size() + data.size() <= limit) {
    s.held.insert(s.held.end(), data.begin(), data.end());
    reader in{s.held};
    const auto kind = in.u8();
    in.skip(2);
    const auto record = in.take(in.u16());
    if (s.held.size() >= record_head && !begins_tls(s.held)) s.done = true;
    if (in.ok()) {
      if (kind == handshake) read(record);
      s.done = true;
    }
  } else {
    s.done = true;
  }
  if (s.done) s.held.clear();
  return streams_[0].done && streams_[1].done ? (told_ = true) : false;
}

void tls_watch::on_gap(side from) {
  auto& s = streams_[from == side::client ? 0 : 1];
  s.held.clear();
  s.done = s.done || seen_;
}

}  // namespace mw::s7plus
