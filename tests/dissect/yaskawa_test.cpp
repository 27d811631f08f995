// Yaskawa High Speed Ethernet Server: what commands turn into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets message_of(unsigned division, unsigned ack, unsigned id, std::string_view block, std::string_view sub, std::string_view payload) {
  const auto data = hex(payload);
  auto m = hex("59455243 2000");
  m.push_back(static_cast<std::uint8_t>(data.size())), m.push_back(static_cast<std::uint8_t>(data.size() >> 8));
  for (const auto v : {3u, division, ack, id}) m.push_back(static_cast<std::uint8_t>(v));
  for (const auto part : {block, std::string_view{"3939393939393939"}, sub})
    for (const auto b : hex(part)) m.push_back(b);
  m.insert(m.end(), data.begin(), data.end());
  return m;
}
octets ask(std::string_view sub, std::string_view payload = "", unsigned id = 1) { return message_of(1, 0, id, "00000000", sub, payload); }
octets reply(std::string_view sub, std::string_view payload = "", unsigned id = 1) {
  return message_of(1, 1, id, "00000080", sub, payload);
}
std::string text(const operation& op) {
  std::string out;
  for (const auto& o : op.objects) out += o.space + ' ' + o.address + (o.count == 1 ? "" : "x" + std::to_string(o.count)) + ' ';
  out += '=';
  for (const auto& v : op.values) out += ' ' + to_string(v);
  for (const auto& [name, said] : op.fields)
    if (name != "instance" && name != "attribute") out += "; " + name + '=' + to_string(said);
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

struct row {
  std::string_view name, request, data, response, result, function, function_name;
  action what;
  std::string_view said, code, violations;
};
const row rows[] = {
    {"read_d", "7c00 0500 01 0e 0000", "", "8e 00 00 00 0000 0000", "feffffff", "124/14", "double_variable", action::read, "D 5 = -2", "",
     ""},
    {"write_d", "7c00 0500 01 10 0000", "0a000000", "90 00 00 00 0000 0000", "", "124/16", "double_variable", action::write, "D 5 = 10", "",
     ""},
    {"read_b", "7a00 0000 01 0e 0000", "", "8e 00 00 00 0000 0000", "ff", "122/14", "byte_variable", action::read, "B 0 = 255", "", ""},
    {"read_i", "7b00 0100 01 0e 0000", "", "8e 00 00 00 0000 0000", "ffff", "123/14", "integer_variable", action::read, "I 1 = -1", "", ""},
    {"read_r", "7d00 0100 01 0e 0000", "", "8e 00 00 00 0000 0000", "0000c03f", "125/14", "real_variable", action::read, "R 1 = 1.5", "",
     ""},
    {"read_s", "7e00 0100 01 0e 0000", "", "8e 00 00 00 0000 0000", "6162 0000", "126/14", "string_variable", action::read, "S 1 = ab", "",
     ""},
    {"many", "0203 0100 00 33 0000", "04000000", "b3 00 00 00 0000 0000", "04000000 01020304", "770/51", "many_byte_variables",
     action::read, "B 1x4 = 1 2 3 4", "", ""},
    {"write_many", "0203 0100 00 34 0000", "02000000 0506", "b4 00 00 00 0000 0000", "", "770/52", "many_byte_variables", action::write,
     "B 1x2 = 5 6", "", ""},
    {"write_io", "7800 8b0a 01 10 0000", "01", "90 00 00 00 0000 0000", "", "120/16", "io", action::write, "io 2699 = 1", "", ""},
    {"position", "7500 0100 00 01 0000", "", "81 00 00 00 0000 0000", "00000000 01000000", "117/1", "position", action::read,
     "group 1 = 0x0000000001000000", "", ""},
    {"start", "8600 0100 01 10 0000", "01000000", "90 00 00 00 0000 0000", "", "134/16", "start_job", action::start, "= 0x01000000", "",
     ""},
    {"hold", "8300 0100 01 10 0000", "01000000", "90 00 00 00 0000 0000", "", "131/16", "hold_or_servo", action::stop,
     "= 0x01000000; switch=hold on", "", ""},
    {"servo", "8300 0200 01 10 0000", "02000000", "90 1f 01 00 7020 0000", "", "131/16", "hold_or_servo", action::control,
     "= 0x02000000; switch=servo off; added_status=8304", "31", ""},
    {"select", "8700 0100 00 02 0000", "54455354 00000000 00000000 00000000 00000000 00000000 00000000 00000000 07000000",
     "82 00 00 00 0000 0000", "", "135/2", "select_job", action::control, "job TEST =; line=7", "", ""},
    {"mode", "8400 0200 01 10 0000", "02000000", "90 00 00 00 0000 0000", "", "132/16", "cycle_mode", action::mode_change, "= 0x02000000",
     "", ""},
    {"reset", "8200 0100 01 10 0000", "01000000", "90 08 00 00 0000 0000", "", "130/16", "reset_alarm", action::control, "= 0x01000000",
     "8", ""},
    {"move", "8a00 0100 00 02 0000", "01", "82 00 00 00 0000 0000", "", "138/2", "move_cartesian", action::control, "= 0x01", "", ""},
    {"unknown", "ff7f 0100 00 02 0000", "01", "82 08 00 00 0000 0000", "", "32767/2", "unknown", action::diagnose, "= 0x01", "8",
     "command"},
    {"mixed_up", "7c00 0500 01 0e 0000", "", "90 00 00 00 0000 0000", "01000000", "124/14", "double_variable", action::read, "D 5 = 1", "",
     "mismatch"},
};

TEST(yaskawa, each_command_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"yaskawa", transport::udp};
    talk.say(client, ask(r.request, r.data));
    talk.say(server, reply(r.response, r.result));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op), r.said);
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(to_string(op.outcome), to_string(r.code.empty() ? outcome::ok : outcome::refused));
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(yaskawa, the_controller_becomes_facts) {
  conversation talk{"yaskawa", transport::udp};
  talk.say(client, ask("8900 0b00 00 01 0000"));
  talk.say(server, reply("81 00 00 00 0000 0000",
                         "464e312e31302d30300000000000000000000000000000004d480000000000000000000000000000 3130 000000000000"));
  talk.say(client, ask("7200 0100 00 01 0000"));
  talk.say(server, reply("81 00 00 00 0000 0000", "88000000 40000000"));
  EXPECT_EQ(facts(talk.out), "vendor=Yaskawa, firmware=FN1.10-00, model=MH, run_state=run, mode=remote");
  EXPECT_EQ(text(talk.out.operations[1]),
            "=; step=false; one_cycle=false; continuous=false; running=true; speed_limited=false; teach=false; play=false; remote=true; "
            "hold_pendant=false; hold_external=false; hold_command=false; alarm=false; error=false; servo_on=true");
}

