// LonTalk over IP: network variables, network management, the administration of a channel, and what is wrong with a packet.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

std::string octet(std::size_t n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[n >> 4 & 15], digits[n & 15]};
}
std::string packet(unsigned type, const std::string& body, unsigned sequence = 1, unsigned flags = 0) {
  const auto size = hex(body).size() + 20;
  return octet(size >> 8) + octet(size & 0xff) + "01" + octet(type) + "00" + octet(flags) + "0000 11223344" + "000000" + octet(sequence) +
         "000003e8" + body;
}
// from 1/5 to 2/7 in domain 0a, and back
const std::string request = "01 19 01 85 02 87 0a", reply = "01 19 02 87 01 85 0a", transport_message = "01 09 01 85 02 87 0a",
                  group_message = "01 05 01 85 09 0a", broadcast = "01 31 01 85 00 0a";

struct channel {
  conversation talk{"lontalk", transport::udp};
  unsigned asked = 0, told = 0;
  void ask(const std::string& body) { talk.client(packet(1, body, ++asked)); }
  void tell(const std::string& body) { talk.server(packet(1, body, ++told)); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations)
      (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name + (o.unit.empty() ? "" : ' ' + o.unit);
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
  const operation& at(std::size_t i) const { return talk.out.operations.at(i); }
};

TEST(lontalk, each_message_says_what_it_says) {
  const struct {
    const char* name;
    std::string body, operations;
  } rows[] = {
      {"update", transport_message + "03 8012 0102", "write update 0a/2/7"},
      {"update_of_a_group", group_message + "13 8012 01", "report update 0a/group/9"},
      {"by_reminder", group_message + "53 01 f0 8012 01", "report update 0a/group/9"},
      {"acknowledged", "01 09 02 87 01 85 0a 23", ""},
      {"challenge", "01 29 01 85 02 87 0a 03 0001020304050607", "authenticate challenge 0a/2/7"},
      {"challenge_reply", "01 29 01 85 02 87 0a 23 0001020304050607", "authenticate reply 0a/2/7"},
      {"no_domain", "01 08 01 85 02 87 03 8012 01", "write update -/2/7"},
      {"long_domain", "01 0b 01 85 02 87 010203040506 03 8012 01", "write update 010203040506/2/7"},
      {"member_of_group", "01 09 01 05 02 87 09 03 0a 03 8012 01", "write update 0a/2/7"},
      {"application", transport_message + "03 10 01", "report application_message 0a/2/7"},
      {"foreign", transport_message + "03 4f 01", "report foreign_frame 0a/2/7"},
      {"offline", transport_message + "03 6c 00", "stop set_node_mode 0a/2/7"},
      {"online", "01 0d 01 85 02 010203040506 0a 03 6c 01", "start set_node_mode 0a/neuron/010203040506"},
      {"reset", transport_message + "03 6c 02", "restart set_node_mode 0a/2/7"},
      {"wink", transport_message + "03 70 00", "control wink 0a/2/7"},
      {"leave_domain", transport_message + "03 64 00", "configure leave_domain 0a/2/7"},
      {"router", transport_message + "03 74 00", "configure router_command 0a/2/7"},
      {"service_pin", broadcast + "7f 010203040506 1112131415161718", "identify service_pin 0a/*/*"},
  };
  for (const auto& r : rows) {
    channel c;
    c.ask(r.body);
    EXPECT_EQ(c.operations(), r.operations) << r.name;
    EXPECT_EQ(c.rules(), "") << r.name;
  }
}

TEST(lontalk, variables_are_polled) {
  channel c;
  c.ask(request + "03 c012");
  c.tell(reply + "23 8012 0102");
  EXPECT_EQ(c.operations(), "read poll 0a/2/7");
  EXPECT_EQ(c.at(0).outcome, outcome::ok);
  EXPECT_EQ(c.at(0).objects.at(0).address, "18");
  EXPECT_EQ(c.at(0).values.at(0), value{std::string{"0x0102"}});
  EXPECT_NE(std::ranges::find(c.at(0).fields, field{"source", std::string{"0a/1/5"}}), c.at(0).fields.end());
}

TEST(lontalk, a_node_says_who_it_is) {
  channel c;
  c.ask(request + "83 61 00");
  c.tell(reply + "23 21 010203040506 1112131415161718");
  c.ask(request + "04 51");
  c.tell(reply + "24 31 0001 0002 0003 0004 0005 00 06 13 00 08");
  EXPECT_EQ(c.operations(), "identify query_id 0a/2/7,diagnose query_status 0a/2/7");
  EXPECT_EQ(c.facts(), "neuron_id=010203040506,program_id=1112131415161718,run_state=hard_offline,firmware=19");
  EXPECT_NE(std::ranges::find(c.at(0).fields, field{"authenticated", true}), c.at(0).fields.end());
}

TEST(lontalk, memory_is_read_and_written_and_may_be_refused) {
  channel c;
  c.ask(request + "03 6d 00 f000 02");
  c.tell(reply + "23 2d abcd");
  c.ask(request + "04 6e 01 0010 02 00 abcd");
  c.tell(reply + "24 0e");
  c.ask(request + "05 65 00 112233445566");
  c.talk.wait(std::chrono::minutes{1});
  c.tell(reply + "29 2d 01");
  EXPECT_EQ(c.operations(), "read read_memory 0a/2/7,write write_memory 0a/2/7,configure update_key 0a/2/7,read read_memory 0a/2/7");
  EXPECT_EQ(c.at(0).values.at(0), value{std::string{"0xabcd"}});
  EXPECT_EQ(c.at(0).objects.at(0).address, "0/61440");
  EXPECT_EQ(c.at(1).outcome, outcome::refused);
  EXPECT_EQ(c.at(1).code, "14");
  EXPECT_EQ(c.at(2).outcome, outcome::timeout);
  EXPECT_TRUE(c.at(2).values.empty());
  EXPECT_EQ(c.at(3).outcome, outcome::unpaired);
}

TEST(lontalk, the_administration_of_a_channel_is_paired) {
  channel c;
  c.talk.client(packet(0x63, "0000"));
  c.talk.server(packet(0x71, "0000"));
  c.talk.client(packet(0x03, "0000"));
  c.talk.server(packet(0x07, ""));
  c.talk.client(packet(0x68, "0000"));
  c.talk.end();
  EXPECT_EQ(c.operations(), "read device_configuration_request,session device_registration,read channel_routing_request");
  EXPECT_EQ(c.at(0).outcome, outcome::ok);
  EXPECT_EQ(c.at(2).outcome, outcome::timeout);
}

TEST(lontalk, a_signed_packet_is_described_and_its_digest_is_not_read) {
  channel c;
  c.talk.client(packet(1, transport_message + "03 8012 01" + std::string(32, '7'), 1, 0x20));
  EXPECT_EQ(c.at(0).values.at(0), value{std::string{"0x01"}});
  EXPECT_EQ(c.talk.out.described.at("authenticated"), "yes");
}

TEST(lontalk, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"length", packet(1, transport_message + "03 8012 01") + "00", "header"},
      {"type", packet(0x55, ""), "header"},
      {"frame", packet(1, "01 09 01 85 02"), "frame"},
      {"network_version", packet(1, "01 49 01 85 02 87 0a 03 8012 01"), "frame"},
      {"selector", packet(1, transport_message + "03 80"), "variable"},
      {"mode", packet(1, transport_message + "03 6c 09"), "node_mode"},
      {"memory", packet(1, transport_message + "03 6e 00"), "length"},
  };
  for (const auto& r : rows) {
    channel c;
    c.talk.client(r.frame);
    EXPECT_EQ(c.rules(), r.rules) << r.name;
  }
  channel c;
  for (const auto n : {1u, 2u, 2u, 9u}) c.talk.client(packet(1, transport_message + "03 8012 01", n));
  EXPECT_EQ(c.rules(), "sequence");
  c.talk.gap(side::client);
  c.talk.client(packet(1, transport_message + "03 8012 01", 20));
  EXPECT_EQ(c.rules(), "sequence");
  channel other;
  other.ask(request + "03 61 00");
  other.tell(reply + "23 2a 00");
  EXPECT_EQ(other.rules(), "response");
}

