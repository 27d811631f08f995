// Slow protocols: systems that aggregate links, links that are lost, and what is wrong with a frame.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string aggregation(const std::string& state, const std::string& partner = "02aa00000002") {
  return "01 01 01 14 8000 02aa00000001 0001 8000 0005" + state + "000000 02 14 8000" + partner + "0001 8000 0006 3d 000000 03 10 0000" +
         std::string(24, '0');
}
struct port {
  conversation talk{"lacp", transport::ethernet};
  port() { talk.client_end.hardware = *mac::parse("02:aa:00:00:00:11"); }
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations) (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : talk.out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }
  std::string facts() const {
    std::string text;
    for (const auto& f : talk.out.facts) (text += text.empty() ? "" : ",") += f.kind + '=' + f.value;
    return text;
  }
};

TEST(lacp, a_port_says_to_which_systems_it_belongs) {
  port p;
  p.say(aggregation("3d"));
  p.say(aggregation("3d"));
  EXPECT_EQ(p.operations(), "identify hello");
  EXPECT_EQ(p.facts(), "lacp_system=32768/02:aa:00:00:00:01,chassis=02:aa:00:00:00:01,lacp_partner=32768/02:aa:00:00:00:02");
  EXPECT_EQ(p.talk.out.operations.at(0).objects.at(0).address, "02:aa:00:00:00:01");
  EXPECT_EQ(p.rules(), "");
}

TEST(lacp, links_that_come_and_go_are_told) {
  port p;
  for (const auto* s : {"3d", "45", "05", "3d"}) p.say(aggregation(s));
  p.say(aggregation("3d", "02aa00000009"));
  EXPECT_EQ(p.operations(), "identify hello,alarm link_lost,report link_change,report link_change,configure partner_change");
}

TEST(lacp, the_last_cry_of_a_link_is_an_alarm) {
  port p;
  p.say("03 0050 00");
  p.say("03 0052 00");
  p.say("03 0052 00");
  EXPECT_EQ(p.operations(), "alarm dying_gasp");
}

TEST(lacp, what_breaks_the_rules_is_said) {
  const struct {
    std::string frame, rules;
  } rows[] = {
      {"02 01", ""},
      {"0a 0019a7", ""},
      {"77", "subtype"},
      {"01 01 01 14", "length"},
      {"01 01 02 14" + std::string(80, '0'), "length"},
      {"03 00", "length"},
      {"01 00" + aggregation("3d").substr(5), "version"},
  };
  for (const auto& r : rows) {
    port p;
    p.say(r.frame);
    EXPECT_EQ(p.rules(), r.rules) << r.frame;
  }
}

TEST(lacp, every_prefix) {
  every_prefix("lacp", {{side::client, hex(aggregation("3d"))}, {side::client, hex("03 0052 00")}}, transport::ethernet);
}

}  // namespace
}  // namespace mw::test
