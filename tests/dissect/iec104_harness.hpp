// What the IEC 60870-5-104 tests say alike: I-frames, a conversation that numbers them, records as short text.
#pragma once
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test::iec104 {
inline constexpr auto client = side::client, server = side::server;

inline const field* find_field(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? nullptr : &*at;
}
inline std::string text_of(const operation& op, std::string_view name) {
  const auto* f = find_field(op, name);
  return f == nullptr ? "-" : to_string(f->second);
}
/// Space of the first object, addresses, and the values, as one line.
inline std::string brief(const operation& op) {
  std::string out = op.function;
  for (const auto& o : op.objects) out += (&o == op.objects.data() ? " " + o.space + " " : ",") + o.address;
  out += " =";
  for (const auto& v : op.values) out += " " + (std::holds_alternative<std::monostate>(v) ? std::string{"null"} : to_string(v));
  return out;
}
inline std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
/// Puts an ASDU into an I-frame with the given numbers.
inline octets i_frame(std::string_view asdu, unsigned sent = 0, unsigned received = 0) {
  const auto body = hex(asdu);
  const auto low_first = [](unsigned n) { return octets{static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8)}; };
  return octets{0x68, static_cast<std::uint8_t>(body.size() + 4)} + low_first(sent << 1) + low_first(received << 1) + body;
}
/// A conversation picked up in the middle that numbers its I-frames itself.
struct talk : conversation {
  talk() : conversation{"iec104"} {}
  void i(side from, std::string_view asdu) {
    auto& mine = from == side::client ? next_client : next_server;
    say(from, i_frame(asdu, mine++, from == side::client ? next_server : next_client));
  }
  unsigned next_client = 100, next_server = 200;
};
inline const operation& only(const recorder& r) {
  static const operation none;
  EXPECT_EQ(r.operations.size(), 1u);
  return r.operations.empty() ? none : r.operations.front();
}

}  // namespace mw::test::iec104
