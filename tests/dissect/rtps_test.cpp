// DDSI-RTPS: what announcements and samples turn into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets le(std::uint64_t v, unsigned n) {
  octets out;
  for (unsigned i = 0; i < n; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  return out;
}
octets text(std::string_view s) {
  auto out = le(s.size() + 1, 4);
  out.insert(out.end(), s.begin(), s.end());
  do out.push_back(0);
  while (out.size() % 4 != 0);
  return out;
}
octets parameter(unsigned id, const octets& value) { return le(id, 2) + le(value.size(), 2) + value; }
octets list(const octets& parameters) { return hex("0003 0000") + parameters + hex("0100 0000"); }
octets submessage(unsigned id, unsigned flags, const octets& body) {
  return octets{static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(flags)} + le(body.size(), 2) + body;
}
octets number(std::int64_t n) { return le(static_cast<std::uint64_t>(n) >> 32, 4) + le(static_cast<std::uint64_t>(n) & 0xffffffff, 4); }
octets message_of(const octets& submessages, std::string_view vendor = "0101") {
  return hex("52545053 0203") + hex(vendor) + hex("c0a87a010000000100000001") + submessages;
}
octets sample(std::string_view writer, std::int64_t n, const octets& payload, unsigned flags = 5, const octets& qos = {}) {
  return submessage(0x15, flags, hex("0000 1000 00000000") + hex(writer) + number(n) + qos + payload);
}
const auto participant =
    list(parameter(0x50, hex("c0a87a010000000100000001 000001c1")) + parameter(0x8000, hex("05020000")) + parameter(0x0f, le(3, 4)) +
         parameter(0x59, le(2, 4) + text("dds.sys_info.hostname") + text("mill-7") + text("dds.sys_info.username") + text("ros")) +
         parameter(0x31, le(1, 4) + le(7411, 4) + hex("000000000000000000000000 c0a87a01")) + parameter(0x62, text("press")));
octets endpoint(std::string_view entity, std::string_view topic) {
  return list(parameter(0x5a, hex("c0a87a010000000100000001") + hex(entity)) + parameter(0x05, text(topic)) +
              parameter(0x07, text("Speed")) + parameter(0x1a, le(2, 4) + le(0, 8)) + parameter(0x1d, le(1, 4)) +
              parameter(0x29, le(1, 4) + text("line1")));
}
const auto time_stamp = submessage(9, 1, le(1'700'000'000, 4) + le(0x80000000, 4));

std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) out += (out.empty() ? "" : ", ") + f.kind + '=' + f.value;
  return out;
}
std::string brief(const operation& op) {
  std::string out = op.function_name;
  for (const auto& o : op.objects) out += ' ' + o.space + ' ' + o.address;
  for (const auto& v : op.values) out += " = " + to_string(v);
  for (const auto& [name, said] : op.fields) out += "; " + name + '=' + to_string(said);
  return out;
}

TEST(rtps, a_participant_says_who_it_is) {
  conversation talk{"rtps", transport::udp};
  talk.server_end.port.number = 7400;
  talk.say(client, message_of(time_stamp + sample("000100c2", 1, participant)));
  talk.say(client, message_of(time_stamp + sample("000100c2", 1, participant)));  // again: nothing new
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(to_string(talk.out.operations[0].action), "session");
  EXPECT_EQ(brief(talk.out.operations[0]),
            "announce_participant participant c0a87a010000000100000001; name=press; vendor=Real-Time Innovations; "
            "product_version=5.2.0.0; domain=3; host_name=mill-7; user=ros; locators=192.168.122.1:7411");
  EXPECT_EQ(facts(talk.out),
            "vendor=Real-Time Innovations, software=Connext DDS 5.2.0.0, application_name=press, host_name=mill-7, user=ros, "
            "dds_domain=3, dds_security=none");
  EXPECT_EQ(talk.out.described["rtps_version"], "2.3");
  EXPECT_EQ(talk.out.described["dds_domain"], "0");
  EXPECT_EQ(talk.out.counts["rtps/submessage/21"], 2U);
  EXPECT_EQ(talk.out.counts["rtps/submessage/9"], 2U);
  talk.wait(std::chrono::minutes{11});
  talk.say(client, message_of(sample("000100c2", 1, participant)));
  EXPECT_EQ(talk.out.operations.size(), 2U);
}

