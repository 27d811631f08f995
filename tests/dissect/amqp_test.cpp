// AMQP 0-9-1 and 1.0: versions, logins without passwords, exchanges, queues, links, and what closes them.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

using octets = std::vector<std::uint8_t>;

/// Hex, and text between single quotation marks.
octets mixed(std::string_view text) {
  octets out;
  while (!text.empty()) {
    const auto quote = std::min(text.find('\''), text.size());
    const auto plain = hex(text.substr(0, quote));
    out.insert(out.end(), plain.begin(), plain.end());
    text.remove_prefix(std::min(quote + 1, text.size()));
    if (quote == text.size() && text.empty()) break;
    const auto end = std::min(text.find('\''), text.size());
    out.insert(out.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}
octets number(std::size_t n, unsigned width) {
  octets out;
  for (unsigned i = width; i-- != 0;) out.push_back(static_cast<std::uint8_t>(n >> 8 * i));
  return out;
}
void join(octets& to, const octets& more) { to.insert(to.end(), more.begin(), more.end()); }
/// A frame of 0-9-1.
octets method(unsigned channel, std::string_view body, std::uint8_t type = 1) {
  const auto payload = mixed(body);
  octets out{type};
  join(out, number(channel, 2)), join(out, number(payload.size(), 4)), join(out, payload);
  out.push_back(0xce);
  return out;
}
/// A frame of 1.0 with a list of these values, `count` of them.
octets performative(unsigned type, std::uint8_t code, std::uint8_t count, std::string_view values, std::string_view behind = "") {
  const auto list = mixed(values), tail = mixed(behind);
  octets out = number(8 + 6 + list.size() + tail.size(), 4);
  join(out, {2, static_cast<std::uint8_t>(type), 0, 0, 0, 0x53, code, 0xc0, static_cast<std::uint8_t>(list.size() + 1), count});
  join(out, list), join(out, tail);
  return out;
}
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
std::vector<std::string> facts(const recorder& out) {
  std::vector<std::string> all;
  for (const auto& f : out.facts) all.push_back(f.kind + ' ' + f.value);
  return all;
}

const octets head_091 = mixed("'AMQP' 00000901");
const octets start =
    method(0,
           "000a 000a 00 09 00000032 07'product' 53 00000008'RabbitMQ' 07'version' 53 00000005'3.8.9' 01'x' 74 01 01'y' 46 00000000"
           "0000000e'PLAIN AMQPLAIN' 00000005'en_US'");
const octets start_ok = method(0, "000a 000b 00000000 05'PLAIN' 0000000a 00'guest'00'pwd' 05'en_US'");
const octets tune = method(0, "000a 001e 07ff 00020000 003c");

TEST(amqp_091, login_and_names) {
  conversation c{"amqp"};
  c.say(side::client, head_091);
  c.say(side::server, start);
  c.say(side::client, start_ok);
  c.say(side::server, tune);
  c.say(side::client, method(0, "000a 0028 01'/' 00 00"));
  c.say(side::server, method(0, "000a 0029 00"));
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[0].function_name, "protocol_header");
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  const auto& login = c.out.operations[1];
  EXPECT_EQ(login.action, action::authenticate);
  EXPECT_EQ(login.outcome, outcome::ok);
  EXPECT_EQ(login.objects, (std::vector<object>{{"user", "guest"}}));
  EXPECT_EQ(field_of(login, "mechanism"), value{std::string{"PLAIN"}});
  for (const auto& f : login.fields) EXPECT_EQ(to_string(f.second).find("pwd"), std::string::npos);
  EXPECT_EQ(c.out.operations[2].objects, (std::vector<object>{{"virtual_host", "/"}}));
  EXPECT_EQ(facts(c.out), (std::vector<std::string>{"software RabbitMQ 3.8.9", "user guest"}));
  EXPECT_EQ(c.out.described["version"], "0-9-1");
  EXPECT_EQ(c.out.described["mechanisms"], "PLAIN AMQPLAIN");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(amqp_091, login_that_fails) {
  conversation c{"amqp"};
  c.say(side::client,
        method(0, "000a 000b 00000000 08'AMQPLAIN' 0000001f 05'LOGIN' 53 00000003'bob' 08'PASSWORD' 53 00000004'pwd1' 05'en_US'"));
  c.say(side::server, method(0, "000a 0032 0193 0e'ACCESS_REFUSED' 000a 000b"));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].function_name, "login");
  EXPECT_EQ(c.out.operations[0].objects[0].address, "bob");
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "403");
  EXPECT_EQ(c.out.operations[1].code, "403");
  EXPECT_EQ(c.out.described["login"], "refused");
}

