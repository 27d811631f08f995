// Genisys: polls, indications and controls of signalling; escapes, CRC, and the order of control and execution.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::uint16_t crc(const std::vector<std::uint8_t>& data, std::uint16_t begin) {
  auto r = begin;
  for (const auto b : data) {
    r = static_cast<std::uint16_t>(r ^ b);
    for (int i = 0; i < 8; ++i) r = static_cast<std::uint16_t>((r & 1) != 0 ? r >> 1 ^ 0xa001 : r >> 1);
  }
  return r;
}
/// A message of these octets with CRC, escapes and end.
std::vector<std::uint8_t> sealed(std::string_view text, std::uint16_t begin = 0xffff, bool escape_crc = true) {
  const auto plain = hex(text);
  const auto sum = crc(plain, begin);
  std::vector<std::uint8_t> out{plain[0]};
  const auto put = [&](std::uint8_t b, bool escaped) {
    if (b >= 0xf0 && escaped) out.push_back(0xf0), b &= 0x0f;
    out.push_back(b);
  };
  for (std::size_t i = 1; i < plain.size(); ++i) put(plain[i], true);
  put(static_cast<std::uint8_t>(sum), escape_crc), put(static_cast<std::uint8_t>(sum >> 8), escape_crc);
  out.push_back(0xf6);
  return out;
}
std::string text(const operation& op) {
  std::string out;
  for (std::size_t i = 0; i < op.objects.size(); ++i)
    (out += out.empty() ? "" : " ") += op.objects[i].address + '=' + (i < op.values.size() ? to_string(op.values[i]) : "");
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "-";
}
std::string rules(const recorder& out) {
  std::string all;
  for (const auto& v : out.violations) (all += all.empty() ? "" : ",") += v.rule;
  return all;
}

TEST(genisys, each_question_is_one_operation) {
  const struct {
    std::string name;
    std::vector<std::uint8_t> office, station;
    std::string function, said, unit, answer;
    action what;
    std::string how = "ok";
  } rows[] = {
      {"nothing_new", hex("fb 01 8340 f6"), hex("f1 01 f6"), "251", "", "1", "acknowledge", action::read},
      {"plain_poll", hex("fb 01 f6"), hex("f1 01 f6"), "251", "", "1", "acknowledge", action::read},
      {"indication", hex("fb 01 8340 f6"), hex("f2 01 24 05 b85f f6"), "251", "36=5", "1", "indication_data", action::read},
      {"recall", hex("fd 01 80e0 f6"), sealed("f2 01 00 05 01 f4"), "253", "0=5 1=244", "1", "indication_data", action::read},
      {"escaped_station", sealed("fb f7"), sealed("f2 f7 00 f0"), "251", "0=240", "247", "indication_data", action::read},
      {"from_zero", sealed("fd 02", 0), sealed("f2 02 00 01", 0), "253", "0=1", "2", "indication_data", action::read},
      {"acknowledged", sealed("fa 03"), hex("f1 03 f6"), "250", "", "3", "acknowledge", action::read},
      {"control", sealed("fc 04 02 81"), hex("f1 04 f6"), "252", "2=129", "4", "acknowledge", action::control},
      {"control_checked", sealed("fc 04 02 81"), sealed("f3 04 02 81"), "252", "2=129", "4", "control_data_checkback", action::control},
      {"control_answered", sealed("fc 04 02 81"), sealed("f2 04 09 01"), "252", "2=129", "4", "indication_data", action::control},
      {"silence", sealed("fb 05"), {}, "251", "", "5", "-", action::read, "timeout"},
      {"to_all", sealed("f9 06 01 02"), {}, "249", "1=2", "6", "-", action::control, "none"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"genisys"};
    EXPECT_EQ(talk.say(side::client, r.office), 0U);
    EXPECT_EQ(talk.say(side::server, r.station), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(text(op), r.said);
    EXPECT_EQ(op.unit, r.unit);
    EXPECT_EQ(field_of(op, "answer"), r.answer);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(to_string(op.outcome), r.how);
    EXPECT_EQ(rules(talk.out), "");
    EXPECT_EQ(talk.out.counts["genisys/header/" + r.function], 1U);
  }
}

TEST(genisys, a_crc_that_is_not_escaped_is_read_all_the_same) {
  unsigned odd = 0;
  for (unsigned address = 0; address < 64; ++address)
    for (unsigned data = 0; data < 16; ++data) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto message = sealed(std::string{"f201"} + digits[address >> 4] + digits[address & 15] + '0' + digits[data], 0xffff, false);
      const auto low = message[message.size() - 3], high = message[message.size() - 2];
      if (low == 0xf6 || high == 0xf6 || (low < 0xf0 && high < 0xf0)) continue;
      ++odd;
      conversation talk{"genisys"};
      talk.client("fb 01 8340 f6");
      EXPECT_EQ(talk.say(side::server, message), 0U);
      ASSERT_EQ(talk.out.operations.size(), 1U);
      EXPECT_EQ(text(talk.out.operations[0]), std::to_string(address) + '=' + std::to_string(data));
      EXPECT_EQ(rules(talk.out), "");
    }
  EXPECT_GT(odd, 50U);
}

