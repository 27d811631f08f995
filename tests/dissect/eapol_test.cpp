// EAPOL: who asks to be let in, by which method, and whether it may.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

struct port {
  conversation talk{"eapol", transport::ethernet};
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations)
      (text += text.empty() ? "" : ",") +=
          std::string{to_string(o.action)} + ' ' + o.function_name + ' ' + std::string{to_string(o.outcome)};
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

TEST(eapol, a_supplicant_says_who_it_is) {
  port p;
  p.say("02 01 0000");
  p.say("02 00 000a 02 01 000a 01 706c632d31" + std::string(72, '0'));
  p.say("02 00 0006 02 02 0006 03 0d");
  p.say("02 00 0006 02 03 0006 0d 00");
  p.say("02 00 0006 02 04 0006 0d 00");
  p.say("02 02 0000");
  EXPECT_EQ(p.operations(),
            "session start none,authenticate identity none,authenticate nak none,authenticate method none,session logoff none");
  EXPECT_EQ(p.facts(), "network_role=supplicant,user=plc-1");
  EXPECT_EQ(p.talk.out.operations.at(1).objects.at(0).address, "plc-1");
  EXPECT_NE(std::ranges::find(p.talk.out.operations.at(2).fields, field{"wanted_method", std::string{"tls"}}),
            p.talk.out.operations.at(2).fields.end());
  EXPECT_EQ(p.talk.out.described.at("eap_method"), "tls");
  EXPECT_EQ(p.rules(), "");
}

TEST(eapol, an_authenticator_lets_in_or_refuses) {
  port p;
  p.say("02 00 0005 01 01 0005 01");
  p.say("02 00 0006 01 02 0006 19 20");
  p.say("02 00 0004 03 03 0004");
  p.say("02 00 0004 04 04 0004");
  EXPECT_EQ(p.operations(), "authenticate method none,authenticate success ok,authenticate failure refused");
  EXPECT_EQ(p.facts(), "network_role=authenticator");
  EXPECT_NE(std::ranges::find(p.talk.out.operations.at(1).fields, field{"method", std::string{"peap"}}),
            p.talk.out.operations.at(1).fields.end());
}

TEST(eapol, keys_are_counted) {
  port p;
  p.say("03 05 0004 01020304");
  p.say("02 03 0001 02");
  EXPECT_EQ(p.operations(), "");
  EXPECT_EQ(p.talk.out.described.at("macsec"), "yes");
  EXPECT_EQ(p.talk.out.counts["eapol/packet/3"], 1u);
}

TEST(eapol, what_breaks_the_rules_is_said) {
  const struct {
    std::string frame, rules;
  } rows[] = {
      {"02 00", "length"},
      {"02 00 0009 01", "length"},
      {"09 01 0000", "version"},
      {"02 09 0000", "packet_type"},
      {"02 00 0004 01 01 0009", "length"},
      {"02 00 0004 09 01 0004", "eap_code"},
      {"02 00 0004 01 01 0004", "length"},
  };
  for (const auto& r : rows) {
    port p;
    p.say(r.frame);
    EXPECT_EQ(p.rules(), r.rules) << r.frame;
  }
}

TEST(eapol, every_prefix) {
  every_prefix("eapol",
               {{side::client, hex("02 00 000a 02 01 000a 01 706c632d31")},
                {side::client, hex("02 00 0006 02 02 0006 03 0d")},
                {side::client, hex("02 00 0004 04 04 0004")}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
