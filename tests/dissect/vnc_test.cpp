// VNC: handshakes of each version and security type, and what a viewer does.
#include "sensor/dissect/vnc_names.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

using octets = std::vector<std::uint8_t>;

octets text(std::string_view s) { return {s.begin(), s.end()}; }
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets many(std::size_t n) { return octets(n, 0x5a); }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}

const octets v3 = text("RFB 003.003\n"), v7 = text("RFB 003.007\n"), v8 = text("RFB 003.008\n");
const octets screen = hex("0400 0300  20 18 00 01 00ff 00ff 00ff 10 08 00 000000  00000004 484d4931");

struct turn {
  side from;
  octets said;
};
struct login_row {
  std::string_view name;
  std::vector<turn> turns;
  std::string_view type;
  outcome login, session;
};
constexpr auto c = side::client, s = side::server;
const login_row rows[] = {
    {"None33", {{s, v3}, {c, v3}, {s, hex("00000001")}, {c, hex("01")}, {s, screen}}, "none", outcome::ok, outcome::ok},
    {"Vnc33",
     {{s, v3}, {c, v3}, {s, hex("00000002") + many(16)}, {c, many(16)}, {s, hex("00000000")}, {c, hex("00")}, {s, screen}},
     "vnc_authentication",
     outcome::ok,
     outcome::ok},
    {"None37", {{s, v7}, {c, v7}, {s, hex("02 01 02")}, {c, hex("01 01")}, {s, screen}}, "none", outcome::ok, outcome::ok},
    {"None38",
     {{s, v8}, {c, v8}, {s, hex("01 01")}, {c, hex("01")}, {s, hex("00000000")}, {c, hex("01")}, {s, screen}},
     "none",
     outcome::ok,
     outcome::ok},
    {"Vnc38Refused",
     {{s, v8}, {c, v8}, {s, hex("01 02")}, {c, hex("02")}, {s, many(16)}, {c, many(16)}, {s, hex("00000001 00000003 626164")}},
     "vnc_authentication",
     outcome::refused,
     outcome::refused},
    {"Vnc37Refused",
     {{s, v7}, {c, v7}, {s, hex("01 02")}, {c, hex("02")}, {s, many(16)}, {c, many(16)}, {s, hex("00000002")}},
     "vnc_authentication",
     outcome::refused,
     outcome::refused},
    {"Tight",
     {{s, v8},
      {c, v8},
      {s, hex("01 10")},
      {c, hex("10")},
      {s, hex("00000000 00000001") + many(16)},
      {c, hex("00000002")},
      {s, many(16)},
      {c, many(16)},
      {s, hex("00000000")},
      {c, hex("01")},
      {s, screen}},
     "vnc_authentication",
     outcome::ok,
     outcome::ok},
    {"TightNone",
     {{s, v8},
      {c, v8},
      {s, hex("01 10")},
      {c, hex("10")},
      {s, hex("00000001") + many(16)},
      {c, many(4)},
      {s, hex("00000000 00000000")},
      {c, hex("01")},
      {s, screen}},
     "none",
     outcome::ok,
     outcome::ok},
    {"VencryptPlain",
     {{s, v8},
      {c, v8},
      {s, hex("01 13")},
      {c, hex("13")},
      {s, hex("00 02")},
      {c, hex("00 02")},
      {s, hex("00 01 00000100")},
      {c, hex("00000100")},
      {c, hex("00000002 00000004 6f70 68757368")},
      {s, hex("00000000")},
      {c, hex("01")},
      {s, screen}},
     "vencrypt_plain",
     outcome::ok,
     outcome::ok},
    {"Apple",
     {{s, text("RFB 003.889\n")},
      {c, text("RFB 003.889\n")},
      {s, hex("01 1e")},
      {c, hex("1e")},
      {s, hex("0002 0080") + many(256)},
      {c, many(256)},
      {s, hex("00000001 00000000")}},
     "apple_diffie_hellman",
     outcome::refused,
     outcome::refused},
    {"MsLogon",
     {{s, v8},
      {c, v8},
      {s, hex("01 71")},
      {c, hex("71")},
      {s, many(24)},
      {c, many(328)},
      {s, hex("00000000")},
      {c, hex("01")},
      {s, screen}},
     "ultra_ms_logon_2",
     outcome::ok,
     outcome::ok},
    {"Xvp",
     {{s, v8},
      {c, v8},
      {s, hex("01 16")},
      {c, hex("16")},
      {c, hex("01 01 61 62")},
      {s, many(16)},
      {c, many(16)},
      {s, hex("00000000")},
      {c, hex("01")},
      {s, screen}},
     "vnc_authentication",
     outcome::ok,
     outcome::ok},
    {"NoAnswer",
     {{s, v8}, {c, v8}, {s, hex("01 02")}, {c, hex("02")}, {s, many(16)}, {c, many(16)}},
     "vnc_authentication",
     outcome::timeout,
     outcome::timeout},
};

