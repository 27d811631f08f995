// What the OPC UA tests say alike: the encodings of OPC 10000-6, chunks and messages, records as short text.
#pragma once
#include "tests/dissect/bytes.hpp"

#include <bit>
#include <stdexcept>

namespace mw::test::opcua {

inline constexpr auto client = side::client, server = side::server;

/// Writes the encodings of OPC 10000-6, 5.2.
struct body {
  octets data;
  template <class T>
  body& le(T v) {
    auto n = static_cast<std::uint64_t>(v);
    for (std::size_t i = 0; i < sizeof(T); ++i) data.push_back(static_cast<std::uint8_t>(n)), n >>= 8;
    return *this;
  }
  body& u8(unsigned v) { return le(static_cast<std::uint8_t>(v)); }
  body& u16(unsigned v) { return le(static_cast<std::uint16_t>(v)); }
  body& u32(std::uint32_t v) { return le(v); }
  body& time(std::int64_t v) { return le(v); }
  body& real(double v) { return le(std::bit_cast<std::uint64_t>(v)); }
  body& raw(const octets& more) { return data.insert(data.end(), more.begin(), more.end()), *this; }
  body& raw(std::string_view digits) { return raw(hex(digits)); }
  body& text(std::string_view s) {
    le(static_cast<std::uint32_t>(s.size()));
    for (char c : s) data.push_back(static_cast<std::uint8_t>(c));
    return *this;
  }
  body& string(const octets& s) { return le(static_cast<std::uint32_t>(s.size())).raw(s); }
  body& none() { return u32(0xffffffff); }
  body& id(unsigned number) { return u8(1).u8(0).u16(number); }
  body& name(unsigned space, std::string_view s) { return u8(3).u16(space).text(s); }
  body& qualified(unsigned space, std::string_view s) { return u16(space).text(s); }
  body& localized(std::string_view s) { return u8(2).text(s); }
  body& nothing() { return raw("00 00 00"); }  // an extension object
  body& extension(unsigned type, const octets& inside) { return id(type).u8(1).string(inside); }
};

inline body request(unsigned id) { return body{}.id(id).raw("00 00").time(0).u32(7).u32(0).none().u32(1000).nothing(); }
inline body response(unsigned id, std::uint32_t result = 0) { return body{}.id(id).time(0).u32(7).u32(result).u8(0).none().nothing(); }

inline octets chunk(std::string_view type, const body& inside) {
  body b;
  for (char c : type) b.u8(static_cast<unsigned char>(c));
  return b.u32(static_cast<std::uint32_t>(inside.data.size() + 8)).raw(inside.data).data;
}
inline octets hello(std::string_view url = "opc.tcp://press:4840") {
  return chunk("HELF", body{}.u32(0).u32(65536).u32(65536).u32(0).u32(0).text(url));
}
inline octets acknowledge() { return chunk("ACKF", body{}.u32(0).u32(65536).u32(65536).u32(0).u32(0)); }
inline constexpr std::string_view none_policy = "http://opcfoundation.org/UA/SecurityPolicy#None";
inline octets open(std::uint32_t channel, const body& inside, std::uint32_t sequence = 1, std::uint32_t request_id = 1,
                   std::string_view policy = none_policy, const octets& certificate = {}) {
  body b;
  b.u32(channel).text(policy);
  certificate.empty() ? b.none() : b.string(certificate);
  return chunk("OPNF", b.none().u32(sequence).u32(request_id).raw(inside.data));
}
inline octets said(const body& inside, std::uint32_t sequence, std::uint32_t request_id, std::string_view type = "MSGF",
                   std::uint32_t channel = 5) {
  return chunk(type, body{}.u32(channel).u32(1).u32(sequence).u32(request_id).raw(inside.data));
}

/// A conversation that counts its sequence numbers.
struct talk : conversation {
  talk() : conversation{"opcua"} {}
  void ask(const body& inside) { say(side::client, said(inside, ++sent[0], ++number)); }
  void answer(const body& inside) { say(side::server, said(inside, ++sent[1], number)); }
  void both(const body& q, const body& a) { ask(q), answer(a); }
  std::uint32_t sent[2] = {10, 10}, number = 10;
};

inline std::string text(const std::vector<object>& all) {
  std::string out;
  for (const auto& o : all) out += (out.empty() ? "" : " ") + o.space + '/' + o.address;
  return out;
}
inline std::string text(const std::vector<value>& all) {
  std::string out;
  for (const auto& v : all) out += (out.empty() ? "" : "|") + (v.index() == 0 ? std::string{"null"} : to_string(v));
  return out;
}
inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "absent";
}
inline std::string facts(const recorder& r, std::string_view kind, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.kind == kind && f.who == who) out += (out.empty() ? "" : "|") + (f.unit.empty() ? "" : f.unit + "=") + f.value;
  return out;
}
inline std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
inline const operation& only(const recorder& r) {
  if (r.operations.size() != 1) throw std::runtime_error("operations: " + std::to_string(r.operations.size()));
  return r.operations[0];
}

}  // namespace mw::test::opcua
