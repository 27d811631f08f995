// Spanning trees: who is the root, what changes, and what breaks IEEE 802.1D.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

const std::string plain = "42 42 03 ", cisco = "aa aa 03 00000c 010b ";
const std::string root = "8000 02aa00000001", bridge = "8001 02aa00000002", better = "1000 02aa00000009";
const std::string times = "0100 1400 0200 0f00";

std::string configuration(const std::string& flags, const std::string& of, const std::string& cost, const std::string& by,
                          const std::string& when = times) {
  return plain + "0000 00 00" + flags + of + cost + by + "8005" + when;
}
std::string rapid(const std::string& flags, const std::string& of, const std::string& cost, const std::string& by) {
  return "0000 02 02" + flags + of + cost + by + "8005" + times + "00";
}

struct port {
  conversation talk{"stp", transport::ethernet};
  port() { talk.client_end.hardware = *mac::parse("02:aa:00:00:00:12"); }
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations)
      (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name + (o.unit.empty() ? "" : '/' + o.unit);
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : talk.out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }
  std::string facts() const {
    std::string text;
    for (const auto& f : talk.out.facts)
      (text += text.empty() ? "" : ",") +=
          f.kind + (f.subject.empty() ? "" : ' ' + f.subject) + (f.unit.empty() ? "" : '/' + f.unit) + '=' + f.value;
    return text;
  }
};

TEST(stp, a_port_says_which_bridge_is_the_root) {
  port p;
  p.say(configuration("00", root, "00000004", bridge));
  p.say(configuration("00", root, "00000004", bridge));
  EXPECT_EQ(p.operations(), "identify hello");
  EXPECT_EQ(p.facts(),
            "role=switch,root_bridge=32768/02:aa:00:00:00:01,chassis=02:aa:00:00:00:02,role 02:aa:00:00:00:02=switch,"
            "bridge_id 02:aa:00:00:00:02=32769/02:aa:00:00:00:02");
  EXPECT_EQ(p.rules(), "");
  const auto& op = p.talk.out.operations.at(0);
  EXPECT_EQ(op.objects.at(0).address, "32769/02:aa:00:00:00:02");
  EXPECT_EQ(op.function, "0");
}

TEST(stp, another_root_and_a_change_of_topology_are_told_once) {
  port p;
  p.say(configuration("00", root, "00000004", bridge));
  p.say(configuration("01", better, "00000008", bridge));
  p.say(configuration("01", better, "00000008", bridge));
  p.say(configuration("00", better, "00000008", bridge));
  p.say(configuration("01", better, "00000008", bridge));
  EXPECT_EQ(p.operations(), "identify hello,configure root_change,alarm topology_change,alarm topology_change");
  const auto& change = p.talk.out.operations.at(1);
  EXPECT_NE(std::ranges::find(change.fields, field{"previous_root", std::string{"32768/02:aa:00:00:00:01"}}), change.fields.end());
  EXPECT_NE(std::ranges::find(change.fields, field{"root", std::string{"4096/02:aa:00:00:00:09"}}), change.fields.end());
}

TEST(stp, each_port_of_one_sender_is_by_itself) {
  port p;
  for (int i = 0; i < 3; ++i) {
    p.say(configuration("01", root, "00000004", bridge));
    p.say(plain + "0000 00 00 00" + root + "00000004" + bridge + "8006" + times);
  }
  EXPECT_EQ(p.operations(), "identify hello,alarm topology_change,identify hello");
}

TEST(stp, a_notification_is_an_alarm) {
  port p;
  p.say(plain + "0000 00 80");
  EXPECT_EQ(p.operations(), "alarm topology_change_notification");
  EXPECT_EQ(p.rules(), "");
}

TEST(stp, a_rapid_port_has_a_role_and_a_state) {
  port p;
  p.say(plain + rapid("0e", root, "00000004", bridge));  // designated, discarding, proposes
  p.say(plain + rapid("3c", root, "00000004", bridge));  // designated, forwarding
  p.say(plain + rapid("38", root, "00000004", bridge));  // root, forwarding
  EXPECT_EQ(p.operations(), "identify hello,report port_change,report port_change");
  const auto& last = p.talk.out.operations.at(2);
  EXPECT_NE(std::ranges::find(last.fields, field{"port_role", std::string{"root"}}), last.fields.end());
  EXPECT_NE(std::ranges::find(last.fields, field{"previous_role", std::string{"designated"}}), last.fields.end());
  EXPECT_NE(std::ranges::find(p.talk.out.operations.at(0).fields, field{"port_state", std::string{"discarding"}}),
            p.talk.out.operations.at(0).fields.end());
}

const std::string region = "00 706c616e74" + std::string(54, '0') + "0007 00112233445566778899aabbccddeeff 00000000";

