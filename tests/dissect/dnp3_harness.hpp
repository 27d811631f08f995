// What the DNP3 tests say alike: link frames with their checksums, a conversation of master and outstation, records as short text.
#pragma once
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test::dnp3 {

inline constexpr std::uint16_t master = 1, outstation = 10;

/// The checksum bit by bit, so that the table of the dissector is not checked against itself.
inline void append_crc(octets& to, std::size_t from) {
  unsigned v = 0;
  for (auto i = from; i < to.size(); ++i) {
    v ^= to[i];
    for (int bit = 0; bit < 8; ++bit) v = (v & 1) != 0 ? v >> 1 ^ 0xa6bc : v >> 1;
  }
  v = ~v & 0xffff;
  to.push_back(static_cast<std::uint8_t>(v));
  to.push_back(static_cast<std::uint8_t>(v >> 8));
}

inline octets link(std::uint8_t control, std::uint16_t destination, std::uint16_t source, const octets& data = {}) {
  const auto low = [](std::size_t n) { return static_cast<std::uint8_t>(n); };
  octets f{0x05, 0x64, low(5 + data.size()), control, low(destination), low(destination >> 8), low(source), low(source >> 8)};
  append_crc(f, 0);
  for (std::size_t i = 0; i < data.size(); i += 16) {
    const auto from = f.size();
    f.insert(f.end(), data.begin() + static_cast<std::ptrdiff_t>(i),
             data.begin() + static_cast<std::ptrdiff_t>(std::min(i + 16, data.size())));
    append_crc(f, from);
  }
  return f;
}
/// A segment with its transport octet, as user data.
inline octets segment(bool from_master, std::uint8_t transport_octet, octets application, std::uint16_t station = outstation) {
  application.insert(application.begin(), transport_octet);
  return from_master ? link(0xc4, station, master, application) : link(0x44, master, station, application);
}
inline octets ask(std::string_view application, std::uint16_t station = outstation) {
  return segment(true, 0xc0, hex(application), station);
}
inline octets reply(std::string_view application, std::uint16_t station = outstation) {
  return segment(false, 0xc0, hex(application), station);
}

struct talk : conversation {
  explicit talk(transport t = transport::tcp) : conversation{"dnp3", t} {}
  void asks(std::string_view application, std::uint16_t station = outstation) { say(side::client, ask(application, station)); }
  void replies(std::string_view application, std::uint16_t station = outstation) { say(side::server, reply(application, station)); }
  const operation& only() {
    EXPECT_EQ(out.operations.size(), 1u);
    static const operation none;
    return out.operations.empty() ? none : out.operations.back();
  }
  std::string rules() const {
    std::string all;
    for (const auto& v : out.violations) (all += all.empty() ? "" : " ") += v.rule;
    return all;
  }
  std::string fact(std::string_view kind) const {
    for (const auto& f : out.facts)
      if (f.kind == kind) return f.value;
    return {};
  }
};

inline std::string text(const std::vector<object>& objects) {
  std::string all;
  for (const auto& o : objects) {
    (all += all.empty() ? "" : " ") += o.space + '[' + o.address + ']';
    if (o.count != 1) all += 'x' + std::to_string(o.count);
  }
  return all;
}
inline std::string text(const std::vector<value>& values) {
  std::string all;
  for (std::size_t i = 0; i < values.size(); ++i) (all += i == 0 ? "" : " ") += values[i].index() == 0 ? "null" : to_string(values[i]);
  return all;
}
inline std::string text(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return {};
}
inline std::string how(const operation& op) { return std::string{to_string(op.outcome)} + (op.code ? ' ' + *op.code : ""); }

}  // namespace mw::test::dnp3
