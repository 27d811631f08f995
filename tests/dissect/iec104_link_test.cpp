// IEC 60870-5-104: start and stop, sequence numbers, acknowledgements, windows and timers (5.1 to 5.3).
#include "tests/dissect/iec104_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace iec104;

TEST(iec104, start_and_stop_are_sessions) {
  conversation t{"iec104"};
  t.client("68 04 07 00 00 00"), t.server("68 04 0b 00 00 00");
  t.client("68 04 43 00 00 00"), t.server("68 04 83 00 00 00");
  t.client("68 04 13 00 00 00"), t.server("68 04 23 00 00 00");
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(t.out.operations[0].function, "U7");
  EXPECT_EQ(t.out.operations[0].action, action::session);
  EXPECT_EQ(t.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(t.out.operations[1].function, "U19");
  EXPECT_EQ(t.out.counts.at("iec104/apci/U"), 6u);
  for (const auto code : {"1", "2", "4", "8", "16", "32"}) EXPECT_EQ(t.out.counts.at(std::string{"iec104/u_function/"} + code), 1u) << code;
  EXPECT_EQ(rules(t.out), "");
  t.client("68 04 07 00 00 00");
  t.wait(std::chrono::seconds{31});
  ASSERT_EQ(t.out.operations.size(), 3u);
  EXPECT_EQ(t.out.operations[2].outcome, outcome::timeout);
  t.server("68 04 0b 00 00 00");
  EXPECT_EQ(t.out.operations.back().outcome, outcome::unpaired);
  t.client("68 04 17 00 00 00");
  EXPECT_EQ(rules(t.out), "u_function");
}

TEST(iec104, counts) {
  talk t;
  t.i(server, "0d 01 03 00 0a 00 01 00 00 00 00 c0 3f 00");
  t.client("68 04 01 00 92 01");
  EXPECT_EQ(t.out.counts.at("iec104/apci/I"), 1u);
  EXPECT_EQ(t.out.counts.at("iec104/apci/S"), 1u);
  EXPECT_EQ(t.out.counts.at("iec104/typeid/13"), 1u);
}

constexpr std::string_view point = "01 01 03 00 0a 00 01 00 00 01";

TEST(iec104, sequence_numbers) {
  const struct {
    std::vector<unsigned> sent;
    std::string_view rules, detail;
  } cases[] = {
      {{5, 6, 7}, "", ""},
      {{32766, 32767, 0, 1}, "", ""},
      {{5, 7, 8}, "sequence", "gap before N(S) 7, expected 6"},
      {{5, 6, 6, 7}, "sequence", "duplicate N(S) 6, expected 7"},
      {{5, 6, 7, 5, 8}, "sequence", "out of order N(S) 5, expected 8"},
      {{50, 0, 1, 2}, "sequence", "out of order N(S) 0, expected 51"},  // begins anew: told once
  };
  for (const auto& c : cases) {
    conversation t{"iec104"};
    for (const auto n : c.sent) t.say(server, i_frame(point, n, 9));
    EXPECT_EQ(rules(t.out), c.rules) << c.detail;
    EXPECT_EQ(t.out.violations.empty() ? "" : t.out.violations[0].detail, c.detail);
  }
  conversation lossy{"iec104"};
  lossy.say(server, i_frame(point, 5, 9));
  lossy.gap(server);
  lossy.say(server, i_frame(point, 9, 9));
  EXPECT_EQ(rules(lossy.out), "");
}

TEST(iec104, acknowledgements) {
  conversation back{"iec104"};
  back.say(server, i_frame(point, 5, 9));
  back.client("68 04 01 00 0c 00");
  back.client("68 04 01 00 0a 00");
  EXPECT_EQ(rules(back.out), "sequence");
  conversation ahead{"iec104"};
  ahead.say(server, i_frame(point, 5, 9));
  ahead.client("68 04 01 00 20 00");  // 16, but only 5 was sent
  EXPECT_EQ(rules(ahead.out), "");    // the rest may come
  ahead.wait(std::chrono::seconds{16});
  ahead.say(server, i_frame(point, 6, 9));
  EXPECT_EQ(rules(ahead.out), "sequence");
  EXPECT_EQ(ahead.out.violations.at(0).from, client);
  conversation swapped{"iec104"};  // the tap saw the acknowledgement first
  swapped.say(server, i_frame(point, 5, 9));
  swapped.client("68 04 01 00 0e 00");
  swapped.say(server, i_frame(point, 6, 9));
  EXPECT_EQ(rules(swapped.out), "");
}

TEST(iec104, window) {
  conversation t{"iec104"};
  t.say(server, i_frame(point, 0, 9));
  t.client("68 04 01 00 02 00");
  for (unsigned n = 1; n <= 12; ++n) t.say(server, i_frame(point, n, 9));
  EXPECT_EQ(rules(t.out), "");
  for (unsigned n = 13; n <= 15; ++n) t.say(server, i_frame(point, n, 9));
  EXPECT_EQ(rules(t.out), "window");
  EXPECT_EQ(t.out.violations.at(0).from, server);
  t.client("68 04 01 00 20 00");
  for (unsigned n = 16; n <= 28; ++n) t.say(server, i_frame(point, n, 9));
  EXPECT_EQ(rules(t.out), "window window");
}

TEST(iec104, timers) {
  conversation late{"iec104"};
  late.say(server, i_frame(point, 4, 9));
  late.wait(std::chrono::seconds{14});
  EXPECT_EQ(rules(late.out), "");
  late.wait(std::chrono::seconds{2});
  late.wait(std::chrono::seconds{2});
  EXPECT_EQ(rules(late.out), "timeout");
  EXPECT_EQ(late.out.violations.at(0).from, client);
  conversation test{"iec104"};
  test.client("68 04 43 00 00 00");
  test.wait(std::chrono::seconds{16});
  EXPECT_EQ(rules(test.out), "timeout");
  EXPECT_EQ(test.out.violations.at(0).from, server);
}

TEST(iec104, data_before_the_start) {
  conversation early{"iec104"};
  early.client("68 04 07 00 00 00");
  early.say(client, i_frame(point, 0, 0));
  early.say(client, i_frame(point, 1, 0));
  EXPECT_EQ(rules(early.out), "not_started");
  conversation stopped{"iec104"};
  stopped.client("68 04 07 00 00 00"), stopped.server("68 04 0b 00 00 00");
  stopped.say(server, i_frame(point, 0, 0));
  stopped.client("68 04 13 00 00 00"), stopped.server("68 04 23 00 00 00");
  EXPECT_EQ(rules(stopped.out), "");
  stopped.say(server, i_frame(point, 1, 0));
  EXPECT_EQ(rules(stopped.out), "not_started");
  conversation unasked{"iec104"};  // no answer, no start: the connection begins with data
  unasked.say(client, i_frame("64 01 06 00 0a 00 00 00 00 14", 0, 0));
  EXPECT_EQ(rules(unasked.out), "");
  unasked.end();
  EXPECT_EQ(rules(unasked.out), "not_started");
  conversation missed{"iec104"};  // answered, so the start was before what we saw
  missed.say(client, i_frame("64 01 06 00 0a 00 00 00 00 14", 0, 0));
  missed.say(server, i_frame("64 01 07 00 0a 00 00 00 00 14", 0, 1));
  missed.end();
  EXPECT_EQ(rules(missed.out), "");
  talk midstream;
  midstream.i(client, "64 01 06 00 0a 00 00 00 00 14");
  EXPECT_EQ(rules(midstream.out), "");
}

}  // namespace
}  // namespace mw::test
