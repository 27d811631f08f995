// Builds certificates, TLS records and hellos for tests.
#pragma once
#include "tests/dissect/harness.hpp"

#include <initializer_list>

namespace mw::test::wire {

using octets = std::vector<std::uint8_t>;

inline octets joined(std::initializer_list<octets> parts) {
  octets out;
  for (const auto& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
inline octets text(std::string_view s) { return {s.begin(), s.end()}; }
inline octets number(std::size_t v, std::size_t octets_wide) {
  octets out(octets_wide);
  for (auto at = out.rbegin(); at != out.rend(); ++at, v >>= 8) *at = static_cast<std::uint8_t>(v);
  return out;
}
/// With its length before it.
inline octets sized(std::size_t octets_wide, const octets& data) { return joined({number(data.size(), octets_wide), data}); }

// ---- ASN.1
inline octets der(std::uint8_t tag, const octets& content) {
  if (content.size() < 128) return joined({{tag, static_cast<std::uint8_t>(content.size())}, content});
  return joined({{tag, 0x82}, number(content.size(), 2), content});
}
inline octets common_name(std::string_view name) { return der(0x31, der(0x30, joined({hex("06 03 55 04 03"), der(0x0c, text(name))}))); }

struct certificate_parts {
  std::string_view subject = "plc1", issuer = "Mill CA", from = "260101000000Z", to = "261231235959Z";
  std::string_view signature = "06 08 2a8648ce3d040302";  // ECDSA with SHA-256
  octets key = der(0x30, joined({der(0x30, hex("06 07 2a8648ce3d0201 06 08 2a8648ce3d030107")), hex("03 04 00 04aabb")}));
  /// DNS:plc1.mill, IP:10.1.2.3; no authority
  octets extensions =
      der(0x30, joined({der(0x30, joined({hex("06 03 55 1d 11"),
                                          der(0x04, der(0x30, joined({der(0x82, text("plc1.mill")), hex("87 04 0a010203")})))})),
                        der(0x30, joined({hex("06 03 55 1d 13 01 01 ff"), der(0x04, hex("30 00"))}))}));
};
inline octets certificate(const certificate_parts& c = {}) {
  const auto algorithm = der(0x30, hex(c.signature));
  const auto time = [](std::string_view t) { return der(t.size() == 13 ? 0x17 : 0x18, text(t)); };
  const auto content =
      joined({hex("a0 03 02 01 02  02 03 00 a1 b2"), algorithm, der(0x30, common_name(c.issuer)),
              der(0x30, joined({time(c.from), time(c.to)})), der(0x30, common_name(c.subject)), c.key, der(0xa3, c.extensions)});
  return der(0x30, joined({der(0x30, content), algorithm, hex("03 02 00 01")}));
}

// ---- TLS
inline octets record(std::uint8_t kind, const octets& body, unsigned version = 0x0303) {
  return joined({{kind}, number(version, 2), sized(2, body)});
}
inline octets message(std::uint8_t type, const octets& body) { return joined({{type}, sized(3, body)}); }
inline octets handshake(std::uint8_t type, const octets& body, unsigned version = 0x0303) {
  return record(22, message(type, body), version);
}
inline octets extension(unsigned type, const octets& body) { return joined({number(type, 2), sized(2, body)}); }

const octets random_octets(32, 0x5a);
inline const octets server_name = extension(0, sized(2, joined({{0}, sized(2, text("plc1.mill"))})));
inline octets alpn(std::string_view name) { return extension(16, sized(2, sized(1, text(name)))); }
inline const octets versions_1_3 = extension(43, hex("04 0304 0303"));

struct hello_parts {
  unsigned version = 0x0303;
  octets session = {}, suites = hex("1301 c02f 00ff"), extensions = {}, cookie = {};
  bool datagram = false;
};
inline octets client_hello(const hello_parts& h = {}) {
  return joined({number(h.version, 2), random_octets, sized(1, h.session), h.datagram ? sized(1, h.cookie) : octets{}, sized(2, h.suites),
                 hex("01 00"), h.extensions.empty() ? octets{} : sized(2, h.extensions)});
}
struct answer_parts {
  unsigned version = 0x0303, suite = 0xc02f;
  octets session = {}, extensions = {}, random = random_octets;
  std::uint8_t compression = 0;
};
inline octets server_hello(const answer_parts& h = {}) {
  return joined({number(h.version, 2),
                 h.random,
                 sized(1, h.session),
                 number(h.suite, 2),
                 {h.compression},
                 h.extensions.empty() ? octets{} : sized(2, h.extensions)});
}
inline octets certificates(std::initializer_list<octets> chain) {
  octets all;
  for (const auto& c : chain) all = joined({all, sized(3, c)});
  return sized(3, all);
}
inline const octets change_cipher = record(20, {1}), sealed_finished = record(22, octets(40, 0xee));

inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
inline std::string rules_of(const recorder& out) {
  std::string all;
  for (const auto& v : out.violations) all += (all.empty() ? "" : " ") + v.rule;
  return all;
}
inline std::string told(const recorder& out, std::string_view name) {
  const auto at = out.described.find(std::string{name});
  return at == out.described.end() ? "absent" : at->second;
}
inline std::string known_of(const recorder& out, side who, std::string_view kind) {
  std::string all;
  for (const auto& f : out.facts)
    if (f.who == who && f.kind == kind) all += (all.empty() ? "" : "|") + f.value;
  return all;
}

}  // namespace mw::test::wire
