// rlogin, rsh and rexec.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;
using namespace std::string_view_literals;

namespace {

using octets = std::vector<std::uint8_t>;

octets text(std::string_view s) { return {s.begin(), s.end()}; }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}

constexpr auto hello = "\0eng\0root\0xterm/9600\0"sv;
constexpr auto run = "1022\0eng\0root\0cat /etc/shadow\0"sv;
constexpr auto with_password = "0\0op\0hush\0uname -a\0"sv;

TEST(rlogin, trusted_and_with_password) {
  conversation c{"rlogin"};
  c.say(side::client, text(hello));
  c.say(side::server, text("\0"sv));
  c.say(side::client, hex("ffff 7373 0018 0050 0280 0190"));
  c.say(side::server, text("Password: "));
  c.say(side::client, text("hush\r"));
  c.say(side::server, text("\r\nLogin incorrect\r\nlogin: "));
  c.say(side::client, text("root\r"));
  c.say(side::server, text("root\r\nPassword: "));
  c.say(side::client, text("hush\r"));
  c.say(side::server, text("\r\nLast login: now\r\nplc# "));
  c.say(side::client, text("reboot\r"));
  c.say(side::server, text("reboot\r\n"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 4u);
  const auto& ops = c.out.operations;
  EXPECT_EQ(ops[0].action, action::session);
  EXPECT_EQ(ops[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(ops[0], "client_user"), value{std::string{"eng"}});
  EXPECT_EQ(ops[1].outcome, outcome::refused);
  EXPECT_EQ(field_of(ops[1], "user"), value{std::string{"root"}});
  EXPECT_EQ(ops[2].outcome, outcome::ok);
  EXPECT_EQ(ops[3].function_name, "reboot");
  EXPECT_EQ(c.out.described["terminal_type"], "xterm");
  EXPECT_EQ(c.out.described["window"], "80x24");

  conversation trusted{"rlogin"};
  trusted.say(side::client, text(hello));
  trusted.say(side::server, text("\0plc# "sv));
  EXPECT_EQ(trusted.out.described["no_authentication"], "yes");
}

struct row {
  std::string_view name, protocol, said, answer;
  outcome how;
  mw::action action;
  std::string_view program;
};
constexpr row rows[] = {{"Granted", "rsh", run, "\0root:x"sv, outcome::ok, action::control, "cat"},
                        {"Denied", "rsh", run, "\1Permission denied.\n"sv, outcome::refused, action::control, "cat"},
                        {"Copies", "rsh", "\0a\0b\0rcp -p -t /cfg/plc.bin\0"sv, "\0"sv, outcome::ok, action::file_write, "rcp"},
                        {"Reads", "rsh", "\0a\0b\0rcp -f /cfg/plc.bin\0"sv, "\0"sv, outcome::ok, action::file_read, "rcp"},
                        {"Silent", "rsh", run, "", outcome::timeout, action::control, "cat"},
                        {"Exec", "rexec", with_password, "\0Linux"sv, outcome::ok, action::control, "uname"},
                        {"ExecRefused", "rexec", with_password, "\1Login incorrect.\n"sv, outcome::refused, action::authenticate, "uname"}};

TEST(rlogin, remote_commands) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation c{r.protocol};
    for (const char b : r.said) c.say(side::client, octets{static_cast<std::uint8_t>(b)});
    c.say(side::server, text(r.answer));
    c.end();
    ASSERT_EQ(c.out.operations.size(), 1u);
    const auto& o = c.out.operations[0];
    EXPECT_EQ(o.outcome, r.how);
    EXPECT_EQ(o.action, r.action);
    EXPECT_EQ(o.function, r.protocol);
    EXPECT_EQ(o.function_name, r.program);
    EXPECT_EQ(o.code.has_value(), r.how == outcome::refused);
    EXPECT_EQ(o.objects.size(), r.program == "rcp" ? 1u : 0u);
    for (const auto& file : o.objects) EXPECT_EQ(file, (object{"file", "/cfg/plc.bin"}));
    for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("hush"), std::string::npos);
    for (const auto& [name, said] : c.out.described) EXPECT_EQ(said.find("hush"), std::string::npos) << name;
    EXPECT_TRUE(c.out.violations.empty());
  }
}

TEST(rlogin, violations_and_gaps) {
  conversation c{"rsh"};
  c.say(side::client, text("abc\0x\0y\0z\0"sv));
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "head");
  conversation window{"rlogin"};
  window.say(side::client, text(hello));
  window.say(side::client, hex("ffff 0000 0018 0050 0280 0190"));
  ASSERT_EQ(window.out.violations.size(), 1u);
  EXPECT_EQ(window.out.violations[0].rule, "window_size");
  conversation lost{"rlogin"};
  lost.gap(side::client);
  lost.say(side::client, text("ls\r"));
  lost.say(side::server, text("ls\r\nplc# "));
  lost.end();
  EXPECT_TRUE(lost.out.violations.empty());
  EXPECT_TRUE(lost.out.operations.empty());
}

TEST(rlogin, probe) {
  EXPECT_EQ(named("rlogin").about.probe(text(hello), transport::tcp), match::yes);
  EXPECT_EQ(named("rsh").about.probe(text(run), transport::tcp), match::yes);
  EXPECT_EQ(named("rexec").about.probe(text(with_password), transport::tcp), match::yes);
  EXPECT_EQ(named("rsh").about.probe(text("<34>1 2024 host app - - - text"), transport::tcp), match::unsure);
  EXPECT_EQ(named("rlogin").about.probe(text(run), transport::tcp), match::unsure);
}

TEST(rlogin, every_prefix) {
  every_prefix("rlogin", {{side::client, text(hello)}, {side::server, text("\0Password: "sv)}, {side::client, hex("ffff 7373 00180050")}});
  every_prefix("rsh", {{side::client, text(run)}, {side::server, text("\1no"sv)}});
  every_prefix("rexec", {{side::client, text(with_password)}, {side::server, text("\1no"sv)}});
}

}  // namespace
