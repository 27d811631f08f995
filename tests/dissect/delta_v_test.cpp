// Emerson DeltaV: who talks, and what kinds of messages pass.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets message_of(unsigned type, unsigned number, unsigned sender, std::string_view payload) {
  const auto data = hex(payload);
  octets m{0xfa, 0xce};
  for (const auto v : {static_cast<unsigned>(data.size()), type, number, sender})
    m.push_back(static_cast<std::uint8_t>(v >> 8)), m.push_back(static_cast<std::uint8_t>(v));
  for (const auto b : hex("123456 80 04 00")) m.push_back(b);
  m.insert(m.end(), data.begin(), data.end());
  m.push_back(0xab), m.push_back(0xcd);
  return m;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}

TEST(delta_v, kinds_of_messages_are_told_when_they_begin) {
  conversation talk{"delta_v", transport::udp};
  talk.client_end.address = ip::v4(10, 0, 0, 1), talk.server_end.address = ip::v4(10, 0, 0, 2);
  talk.say(client, message_of(3, 1, 0x0d, "00")), talk.say(server, message_of(4, 1, 2, "00"));
  talk.say(client, message_of(2, 2, 0x0d, "0501 00")), talk.say(server, message_of(2, 2, 0x0d, ""));
  for (unsigned i = 3; i < 20; ++i) talk.say(server, message_of(2, i, 2, "0403 0000")), talk.say(client, message_of(2, i, 2, ""));
  talk.say(server, message_of(2, 20, 2, "0304 0000"));
  talk.say(server, message_of(6, 21, 2, "00"));
  std::string all;
  for (const auto& op : talk.out.operations)
    all += op.unit + ' ' + op.function + ' ' + op.function_name + ' ' + std::string{to_string(op.action)} + ' ' +
           std::string{to_string(op.outcome)} + '\n';
  EXPECT_EQ(all, "13 3 connect session ok\n13 2/5/1 version identify none\n2 2/4/3 values report none\n2 2/3/4 alarms alarm none\n");
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.facts.size(), 4U);
  EXPECT_EQ(talk.out.facts[0].value, "Emerson");
  EXPECT_EQ(talk.out.counts["delta_v/data/4/3"], 17U);
  talk.wait(std::chrono::minutes{11});
  talk.say(server, message_of(2, 21, 2, "0403 0000"));
  EXPECT_EQ(talk.out.operations.size(), 5U);
}

TEST(delta_v, rules_and_bounds) {
  conversation talk{"delta_v", transport::udp};
  talk.say(server, message_of(2, 1, 2, "0403")), talk.say(server, message_of(2, 3, 2, "0403"));
  talk.say(server, message_of(2, 3, 2, "0403"));
  talk.say(server, message_of(2, 4, 2, "04"));
  talk.client("face 0005 0002 0001 0002 123456 800400 00");
  talk.client("facf 0000 0002 0001 0002 123456 800400");
  EXPECT_EQ(rules(talk.out), "sequence length length");
  EXPECT_EQ(talk.out.counts["delta_v/sequence/again"], 1U);
  for (unsigned i = 0; i < 70; ++i) {
    auto m = message_of(2, 1, 100 + i, "0600");
    m[17] = static_cast<std::uint8_t>(i);
    talk.say(client, m);
  }
  EXPECT_GT(talk.out.counts["delta_v/forgotten/kind"], 0U);
  EXPECT_GT(talk.out.counts["delta_v/forgotten/sender"], 0U);
  talk.say(client, message_of(3, 1, 0x0d, "00"));
  talk.wait(std::chrono::minutes{1});
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
}

TEST(delta_v, probe_and_prefixes) {
  const auto probe = [](const octets& b, transport t = transport::udp) { return named("delta_v").about.probe(b, t); };
  EXPECT_EQ(probe(message_of(2, 1, 2, "0403")), match::yes);
  EXPECT_EQ(probe(message_of(2, 1, 2, "")), match::yes);
  EXPECT_EQ(probe(message_of(2, 1, 2, "0403"), transport::tcp), match::no);
  EXPECT_EQ(probe(message_of(99, 1, 2, "0403")), match::no);
  auto longer = message_of(2, 1, 2, "0403");
  longer.push_back(0);
  EXPECT_EQ(probe(longer), match::no);
  EXPECT_EQ(probe(hex("face")), match::no);
  every_prefix("delta_v",
               {{client, message_of(3, 1, 0x0d, "00")}, {server, message_of(4, 1, 2, "00")}, {server, message_of(2, 2, 2, "0403 0000")}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
