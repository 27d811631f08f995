// Control connections of FTP: logins, paths, replies, announced data connections; and what a transfer tells of itself.
#include "tests/dissect/harness.hpp"

#include "sensor/dissect/ftp_commands.hpp"
#include "sensor/dissect/http_text.hpp"

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
bool said(const recorder& out, std::string_view kind, std::string_view what) {
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.kind == kind && f.value == what; });
}
bool broke(const recorder& out, std::string_view rule) {
  return std::ranges::any_of(out.violations, [&](const broken& v) { return v.rule == rule; });
}

class ftp : public ::testing::Test {
protected:
  ftp() {
    c.client_end = {.address = ip::v4(10, 0, 0, 1), .port = {40000}};
    c.server_end = {.address = ip::v4(10, 0, 0, 9), .port = {21}};
  }
  void ask(std::string_view command, std::string_view reply) {
    c.say(side::client, text(std::string{command} + "\r\n"));
    c.say(side::server, text(std::string{reply} + "\r\n"));
  }
  void login() {
    c.say(side::server, text("220 plc7 FTP server (Version 6.4) ready.\r\n"));
    ask("USER eng", "331 Password required.");
    ask("PASS swordfish", "230 User logged in.");
  }
  const operation& last() const { return c.out.operations.back(); }
  std::string subject() const { return last().objects.empty() ? "" : last().objects[0].space + ' ' + last().objects[0].address; }
  conversation c{"ftp"};
};

TEST_F(ftp, login_is_one_operation_without_password) {
  login();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(last().action, action::authenticate);
  EXPECT_EQ(last().function_name, "login");
  EXPECT_EQ(subject(), "user eng");
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_EQ(last().latency, std::chrono::milliseconds{1});
  EXPECT_EQ(field_of(last(), "password_given"), value{true});
  EXPECT_EQ(field_of(last(), "anonymous"), value{false});
  for (const auto& f : last().fields) EXPECT_EQ(to_string(f.second).find("swordfish"), std::string::npos);
  EXPECT_TRUE(said(c.out, "host_name", "plc7"));
  EXPECT_TRUE(said(c.out, "software", "FTP server (Version 6.4)"));
  EXPECT_TRUE(said(c.out, "user", "eng"));
}

TEST_F(ftp, logins_that_fail_and_that_are_left) {
  ask("USER anonymous", "331 Guest ok.");
  ask("PASS a@b", "530 Login incorrect.");
  EXPECT_EQ(last().outcome, outcome::refused);
  EXPECT_EQ(last().code, "530");
  EXPECT_EQ(field_of(last(), "anonymous"), value{true});
  ask("USER root", "530 No.");
  EXPECT_EQ(last().outcome, outcome::refused);
  ask("USER one", "331 ?");
  ask("USER two", "331 ?");
  c.end();
  ASSERT_EQ(c.out.operations.size(), 4u);
  EXPECT_EQ(c.out.operations[2].objects[0].address, "one");
  EXPECT_EQ(c.out.operations[3].outcome, outcome::none);
}

