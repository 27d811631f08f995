// OPC UA PubSub: what network messages and announcements turn into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client;
using octets = std::vector<std::uint8_t>;

/// Version 1, publisher 2234 as a word, group 100 version 5 number 1 with its sequence, writer 62541; an Int32 and a Boolean.
std::string message_of(std::string_view sequence, std::string_view set = "01 0200 06 2a000000 01 01") {
  return "f1 01 ba08 0f 6400 05000000 0100 " + std::string{sequence} + " 01 4df4 " + std::string{set};
}
std::string brief(const operation& op) {
  std::string out = op.function_name + ' ' + op.unit;
  for (const auto& o : op.objects) out += ' ' + o.address;
  for (const auto& v : op.values) out += " = " + to_string(v);
  for (const auto& [name, said] : op.fields) out += "; " + name + '=' + to_string(said);
  return out;
}
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
octets text(std::string_view s) {
  octets out{static_cast<std::uint8_t>(s.size()), 0, 0, 0};
  out.insert(out.end(), s.begin(), s.end());
  return out;
}
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(opcua_pubsub, a_network_message_is_one_operation) {
  conversation talk{"opcua_pubsub", transport::udp};
  talk.client(message_of("0100"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(brief(talk.out.operations[0]),
            "publish 2234 100/62541 = 42 = true; writer_group=100; group_version=5; message_number=1; sequence=1; kind=key_frame");
  EXPECT_EQ(talk.out.operations[0].action, action::report);
  EXPECT_EQ(facts(talk.out), "role=pubsub_publisher, publisher_id=2234, security_mode=None");
  EXPECT_EQ(talk.out.counts["opcua_pubsub/message/0"], 1U);
  EXPECT_EQ(talk.out.counts["opcua_pubsub/data_set/0"], 1U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(opcua_pubsub, data_sets_come_in_many_shapes) {
  const struct {
    std::string_view name, set, said;
  } rows[] = {
      {"delta", "81 01 0100 0300 06 07000000", "= 7; writer_group=100; group_version=5; message_number=1; sequence=1; kind=delta_frame"},
      {"keep_alive", "81 03", "; writer_group=100; group_version=5; message_number=1; sequence=1; kind=keep_alive"},
      {"raw", "03 2a000000", "= 0x2a000000; writer_group=100; group_version=5; message_number=1; sequence=1; kind=key_frame"},
      {"data_value", "05 0100 01 06 07000000", "= 7; writer_group=100; group_version=5; message_number=1; sequence=1; kind=key_frame"},
      {"all_heads", "f9 30 0700 0000000000000000 0000 0100 02000000 03000000 0000",
       "; writer_group=100; group_version=5; message_number=1; sequence=1; status=1; major_version=2; minor_version=3; kind=key_frame"},
  };
  for (const auto& r : rows) {
    conversation talk{"opcua_pubsub", transport::udp};
    talk.client(message_of("0100", r.set));
    ASSERT_EQ(talk.out.operations.size(), 1U) << r.name;
    const auto whole = std::string{"publish 2234 100/62541"} + (r.said[0] == ';' ? "" : " ") + std::string{r.said};
    EXPECT_EQ(brief(talk.out.operations[0]), whole) << r.name;
    EXPECT_EQ(rules(talk.out), "") << r.name;
  }
}

TEST(opcua_pubsub, several_writers_have_sizes) {
  conversation talk{"opcua_pubsub", transport::udp};
  talk.client("f1 04 05000000 6d696c6c31 01 6400 02 0100 0200  0800 0500  01 0100 06 01000000  01 0100 01 01");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(brief(talk.out.operations[0]), "publish mill1 100/1 100/2 = 1 = true; writer_group=100; kind=key_frame key_frame");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(opcua_pubsub, each_field_of_the_group_has_its_flag) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"f1 01 ba08 01 6400 01 4df4 81 03", "writer_group=100"},
      {"f1 01 ba08 02 05000000 01 4df4 81 03", "group_version=5"},
      {"f1 01 ba08 04 0700 01 4df4 81 03", "message_number=7"},
      {"f1 01 ba08 08 0700 01 4df4 81 03", "sequence=7"},
  };
  for (const auto& [bytes, said] : rows) {
    conversation talk{"opcua_pubsub", transport::udp};
    talk.client(bytes);
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_NE(brief(talk.out.operations[0]).find("; " + std::string{said} + "; kind=keep_alive"), std::string::npos) << bytes;
  }
}

TEST(opcua_pubsub, sequences_count_up_by_one) {
  const auto after = [](std::initializer_list<std::string_view> numbers) {
    conversation talk{"opcua_pubsub", transport::udp};
    for (const auto n : numbers) talk.client(message_of(n));
    return rules(talk.out);
  };
  EXPECT_EQ(after({"0100", "0200", "0300"}), "");
  EXPECT_EQ(after({"feff", "ffff", "0000"}), "");
  EXPECT_EQ(after({"0100", "0300"}), "sequence");
  EXPECT_EQ(after({"0100", "0100"}), "repeated");
  EXPECT_EQ(after({"0050", "0100"}), "");  // began anew
}

TEST(opcua_pubsub, security_is_told_and_nothing_is_read_of_what_is_encrypted) {
  conversation talk{"opcua_pubsub", transport::udp};
  talk.client("f1 11 ba08 01 6400 01 4df4 03 01000000 02 aabb 0102030405060708090a0b0c0d0e0f1011121314");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(brief(talk.out.operations[0]), "publish 2234 100/62541; writer_group=100; signed=true; encrypted=true; security_token=1");
  talk.client("f1 11 ba08 01 6400 01 4df4 01 01000000 00 01 0100 06 07000000 00112233");
  EXPECT_EQ(brief(talk.out.operations[1]),
            "publish 2234 100/62541 = 7; writer_group=100; signed=true; encrypted=false; security_token=1; kind=key_frame");
  EXPECT_EQ(facts(talk.out), "role=pubsub_publisher, publisher_id=2234, security_mode=SignAndEncrypt, security_mode=Sign");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(opcua_pubsub, announcements_name_data_sets_and_their_fields) {
  const auto field = [](std::string_view name) {
    return text(name) + hex("00 0000 06 0006 ffffffff ffffffff 00000000 00112233445566778899aabbccddeeff ffffffff");
  };
  const auto meta = hex("ffffffff ffffffff ffffffff ffffffff") + text("Press") + hex("00") + hex("02000000") + field("Force") +
                    field("Speed") + hex("00112233445566778899aabbccddeeff 01000000 01000000 00000000");
  conversation talk{"opcua_pubsub", transport::udp};
  talk.say(client, hex("91 81 08 ba08 02 0100 4df4") + meta);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(brief(talk.out.operations[0]), "data_set_meta_data 2234 62541; sequence=1; data_set=Press; fields=Force Speed");
  EXPECT_EQ(talk.out.operations[0].action, action::identify);
  EXPECT_NE(facts(talk.out).find("data_set=Press"), std::string::npos);
  talk.client("91 81 04 ba08 01 02 01000000 4df4");
  EXPECT_EQ(brief(talk.out.operations.at(1)), "data_set_meta_data 2234 62541");
  EXPECT_EQ(talk.out.operations[1].function, "request/2");
  talk.client("91 81 08 ba08 01 0200");
  EXPECT_EQ(talk.out.operations.at(2).function_name, "publisher_endpoints");
  EXPECT_EQ(talk.out.counts["opcua_pubsub/announcement/2"], 1U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(opcua_pubsub, broken_messages_are_told_and_the_session_goes_on) {
  const struct {
    std::string bytes;
    std::string_view rule;
  } cases[] = {
      {"f1", "length"},
      {"f1 05 ba08", "length"},
      {"f1 81 ff", "length"},
      {"31 f0", "length"},
      {"f2 01 ba08 01 6400 01 4df4 01 0000", "version"},
      {message_of("0100", "01 0200 06 2a000000"), "length"},
      {message_of("0100", "01 0100 06 2a000000 ff"), "length"},
      {message_of("0100", "00"), "invalid"},
      {message_of("0100", "07"), "length"},
      {"91 81 08 ba08", "length"},
      {"91 81 08 ba08 02 0100 4d", "length"},
  };
  for (const auto& c : cases) {
    conversation talk{"opcua_pubsub", transport::udp};
    talk.client(c.bytes);
    EXPECT_EQ(rules(talk.out), c.rule) << c.bytes;
    talk.client(message_of("0200"));
    EXPECT_EQ(rules(talk.out), c.rule) << c.bytes;
  }
}

TEST(opcua_pubsub, short_frames_are_filled_up) {
  conversation on_wire{"opcua_pubsub", transport::ethernet}, in_datagram{"opcua_pubsub", transport::udp};
  on_wire.client(message_of("0100") + "0000000000"), in_datagram.client(message_of("0100") + "0000000000");
  EXPECT_EQ(rules(on_wire.out), "");
  EXPECT_EQ(rules(in_datagram.out), "length");
}

TEST(opcua_pubsub, streams_are_bounded) {
  conversation talk{"opcua_pubsub", transport::udp};
  for (unsigned i = 0; i < 200; ++i) {
    auto m = hex(message_of("0100"));
    m[2] = static_cast<std::uint8_t>(i), m[3] = 1;
    talk.say(client, m);
  }
  EXPECT_EQ(talk.out.counts["opcua_pubsub/forgotten/stream"], 72U);
}

TEST(opcua_pubsub, probe_and_prefixes) {
  const auto probe = [](std::string_view b, transport t = transport::udp) { return named("opcua_pubsub").about.probe(hex(b), t); };
  EXPECT_EQ(probe(message_of("0100")), match::yes);
  EXPECT_EQ(probe(message_of("0100"), transport::tcp), match::no);
  EXPECT_EQ(probe(message_of("0100"), transport::ethernet), match::yes);
  EXPECT_EQ(probe(message_of("0100", "01 0200 06 2a000000")), match::no);
  EXPECT_EQ(probe(message_of("0100", "01 0100 06 2a000000 ff")), match::no);
  EXPECT_EQ(probe("01 01 0000"), match::no);
  EXPECT_EQ(probe("4845 4c46"), match::no);
  EXPECT_EQ(probe(""), match::no);
  every_prefix("opcua_pubsub",
               {{client, hex(message_of("0100"))},
                {client, hex("f1 04 05000000 6d696c6c31 01 6400 02 0100 0200  0800 0500  01 0100 06 01000000  01 0100 01 01")},
                {client, hex("f1 11 ba08 01 6400 01 4df4 03 01000000 02 aabb 0102030405060708090a0b0c0d0e0f1011121314")},
                {client, hex("91 81 08 ba08 02 0100 4df4 ffffffff ffffffff ffffffff ffffffff 0100000041 00 00000000")}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