TEST(genisys, controls_are_sent_before_they_are_executed) {
  conversation talk{"genisys"};
  talk.say(side::client, sealed("fe 04")), talk.server("f1 04 f6");  // the capture may have begun in between
  talk.say(side::client, sealed("fc 04 02 81")), talk.say(side::server, sealed("f3 04 02 81"));
  talk.say(side::client, sealed("fe 04")), talk.server("f1 04 f6");
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::client, sealed("fe 04")), talk.server("f1 04 f6");
  EXPECT_EQ(rules(talk.out), "execute_without_control");
  talk.say(side::client, sealed("fc 04 02 81")), talk.say(side::server, sealed("f3 04 02 01"));
  EXPECT_EQ(rules(talk.out), "execute_without_control,checkback");
  EXPECT_EQ(field_of(talk.out.operations.back(), "checkback"), "different");
  talk.gap(side::client);
  talk.say(side::client, sealed("fe 04"));
  EXPECT_EQ(talk.out.violations.size(), 2U);
}

TEST(genisys, stations_and_offices_are_apart) {
  conversation talk{"genisys"};
  talk.say(side::client, sealed("fb 01")), talk.say(side::client, sealed("fb 02"));
  talk.server("f1 02 f6"), talk.server("f1 01 f6"), talk.server("f1 01 f6");
  talk.say(side::server, sealed("fb 01")), talk.client("f1 01 f6");  // the office may be the side that was called
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(talk.out.operations[0].unit, "2");
  EXPECT_EQ(talk.out.operations[1].unit, "1");
  EXPECT_EQ(to_string(talk.out.operations[2].outcome), "unpaired");
  EXPECT_EQ(talk.out.askers[3], side::server);
  talk.say(side::client, sealed("fb 01")), talk.say(side::client, sealed("fb 01"));
  EXPECT_EQ(to_string(talk.out.operations.back().outcome), "timeout");
  talk.wait(std::chrono::seconds{12});
  EXPECT_EQ(talk.out.operations.size(), 6U);
}

TEST(genisys, what_breaks_a_rule) {
  const struct {
    std::string data, rule;
  } rows[] = {{"fb 01 8341 f6", "crc"}, {"f4 01 8341 f6", "crc"}, {"f2 01 f6", "length"}, {"fb f6", "length"}};
  for (const auto& r : rows) {
    conversation talk{"genisys"};
    talk.client(r.data);
    EXPECT_EQ(rules(talk.out), r.rule) << r.data;
    talk.say(side::client, sealed("fb 01")), talk.server("f1 01 f6");
    EXPECT_EQ(to_string(talk.out.operations.back().outcome), "ok");
  }
  conversation talk{"genisys"};
  talk.say(side::client, sealed("f4 01")), talk.say(side::client, sealed("fc 01 02"));
  EXPECT_EQ(rules(talk.out), "header,length");
}

TEST(genisys, what_is_genisys) {
  const auto thinks = [](std::string_view data) { return named("genisys").about.probe(hex(data), transport::tcp); };
  EXPECT_EQ(thinks("fb 01 8340 f6"), match::certain);
  EXPECT_EQ(thinks("fb 01 8340 f6 fb 01 83"), match::certain);
  EXPECT_EQ(thinks("f1 01 f6 f2 01 24 05 b85f f6"), match::certain);
  EXPECT_EQ(thinks("f1 01 f6"), match::unsure);  // two octets that stand in any traffic
  EXPECT_EQ(thinks("fb 01 f6"), match::unsure);
  EXPECT_EQ(thinks("fb 01 8341 f6"), match::no);
  EXPECT_EQ(thinks("fb 01 8340 f6 00"), match::no);
  EXPECT_EQ(thinks("f6 01 f6"), match::no);
  EXPECT_EQ(thinks("ff fb 01 ff fb 03"), match::no);  // Telnet
  EXPECT_EQ(thinks(""), match::unsure);
  EXPECT_EQ(named("genisys").about.probe(hex("fb 01 8340 f6"), transport::udp), match::no);
  const auto frame = [](std::string_view data) { return named("genisys").about.frame(hex(data)); };
  EXPECT_EQ(frame("fb 01 8340 f6 f1").value(), 5U);
  EXPECT_EQ(frame("f2 f0 06 f6").value(), 4U);
  EXPECT_EQ(frame("f2 01").value(), 0U);
  EXPECT_FALSE(frame("f2 01 f2 02 03 04 f6"));
  EXPECT_FALSE(named("genisys").about.frame(std::vector<std::uint8_t>(1200, 0xf1)));
  std::vector<std::uint8_t> endless(1200, 0x01);
  endless[0] = 0xf2;
  EXPECT_FALSE(named("genisys").about.frame(endless));
}

TEST(genisys, no_byte_is_read_that_is_not_there) {
  every_prefix("genisys", {{side::client, sealed("fc f7 02 f1")},
                           {side::server, sealed("f3 f7 02 f1")},
                           {side::client, sealed("fe f7")},
                           {side::server, sealed("f2 f7 00 f0 01 02", 0xffff, false)}});
}

}  // namespace
}  // namespace mw::test