struct row {
  std::string_view command, reply, name;
  mw::action action;
  std::string_view subject;
};
TEST_F(ftp, what_commands_mean) {
  login();
  const row rows[] = {
      {"RETR a.txt", "226 ok", "retrieve", action::file_read, "file a.txt"},
      {"PWD", "257 \"/home/eng\" is current", "print_working_directory", action::read, "directory /home/eng"},
      {"stor Main.ST", "226 ok", "store", action::file_write, "file /home/eng/Main.ST"},
      {"CWD ../plc", "250 ok", "change_directory", action::read, "directory /home/plc"},
      {"APPE log", "226 ok", "append", action::file_write, "file /home/plc/log"},
      {"CWD /no", "550 no", "change_directory", action::read, "directory /no"},
      {"DELE ./x/../y", "250 ok", "delete", action::file_delete, "file /home/plc/y"},
      {"CDUP", "250 ok", "change_to_parent_directory", action::read, "directory /home"},
      {"MKD new", "257 \"/home/new\"", "make_directory", action::file_write, "directory /home/new"},
      {"RMD new", "250 ok", "remove_directory", action::file_delete, "directory /home/new"},
      {"LIST -la", "226 ok", "list", action::read, "directory /home"},
      {"STAT", "211 ok", "status", action::identify, ""},
      {"SITE CHMOD 777 x", "200 ok", "site", action::configure, "file /home/x"},
      {"SITE EXEC /bin/sh -c id", "200 ok", "site", action::control, "program /bin/sh"},
      {"SITE CPFR /etc/passwd", "350 ok", "site", action::file_read, "file /etc/passwd"},
      {"SITE PSWD old new", "200 ok", "site", action::configure, ""},
      {"RNFR a", "350 ok", "rename_from", action::session, "file /home/a"},
      {"RNTO b", "250 ok", "rename_to", action::configure, "file /home/b"},
      {"XQTY secret", "500 what?", "unknown", action::diagnose, ""},
      {"\xff\xf4\xff\xf2"
       "ABOR",
       "226 ok", "abort", action::session, ""},
      {"QUIT", "221 bye", "logout", action::session, ""},
  };
  for (const auto& r : rows) {
    ask(r.command, r.reply);
    EXPECT_EQ(last().function_name, r.name) << r.command;
    EXPECT_EQ(last().action, r.action) << r.command;
    EXPECT_EQ(subject(), r.subject) << r.command;
    EXPECT_EQ(last().outcome, r.reply[0] == '5' ? outcome::refused : outcome::ok) << r.command;
  }
  EXPECT_EQ(c.out.operations.size(), 1 + std::size(rows));
  EXPECT_EQ(field_of(c.out.operations[3], "file_type"), value{std::string{"st"}});
  EXPECT_EQ(field_of(c.out.operations[18], "from"), value{std::string{"/home/a"}});
  for (const auto& o : c.out.operations)
    for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("old"), std::string::npos);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST_F(ftp, transfers_take_their_time) {
  login();
  ask("RETR big", "150 Opening BINARY mode data connection for big (123456 bytes).");
  c.wait(std::chrono::minutes{20});
  c.say(side::server, text("226 done\r\n"));
  EXPECT_EQ(last().outcome, outcome::ok);
  EXPECT_EQ(last().latency, std::chrono::milliseconds{1});
  EXPECT_EQ(field_of(last(), "announced_bytes"), value{std::uint64_t{123456}});
  c.say(side::client, text("NOOP\r\n"));
  c.wait(std::chrono::minutes{5});
  EXPECT_EQ(last().outcome, outcome::timeout);
}

TEST_F(ftp, data_connections_are_announced) {
  ask("PORT 10,0,0,1,156,64", "200 ok");
  ask("EPRT |1|10.0.0.1|5282|", "200 ok");
  ask("PASV", "227 Entering Passive Mode (192,168,1,9,200,10).");
  EXPECT_EQ(field_of(last(), "told_address"), value{std::string{"192.168.1.9"}});
  ask("EPSV", "229 Entering Extended Passive Mode (|||50123|)");
  EXPECT_EQ(c.out.expected, (std::vector<std::string>{"10.0.0.1 40000 tcp client ftp_data", "10.0.0.1 5282 tcp client ftp_data",
                                                      "10.0.0.9 51210 tcp server ftp_data", "10.0.0.9 50123 tcp server ftp_data"}));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST_F(ftp, bounce_and_other_rules) {
  ask("PORT 10,0,0,7,0,22", "200 ok");
  EXPECT_TRUE(broke(c.out, "bounce"));
  ask("PORT 10,0,0,1,0,22", "200 ok");
  EXPECT_TRUE(broke(c.out, "privileged_port"));
  ask("PORT 1,2,3", "501 no");
  EXPECT_TRUE(broke(c.out, "data_port"));
  EXPECT_TRUE(c.out.expected.empty());
  ask("RNTO x", "503 no");
  EXPECT_TRUE(broke(c.out, "rename_order"));
  EXPECT_FALSE(broke(c.out, "not_logged_in"));
  ask("RETR x", "226 sure");
  EXPECT_TRUE(broke(c.out, "not_logged_in"));
  ask("\x01\x02", "500 no");
  EXPECT_TRUE(broke(c.out, "command_syntax"));
  ask("CWD " + std::string(2000, 'A'), "no reply");
  EXPECT_TRUE(broke(c.out, "command_length"));
  EXPECT_TRUE(broke(c.out, "reply_syntax"));
}

TEST_F(ftp, pipelined_and_octet_by_octet) {
  for (const char b : std::string{"USER a\r\nPASS b\r\nSYST\r\nFEAT\r\n"}) c.say(side::client, {static_cast<std::uint8_t>(b)});
  for (const char b :
       std::string{"331 more\r\n230-hello\r\n there\r\n230 in\r\n215 VxWorks 5.4.2\r\n211-Features:\r\n SIZE\r\n UTF8\r\n211 End\r\n"})
    c.say(side::server, {static_cast<std::uint8_t>(b)});
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(last(), "features"), value{std::string{"SIZE,UTF8"}});
  EXPECT_TRUE(said(c.out, "os", "VxWorks 5.4.2"));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST_F(ftp, a_gap_pairs_nothing_wrongly) {
  login();
  c.say(side::client, text("DELE a\r\n"));
  c.gap(side::server);
  ask("DELE b", "250 ok");
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::timeout);
  EXPECT_EQ(subject(), "file b");
  EXPECT_EQ(last().outcome, outcome::ok);
}

