// Composes EtherNet/IP messages around the CIP bytes that a test is about.
#pragma once
#include "tests/dissect/bytes.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace mw::test {

inline octets le(std::uint64_t v, std::size_t n) {
  octets out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(i < 8 ? static_cast<std::uint8_t>(v >> (8 * i)) : std::uint8_t{0});
  return out;
}
inline octets encapsulated(std::uint16_t command, const octets& body, std::uint64_t context = 0, std::uint32_t session = 0x11223344,
                           std::uint32_t status = 0) {
  return le(command, 2) + le(body.size(), 2) + le(session, 4) + le(status, 4) + le(context, 8) + le(0, 4) + body;
}
/// SendRRData.
inline octets unconnected(const octets& cip, std::uint64_t context = 1) {
  return encapsulated(111, le(0, 4) + le(0, 2) + le(2, 2) + le(0, 4) + le(0xb2, 2) + le(cip.size(), 2) + cip, context);
}
inline octets unconnected(std::string_view cip, std::uint64_t context = 1) { return unconnected(hex(cip), context); }
/// SendUnitData.
inline octets connected(const octets& cip, std::uint32_t connection, std::uint16_t sequence) {
  return encapsulated(112, le(0, 4) + le(0, 2) + le(2, 2) + le(0xa1, 2) + le(4, 2) + le(connection, 4) + le(0xb1, 2) +
                               le(cip.size() + 2, 2) + le(sequence, 2) + cip);
}
inline octets connected(std::string_view cip, std::uint32_t connection, std::uint16_t sequence) {
  return connected(hex(cip), connection, sequence);
}

inline std::string text_of(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) {
    if (!out.empty()) out += ' ';
    out += o.space + ':' + o.address;
    if (o.index) out += '[' + std::to_string(*o.index) + ']';
    if (o.count != 1) out += 'x' + std::to_string(o.count);
  }
  return out;
}
inline std::string text_of(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) out += (out.empty() ? "" : " ") + (std::holds_alternative<std::monostate>(v) ? "null" : to_string(v));
  return out;
}
/// The field of that name as text; "-" where there is none.
inline std::string field_of(const operation& op, std::string_view name) {
  const auto it = std::find_if(op.fields.begin(), op.fields.end(), [&](const field& f) { return f.first == name; });
  return it == op.fields.end() ? "-" : to_string(it->second);
}
/// The last fact of a kind, "unit=value@confidence"; "" where there is none.
inline std::string fact_of(const recorder& r, std::string_view kind) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.kind == kind) out = f.unit + '=' + f.value + '@' + std::to_string(f.confidence);
  return out;
}
inline std::string rules_of(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}

}  // namespace mw::test
