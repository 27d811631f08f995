// MQTT: what each packet turns into, which answer belongs to which request, and what breaks a rule.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string brief(const operation& op) {
  std::string out = op.function_name + "(" + op.unit + ")";
  for (const auto& o : op.objects) out += (&o == op.objects.data() ? " " + o.space + " " : ",") + o.address;
  for (const auto& v : op.values) out += " =" + to_string(v);
  return out + " " + std::string{to_string(op.outcome)} + (op.code ? " " + *op.code : "");
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) out += (out.empty() ? "" : "; ") + brief(o);
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) out += (out.empty() ? "" : "; ") + f.kind + (f.unit.empty() ? "" : "/" + f.unit) + "=" + f.value;
  return out;
}

octets text(std::string_view s) { return word(s.size()) + chars(s); }
octets packet(std::uint8_t first, const octets& body) {
  octets out{first};
  auto n = body.size();
  do out.push_back(static_cast<std::uint8_t>((n & 0x7f) | (n > 0x7f ? 0x80 : 0))), n >>= 7;
  while (n != 0);
  return out + body;
}

const octets connect311 = packet(0x10, hex("0004 4d515454 04 02 003c") + text("pump"));
const octets connect5 = packet(0x10, hex("0004 4d515454 05 02 003c 00") + text("pump"));
const octets accepted = hex("20 02 00 00"), accepted5 = hex("20 03 00 00 00");

/// A conversation after an accepted CONNECT, which is not of interest.
struct connected : conversation {
  explicit connected(int version) : conversation{"mqtt"} {
    say(side::client, version == 5 ? connect5 : connect311);
    say(side::server, version == 5 ? accepted5 : accepted);
    out = {};
  }
};

TEST(mqtt, probe_takes_whole_valid_packets_only) {
  const struct {
    const char* name;
    octets bytes;
    match expected;
  } rows[] = {
      {"connect", connect311, match::certain},
      {"connect_3_1", packet(0x10, hex("0006 4d5149736470 03 02 000a") + text("a")), match::certain},
      {"connect_of_a_bridge", packet(0x10, hex("0004 4d515454 84 02 003c") + text("a")), match::certain},
      {"connect_begins", {connect311.begin(), connect311.begin() + 6}, match::unsure},
      {"connect_of_level_6", packet(0x10, hex("0004 4d515454 06 02 003c") + text("a")), match::no},
      {"connect_with_spare_flag", packet(0x10, hex("0004 4d515454 04 03 003c") + text("a")), match::no},
      {"connack", accepted, match::yes},
      {"connack_of_5", accepted5, match::yes},
      {"connack_of_9", hex("20 02 00 09"), match::no},
      {"publish", packet(0x30, text("a/b") + chars("1")), match::yes},
      {"publish_begins", hex("30 7f 00 03 61 2f"), match::unsure},
      {"publish_to_a_wildcard", packet(0x30, text("a/#") + chars("1")), match::no},
      {"publish_qos_3", packet(0x36, text("a/b") + hex("0001") + chars("1")), match::no},
      {"publish_without_id", packet(0x32, text("a/b") + hex("0000")), match::no},
      {"subscribe", packet(0x82, hex("0001") + text("a/#") + hex("01")), match::yes},
      {"subscribe_of_5", packet(0x82, hex("0001 00") + text("a/#") + hex("2e")), match::yes},
      {"subscribe_nothing", packet(0x82, hex("0001")), match::no},
      {"subscribe_flags", packet(0x80, hex("0001") + text("a/#") + hex("01")), match::no},
      {"one_ping", hex("c000"), match::unsure},
      {"four_pings", hex("c000 c000 c000 c000"), match::yes},
      {"ping_and_other", hex("c000 1603"), match::no},
      {"acks", hex("4002 0001 4002 0002"), match::yes},
      {"tls", hex("16 03 01 02 00 01 00"), match::no},
      {"ldap", hex("30 0c 02 01 01 60 07 02 01 03 04 00 80 00"), match::no},
      {"http", chars("GET / HTTP/1.1\r\n\r\n"), match::no},
      {"ssh", chars("SSH-2.0-OpenSSH_9.2\r\n"), match::no},
      {"ftp", chars("220 ready\r\n"), match::no},
      {"length_of_five", hex("30 ff ff ff ff 01"), match::no},
      {"nothing", {}, match::unsure},
      {"type_0", hex("00 02 00 00"), match::no},
  };
  for (const auto& r : rows) EXPECT_EQ(named("mqtt").about.probe(r.bytes, transport::tcp), r.expected) << r.name;
  EXPECT_EQ(named("mqtt").about.probe(connect311, transport::udp), match::no);
}

