// DoIP and the diagnostic services inside it: what messages turn into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets message_of(unsigned type, std::string_view payload) {
  const auto body = hex(payload);
  octets m{0x02, 0xfd, static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type), 0, 0};
  m.push_back(static_cast<std::uint8_t>(body.size() >> 8)), m.push_back(static_cast<std::uint8_t>(body.size()));
  m.insert(m.end(), body.begin(), body.end());
  return m;
}
octets ask(std::string_view service, std::string_view unit = "1000") {
  return message_of(0x8001, "0e80 " + std::string{unit} + ' ' + std::string{service});
}
octets reply(std::string_view service, std::string_view unit = "1000") {
  return message_of(0x8001, std::string{unit} + " 0e80 " + std::string{service});
}
std::string text(const std::vector<object>& all) {
  std::string out;
  for (const auto& o : all)
    out += (out.empty() ? "" : ",") + o.space + ' ' + o.address + (o.count == 1 ? "" : "x" + std::to_string(o.count));
  return out;
}
std::string text(const std::vector<value>& all) {
  std::string out;
  for (const auto& v : all) out += (out.empty() ? "" : " ") + to_string(v);
  return out;
}
std::string fields(const operation& op) {
  std::string out;
  for (const auto& [name, said] : op.fields) out += (out.empty() ? "" : " ") + name + '=' + to_string(said);
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) out += (out.empty() ? "" : " ") + f.unit + ':' + f.kind + '=' + f.value;
  return out;
}

