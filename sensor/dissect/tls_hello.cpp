// The greetings of TLS (RFC 8446 4.1 and 4.2, RFC 6066, RFC 7301) and their fingerprints JA3, JA3S and JA4.
#include "sensor/dissect/tls_hello.hpp"

#include "common/digest.hpp"
#include "common/text.hpp"
#include "sensor/dissect/tls_names.hpp"

#include <algorithm>
#include <array>

namespace mw::tls {
namespace {

namespace extension {
constexpr std::uint16_t server_name = 0, groups = 10, point_formats = 11, signatures = 13, alpn = 16, ticket = 35, psk = 41,
                        early_data = 42, versions = 43, key_share = 51, encrypted_hello = 0xfe0d, encrypted_name = 0xffce;
}  // namespace extension

constexpr std::size_t random_size = 32, longest_session = 32, most_applications = 16;
/// SHA-256 of "HelloRetryRequest": what stands in the place of the random numbers (RFC 8446 4.1.3).
constexpr std::array<std::uint8_t, random_size> retry_random{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                                             0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                                             0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
constexpr std::string_view downgrade_mark = "DOWNGRD";

std::vector<std::uint16_t> numbers(reader part) {
  std::vector<std::uint16_t> out;
  while (part.left() > 1) out.push_back(part.u16());
  return out;
}
std::vector<std::uint8_t> octets(bytes b) { return {b.begin(), b.end()}; }

/// A list of names, each with its length before it; the first as it stands in `first`.
std::vector<std::string> names(reader part, std::string* first = nullptr) {
  std::vector<std::string> out;
  while (part.left() && out.size() < most_applications) {
    const auto name = part.take(part.u8());
    if (!part.ok()) break;
    if (out.empty() && first != nullptr) first->assign(name.begin(), name.end());
    out.push_back(printable(name, 64));
  }
  return out;
}

void read_extension(std::uint16_t which, reader e, client_hello& h) {
  switch (which) {
    case extension::server_name: {
      auto list = e.part(e.u16());
      const auto kind = list.u8();
      const auto name = list.take(list.u16());
      if (list.ok() && kind == 0) h.server_name = printable(name);
      break;
    }
    case extension::groups: h.groups = numbers(e.part(e.u16())); break;
    case extension::point_formats: h.point_formats = octets(e.take(e.u8())); break;
    case extension::signatures: h.signatures = numbers(e.part(e.u16())); break;
    case extension::alpn: h.applications = names(e.part(e.u16()), &h.first_application); break;
    case extension::ticket: h.ticket = e.left() != 0; break;
    case extension::psk: h.psk = true; break;
    case extension::early_data: h.early_data = true; break;
    case extension::versions: h.versions = numbers(e.part(e.u8())); break;
    case extension::encrypted_hello:
    case extension::encrypted_name: h.encrypted_hello = true; break;
    default: break;
  }
}

template <class T>
std::string joined(const std::vector<T>& list, std::string_view by) {
  std::string out;
  for (const auto v : list) {
    if constexpr (sizeof(T) == sizeof(std::uint16_t))
      if (is_grease(v)) continue;
    if (!out.empty()) out += by;
    out += std::to_string(v);
  }
  return out;
}
std::vector<std::uint16_t> without_grease(const auto& list) {
  std::vector<std::uint16_t> out;
  for (const auto v : list)
    if (v <= 0xffff && !is_grease(static_cast<std::uint16_t>(v))) out.push_back(static_cast<std::uint16_t>(v));
  return out;
}

std::string hex_list(const std::vector<std::uint16_t>& list) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto v : list) {
    if (!out.empty()) out += ',';
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  }
  return out;
}
std::string short_hash(const std::string& text) { return text.empty() ? std::string(12, '0') : sha256(text).substr(0, 12); }
std::string two_digits(std::size_t n) {
  n = std::min<std::size_t>(n, 99);
  return {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
}
std::string_view ja4_version(std::uint16_t v) {
  switch (v) {
    case version::tls_1_3: return "13";
    case version::tls_1_2: return "12";
    case version::tls_1_1: return "11";
    case version::tls_1_0: return "10";
    case version::ssl_3: return "s3";
    case version::ssl_2: return "s2";
    case version::dtls_1_0: return "d1";
    case version::dtls_1_2: return "d2";
    case version::dtls_1_3: return "d3";
    default: return "00";
  }
}
/// First and last character of the first application, of its hex form where one of them is neither letter nor digit.
std::string ja4_application(const std::string& name) {
  if (name.empty()) return "00";
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const auto first = name.front(), last = name.back();
  if (plain(first) && plain(last)) return {first, last};
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[static_cast<unsigned char>(first) >> 4], digits[static_cast<unsigned char>(last) & 15]};
}

}  // namespace

std::uint16_t client_hello::newest() const {
  const auto known = without_grease(versions);
  if (known.empty()) return version;
  return datagram ? std::ranges::min(known) : std::ranges::max(known);  // versions of DTLS count down
}
bool client_hello::offers(std::uint16_t e) const { return std::ranges::find(extensions, e) != extensions.end(); }

