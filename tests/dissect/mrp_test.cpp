// MRP: rings that open and close, who manages them, and what breaks IEC 62439-2.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

const std::string domain = "000102030405060708090a0b0c0d0e0f", manager = "02aa00000001", other_manager = "02aa00000002",
                  client = "02aa00000003";

std::string number(unsigned n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[n >> 12 & 15], digits[n >> 8 & 15], digits[n >> 4 & 15], digits[n & 15]};
}
std::string frame(const std::string& element, unsigned sequence) { return "0001" + element + "0112" + number(sequence) + domain + "0000"; }
std::string ring(unsigned sequence, unsigned state, unsigned transitions, const std::string& by = manager,
                 const std::string& priority = "8000") {
  return frame("0212" + priority + by + "0000" + number(state) + number(transitions) + "000003e8", sequence);
}

struct port {
  conversation talk{"mrp", transport::ethernet};
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

TEST(mrp, a_ring_that_opens_and_closes_is_told) {
  port p;
  p.say(ring(1, 1, 0));
  p.say(ring(2, 1, 0));
  p.say(ring(3, 0, 1));
  p.say(ring(4, 0, 1));
  p.say(ring(5, 1, 2));
  p.say(ring(6, 1, 4));
  EXPECT_EQ(p.operations(), "report test,alarm ring_open,alarm ring_closed,alarm ring_was_open");
  EXPECT_EQ(p.facts(), "chassis=02:aa:00:00:00:01,mrp_domain=00010203-0405-0607-0809-0a0b0c0d0e0f,mrp_role=manager,role=switch");
  EXPECT_EQ(p.rules(), "");
  const auto& op = p.talk.out.operations.at(1);
  EXPECT_EQ(op.unit, "00010203-0405-0607-0809-0a0b0c0d0e0f");
  EXPECT_EQ(op.objects.at(0).address, "02:aa:00:00:00:01");
  EXPECT_NE(std::ranges::find(op.fields, field{"state", std::string{"open"}}), op.fields.end());
}

TEST(mrp, another_manager_and_another_priority_are_told) {
  port p;
  p.say(ring(1, 1, 0));
  p.say(ring(2, 1, 0, manager, "4000"));
  p.say(ring(3, 1, 0, other_manager));
  EXPECT_EQ(p.operations(), "report test,configure priority_change,configure manager_change");
}

TEST(mrp, each_kind_of_message_is_told) {
  const struct {
    std::string element, operation;
  } rows[] = {
      {"030a 8000" + manager + "000a", "alarm topology_change"},
      {"040c" + client + "0001 0014 0001", "alarm link_down"},
      {"040e" + client + "0001 0014 0001 0000", "alarm link_down"},
      {"050c" + client + "0000 0014 0000", "alarm link_up"},
      {"050c" + client + "0000 0014 0000" + "0000", "alarm link_up"},  // filled up behind its length
      {"0612 0003" + manager + "0000 0001 0003 000003e8", "report in_test"},
      {"070a" + manager + "0003 000a", "alarm in_topology_change"},
      {"080c" + client + "0000 0003 0014", "alarm in_link_down"},
      {"090c" + client + "0000 0003 0014", "alarm in_link_up"},
      {"0a0a" + manager + "0000 0003", "diagnose in_link_status_poll"},
  };
  for (const auto& r : rows) {
    port p;
    p.say(frame(r.element, 1));
    EXPECT_EQ(p.operations(), r.operation) << r.element;
    EXPECT_EQ(p.rules(), "") << r.element;
  }
}

TEST(mrp, managers_that_meet_are_a_conflict) {
  port p;
  const std::string refused = "7f18 080006 00 0000 0110 8000" + manager + "9000" + other_manager;
  p.say("0001 0212 8000" + manager + "0000 0001 0000 000003e8 0112 0001" + domain + refused + "0000");
  EXPECT_EQ(p.operations(), "alarm manager_conflict,report test");
  const auto& op = p.talk.out.operations.at(0);
  EXPECT_NE(std::ranges::find(op.fields, field{"other_manager", std::string{"02:aa:00:00:00:02"}}), op.fields.end());
}

TEST(mrp, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"empty", "00", "length"},
      {"version", "0002 0000", "version"},
      {"cut", "0001 0212 8000", "length"},
      {"short_element", frame("0204 80000000", 1), "length"},
      {"no_common", "0001 030a 8000" + manager + "000a 0000", "common"},
      {"reserved", frame("3000", 1), "element"},
      {"state", ring(1, 7, 0), "ring_state"},
      {"group", ring(1, 1, 0, "03aa00000001"), "address"},
  };
  for (const auto& r : rows) {
    port p;
    p.say(r.frame);
    EXPECT_EQ(p.rules(), r.rules) << r.name;
  }
  port p;
  for (const auto n : {5u, 5u, 9u, 3u}) p.say(ring(n, 1, 0));
  EXPECT_EQ(p.rules(), "sequence");
}

TEST(mrp, every_prefix) {
  every_prefix("mrp",
               {{side::client, hex(ring(1, 1, 0))},
                {side::client, hex("0001 0212 8000" + manager + "0000 0001 0000 000003e8 0112 0001" + domain +
                                   "7f18 080006 00 0000 0110 8000" + manager + "9000" + other_manager + "0000")},
                {side::client, hex(frame("080c" + client + "0000 0003 0014", 1))}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
