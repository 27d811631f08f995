// GE SRTP: messages built from the published layout of the head, and what they mean.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

octets message(std::uint8_t packet, std::uint8_t mailbox, std::uint8_t sequence, std::string_view body, std::string_view text = "") {
  octets m(56);
  m[0] = packet, m[2] = sequence, m[9] = 1, m[17] = 1, m[30] = sequence, m[31] = mailbox;
  m[36] = 0x10, m[37] = 0x0e, m[40] = m[41] = 1;
  const bool extended = mailbox == 0x80 || mailbox == 0x94;
  if (extended) m[48] = m[49] = 1;
  std::size_t at = extended ? 50 : 42;
  for (const auto b : hex(body)) m.at(at++) = b;
  const auto behind = hex(text);
  m[4] = static_cast<std::uint8_t>(behind.size()), m[5] = static_cast<std::uint8_t>(behind.size() >> 8);
  m.insert(m.end(), behind.begin(), behind.end());
  return m;
}
octets ask(std::string_view body) { return message(2, 0xc0, 5, body); }
octets ask_with(std::string_view body, std::string_view text) { return message(2, 0x80, 5, body, text); }
octets done(std::string_view data = "", std::string_view state = "00 02 3200 0001") {
  auto padded = "0000" + std::string{data};
  while (hex(padded).size() < 8) padded += "00";
  return message(3, 0xd4, 5, padded + std::string{state});
}
octets done_with(std::string_view text) { return message(3, 0x94, 5, "0408 0000 0000", text); }
octets failed(std::string_view status) { return message(3, 0xd1, 5, status); }
const octets init(56), init_reply = [] {
  octets m(56);
  m[0] = 1, m[8] = 0x0f;
  return m;
}();

std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : ",") += o.space + ' ' + o.address + 'x' + std::to_string(o.count);
  return out;
}
std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : ",") += to_string(v);
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}