TEST(stp, instances_of_a_region_are_trees_of_their_own) {
  port p;
  const auto head = plain + "0000 03 02 7c" + root + "00000000" + root + "8005" + times + "00 0060" + region + bridge + "14";
  p.say(head + "7c 8001 02aa00000003 00000005 80 80 13" + "7c 8002 02aa00000003 00000005 80 80 13");
  p.say(head + "7d 8001 02aa00000004 00000005 80 80 13" + "7c 8002 02aa00000003 00000005 80 80 13");
  EXPECT_EQ(p.operations(),
            "identify hello,identify hello/msti 1,identify hello/msti 2,configure root_change/msti 1,alarm topology_change/msti 1");
  EXPECT_NE(p.facts().find("mst_region=plant/7"), std::string::npos);
  EXPECT_NE(p.facts().find("root_bridge/msti 1=32769/02:aa:00:00:00:03"), std::string::npos);
  EXPECT_NE(p.facts().find("chassis=02:aa:00:00:00:02"), std::string::npos);
  EXPECT_EQ(p.rules(), "");
}

TEST(stp, trees_per_vlan_are_told_apart) {
  port p;
  p.say(cisco + rapid("3c", root, "00000004", bridge) + "0000 0002 000a");
  p.say(cisco + rapid("3c", better, "00000004", bridge) + "0000 0002 0014");
  p.say(cisco + "0000 00 00 00" + root + "00000004" + bridge + "8005" + times + "00 0000 0002 001e");
  EXPECT_EQ(p.operations(), "identify hello/vlan 10,identify hello/vlan 20,identify hello/vlan 30");
}

TEST(stp, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"right", configuration("00", root, "00000004", bridge), ""},
      {"cut", plain + "0000 00 00 00" + root, "length"},
      {"no_type", plain + "0000 00", "length"},
      {"reserved_type", plain + "0000 00 05 00", "bpdu_type"},
      {"version_1", plain + "0000 01 00 00" + root + "00000004" + bridge + "8005" + times, "version"},
      {"version_9", plain + "0000 09 02 3c" + root + "00000004" + bridge + "8005" + times + "00", "version"},
      {"rapid_of_version_0", plain + "0000 00 02 3c" + root + "00000004" + bridge + "8005" + times + "00", "version"},
      {"too_old", configuration("00", root, "00000004", bridge, "1400 1400 0200 0f00"), "message_age"},
      {"hello_of_20", configuration("00", root, "00000004", bridge, "0100 1400 1400 0f00"), "timers"},
      {"times_that_do_not_fit", configuration("00", root, "00000004", bridge, "0100 2800 0200 0400"), "timers"},
      {"worse_root", configuration("00", bridge, "00000004", root), "root"},
      {"root_at_a_cost", configuration("00", root, "00000004", root), "root_cost"},
      {"group", configuration("00", "1000 03aa00000001", "00000004", bridge), "bridge_address"},
  };
  for (const auto& r : rows) {
    port p;
    p.say(r.frame);
    EXPECT_EQ(p.rules(), r.rules) << r.name;
    EXPECT_EQ(p.talk.last, verdict::taken) << r.name;
  }
}

TEST(stp, other_llc_is_not_ours) {
  const auto probe = named("stp").about.probe;
  for (const auto* text : {"82 82 03 0100", "42 42 03 0001 00 00", "aa aa 03 00000c 2000 02b4", "42 42 7f 0000 0000", "42 42 03 00"})
    EXPECT_EQ(probe(hex(text), transport::ethernet), match::no) << text;
  EXPECT_EQ(probe(hex(plain + "0000 00 80"), transport::ethernet), match::yes);
  EXPECT_EQ(probe(hex(plain + "0000 00 80"), transport::udp), match::no);
  port p;
  p.say("42 42 03 0001 00 00");
  EXPECT_EQ(p.talk.last, verdict::not_mine);
}

TEST(stp, trees_are_forgotten_oldest_first) {
  port p;
  for (unsigned i = 0; i < 200; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string vlan{digits[i >> 4 & 15], digits[i & 15]};
    p.say(cisco + rapid("3c", root, "00000004", bridge) + "0000 0002 00" + vlan);
  }
  EXPECT_EQ(p.talk.out.counts["stp/forgotten/tree"], 72u);
}

TEST(stp, a_silent_port_is_greeted_anew) {
  port p;
  p.say(configuration("00", root, "00000004", bridge));
  p.talk.wait(std::chrono::minutes{3});
  p.say(configuration("00", root, "00000004", bridge));
  EXPECT_EQ(p.operations(), "identify hello,identify hello");
}

TEST(stp, every_prefix) {
  every_prefix("stp",
               {{side::client, hex(configuration("01", root, "00000004", bridge))},
                {side::client, hex(cisco + rapid("3c", root, "00000004", bridge) + "0000 0002 000a")},
                {side::client, hex(plain + "0000 03 02 7c" + root + "00000000" + root + "8005" + times + "00 0050" + region + bridge +
                                   "14 7c 8001 02aa00000003 00000005 80 80 13")}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
