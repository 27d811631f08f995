// Conversations of SMTP: names, logins without passwords, transactions, and what hides a message in another.
#include "tests/dissect/harness.hpp"

#include "sensor/dissect/smtp_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

std::vector<std::uint8_t> text(std::string_view s) { return {s.begin(), s.end()}; }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
bool broke(const recorder& out, std::string_view rule) {
  return std::ranges::any_of(out.violations, [&](const broken& v) { return v.rule == rule; });
}

class smtp_session : public ::testing::Test {
protected:
  void ask(std::string_view command, std::string_view reply) {
    c.say(side::client, text(std::string{command} + "\r\n"));
    c.say(side::server, text(std::string{reply} + "\r\n"));
  }
  void greet() {
    c.say(side::server, text("220-mx.plant.example ESMTP Exim 4.96.2 #2 Tue, 04 Jun 2024 06:16:43 -0700\r\n220 no spam\r\n"));
    ask("EHLO hmi-7", "250-mx.plant.example Hello hmi-7 [10.0.0.1]\r\n250-SIZE 52428800\r\n250 STARTTLS");
  }
  const operation& last() const { return c.out.operations.back(); }
  conversation c{"smtp"};
};

TEST_F(smtp_session, names_of_both_ends) {
  greet();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(last().function, "EHLO");
  EXPECT_EQ(last().objects, (std::vector<object>{{"host", "hmi-7"}}));
  EXPECT_EQ(field_of(last(), "extensions"), value{std::string{"SIZE 52428800,STARTTLS"}});
  std::vector<std::string> facts;
  for (const auto& f : c.out.facts) facts.push_back(f.kind + ' ' + f.value);
  EXPECT_EQ(facts, (std::vector<std::string>{"host_name mx.plant.example", "software Exim 4.96.2", "host_name hmi-7"}));
}