TEST_F(ftp, turns_into_tls) {
  ask("AUTH TLS", "234 go");
  EXPECT_EQ(c.out.became, "tls");
  c.say(side::client, "16 03 01 00 05 0a 0a 0a 0a 0a");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(ftp_probe, what_is_ftp) {
  const auto& p = named("ftp").about;
  const std::pair<std::string_view, match> rows[] = {
      {"220 FTP server ready\r\n", match::yes},
      {"220 mail ESMTP\r\n", match::no},
      {"USER x\r\n", match::yes},
      {"EHLO x\r\n", match::no},
      {"USER", match::unsure},
      {"22", match::unsure},
      {"QUIT\r\n", match::unsure},
      {"AUTH PLAIN\r\n", match::unsure},
      {"AUTH TLS\r\n", match::yes},
      {"GET / HTTP/1.1\r\n", match::no},
      {"HTTP/1.1 200 OK\r\n", match::no},
      {"SSH-2.0-x\r\n", match::no},
      {"+OK ready\r\n", match::no},
      {"\x16\x03\x01\x02", match::no},
      {"220-a\r\nb\r\n220 c\r\n", match::yes},
  };
  for (const auto& [bytes, verdict] : rows) EXPECT_EQ(p.probe(text(bytes), transport::tcp), verdict) << bytes;
}

TEST(ftp_data, size_and_digest) {
  conversation c{"ftp_data"};
  c.say(side::client, text("ab"));
  c.say(side::client, text("c"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::file_write);
  EXPECT_EQ(field_of(o, "bytes"), value{std::uint64_t{3}});
  EXPECT_EQ(field_of(o, "sha256"), value{std::string{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}});  // FIPS 180-4
}
TEST(ftp_data, no_digest_of_what_is_not_whole) {
  conversation c{"ftp_data"};
  c.say(side::server, text("abc"));
  c.gap(side::server);
  c.say(side::server, text("abc"));
  c.end();
  EXPECT_EQ(field_of(c.out.operations[0], "incomplete"), value{true});
  EXPECT_EQ(field_of(c.out.operations[0], "sha256"), value{});
  EXPECT_EQ(c.out.operations[0].action, action::read);
  EXPECT_NE(named("ftp_data").about.probe(text("x"), transport::tcp), match::no);
}

TEST(ftp_words, paths_and_addresses) {
  EXPECT_EQ(mw::ftp::join("/a", "../../../b"), "/b");
  EXPECT_EQ(mw::ftp::join("", "../b"), "../b");
  EXPECT_EQ(mw::ftp::join("/a", "C:\\x"), "C:/x");
  EXPECT_EQ(to_string(*mw::ftp::read_port("in 5 s: 1,2,3,4,5,6")), "1.2.3.4:1286");
  EXPECT_FALSE(mw::ftp::read_port("1,2,3,4,5,256"));
  EXPECT_EQ(to_string(*mw::ftp::read_eprt("|2|fe80::1|5282|")), "[fe80::1]:5282");
  EXPECT_FALSE(mw::ftp::read_eprt("|1|fe80::1|5282|"));
  EXPECT_EQ(mw::ftp::quoted("\"/a \"\"b\"\"\" ok"), "/a \"b\"");
  EXPECT_EQ(*from_base64("dXNlcg=="), "user");
  EXPECT_EQ(*from_base64(""), "");
  EXPECT_FALSE(from_base64("a*=="));
  EXPECT_EQ(file_type("/x.y/Fw.BIN"), "bin");
  EXPECT_EQ(file_type("/x.y/fw"), "");
}

TEST(ftp_probe, every_prefix) {
  every_prefix("ftp", {{side::server, text("220-a\r\n220 b (c)\r\n")},
                       {side::client, text("USER a\r\nPASS b\r\nPORT 1,2,3,4,5,6\r\nSITE CHMOD 1 a\r\n")},
                       {side::server, text("331 a\r\n230 b\r\n227 (1,2,3,4,5,6)\r\n229 (|||5|)\r\n")}});
}

}  // namespace
