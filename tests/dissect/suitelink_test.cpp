// SuiteLink: handshakes, what a client asks for, values that come and are written, and what breaks a rule.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets le(std::uint64_t n, std::size_t size) {
  octets out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(n >> 8 * i));
  return out;
}
octets wide(std::string_view s) {
  octets out;
  for (const char c : s) out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
  return out;
}
octets counted(std::string_view s) { return octets{static_cast<std::uint8_t>(s.size())} + wide(s); }
octets terminated(std::string_view s) { return wide(s) + octets{0, 0}; }
octets data(unsigned type, const octets& body = {}) { return le(body.size() + 3, 2) + le(type, 2) + body + octets{0xa5}; }
octets sized(const octets& content) { return octets{static_cast<std::uint8_t>(content.size())} + content; }
const octets query = hex("cafe8bba fe8b d311 aa05 00a0c9ecfd9f");
const octets handshake = sized(query + octets(16, 7) + le(1, 4) + terminated("view") + terminated("PC7") + terminated("paula"));
const octets connect = data(0x8001, counted("DASMBTCP") + counted("PLC1") + hex("000000") + counted("view") + counted("PC7") +
                                        counted("paula") + counted("HIST1") + octets(20) + terminated("UTC") + octets(40));
const octets advise = data(0x8010, le(5, 4) + counted("40001") + le(6, 4) + counted("Pump.Run"));
octets alarm(unsigned type) {
  return sized(le(0, 4) + hex("de2d 0001 2000 1400 0100 0000 00000000 00000000") + octets(8) + le(0xabcd, 4) + le(1, 4) + le(type, 2) +
               le(20, 2) + octets(8));
}

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) {
    (out += out.empty() ? "" : "; ") += o.function_name;
    for (const auto& each : o.objects) out += ' ' + each.address;
    for (const auto& v : o.values) out += " =" + to_string(v);
    out += ' ' + std::string{to_string(o.outcome)};
  }
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : " ") += v.rule;
  return out;
}
std::string facts(const recorder& r, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.who == who) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}
struct plant : conversation {
  plant() : conversation{"suitelink"} { client_end.address = ip::v4(10, 0, 0, 9), server_end.address = ip::v4(10, 0, 0, 1); }
  void client(const octets& o) { EXPECT_EQ(say(side::client, o), 0U); }
  void server(const octets& o) { EXPECT_EQ(say(side::server, o), 0U); }
};

TEST(suitelink, a_client_says_who_it_is_and_what_it_wants) {
  plant p;
  p.client(handshake), p.server(data(1, hex("0000")));
  p.client(connect), p.client(advise), p.server(data(3, le(5, 4) + hex("00") + le(6, 4) + hex("00")));
  ASSERT_EQ(told(p.out), "handshake ok; connect DASMBTCP|PLC1 none; advise 40001 Pump.Run ok");
  EXPECT_EQ(text_of(p.out.operations[0], "user"), "paula");
  EXPECT_EQ(text_of(p.out.operations[1], "server_node"), "HIST1");
  EXPECT_EQ(text_of(p.out.operations[1], "time_zone"), "UTC");
  EXPECT_EQ(p.out.operations[2].action, action::subscribe);
  EXPECT_EQ(facts(p.out, side::client), "host_name=PC7|user=paula|software=view");
  EXPECT_EQ(facts(p.out, side::server), "role=suitelink_server|host_name=HIST1");
  EXPECT_EQ(p.out.described["application"], "DASMBTCP");
  EXPECT_EQ(rules(p.out), "");
}

TEST(suitelink, values_come_and_go) {
  const struct {
    const char* name;
    side from;
    octets message, answer;
    std::string told;
    action what;
  } rows[] = {
      {"discrete",
       side::server,
       data(9, le(6, 4) + le(3, 2) + le(0xc0, 2) + hex("01 01")),
       {},
       "update Pump.Run =true none",
       action::report},
      {"integer",
       side::server,
       data(9, le(5, 4) + le(3, 2) + le(0xc0, 2) + hex("02 feffffff")),
       {},
       "update 40001 =-2 none",
       action::report},
      {"real", side::server, data(9, le(5, 4) + le(3, 2) + le(0xc0, 2) + hex("03 0000c03f")), {}, "update 40001 =1.5 none", action::report},
      {"message",
       side::server,
       data(9, le(5, 4) + le(3, 2) + le(0xc0, 2) + hex("04 0200 6f6b")),
       {},
       "update 40001 =ok none",
       action::report},
      {"two",
       side::server,
       data(9, le(5, 4) + le(3, 4) + hex("01 00") + le(9, 4) + le(0, 4) + hex("01 01")),
       {},
       "update 40001 #9 =false =true none",
       action::report},
      {"poke", side::client, data(0x080b, le(5, 4) + hex("02 07000000")), data(11, hex("00")), "poke 40001 =7 ok", action::write},
      {"poke_silence", side::client, data(0x080b, le(6, 4) + hex("01 01")), {}, "poke Pump.Run =true timeout", action::write},
      {"unadvise", side::client, data(0x8004, le(5, 4)), data(4, le(5, 4) + hex("00")), "unadvise 40001 ok", action::subscribe},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    plant p;
    p.client(advise), p.server(data(3, le(5, 4) + hex("00"))), p.out.operations.clear();
    EXPECT_EQ(p.say(r.from, r.message), 0U);
    if (!r.answer.empty()) p.server(r.answer);
    p.end();
    EXPECT_EQ(told(p.out), r.told);
    EXPECT_EQ(p.out.operations.at(0).action, r.what);
    EXPECT_EQ(p.out.askers.back(), r.from);
    EXPECT_EQ(rules(p.out), "");
  }
}