struct row {
  std::string name;
  octets request, answer;
  std::string function, function_name;
  action what;
  std::string objects, values;
  outcome how;
  std::string code, violations;
};
const row rows[] = {
    {"words", ask("04 08 6300 0200"), done("0100 ffff"), "4", "read_system_memory", action::read, "%R 100x2", "1,65535", outcome::ok, "",
     ""},
    {"many_words", ask("04 0a 0000 0400"), done_with("0100 0200 0300 0400"), "4", "read_system_memory", action::read, "%AI 1x4", "1,2,3,4",
     outcome::ok, "", ""},
    {"too_few_words", ask("04 0a 0000 0400"), done_with("0100 0200"), "4", "read_system_memory", action::read, "%AI 1x4", "1,2",
     outcome::ok, "", "byte_count"},
    {"bits", ask("04 46 0800 0300"), done("05"), "4", "read_system_memory", action::read, "%I 9x3", "true,false,true", outcome::ok, "", ""},
    {"bits_within_an_octet", ask("04 48 0700 0200"), done("80 01"), "4", "read_system_memory", action::read, "%Q 8x2", "true,true",
     outcome::ok, "", ""},
    {"octets", ask("04 10 0100 0200"), done("0aff"), "4", "read_system_memory", action::read, "%I bytes 1x2", "10,255", outcome::ok, "",
     ""},
    {"unknown_segment", ask("04 99 0100 0200"), done("0aff"), "4", "read_system_memory", action::read, "selector 153 1x2", "", outcome::ok,
     "", ""},
    {"refused", ask("04 08 ffff 0200"), failed("05 f4"), "4", "read_system_memory", action::read, "%R 65536x2", "", outcome::refused, "5",
     ""},
    {"write", ask("07 08 0900 0200 3412 7856"), done(), "7", "write_system_memory", action::write, "%R 10x2", "4660,22136", outcome::ok, "",
     ""},
    {"write_long", ask_with("07 08 0900 0200", "3412 7856"), done(), "7", "write_system_memory", action::write, "%R 10x2", "4660,22136",
     outcome::ok, "", ""},
    {"write_lies", ask_with("07 08 0900 0300", "3412 7856"), done(), "7", "write_system_memory", action::write, "%R 10x3", "4660,22136",
     outcome::ok, "", "byte_count"},
    {"write_bit", ask("07 48 0300 0100 08"), done(), "7", "write_system_memory", action::write, "%Q 4x1", "true", outcome::ok, "", ""},
    {"robot_command", ask_with("07 38 0000 0600", "434c52415347"), done(), "7", "write_system_memory", action::write, "%G bytes 0x6",
     "CLRASG", outcome::ok, "", ""},
    {"program_memory", ask("06 08 0000 0100"), done("0100"), "6", "read_program_block_memory", action::read, "%R 1x1", "1", outcome::ok, "",
     ""},
    {"status", ask("00"), done("0102"), "0", "short_status", action::diagnose, "", "", outcome::ok, "", ""},
    {"run", ask("23 00"), done(), "35", "set_plc_state", action::start, "", "", outcome::ok, "", ""},
    {"stop", ask("23 02"), failed("02 03"), "35", "set_plc_state", action::stop, "", "", outcome::refused, "2", ""},
    {"other_state", ask("23 09"), done(), "35", "set_plc_state", action::mode_change, "", "", outcome::ok, "", ""},
    {"logon", ask("20 00 0100"), done(), "32", "programmer_logon", action::authenticate, "", "", outcome::ok, "", ""},
    {"privilege", ask("21 04 5345 4352 4554"), failed("05 f5"), "33", "change_privilege_level", action::authenticate, "", "",
     outcome::refused, "5", ""},
    {"set_id", ask("22"), done(), "34", "set_cpu_id", action::configure, "", "", outcome::ok, "", ""},
    {"time", ask("24"), done(), "36", "set_time", action::time_sync, "", "", outcome::ok, "", ""},
    {"faults_cleared", ask("39"), done(), "57", "clear_fault_table", action::alarm, "", "", outcome::ok, "", ""},
    {"program_from_controller", ask("3f"), done_with("aabb"), "63", "program_store", action::program_upload, "", "", outcome::ok, "", ""},
    {"program_to_controller", ask_with("3f 00 0000 0000", "aabb"), done(), "63", "program_store", action::program_download, "", "",
     outcome::ok, "", ""},
    {"program", ask("40"), done(), "64", "program_load", action::program_download, "", "", outcome::ok, "", ""},
    {"forced", ask("44"), done(), "68", "toggle_force_system_memory", action::force, "", "", outcome::ok, "", ""},
    {"session", message(8, 0xc0, 5, "4f 01"), done(), "79", "session_control", action::session, "", "", outcome::ok, "", ""},
    {"no_service", ask("f0"), failed("01 00"), "240", "unknown", action::diagnose, "", "", outcome::refused, "1", "service"},
    {"status_in_a_short_reply", ask("04 08 0000 0100"), message(3, 0xd4, 5, "05 f4"), "4", "read_system_memory", action::read, "%R 1x1", "",
     outcome::refused, "5", ""},
};

TEST(ge_srtp, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"ge_srtp"};
    EXPECT_EQ(talk.say(side::client, r.request), 0U);
    EXPECT_EQ(talk.say(side::server, r.answer), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "1");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["ge_srtp/request/" + r.function], 1U);
  }
}

const recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"ge_srtp"};
      talk.say(side::client, r.request), talk.say(side::server, r.answer);
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(ge_srtp, a_password_is_said_to_be_given_and_not_what_it_is) {
  const auto op = said("privilege").operations.at(0);
  EXPECT_EQ(field_of(op, "password_given"), "true");
  EXPECT_EQ(field_of(op, "minor_reason"), "invalid_password");
  for (const auto& [n, v] : op.fields) EXPECT_EQ(to_string(v).find("5345"), std::string::npos);
}

TEST(ge_srtp, a_reply_tells_the_state_of_the_controller) {
  conversation talk{"ge_srtp"};
  talk.say(side::client, ask("00")), talk.say(side::server, done("", "ff 04 3200 7021"));
  talk.say(side::client, ask("00")), talk.say(side::server, done("", "ff 04 3300 7021"));
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(field_of(op, "plc_state"), "stop");
  EXPECT_EQ(field_of(op, "privilege_level"), "4");
  EXPECT_EQ(field_of(op, "logged_in"), "false");
  EXPECT_EQ(field_of(op, "sweep_time"), "50");
  EXPECT_EQ(field_of(op, "faults"), "true");
  EXPECT_EQ(field_of(op, "programmer_attached"), "true");
  ASSERT_EQ(talk.out.facts.size(), 2U);
  EXPECT_EQ(talk.out.facts[0].kind + '=' + talk.out.facts[0].value, "run_state=stop");
  EXPECT_EQ(talk.out.facts[1].kind + '=' + talk.out.facts[1].value, "key_switch=run");
  EXPECT_EQ(talk.out.facts[0].unit, "1");
}