TEST(mqtt, frame_finds_the_size) {
  const auto frame = [](std::string_view s) { return named("mqtt").about.frame(hex(s)); };
  EXPECT_EQ(*frame("c0 00"), 2u);
  EXPECT_EQ(*frame("30 80 01"), 131u);
  EXPECT_EQ(*frame("30 ff ff ff 7f"), 268435460u);
  EXPECT_EQ(*frame("30"), 0u);
  EXPECT_EQ(*frame("30 80"), 0u);
  EXPECT_FALSE(frame("30 80 80 80 80 01"));
}

TEST(mqtt, connect_says_who_comes) {
  conversation c{"mqtt"};
  c.say(client,
        packet(0x10, hex("0004 4d515454 04 ee 003c") + text("pump") + text("gone/pump") + text("bye") + text("anna") + text("secret")));
  c.say(server, hex("20 02 01 00"));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& op = c.out.operations[0];
  EXPECT_EQ(brief(op), "connect(pump) ok 0");
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.function, "1");
  EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
  const std::pair<const char*, const char*> expected[] = {
      {"version", "3.1.1"},       {"clean_session", "true"}, {"keep_alive", "60"},       {"will_topic", "gone/pump"},
      {"will_qos", "1"},          {"will_retain", "true"},   {"will_size", "3"},         {"user_name", "anna"},
      {"password_given", "true"}, {"anonymous", "false"},    {"session_present", "true"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(text_of(op, name), value) << name;
  for (const auto& f : op.fields) EXPECT_EQ(to_string(f.second).find("secret"), std::string::npos);
  EXPECT_EQ(facts(c.out), "client_id=pump; role=mqtt_broker");
  EXPECT_EQ(rules(c.out), "");
}

TEST(mqtt, connect_of_version_5_and_its_refusals) {
  const struct {
    const char* name;
    octets connect, connack;
    std::string told, field, text;
  } rows[] = {
      {"anonymous", connect5, accepted5, "connect(pump) ok 0", "anonymous", "true"},
      {"old", packet(0x10, hex("0006 4d5149736470 03 02 000a") + text("a")), accepted, "connect(a) ok 0", "version", "3.1"},
      {"refused", connect311, hex("20 02 00 05"), "connect(pump) refused 5", "reason", "not_authorized"},
      {"refused_5", connect5, hex("20 03 00 86 00"), "connect(pump) refused 134", "reason", "bad_user_name_or_password"},
      {"assigned", packet(0x10, hex("0004 4d515454 05 02 0000 05 11 00000e10 0000")), hex("20 08 00 00 05 12 0002 6131"),
       "connect(a1) ok 0", "session_expiry_interval", "3600"},
      {"server_keep_alive", connect5, hex("20 06 00 00 03 13 0005"), "connect(pump) ok 0", "server_keep_alive", "5"},
      {"method", packet(0x10, hex("0004 4d515454 05 02 0000 0c 15 0003 475353 16 0003 010203") + text("a")), accepted5, "connect(a) ok 0",
       "authentication_data_size", "3"},
      {"method_is_not_anonymous", packet(0x10, hex("0004 4d515454 05 02 0000 06 15 0003 475353") + text("a")), accepted5, "connect(a) ok 0",
       "anonymous", "false"},
      {"user_property", packet(0x10, hex("0004 4d515454 05 02 0000 08 26 0003 6b6579 0000") + text("a")), accepted5, "connect(a) ok 0",
       "user_property", "key"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation c{"mqtt"};
    c.say(client, r.connect);
    c.say(server, r.connack);
    EXPECT_EQ(told(c.out), r.told);
    ASSERT_EQ(c.out.operations.size(), 1u);
    EXPECT_EQ(text_of(c.out.operations[0], r.field), r.text);
    EXPECT_EQ(rules(c.out), "");
  }
}

TEST(mqtt, publish_of_each_quality) {
  const octets topic = text("a/b");
  const struct {
    const char* name;
    int version;
    std::vector<std::pair<side, octets>> said;
    std::string told;
  } rows[] = {
      {"qos_0", 4, {{client, packet(0x30, topic + chars("21.5"))}}, "publish(pump) topic a/b =21.5 none"},
      {"json", 4, {{client, packet(0x30, topic + chars("{\n\t\"a\":1\r\n}"))}}, "publish(pump) topic a/b ={\n\t\"a\":1\r\n} none"},
      {"binary", 4, {{client, packet(0x30, topic + hex("00ff"))}}, "publish(pump) topic a/b =0x00ff none"},
      {"empty", 4, {{client, packet(0x31, topic)}}, "publish(pump) topic a/b = none"},
      {"from_broker", 4, {{server, packet(0x30, topic + chars("1"))}}, "publish(pump) topic a/b =1 none"},
      {"qos_1",
       4,
       {{client, packet(0x32, topic + hex("0007") + chars("1"))}, {server, hex("4002 0007")}},
       "publish(pump) topic a/b =1 ok 0"},
      {"qos_2",
       4,
       {{client, packet(0x34, topic + hex("0007") + chars("1"))},
        {server, hex("5002 0007")},
        {client, hex("6202 0007")},
        {server, hex("7002 0007")}},
       "publish(pump) topic a/b =1 ok 0"},
      {"qos_2_refused",
       5,
       {{client, packet(0x34, topic + hex("0007 00") + chars("1"))}, {server, hex("5003 0007 97")}},
       "publish(pump) topic a/b =1 refused 151"},
      {"nobody_listens",
       5,
       {{client, packet(0x32, topic + hex("0007 00") + chars("1"))}, {server, hex("4003 0007 10")}},
       "publish(pump) topic a/b =1 ok 16"},
      {"both_sides_number_alike",
       4,
       {{client, packet(0x32, topic + hex("0007") + chars("1"))},
        {server, packet(0x32, topic + hex("0007") + chars("2"))},
        {client, hex("4002 0007")},
        {server, hex("4002 0007")}},
       "publish(pump) topic a/b =2 ok 0; publish(pump) topic a/b =1 ok 0"},
      {"sent_again",
       4,
       {{client, packet(0x32, topic + hex("0007") + chars("1"))},
        {client, packet(0x3a, topic + hex("0007") + chars("1"))},
        {server, hex("4002 0007")}},
       "publish(pump) topic a/b =1 ok 0"},
      {"alias",
       5,
       {{client, packet(0x30, topic + hex("03 23 0001") + chars("1"))}, {client, packet(0x30, text("") + hex("03 23 0001") + chars("2"))}},
       "publish(pump) topic a/b =1 none; publish(pump) topic a/b =2 none"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    connected c{r.version};
    for (const auto& [from, bytes] : r.said) EXPECT_EQ(c.say(from, bytes), 0u);
    EXPECT_EQ(told(c.out), r.told);
    EXPECT_EQ(rules(c.out), "");
  }
}

TEST(mqtt, a_publication_names_its_sender) {
  connected c{4};
  c.say(server, packet(0x31, text("a") + chars("1")));
  ASSERT_EQ(c.out.askers.size(), 1u);
  EXPECT_EQ(c.out.askers[0], server);
  EXPECT_EQ(c.out.operations[0].action, action::report);
  EXPECT_EQ(text_of(c.out.operations[0], "retain"), "true");
}

TEST(mqtt, long_payloads_are_cut_between_characters) {
  connected c{4};
  std::string words(255, 'x');
  c.say(client, packet(0x30, text("a") + chars(words + "ü" + words)));
  EXPECT_EQ(to_string(c.out.operations.at(0).values.at(0)), words + "…");
  EXPECT_EQ(text_of(c.out.operations[0], "size"), "512");
}

TEST(mqtt, subscriptions_and_what_is_granted) {
  const struct {
    const char* name;
    int version;
    octets request, answer;
    std::string told, granted;
  } rows[] = {
      {"one", 4, packet(0x82, hex("0001") + text("a/#") + hex("01")), hex("9003 0001 01"), "subscribe(pump) topic a/# ok", "1"},
      {"two", 4, packet(0x82, hex("0001") + text("a") + hex("02") + text("+/b") + hex("00")), hex("9004 0001 01 80"),
       "subscribe(pump) topic a,+/b ok 128", "1,128"},
      {"refused", 5, packet(0x82, hex("0001 00") + text("$SYS/#") + hex("00")), hex("9004 0001 00 87"),
       "subscribe(pump) topic $SYS/# refused 135", "135"},
      {"identifier", 5, packet(0x82, hex("0001 02 0b 05") + text("a") + hex("2e")), hex("9004 0001 00 02"), "subscribe(pump) topic a ok",
       "2"},
      {"unsubscribe", 4, packet(0xa2, hex("0002") + text("a")), hex("b002 0002"), "unsubscribe(pump) topic a ok", "-"},
      {"unsubscribe_5", 5, packet(0xa2, hex("0002 00") + text("a")), hex("b004 0002 00 11"), "unsubscribe(pump) topic a ok", "17"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    connected c{r.version};
    c.say(client, r.request);
    EXPECT_TRUE(c.out.operations.empty());
    c.say(server, r.answer);
    EXPECT_EQ(told(c.out), r.told);
    EXPECT_EQ(c.out.operations.at(0).action, action::subscribe);
    EXPECT_EQ(text_of(c.out.operations[0], "granted"), r.granted);
    EXPECT_EQ(rules(c.out), "");
  }
}

TEST(mqtt, partings) {
  connected old{4};
  old.say(client, hex("e000"));
  EXPECT_EQ(told(old.out), "disconnect(pump) none");
  connected c{5};
  c.say(server, hex("e001 8e"));
  c.say(client, hex("f00a 18 08 15 0002 4142 16 0000"));
  EXPECT_EQ(told(c.out), "disconnect(pump) none 142; auth(pump) none 24");
  EXPECT_EQ(text_of(c.out.operations[0], "reason"), "session_taken_over");
  EXPECT_EQ(c.out.operations[1].action, action::authenticate);
  EXPECT_EQ(text_of(c.out.operations[1], "authentication_method"), "AB");
  EXPECT_EQ(rules(c.out), "");
}

TEST(mqtt, what_breaks_a_rule) {
  const octets a = text("a");
  const struct {
    const char* name;
    int version;
    side from;
    octets bytes;
    std::string rules;
  } rows[] = {
      {"type_0", 4, client, hex("00 02 00 00"), "packet_type"},
      {"auth_before_5", 4, client, hex("f0 00"), "packet_type"},
      {"flags", 4, client, hex("c1 00"), "flags"},
      {"qos_3", 4, client, packet(0x36, a + hex("0001") + chars("1")), "qos"},
      {"id_0", 4, client, packet(0x32, a + hex("0000") + chars("1")), "packet_id"},
      {"duplicate", 4, client, packet(0x38, a + chars("1")), "duplicate"},
      {"wildcard", 4, client, packet(0x30, text("a/+") + chars("1")), "topic"},
      {"no_topic", 4, client, packet(0x30, text("") + chars("1")), "topic"},
      {"not_utf8", 4, client, packet(0x30, hex("0001 ff")), "topic"},
      {"cut_topic", 4, client, packet(0x30, hex("0005 61")), "length"},
      {"filter", 4, client, packet(0x82, hex("0001") + text("a/#/b") + hex("00")), "topic_filter"},
      {"filter_in_word", 4, client, packet(0x82, hex("0001") + text("a+") + hex("00")), "topic_filter"},
      {"no_filter", 4, client, hex("8202 0001"), "topic_filter"},
      {"subscribe_qos_3", 4, client, packet(0x82, hex("0001") + a + hex("03")), "qos"},
      {"subscribe_cut", 4, client, packet(0x82, hex("0001") + a), "length"},
      {"server_subscribes", 4, server, packet(0x82, hex("0001") + a + hex("00")), "direction"},
      {"client_answers", 4, client, hex("d000"), "direction"},
      {"server_leaves", 4, server, hex("e000"), "direction"},
      {"ping_with_body", 4, client, hex("c001 00"), "length"},
      {"second_connect", 4, client, connect311, "second_connect"},
      {"unasked", 4, server, hex("4002 0009"), "unpaired_response"},
      {"released", 4, client, hex("6202 0009"), "unpaired_request"},
      {"disconnect_code", 5, client, hex("e001 7f"), "reason_code"},
      {"property_unknown", 5, client, packet(0x30, a + hex("01 7f")), "property"},
      {"property_elsewhere", 5, client, packet(0x30, a + hex("03 21 0001")), "property"},
      {"property_twice", 5, client, packet(0x30, a + hex("04 01 01 01 01")), "property"},
      {"property_cut", 5, client, hex("e003 00 05 11"), "property length"},
      {"alias_unknown", 5, client, packet(0x30, text("") + hex("03 23 0009")), "topic"},
      {"alias_0", 5, client, packet(0x30, a + hex("03 23 0000")), "topic"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    connected c{r.version};
    EXPECT_EQ(c.say(r.from, r.bytes), 0u);
    EXPECT_EQ(rules(c.out), r.rules);
    for (const auto& v : c.out.violations) EXPECT_EQ(v.unit, "pump");
  }
}

TEST(mqtt, what_is_wrong_with_connect) {
  const struct {
    const char* name;
    octets bytes;
    std::string rules;
  } rows[] = {
      {"name", packet(0x10, hex("0004 4d515455 04 02 003c") + text("a")), "protocol_name"},
      {"level", packet(0x10, hex("0004 4d515454 03 02 003c") + text("a")), "protocol_name"},
      {"spare", packet(0x10, hex("0004 4d515454 04 03 003c") + text("a")), "connect_flags"},
      {"qos_without_will", packet(0x10, hex("0004 4d515454 04 0a 003c") + text("a")), "connect_flags"},
      {"will_qos_3", packet(0x10, hex("0004 4d515454 04 1e 003c") + text("a") + text("t") + text("")), "qos"},
      {"password_alone", packet(0x10, hex("0004 4d515454 04 42 003c") + text("a") + text("p")), "connect_flags"},
      {"nobody", packet(0x10, hex("0004 4d515454 04 00 003c") + text("")), "client_id"},
      {"will_topic", packet(0x10, hex("0004 4d515454 04 06 003c") + text("a") + text("t/#") + text("")), "topic"},
      {"not_utf8", packet(0x10, hex("0004 4d515454 04 02 003c 0001 ff")), "string"},
      {"tail", packet(0x10, hex("0004 4d515454 04 02 003c") + text("a") + hex("00")), "length"},
      {"cut", packet(0x10, hex("0004 4d515454 04 c2 003c") + text("a") + text("u")), "length"},
      {"cut_early", packet(0x10, hex("0004 4d515454 04 02")), "length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation c{"mqtt"};
    c.say(client, r.bytes);
    EXPECT_EQ(rules(c.out), r.rules);
  }
}

TEST(mqtt, order_of_quality_2) {
  const octets publication = packet(0x34, text("a") + hex("0007") + chars("1"));
  connected early{4};
  early.say(client, publication);
  early.say(client, hex("6202 0007"));
  early.say(server, hex("7002 0007"));
  EXPECT_EQ(rules(early.out), "order order");
  connected wrong{4};
  wrong.say(client, publication);
  wrong.say(server, hex("4002 0007"));
  EXPECT_EQ(rules(wrong.out), "order");
}

TEST(mqtt, a_session_that_goes_on_may_answer_what_was_not_seen) {
  conversation c{"mqtt"};
  c.say(client, packet(0x10, hex("0004 4d515454 04 00 003c") + text("pump")));
  c.say(server, hex("20 02 01 00"));
  c.say(client, hex("6202 0009"));
  c.say(server, hex("7002 0009"));
  EXPECT_EQ(rules(c.out), "");
  EXPECT_EQ(brief(c.out.operations.back()), "pubcomp(pump) unpaired");
}

TEST(mqtt, a_silent_client_breaks_its_keep_alive) {
  connected c{4};
  c.wait(std::chrono::seconds{89});
  c.say(client, hex("c000"));
  EXPECT_EQ(rules(c.out), "");
  c.wait(std::chrono::seconds{91});
  c.say(client, hex("c000"));
  EXPECT_EQ(rules(c.out), "keep_alive");
}

TEST(mqtt, what_is_not_answered_times_out) {
  connected c{4};
  c.say(client, packet(0x82, hex("0001") + text("a") + hex("00")));
  c.wait(std::chrono::seconds{31});
  EXPECT_EQ(told(c.out), "subscribe(pump) topic a timeout");
  c.say(client, packet(0x32, text("a") + hex("0002")));
  c.end();
  EXPECT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations.back().outcome, outcome::timeout);
}

TEST(mqtt, picked_up_in_the_middle_and_after_a_gap) {
  conversation c{"mqtt"};
  c.say(server, hex("4002 0009"));
  c.say(client, packet(0x30, text("a") + hex("00") + chars("5")));  // of version 5, as its shape says
  c.say(client, packet(0x30, text("a") + chars("plain")));          // which was an accident
  c.say(client, packet(0x30, text("a")));
  EXPECT_EQ(told(c.out), "puback() unpaired; publish() topic a =5 none; publish() topic a =plain none; publish() topic a = none");
  EXPECT_EQ(rules(c.out), "");
  connected g{5};
  g.say(client, packet(0x30, text("a") + hex("03 23 0001")));
  g.gap(client);
  g.say(client, packet(0x30, text("") + hex("03 23 0001")));
  g.say(server, hex("4002 0009"));
  EXPECT_EQ(told(g.out), "publish(pump) topic a = none; publish(pump) topic alias:1 = none; puback(pump) unpaired");
  EXPECT_EQ(rules(g.out), "");
}

TEST(mqtt, topics_are_told_once_and_no_more_than_512) {
  connected c{4};
  for (int i = 0; i < 600; ++i) c.say(client, packet(0x30, text("t/" + std::to_string(i))));
  c.say(client, packet(0x30, text("t/5")));
  EXPECT_EQ(c.out.facts.size(), 512u);
  EXPECT_EQ(c.out.facts[5].kind + c.out.facts[5].value + c.out.facts[5].unit, "topict/5pump");
  EXPECT_EQ(c.out.counts.at("mqtt/forgotten/topic"), 88u);
}

TEST(mqtt, aliases_are_bounded) {
  connected c{5};
  for (int i = 1; i <= 300; ++i)
    c.say(client, packet(0x30, text("a") + octets{3, 0x23, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
  EXPECT_EQ(c.out.counts.at("mqtt/forgotten/topic_alias"), 44u);
  c.say(client, packet(0x30, text("") + hex("03 23 0001")));
  EXPECT_EQ(c.out.operations.back().objects.at(0).address, "alias:1");
}

TEST(mqtt, what_is_wrong_many_times_in_a_packet_is_told_once) {
  connected c{4};
  octets filters = hex("0001");
  for (int i = 0; i < 1000; ++i) filters = filters + text("") + hex("03");
  c.say(client, packet(0x82, filters));
  EXPECT_EQ(rules(c.out), "topic_filter qos");
}

TEST(mqtt, an_open_publication_does_not_grow_without_end) {
  connected c{5};
  c.say(client, packet(0x34, text("a") + hex("0007 00") + chars("1")));
  octets properties;
  for (int i = 0; i < 24; ++i) properties = properties + hex("26 0001 61 0000");
  for (int i = 0; i < 1000; ++i)
    c.say(server, packet(0x50, hex("0007 10") + octets{static_cast<std::uint8_t>(properties.size() | 0x80), 1} + properties));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_LT(c.out.operations[0].fields.size(), 100u);
}

TEST(mqtt, packets_are_counted) {
  connected c{4};
  c.say(client, hex("c000 c000"));
  c.say(server, hex("d000"));
  EXPECT_EQ(c.out.counts.at("mqtt/message/12"), 2u);
  EXPECT_EQ(c.out.counts.at("mqtt/message/13"), 1u);
  EXPECT_TRUE(c.out.operations.empty());
}

TEST(mqtt, survives_every_prefix) {
  every_prefix("mqtt", {{client, connect5},
                        {server, hex("20 08 00 00 05 12 0002 6131")},
                        {client, packet(0x82, hex("0001 02 0b 05") + text("a/#") + hex("2e"))},
                        {server, hex("9004 0001 00 02")},
                        {client, packet(0x34, text("a") + hex("0007 03 23 0001") + chars("1"))},
                        {server, hex("5004 0007 10 00")},
                        {client, hex("6202 0007")},
                        {server, hex("7002 0007")},
                        {client, hex("a2 06 0002 00 0001 61")},
                        {server, hex("b004 0002 00 00")},
                        {client, hex("e002 00 00")}});
}

}  // namespace
}  // namespace mw::test
