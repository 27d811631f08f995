// Telnet: options, and logins as several makers write them.
#include "sensor/dissect/telnet_prompts.hpp"
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
bool learned_of(const recorder& out, std::string_view kind, std::string_view what) {
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.who == side::server && f.kind == kind && f.value == what; });
}
/// Nothing that was said to anybody holds `secret`.
bool leaks(const recorder& out, std::string_view secret) {
  const auto in = [&](const std::string& s) { return s.find(secret) != std::string::npos; };
  for (const auto& o : out.operations) {
    if (in(o.function_name) || in(o.function)) return true;
    for (const auto& f : o.fields)
      if (in(to_string(f.second))) return true;
  }
  for (const auto& f : out.facts)
    if (in(f.value)) return true;
  for (const auto& [name, said] : out.described)
    if (in(said)) return true;
  return false;
}

constexpr std::string_view will_echo = "fffb01 fffb03 fffd18 fffd1f";

TEST(telnet, login_refused_then_accepted_then_commands) {
  conversation c{"telnet"};
  c.server(will_echo);
  c.client("fffb18 fffb1f fffd01");
  c.say(side::client, hex("fffa18 00 7874 6572 6d ff f0  fffa1f 0050 0018 fff0"));
  c.say(side::server, text("\r\nBusyBox on plc7\r\nplc7 login: "));
  for (const char k : std::string{"rp\x7foot\r"}) {
    c.say(side::client, octets{static_cast<std::uint8_t>(k), 0});
    if (k != '\r') c.say(side::server, octets{static_cast<std::uint8_t>(k)});
  }
  c.say(side::server, text("\r\nPassword: "));
  c.say(side::client, text("Geheim1\r\n"));
  c.say(side::server, text("\r\nLogin incorrect\r\nplc7 login: "));
  c.say(side::client, text("root\r\n"));
  c.say(side::server, text("root\r\nPassword: "));
  c.say(side::client, text("Geheim2\r\n"));
  c.say(side::server, text("\r\n\r\nBusyBox v1.19.4 (2013-01-01) built-in shell (ash)\r\n~ # "));
  c.say(side::client, text("cat /etc/passwd\r\n"));
  c.say(side::server, text("cat /etc/passwd\r\nroot:x:0\r\n~ # "));
  c.say(side::client, text("Geheim3 x\r\n"));  // not written back: not told
  c.say(side::server, text("\r\n~ # "));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 4u);
  const auto& ops = c.out.operations;
  EXPECT_EQ(ops[0].action, action::authenticate);
  EXPECT_EQ(ops[0].outcome, outcome::refused);
  EXPECT_EQ(field_of(ops[0], "user"), value{std::string{"root"}});
  EXPECT_EQ(field_of(ops[0], "password_given"), value{true});
  EXPECT_EQ(ops[1].outcome, outcome::ok);
  EXPECT_EQ(ops[1].latency, std::chrono::milliseconds{1});
  EXPECT_EQ(ops[2].action, action::control);
  EXPECT_EQ(ops[2].function_name, "cat");
  EXPECT_EQ(ops[3].function_name, "command");
  EXPECT_EQ(c.out.described["terminal_type"], "xterm");
  EXPECT_EQ(c.out.described["window"], "80x24");
  EXPECT_EQ(c.out.described["clear_text"], "yes");
  EXPECT_EQ(c.out.described["user"], "root");
  EXPECT_EQ(c.out.described["login"], "ok");
  EXPECT_EQ(c.out.described["commands"], "2");
  EXPECT_EQ(c.out.described["banner"], "BusyBox on plc7");
  EXPECT_TRUE(learned_of(c.out, "host_name", "plc7"));
  EXPECT_TRUE(learned_of(c.out, "software", "BusyBox v1.19.4 (2013-01-01) built-in shell (ash)"));
  EXPECT_FALSE(leaks(c.out, "Geheim"));
  EXPECT_FALSE(leaks(c.out, "passwd"));
  EXPECT_TRUE(c.out.violations.empty());
}