TEST(rtps, the_domain_follows_from_the_port) {
  const auto domain = [](std::uint16_t port) {
    conversation talk{"rtps", transport::udp};
    talk.server_end.port.number = port;
    talk.say(client, message_of(time_stamp));
    return talk.out.described["dds_domain"];
  };
  EXPECT_EQ(domain(7400), "0");
  EXPECT_EQ(domain(7411), "0");
  EXPECT_EQ(domain(7651), "1");
  EXPECT_EQ(domain(18160), "43");
  EXPECT_EQ(domain(7405), "");
  EXPECT_EQ(domain(5000), "");
}

TEST(rtps, topics_and_their_samples) {
  conversation talk{"rtps", transport::udp};
  talk.say(client, message_of(sample("000003c2", 1, endpoint("00000103", "rpm"))));
  talk.say(client, message_of(sample("000004c2", 1, endpoint("00000207", "setpoint"))));
  talk.say(client, message_of(time_stamp + sample("00000103", 1, hex("00010000 2a000000"))));
  talk.say(client, message_of(sample("00000203", 1, hex("00010000 2a000000"))));  // nobody said what this is
  talk.say(client, message_of(sample("000200c2", 1, hex("00010000 2a000000"))));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(brief(talk.out.operations[0]),
            "announce_writer topic rpm; endpoint=c0a87a010000000100000001:00000103; type=Speed; reliable=true; durability=transient_local; "
            "partitions=line1");
  EXPECT_EQ(brief(talk.out.operations[1]).substr(0, 30), "announce_reader topic setpoint");
  EXPECT_EQ(brief(talk.out.operations[2]),
            "publish topic rpm = 0x2a000000; writer=c0a87a010000000100000001:00000103; number=1; size=8; source_time=1700000000.5");
  EXPECT_EQ(talk.out.operations[2].action, action::report);
  EXPECT_EQ(facts(talk.out), "dds_writes=rpm (Speed), dds_reads=setpoint (Speed)");
  EXPECT_EQ(talk.out.counts["rtps/sample/of_unknown_topic"], 1U);
  EXPECT_EQ(talk.out.counts["rtps/sample/built_in"], 1U);
}

TEST(rtps, a_sample_may_name_its_topic_itself) {
  conversation talk{"rtps", transport::udp};
  const auto qos = parameter(0x05, text("temperature")) + hex("0100 0000");
  talk.say(client, message_of(sample("00000103", 1, hex("00010000 01"), 7, qos)));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].objects.at(0).address, "temperature");
}

