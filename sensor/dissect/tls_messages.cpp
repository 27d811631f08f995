// The record layer (RFC 8446 5.1, RFC 5246 6.2, RFC 6101 5.2; the hello of SSL 2.0 by RFC 5246 E.2) and messages that span its records.
#include "sensor/dissect/tls_messages.hpp"

#include "sensor/dissect/tls_names.hpp"

#include <algorithm>

namespace mw::tls {
namespace {

constexpr std::size_t record_head = 5, longest_record = (1u << 14) + 2048, message_head = 4, longest_hello_2 = 1024;
constexpr std::uint8_t length_bit = 0x80, hello_2_client = 1, hello_2_server = 4;

constexpr bool known_version(std::uint16_t v) { return (v >= version::ssl_3 && v <= version::tls_1_3) || v == version::tlcp; }
/// Types of RFC 8446 B.3, and of its forerunners.
constexpr bool known_message(std::uint8_t t) { return t <= 6 || t == 8 || (t >= 10 && t <= 16) || (t >= 20 && t <= 25) || t == 254; }

/// The size of a hello of SSL 2.0, 0 where more octets are needed to say; nothing where it is none.
std::optional<std::size_t> hello_2_size(bytes head) {
  reader in{head};
  const std::size_t size = in.u16();
  const auto type = in.u8();
  if (!in.ok()) return 0;
  const auto rest = size & 0x7fffu;
  if (rest < 11 || rest > (type == hello_2_client ? longest_hello_2 : longest_record)) return {};
  if (type == hello_2_client) {
    const auto v = in.u16();
    const std::size_t suites = in.u16(), session = in.u16(), challenge = in.u16();
    if (!in.ok()) return 0;
    const bool valid = (v == version::ssl_2 || known_version(v)) && suites != 0 && suites % 3 == 0 && (session == 0 || session == 16) &&
                       challenge >= 16 && challenge <= 32 && 9 + suites + session + challenge == rest;
    return valid ? std::optional{2 + rest} : std::nullopt;
  }
  if (type != hello_2_server) return {};
  const auto hit = in.u8(), kind = in.u8();
  const auto v = in.u16();
  const std::size_t certificate = in.u16(), kinds = in.u16(), id = in.u16();
  if (!in.ok()) return 0;
  const bool valid = hit <= 1 && kind <= 1 && v == version::ssl_2 && kinds % 3 == 0 && 11 + certificate + kinds + id == rest;
  return valid ? std::optional{2 + rest} : std::nullopt;
}

/// True where the beginning of a ClientHello or ServerHello agrees with itself, though its end may be still to come.
match probe_hello(bytes head, std::size_t record) {
  reader in{head};
  in.skip(3);
  const std::size_t size = in.u16();
  const auto type = in.u8();
  const auto body = static_cast<std::size_t>(in.be_n(3));
  const auto v = in.u16();
  in.skip(32);
  const auto session = in.u8();
  const std::size_t begun = in.ok() ? 1 : 0;
  in.skip(session);
  const std::size_t suites = in.u16();
  if (begun != 0 && (!known_version(v) || session > 32 || body < 38 || size < 38)) return match::no;
  if (!in.ok()) return head.size() >= record ? match::no : match::unsure;
  if (type == handshake_type::server_hello) return match::certain;
  return suites != 0 && suites % 2 == 0 && 37 + session + suites <= body ? match::certain : match::no;
}

}  // namespace

result<std::size_t> record_size(bytes head) {
  if (head.empty()) return 0u;
  if ((head[0] & length_bit) != 0) {
    const auto size = hello_2_size(head);
    if (!size) return fail(fault::malformed, "no record of TLS begins here");
    return *size;
  }
  reader in{head};
  const auto kind = in.u8();
  if (kind < content::change_cipher || kind > content::heartbeat) return fail(fault::malformed, "a content type that is not known");
  const auto v = in.u16();
  const std::size_t size = in.u16();
  if (!in.ok()) return 0u;
  if (!known_version(v)) return fail(fault::malformed, "a record of an unknown version");
  if (size > longest_record || (size == 0 && kind != content::application)) return fail(fault::malformed, "the length of a record");
  return record_head + size;
}

bool begins_record(bytes head) {
  const auto size = record_size(head);
  return size && *size != 0;
}

match probe_stream(bytes head) {
  const auto size = record_size(head);
  if (!size) return match::no;
  if (*size == 0) return match::unsure;
  if ((head[0] & length_bit) != 0) return head.size() >= *size ? match::certain : match::unsure;
  reader in{head};
  const auto kind = in.u8();
  in.skip(4);
  switch (kind) {
    case content::handshake: {
      const auto type = in.u8();
      if (!in.ok()) return match::unsure;
      if (type == handshake_type::client_hello || type == handshake_type::server_hello) return probe_hello(head, *size);
      break;  // sealed, or another message: picked up in the middle
    }
    case content::alert: {
      const auto level = in.u8(), code = in.u8();
      if (*size == record_head + 2 && in.ok() && ((level != 1 && level != 2) || alert_name(code) == "unknown")) return match::no;
      break;
    }
    case content::change_cipher:
      if (*size != record_head + 1 || (head.size() > record_head && head[record_head] != 1)) return match::no;
      break;
    default: break;
  }
  if (head.size() < *size) return match::unsure;
  const auto next = record_size(head.subspan(*size));
  return next ? match::yes : match::no;
}

void watch::add(const message& m, bytes data, output& out) {
  of_.addresses[static_cast<std::size_t>(m.from)] = m.source.address;
  of_.addresses[static_cast<std::size_t>(other(m.from))] = m.target.address;
  auto& d = of(m.from);
  if (d.adrift) {
    if (!begins_record(data)) return;
    d.adrift = false;
  }
  if (d.record.empty()) {
    const auto used = read_records(m.from, data, m.time, out);
    if (!d.adrift && used < data.size()) d.record.assign(data.begin() + static_cast<std::ptrdiff_t>(used), data.end());
  } else {
    d.record.insert(d.record.end(), data.begin(), data.end());
    const auto used = read_records(m.from, d.record, m.time, out);
    if (d.adrift)
      d.record.clear();
    else
      d.record.erase(d.record.begin(), d.record.begin() + static_cast<std::ptrdiff_t>(used));
  }
  tell_remarks(connection_, of_, out);
  tell(connection_, of_, m.time, false, out);
}

std::size_t watch::read_records(side from, bytes data, timestamp time, output& out) {
  std::size_t used = 0;
  while (used < data.size()) {
    const auto rest = data.subspan(used);
    const auto size = record_size(rest);
    if (!size) {
      connection_.broke(from, "record", size.error().what);
      of(from).adrift = true;
      break;
    }
    if (*size == 0 || *size > rest.size()) break;
    on_record(from, rest.first(*size), time, out);
    used += *size;
  }
  return used;
}

void watch::on_gap(side from) {
  auto& d = of(from);
  d.record.clear(), d.handshake.clear();
  d.skip = 0;
  d.adrift = true;
  connection_.lost(from);
}

void watch::on_record(side from, bytes record, timestamp time, output& out) {
  if ((record[0] & length_bit) != 0) {
    out.count(of_.protocol, "record", "ssl_2");
    return connection_.on_hello_2(from, record.subspan(2), time);
  }
  const auto kind = record[0];
  const auto body = record.subspan(record_head);
  out.count(of_.protocol, "record", std::uint32_t{kind});
  const bool sealed = connection_.sealed(from);
  switch (kind) {
    case content::change_cipher:
      of(from).handshake.clear();
      connection_.on_change_cipher(from);
      break;
    case content::alert:
      if (sealed || body.size() != 2) return connection_.on_sealed(from, kind, time);
      out.count(of_.protocol, "alert", std::uint32_t{body[1]});
      connection_.on_alert(from, body, time);
      break;
    case content::handshake: sealed ? connection_.on_sealed(from, kind, time) : on_handshake(from, body, time, out); break;
    case content::application:
      if (!late_ && connection_.seen() == nullptr && !connection_.told())
        joined_late(static_cast<std::uint16_t>(record[1] << 8 | record[2]), out);
      connection_.on_application(from, body.size(), time);
      break;
    case content::heartbeat:
      if (!sealed) connection_.on_heartbeat(from, body);
      break;
    default: break;
  }
}

/// From TLS 1.3 on a record says that it is of 1.2; until then it says its version.
void watch::joined_late(std::uint16_t v, output& out) {
  late_ = true;
  out.describe("handshake", "not_seen");
  out.describe("tls_version", v == version::tls_1_2 ? "TLS 1.2 or 1.3" : version_name(v));
  if (is_old(v)) out.describe("tls_weakness", "old_version");
}

void watch::on_handshake(side from, bytes fragment, timestamp time, output& out) {
  auto& d = of(from);
  const auto skipped = std::min(d.skip, fragment.size());
  d.skip -= skipped;
  fragment = fragment.subspan(skipped);
  if (d.handshake.empty()) {
    const auto used = read_messages(from, fragment, time, out);
    d.handshake.assign(fragment.begin() + static_cast<std::ptrdiff_t>(used), fragment.end());
    return;
  }
  d.handshake.insert(d.handshake.end(), fragment.begin(), fragment.end());
  const auto held = std::exchange(d.handshake, {});
  const auto used = read_messages(from, held, time, out);
  d.handshake.assign(held.begin() + static_cast<std::ptrdiff_t>(used), held.end());
}

/// What is no message is most often sealed: the sign for it was lost, or the conversation was joined late.
std::size_t watch::read_messages(side from, bytes data, timestamp time, output& out) {
  std::size_t used = 0;
  while (used < data.size()) {
    reader in{data.subspan(used)};
    const auto type = in.u8();
    const auto size = static_cast<std::size_t>(in.be_n(3));
    const bool whole = in.left() >= size && in.ok();
    const bool hello = type == handshake_type::client_hello || type == handshake_type::server_hello;
    const bool believed = connection_.greeted(from) ? known_message(type) && size < (1u << 20) : hello || (whole && known_message(type));
    if (!believed) {
      if (connection_.greeted(from) && !connection_.lossy(from))
        connection_.broke(from, "handshake_type", "a handshake message of a type that is not known");
      connection_.seal(from);
      connection_.on_sealed(from, content::handshake, time);
      return data.size();
    }
    if (!in.ok()) break;
    if (size > longest_message) {
      out.count(of_.protocol, "forgotten", "handshake");
      connection_.broke(from, "handshake_length", "a handshake message is longer than is kept");
      const auto here = std::min(size, in.left());
      of(from).skip = size - here;
      used += message_head + here;
      continue;
    }
    if (!whole) break;
    out.count(of_.protocol, "handshake", std::uint32_t{type});
    connection_.on_handshake(from, type, in.take(size), time);
    used += message_head + size;
  }
  return used;
}

}  // namespace mw::tls