struct style {
  std::string_view name, asks_name, asks_password, answer;
  outcome how;
};
constexpr style styles[] = {
    {"VxWorks", "\r\nVxWorks login: ", "\r\nPassword: ", "\r\n\r\n-> ", outcome::ok},
    {"VxWorksRefuses", "\r\nVxWorks login: ", "\r\nPassword: ", "\r\nLogin incorrect\r\nVxWorks login: ", outcome::refused},
    {"Cisco", "\r\n\r\nUser Access Verification\r\n\r\nUsername: ", "\r\nPassword: ", "\r\nedge1>", outcome::ok},
    {"CiscoNoUser", "", "\r\n\r\nUser Access Verification\r\n\r\nPassword: ", "\r\nedge1>", outcome::ok},
    {"CiscoRefuses",
     "\r\nUser Access Verification\r\n\r\nUsername: ", "\r\nPassword: ", "\r\n% Login invalid\r\n\r\nUsername: ", outcome::refused},
    {"CiscoBadSecret", "", "\r\nPassword: ", "\r\nPassword: ", outcome::refused},
    {"Windows", "Welcome to Microsoft Telnet Service \r\n\n\rlogin: ", "\n\rpassword: ",
     "\r\n*===============================================================\r\nMicrosoft Telnet Server.\r\nC:\\Users\\op>", outcome::ok},
    {"WindowsRefuses", "login: ", "\n\rpassword: ", "\r\nThe handle is invalid.\r\n\r\nLogin Failed\r\n", outcome::refused},
    {"Huawei", "\r\nLogin authentication\r\n\r\n\r\nUsername:", "\r\nPassword:", "\r\nInfo: The max number of VTY users is 10\r\n<core>",
     outcome::ok},
    {"German", "Benutzername: ", "\r\nKennwort: ", "\r\nAnmeldung fehlgeschlagen\r\n", outcome::refused},
    {"French", "Nom d'utilisateur : ", "\r\nMot de passe : ", "\r\nErreur\r\nNom d'utilisateur : ", outcome::refused},
    {"Spanish", "Usuario: ", "\r\nContraseña: ", "\r\nmenu> ", outcome::ok},
    {"Chinese", "用户名：", "\r\n密码：", "\r\n密码错误\r\n", outcome::refused},
    {"Japanese", "ユーザー名: ", "\r\nパスワード: ", "\r\nrouter# ", outcome::ok},
    {"Russian", "Логин: ", "\r\nПароль: ", "\r\nНеверный пароль\r\n", outcome::refused},
    {"RedHat", "kiosk login: ", "\r\nPassword: ", "\r\nLast failed login: Mon Jan  1\r\n[op@kiosk ~]$ ", outcome::ok},
    {"Silent", "login: ", "Password: ", "", outcome::timeout},
};

TEST(telnet, styles) {
  for (const auto& s : styles) {
    SCOPED_TRACE(s.name);
    conversation c{"telnet"};
    c.server(will_echo);
    c.client("fffd01 fffd03");
    if (!s.asks_name.empty()) {
      c.say(side::server, text(s.asks_name));
      c.say(side::client, text("op\r\n"));
      c.say(side::server, text("op"));
    }
    c.say(side::server, text(s.asks_password));
    c.say(side::client, text("hush\r\n"));
    c.say(side::server, text(s.answer));
    c.end();
    ASSERT_EQ(c.out.operations.size(), 1u);
    EXPECT_EQ(c.out.operations[0].outcome, s.how);
    EXPECT_EQ(field_of(c.out.operations[0], "user"), s.asks_name.empty() ? value{} : value{std::string{"op"}});
    EXPECT_FALSE(leaks(c.out, "hush"));
    EXPECT_FALSE(c.out.described.contains("no_authentication"));
  }
}

TEST(telnet, nobody_asks_and_privilege_and_unknown_menus) {
  conversation open{"telnet"};
  open.server(will_echo);
  open.say(side::server, text("\r\nswitch1#"));
  EXPECT_EQ(open.out.described["no_authentication"], "yes");
  open.say(side::client, text("enable\r\n"));
  open.say(side::server, text("enable\r\nPassword: "));
  open.say(side::client, text("hush\r\n"));
  open.say(side::server, text("\r\nswitch1#"));
  ASSERT_EQ(open.out.operations.size(), 2u);
  EXPECT_EQ(open.out.operations[0].function_name, "enable");
  EXPECT_EQ(open.out.operations[1].function, "privilege");
  EXPECT_EQ(open.out.operations[1].outcome, outcome::ok);

  conversation menu{"telnet"};
  menu.server(will_echo);
  menu.say(side::server, text("Password: "));
  menu.say(side::client, text("\r\n"));
  menu.say(side::server, text("\r\n[1] State [2] Reset\r\nChoice = "));
  for (int i = 0; i < 3; ++i) menu.say(side::client, text("1\r\n")), menu.say(side::server, text("1\r\nfine\r\nChoice = "));
  ASSERT_EQ(menu.out.operations.size(), 1u);
  EXPECT_EQ(menu.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(menu.out.operations[0], "password_given"), value{false});

  conversation middle{"telnet"};  // picked up in the middle: nobody knows whether a login came before
  middle.say(side::server, text("plc#"));
  EXPECT_FALSE(middle.out.described.contains("no_authentication"));
}

