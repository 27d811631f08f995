// EGD: datagrams by the published head, and what they mean.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

//                          type version request producer exchange seconds nanoseconds status signature reserved
std::string datagram(std::string_view request,
                     std::string_view rest = "0a000001 07000000 00f15365 0065cd1d 01000000 01020000 00000000 0a0b0c") {
  return "0d 01 " + std::string{request} + ' ' + std::string{rest};
}
struct producer : conversation {
  producer() : conversation{"egd", transport::udp} {}
};
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}

TEST(egd, a_production_is_one_report) {
  producer p;
  p.server(datagram("0100"));
  ASSERT_EQ(p.out.operations.size(), 1U);
  const auto& op = p.out.operations[0];
  EXPECT_EQ(op.function, "13");
  EXPECT_EQ(op.function_name, "produce");
  EXPECT_EQ(op.action, action::report);
  EXPECT_EQ(op.outcome, outcome::none);
  EXPECT_EQ(op.unit, "7");
  EXPECT_EQ(op.objects.at(0).space, "exchange");
  EXPECT_EQ(op.objects.at(0).address, "10.0.0.1/7");
  EXPECT_EQ(to_string(op.values.at(0)), "0x0a0b0c");
  EXPECT_EQ(field_of(op, "request_id"), "1");
  EXPECT_EQ(field_of(op, "config_signature"), "513");
  EXPECT_EQ(field_of(op, "status"), "1");
  EXPECT_EQ(field_of(op, "status_name"), "no_error");
  EXPECT_EQ(field_of(op, "timestamp"), "1700000000.5");
  EXPECT_EQ(p.out.askers[0], side::server);
  EXPECT_EQ(p.out.counts["egd/type/13"], 1U);
}

TEST(egd, the_producer_is_told_once) {
  producer p;
  p.client(datagram("0100")), p.client(datagram("0200"));
  ASSERT_EQ(p.out.facts.size(), 2U);
  EXPECT_EQ(p.out.facts[0].kind + '=' + p.out.facts[0].value, "role=egd_producer");
  EXPECT_EQ(p.out.facts[1].kind + '=' + p.out.facts[1].value, "egd_exchange=10.0.0.1/7");
}

struct row {
  std::string name, first, second, rules;
};
const row rows[] = {
    {"next", datagram("0100"), datagram("0200"), ""},
    {"wraps", datagram("ffff"), datagram("0000"), ""},
    {"missing", datagram("0100"), datagram("0500"), "sequence"},
    {"twice", datagram("0100"), datagram("0100"), "sequence"},
    {"back", datagram("0500"), datagram("0100"), "sequence"},
    {"another_exchange", datagram("0100"), datagram("0900", "0a000001 08000000 00000000 00000000 00000000 01020000 00000000 0a"), ""},
    {"another_producer", datagram("0100"), datagram("0900", "0a000002 07000000 00000000 00000000 00000000 01020000 00000000 0a"), ""},
    {"reconfigured", datagram("0100"), datagram("0200", "0a000001 07000000 00000000 00000000 00000000 02020000 00000000 0a"),
     "config_signature"},
    {"grows", datagram("0100"), datagram("0200", "0a000001 07000000 00000000 00000000 00000000 01020000 00000000 0a0b0c0d"), "size"},
    {"cut", datagram("0100"), "0d 01 0200", "length"},
    {"another_type", datagram("0100"), "0e 01 0200 0a000001 07000000 00000000 00000000 00000000 01020000 00000000", "type"},
    {"no_time", datagram("0100"), datagram("0200", "0a000001 07000000 01000000 00ca9a3b 00000000 01020000 00000000 0a0b0c"), "value"},
};
TEST(egd, rules_of_an_exchange) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    producer p;
    p.client(r.first), p.client(r.second);
    EXPECT_EQ(rules(p.out), r.rules);
    p.client(datagram("0300"));
    EXPECT_GE(p.out.operations.size(), 2U) << "the session goes on";
  }
}

TEST(egd, one_exchange_has_one_producer) {
  producer p;
  p.client(datagram("0100")), p.server(datagram("0200"));
  EXPECT_EQ(rules(p.out), "producer");
}

TEST(egd, exchanges_are_bounded) {
  producer p;
  for (int i = 0; i < 70; ++i) {
    auto d = hex(datagram("0100"));
    d[8] = static_cast<std::uint8_t>(i);
    p.say(side::client, d);
  }
  EXPECT_EQ(p.out.counts["egd/forgotten/exchange"], 6U);
  EXPECT_EQ(p.out.counts["egd/forgotten/fact"], 8U);
}

TEST(egd, the_probe_wants_a_whole_head) {
  const auto& probe = named("egd").about.probe;
  EXPECT_EQ(probe(hex(datagram("0100")), transport::udp), match::yes);
  EXPECT_EQ(probe(hex(datagram("0100")), transport::tcp), match::no);
  for (const auto& [place, octet] : {std::pair{0, 12}, {1, 2}, {20, 5}, {28, 1}, {19, 0xff}}) {
    auto d = hex(datagram("0100"));
    d[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(octet);
    EXPECT_EQ(probe(d, transport::udp), match::no) << place;
  }
  EXPECT_FALSE(named("egd").about.any_udp_port);
}

TEST(egd, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("egd", {{side::client, hex(datagram("0100"))}, {side::client, hex(datagram("0200"))}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
