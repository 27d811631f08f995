// Syslog messages of both RFCs and of devices that follow neither, on UDP and TCP.
#include "sensor/dissect/syslog_message.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

using octets = std::vector<std::uint8_t>;

octets text(std::string_view s) { return {s.begin(), s.end()}; }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
bool learned_of(const recorder& out, side who, std::string_view kind, std::string_view what) {
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.who == who && f.kind == kind && f.value == what; });
}

struct row {
  std::string_view said, facility, severity, host, application, id;
  action does;
};
constexpr row rows[] = {
    {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed", "auth", "critical", "mymachine.example.com", "su",
     "ID47", action::alarm},
    {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - text", "local4", "notice", "192.0.2.1", "myproc", "",
     action::report},
    {"<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [ex@32473 iut=\"3\" s=\"a\\]\"][b@1 x=\"y\"] text", "local4", "notice", "host",
     "evntslog", "ID47", action::report},
    {"<0>1 - - - - - -", "kern", "emergency", "", "", "", action::alarm},
    {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "auth", "critical", "mymachine", "su", "", action::alarm},
    {"<13>Feb  5 17:32:18 10.0.0.99 sshd[12]: text", "user", "notice", "10.0.0.99", "sshd", "", action::report},
    {"<13>Feb  5 2024 17:32:18 plc7 app: text", "user", "notice", "plc7", "app", "", action::report},
    {"<133>Apr  5 12:56:51 robin: Hello, syslog!", "local0", "notice", "", "robin", "", action::report},
    {"<189>45: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console", "local7", "notice", "", "", "%SYS-5-CONFIG_I",
     action::report},
    {"<27>dropbear[811]: text", "daemon", "error", "", "dropbear", "", action::alarm},
    {"<12>any text", "user", "warning", "", "", "", action::report},
};

TEST(syslog, messages) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.said);
    for (const auto over : {transport::udp, transport::tcp}) {
      conversation c{"syslog", over};
      c.say(side::client, text(over == transport::udp ? std::string{r.said} : std::string{r.said} + "\n"));
      ASSERT_EQ(c.out.operations.size(), 1u);
      const auto& o = c.out.operations[0];
      EXPECT_EQ(o.action, r.does);
      EXPECT_EQ(o.function_name, r.severity);
      EXPECT_EQ(o.outcome, outcome::none);
      EXPECT_EQ(o.objects, (std::vector<object>{{std::string{r.facility}, std::string{r.application}}}));
      EXPECT_EQ(field_of(o, "host_name"), r.host.empty() ? value{} : value{std::string{r.host}});
      EXPECT_EQ(field_of(o, "message_id"), r.id.empty() ? value{} : value{std::string{r.id}});
      EXPECT_TRUE(c.out.violations.empty());
      EXPECT_TRUE(learned_of(c.out, side::server, "role", "log_server"));
    }
  }
}

TEST(syslog, octet_counting_cut_anywhere) {
  conversation whole{"syslog"};
  EXPECT_EQ(whole.say(side::client, text("15 <34>first\nline\n15 <35>second\nlin\n")), 0u);
  ASSERT_EQ(whole.out.operations.size(), 2u);
  EXPECT_EQ(whole.out.operations[1].function, "3");
  EXPECT_EQ(whole.say(side::client, text("9 <34>fi")), 8u);  // waits
  const auto& p = named("syslog").about;
  EXPECT_EQ(p.frame(text("9")), std::size_t{0});
  EXPECT_EQ(p.frame(text("<34>no end")), std::size_t{0});
  EXPECT_EQ(p.frame(text("9 <34>abcde")), std::size_t{11});
  EXPECT_FALSE(p.frame(text("hello")));
  EXPECT_FALSE(p.frame(text("012 <34>")));
  EXPECT_FALSE(p.frame(text("9999999 <34>")));
  EXPECT_FALSE(p.frame(text("12 hello")));
}