TEST(vnc, logins) {
  for (const bool split : {false, true})
    for (const auto& r : rows) {
      SCOPED_TRACE(r.name);
      conversation talk{"vnc"};
      for (const auto& t : r.turns)
        if (split)
          for (const auto b : t.said) talk.say(t.from, octets{b});
        else
          talk.say(t.from, t.said);
      talk.end();
      ASSERT_EQ(talk.out.operations.size(), 2u);
      const auto is_session = [](const operation& o) { return o.action == action::session; };
      const auto handshake = std::ranges::find_if(talk.out.operations, is_session);
      const auto login = std::ranges::find_if_not(talk.out.operations, is_session);
      ASSERT_TRUE(handshake != talk.out.operations.end() && login != talk.out.operations.end());
      EXPECT_EQ(login->action, action::authenticate);
      EXPECT_EQ(login->function_name, r.name == "Xvp" ? "xvp" : r.type);
      EXPECT_EQ(login->outcome, r.login);
      EXPECT_EQ(handshake->outcome, r.session);
      EXPECT_EQ(talk.out.described.contains("no_authentication"), r.type == "none");
      if (r.session == outcome::ok) {
        EXPECT_EQ(talk.out.described["desktop_name"], "HMI1");
        EXPECT_EQ(talk.out.described["screen"], "1024x768");
      }
      for (const auto& f : login->fields) EXPECT_EQ(to_string(f.second).find("hush"), std::string::npos);
      EXPECT_TRUE(talk.out.violations.empty());
    }
}