TEST(suitelink, other_handshakes_and_alarms) {
  plant old;
  old.client(hex("605fc3b1 2d05 d111 bf08 00a0c9723e82") + octets{'v', 'i', 'e', 'w'} + octets(28)), old.server(data(1, hex("0000")));
  EXPECT_EQ(told(old.out), "handshake ok");
  EXPECT_EQ(text_of(old.out.operations[0], "application"), "view");
  plant alarms;
  alarms.client(sized(hex("d5cfc7f8 0bcd d311 aa10 00a0c9ecfd9f") + octets(16) + le(2, 4) + terminated("AlarmMgr")));
  alarms.server(sized(hex("d4cfc7f8 0bcd d311 aa10 00a0c9ecfd9f") + le(2, 4)));
  alarms.client(alarm(0x21)), alarms.server(alarm(0x22)), alarms.server(hex("00 0200 05 00")), alarms.server(hex("02 0500"));
  alarms.server(hex("00 8400") + hex("bc7a0061 64db d311 aa16 00a0c9ecfd9f") + octets(116));
  EXPECT_EQ(told(alarms.out), "enroll ok; connect none");
  EXPECT_EQ(alarms.out.counts["suitelink/alarm_record/34"], 1U);
  EXPECT_EQ(alarms.out.counts["suitelink/handshake/ping"], 2U);
  EXPECT_EQ(alarms.out.counts["suitelink/handshake/transfer"], 1U);
  EXPECT_EQ(rules(alarms.out), "");
}

TEST(suitelink, rules_gaps_and_bounds) {
  plant p;
  p.client(data(0x8010, le(5, 4) + hex("09 4100"))), p.server(data(9, le(5, 4) + le(0, 4) + hex("09 00")));
  EXPECT_EQ(rules(p.out), "message value_type");
  plant gap;
  gap.client(advise), gap.gap(side::client), gap.gap(side::server), gap.wait(std::chrono::minutes{1});
  EXPECT_EQ(told(gap.out), "advise 40001 Pump.Run timeout");
  plant many;
  for (unsigned i = 0; i < 16400; ++i) many.client(data(0x8010, le(i, 4) + counted("a")));
  EXPECT_EQ(many.out.counts["suitelink/forgotten/tag"], 16U);
}

TEST(suitelink, knows_itself) {
  const struct {
    const char* name;
    octets bytes;
    match expected;
  } rows[] = {
      {"handshake", handshake, match::certain},
      {"ping", data(0x4024), match::yes},
      {"update", data(9, le(5, 4) + le(3, 2) + le(0xc0, 2) + hex("01 01")), match::yes},
      {"begun", hex("40 cafe8b"), match::unsure},
      {"no_mark", hex("0300 2440 00"), match::no},
      {"modbus", hex("0001 0000 0006 11 03 006b 0003"), match::no},
      {"tls", hex("16 0303 0020 01 00001c 0303"), match::no},
      {"text", octets{'G', 'E', 'T', ' ', '/', ' '}, match::no},
  };
  for (const auto& r : rows) EXPECT_EQ(named("suitelink").about.probe(r.bytes, transport::tcp), r.expected) << r.name;
}

TEST(suitelink, every_prefix) {
  every_prefix("suitelink", {{side::client, handshake},
                             {side::client, connect},
                             {side::client, advise},
                             {side::server, data(9, le(5, 4) + le(3, 2) + le(0xc0, 2) + hex("04 0200 6f6b"))},
                             {side::client, data(0x080b, le(5, 4) + hex("03 0000c03f"))},
                             {side::client, alarm(0x21)}});
}

}  // namespace
}  // namespace mw::test
