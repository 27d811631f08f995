// Supervision of HSR and PRP: which nodes are redundant, who stands behind a RedBox, and what breaks IEC 62439-3.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

struct sender {
  conversation talk{"hsr_prp", transport::ethernet};
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations) (text += text.empty() ? "" : ",") += o.function_name + '/' + o.unit;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : talk.out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }
  std::string facts() const {
    std::string text;
    for (const auto& f : talk.out.facts) (text += text.empty() ? "" : ",") += f.kind + ' ' + f.subject + '=' + f.value;
    return text;
  }
};

TEST(hsr_prp, nodes_say_what_they_are) {
  const struct {
    const char* name;
    std::string frame, operations, facts;
  } rows[] = {
      {"prp", "0001 0001 1406 02aa00000001 0000", "prp_node/02:aa:00:00:00:01", "redundancy_role 02:aa:00:00:00:01=prp_node"},
      {"accepts", "0001 0001 1506 02aa00000001 0000", "prp_node_duplicate_accept/02:aa:00:00:00:01",
       "redundancy_role 02:aa:00:00:00:01=prp_node_duplicate_accept"},
      {"hsr", "1001 0001 1706 02aa00000001 0000", "hsr_node/02:aa:00:00:00:01", "redundancy_role 02:aa:00:00:00:01=hsr_node"},
      {"behind_a_box", "0001 0001 1406 02aa00000001 1e06 02aa00000009 0000", "prp_node/02:aa:00:00:00:01",
       "redundancy_role 02:aa:00:00:00:01=prp_node,redundancy_role 02:aa:00:00:00:09=redundancy_box,"
       "redundancy_box 02:aa:00:00:00:01=02:aa:00:00:00:09"},
      {"first_edition", "0000 140c 02aa00000001 02aa00000002 0000 ffff", "prp_node/02:aa:00:00:00:01",
       "redundancy_role 02:aa:00:00:00:01=prp_node"},
  };
  for (const auto& r : rows) {
    sender s;
    s.say(r.frame);
    s.say(r.frame);
    EXPECT_EQ(s.operations(), r.operations) << r.name;
    EXPECT_EQ(s.facts(), r.facts) << r.name;
    EXPECT_EQ(s.rules(), "") << r.name;
  }
}

TEST(hsr_prp, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"cut_head", "0001 00", "length"},        {"version", "0002 0001 1406 02aa00000001 0000", "version"},
      {"cut", "0001 0001 1406 02aa", "length"}, {"short", "0001 0001 1404 02aa0000 0000", "element,node"},
      {"nobody", "0001 0001 0000", "node"},     {"group", "0001 0001 1406 03aa00000001 0000", "node"},
  };
  for (const auto& r : rows) {
    sender s;
    s.say(r.frame);
    EXPECT_EQ(s.rules(), r.rules) << r.name;
  }
  sender s;
  for (const auto* n : {"0005", "0005", "0009", "0003"}) s.say(std::string{"0001 "} + n + "1406 02aa00000001 0000");
  EXPECT_EQ(s.rules(), "sequence");
}

TEST(hsr_prp, nodes_are_forgotten_oldest_first) {
  sender s;
  constexpr std::string_view digits = "0123456789abcdef";
  for (unsigned i = 0; i < 80; ++i) s.say("0001 0001 1406 02aa000000" + std::string{digits[i >> 4], digits[i & 15]} + "0000");
  EXPECT_EQ(s.talk.out.counts["hsr_prp/forgotten/node"], 16u);
}

TEST(hsr_prp, a_node_that_was_away_is_told_anew) {
  sender s;
  s.say("0001 0001 1406 02aa00000001 0000");
  s.talk.wait(std::chrono::minutes{2});
  s.say("0001 0001 1406 02aa00000001 0000");
  EXPECT_EQ(s.talk.out.operations.size(), 2u);
  EXPECT_EQ(s.rules(), "");
}

TEST(hsr_prp, every_prefix) {
  every_prefix("hsr_prp",
               {{side::client, hex("0001 0001 1406 02aa00000001 1e06 02aa00000009 0000")},
                {side::client, hex("0000 140c 02aa00000001 02aa00000002")}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