result<client_hello> read_client_hello(bytes body, bool datagram) {
  client_hello h;
  h.datagram = datagram;
  reader in{body};
  h.version = in.u16();
  in.skip(random_size);
  const auto session = in.take(in.u8());
  in.expect(session.size() <= longest_session, "a session identifier has at most 32 octets");
  if (datagram) in.skip(in.u8());  // cookie
  auto suites = in.part(in.u16());
  in.expect(suites.left() % 2 == 0, "cipher suites are pairs of octets");
  while (suites.left()) h.ciphers.push_back(suites.u16());
  const auto methods = in.take(in.u8());
  in.expect(!methods.empty(), "a client offers at least one way of compression");
  auto extensions = in.left() ? in.part(in.u16()) : reader{{}};
  while (extensions.left()) {
    const auto which = extensions.u16();
    auto e = extensions.part(extensions.u16());
    if (!extensions.ok()) break;
    h.extensions.push_back(which);
    read_extension(which, e, h);
  }
  if (!extensions.ok()) return tl::unexpected{extensions.why()};
  if (!in.ok()) return tl::unexpected{in.why()};
  h.session = octets(session);
  return h;
}

result<client_hello> read_client_hello_2(bytes message) {
  client_hello h;
  h.ssl_2 = true;
  reader in{message};
  in.expect(in.u8() == 1, "a client begins with its hello");
  h.version = in.u16();
  const std::size_t suites = in.u16(), session = in.u16(), challenge = in.u16();
  in.expect(suites % 3 == 0 && suites != 0, "cipher kinds have three octets");
  in.expect(challenge >= 16 && challenge <= 32, "a challenge has 16 to 32 octets");
  auto kinds = in.part(suites);
  while (kinds.left()) h.ciphers.push_back(static_cast<std::uint32_t>(kinds.be_n(3)));
  h.session = octets(in.take(session));
  in.skip(challenge);
  in.expect(in.left() == 0, "the hello ends with its challenge");
  if (!in.ok()) return tl::unexpected{in.why()};
  return h;
}

result<server_hello> read_server_hello(bytes body) {
  server_hello h;
  reader in{body};
  h.version = h.legacy = in.u16();
  const auto random = in.take(random_size);
  const auto session = in.take(in.u8());
  in.expect(session.size() <= longest_session, "a session identifier has at most 32 octets");
  h.cipher = in.u16();
  h.compression = in.u8() != 0;
  if (!in.ok()) return tl::unexpected{in.why()};
  h.session = octets(session);
  h.retry = std::ranges::equal(random, retry_random);
  h.downgraded = std::ranges::equal(random.subspan(24, 7), downgrade_mark) && random[31] <= 1;
  auto extensions = in.left() ? in.part(in.u16()) : reader{{}};
  while (extensions.left()) {
    const auto which = extensions.u16();
    auto e = extensions.part(extensions.u16());
    if (!extensions.ok()) break;
    h.extensions.push_back(which);
    if (which == extension::versions && e.left() >= 2) h.version = e.u16();
    if (which == extension::key_share && e.left() >= 2) h.group = e.u16();
    if (which == extension::psk) h.psk = true;
    if (which == extension::alpn)
      if (auto chosen = names(e.part(e.u16())); !chosen.empty()) h.application = std::move(chosen.front());
  }
  if (!extensions.ok()) return tl::unexpected{extensions.why()};
  if (!in.ok()) return tl::unexpected{in.why()};
  return h;
}

std::string ja3(const client_hello& h) {
  if (h.ssl_2) return {};
  return md5(std::to_string(h.version) + ',' + joined(without_grease(h.ciphers), "-") + ',' + joined(h.extensions, "-") + ',' +
             joined(h.groups, "-") + ',' + joined(h.point_formats, "-"));
}

std::string ja3s(const server_hello& h) {
  if (h.ssl_2) return {};
  return md5(std::to_string(h.legacy) + ',' + std::to_string(h.cipher) + ',' + joined(h.extensions, "-"));
}

std::string ja4(const client_hello& h) {
  if (h.ssl_2) return {};
  auto ciphers = without_grease(h.ciphers), extensions = without_grease(h.extensions);
  const auto count = extensions.size();
  std::string out = h.datagram ? "d" : "t";
  out += ja4_version(h.newest());
  out += h.offers(extension::server_name) ? 'd' : 'i';
  out += two_digits(ciphers.size()) + two_digits(count) + ja4_application(h.first_application);
  std::erase_if(extensions, [](std::uint16_t e) { return e == extension::server_name || e == extension::alpn; });
  std::ranges::sort(ciphers), std::ranges::sort(extensions);
  auto rest = hex_list(extensions);
  const auto signatures = hex_list(without_grease(h.signatures));
  if (!signatures.empty()) rest += '_' + signatures;
  return out + '_' + short_hash(hex_list(ciphers)) + '_' + short_hash(rest);
}

}  // namespace mw::tls