TEST(vnc, reasons_makers_and_reverse) {
  conversation full{"vnc"};
  full.say(s, v8), full.say(c, v8), full.say(s, hex("00 00000004 66756c6c"));
  full.end();
  ASSERT_EQ(full.out.operations.size(), 1u);
  EXPECT_EQ(full.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(field_of(full.out.operations[0], "reason"), value{std::string{"full"}});

  conversation back{"vnc"};  // the server called
  back.say(c, v8), back.say(s, v8), back.say(c, hex("01 01")), back.say(s, hex("01")), back.say(c, hex("00000000"));
  ASSERT_EQ(back.out.operations.size(), 1u);
  EXPECT_EQ(back.out.askers[0], side::server);

  conversation maker{"vnc"};
  maker.say(s, text("RFB 005.000\n")), maker.say(c, text("RFB 005.000\n")), maker.say(s, hex("01 05")), maker.say(c, hex("05"));
  EXPECT_EQ(maker.out.described["security_type"], "realvnc_ra2");
  ASSERT_FALSE(maker.out.facts.empty());
  EXPECT_EQ(maker.out.facts[0].value, "RealVNC");
  maker.say(s, many(5000)), maker.say(c, many(5000));
  EXPECT_TRUE(maker.out.violations.empty());
}

TEST(vnc, into_tls) {
  conversation x{"vnc"};
  x.say(s, v8), x.say(c, v8), x.say(s, hex("01 13")), x.say(c, hex("13")), x.say(s, hex("0002")), x.say(c, hex("0002"));
  x.say(s, hex("00 01 00000105")), x.say(c, hex("00000105"));
  EXPECT_EQ(x.out.became, "");
  x.say(s, hex("01"));
  EXPECT_EQ(x.out.became, "tls");
  EXPECT_EQ(x.out.described["security_type"], "vencrypt_x509_vnc");
  conversation t{"vnc"};
  t.say(s, v8), t.say(c, v8), t.say(s, hex("01 12")), t.say(c, hex("12"));
  EXPECT_EQ(t.out.became, "tls");
}

void open(conversation& x) { x.say(s, v3), x.say(c, v3), x.say(s, hex("00000001")), x.say(c, hex("01")), x.say(s, screen); }

TEST(vnc, input_is_counted_and_files_are_told) {
  conversation x{"vnc"};
  open(x);
  x.say(c, hex("00 000000") + many(16) + hex("02 00 0002 00000000 00000001") + hex("03 01 0000 0000 0400 0300"));
  x.say(c, hex("04 01 0000 00000061 04 00 0000 00000061 05 01 0010 0020 ff 00 0001 00000061 0000001e"));
  x.say(c, hex("06 000000 00000004 68757368"));
  for (const auto b : hex("06 000000 00000004 68757368")) x.say(c, octets{b});
  x.say(s, hex("03 000000 00000002 6869"));
  x.say(c, hex("84 00 0008 00000000") + text("/cfg.bin") + hex("85 00 0003 0003 010203 85 00 0000 0000 00000000"));
  x.say(c, hex("07 03 00 00 00000000 00000006") + text("C:\\a.x"));
  x.say(c, hex("07 0a 00 04 00000000 00000006") + text("C:\\a.x"));
  x.say(c, hex("05 00 0010 0020"));
  x.end();
  ASSERT_EQ(x.out.operations.size(), 7u);
  const auto& ops = x.out.operations;
  EXPECT_EQ(ops[2].action, action::control);
  EXPECT_EQ(ops[2].function_name, "input");
  EXPECT_EQ(ops[3].function, "5");
  EXPECT_EQ(ops[4].action, action::file_write);
  EXPECT_EQ(ops[4].objects, (std::vector<object>{{"file", "/cfg.bin"}}));
  EXPECT_EQ(ops[5].action, action::file_read);
  EXPECT_EQ(ops[6].action, action::file_delete);
  EXPECT_EQ(x.out.described["key_events"], "3");
  EXPECT_EQ(x.out.described["pointer_events"], "2");
  EXPECT_EQ(x.out.described["clipboard"], "both");
  EXPECT_EQ(x.out.described["file_transfer"], "yes");
  EXPECT_TRUE(x.out.violations.empty());
}

TEST(vnc, violations_and_gaps) {
  struct row {
    std::string_view rule;
    std::vector<turn> turns;
  };
  const row bad[] = {{"version", {{s, v8}, {c, text("RFB 00a.008\n")}}},
                     {"security_type", {{s, v8}, {c, v8}, {s, hex("01 02")}, {c, hex("01")}}},
                     {"security_result", {{s, v8}, {c, v8}, {s, hex("01 01")}, {c, hex("01")}, {s, hex("00000009")}}},
                     {"tight", {{s, v8}, {c, v8}, {s, hex("01 10")}, {c, hex("10")}, {s, hex("ffffffff")}}},
                     {"handshake_length", {{s, v8}, {c, v8}, {s, hex("00 ffffffff") + many(70'000)}}},
                     {"server_init", {{s, v3}, {c, v3}, {s, hex("00000001")}, {c, hex("01")}, {s, octets(24, 0)}}}};
  for (const auto& r : bad) {
    conversation x{"vnc"};
    for (const auto& t : r.turns) x.say(t.from, t.said);
    x.end();
    ASSERT_EQ(x.out.violations.size(), 1u) << r.rule;
    EXPECT_EQ(x.out.violations[0].rule, r.rule);
  }
  conversation x{"vnc"};
  open(x);
  x.say(c, hex("63 01 02"));
  ASSERT_EQ(x.out.violations.size(), 1u);
  EXPECT_EQ(x.out.violations[0].rule, "message");
  x.say(c, hex("06 000000 00000010 61"));
  x.gap(c);
  x.say(c, hex("04 01 0000 00000061"));
  EXPECT_EQ(x.out.operations.size(), 3u);
  conversation lost{"vnc"};
  lost.say(s, v8), lost.gap(c), lost.say(s, hex("01 01")), lost.say(c, many(100));
  lost.end();
  EXPECT_TRUE(lost.out.violations.empty());
}

TEST(vnc, probe) {
  const auto& p = named("vnc").about;
  EXPECT_EQ(p.probe(v8, transport::tcp), match::certain);
  EXPECT_EQ(p.probe(text("RFB 003"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(text("GET / HTTP/1.1\r\n"), transport::tcp), match::unsure);
}

TEST(vnc, every_prefix) {
  every_prefix("vnc", {{s, v8},
                       {c, v8},
                       {s, hex("01 02")},
                       {c, hex("02")},
                       {s, many(16)},
                       {c, many(16)},
                       {s, hex("00000000")},
                       {c, hex("01")},
                       {s, screen},
                       {c, hex("06 000000 00000004 68757368 84 00 0001 00000000 61 07 03 00 00 00000000 00000001 61")}});
  every_prefix("vnc", {{s, v8},
                       {c, v8},
                       {s, hex("01 13")},
                       {c, hex("13 0002")},
                       {s, hex("0002")},
                       {s, hex("00 01 00000100")},
                       {c, hex("00000100 00000001 00000001 61 62")}});
}

}  // namespace
