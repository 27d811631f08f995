// ABB Externally Guided Motion: who corrects whose path.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
constexpr std::string_view state = "0a08 0801 10d0b807 1802 1204 0a021200", correction = "0a08 0805 10d0b807 1803 1202 0a00";

TEST(abb, guided_motion_is_told_when_it_begins) {
  conversation talk{"abb", transport::udp};
  for (int i = 0; i < 3; ++i) talk.client(state), talk.server(correction);
  talk.client("0a08 0809 10d0b807 1802 1204 0a021200");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function_name, "guided_motion_data");
  EXPECT_EQ(talk.out.operations[0].action, action::report);
  EXPECT_EQ(talk.out.operations[1].function_name, "guided_motion_correction");
  EXPECT_EQ(talk.out.operations[1].action, action::control);
  EXPECT_EQ(talk.out.askers[1], server);
  EXPECT_EQ(talk.out.counts["abb/message/2"], 4U);
  EXPECT_EQ(talk.out.counts["abb/sequence/step"], 1U);
  ASSERT_EQ(talk.out.facts.size(), 2U);
  EXPECT_EQ(talk.out.facts[0].value, "ABB");
  talk.wait(std::chrono::minutes{11});
  talk.client(state);
  EXPECT_EQ(talk.out.operations.size(), 3U);
  talk.client("ff");
  ASSERT_EQ(talk.out.violations.size(), 1U);
  EXPECT_EQ(talk.out.violations[0].rule, "layout");
}

TEST(abb, probe_and_prefixes) {
  const auto probe = [](std::string_view b, transport t = transport::udp) { return named("abb").about.probe(hex(b), t); };
  EXPECT_EQ(probe(state), match::yes);
  EXPECT_EQ(probe(state, transport::tcp), match::no);
  EXPECT_EQ(probe("0a08 0801 10d0b807 1802"), match::no);       // a header alone
  EXPECT_EQ(probe("0a08 0801 10d0b807 1809 1200"), match::no);  // no such kind
  EXPECT_EQ(probe("0a02 0801 1200"), match::no);
  EXPECT_EQ(probe("0a08 0801 10d0b807 1802 1205 0a021200"), match::no);
  EXPECT_EQ(probe("0a08 0801 10d0b807 1802 1300"), match::no);
  EXPECT_EQ(probe("0aff ffff ffff ffff ffff ffff ffff"), match::no);
  every_prefix("abb", {{client, hex(state)}, {server, hex(correction)}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
