// DTLS: the handshake in datagrams, in fragments, with a cookie.
#include "tests/dissect/tls_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test::wire {
namespace {

octets datagram(std::uint8_t kind, const octets& body, unsigned epoch = 0, unsigned version = 0xfefd) {
  return joined({{kind}, number(version, 2), number(epoch, 2), octets(6, 0), sized(2, body)});
}
octets piece(std::uint8_t type, const octets& whole, unsigned sequence, std::size_t at, std::size_t size) {
  return joined({{type},
                 number(whole.size(), 3),
                 number(sequence, 2),
                 number(at, 3),
                 sized(3, {whole.begin() + static_cast<std::ptrdiff_t>(at), whole.begin() + static_cast<std::ptrdiff_t>(at + size)})});
}
octets whole(std::uint8_t type, const octets& body, unsigned sequence) { return datagram(22, piece(type, body, sequence, 0, body.size())); }

const octets opening = client_hello({.version = 0xfefd, .suites = hex("c02f"), .extensions = server_name, .datagram = true});
const octets with_cookie =
    client_hello({.version = 0xfefd, .suites = hex("c02f"), .extensions = server_name, .cookie = octets(20, 4), .datagram = true});
const octets chain = certificates({certificate()});

TEST(dtls, handshake_with_cookie_and_fragments) {
  conversation c{"dtls", transport::udp};
  c.say(side::client, whole(1, opening, 0));
  c.say(side::server, whole(3, hex("feff 02 aabb"), 0));
  c.say(side::client, whole(1, with_cookie, 1));
  c.say(side::server, joined({whole(2, server_hello({.version = 0xfefd}), 1), datagram(22, piece(11, chain, 2, 0, 100))}));
  c.say(side::server, datagram(22, piece(11, chain, 2, 0, 100)));  // sent again
  c.say(side::server, joined({datagram(22, piece(11, chain, 2, 100, chain.size() - 100)), whole(14, {}, 3)}));
  c.say(side::client, joined({whole(16, octets(66, 1), 2), datagram(20, {1}), datagram(22, octets(40, 0xee), 1)}));
  c.say(side::server, joined({datagram(20, {1}), datagram(22, octets(40, 0xee), 1)}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& op = c.out.operations[0];
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(op.function_name, "handshake");
  EXPECT_EQ(field_of(op, "tls_version"), "DTLS 1.2");
  EXPECT_EQ(field_of(op, "sni"), "plc1.mill");
  EXPECT_EQ(field_of(op, "subject"), "CN=plc1");
  EXPECT_EQ(field_of(op, "ja4").substr(0, 10), "dd2d010100");
  EXPECT_EQ(op.latency, std::chrono::milliseconds{3});
  EXPECT_EQ(rules_of(c.out), "");
  for (int i = 0; i < 3; ++i) c.say(side::client, datagram(23, octets(50, 2), 1));
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.counts["dtls/record/23"], 3u);
}

TEST(dtls, what_1_3_seals_has_another_head) {
  conversation c{"dtls", transport::udp};
  c.say(
      side::client,
      whole(1, client_hello({.version = 0xfefd, .suites = hex("1301"), .extensions = extension(43, hex("02 fefc")), .datagram = true}), 0));
  c.say(side::server, joined({whole(2, server_hello({.version = 0xfefd, .suite = 0x1301, .extensions = extension(43, hex("fefc"))}), 0),
                              hex("2e 1111 0040"), octets(64, 1)}));
  c.say(side::client, joined({hex("2e 1111 0040"), octets(64, 1)}));
  c.say(side::server, joined({hex("2e 1111 0040"), octets(64, 1)}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(c.out.operations[0], "tls_version"), "DTLS 1.3");
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(dtls, alerts_and_rules) {
  conversation c{"dtls", transport::udp};
  c.say(side::client, whole(1, opening, 0));
  c.say(side::server, datagram(21, hex("02 28")));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].code, "40");
  c.say(side::client, datagram(22, hex("01 000005 0000 000004 000002 0102")));
  EXPECT_EQ(rules_of(c.out), "fragment");
  c.say(side::client, joined({datagram(23, octets(20, 1), 1), hex("00")}));
  EXPECT_EQ(rules_of(c.out), "fragment record");
  c.say(side::client, hex("00 01 00 00 2112a442"));  // STUN shares the ports
  EXPECT_EQ(c.last, verdict::not_mine);
}

TEST(dtls, is_recognised) {
  const auto probe = [](const octets& data) { return named("dtls").about.probe(data, transport::udp); };
  EXPECT_EQ(probe(whole(1, opening, 0)), match::certain);
  EXPECT_EQ(probe(datagram(23, octets(40, 1), 1)), match::yes);
  EXPECT_EQ(probe(joined({datagram(23, octets(40, 1), 1), hex("ff")})), match::no);
  EXPECT_EQ(probe(datagram(22, hex("01 000005 0000 000004 000002 0102"))), match::no);
  EXPECT_EQ(probe(datagram(23, octets(40, 1), 1, 0x0303)), match::no);
  EXPECT_EQ(probe(joined({hex("2e 1111 0040"), octets(64, 1)})), match::no);
  EXPECT_EQ(probe({}), match::no);
  EXPECT_EQ(named("dtls").about.probe(whole(1, opening, 0), transport::tcp), match::no);
}

TEST(dtls, hostile_octets) {
  every_prefix("dtls",
               {{side::client, whole(1, opening, 0)},
                {side::server, joined({whole(2, server_hello({.version = 0xfefd}), 1), datagram(22, piece(11, chain, 2, 0, 100))})},
                {side::client, joined({datagram(21, hex("01 00")), hex("2e 1111 0012"), octets(18, 1)})}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test::wire
