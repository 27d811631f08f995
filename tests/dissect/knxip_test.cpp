// KNXnet/IP: connections, tunnelled and routed telegrams, what devices say of themselves, and what breaks a rule.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

octets frame(unsigned service, const octets& body) { return octets{6, 0x10} + word(service) + word(body.size() + 6) + body; }
octets frame(unsigned service, std::string_view body) { return frame(service, hex(body)); }
const octets endpoint = hex("08 01 0a000001 0e57");
octets carried(unsigned service, unsigned sequence, std::string_view telegram) {
  return frame(service, octets{4, 7, static_cast<std::uint8_t>(sequence), 0} + hex(telegram));
}
const octets device = hex("36 01 02 01 1101 0000 00c501027a34 e000170c 0050c2793e03") + octets{'r', 'o', 'u', 't', 'e', 'r'} + octets(24);

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string brief(const operation& op) {
  std::string out = op.function + " " + op.function_name + "(" + op.unit + ")";
  for (const auto& o : op.objects) out += " " + o.space + ":" + o.address;
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
  for (const auto& f : r.facts)
    out += (f.who == side::client ? "client " : "") + f.kind + (f.unit.empty() ? "" : "/" + f.unit) + "=" + f.value + ";";
  return out;
}
struct talk : conversation {
  talk() : conversation{"knxip", transport::udp} {}
};