struct row {
  std::string_view name, request, response, function, function_name;
  action what;
  std::string_view objects, values, code, fields, violations;
};
const row rows[] = {
    {"session", "10 03", "50 03 0032 01f4", "16/3", "diagnostic_session_control", action::session, "", "", "",
     "sub_function=extended_session answer=0x003201f4", ""},
    {"programming", "10 02", "50 02 0032 01f4", "16/2", "diagnostic_session_control", action::mode_change, "", "", "",
     "sub_function=programming_session answer=0x003201f4", ""},
    {"reset", "11 01", "51 01", "17/1", "ecu_reset", action::restart, "", "", "", "sub_function=hard_reset", ""},
    {"reset_of_another_kind", "11 01", "51 02", "17/1", "ecu_reset", action::restart, "", "", "", "sub_function=hard_reset", "mismatch"},
    {"reset_refused", "11 01", "7f 11 22", "17/1", "ecu_reset", action::restart, "", "", "34",
     "sub_function=hard_reset reason=conditions_not_correct", ""},
    {"clear", "14 ffffff", "54", "20", "clear_diagnostic_information", action::configure, "dtc_group 0xffffff", "", "", "", ""},
    {"faults", "19 02 ff", "59 02 ff 123456 2f", "25/2", "read_dtc_information", action::diagnose, "", "", "",
     "sub_function=report_by_status_mask data=0xff answer=0xff1234562f", ""},
    {"vin", "22 f190", "62 f190 5744423930333635343346313233343536", "34", "read_data_by_identifier", action::identify, "data 0xf190",
     "WDB9036543F123456", "", "name=vin", ""},
    {"data", "22 0102", "62 0102 00ff", "34", "read_data_by_identifier", action::read, "data 0x0102", "0x00ff", "", "", ""},
    {"two_data", "22 0102 0103", "62 0102 00 0103 01", "34", "read_data_by_identifier", action::read, "data 0x0102,data 0x0103",
     "0x00010301", "", "", ""},
    {"other_data", "22 0102", "62 0103 00ff", "34", "read_data_by_identifier", action::read, "data 0x0102", "", "", "", "mismatch"},
    {"data_cut", "22 01", "7f 22 13", "34", "read_data_by_identifier", action::read, "", "", "19", "reason=incorrect_length_or_format",
     "length"},
    {"memory", "23 24 00010000 0010", "63 aabb", "35", "read_memory_by_address", action::read, "memory 0x00010000x16", "0xaabb", "", "",
     ""},
    {"memory_of_no_size", "23 00 00", "7f 23 31", "35", "read_memory_by_address", action::read, "", "", "49", "reason=request_out_of_range",
     "length"},
    {"seed", "27 01", "67 01 11223344", "39/1", "security_access", action::authenticate, "", "", "",
     "level=1 step=request_seed seed_given=true", ""},
    {"unlocked", "27 03", "67 03 0000", "39/3", "security_access", action::authenticate, "", "", "",
     "level=2 step=request_seed seed_given=true already_unlocked=true", ""},
    {"key", "27 02 55667788", "67 02", "39/2", "security_access", action::authenticate, "", "", "", "level=1 step=send_key key_given=true",
     ""},
    {"wrong_key", "27 02 55667788", "7f 27 35", "39/2", "security_access", action::authenticate, "", "", "53",
     "level=1 step=send_key key_given=true reason=invalid_key", ""},
    {"silence", "28 03 01", "68 03", "40/3", "communication_control", action::configure, "", "", "",
     "sub_function=disable_rx_and_tx data=0x01", ""},
    {"certificate", "29 01 00 0002 aabb", "69 01 10", "41/1", "authentication", action::authenticate, "", "", "",
     "sub_function=verify_certificate_unidirectional", ""},
    {"write", "2e f190 4142", "6e f190", "46", "write_data_by_identifier", action::write, "data 0xf190", "AB", "", "name=vin", ""},
    {"write_something_else", "2e f190 00", "6e f191", "46", "write_data_by_identifier", action::write, "data 0xf190", "0x00", "",
     "name=vin", "mismatch"},
    {"force", "2f 9b00 03 3c", "6f 9b00 03 3c", "47/3", "input_output_control_by_identifier", action::force, "data 0x9b00", "<", "",
     "control=short_term_adjustment answer=0x9b00033c", ""},
    {"release", "2f 9b00 00", "6f 9b00 00", "47/0", "input_output_control_by_identifier", action::control, "data 0x9b00", "", "",
     "control=return_control answer=0x9b0000", ""},
    {"erase", "31 01 ff00 0102", "71 01 ff00 00", "49/1", "routine_control", action::control, "routine 0xff00", "0x0102", "",
     "sub_function=start_routine name=erase_memory answer=0xff0000", ""},
    {"file", "38 01 0005 2f612e62696e 00", "78 01", "56/1", "request_file_transfer", action::file_write, "file /a.bi", "", "",
     "sub_function=add_file answer=0x01", ""},
    {"file_deleted", "38 02 0002 2f61", "78 02", "56/2", "request_file_transfer", action::file_delete, "file /a", "", "",
     "sub_function=delete_file answer=0x02", ""},
    {"write_memory", "3d 12 1000 02 beef", "7d 12 1000 02", "61", "write_memory_by_address", action::write, "memory 0x1000x2", "0xbeef", "",
     "answer=0x12100002", ""},
    {"present", "3e 00", "7e 00", "62/0", "tester_present", action::session, "", "", "", "", ""},
    {"no_faults_kept", "85 02", "c5 02", "133/2", "control_dtc_setting", action::configure, "", "", "", "sub_function=off", ""},
    {"obd", "09 02", "49 02 01 41", "9", "obd_vehicle_information", action::identify, "", "", "", "data=0x02 answer=0x020141", ""},
    {"unknown", "40 01", "7f 40 11", "64", "unknown", action::diagnose, "", "", "17", "data=0x01 reason=service_not_supported", "service"},
    {"refused_for_an_unknown_reason", "3e 00", "7f 3e ee", "62/0", "tester_present", action::session, "", "", "238", "", ""},
};

TEST(uds, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"doip"};
    talk.say(client, ask(r.request));
    talk.say(server, message_of(0x8002, "1000 0e80 00"));
    talk.say(server, reply(r.response));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.protocol, "uds");
    EXPECT_EQ(op.unit, "0x0e80->0x1000");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(fields(op), r.fields);
    EXPECT_EQ(to_string(op.outcome), to_string(r.code.empty() ? outcome::ok : outcome::refused));
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(uds, keys_and_seeds_stay_out_of_records) {
  conversation talk{"doip"};
  talk.say(client, ask("27 01")), talk.say(server, reply("67 01 11223344"));
  talk.say(client, ask("27 02 55667788")), talk.say(server, reply("67 02"));
  talk.say(client, ask("29 03 aabbccdd")), talk.say(server, reply("69 03 eeff"));
  for (const auto& op : talk.out.operations)
    for (const auto secret : {"112233", "556677", "aabbcc", "eeff"}) {
      EXPECT_EQ(fields(op).find(secret), std::string::npos);
      EXPECT_EQ(text(op.values).find(secret), std::string::npos);
    }
}