TEST_F(smtp_session, a_message_is_one_operation) {
  greet();
  ask("MAIL FROM:<a@plant.example> SIZE=100", "250 ok");
  ask("RCPT TO:<b@x.example>", "250 ok");
  ask("RCPT TO:<c@x.example>", "550 who?");
  ask("DATA", "354 go");
  c.say(side::client, text("Subject: secret\r\n\r\nQUIT\r\n..dots\r\n.\r"));
  EXPECT_EQ(c.out.operations.size(), 1u);
  c.say(side::client, text("\n"));
  c.say(side::server, text("250 queued\r\n"));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(last().function_name, "mail");
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_EQ(last().objects,
            (std::vector<object>{{"sender", "a@plant.example"}, {"recipient", "b@x.example"}, {"refused_recipient", "c@x.example"}}));
  EXPECT_EQ(field_of(last(), "bytes"), value{std::uint64_t{17 + 2 + 6 + 8}});
  EXPECT_EQ(field_of(last(), "declared_bytes"), value{std::uint64_t{100}});
  EXPECT_EQ(last().code, std::nullopt);
  EXPECT_EQ(last().latency, std::chrono::milliseconds{1});
  for (const auto& f : last().fields) EXPECT_EQ(to_string(f.second).find("secret"), std::string::npos);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST_F(smtp_session, refused_left_and_in_chunks) {
  greet();
  ask("MAIL FROM:<a@b>", "250 ok");
  ask("RCPT TO:<c@d>", "554 relay denied");
  ask("RSET", "250 ok");
  EXPECT_EQ(last().outcome, outcome::refused);
  EXPECT_EQ(last().code, "554");
  ask("MAIL FROM:<>", "452 full");
  EXPECT_EQ(last().code, "452");
  c.say(side::client, text("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6\r\n.\r\n.\r\nBDAT 3 LAST\r\nabcQUIT\r\n"));
  c.say(side::server, text("250 ok\r\n250 ok\r\n250 ok\r\n250 done\r\n221 bye\r\n"));
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_EQ(field_of(last(), "bytes"), value{std::uint64_t{9}});
  EXPECT_TRUE(c.out.violations.empty());
}

struct login {
  std::string_view command, response, second, user;
};
TEST_F(smtp_session, logins_tell_the_user_only) {
  greet();
  const login rows[] = {
      {"AUTH PLAIN AHVzZXIAcGFzcw==", "", "", "user"},            // \0user\0pass
      {"AUTH PLAIN", "AHVzZXIAcGFzcw==", "", "user"},             //
      {"AUTH login dXNlcg==", "cGFzcw==", "", "user"},            //
      {"AUTH LOGIN", "dXNlcg==", "cGFzcw==", "user"},             //
      {"AUTH CRAM-MD5", "dXNlciBhYjEy", "", "user"},              // "user ab12"
      {"AUTH XOAUTH2 dXNlcj11c2VyAWF1dGg9QgEB", "", "", "user"},  // user=user^Aauth=B^A^A
      {"AUTH LOGIN", "*", "", ""},                                //
  };
  for (const auto& r : rows)
    for (const bool ok : {true, false}) {
      c.say(side::client, text(std::string{r.command} + "\r\n"));
      for (const auto response : {r.response, r.second}) {
        if (response.empty()) continue;
        c.say(side::server, text("334 VXNlcm5hbWU6\r\n"));
        c.say(side::client, text(std::string{response} + "\r\n"));
      }
      c.say(side::server, text(ok ? "235 ok\r\n" : "535 no\r\n"));
      EXPECT_EQ(last().action, action::authenticate);
      EXPECT_EQ(last().outcome, ok ? outcome::ok : outcome::refused);
      EXPECT_EQ(last().objects.empty() ? "" : last().objects[0].address, r.user) << r.command;
      for (const auto& f : last().fields) EXPECT_EQ(to_string(f.second).find("pass"), std::string::npos);
    }
  EXPECT_EQ(c.out.operations.size(), 1 + 2 * std::size(rows));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST_F(smtp_session, turns_into_tls) {
  greet();
  c.say(side::client, text("STARTTLS\r\nRSET\r\n"));
  EXPECT_TRUE(broke(c.out, "starttls_injection"));
  c.say(side::server, text("220 go\r\n"));
  EXPECT_EQ(c.out.became, "tls");
  c.say(side::client, "16 03 01 0a");
  EXPECT_EQ(c.out.violations.size(), 1u);
}

TEST_F(smtp_session, smuggled_messages) {
  for (const std::string_view end : {"\n.\n", "\n.\r\n", "\r\n.\n"}) {
    conversation d{"smtp"};
    d.say(side::client, text("MAIL FROM:<a@b>\r\nDATA\r\n"));
    d.say(side::server, text("250 ok\r\n354 go\r\n"));
    d.say(side::client, text("text" + std::string{end} + "MAIL FROM:<x@y>\r\n.\r\n"));
    d.say(side::server, text("250 ok\r\n"));
    EXPECT_TRUE(broke(d.out, "smuggling"));
    EXPECT_EQ(d.out.operations.size(), 1u);
  }
}

TEST_F(smtp_session, gaps) {
  greet();
  c.say(side::client, text("MAIL FROM:<a@b>\r\nDATA\r\n"));
  c.say(side::server, text("250 ok\r\n"));
  c.gap(side::server);  // the 354
  c.say(side::client, text("DATA and more\r\n"));
  c.gap(side::client);
  c.say(side::client, text("more\r\n.\r\nquitting\r\n.\r\n"));
  c.say(side::server, text("250 ok\r\n"));
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_EQ(field_of(last(), "incomplete"), value{true});
  ask("VRFY root", "252 maybe");
  EXPECT_EQ(last().function_name, "verify");
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_TRUE(c.out.violations.empty());
  c.gap(side::client);
  c.say(side::client, text("cGFzcw==\r\n"));  // may be the rest of a login
  c.end();
  for (const auto& o : c.out.operations) EXPECT_EQ(o.function.find("cG"), std::string::npos);
}

TEST_F(smtp_session, rules) {
  greet();
  ask("RCPT TO:<a@b>", "503 no");
  EXPECT_TRUE(broke(c.out, "command_order"));
  ask("\x01", "nonsense");
  EXPECT_TRUE(broke(c.out, "command_syntax"));
  EXPECT_TRUE(broke(c.out, "reply_syntax"));
  ask("VRFY " + std::string(3000, 'A'), "500 no");
  EXPECT_TRUE(broke(c.out, "command_length"));
  ask("BDAT x", "501 no");
  EXPECT_TRUE(broke(c.out, "chunk"));
  for (int i = 0; i < 200; ++i) c.say(side::client, text("NOOP\r\n"));
  EXPECT_EQ(c.out.counts["smtp/forgotten/command"], 73u);
}

TEST(smtp_probe, what_is_smtp) {
  const auto& p = named("smtp").about;
  const std::pair<std::string_view, match> rows[] = {
      {"220 mx ESMTP\r\n", match::yes},  {"220 FTP server\r\n", match::no}, {"EHLO x\r\n", match::yes},
      {"EHLO\r\n", match::unsure},       {"MAIL FROM:<>\r\n", match::yes},  {"RCPT TO:<a@b>\r\n", match::yes},
      {"USER x\r\n", match::no},         {"QUIT\r\n", match::unsure},       {"EH", match::unsure},
      {"GET / HTTP/1.1\r\n", match::no}, {"HTTP/1.1 200\r\n", match::no},   {"AUTH TLS\r\n", match::no},
      {"\x16\x03\x01", match::no},       {"MAIL me\r\n", match::no},        {"SSH-2.0-x\r\n", match::no},
  };
  for (const auto& [bytes, verdict] : rows) EXPECT_EQ(p.probe(text(bytes), transport::tcp), verdict) << bytes;
}

TEST(smtp_probe, every_prefix) {
  every_prefix("smtp", {{side::server, text("220 a ESMTP b;\r\n")},
                        {side::client, text("EHLO a\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<a> SIZE=1\r\nRCPT TO:<b>\r\nDATA\r\n")},
                        {side::server, text("250-a\r\n250 b\r\n235 c\r\n250 d\r\n250 e\r\n354 f\r\n")},
                        {side::client, text("x\r\n.\r\nBDAT 1 LAST\r\nz")}});
}

}  // namespace
