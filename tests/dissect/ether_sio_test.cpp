// SAIA Ether-S-I/O: what each telegram turns into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client;
constexpr std::string_view two =
    "4553494f 0001 0000 0030 0007 00000018 0000000d 02 00  0000005c 00000001 0002 0b30  0000005d 00000002 0004 00000001";
constexpr std::string_view state = "4553494f 0002 0000 0018 0000 0001 000c 0000000d 01 03 02 80";

std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string fields(const operation& op) {
  std::string out;
  for (const auto& [name, said] : op.fields) out += (out.empty() ? "" : " ") + name + '=' + to_string(said);
  return out;
}
/// A telegram without transfers, with its number.
std::vector<std::uint8_t> empty(unsigned transaction, unsigned telegram = 1) {
  auto b = hex("4553494f 0001 0000 0016 0000 00000000 0000000d 00 00");
  b[10] = static_cast<std::uint8_t>(transaction >> 8), b[11] = static_cast<std::uint8_t>(transaction);
  b[15] = static_cast<std::uint8_t>(telegram);
  return b;
}

TEST(ether_sio, a_telegram_is_one_operation_with_all_its_transfers) {
  conversation talk{"ether_sio", transport::udp};
  talk.client(two);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.unit, "13");
  EXPECT_EQ(op.function, "1");
  EXPECT_EQ(op.function_name, "data_transfer");
  EXPECT_EQ(op.action, action::report);
  EXPECT_EQ(op.outcome, outcome::none);
  ASSERT_EQ(op.objects.size(), 2U);
  EXPECT_EQ(op.objects[0].space + ' ' + op.objects[0].address, "transfer 1/92");
  EXPECT_EQ(op.objects[0].count, 2U);
  EXPECT_EQ(op.objects[1].address, "2/93");
  EXPECT_EQ(to_string(op.values[0]) + ' ' + to_string(op.values[1]), "0x0b30 0x00000001");
  EXPECT_EQ(fields(op), "telegram=24 transaction=7 flags=0");
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.facts.size(), 1U);
  EXPECT_EQ(talk.out.facts[0].value, "Saia-Burgess Controls");
}

TEST(ether_sio, a_station_tells_how_it_is) {
  conversation talk{"ether_sio", transport::udp};
  talk.client(state);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].unit, "13");
  EXPECT_EQ(talk.out.operations[0].function_name, "station_status");
  EXPECT_EQ(fields(talk.out.operations[0]), "status_type=1 status=1 lost_telegrams=3 diagnostics=2 flags=128");
}

TEST(ether_sio, transactions_count_up_by_one) {
  const auto after = [](std::initializer_list<unsigned> numbers) {
    conversation talk{"ether_sio", transport::udp};
    for (const auto n : numbers) talk.say(client, empty(n));
    return rules(talk.out);
  };
  EXPECT_EQ(after({1, 2, 3}), "");
  EXPECT_EQ(after({0xfffe, 0xffff, 0, 1}), "");
  EXPECT_EQ(after({1, 3, 4}), "sequence");
  EXPECT_EQ(after({1, 1, 2}), "repeated");
  EXPECT_EQ(after({0x5000, 1, 2}), "");  // began anew
}

TEST(ether_sio, streams_are_bounded) {
  conversation talk{"ether_sio", transport::udp};
  for (unsigned i = 0; i < 70; ++i) talk.say(client, empty(1, i));
  EXPECT_EQ(talk.out.counts["ether_sio/forgotten/stream"], 6U);
  EXPECT_EQ(talk.out.operations.size(), 70U);
}

TEST(ether_sio, broken_telegrams_are_told_and_the_session_goes_on) {
  const struct {
    std::string_view bytes, rules;
    unsigned operations;
  } cases[] = {
      {"4553494f 0001", "length", 0},
      {"4553494e 0001 0000 000c 0007", "length", 0},
      {"4553494f 0003 0000 000c 0007", "type", 0},
      {"4553494f 0001 0001 0016 0007 00000018 0000000d 00 00", "version", 1},
      {"4553494f 0001 0000 0017 0007 00000018 0000000d 00 00", "length", 1},
      {"4553494f 0001 0000 0016 0007 00000018 0000000d 01 00", "count", 1},
      {"4553494f 0001 0000 0017 0007 00000018 0000000d 00 00 ff", "count", 1},
      {"4553494f 0001 0000 0021 0007 00000018 0000000d 01 00 0000005c 00000001 0002 0b", "length", 0},
      {"4553494f 0002 0000 0018 0000 0001 0003 0000000d 01 03 02 80", "length", 0},
      {"4553494f 0002 0000 0018 0000 0001 000d 0000000d 01 03 02 80", "length", 0},
  };
  for (const auto& c : cases) {
    conversation talk{"ether_sio", transport::udp};
    talk.client(c.bytes);
    EXPECT_EQ(rules(talk.out), c.rules) << c.bytes;
    EXPECT_EQ(talk.out.operations.size(), c.operations) << c.bytes;
    talk.client(state);
    EXPECT_EQ(talk.out.operations.size(), c.operations + 1) << c.bytes;
  }
}

TEST(ether_sio, probe_and_prefixes) {
  const auto probe = [](std::string_view b, transport t = transport::udp) { return named("ether_sio").about.probe(hex(b), t); };
  EXPECT_EQ(probe(two), match::certain);
  EXPECT_EQ(probe(state), match::certain);
  EXPECT_EQ(probe(state, transport::tcp), match::no);
  EXPECT_EQ(probe("4553494f 0002 0000 0019 0000 0001 000c 0000000d 01 03 02 80"), match::no);
  EXPECT_EQ(probe("4553494f 0004 0000 000c 0000"), match::no);
  EXPECT_EQ(probe("4553494f"), match::no);
  every_prefix("ether_sio", {{client, hex(two)}, {client, hex(state)}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