TEST(uds, what_a_unit_says_of_itself_becomes_facts) {
  conversation talk{"doip"};
  const auto read = [&](std::string_view id, std::string_view data) {
    talk.say(client, ask("22 " + std::string{id})), talk.say(server, reply("62 " + std::string{id} + std::string{data}));
  };
  read("f190", "5744423930333635343346313233");
  read("f18c", "534e2d31 0000");
  read("f195", "3031");
  read("f18a", "414243");
  read("f188", "00ff");  // no text, no fact
  EXPECT_EQ(facts(talk.out), "0x1000:vin=WDB9036543F123 0x1000:serial=SN-1 0x1000:firmware=01 0x1000:vendor=ABC");
  for (const auto& f : talk.out.facts) EXPECT_EQ(f.who, server);
}

TEST(uds, a_unit_may_ask_for_patience) {
  conversation talk{"doip"};
  talk.say(client, ask("31 01 ff00"));
  for (int i = 0; i < 3; ++i) talk.say(server, reply("7f 31 78")), talk.wait(std::chrono::seconds{20});
  EXPECT_TRUE(talk.out.operations.empty());
  talk.say(server, reply("71 01 ff00"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  EXPECT_GT(*talk.out.operations[0].latency, std::chrono::seconds{60});
  EXPECT_NE(fields(talk.out.operations[0]).find("response_pending=3"), std::string::npos);
}

TEST(uds, who_wants_no_answer_gets_none) {
  conversation talk{"doip"};
  talk.say(client, ask("3e 80"));
  talk.say(client, ask("3e 80"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::none);
  talk.say(server, reply("7f 3e 12"));  // but a refusal comes all the same
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  talk.say(client, ask("85 82"));
  talk.wait(std::chrono::seconds{6});
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::none);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(uds, all_units_may_answer_what_was_asked_of_all) {
  conversation talk{"doip"};
  talk.say(client, ask("3e 00", "e400"));
  talk.say(server, reply("7e 00", "1000"));
  talk.say(server, reply("7e 00", "1001"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(fields(talk.out.operations[0]), "answered_by=0x1000");
  EXPECT_EQ(fields(talk.out.operations[1]), "answered_by=0x1001");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(uds, a_program_is_told_where_it_begins_and_ends) {
  conversation talk{"doip"};
  const auto both = [&](std::string_view a, std::string_view b) { talk.say(client, ask(a)), talk.say(server, reply(b)); };
  both("34 11 44 08000000 00000006", "74 20 0402");
  both("36 01 aabbcc", "76 01");
  both("36 02 ddeeff", "76 02");
  both("37", "77");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "memory 0x08000000x6");
  EXPECT_EQ(fields(talk.out.operations[0]), "compression=1 encryption=1 largest_block=1026");
  EXPECT_EQ(talk.out.operations[0].action, action::program_download);
  EXPECT_EQ(talk.out.operations[1].function_name, "request_transfer_exit");
  EXPECT_EQ(fields(talk.out.operations[1]), "octets=6 blocks=2");
  both("35 00 44 08000000 00000006", "75 20 0402");
  both("36 01", "76 01 aabb");
  both("36 03", "76 03 cc");  // the second is missing
  both("36 04", "7f 36 73");
  both("37", "77");
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(talk.out.operations[3].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[4].action, action::program_upload);
  EXPECT_EQ(fields(talk.out.operations[4]), "octets=3 blocks=2");
  EXPECT_EQ(rules(talk.out), "block_sequence");
  both("36 01", "7f 36 24");
  EXPECT_EQ(rules(talk.out), "block_sequence transfer_sequence");
  talk.gap(client);
  both("36 01", "7f 36 24");
  EXPECT_EQ(rules(talk.out), "block_sequence transfer_sequence");  // it may have been missed
}

TEST(uds, timeouts_and_answers_that_nobody_asked_for) {
  conversation talk{"doip"};
  talk.say(client, ask("22 0102"));
  talk.wait(std::chrono::minutes{3});
  talk.say(server, reply("62 0102 00"));
  talk.say(server, reply("7f 22 31"));
  talk.say(server, reply("7f 22"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[1].function_name, "read_data_by_identifier");
  EXPECT_EQ(talk.out.operations[2].code.value_or(""), "49");
  EXPECT_EQ(rules(talk.out), "unpaired_response unpaired_response length");
  for (const auto& v : talk.out.violations) EXPECT_EQ(v.protocol, "uds");
}

TEST(uds, counts_are_the_octets_of_the_wire) {
  conversation talk{"doip"};
  talk.say(client, ask("22 0102")), talk.say(server, reply("62 0102 00"));
  talk.say(client, ask("22 0102")), talk.say(server, reply("7f 22 31"));
  EXPECT_EQ(talk.out.counts["uds/request/34"], 2U);
  EXPECT_EQ(talk.out.counts["uds/response/98"], 1U);
  EXPECT_EQ(talk.out.counts["uds/response/127"], 1U);
  EXPECT_EQ(talk.out.counts["uds/negative/49"], 1U);
  EXPECT_EQ(talk.out.counts["doip/payload/32769"], 4U);
}

TEST(doip, a_vehicle_announces_itself) {
  conversation talk{"doip", transport::udp};
  talk.say(client, message_of(0x0004, "5744423930333635343346313233343536 1000 020000000001 ffffffffffff 00 00"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.function, "4");
  EXPECT_EQ(op.function_name, "vehicle_announcement");
  EXPECT_EQ(op.outcome, outcome::unsolicited);
  EXPECT_EQ(op.action, action::identify);
  EXPECT_EQ(op.unit, "0x1000");
  EXPECT_EQ(facts(talk.out), ":vin=WDB9036543F123456 :logical_address=0x1000 :eid=0x020000000001");
  EXPECT_EQ(fields(op), "vin=WDB9036543F123456 logical_address=0x1000 eid=0x020000000001 further_action=0 sync_status=0");
}

TEST(doip, routes_are_activated_or_not) {
  conversation talk{"doip"};
  talk.say(client, message_of(0x0005, "0e80 00 00000000"));
  talk.say(server, message_of(0x0006, "0e80 1000 04 00000000"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code.value_or(""), "4");
  EXPECT_EQ(talk.out.operations[0].unit, "0x0e80");
  EXPECT_EQ(fields(talk.out.operations[0]), "activation_type=0 activation=default logical_address=0x1000 result=missing_authentication");
  talk.say(client, ask("3e 00")), talk.say(server, reply("7e 00"));
  EXPECT_EQ(rules(talk.out), "not_activated");
  talk.say(client, message_of(0x0005, "0e80 e0 00000000"));
  talk.say(server, message_of(0x0006, "0e80 1000 10 00000000"));
  talk.say(client, ask("3e 00")), talk.say(server, reply("7e 00"));
  EXPECT_EQ(rules(talk.out), "not_activated");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::ok);
  talk.say(server, message_of(0x0006, "0e81 1000 10 00000000"));
  EXPECT_EQ(rules(talk.out), "not_activated unpaired_response");
}

TEST(doip, a_gateway_may_refuse) {
  conversation talk{"doip"};
  talk.say(client, ask("22 0102", "2000"));
  talk.say(server, message_of(0x8003, "2000 0e80 03"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code.value_or(""), "3");
  EXPECT_EQ(fields(talk.out.operations[0]), "reason=unknown_target_address refused_by=gateway");
  talk.say(client, message_of(0x0005, "0e80 00 00000000"));
  talk.say(server, message_of(0x0000, "01"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(fields(talk.out.operations[1]), "activation_type=0 activation=default reason=unknown_payload_type");
}

TEST(doip, an_entity_says_how_it_is) {
  conversation talk{"doip", transport::udp};
  talk.say(client, message_of(0x4001, ""));
  talk.say(server, message_of(0x4002, "00 08 01 00001000"));
  talk.say(client, message_of(0x4003, ""));
  talk.say(server, message_of(0x4004, "01"));
  talk.say(client, message_of(0x0003, "5744423930333635343346313233343536"));
  talk.say(client, message_of(0x0002, "020000000001"));
  talk.say(client, message_of(0x4003, ""));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(fields(talk.out.operations[0]), "node_type=gateway most_sockets=8 open_sockets=1 largest_message=4096");
  EXPECT_EQ(text(talk.out.operations[1].values) + ' ' + fields(talk.out.operations[1]), "1 power_mode=ready");
  EXPECT_EQ(fields(talk.out.operations[2]), "vin=WDB9036543F123456");
  EXPECT_EQ(fields(talk.out.operations[3]), "eid=0x020000000001");
  EXPECT_EQ(talk.out.operations[4].outcome, outcome::timeout);
  EXPECT_EQ(facts(talk.out), ":role=doip_gateway");
}

TEST(doip, probe_and_frame) {
  const auto probe = [](std::string_view b, transport t = transport::tcp) { return named("doip").about.probe(hex(b), t); };
  EXPECT_EQ(probe("02fd 0005 00000007 0e80 00 00000000"), match::yes);
  EXPECT_EQ(probe("02fd 0005 00000007 0e80"), match::yes);
  EXPECT_EQ(probe("fffd 0005 00000007"), match::no);
  EXPECT_EQ(probe("02fd 0005 00000003"), match::no);
  EXPECT_EQ(probe("02fd 0009 00000007"), match::no);
  EXPECT_EQ(probe("02fd 0005"), match::unsure);
  EXPECT_EQ(probe("02fd 8001 10000000"), match::no);
  EXPECT_EQ(probe("ff00 0001 00000000", transport::udp), match::yes);
  EXPECT_EQ(probe("ff00 0001 00000000 00", transport::udp), match::no);
  EXPECT_EQ(probe("ff00 0001", transport::udp), match::no);
  const auto frame = [](std::string_view b) { return named("doip").about.frame(hex(b)); };
  EXPECT_EQ(*frame("02fd 0005 00000007"), 15U);
  EXPECT_EQ(*frame("02fd"), 0U);
  EXPECT_FALSE(frame("02fe"));
  EXPECT_FALSE(frame("09f6"));
}

TEST(doip, broken_messages_are_told_and_the_session_goes_on) {
  const struct {
    std::string_view bytes, rule;
  } cases[] = {
      {"02fd 0005 00000007 0e80", "length"},
      {"02fd 0005 00000003 0e8000", "length"},
      {"02fd 0055 00000000", "payload_type"},
      {"02fd f001 00000001 00", ""},
      {"02fe 0007 00000000", "version"},
      {"02fd 8001 00000004 0e801000", "length"},
      {"02", "length"},
  };
  for (const auto& c : cases) {
    conversation talk{"doip", transport::udp};
    talk.client(c.bytes);
    EXPECT_EQ(rules(talk.out), c.rule) << c.bytes;
    talk.say(client, ask("3e 00")), talk.say(server, reply("7e 00"));
    EXPECT_EQ(talk.out.operations.size(), 1U);
  }
}

TEST(doip, tables_are_bounded) {
  conversation talk{"doip"};
  for (unsigned i = 0; i < 40; ++i) {
    const std::string one = std::string{"20"} + "0123456789abcdef"[i / 16] + "0123456789abcdef"[i % 16];
    talk.say(client, ask("3e 80", one));
    talk.say(client, ask("34 00 11 00 01", one)), talk.say(server, reply("74 10 20", one));
  }
  EXPECT_GT(talk.out.counts["uds/forgotten/transfer"], 0U);
  for (unsigned i = 0; i < 40; ++i) {
    const std::string one = std::string{"30"} + "0123456789abcdef"[i / 16] + "0123456789abcdef"[i % 16];
    talk.say(client, ask("3e 80", one));
  }
  EXPECT_GT(talk.out.counts["uds/forgotten/silent_request"], 0U);
}

TEST(doip, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("doip", {{client, ask(r.request)}, {server, reply(r.response)}}, transport::udp);
  every_prefix("doip", {{client, message_of(0x0005, "0e80 00 00000000 00000000")}, {server, message_of(0x0006, "0e80 1000 10 00000000")}});
  every_prefix("doip",
               {{client, message_of(0x0004, "5744423930333635343346313233343536 1000 020000000001 ffffffffffff 00 00")},
                {client, message_of(0x4001, "")},
                {server, message_of(0x4002, "00 08 01 00001000")},
                {server, message_of(0x8003, "2000 0e80 03")}},
               transport::udp);
  // shorter parameters in whole messages
  for (const auto& r : rows)
    for (std::size_t n = 0; n <= r.request.size(); ++n) {
      conversation talk{"doip"};
      talk.say(client, ask(r.request.substr(0, n))), talk.say(server, reply(r.response));
    }
  for (const auto& r : rows)
    for (std::size_t n = 0; n <= r.response.size(); ++n) {
      conversation talk{"doip"};
      talk.say(client, ask(r.request)), talk.say(server, reply(r.response.substr(0, n)));
    }
}

}  // namespace
}  // namespace mw::test
