// FANUC FOCAS2: what calls and their answers turn into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets message_of(std::string_view type, const octets& body, std::string_view version = "0001") {
  auto m = hex("a0a0a0a0" + std::string{version} + std::string{type});
  m.push_back(static_cast<std::uint8_t>(body.size() >> 8)), m.push_back(static_cast<std::uint8_t>(body.size()));
  m.insert(m.end(), body.begin(), body.end());
  return m;
}
/// Calls or answers, each with its length.
octets several(const std::vector<std::string>& parts) {
  octets b{0, static_cast<std::uint8_t>(parts.size())};
  for (const auto& p : parts) {
    const auto one = hex(p);
    b.push_back(static_cast<std::uint8_t>((one.size() + 2) >> 8)), b.push_back(static_cast<std::uint8_t>(one.size() + 2));
    b.insert(b.end(), one.begin(), one.end());
  }
  return b;
}
octets calls(const std::vector<std::string>& parts) { return message_of("2101", several(parts)); }
octets answers(const std::vector<std::string>& parts) { return message_of("2102", several(parts), "0002"); }
std::string text(const operation& op) {
  std::string out;
  for (const auto& o : op.objects) out += o.space + ' ' + o.address + (o.count == 1 ? "" : "x" + std::to_string(o.count)) + ' ';
  out += '=';
  for (const auto& v : op.values) out += ' ' + (std::holds_alternative<std::monostate>(v) ? std::string{"null"} : to_string(v));
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

constexpr auto none = "00000000 00000000 00000000 00000000 00000000";
struct row {
  std::string_view name, request, response, function, function_name;
  action what;
  std::string_view said, code, violations;
};
const row rows[] = {
    {"search", "0001 0001 0003 00000001 00000000 00000000 00000000 00000000", "0001 0001 0003 0002 00000000", "1/3", "search_program",
     action::control, "program O1 =; reason=length", "2", ""},
    {"delete", "0001 0001 0005 00000005 00000000 00000000 00000000 00000000", "0001 0001 0005 0000 00000000 0000", "1/5", "delete_program",
     action::file_delete, "program O5 =", "", ""},
    {"parameter", "0001 0001 000e 000003d4 000003d5 00000001 00000000 00000000", "0001 0001 000e 0000 00000000 0002 abcd", "1/14",
     "read_parameter", action::read, "parameter 980x2 = 0xabcd", "", ""},
    {"macro", "0001 0001 0015 00000064 00000065 00000000 00000000 00000000",
     "0001 0001 0015 0000 00000000 0010 000004d2 000a0002 00000000 ffffffff", "1/21", "read_macro", action::read,
     "macro 100x2 = 12.34 null", "", ""},
    {"write_macro", "0001 0001 0016 00000064 00000064 00000000 00000000 00000008 000004d2000a0002", "0001 0001 0016 0000 00000000 0000",
     "1/22", "write_macro", action::write, "macro 100 = 0x000004d2000a0002; payload_size=8", "", ""},
    {"feed", "0001 0001 0024 00000000 00000000 00000000 00000000 00000000", "0001 0001 0024 0000 00000000 0008 000003e8 000a0001", "1/36",
     "read_feed_rate", action::read, "= 100", "", ""},
    {"clock", "0001 0001 0046 00000001 00000000 00000000 00000000 0000000c 000000000000 0010 0020 0005",
     "0001 0001 0046 0000 00000000 0000", "1/70", "set_clock", action::time_sync, "= 0 0 0 16 32 5; payload_size=12", "", ""},
    {"programs", "0001 0001 001c 00000000 00000000 00000000 00000000 00000000", "0001 0001 001c 0000 00000000 0008 00000bb8 00000bb9",
     "1/28", "read_program_number", action::read, "= 3000 3001", "", ""},
    {"directory", "0001 0001 00b4 00000000 00000000 00000000 00000000 00000100 2f2f434e4300", "0001 0001 00b4 0000 00000000 0002 0001",
     "1/180", "read_directory_size", action::read, "directory //CNC = 0x0001; payload_size=6", "", ""},
    {"pmc", "0002 0001 8001 00000064 00000067 00000009 00000000 00000000", "0002 0001 8001 0000 00000000 0004 01020304", "2/32769",
     "read_pmc", action::read, "pmc D100x4 = 0x01020304", "", ""},
    {"refused", "0001 0001 0026 00000007 ffffffff 00000000 00000000 00000000", "0001 0001 0026 0006 00000000 0000", "1/38", "read_position",
     action::read, "=; reason=no_option", "6", ""},
    {"busy", "0001 0001 0026 00000007 ffffffff 00000000 00000000 00000000", "0001 0001 0026 ffff 00000000 0000", "1/38", "read_position",
     action::read, "=; reason=busy", "-1", ""},
    {"unknown", "0001 0001 0777 00000001 00000002 00000000 00000000 00000000", "0001 0001 0777 0000 00000000 0001 05", "1/1911", "unknown",
     action::diagnose, "= 1 2 0 0 0; answer=0x05", "", ""},
    {"lies", "0001 0001 001d 00000000 00000000 00000000 00000000 00000000", "0001 0001 001d 0000 00000000 0009 00", "1/29",
     "read_sequence_number", action::read, "= 0x00", "", "length"},
};

TEST(focas, each_call_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"focas"};
    EXPECT_EQ(talk.say(client, calls({std::string{r.request}})), 0U);
    talk.say(server, answers({std::string{r.response}}));
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

TEST(focas, one_message_may_carry_several_calls) {
  conversation talk{"focas"};
  talk.say(client, calls({"0001 0001 001d " + std::string{none}, "0001 0001 0025 " + std::string{none}}));
  talk.say(server, answers({"0001 0001 001d 0000 00000000 0004 00000007", "0001 0001 0025 0001 00000000 0000"}));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.counts["focas/function/1/29"], 1U);
  EXPECT_EQ(talk.out.counts["focas/type/8449"], 1U);
}

