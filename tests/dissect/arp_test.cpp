// ARP: who claims which address, how often that is said, and who asks for many.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string text(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) (out += out.empty() ? "" : ",") += f.kind + ' ' + f.subject + '=' + f.value;
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}

const std::string a = "02aa00000001", b = "02bb00000002", nobody = "000000000000";
const std::string head = "0001 0800 06 04 ";
std::string packet(std::string_view operation, const std::string& sender, std::string_view sender_ip, const std::string& target,
                   std::string_view target_ip) {
  return head + std::string{operation} + ' ' + sender + std::string{sender_ip} + target + std::string{target_ip};
}

TEST(arp, each_packet_says_what_it_says) {
  const struct {
    const char* name;
    std::string packet, facts, rules;
  } rows[] = {
      {"request", packet("0001", a, "0a000001", nobody, "0a000002"), "mac 10.0.0.1=02:aa:00:00:00:01", ""},
      {"reply", packet("0002", b, "0a000002", a, "0a000001"), "mac 10.0.0.2=02:bb:00:00:00:02", ""},
      {"padded", packet("0002", b, "0a000002", a, "0a000001") + "0000 0000 0000", "mac 10.0.0.2=02:bb:00:00:00:02", ""},
      {"announcement", packet("0001", a, "0a000001", nobody, "0a000001"), "gratuitous_arp 10.0.0.1=02:aa:00:00:00:01", ""},
      {"gratuitous_reply", packet("0002", a, "0a000001", a, "0a000001"), "gratuitous_arp 10.0.0.1=02:aa:00:00:00:01", ""},
      {"probe", packet("0001", a, "00000000", nobody, "0a000001"), "", ""},
      {"reply_without_address", packet("0002", a, "00000000", b, "0a000001"), "", "sender_address"},
      {"group_address", packet("0002", a, "e0000001", b, "0a000001"), "", "sender_address"},
      {"group_card", packet("0002", "ffffffffffff", "0a000001", b, "0a000002"), "", "sender_card"},
      {"no_card", packet("0002", nobody, "0a000001", b, "0a000002"), "", "sender_card"},
      {"inverse", packet("0008", a, "0a000001", b, "00000000"), "", ""},
      {"operation_0", packet("0000", a, "0a000001", b, "0a000002"), "", "operation"},
      {"operation_26", packet("001a", a, "0a000001", b, "0a000002"), "", "operation"},
      {"token_ring", "0004 0800 06 04 0001 " + a + "0a000001" + nobody + "0a000002", "", ""},
      {"sizes", "0001 0800 08 04 0001 " + a + "0a000001" + nobody + "0a000002", "", "address_size"},
      {"cut_in_addresses", head + "0001 " + a + "0a000001" + nobody + "0a0000", "", "length"},
      {"cut_in_header", "0001 0800 06 04 00", "", "length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"arp", transport::ethernet};
    talk.client(r.packet);
    EXPECT_EQ(text(talk.out), r.facts);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_TRUE(talk.out.operations.empty());
  }
}

TEST(arp, packets_are_counted) {
  conversation talk{"arp", transport::ethernet};
  for (int i = 0; i < 2; ++i) talk.client(packet("0001", a, "0a000001", nobody, "0a000002"));
  talk.client(packet("0001", a, "00000000", nobody, "0a000002"));
  talk.client(packet("0001", a, "0a000001", nobody, "0a000001"));
  talk.server(packet("0002", b, "0a000002", a, "0a000001"));
  const std::map<std::string, unsigned> expected{
      {"arp/operation/1", 4}, {"arp/operation/2", 1}, {"arp/packet/probe", 1}, {"arp/packet/gratuitous", 1}};
  EXPECT_EQ(talk.out.counts, expected);
}

TEST(arp, the_same_is_said_once_and_a_change_at_once) {
  conversation talk{"arp", transport::ethernet};
  for (int i = 0; i < 10; ++i) talk.server(packet("0002", b, "0a000002", a, "0a000001"));
  EXPECT_EQ(text(talk.out), "mac 10.0.0.2=02:bb:00:00:00:02");
  talk.server(packet("0002", "02cc00000003", "0a000002", a, "0a000001"));
  talk.server(packet("0002", b, "0a000002", a, "0a000001"));
  EXPECT_EQ(text(talk.out), "mac 10.0.0.2=02:bb:00:00:00:02,mac 10.0.0.2=02:cc:00:00:00:03,mac 10.0.0.2=02:bb:00:00:00:02");
  talk.wait(std::chrono::minutes{11});
  talk.server(packet("0002", b, "0a000002", a, "0a000001"));
  EXPECT_EQ(talk.out.facts.size(), 4U);
}

TEST(arp, announcements_are_said_each_time_and_a_flood_once_a_second) {
  conversation talk{"arp", transport::ethernet};
  for (int i = 0; i < 100; ++i) talk.client(packet("0002", a, "0a000001", a, "0a000001"));
  EXPECT_EQ(talk.out.facts.size(), 1U);
  for (int i = 0; i < 3; ++i) talk.wait(std::chrono::seconds{2}), talk.client(packet("0002", a, "0a000001", a, "0a000001"));
  EXPECT_EQ(talk.out.facts.size(), 4U);
}

TEST(arp, who_asks_for_many_addresses_is_told_of) {
  conversation talk{"arp", transport::ethernet};
  for (int round = 0; round < 3; ++round)
    for (const auto* target : {"01", "02", "03", "04", "05", "06", "07"})
      talk.client(packet("0001", a, "0a000063", nobody, std::string{"0a0001"} + target));
  EXPECT_EQ(talk.out.facts.size(), 1U);  // its own address; seven others are everyday life
  talk.client(packet("0001", a, "0a000063", nobody, "0a000108"));
  ASSERT_EQ(talk.out.facts.size(), 2U);
  EXPECT_EQ(talk.out.facts[1].kind, "arp_asked");
  EXPECT_EQ(talk.out.facts[1].subject, "10.0.0.99");
  EXPECT_EQ(talk.out.facts[1].value, "10.0.1.1 10.0.1.2 10.0.1.3 10.0.1.4 10.0.1.5 10.0.1.6 10.0.1.7 10.0.1.8");
  talk.wait(std::chrono::minutes{6});
  for (const auto* target : {"01", "02", "03", "04", "05", "06", "07", "08"})
    talk.client(packet("0001", a, "0a000063", nobody, std::string{"0a0001"} + target));
  EXPECT_EQ(talk.out.facts.size(), 3U);
}

TEST(arp, tables_are_bounded) {
  conversation talk{"arp", transport::ethernet};
  const auto sweep = [&] {
    for (unsigned i = 0; i < 1024; ++i) {
      auto p = hex(packet("0001", a, "0a000063", nobody, "0a010000"));
      p[26] = static_cast<std::uint8_t>(i >> 8), p[27] = static_cast<std::uint8_t>(i);
      talk.say(side::client, p);
    }
  };
  sweep();
  EXPECT_EQ(talk.out.facts.size(), 1U + 1024U / 8);
  sweep();  // 256 are remembered, so that all are new again
  EXPECT_EQ(talk.out.facts.size(), 1U + 2048U / 8);
  for (unsigned i = 0; i < 65; ++i) {
    auto p = hex(packet("0002", b, "0a020000", a, "0a000063"));
    p[17] = static_cast<std::uint8_t>(i);
    talk.say(side::server, p);
  }
  const auto before = talk.out.facts.size();
  talk.client(packet("0001", a, "0a000063", nobody, "0a010000"));  // its own binding was the oldest of 65
  EXPECT_GE(talk.out.facts.size(), before + 1);
}

TEST(arp, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("arp",
               {{side::client, hex(packet("0001", a, "0a000001", nobody, "0a000002"))},
                {side::server, hex(packet("0002", b, "0a000002", a, "0a000001"))}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