TEST(knxip, services_and_their_answers) {
  const octets hpai = endpoint, cri = hex("04 04 02 00");
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
  } rows[] = {
      {"search", frame(0x0201, hpai), frame(0x0202, hpai + device), "513 search_request() ok", action::identify},
      {"search_extended", frame(0x020b, hpai + hex("06 04 01020607")), frame(0x020c, hpai + device), "523 search_request_extended() ok",
       action::identify},
      {"description", frame(0x0203, hpai), frame(0x0204, device), "515 description_request() ok", action::identify},
      {"connect", frame(0x0205, hpai + hpai + cri), frame(0x0206, hex("07 00") + hpai + hex("04 04 1164")), "517 connect_request() ok 0",
       action::session},
      {"connect_refused", frame(0x0205, hpai + hpai + cri), frame(0x0206, "00 24"), "517 connect_request() refused 36", action::session},
      {"state", frame(0x0207, hex("07 00") + hpai), frame(0x0208, "07 00"), "519 connection_state_request() ok 0", action::session},
      {"state_refused", frame(0x0207, hex("07 00") + hpai), frame(0x0208, "07 21"), "519 connection_state_request() refused 33",
       action::session},
      {"disconnect", frame(0x0209, hex("07 00") + hpai), frame(0x020a, "07 00"), "521 disconnect_request() ok 0", action::session},
      {"feature", frame(0x0422, "04 07 00 00 06 00"), frame(0x0423, "04 07 00 00 06 00 1164"),
       "1058 tunnelling_feature_get() feature:individual_address =0x1164 ok 0", action::read},
      {"feature_set", frame(0x0424, "04 07 00 00 08 00 01"), frame(0x0423, "04 07 00 00 08 00 01"),
       "1060 tunnelling_feature_set() feature:info_service_enable =0x01 ok 0", action::configure},
      {"diagnostic", frame(0x0740, hpai + hex("02 01")), frame(0x0741, hex("02 01") + device),
       "1856 remote_diagnostic_request() selector:programming_mode ok", action::diagnose},
      {"secure_session", frame(0x0951, hpai + octets(32)), frame(0x0952, hex("0001") + octets(48)), "2385 session_request() ok",
       action::session},
      {"unasked", {}, frame(0x0208, "07 00"), "520 connection_state_response() unpaired 0", action::session},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    if (!r.request.empty()) t.say(side::client, r.request);
    t.say(side::server, r.answer);
    EXPECT_EQ(told(t.out), r.told);
    ASSERT_FALSE(t.out.operations.empty());
    EXPECT_EQ(t.out.operations[0].action, r.what);
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(knxip, services_that_are_not_answered) {
  const struct {
    const char* name;
    octets bytes;
    std::string told, field, text;
  } rows[] = {
      {"configuration", frame(0x0742, endpoint + hex("08 02 0050c2793e03")),
       "1858 remote_basic_configuration_request() selector:0050c2793e03 none", "endpoint", "udp 10.0.0.1:3671"},
      {"reset", frame(0x0743, "02 01 01 00"), "1859 remote_reset_request() selector:programming_mode none", "-", "-"},
      {"lost", frame(0x0531, "04 00 0005"), "1329 routing_lost_message() none", "lost", "5"},
      {"busy", frame(0x0532, "06 00 0064 0000"), "1330 routing_busy() none", "wait_ms", "100"},
      {"status", frame(0x0954, "01 00"), "2388 session_status() none", "status", "authentication_failed"},
      {"secure", frame(0x0950, hex("0001") + octets(40)), "2384 secure_wrapper() none", "secure_session", "1"},
      {"feature_info", frame(0x0425, "04 07 00 00 03 00 01"), "1061 tunnelling_feature_info() feature:bus_connection_status =0x01 none",
       "channel", "7"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, r.bytes);
    EXPECT_EQ(told(t.out), r.told);
    EXPECT_EQ(text_of(t.out.operations.at(0), r.field), r.text);
    EXPECT_EQ(rules(t.out), "");
  }
  talk t;
  t.say(side::client, frame(0x0743, "02 01 01 00"));
  EXPECT_EQ(t.out.operations.at(0).action, action::restart);
  for (int i = 0; i < 5; ++i) t.say(side::client, frame(0x0950, hex("0001") + octets(40)));
  EXPECT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(t.out.counts.at("knxip/service/2384"), 5u);
}

TEST(knxip, devices_describe_themselves) {
  talk t;
  t.say(side::server, frame(0x020c, endpoint + device + hex("08 02 0202 0302 0501") + hex("08 08 01 00 00fe 07b0") + hex("04 fe 00c5")));
  t.say(side::server, frame(0x0202, endpoint + device));
  EXPECT_EQ(facts(t.out),
            "medium=TP1;programming_mode=true;individual_address=1.1.1;serial=00c501027a34;mac=00:50:c2:79:3e:03;host_name=router;"
            "services=core:2 device_management:2 routing:1;mask_version=07b0;manufacturer_id=00c5;");
  auto quiet = device;
  quiet[3] = 0;  // the button was pressed again
  t.say(side::server, frame(0x0202, endpoint + quiet));
  EXPECT_EQ(t.out.facts.back().kind + t.out.facts.back().value, "programming_modefalse");
}

TEST(knxip, tunnelled_telegrams) {
  const struct {
    const char* name;
    std::vector<std::pair<side, std::string_view>> said;  // sequences count up by themselves
    std::string told;
    action what;
  } rows[] = {
      {"group_write",
       {{side::client, "11 00 bce0 0000 0a03 01 00 81"}, {side::server, "2e 00 bce0 1164 0a03 01 00 81"}},
       "1056/128 group_value_write() group:1/2/3 =1 ok",
       action::write},
      {"group_write_fails",
       {{side::client, "11 00 bce0 0000 0a03 01 00 81"}, {side::server, "2e 00 bde0 1164 0a03 01 00 81"}},
       "1056/128 group_value_write() group:1/2/3 =1 refused",
       action::write},
      {"group_write_octet",
       {{side::client, "11 00 bce0 0000 0a03 02 00 80 ff"}, {side::server, "2e 00 bce0 1164 0a03 02 00 80 ff"}},
       "1056/128 group_value_write() group:1/2/3 =255 ok",
       action::write},
      {"group_write_float",
       {{side::client, "11 00 bce0 0000 0a03 03 00 80 0c1a"}, {side::server, "2e 00 bce0 1164 0a03 03 00 80 0c1a"}},
       "1056/128 group_value_write() group:1/2/3 =0x0c1a ok",
       action::write},
      {"group_read",
       {{side::client, "11 00 bce0 0000 0a03 01 00 00"},
        {side::server, "2e 00 bce0 1164 0a03 01 00 00"},
        {side::server, "29 00 bce0 1105 0a03 01 00 41"}},
       "1056/0 group_value_read() group:1/2/3 =1 ok",
       action::read},
      {"heard",
       {{side::server, "29 00 bce0 1105 0a03 01 00 81"}},
       "1056/128 group_value_write() group:1/2/3 =1 unsolicited",
       action::report},
      {"additional_information",
       {{side::server, "29 04 03020000 bce0 1105 0a03 01 00 81"}},
       "1056/128 group_value_write() group:1/2/3 =1 unsolicited",
       action::report},
      {"memory_read",
       {{side::client, "11 00 b060 0000 1105 03 42 01 0060"},
        {side::server, "2e 00 b060 1164 1105 03 42 01 0060"},
        {side::server, "29 00 b060 1105 1164 04 42 41 0060 7f"}},
       "1056/512 memory_read(1.1.5) memory:96 =0x7f ok",
       action::read},
      {"memory_write",
       {{side::client, "11 00 b060 0000 1105 05 42 82 0060 0102"}, {side::server, "2e 00 b060 1164 1105 05 42 82 0060 0102"}},
       "1056/640 memory_write(1.1.5) memory:96 =0x0102 ok",
       action::program_download},
      {"load_state",
       {{side::client, "11 00 b060 0000 1105 0f 47 d7 03 05 1001 01000000000000000000"}},
       "1056/983 property_value_write(1.1.5) property:3/5 =0x01000000000000000000 timeout",
       action::program_download},
      {"restart",
       {{side::client, "11 00 b060 0000 1105 01 43 80"}, {side::server, "2e 00 b060 1164 1105 01 43 80"}},
       "1056/896 restart(1.1.5) ok",
       action::restart},
      {"authorize",
       {{side::client, "11 00 b060 0000 1105 06 43 d1 00 11223344"}, {side::server, "29 00 b060 1105 1164 02 43 d2 02"}},
       "1056/977 authorize_request(1.1.5) ok",
       action::authenticate},
      {"programming",
       {{side::client, "11 00 b0e0 0000 0000 03 00 c0 1107"}, {side::server, "2e 00 b0e0 1164 0000 03 00 c0 1107"}},
       "1056/192 individual_address_write() =1.1.7 ok",
       action::configure},
      {"connect_to_device",
       {{side::client, "11 00 b060 0000 1105 00 80"}, {side::server, "2e 00 b060 1164 1105 00 80"}},
       "1056/transport_connect transport_connect(1.1.5) none",
       action::session},
      {"bus_monitor",
       {{side::server, "2b 04 03010200 bc1105"}},
       "1056/busmonitor_indication busmonitor_indication() =0xbc1105 none",
       action::report},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    std::array<unsigned, 2> sequence{};
    for (const auto& [from, telegram] : r.said) t.say(from, carried(0x0420, sequence.at(static_cast<std::size_t>(from))++, telegram));
    t.end();
    EXPECT_EQ(told(t.out), r.told);
    ASSERT_FALSE(t.out.operations.empty());
    EXPECT_EQ(t.out.operations[0].action, r.what);
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(knxip, a_telegram_has_a_source_and_a_priority_and_no_key) {
  talk t;
  t.say(side::server, carried(0x0420, 0, "29 00 b0e0 1105 0a03 01 00 81"));
  EXPECT_EQ(text_of(t.out.operations.at(0), "source"), "1.1.5");
  EXPECT_EQ(text_of(t.out.operations[0], "priority"), "system");
  t.say(side::client, carried(0x0420, 0, "11 00 b060 0000 1105 06 43 d1 00 11223344"));
  t.end();
  EXPECT_EQ(text_of(t.out.operations.at(1), "key_given"), "true");
  EXPECT_TRUE(t.out.operations[1].values.empty());
}

TEST(knxip, devices_on_the_bus_say_what_they_are) {
  talk t;
  t.say(side::server, carried(0x0420, 0, "29 00 b060 1105 1164 0b 43 d6 00 0b 1001 00c501020304"));
  t.say(side::server, carried(0x0420, 1, "29 00 b060 1105 1164 03 43 40 07b0"));
  EXPECT_EQ(facts(t.out), "serial/1.1.5=00c501020304;mask_version/1.1.5=07b0;");
}

TEST(knxip, routed_telegrams_go_to_everybody) {
  talk t;
  t.say(side::client, frame(0x0530, "29 00 bcd0 1105 0a03 01 00 80"));
  t.say(side::client, frame(0x0530, "29 00 bcd0 1105 0a04 01 00 00"));
  EXPECT_EQ(told(t.out), "1328/128 group_value_write() group:1/2/3 =0 none; 1328/0 group_value_read() group:1/2/4 none");
  EXPECT_EQ(t.out.operations[0].action, action::write);
  EXPECT_EQ(t.out.askers[0], side::client);
}

TEST(knxip, management_of_the_interface) {
  talk t;
  t.say(side::client, carried(0x0310, 0, "fc 0000 01 0b 1001"));
  t.say(side::server, carried(0x0310, 0, "fb 0000 01 0b 1001 00c501027a34"));
  t.say(side::client, carried(0x0310, 1, "f6 000b 01 34 1001 01"));
  t.say(side::server, carried(0x0310, 1, "f5 000b 01 34 0001 07"));
  t.say(side::client, carried(0x0310, 2, "f1"));
  EXPECT_EQ(told(t.out),
            "784/252 property_read() property:0/1/11 =0x00c501027a34 ok; 784/246 property_write() property:11/1/52 =0x01 refused; "
            "784/241 reset_request() none");
  EXPECT_EQ(t.out.operations[1].action, action::configure);
  EXPECT_EQ(text_of(t.out.operations[1], "error"), "7");
  EXPECT_EQ(t.out.operations[2].action, action::restart);
  EXPECT_EQ(rules(t.out), "");
}

TEST(knxip, what_is_sent_again_counts_once_and_what_is_missing_is_told) {
  talk t;
  t.say(side::server, carried(0x0420, 3, "29 00 bce0 1105 0a03 01 00 81"));
  t.say(side::server, carried(0x0420, 3, "29 00 bce0 1105 0a03 01 00 81"));
  EXPECT_EQ(t.out.operations.size(), 1u);
  EXPECT_EQ(t.out.counts.at("knxip/repeated/frame"), 1u);
  EXPECT_EQ(rules(t.out), "");
  t.say(side::server, carried(0x0420, 5, "29 00 bce0 1105 0a03 01 00 81"));
  EXPECT_EQ(rules(t.out), "sequence");
  t.gap(side::server);
  t.say(side::server, carried(0x0420, 9, "29 00 bce0 1105 0a03 01 00 81"));
  EXPECT_EQ(rules(t.out), "sequence");
  t.say(side::client, frame(0x0209, hex("07 00") + endpoint));
  t.say(side::server, frame(0x020a, "07 00"));
  t.say(side::server, carried(0x0420, 10, "29 00 bce0 1105 0a03 01 00 81"));
  EXPECT_EQ(rules(t.out), "sequence channel");
  t.say(side::client, frame(0x0421, "04 07 0a 29"));
  EXPECT_EQ(rules(t.out), "sequence channel status");
}

TEST(knxip, a_channel_may_be_opened_anew_where_something_is_missing) {
  talk t;
  t.say(side::client, frame(0x0209, hex("07 00") + endpoint)), t.say(side::server, frame(0x020a, "07 00"));
  t.gap(side::server);
  t.say(side::server, carried(0x0420, 0, "29 00 bce0 1105 0a03 01 00 81"));
  EXPECT_EQ(rules(t.out), "");
}

TEST(knxip, endless_descriptions_are_told_in_part) {
  talk t;
  octets makers;
  for (int i = 0; i < 1000; ++i) makers = makers + hex("04 fe") + word(static_cast<unsigned>(i));
  t.say(side::client, frame(0x0203, endpoint)), t.say(side::server, frame(0x0204, makers));
  EXPECT_LE(t.out.facts.size(), 32u);
}

TEST(knxip, keys_are_not_recorded) {
  const struct {
    const char* name;
    octets request;
  } rows[] = {
      {"password_hashes", carried(0x0310, 0, "f6 000b 01 5d 1001 5ec2e7")},
      {"tool_key", carried(0x0310, 0, "f6 0011 01 38 1001 5ec2e7")},
      {"device_code_on_the_bus", carried(0x0420, 0, "11 00 bc60 1101 1105 08 03 d7 06 5c 1001 5ec2e7")},
      {"tool_key_on_the_bus", carried(0x0420, 0, "11 00 bc60 1101 1105 0c 01 ce 0011 001038 01 0001 5ec2e7")},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, r.request);
    t.end();
    ASSERT_EQ(t.out.operations.size(), 1u);
    EXPECT_EQ(rules(t.out), "");
    EXPECT_EQ(text_of(t.out.operations[0], "key_given"), "true");
    EXPECT_EQ(told(t.out).find("5ec2e7"), std::string::npos) << told(t.out);
  }
}

TEST(knxip, what_breaks_a_rule) {
  const struct {
    const char* name;
    octets bytes;
    std::string rules;
  } rows[] = {
      {"version", hex("06 20 0201 0006"), "header"},
      {"short", hex("06 10 02"), "header"},
      {"longer_than_the_datagram", hex("06 10 0201 0020"), "length"},
      {"octets_behind", frame(0x0203, endpoint) + octets{0}, "length"},
      {"unknown_service", frame(0x0299, octets{}), "service"},
      {"no_endpoint", frame(0x0201, "08 03 0a000001 0e57"), "parts"},
      {"connect_cut", frame(0x0205, endpoint + endpoint), "parts"},
      {"connection_header", frame(0x0420, "05 07 00 00 29"), "parts"},
      {"description_cut", frame(0x0204, "36 01 02"), "parts"},
      {"description_short", frame(0x0204, "04 01 02 00"), "description"},
      {"description_of_0", frame(0x0204, "00 01"), "description"},
      {"no_message_code", carried(0x0420, 0, "77 00"), "telegram"},
      {"telegram_cut", carried(0x0420, 0, "29 00 bce0 1105 0a03 05 00 81"), "telegram"},
      {"telegram_longer", carried(0x0420, 0, "29 00 bce0 1105 0a03 01 00 81 00"), "telegram"},
      {"application_service", carried(0x0420, 0, "29 00 b060 1105 1164 01 03 ff"), "apci"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, r.bytes);
    EXPECT_EQ(rules(t.out), r.rules);
  }
}

TEST(knxip, probe_and_frame) {
  const auto probe = [](const octets& b, transport t) { return named("knxip").about.probe(b, t); };
  EXPECT_EQ(probe(frame(0x0201, endpoint), transport::udp), match::yes);
  EXPECT_EQ(probe(frame(0x0201, endpoint) + octets{0}, transport::udp), match::no);
  EXPECT_EQ(probe(frame(0x0299, endpoint), transport::udp), match::no);
  EXPECT_EQ(probe(hex("06 10 02"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("06 10 02"), transport::tcp), match::unsure);
  EXPECT_EQ(probe(frame(0x0201, endpoint) + octets{6}, transport::tcp), match::yes);
  EXPECT_EQ(probe({0x16, 3}, transport::tcp), match::no);
  EXPECT_EQ(*named("knxip").about.frame(hex("06 10 0201 000e")), 14u);
  EXPECT_FALSE(named("knxip").about.frame(hex("06 10 0201 0003")));
}

TEST(knxip, channels_are_bounded_and_requests_time_out) {
  talk t;
  for (unsigned i = 0; i < 70; ++i)
    t.say(side::server, frame(0x0420, octets{4, static_cast<std::uint8_t>(i), 0, 0} + hex("29 00 bce0 1105 0a03 01 00 81")));
  EXPECT_EQ(t.out.counts.at("knxip/forgotten/channel"), 6u);
  talk c;
  c.say(side::client, frame(0x0203, endpoint));
  c.wait(std::chrono::seconds{31});
  EXPECT_EQ(told(c.out), "515 description_request() timeout");
}

TEST(knxip, survives_every_prefix) {
  every_prefix("knxip",
               {{side::client, frame(0x0205, endpoint + endpoint + hex("04 04 02 00"))},
                {side::server, frame(0x0206, hex("07 00") + endpoint + hex("04 04 1164"))},
                {side::server, frame(0x020c, endpoint + device + hex("08 02 0202 0302 0501 08 08 01 00 00fe 07b0 04 fe 00c5"))},
                {side::client, carried(0x0420, 0, "11 00 b060 0000 1105 08 43 d7 00 05 1001 010203")},
                {side::server, carried(0x0420, 0, "29 04 03020000 bce0 1105 0a03 03 00 40 0c1a")},
                {side::client, carried(0x0310, 1, "fc 0000 01 0b 1001")},
                {side::client, frame(0x0424, "04 07 02 00 08 00 01")},
                {side::client, frame(0x0742, endpoint + hex("08 02 0050c2793e03"))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