TEST(ge_srtp, the_controller_names_itself) {
  conversation talk{"ge_srtp"};
  talk.say(side::client, ask("43")), talk.say(side::server, done_with("0000000000000000 43 2a 0000 4d494c4c31000000"));
  std::string facts;
  for (const auto& f : talk.out.facts) facts += f.kind + '=' + f.value + ' ';
  EXPECT_EQ(facts, "vendor=GE device_type=42 station_name=MILL1 ");
  EXPECT_EQ(text(talk.out.operations.at(0).values), "MILL1");
  EXPECT_EQ(talk.out.operations.at(0).action, action::identify);
}

TEST(ge_srtp, who_carries_the_program_says_where_it_goes) {
  EXPECT_EQ(field_of(said("program_to_controller").operations.at(0), "payload_direction"), "to_controller");
  EXPECT_EQ(field_of(said("program_from_controller").operations.at(0), "payload_direction"), "from_controller");
  EXPECT_EQ(field_of(said("program_from_controller").operations.at(0), "payload_size"), "2");
}

TEST(ge_srtp, an_opening_is_a_session) {
  conversation talk{"ge_srtp"};
  talk.say(side::client, init), talk.say(side::server, init_reply);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].function, "init");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  auto failure = init_reply;
  failure[0] = 5;
  talk.say(side::client, ask("00")), talk.say(side::server, failure), talk.say(side::server, failure), talk.say(side::server, init_reply);
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(talk.out.operations[1].function, "0");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[3].outcome, outcome::unpaired);
}

TEST(ge_srtp, pairing_gap_and_silence) {
  conversation talk{"ge_srtp"};
  talk.say(side::server, done("0100"));
  EXPECT_EQ(talk.out.operations.at(0).outcome, outcome::unpaired);
  talk.say(side::client, message(2, 0xc0, 1, "04 08 0000 0100")), talk.say(side::client, message(2, 0xc0, 2, "04 0a 0000 0100"));
  talk.gap(side::server);
  talk.say(side::server, message(3, 0xd4, 2, "0000 0700"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[1].objects), "%AI 1x1");
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::timeout);
  for (int i = 0; i < 260; ++i) talk.say(side::client, ask("00"));
  EXPECT_EQ(talk.out.operations.size(), 7U);
}

TEST(ge_srtp, what_is_wrong_is_a_violation) {
  auto parts = ask("00");
  parts[40] = 3;
  conversation talk{"ge_srtp"};
  talk.say(side::client, parts), talk.say(side::client, message(3, 0xc0, 5, "00"));
  EXPECT_EQ(rules(talk.out), "packet_number,direction");
  const auto& p = named("ge_srtp").about;
  EXPECT_FALSE(p.frame(message(2, 0x77, 5, "00")).has_value());
  EXPECT_FALSE(p.frame(hex("0700 0000 0000")).has_value());
  auto half = init;
  half[55] = 1;
  EXPECT_FALSE(p.frame(half).has_value());
  EXPECT_EQ(p.frame(hex("02000500")).value(), 0U);
  EXPECT_EQ(p.frame(ask_with("07 08 0000 0100", "0100")).value(), 58U);
}

TEST(ge_srtp, the_probe_wants_a_whole_message) {
  const auto& probe = named("ge_srtp").about.probe;
  EXPECT_EQ(probe(ask("04 08 0000 0100"), transport::tcp), match::yes);
  EXPECT_EQ(probe(done(), transport::tcp), match::yes);
  EXPECT_EQ(probe(init_reply, transport::tcp), match::yes);
  EXPECT_EQ(probe(init, transport::tcp), match::unsure);
  EXPECT_EQ(probe(ask("04 08 0000 0100"), transport::udp), match::no);
  EXPECT_EQ(probe(ask("f0"), transport::tcp), match::no);
  EXPECT_EQ(probe(message(3, 0xc0, 5, "04"), transport::tcp), match::no);
  EXPECT_EQ(probe(hex("0300001611e00000000100c1020100c2020102c0010a"), transport::tcp), match::unsure);
}

TEST(ge_srtp, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("ge_srtp", {{side::client, r.request}, {side::server, r.answer}});
  every_prefix("ge_srtp", {{side::client, ask("43")}, {side::server, done_with("0000000000000000 43 2a 0000 4d494c4c31000000")}});
}

}  // namespace
}  // namespace mw::test
