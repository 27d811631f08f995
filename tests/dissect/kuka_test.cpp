// KUKA: variables by proxy, the sensor interface; what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets operator+(octets a, std::string_view b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets number(std::size_t n) { return {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; }
octets message_of(unsigned tag, const octets& body) {
  auto m = number(tag);
  for (const auto b : number(body.size())) m.push_back(b);
  m.insert(m.end(), body.begin(), body.end());
  return m;
}
octets with(std::uint8_t kind, std::initializer_list<std::string_view> texts, std::string_view tail = "") {
  octets b{kind};
  for (const auto t : texts) {
    for (const auto o : number(t.size())) b.push_back(o);
    b = b + t;
  }
  for (const auto o : hex(tail)) b.push_back(o);
  return b;
}
octets text(std::string_view s) { return octets{} + s; }
std::string brief(const operation& op) {
  std::string out = op.function_name;
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

TEST(kuka, variables_are_read_and_written) {
  conversation talk{"kuka"};
  talk.say(client, message_of(1, with(0, {"$OV_PRO"})));
  talk.say(server, message_of(1, with(0, {"100"}, "000101")));
  talk.say(client, message_of(2, with(1, {"$OV_PRO", "50"})));
  talk.say(server, message_of(2, with(1, {"50"}, "000101")));
  talk.say(client, message_of(3, with(0, {"NO"})));
  talk.say(server, message_of(3, with(0, {""}, "000000")));
  talk.say(client, message_of(4, with(58, {}, "")));
  talk.say(server, message_of(4, with(58, {}, "000101")));
  talk.say(client, message_of(5, with(53, {}, "0102")));
  talk.say(server, message_of(5, with(53, {}, "000200")));
  ASSERT_EQ(talk.out.operations.size(), 5U);
  const auto& ops = talk.out.operations;
  EXPECT_EQ(brief(ops[0]), "read_variable $OV_PRO = 100; tag=1");
  EXPECT_EQ(ops[0].action, action::read);
  EXPECT_EQ(brief(ops[1]), "write_variable $OV_PRO = 50; tag=2");
  EXPECT_EQ(ops[1].action, action::write);
  EXPECT_EQ(brief(ops[2]), "read_variable NO; tag=3; reason=general");
  EXPECT_EQ(ops[2].outcome, outcome::refused);
  EXPECT_EQ(ops[3].action, action::stop);
  EXPECT_EQ(brief(ops[4]), "download_disk_to_robot; data=0x0102; tag=5; reason=access");
  EXPECT_EQ(ops[4].action, action::program_download);
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(talk.out.counts["kuka/command/0"], 2U);
}

TEST(kuka, system_variables_become_facts) {
  conversation talk{"kuka"};
  for (const auto& [name, value] : {std::pair{"$model_name[]", "\"#KR16\""}, {"$KR_SERIALNO", "123456"}, {"$MODE_OP", "#EX"}}) {
    talk.say(client, message_of(1, with(0, {name})));
    talk.say(server, message_of(1, with(0, {value}, "000101")));
  }
  std::string all;
  for (const auto& f : talk.out.facts) all += f.kind + '=' + f.value + ' ';
  EXPECT_EQ(all, "model=#KR16 serial=123456 mode=#EX ");
}

TEST(kuka, broken_messages_are_told_and_the_session_goes_on) {
  const std::pair<octets, std::string_view> cases[] = {
      {message_of(1, {0, 0, 9, 'A'}), "length"},
      {message_of(1, {0, 0, 1, 'A', 'B'}), "length"},
      {message_of(1, {1, 0, 1, 'A', 0, 5}), "length"},
  };
  for (const auto& [bytes, rule] : cases) {
    conversation talk{"kuka"};
    talk.say(client, bytes);
    EXPECT_EQ(rules(talk.out), rule);
    talk.say(server, message_of(7, with(0, {"1"}, "000101")));
    EXPECT_EQ(rules(talk.out), std::string{rule} + " unpaired_response");
    talk.say(server, message_of(7, {0, 1}));
    talk.say(client, message_of(8, with(0, {"A"})));
    talk.say(server, message_of(8, with(1, {"1"}, "000101")));
    EXPECT_EQ(rules(talk.out), std::string{rule} + " unpaired_response length mismatch");
    talk.wait(std::chrono::minutes{1});
    ASSERT_EQ(talk.out.operations.size(), 3U);
    EXPECT_EQ(talk.out.operations[2].outcome, outcome::timeout);
  }
}

TEST(kuka, the_sensor_interface_is_told_when_it_begins) {
  conversation talk{"kuka", transport::udp};
  for (int i = 0; i < 50; ++i) {
    talk.say(client, text("<Rob Type=\"KUKA\"><RIst X=\"1.0\"/><IPOC>4208163634</IPOC></Rob>"));
    talk.say(server, text("<?xml version=\"1.0\"?>\n<Sen Type=\"ImFree\"><RKorr X=\"0.1\"/><IPOC>4208163634</IPOC></Sen>"));
  }
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(brief(talk.out.operations[0]), "rsi_state");
  EXPECT_EQ(brief(talk.out.operations[1]), "rsi_correction");
  EXPECT_EQ(talk.out.operations[1].action, action::control);
  EXPECT_EQ(talk.out.askers[1], server);
  EXPECT_EQ(talk.out.counts["kuka/rsi/robot"], 50U);
  ASSERT_EQ(talk.out.facts.size(), 2U);
  EXPECT_EQ(talk.out.facts[0].value, "KUKA");
  talk.say(client, text("<Rob Type=\"KUKA\"></Rob>"));
  talk.say(client, text("hello"));
  EXPECT_EQ(rules(talk.out), "rsi rsi");
}

TEST(kuka, probe_and_prefixes) {
  const auto probe = [](const octets& b, transport t = transport::tcp) { return named("kuka").about.probe(b, t); };
  EXPECT_EQ(probe(message_of(1, with(0, {"$OV_PRO"}))), match::yes);
  EXPECT_EQ(probe(message_of(1, with(1, {"A", "2"}))), match::yes);
  EXPECT_EQ(probe(message_of(1, with(0, {"100"}, "000101"))), match::yes);
  EXPECT_EQ(probe(message_of(1, with(0, {"100"}, "000201"))), match::no);
  EXPECT_EQ(probe(message_of(1, with(0, {""}))), match::no);
  EXPECT_EQ(probe(message_of(1, with(10, {"A"}))), match::no);
  EXPECT_EQ(probe(text("GET / HTTP/1.1\r\n")), match::no);
  EXPECT_EQ(probe({0, 1, 0, 9, 0}), match::unsure);
  EXPECT_EQ(probe(text("<Rob Type=\"KUKA\"><IPOC>1</IPOC></Rob>"), transport::udp), match::certain);
  EXPECT_EQ(probe(text("<Sen Type=\"ImFree\"><IPOC>1</IPOC></Sen>"), transport::udp), match::yes);
  EXPECT_EQ(probe(text("<Sen Type=\"ImFree\"></Sen>"), transport::udp), match::no);
  EXPECT_EQ(probe(text("<html>"), transport::udp), match::no);
  every_prefix("kuka", {{client, message_of(1, with(1, {"$OV_PRO", "50"}))}, {server, message_of(1, with(1, {"50"}, "000101"))}});
  every_prefix("kuka", {{client, message_of(1, with(0, {"$KR_SERIALNO"}))}, {server, message_of(1, with(0, {"50"}, "000101"))}});
  every_prefix("kuka", {{client, text("<Rob Type=\"KUKA\"><IPOC>1</IPOC></Rob>")}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