TEST(focas, the_control_becomes_facts) {
  conversation talk{"focas"};
  talk.say(client, calls({"0001 0001 0018 " + std::string{none}}));
  talk.say(server, answers({"0001 0001 0018 0000 00000000 0012 0402 0020 3331 204d 47343231 33312e30 3033"}));
  talk.say(client, calls({"0001 0001 0019 " + std::string{none}}));
  talk.say(server, answers({"0001 0001 0019 0000 00000000 000e 0001 0003 0001 0000 0000 0001 0000"}));
  talk.say(client, calls({"0001 0001 0019 " + std::string{none}}));
  talk.say(server, answers({"0001 0001 0019 0000 00000000 000e 0001 0000 0001 0000 0001 0001 0000"}));
  EXPECT_EQ(facts(talk.out),
            "vendor=FANUC, model=Series 31, firmware=G421 31.0, role=milling_machine, run_state=run, mode=memory, run_state=reset");
  EXPECT_EQ(text(talk.out.operations[1]), "=; mode=1; run=3; motion=1; mstb=0; emergency=0; alarm=1; edit=0");
}

TEST(focas, conversations_open_and_close) {
  conversation talk{"focas"};
  talk.say(client, message_of("0101", hex("0002"))), talk.say(server, message_of("0102", hex("0000")));
  talk.say(client, message_of("0201", {})), talk.say(server, message_of("0202", {}));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function_name + ' ' + text(talk.out.operations[0]), "open =; channel=calls");
  EXPECT_EQ(talk.out.operations[1].function_name, "close");
}

TEST(focas, a_program_is_told_once) {
  conversation talk{"focas"};
  talk.say(client, message_of("1501", hex("00000001 4f30303031 2d4f30303031 0000")));
  talk.say(server, message_of("1502", hex("0000")));
  talk.say(server, message_of("1604", hex("25 0a")));
  talk.say(server, message_of("1604", hex("4f 30 25")));
  talk.say(server, message_of("1701", {}));
  talk.say(client, message_of("1702", {}));
  talk.say(client, message_of("1101", hex("00000001 4f3031 00")));
  talk.say(server, message_of("1102", hex("0000")));
  talk.say(client, message_of("1204", hex("25 0a 25")));
  talk.say(client, message_of("1301", {}));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[0]), "program O0001-O0001 =; octets=5; messages=2");
  EXPECT_EQ(talk.out.operations[0].action, action::program_upload);
  EXPECT_EQ(text(talk.out.operations[1]), "program O01 =; octets=3");
  EXPECT_EQ(talk.out.operations[1].action, action::program_download);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(focas, timeouts_gaps_and_answers_that_nobody_asked_for) {
  conversation talk{"focas"};
  talk.say(client, calls({"0001 0001 001d " + std::string{none}}));
  talk.wait(std::chrono::minutes{1});
  talk.say(server, answers({"0001 0001 001d 0000 00000000 0004 00000007"}));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(rules(talk.out), "unpaired_response");
  talk.gap(client);
  talk.say(server, answers({"0001 0001 001d 0000 00000000 0004 00000007"}));
  EXPECT_EQ(rules(talk.out), "unpaired_response");
}

TEST(focas, broken_messages_are_told_and_the_session_goes_on) {
  const std::pair<octets, std::string_view> cases[] = {
      {message_of("2101", hex("0001 001c 0001 0001 0003")), "length"},
      {message_of("2101", hex("0001 0001 00")), "length"},
      {message_of("2101", hex("0002")), "count"},
      {message_of("2102", hex("0001 0004 0001")), "length"},
      {message_of("2102", hex("0001")), "count"},
      {message_of("7777", {}), "type"},
      {message_of("0102", {}), "unpaired_response"},
  };
  for (const auto& [bytes, rule] : cases) {
    conversation talk{"focas"};
    talk.say(client, bytes);
    EXPECT_EQ(rules(talk.out), rule);
    talk.say(client, calls({"0001 0001 001d " + std::string{none}}));
    talk.say(server, answers({"0001 0001 001d 0000 00000000 0004 00000007"}));
    EXPECT_EQ(talk.out.operations.size(), 1U);
  }
}

TEST(focas, probe_and_frame) {
  const auto probe = [](std::string_view b, transport t = transport::tcp) { return named("focas").about.probe(hex(b), t); };
  EXPECT_EQ(probe("a0a0a0a0 0001 0101 0002 0002"), match::certain);
  EXPECT_EQ(probe("a0a0a0a0 0001 0101 0002"), match::certain);
  EXPECT_EQ(probe("a0a0a0a0 0001"), match::unsure);
  EXPECT_EQ(probe("a0a0a0a0 0001 0777 0002"), match::no);
  EXPECT_EQ(probe("a0a0a0a0 ff01 0101 0002"), match::no);
  EXPECT_EQ(probe("a0a0a1"), match::no);
  EXPECT_EQ(probe("a0a0a0a0 0001 0101 0002", transport::udp), match::no);
}

TEST(focas, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows)
    every_prefix("focas", {{client, calls({std::string{r.request}})}, {server, answers({std::string{r.response}})}});
}

}  // namespace
}  // namespace mw::test