TEST(rtps, fragments_are_one_sample) {
  conversation talk{"rtps", transport::udp};
  talk.say(client, message_of(sample("000003c2", 1, endpoint("00000103", "image"))));
  const auto fragment = [&](unsigned n) {
    talk.say(client,
             message_of(submessage(
                 0x16, 1, hex("0000 1c00 00000000 00000103") + number(1) + le(n, 4) + le(1, 2) + le(4, 2) + le(9, 4) + hex("00010000"))));
  };
  fragment(1), fragment(2), fragment(3);
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(brief(talk.out.operations[1]), "publish topic image; writer=c0a87a010000000100000001:00000103; number=1; size=9");
  EXPECT_EQ(talk.out.operations[1].function, "22");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(rtps, who_leaves_is_told_and_forgotten) {
  conversation talk{"rtps", transport::udp};
  const auto gone = parameter(0x71, hex("00000003")) + hex("0100 0800");  // the end has no length
  talk.say(client, message_of(sample("000100c2", 1, participant)));
  talk.say(client, message_of(sample("000003c2", 1, endpoint("00000103", "rpm"))));
  talk.say(client, message_of(sample("000003c2", 2, {}, 3, parameter(0x70, hex("c0a87a010000000100000001 00000103")) + gone)));
  talk.say(client, message_of(sample("000100c2", 2, {}, 3, gone)));
  talk.say(client, message_of(sample("00000103", 1, hex("00010000 2a000000"))));
  talk.say(client, message_of(sample("000100c2", 1, participant)));
  std::string names;
  for (const auto& op : talk.out.operations) names += op.function_name + ' ';
  EXPECT_EQ(brief(talk.out.operations.at(2)),
            "endpoint_left topic rpm; participant=c0a87a010000000100000001; endpoint=c0a87a010000000100000001:00000103");
  EXPECT_EQ(names, "announce_participant announce_writer endpoint_left participant_left announce_participant ");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(rtps, reliability_is_counted) {
  conversation talk{"rtps", transport::udp};
  const auto body = hex("00000000 00000103");
  for (const auto n : {1, 2, 5, 5}) talk.say(client, message_of(sample("00000103", n, hex("00010000"))));
  talk.say(client, message_of(submessage(7, 1, body + number(1) + number(5) + le(1, 4))));
  talk.say(server, message_of(submessage(6, 1, body + number(3) + le(2, 4) + hex("000000c0") + le(1, 4))));
  talk.say(server, message_of(submessage(6, 3, body + number(6) + le(0, 4) + le(1, 4))));
  talk.say(client, message_of(submessage(8, 1, body + number(3) + number(5) + le(0, 4))));
  EXPECT_EQ(talk.out.counts["rtps/sequence/step"], 1U);
  EXPECT_EQ(talk.out.counts["rtps/sequence/again"], 1U);
  EXPECT_EQ(talk.out.counts["rtps/acknack/samples_missing"], 1U);
  EXPECT_EQ(talk.out.counts["rtps/acknack/complete"], 1U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(rtps, security_is_told) {
  conversation talk{"rtps", transport::udp};
  const auto token = list(parameter(0x50, hex("c0a87a010000000100000001 000001c1")) + parameter(0x1001, text("DDS:Auth:PKI-DH:1.0")));
  talk.say(client, message_of(sample("000100c2", 1, token), "010f"));
  talk.say(client, message_of(submessage(0x31, 1, hex("00000000000000000000000000000000")) +
                              submessage(0x30, 1, hex("00000000000000000000000000000000")) +
                              submessage(0x32, 1, hex("00000000000000000000000000000000"))));
  EXPECT_NE(facts(talk.out).find("dds_security=DDS:Auth:PKI-DH:1.0"), std::string::npos);
  EXPECT_NE(facts(talk.out).find("dds_protected=submessages"), std::string::npos);
  EXPECT_NE(facts(talk.out).find("software=Fast DDS"), std::string::npos);
  EXPECT_EQ(talk.out.described["dds_security"], "submessages");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(rtps, another_source_and_big_endian) {
  conversation talk{"rtps", transport::udp};
  const auto source = submessage(0x0c, 1, hex("00000000 0203 0110 0102030405060708090a0b0c"));
  talk.say(client, message_of(source + sample("000100c2", 1, list({}))));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].objects.at(0).address, "0102030405060708090a0b0c");
  talk.say(client, hex("52545053 0203 0110 010101010101010101010101"
                       "15 04 0000 0000 0010 00000000 000003c2 00000000 00000001 0002 0000"
                       "005a 0010 0101010101010101 01010101 00000103 0005 0008 00000002 41000000 0001 0000"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[1].objects.at(0).address, "A");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(rtps, broken_messages_are_told_and_the_session_goes_on) {
  const auto body = hex("00000000 00000103");
  const struct {
    std::string_view rule;
    octets bytes;
  } cases[] = {
      {"length", hex("52545053 0203")},
      {"length", hex("58545053 0203 0101 c0a87a010000000100000001")},
      {"version", hex("52545053 0300 0101 c0a87a010000000100000001")},
      {"length", message_of(hex("1505"))},
      {"length", message_of(hex("1505 ff00 00"))},
      {"length", message_of(submessage(0x15, 5, hex("0000 1000 00000000 00000103 00000000")))},
      {"length", message_of(submessage(0x15, 5, hex("0000 0800 00000000 00000103 00000000 01000000")))},
      {"length", message_of(sample("00000103", 1, {}, 7, hex("0500 ff00")))},
      {"sequence_number", message_of(sample("00000103", 0, hex("00010000")))},
      {"sequence_number", message_of(sample("00000103", -5, hex("00010000")))},
      {"heartbeat", message_of(submessage(7, 1, body + number(0) + number(5) + le(1, 4)))},
      {"heartbeat", message_of(submessage(7, 1, body + number(8) + number(5) + le(1, 4)))},
      {"length", message_of(submessage(7, 1, body + number(8)))},
      {"sequence_set", message_of(submessage(6, 1, body + number(3) + le(257, 4) + le(1, 4)))},
      {"sequence_set", message_of(submessage(6, 1, body + number(3) + le(256, 4) + le(1, 4)))},
      {"sequence_set", message_of(submessage(8, 1, body + number(0) + number(3) + le(0, 4)))},
      {"submessage", message_of(submessage(0x44, 1, {1, 2, 3, 4}))},
      {"encapsulation", message_of(sample("000100c2", 1, hex("0001 0000 0000")))},
      {"parameter_list", message_of(sample("000100c2", 1, hex("0003 0000")))},
      {"parameter_list", message_of(sample("000003c2", 1, list({})))},
      {"length", message_of(submessage(9, 1, le(1, 4)))},
      {"length", message_of(submessage(0x0c, 1, le(1, 4)))},
  };
  for (const auto& c : cases) {
    conversation talk{"rtps", transport::udp};
    talk.say(client, c.bytes);
    EXPECT_EQ(rules(talk.out), c.rule);
    talk.say(client, message_of(sample("000003c2", 1, endpoint("00000103", "rpm"))));
    EXPECT_EQ(rules(talk.out), c.rule);
    ASSERT_FALSE(talk.out.operations.empty());
    EXPECT_EQ(talk.out.operations.back().function_name, "announce_writer");
  }
}

TEST(rtps, tables_are_bounded) {
  conversation talk{"rtps", transport::udp};
  const auto entity = [](unsigned i, std::string_view kind) {
    std::string out;
    for (const auto shift : {12u, 8u, 4u, 0u}) out += "0123456789abcdef"[i >> shift & 15];
    return out + "01" + std::string{kind};
  };
  for (unsigned i = 0; i < 300; ++i) {
    talk.say(client, message_of(sample("000003c2", 1, endpoint(entity(i, "03"), "t" + std::to_string(i)))));
    talk.say(client, message_of(sample(entity(i, "03"), 1, hex("00010000"))));
  }
  EXPECT_EQ(talk.out.counts["rtps/forgotten/endpoint"], 44U);
  EXPECT_EQ(talk.out.counts["rtps/forgotten/writer"], 44U);
  EXPECT_EQ(talk.out.counts["rtps/forgotten/announcement"], 172U);
  EXPECT_GT(talk.out.counts["rtps/forgotten/fact"], 0U);
}

TEST(rtps, probe_wants_the_word_and_a_submessage) {
  const auto probe = [](const octets& b, transport t = transport::udp) { return named("rtps").about.probe(b, t); };
  EXPECT_EQ(probe(message_of(time_stamp)), match::certain);
  EXPECT_EQ(probe(hex("52545053 0201 0101 4444444450494e47")), match::certain);
  EXPECT_EQ(probe(message_of({})), match::yes);
  EXPECT_EQ(probe(message_of(time_stamp), transport::tcp), match::no);
  EXPECT_EQ(probe(message_of(submessage(0x44, 1, {}))), match::no);
  EXPECT_EQ(probe(hex("52545053 0501 0101 c0a87a010000000100000001 0901 0800")), match::no);
  EXPECT_EQ(probe(hex("52545350")), match::no);
}

TEST(rtps, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("rtps",
               {{client, message_of(time_stamp + sample("000100c2", 1, participant))},
                {client, message_of(sample("000003c2", 1, endpoint("00000103", "rpm")))},
                {client, message_of(sample("00000103", 1, hex("00010000 2a000000"), 7, parameter(0x05, text("x")) + hex("0100 0000")))},
                {server, message_of(submessage(6, 1, hex("00000000 00000103") + number(3) + le(2, 4) + hex("000000c0") + le(1, 4)))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
