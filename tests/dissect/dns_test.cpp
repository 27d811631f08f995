// What names were asked for and answered, and what hosts say of themselves.
#include "sensor/dissect/dns_message.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

constexpr std::string_view query = "1a2b 0100 0001 0000 0000 0000 0373637603706c74 0000 01 00 01";
constexpr std::string_view answer =
    "1a2b 8180 0001 0002 0000 0000 0373637603706c7400 0001 0001"
    " c00c 0005 0001 0000003c 0004 01 61 c0 10"
    " c025 0001 0001 0000001e 0004 0a000007";
constexpr std::string_view no_such_name = "1a2b 8183 0001 0000 0000 0000 0373637603706c7400 0001 0001";

std::vector<std::uint8_t> row(std::string_view text) { return hex(text); }

message from(side s, const std::vector<std::uint8_t>& data, std::uint16_t port, ip source, ip target) {
  return {.data = data,
          .from = s,
          .time = timestamp{std::chrono::seconds{1}},
          .transport = transport::udp,
          .source = {source, {port}, {}},
          .target = {target, {port}, {}}};
}

TEST(dns, question_and_answer_are_one_operation) {
  conversation c{"dns", transport::udp};
  c.client(query);
  c.server(answer);
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.protocol, "dns");
  EXPECT_EQ(o.function, "1");
  EXPECT_EQ(o.function_name, "a");
  EXPECT_EQ(o.action, action::read);
  EXPECT_EQ(o.objects, (std::vector<object>{{"name", "scv.plt"}}));
  EXPECT_EQ(o.values, (std::vector<value>{std::string{"a.plt"}, std::string{"10.0.0.7"}}));
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_TRUE(o.latency);
  EXPECT_EQ(c.out.counts["dns/query_type/1"], 1u);
}

TEST(dns, refusal_carries_its_code) {
  conversation c{"dns", transport::udp};
  c.client(query);
  c.server(no_such_name);
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "3");
}

TEST(dns, unanswered_and_unasked) {
  conversation c{"dns", transport::udp};
  c.client(query);
  c.wait(std::chrono::seconds{11});
  c.server(answer);
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(c.out.operations[1].objects[0].address, "scv.plt");
}

TEST(dns, over_tcp_with_its_length) {
  conversation c{"dns"};
  auto q = row(query);
  q.insert(q.begin(), {0, static_cast<std::uint8_t>(q.size())});
  EXPECT_EQ(named("dns").about.probe(q, transport::tcp), match::yes);
  EXPECT_EQ(c.say(side::client, q), 0u);
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::timeout);
}

TEST(dns, identifiers) {
  conversation c{"dns", transport::udp};
  // 1.156.2.1.oid-res.org NAPTR
  c.client("0001 0100 0001 0000 0000 0000 01 31 03 313536 01 32 01 31 07 6f69642d726573 03 6f7267 00 0023 0001");
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& f = c.out.operations[0].fields;
  EXPECT_NE(std::ranges::find(f, field{"identifier_system", std::string{"oid"}}), f.end());
  EXPECT_NE(std::ranges::find(f, field{"identifier", std::string{"1.2.156.1"}}), f.end());
}

TEST(dns, names_that_go_in_circles) {
  for (const std::string_view text : {"0001 0100 0001 0000 0000 0000 c00c 0001 0001", "0001 0100 0001 0000 0000 0000 40 61 00 0001 0001",
                                      "0001 0100 0001 0000 0000 0000 03 61 62"}) {
    EXPECT_FALSE(dns::parse(row(text))) << text;
    conversation c{"dns", transport::udp};
    c.client(text);
    EXPECT_EQ(c.out.violations.size(), 1u) << text;
    EXPECT_EQ(named("dns").about.probe(row(text), transport::udp), match::no) << text;
  }
}

TEST(dns, hosts_name_themselves) {
  recorder out;
  const auto host = ip::v4(192, 168, 1, 5);
  auto s = named("dns").about.open();
  // hmi.local A 192.168.1.5 in an answer of multicast DNS; said twice, told once
  const auto said = row("0000 8400 0000 0001 0000 0000 03686d69056c6f63616c00 0001 8001 00000078 0004 c0a80105");
  for (int i = 0; i < 2; ++i) s->on_message(from(side::client, said, 5353, host, ip::v4(224, 0, 0, 251)), out);
  ASSERT_EQ(out.facts.size(), 1u);
  EXPECT_EQ(out.facts[0].kind, "host_name");
  EXPECT_EQ(out.facts[0].value, "hmi");
  ASSERT_EQ(out.operations.size(), 2u);
  EXPECT_EQ(out.operations[0].protocol, "mdns");
  EXPECT_EQ(out.operations[0].outcome, outcome::unsolicited);
  // another host's address is nothing that the sender says of itself
  const auto foreign = row("0000 8400 0000 0001 0000 0000 03686d69056c6f63616c00 0001 8001 00000078 0004 c0a80106");
  s->on_message(from(side::client, foreign, 5353, host, ip::v4(224, 0, 0, 251)), out);
  EXPECT_EQ(out.facts.size(), 1u);
}

TEST(dns, netbios) {
  EXPECT_EQ(dns::netbios_name("EGFCEFEECACACACACACACACACACACACA"), "FRED<20>");
  EXPECT_EQ(dns::netbios_name("FRED"), "");
  recorder out;
  auto s = named("dns").about.open();
  const auto registers =
      row("0007 2910 0001 0000 0000 0001 20 4547464345464545434143414341434143414341434143414341434143414341 00 0020 0001"
          " c00c 0020 0001 000493e0 0006 0000 c0a80105");
  s->on_message(from(side::client, registers, 137, ip::v4(192, 168, 1, 5), ip::v4(192, 168, 1, 255)), out);
  s->on_end({}, out);
  ASSERT_EQ(out.operations.size(), 1u);
  EXPECT_EQ(out.operations[0].protocol, "nbns");
  EXPECT_EQ(out.operations[0].objects[0].address, "FRED<20>");
  ASSERT_EQ(out.facts.size(), 1u);
  EXPECT_EQ(out.facts[0].value, "FRED");
}

TEST(dns, every_prefix) { every_prefix("dns", {{side::client, row(query)}, {side::server, row(answer)}}, transport::udp); }

}  // namespace
