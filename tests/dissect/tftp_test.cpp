// Requests of TFTP and their transfers, in one conversation and in two.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

std::vector<std::uint8_t> packet(std::initializer_list<std::string_view> parts) {  // each with a NUL behind it but the first
  std::vector<std::uint8_t> out;
  bool first = true;
  for (const auto p : parts) {
    if (first)
      out = hex(p);
    else
      out.insert(out.end(), p.begin(), p.end()), out.push_back(0);
    first = false;
  }
  return out;
}
std::vector<std::uint8_t> block(unsigned n, std::size_t size) {
  std::vector<std::uint8_t> out{0, 3, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  out.resize(4 + size, 0x41);
  return out;
}
std::vector<std::uint8_t> ack(unsigned n) { return {0, 4, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
const auto read_it = packet({"0001", "boot/rtu.hex", "octet", "blksize", "1024", "tsize", "0"});

TEST(tftp, request_announces_its_transfer) {
  conversation c{"tftp", transport::udp};
  c.client_end = {.address = ip::v4(10, 0, 0, 1), .port = {2000}};
  c.say(side::client, read_it);
  c.say(side::client, read_it);  // again, because nobody answered
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::file_read);
  EXPECT_EQ(o.function, "1");
  EXPECT_EQ(o.objects, (std::vector<object>{{"file", "boot/rtu.hex"}}));
  EXPECT_EQ(field_of(o, "mode"), value{std::string{"octet"}});
  EXPECT_EQ(field_of(o, "file_type"), value{std::string{"hex"}});
  EXPECT_EQ(field_of(o, "blksize"), value{std::uint64_t{1024}});
  EXPECT_EQ(c.out.expected, (std::vector<std::string>{"10.0.0.1 2000 udp client tftp"}));
}

TEST(tftp, a_read_on_fresh_ports) {
  conversation c{"tftp", transport::udp};
  c.say(side::server, packet({"0006", "blksize", "1024", "tsize", "1500"}));
  c.say(side::client, ack(0));
  c.say(side::server, block(1, 1024));
  c.say(side::client, ack(1));
  c.say(side::server, block(1, 1024));
  c.say(side::server, block(2, 476));
  EXPECT_TRUE(c.out.operations.empty());
  c.say(side::client, ack(2));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::file_read);
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(field_of(o, "bytes"), value{std::uint64_t{1500}});
  EXPECT_EQ(field_of(o, "repeated_blocks"), value{std::uint64_t{1}});
  EXPECT_EQ(field_of(o, "complete"), value{true});
  EXPECT_EQ(to_string(field_of(o, "sha256")).size(), 64u);
  EXPECT_EQ(field_of(o, "size_differs"), value{});
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(tftp, a_write_on_fresh_ports) {
  conversation c{"tftp", transport::udp};
  c.say(side::server, ack(0));
  c.say(side::client, block(1, 512));
  c.say(side::server, ack(1));
  c.say(side::client, block(3, 0));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::file_write);
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(field_of(o, "lost_blocks"), value{std::uint64_t{1}});
  EXPECT_EQ(field_of(o, "complete"), value{false});
  EXPECT_EQ(field_of(o, "sha256"), value{});
}

TEST(tftp, all_in_one_conversation) {
  conversation c{"tftp", transport::udp};
  c.say(side::client, packet({"0002", "fw.bin", "NETASCII"}));
  c.say(side::server, packet({"0005 0002", "Access violation"}));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[1].code, "2");
  EXPECT_EQ(c.out.operations[1].action, action::file_write);
  EXPECT_EQ(c.out.operations[1].objects[0].address, "fw.bin");
  EXPECT_EQ(field_of(c.out.operations[1], "error"), value{std::string{"access_violation"}});
  c.say(side::client, packet({"0001", "fw.bin", "octet"}));
  c.say(side::server, block(1, 512));
  c.say(side::client, ack(1));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 4u);
  EXPECT_EQ(c.out.operations[3].outcome, outcome::timeout);
  EXPECT_EQ(field_of(c.out.operations[3], "complete"), value{false});
}

TEST(tftp, numbers_begin_again) {
  conversation c{"tftp", transport::udp};
  for (unsigned n = 1; n <= 65537; ++n) c.say(side::server, block(n & 0xffff, 512));
  c.say(side::server, block(2, 1));
  c.say(side::client, ack(2));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(field_of(c.out.operations[0], "bytes"), value{std::uint64_t{65537 * 512 + 1}});
  EXPECT_EQ(field_of(c.out.operations[0], "lost_blocks"), value{});
  EXPECT_EQ(field_of(c.out.operations[0], "sha256"), value{});  // more than is digested
}

TEST(tftp, numbers_begin_again_with_one) {
  conversation c{"tftp", transport::udp};
  for (unsigned n = 1; n <= 65535; ++n) c.say(side::server, block(n, 512));
  c.say(side::server, block(1, 7));
  c.say(side::client, ack(1));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(field_of(c.out.operations[0], "bytes"), value{std::uint64_t{65535 * 512 + 7}});
  EXPECT_EQ(field_of(c.out.operations[0], "lost_blocks"), value{});
}

TEST(tftp, rules) {
  conversation c{"tftp", transport::udp};
  c.say(side::client, packet({"0001", "a", "binary"}));
  c.say(side::client, packet({"0001", "b", "octet", "blksize", "4"}));
  c.say(side::server, block(1, 5));
  c.say(side::client, block(1, 5));
  c.say(side::client, "0004 0001 00");
  c.say(side::client, packet({"0005 0063", "x"}));
  c.say(side::client, "0001 41");
  std::vector<std::string> rules;
  for (const auto& v : c.out.violations) rules.push_back(v.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"mode", "option", "direction", "length", "error_code", "request"}));
  c.say(side::client, "0009 41");
  EXPECT_EQ(c.last, verdict::not_mine);
}

TEST(tftp, what_is_tftp) {
  const auto& p = named("tftp").about;
  EXPECT_EQ(p.probe(read_it, transport::udp), match::certain);
  EXPECT_EQ(p.probe(packet({"0001", "a", "octal"}), transport::udp), match::no);
  EXPECT_EQ(p.probe(packet({"0006", "tsize", "5"}), transport::udp), match::yes);
  EXPECT_EQ(p.probe(packet({"0006", "size", "5"}), transport::udp), match::no);
  EXPECT_EQ(p.probe(block(1, 5), transport::udp), match::unsure);
  EXPECT_EQ(p.probe(hex("0007 0000"), transport::udp), match::no);
}

TEST(tftp, every_prefix) {
  every_prefix("tftp",
               {{side::client, read_it},
                {side::server, packet({"0006", "blksize", "8"})},
                {side::server, block(1, 9)},
                {side::client, ack(1)},
                {side::server, packet({"0005 0001", "no"})}},
               transport::udp);
}

}  // namespace
