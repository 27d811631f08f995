// MELSOFT: searches, requests over UDP and TCP, files that are opened, read and written, and what a controller says it is.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

octets framed(std::uint8_t first, std::string_view header, std::string_view body) {
  octets all{first, 1, 0, 0, 0, 0x11, 0x11, 7, 0, 0, 0xff, 0xff, 3, 0, 0, 0xfe, 3, 0, 0};
  const auto head = hex(header), data = hex(body);
  const auto size = head.size() + data.size();
  all.push_back(static_cast<std::uint8_t>(size));
  all.push_back(static_cast<std::uint8_t>(size >> 8));
  all.insert(all.end(), head.begin(), head.end());
  all.insert(all.end(), data.begin(), data.end());
  return all;
}
octets request(std::string_view body) { return framed(0x57, "1c 0a 16 14 00000000 00000000 00000000 00000000 00000000", body); }
octets response(std::string_view body, std::string_view status = "0000") {
  return framed(0xd7, "9c 0a 18 14 " + std::string{status} + " 00000000 00000000 00000000 00000000 00000000", body);
}

std::string text(const std::vector<object>& all) {
  std::string s;
  for (const auto& o : all) s += (s.empty() ? "" : ",") + o.space + ' ' + o.address;
  return s;
}
std::string text(const std::vector<value>& all) {
  std::string s;
  for (const auto& v : all) s += (s.empty() ? "" : ",") + to_string(v);
  return s;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string fact_of(const recorder& r, std::string_view kind) {
  for (const auto& f : r.facts)
    if (f.kind == kind) return f.value;
  return "absent";
}
std::string rules(const recorder& r) {
  std::string s;
  for (const auto& v : r.violations) s += (s.empty() ? "" : ",") + v.rule;
  return s;
}
std::string wide(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string s;
  for (const char c : name) s += digits[static_cast<unsigned char>(c) >> 4], s += digits[static_cast<unsigned char>(c) & 15], s += "00";
  return s;
}
std::string padded(std::string_view name, std::size_t octets_in_all) {
  auto s = wide(name);
  s.resize(octets_in_all * 2, '0');
  return s;
}

struct row {
  std::string name, asks, answers, function;
  action what;
  std::string objects, values;
};
const row rows[] = {
    {"opens", "0121 0100 0000 0001", "0121 0100 0000 514e30345544434355 00000000000000 9b02", "289", action::identify, "", "QN04UDCCU,667"},
    {"model_of_older_ones", "0101 0100 0000 0001", "0101 0100 0000 51303348435055 202020202020202020 4400", "257", action::identify, "",
     "Q03HCPU,68"},
    {"runs", "1001 0200 0000 0100", "1001 0200 0000", "4097", action::start, "", ""},
    {"stops", "1002 0200 0000 0100", "1002 0200 0000", "4098", action::stop, "", ""},
    {"resets", "1006 0200 0000 0100", "1006 0200 0000", "4102", action::restart, "", ""},
    {"reads", "0410 0300 0000 0102", "0410 0300 0000 61000000", "1040", action::read, "", "0x61000000"},
    {"writes", "1410 0300 0000 0102", "1410 0300 0000", "5136", action::write, "", ""},
    {"lists", "1859 0400 0000 00000000 0400 010000001d00 1000" + wide("$MELPRJ$"), "1859 0400 0000 0000", "6233", action::file_read,
     "file 4:$MELPRJ$", ""},
    {"opens_a_file", "1867 0500 0000 000000000000 0400 00000000 1400" + wide("$MELPRJ$\\A"), "1867 0500 0000 9200", "6247", action::session,
     "file 4:$MELPRJ$\\A", "146"},
    {"reads_a_file", "1868 0600 0000 9200 10000000 0200", "1868 0600 0000 0200 abcd", "6248", action::file_read, "file_handle 146:16",
     "0xabcd"},
    {"writes_a_file", "1869 0600 0000 9200 00000000 0300 010203", "1869 0600 0000 0300", "6249", action::file_write, "file_handle 146:0",
     "0x010203"},
    {"closes_a_file", "186a 0700 0000 9200 0000", "186a 0700 0000", "6250", action::session, "file_handle 146", ""},
    {"is_not_known", "7777 0700 0000", "7777 0700 0000", "30583", action::diagnose, "", ""},
};

TEST(melsoft, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"melsoft"};
    EXPECT_EQ(talk.say(side::client, request(r.asks)), 0U);
    EXPECT_EQ(talk.say(side::server, response(r.answers)), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(op.outcome, outcome::ok);
    EXPECT_TRUE(op.latency.has_value());
    EXPECT_EQ(rules(talk.out), "");
    EXPECT_EQ(talk.out.counts["melsoft/first_byte/87"], 1U);
    EXPECT_EQ(talk.out.counts["melsoft/first_byte/215"], 1U);
    EXPECT_EQ(talk.out.counts["melsoft/command/" + r.function], 1U);
  }
}