struct row {
  std::string_view asks, answers, name;
  mw::action action;
  std::string_view objects;
};
TEST(amqp_091, methods) {
  const row rows[] = {
      {"0028 000a 0000 02'ex' 05'topic' 02 00000000", "0028 000b", "exchange_declare", action::configure, "exchange=ex "},
      {"0032 000a 0000 00 00 00000000", "0032 000b 01'q' 00000002 00000001", "queue_declare", action::configure, "queue=q "},
      {"0032 000a 0000 01'q' 01 00000000", "0032 000b 01'q' 00000002 00000001", "queue_declare", action::read, "queue=q "},
      {"0032 0014 0000 01'q' 02'ex' 01'#' 00 00000000", "0032 0015", "queue_bind", action::configure, "queue=q exchange=ex "},
      {"0032 0032 0000 01'q' 02'ex' 01'#' 00000000", "0032 0033", "queue_unbind", action::configure, "queue=q exchange=ex "},
      {"0028 0028 0000 01'a' 01'b' 01'#' 00 00000000", "0028 0033", "exchange_unbind", action::configure, "exchange=a exchange=b "},
      {"003c 0014 0000 01'q' 01't' 00 00000000", "003c 0015 01't'", "basic_consume", action::subscribe, "queue=q "},
      {"003c 0046 0000 01'q' 00", "003c 0048 00", "basic_get", action::read, "queue=q "},
      {"0032 0028 0000 01'q' 00", "0032 0029 00000000", "queue_delete", action::configure, "queue=q "},
  };
  for (const auto& r : rows) {
    conversation c{"amqp"};
    c.say(side::client, method(1, r.asks));
    EXPECT_TRUE(c.out.operations.empty());
    c.say(side::server, method(1, r.answers));
    ASSERT_EQ(c.out.operations.size(), 1u) << r.name;
    const auto& o = c.out.operations[0];
    EXPECT_EQ(o.function_name, r.name);
    EXPECT_EQ(o.action, r.action);
    EXPECT_EQ(o.outcome, outcome::ok);
    std::string all;
    for (const auto& x : o.objects) all += x.space + '=' + x.address + ' ';
    EXPECT_EQ(all, r.objects);
    EXPECT_TRUE(c.out.violations.empty()) << r.name;
  }
  conversation c{"amqp"};
  c.say(side::client, method(1, "0032 0028 0000 01'q' 04"));  // no answer is wanted
  EXPECT_EQ(c.out.operations.at(0).outcome, outcome::none);
  c.say(side::client, method(1, "0032 000a 0000 01'q' 00 00000000"));
  c.say(side::server, method(1, "0014 0028 0196 06'exists' 0032 000a"));
  EXPECT_EQ(c.out.operations.at(1).outcome, outcome::refused);
  EXPECT_EQ(c.out.operations.at(1).code, "406");
  EXPECT_EQ(c.out.operations.at(2).function_name, "channel_close");
}

TEST(amqp_091, messages_are_counted) {
  conversation c{"amqp"};
  for (int i = 0; i < 5; ++i) {
    c.say(side::client, method(1, "003c 0028 0000 02'ex' 01'k' 00"));
    c.say(side::client, method(1, "003c 0000 0000000000000003 0000", 2));
    c.say(side::client, method(1, "'abc'", 3));
  }
  c.say(side::server, method(1, "003c 003c 01't' 0000000000000001 00 02'ex' 01'k'"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].objects, (std::vector<object>{{"exchange", "ex"}, {"routing_key", "k"}}));
  EXPECT_EQ(c.out.askers[1], side::client);
  EXPECT_EQ(c.out.described["published"], "5");
  EXPECT_EQ(c.out.described["delivered"], "1");
  EXPECT_EQ(c.out.described["content_bytes"], "15");
  conversation d{"amqp"};
  for (unsigned char i = 0; i < 70; ++i)
    d.say(side::client, method(1, std::string{"003c 0028 0000 02'e"} + static_cast<char>('A' + i % 26) + "' 01'" +
                                      static_cast<char>('a' + i / 26) + "' 00"));
  EXPECT_EQ(d.out.counts["amqp/forgotten/place"], 6u);
}

TEST(amqp_091, rules) {
  conversation c{"amqp"};
  c.say(side::client, mixed("'AMQP' 07070707"));
  c.say(side::client, method(0, "0063 0001"));
  c.say(side::client, method(0, "0032 000a 0000 01'q' 00 00000000"));
  c.say(side::client, method(1, "0032 000a 0000 09'q'"));
  std::vector<std::string> rules;
  for (const auto& v : c.out.violations) rules.push_back(v.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"version", "method", "channel", "arguments"}));
  conversation d{"amqp"};
  d.say(side::client, mixed("'AMQP' 00000901"));
  d.say(side::server, mixed("'AMQP' 00010000"));
  EXPECT_EQ(d.out.operations.at(0).outcome, outcome::refused);
  EXPECT_EQ(field_of(d.out.operations[0], "supported"), value{std::string{"1.0"}});
  EXPECT_FALSE(named("amqp").about.frame(mixed("01 0001 00000001 00 cf")));
  EXPECT_FALSE(named("amqp").about.frame(mixed("05 0001 00000001")));
}