TEST(lontalk, what_is_repeated_is_told_once_and_waiting_requests_are_bounded) {
  channel c;
  for (int i = 0; i < 3; ++i) c.ask(group_message + "13 8012 01");
  EXPECT_EQ(c.talk.out.operations.size(), 1u);
  channel many;
  for (unsigned i = 0; i < 140; ++i) many.ask("01 19 01 85 02 87" + octet(i) + "03 c012");
  EXPECT_EQ(many.talk.out.operations.size(), 12u);
}

TEST(lontalk, the_probe_is_strict) {
  const auto probe = named("lontalk").about.probe;
  EXPECT_EQ(probe(hex(packet(1, request + "03 c012")), transport::udp), match::yes);
  EXPECT_EQ(probe(hex(packet(3, "0000")), transport::udp), match::yes);
  EXPECT_EQ(probe(hex(packet(1, "01")), transport::udp), match::no);
  EXPECT_EQ(probe(hex(packet(1, request + "03 c012") + "00"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("0014"), transport::udp), match::no);
}

TEST(lontalk, every_prefix) {
  every_prefix("lontalk",
               {{side::client, hex(packet(1, request + "83 61 00"))},
                {side::server, hex(packet(1, reply + "23 21 010203040506 1112131415161718"))},
                {side::client, hex(packet(1, request + "04 51"))},
                {side::server, hex(packet(1, reply + "24 31 0001 0002 0003 0004 0005 00 06 13 00 08"))},
                {side::client, hex(packet(1, request + "05 6e 01 0010 02 00 abcd"))},
                {side::client, hex(packet(1, group_message + "53 01 f0 8012 01"))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
