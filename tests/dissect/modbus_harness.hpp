// What the Modbus, Modbus RTU and UMAS tests say alike: records as short text, PDUs in their frames.
#pragma once
#include "tests/dissect/harness.hpp"

namespace mw::test {

inline std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) out += (out.empty() ? "" : ",") + (std::holds_alternative<std::monostate>(v) ? "null" : to_string(v));
  return out;
}
inline std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) out += (out.empty() ? "" : ",") + o.space + ' ' + o.address + 'x' + std::to_string(o.count);
  return out;
}
inline std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : ",") + v.rule;
  return out;
}
inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "absent";
}
inline std::string fact_of(const recorder& r, std::string_view kind) {
  for (const auto& f : r.facts)
    if (f.kind == kind) return f.unit + '=' + f.value;
  return "absent";
}
/// A PDU with its unit in an MBAP header.
inline std::vector<std::uint8_t> framed(std::string_view unit_and_pdu, std::uint8_t transaction = 1) {
  const auto body = hex(unit_and_pdu);
  std::vector<std::uint8_t> out;
  out.reserve(6 + body.size());
  for (const auto octet : {std::size_t{0}, std::size_t{transaction}, std::size_t{0}, std::size_t{0}, body.size() >> 8, body.size() & 0xff})
    out.push_back(static_cast<std::uint8_t>(octet));
  for (const auto octet : body) out.push_back(octet);
  return out;
}

}  // namespace mw::test