TEST(amqp_10, login_and_links) {
  conversation c{"amqp"};
  c.say(side::client, mixed("'AMQP' 03010000"));
  c.say(side::server, mixed("'AMQP' 03010000"));
  c.say(side::server, performative(1, 0x40, 1, "e0 11 02 a3 05'PLAIN' 08'EXTERNAL'"));
  c.say(side::client, performative(1, 0x41, 2, "a3 05'PLAIN' a0 0a 00'guest'00'pwd'"));
  c.say(side::server, performative(1, 0x44, 1, "50 00"));
  c.say(side::client,
        performative(0, 0x10, 10, "a1 02'c1' a1 04'host' 40 40 40 40 40 40 40 c1 1a 04 a3 07'product' a1 02'qp' a3 07'version' a1 01'1'"));
  c.say(side::server, performative(0, 0x10, 1, "a1 02'br'"));
  c.say(side::client, performative(0, 0x12, 7, "a1 01'l' 43 41 40 40 00 53 28 c0 08 01 a1 05'alarm' 00 53 29 45"));
  c.say(side::server, performative(0, 0x12, 3, "a1 01'l' 43 42"));
  c.say(side::server, performative(0, 0x14, 1, "43", "'hello'"));
  c.say(side::server, number(8, 4));  // begins a heartbeat
  c.say(side::server, performative(0, 0x18, 1, "00 53 1d c0 0a 02 a3 05'x:bad' a1 01'y'"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 5u);
  EXPECT_EQ(c.out.operations[1].function_name, "login");
  EXPECT_EQ(c.out.operations[1].objects, (std::vector<object>{{"user", "guest"}}));
  EXPECT_EQ(c.out.operations[1].outcome, outcome::ok);
  EXPECT_EQ(c.out.operations[2].objects[0].address, "c1");
  EXPECT_EQ(field_of(c.out.operations[2], "peer_container"), value{std::string{"br"}});
  EXPECT_EQ(c.out.operations[3].action, action::subscribe);
  EXPECT_EQ(c.out.operations[3].objects, (std::vector<object>{{"address", "alarm"}}));
  EXPECT_EQ(c.out.operations[4].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[4].code, "x:bad");
  EXPECT_EQ(facts(c.out), (std::vector<std::string>{"user guest", "software qp 1"}));
  EXPECT_EQ(c.out.described["mechanisms"], "PLAIN EXTERNAL");
  EXPECT_EQ(c.out.described["delivered"], "1");
  EXPECT_EQ(c.out.described["content_bytes"], "5");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(amqp_10, refused_and_secured) {
  conversation c{"amqp"};
  c.say(side::client, performative(1, 0x41, 2, "a3 05'PLAIN' a0 07 00'bob'00'pw'"));
  c.say(side::server, performative(1, 0x44, 1, "50 01"));
  EXPECT_EQ(c.out.operations.at(0).outcome, outcome::refused);
  EXPECT_EQ(c.out.operations.at(0).code, "1");
  c.say(side::server, performative(0, 0x44, 0, ""));
  EXPECT_EQ(c.out.violations.at(0).rule, "performative");
  conversation d{"amqp"};
  d.say(side::client, mixed("'AMQP' 02010000"));
  d.say(side::server, mixed("'AMQP' 02010000"));
  EXPECT_EQ(d.out.became, "tls");
}

TEST(amqp_probe, what_is_amqp) {
  const auto& p = named("amqp").about;
  EXPECT_EQ(p.probe(head_091, transport::tcp), match::certain);
  EXPECT_EQ(p.probe(mixed("'AMQP'"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(mixed("'AMQP' 01020304"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(start, transport::tcp), match::yes);
  EXPECT_EQ(p.probe(mixed("08 0000 00000000 ce"), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(performative(0, 0x10, 1, "a1 01'c'"), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(performative(0, 0x20, 1, "a1 01'c'"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(mixed("0001 0000 0006 01 03 0000 0001"), transport::tcp), match::no);  // Modbus
  EXPECT_EQ(p.probe(mixed("16 0301 00c8 01 0000c4"), transport::tcp), match::no);
}

TEST(amqp_probe, every_prefix) {
  every_prefix("amqp", {{side::client, head_091},
                        {side::server, start},
                        {side::client, start_ok},
                        {side::client, method(1, "0032 0014 0000 01'q' 02'ex' 01'#' 00 00000000")},
                        {side::server, method(0, "000a 0032 0193 0e'ACCESS_REFUSED' 000a 000b")}});
  every_prefix("amqp", {{side::client, performative(1, 0x41, 2, "a3 05'PLAIN' a0 07 00'bob'00'pw'")},
                        {side::server, performative(0, 0x12, 7, "a1 01'l' 43 41 40 40 00 53 28 c0 08 01 a1 05'alarm' 00 53 29 45")},
                        {side::client, performative(0, 0x10, 10, "a1 02'c1' 40 40 40 40 40 40 40 40 c1 0e 02 a3 07'product' a1 02'qp'")},
                        {side::server, performative(0, 0x18, 1, "00 53 1d c0 0a 02 a3 05'x:bad' a1 01'y'")}});
}

}  // namespace