TEST(telnet, options) {
  conversation c{"telnet"};
  c.client("fffb27");
  c.say(side::client, hex("fffa27 00 00 55534552 01 6f70 00 444953504c4159 01 3a30 fff0"));
  EXPECT_EQ(c.out.described["user"], "op");
  c.say(side::client, hex("fffa25 00 0f 00 fff0  fffa25 03 61646d696e fff0"));
  EXPECT_EQ(c.out.described["authentication"], "ntlm");
  EXPECT_EQ(c.out.described["user"], "admin");
  c.say(side::client, hex("fffa27 00 00 55534552 01 2d66726f6f74 fff0"));
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "user_option");
  c.say(side::client, hex("fffa26 03 00 fff0"));
  EXPECT_EQ(c.out.described["clear_text"], "no");
  EXPECT_EQ(c.out.counts["telnet/option/251/39"], 1u);

  conversation t{"telnet"};
  t.client("fffb2e fffa2e01fff0");
  EXPECT_EQ(t.out.became, "");
  t.server("fffd2e fffa2e01fff0");
  EXPECT_EQ(t.out.became, "tls");

  conversation screen{"telnet"};
  screen.client("fffb28");
  screen.server("fffd28 d3c9d5c57a 0d0a");
  EXPECT_EQ(screen.out.described["terminal_protocol"], "tn3270");
}

TEST(telnet, violations_and_gaps) {
  conversation c{"telnet"};
  c.client("ff10");
  c.client("fffa1f 01 fff0");
  auto endless = hex("fffa18");
  endless.insert(endless.end(), 2000, 0x78);
  c.say(side::client, endless);
  ASSERT_EQ(c.out.violations.size(), 3u);
  EXPECT_EQ(c.out.violations[0].rule, "command");
  EXPECT_EQ(c.out.violations[1].rule, "window_size");
  EXPECT_EQ(c.out.violations[2].rule, "suboption");

  conversation lost{"telnet"};
  lost.server(will_echo);
  lost.say(side::server, text("login: "));
  lost.say(side::client, text("op\r\n"));
  lost.say(side::server, text("Password: "));
  lost.say(side::client, text("hu"));
  lost.gap(side::client);
  lost.say(side::client, text("sh\r\n"));
  lost.say(side::server, text("\r\n$ "));
  lost.end();
  EXPECT_TRUE(lost.out.operations.empty());
  EXPECT_FALSE(leaks(lost.out, "sh"));
  EXPECT_FALSE(lost.out.described.contains("no_authentication"));
}

TEST(telnet, probe) {
  const auto& p = named("telnet").about;
  EXPECT_EQ(p.probe(hex(will_echo), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(hex("fffd18"), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(text("plc7 login: "), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(text("220 ftp ready\r\n"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("ff10ff10"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("ffd8ffe000104a464946"), transport::tcp), match::unsure);
}

TEST(telnet, prompts) {
  using enum terminal::prompt;
  struct row {
    std::string_view line;
    terminal::prompt is;
  };
  constexpr row rows[] = {{"plc login:", name},
                          {"Username : ", name},
                          {"Password for admin:", password},
                          {"$ ", shell},
                          {"C:\\>", shell},
                          {"Temperature: 5", none},
                          {"Last login: Mon 1", none},
                          {"", none},
                          {"Enter PIN:", password},
                          {"[sudo] password for op: ", password}};
  for (const auto& r : rows) EXPECT_EQ(terminal::prompt_of(r.line), r.is) << r.line;
  EXPECT_EQ(terminal::host_of_prompt("root@plc7:~# "), "plc7");
  EXPECT_EQ(terminal::host_of_prompt("op@plc7 ~]$"), "plc7");
  EXPECT_EQ(terminal::host_of_prompt("a@b: "), "");
}

TEST(telnet, every_prefix) {
  every_prefix("telnet", {{side::server, hex(will_echo)},
                          {side::client, hex("fffa27 00 00 55534552 01 6f70 fff0 fffa1f 0050 0018 fff0 fffa25 03 61 fff0")},
                          {side::server, text("a login: ")},
                          {side::client, text("op\r\n")},
                          {side::server, text("Password: ")},
                          {side::client, text("x\r\n")},
                          {side::server, text("$ ")}});
}

}  // namespace
