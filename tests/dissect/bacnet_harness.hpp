// Frames for the tests of BACnet, and its words as text.
#pragma once
#include "tests/dissect/harness.hpp"

namespace mw::test {

/// An NPDU in Original-Unicast-NPDU on IPv4.
inline std::vector<std::uint8_t> on_ip(std::string_view npdu, std::uint8_t function = 0x0a) {
  const auto inside = hex(npdu);
  const auto size = inside.size() + 4;
  std::vector<std::uint8_t> out{0x81, function, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  out.insert(out.end(), inside.begin(), inside.end());
  return out;
}
inline std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) {
    (out += out.empty() ? "" : " ") += o.space + ',' + o.address;
    if (o.count != 1) out += 'x' + std::to_string(o.count);
    if (o.property) out += '/' + std::to_string(*o.property);
    if (o.index) out += '[' + std::to_string(*o.index) + ']';
  }
  return out;
}
inline std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values)
    (out += out.empty() ? "" : " ") += std::holds_alternative<std::monostate>(v) ? std::string{"null"} : to_string(v);
  return out;
}
inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "-";
}
inline std::string rules(const recorder& out) {
  std::string all;
  for (const auto& v : out.violations) (all += all.empty() ? "" : ",") += v.rule;
  return all;
}
inline std::string told(const recorder& out) {
  std::string all;
  for (const auto& f : out.facts) {
    (all += all.empty() ? "" : ",") +=
        (f.subject.empty() ? "" : f.subject + ' ') + (f.unit.empty() ? "" : f.unit + ' ') + f.kind + '=' + f.value;
  }
  return all;
}

}  // namespace mw::test