TEST(yaskawa, a_file_is_told_once) {
  conversation talk{"yaskawa", transport::udp};
  talk.say(client, message_of(2, 0, 5, "00000000", "0000 0000 00 16 0000", "544553542e4a4249"));
  talk.say(server, message_of(2, 1, 5, "01000000", "96 00 00 00 0000 0000", "2f4a4f42"));
  talk.say(client, message_of(2, 1, 5, "01000000", "0000 0000 00 16 0000", ""));
  talk.say(server, message_of(2, 1, 5, "02000080", "96 00 00 00 0000 0000", "454e44"));
  talk.say(client, message_of(2, 0, 6, "00000000", "0000 0000 00 09 0000", "412e444154"));
  talk.say(server, message_of(2, 1, 6, "00000080", "89 1f 02 00 b3e2 0000", ""));
  talk.say(client, message_of(2, 0, 7, "00000000", "0000 0000 00 15 0000", "542e4a4249"));
  talk.say(server, message_of(2, 1, 7, "00000000", "95 00 00 00 0000 0000", ""));
  talk.say(client, message_of(2, 0, 7, "01000080", "0000 0000 00 15 0000", "2f4a4f42"));
  talk.say(server, message_of(2, 1, 7, "01000080", "95 00 00 00 0000 0000", ""));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(text(talk.out.operations[0]), "file TEST.JBI =; octets=7");
  EXPECT_EQ(talk.out.operations[0].action, action::program_upload);
  EXPECT_EQ(text(talk.out.operations[1]), "file A.DAT =; added_status=58035");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[1].action, action::file_delete);
  EXPECT_EQ(text(talk.out.operations[2]), "file T.JBI =; octets=4");
  EXPECT_EQ(talk.out.operations[2].action, action::program_download);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(yaskawa, timeouts_and_answers_that_nobody_asked_for) {
  conversation talk{"yaskawa", transport::udp};
  talk.say(client, ask("7c00 0500 01 0e 0000"));
  talk.wait(std::chrono::seconds{20});
  talk.say(server, reply("8e 00 00 00 0000 0000", "01000000"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(rules(talk.out), "unpaired_response");
}

TEST(yaskawa, broken_messages_are_told_and_the_session_goes_on) {
  auto longer = ask("7c00 0500 01 0e 0000");
  longer.push_back(0);
  auto other_filling = ask("7c00 0500 01 0e 0000");
  other_filling[16] = '8';
  const std::pair<octets, std::string_view> cases[] = {{longer, "length"},
                                                       {other_filling, "head"},
                                                       {hex("59455243"), "head"},
                                                       {message_of(2, 0, 1, "00000000", "0000 0000 00 77 0000", ""), "command"}};
  for (const auto& [bytes, rule] : cases) {
    conversation talk{"yaskawa", transport::udp};
    talk.say(client, bytes);
    EXPECT_EQ(rules(talk.out), rule);
    talk.say(client, ask("7c00 0500 01 0e 0000"));
    talk.say(server, reply("8e 00 00 00 0000 0000", "01000000"));
    EXPECT_EQ(talk.out.operations.size(), 1U);
  }
}

TEST(yaskawa, probe_and_prefixes) {
  const auto probe = [](const octets& b, transport t = transport::udp) { return named("yaskawa").about.probe(b, t); };
  const auto good = ask("7c00 0500 01 0e 0000");
  EXPECT_EQ(probe(good), match::certain);
  EXPECT_EQ(probe(good, transport::tcp), match::no);
  EXPECT_EQ(probe(message_of(3, 0, 1, "00000000", "7c00 0500 01 0e 0000", "")), match::no);
  EXPECT_EQ(probe(hex("59455243")), match::no);
  for (const auto& r : rows)
    every_prefix("yaskawa", {{client, ask(r.request, r.data)}, {server, reply(r.response, r.result)}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