TEST(syslog, facts_of_senders_and_relays) {
  conversation c{"syslog", transport::udp};
  c.say(side::client,
        text("<46>1 2024-01-01T00:00:00Z gw7 rsyslogd - - [origin software=\"rsyslogd\" swVersion=\"8.2\" ip=\"1.2.3.4\"] start"));
  EXPECT_TRUE(learned_of(c.out, side::client, "host_name", "gw7"));
  EXPECT_TRUE(learned_of(c.out, side::client, "software", "rsyslogd 8.2"));
  EXPECT_TRUE(learned_of(c.out, side::client, "application_name", "rsyslogd"));
  c.say(side::client, text("<46>Jan  1 00:00:00 gw7 CEF:0|Acme|Wall|7.1|100|x|5|src=1.1.1.1"));
  EXPECT_TRUE(learned_of(c.out, side::client, "vendor", "Acme"));
  EXPECT_TRUE(learned_of(c.out, side::client, "model", "Wall"));
  EXPECT_TRUE(learned_of(c.out, side::client, "firmware", "7.1"));
  const auto before = c.out.facts.size();
  c.say(side::client, text("<46>1 2024-01-01T00:00:00Z gw7 rsyslogd - - - again"));
  EXPECT_EQ(c.out.facts.size(), before);
  c.say(side::client, text("<46>1 2024-01-01T00:00:00Z other app - - - relayed"));
  EXPECT_TRUE(learned_of(c.out, side::client, "role", "log_relay"));
  EXPECT_FALSE(learned_of(c.out, side::client, "host_name", "other"));
}

TEST(syslog, violations_and_what_has_no_priority) {
  struct bad {
    std::string_view rule, said;
  };
  constexpr bad wrong[] = {{"priority", "<192>x"},
                           {"priority", "<0013>x"},
                           {"priority", "<ab>x"},
                           {"header", "<13>1 yesterday h a - - - x"},
                           {"header", "<13>1 - h a - - [x y=\"z\" text"},
                           {"header", "<13>1 - h a - - text"}};
  for (const auto& w : wrong) {
    conversation c{"syslog", transport::udp};
    c.say(side::client, text(w.said));
    ASSERT_EQ(c.out.violations.size(), 1u) << w.said;
    EXPECT_EQ(c.out.violations[0].rule, w.rule);
  }
  conversation c{"syslog", transport::udp};
  c.say(side::client, text("no priority here"));
  c.say(side::client, text("\n"));
  EXPECT_TRUE(c.out.operations.empty());
  EXPECT_EQ(c.out.counts["syslog/message/without_priority"], 1u);
}

TEST(syslog, many_programs_are_forgotten_oldest_first) {
  conversation c{"syslog", transport::udp};
  for (int i = 0; i < 200; ++i) c.say(side::client, text("<13>Feb  5 17:32:18 h app" + std::to_string(i) + ": x"));
  EXPECT_GT(c.out.counts["syslog/forgotten/fact"], 100u);
}

TEST(syslog, probe) {
  const auto& p = named("syslog").about;
  EXPECT_EQ(p.probe(text("<34>Oct 11 22:14:15 mymachine su: x"), transport::udp), match::certain);
  EXPECT_EQ(p.probe(text("<34>1 2003-10-11T22:14:15.003Z h a - - - x"), transport::udp), match::certain);
  EXPECT_EQ(p.probe(text("<34>some text"), transport::udp), match::yes);
  EXPECT_EQ(p.probe(text("<html>"), transport::udp), match::no);
  EXPECT_EQ(p.probe(text("<34>unfinished"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(text("<html>\n"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(text("220 ready\r\n"), transport::tcp), match::no);
}

TEST(syslog, every_prefix) {
  every_prefix("syslog",
               {{side::client, text("<165>1 2003-10-11T22:14:15.003Z h e - ID47 [origin software=\"a\" swVersion=\"b\"] CEF:0|a|b|c|x")},
                {side::client, text("<189>45: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x")},
                {side::client, text("<13>Feb  5 2024 17:32:18 plc7 app: text")}},
               transport::udp);
  every_prefix("syslog", {{side::client, text("15 <34>first\nline\n")}, {side::client, text("<34>Oct 11 22:14:15 m su: x\n")}});
}

}  // namespace