TEST(melsoft, the_controller_says_what_it_is) {
  conversation talk{"melsoft"};
  talk.say(side::client, request(rows[0].asks));
  talk.say(side::server, response(rows[0].answers));
  EXPECT_EQ(fact_of(talk.out, "vendor"), "Mitsubishi Electric");
  EXPECT_EQ(fact_of(talk.out, "model"), "QN04UDCCU");
  EXPECT_EQ(fact_of(talk.out, "product_code"), "667");
  EXPECT_EQ(fact_of(talk.out, "role"), "plc");
}

TEST(melsoft, a_file_of_the_project_is_the_program) {
  conversation talk{"melsoft"};
  for (const auto* name : {"opens_a_file", "reads_a_file", "writes_a_file", "closes_a_file", "writes_a_file"})
    for (const auto& r : rows)
      if (r.name == name) talk.say(side::client, request(r.asks)), talk.say(side::server, response(r.answers));
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(talk.out.operations[1].action, action::program_upload);
  EXPECT_EQ(field_of(talk.out.operations[1], "path"), "$MELPRJ$\\A");
  EXPECT_EQ(field_of(talk.out.operations[1], "payload_size"), "2");
  EXPECT_EQ(talk.out.operations[2].action, action::program_download);
  EXPECT_EQ(talk.out.operations[4].action, action::file_write);
  EXPECT_EQ(rules(talk.out), "");
  for (unsigned i = 0; i < 40; ++i) {
    talk.say(side::client, request(rows[8].asks));
    const std::string digits = "0123456789abcdef";
    talk.say(side::server, response(std::string{"1867 0500 0000 "} + digits[i >> 4] + digits[i & 15] + "00"));
  }
  EXPECT_EQ(talk.out.counts["melsoft/forgotten/file"], 8U);
}

TEST(melsoft, passwords_are_never_told) {
  conversation talk{"melsoft"};
  talk.say(side::client, request("0131 0100 2800" + padded("engineer", 40) + "0000"));
  talk.say(side::server, response("0131 0100 1000 00112233445566778899aabbccddeeff"));
  talk.say(side::client, request("0132 0200 3000 00112233445566778899aabbccddeeff" + std::string(64, 'a')));
  talk.say(side::server, response("0132 0200 0000", "0844"));
  talk.say(side::client, request("1133 0300 4e00 0000 0100" + padded("guest", 40) + std::string(64, 'b') + "0100"));
  talk.say(side::server, response("1133 0300 0000"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].action, action::authenticate);
  EXPECT_EQ(field_of(talk.out.operations[0], "user"), "engineer");
  EXPECT_EQ(text(talk.out.operations[0].values), "");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[1].code, "17416");
  EXPECT_EQ(field_of(talk.out.operations[1], "credential_given"), "true");
  EXPECT_EQ(talk.out.operations[2].action, action::configure);
  EXPECT_EQ(text(talk.out.operations[2].objects), "user guest");
  EXPECT_EQ(text(talk.out.operations[2].values), "256");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(melsoft, searches_and_what_stays_open) {
  conversation talk{"melsoft", transport::udp};
  talk.client("5a000001");
  talk.server("da0000011400 0a000005 0a000007");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::none);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unsolicited);
  EXPECT_EQ(talk.out.askers[1], side::client);
  EXPECT_EQ(fact_of(talk.out, "role"), "plc");
  talk.say(side::client, request(rows[3].asks));
  talk.gap(side::server);
  talk.wait(std::chrono::seconds{40});
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
  talk.say(side::server, response(rows[3].answers));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations.back().action, action::stop);
}

TEST(melsoft, only_whole_messages_are_recognised) {
  const auto probe = [](const octets& data, transport t) { return named("melsoft").about.probe(data, t); };
  const auto ask = request(rows[3].asks);
  EXPECT_EQ(probe(ask, transport::tcp), match::yes);
  EXPECT_EQ(probe(ask, transport::udp), match::yes);
  EXPECT_EQ(probe({ask.begin(), ask.end() - 1}, transport::tcp), match::unsure);
  EXPECT_EQ(probe({ask.begin(), ask.end() - 1}, transport::udp), match::no);
  EXPECT_EQ(probe(hex("5a000001"), transport::udp), match::yes);
  EXPECT_EQ(probe(hex("5a010001"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("47"), transport::tcp), match::no);
  EXPECT_EQ(probe(hex("5705"), transport::tcp), match::no);
}

TEST(melsoft, broken_messages_are_violations) {
  conversation talk{"melsoft", transport::udp};
  auto cut = request(rows[3].asks);
  cut.resize(30);
  talk.say(side::client, cut);
  auto other_kind = request(rows[3].asks);
  other_kind[21] = 0x33;
  talk.say(side::client, other_kind);
  talk.client("5a00");
  talk.say(side::client, request("1868 0600 0000 9200"));
  EXPECT_EQ(rules(talk.out), "length,header,length,length");
}

TEST(melsoft, every_prefix) {
  for (const auto& r : rows) every_prefix("melsoft", {{side::client, request(r.asks)}, {side::server, response(r.answers)}});
  every_prefix("melsoft", {{side::client, hex("5a000001")}, {side::server, hex("da0000011400 0a000005 0a000007")}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
