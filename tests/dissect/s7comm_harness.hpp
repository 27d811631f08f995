// What the S7comm tests say alike: PDUs in their transport, items and their data, a conversation, records as short text.
#pragma once
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

namespace mw::test::s7comm {
inline octets pdu(std::uint8_t kind, std::uint16_t reference, const octets& parameters, const octets& data = {}, std::uint16_t error = 0) {
  auto p = octets{0x32, kind, 0, 0} + word(reference) + word(parameters.size()) + word(data.size());
  if (kind == 2 || kind == 3) p = p + word(error);
  return p + parameters + data;
}
inline octets job(std::uint16_t reference, const octets& parameters, const octets& data = {}) {
  return tpkt_data(pdu(1, reference, parameters, data));
}
inline octets ack(std::uint16_t reference, const octets& parameters, const octets& data = {}, std::uint16_t error = 0) {
  return tpkt_data(pdu(3, reference, parameters, data, error));
}
inline octets body(const octets& content, std::uint8_t code = 0xff) { return octets{code, 0x09} + word(content.size()) + content; }
inline const octets nothing = hex("0a 00 00 00");
/// Userdata with the short head of requests and the long one of answers and pushes.
inline octets ask(std::uint16_t reference, std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0) {
  return tpkt_data(pdu(7, reference, hex("00 01 12 04 11") + octets{static_cast<std::uint8_t>(0x40 | group), function, sequence}, data));
}
inline octets reply(std::uint16_t reference, std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0,
                    std::uint16_t error = 0, std::uint8_t unit = 0, bool more = false, std::uint8_t kind = 0x80) {
  return tpkt_data(pdu(7, reference,
                       hex("00 01 12 08 12") +
                           octets{static_cast<std::uint8_t>(kind | group), function, sequence, unit, static_cast<std::uint8_t>(more)} +
                           word(error),
                       data));
}
inline octets push(std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0) {
  return reply(0, group, function, data, sequence, 0, 0, false, 0);
}
inline const octets connect_request = hex("03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02");
inline const octets connect_confirm = hex("03 00 00 16 11 d0 00 01 00 07 00 c0 01 0a c1 02 01 00 c2 02 01 02");

inline std::string show(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : " ") += o.space + ':' + o.address + 'x' + std::to_string(o.count);
  return out;
}
inline std::string show(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : " ") += std::holds_alternative<std::monostate>(v) ? "null" : to_string(v);
  return out;
}
inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "(none)";
}

struct talk : conversation {
  talk() : conversation{"s7comm"} {}
  void asks(const octets& o) { say(side::client, o); }
  void answers(const octets& o) { say(side::server, o); }
  const operation& at(std::size_t n) {
    static const operation none;
    EXPECT_GT(out.operations.size(), n);
    return n < out.operations.size() ? out.operations[n] : none;
  }
  const operation& only() {
    EXPECT_EQ(out.operations.size(), 1u);
    return at(0);
  }
  std::string rules() const {
    std::string all;
    for (const auto& v : out.violations) (all += all.empty() ? "" : " ") += v.rule;
    return all;
  }
  std::string fact(std::string_view kind) const {
    for (const auto& f : out.facts)
      if (f.kind == kind) return f.value;
    return "(none)";
  }
};

inline octets any(std::uint8_t size, std::size_t count, std::size_t block, std::uint8_t area, std::size_t address) {
  return octets{0x12, 0x0a, 0x10, size} + word(count) + word(block) + octets{area, static_cast<std::uint8_t>(address >> 16)} +
         word(address & 0xffff);
}
inline octets datum(std::uint8_t size, std::size_t length, const octets& d) { return octets{0xff, size} + word(length) + d; }

}  // namespace mw::test::s7comm
