// TACACS+: logins, commands and accounting, readable or not, and what breaks a rule.
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
octets raw(std::string_view s) { return {s.begin(), s.end()}; }
octets packet(unsigned type, unsigned sequence, const octets& body, unsigned flags = 1, unsigned session = 7) {
  return octets{0xc0,
                static_cast<std::uint8_t>(type),
                static_cast<std::uint8_t>(sequence),
                static_cast<std::uint8_t>(flags),
                0,
                0,
                0,
                static_cast<std::uint8_t>(session),
                0,
                0,
                static_cast<std::uint8_t>(body.size() >> 8),
                static_cast<std::uint8_t>(body.size())} +
         body;
}
octets start(std::string_view user, std::string_view data = "") {
  return octets{1, 1, 1, 1, static_cast<std::uint8_t>(user.size()), 4, 8, static_cast<std::uint8_t>(data.size())} + raw(user) +
         raw("tty0") + raw("10.0.0.9") + raw(data);
}
octets reply(unsigned status, std::string_view text = "") {
  return octets{static_cast<std::uint8_t>(status), 0, 0, static_cast<std::uint8_t>(text.size()), 0, 0} + raw(text);
}
octets go_on(std::string_view text, unsigned flags = 0) {
  return octets{0, static_cast<std::uint8_t>(text.size()), 0, 0, static_cast<std::uint8_t>(flags)} + raw(text);
}
octets asked(const octets& head, const std::vector<std::string>& arguments) {
  octets sizes, texts;
  for (const auto& a : arguments) sizes.push_back(static_cast<std::uint8_t>(a.size())), texts = texts + raw(a);
  return head + octets{6, 15, 1, 1, 5, 4, 8, static_cast<std::uint8_t>(arguments.size())} + sizes + raw("paula") + raw("tty0") +
         raw("10.0.0.9") + texts;
}
octets allowed(unsigned status, const std::vector<std::string>& arguments = {}) {
  octets sizes, texts;
  for (const auto& a : arguments) sizes.push_back(static_cast<std::uint8_t>(a.size())), texts = texts + raw(a);
  return octets{static_cast<std::uint8_t>(status), static_cast<std::uint8_t>(arguments.size()), 0, 0, 0, 0} + sizes + texts;
}
std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) {
    (out += out.empty() ? "" : "; ") += o.function_name + (o.objects.empty() ? "" : ' ' + o.objects[0].address);
    out += ' ' + std::string{to_string(o.outcome)} + (o.code ? ' ' + *o.code : "");
  }
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : " ") += v.rule;
  return out;
}
struct device : conversation {
  device() : conversation{"tacacs"} {}
  void client(const octets& o) { EXPECT_EQ(say(side::client, o), 0U); }
  void server(const octets& o) { EXPECT_EQ(say(side::server, o), 0U); }
};
using fields = std::vector<std::pair<std::string, std::string>>;

TEST(tacacs, readable_exchanges) {
  const struct {
    const char* name;
    std::vector<octets> packets;  ///< client and server in turn
    std::string told;
    action what;
    fields said;
  } rows[] = {
      {"login",
       {packet(1, 1, start("")), packet(1, 2, reply(4, "Username: ")), packet(1, 3, go_on("paula")), packet(1, 4, reply(5)),
        packet(1, 5, go_on("hunter2")), packet(1, 6, reply(1))},
       "authentication ok",
       action::authenticate,
       {{"status", "pass"}, {"password_given", "true"}, {"authentication", "ascii"}}},
      {"pap",
       {packet(1, 1, start("paula", "hunter2")), packet(1, 2, reply(2, "denied"))},
       "authentication paula refused 2",
       action::authenticate,
       {{"user", "paula"},
        {"port", "tty0"},
        {"remote_address", "10.0.0.9"},
        {"service", "login"},
        {"message", "denied"},
        {"password_given", "true"},
        {"encrypted", "false"},
        {"privilege", "1"}}},
      {"aborted",
       {packet(1, 1, start("paula")), packet(1, 2, reply(5)), packet(1, 3, go_on("", 1))},
       "authentication paula none",
       action::authenticate,
       {}},
      {"command",
       {packet(2, 1, asked({}, {"service=shell", "cmd=reload", "cmd-arg=now"})), packet(2, 2, allowed(0x10))},
       "authorization reload now refused 16",
       action::control,
       {{"user", "paula"}, {"arguments", "service=shell"}, {"privilege", "15"}, {"method", "tacacs_plus"}, {"status", "fail"}}},
      {"secret",
       {packet(2, 1, asked({}, {"cmd=enable", "cmd-arg=secret", "cmd-arg=hunter2"})), packet(2, 2, allowed(1))},
       "authorization enable secret * ok",
       action::control,
       {}},
      {"allowed",
       {packet(2, 1, asked({}, {"service=shell", "cmd*"})), packet(2, 2, allowed(1, {"priv-lvl=15"}))},
       "authorization paula ok",
       action::control,
       {{"status", "pass_add"}}},
      {"accounting",
       {packet(3, 1, asked({4}, {"task_id=9"})), packet(3, 2, hex("0000 0000 01"))},
       "accounting paula ok",
       action::session,
       {{"kind", "stop"}, {"arguments", "task_id=9"}}},
      {"silence", {packet(1, 1, start("paula"))}, "authentication paula timeout", action::authenticate, {}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    device d;
    for (std::size_t i = 0; i < r.packets.size(); ++i) i % 2 == 0 ? d.client(r.packets[i]) : d.server(r.packets[i]);
    d.end();
    ASSERT_EQ(told(d.out), r.told);
    EXPECT_EQ(d.out.operations[0].action, r.what);
    for (const auto& [name, value] : r.said) EXPECT_EQ(text_of(d.out.operations[0], name), value) << name;
    for (const auto& [name, v] : d.out.operations[0].fields) EXPECT_EQ(to_string(v).find("hunter2"), std::string::npos);
    EXPECT_EQ(rules(d.out), "unencrypted");
  }
}

TEST(tacacs, obfuscated_exchanges) {
  const octets unreadable(20, 0x5a);
  device d;
  d.client(packet(1, 1, unreadable, 0)), d.server(packet(1, 2, unreadable, 0)), d.client(packet(1, 3, unreadable, 0));
  d.server(packet(1, 4, unreadable, 0));
  d.client(packet(2, 1, unreadable, 4, 8)), d.server(packet(2, 2, unreadable, 4, 8));
  EXPECT_EQ(told(d.out), "authorization none");
  d.wait(std::chrono::minutes{2});
  EXPECT_EQ(told(d.out), "authorization none; authentication none");
  EXPECT_EQ(text_of(d.out.operations[1], "encrypted"), "true");
  EXPECT_EQ(rules(d.out), "");
  ASSERT_EQ(d.out.facts.size(), 1U);
  EXPECT_EQ(d.out.facts[0].value, "tacacs_server");
}

TEST(tacacs, rules) {
  const struct {
    const char* name;
    octets client, server;
    std::string rules;
  } rows[] = {
      {"sequence", packet(1, 1, octets(20), 0), packet(1, 4, octets(6), 0), "sequence"},
      {"body", packet(1, 1, octets(8, 9)), {}, "unencrypted body"},
      {"reply", packet(1, 1, start("a")), packet(1, 2, hex("01 00 0009 0000")), "unencrypted body"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    device d;
    d.client(r.client);
    if (!r.server.empty()) d.server(r.server);
    EXPECT_EQ(rules(d.out), r.rules);
  }
  device lost;
  lost.client(packet(1, 1, octets(20), 0)), lost.gap(side::server), lost.server(packet(1, 4, octets(6), 0));
  EXPECT_EQ(rules(lost.out), "");
  device middle;
  middle.server(packet(2, 2, allowed(1)));
  EXPECT_EQ(told(middle.out), "authorization unpaired");
}

TEST(tacacs, knows_itself_and_keeps_little) {
  const auto& p = named("tacacs").about;
  EXPECT_EQ(p.probe(packet(1, 1, start("a")), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(packet(1, 1, octets(20), 0), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(packet(1, 1, octets(20, 0xff), 1), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("c0 01 01"), transport::tcp), match::unsure);
  EXPECT_FALSE(p.frame(hex("c0 09 01 00 00000001 00000008")));
  EXPECT_FALSE(p.frame(hex("c0 01 01 00 00000001 00ffffff")));
  EXPECT_FALSE(p.frame(hex("16 03")));
  device d;
  for (unsigned i = 0; i < 40; ++i) d.client(packet(1, 1, octets(20), 0, i));
  EXPECT_EQ(d.out.operations.size(), 8U);
  EXPECT_EQ(d.out.counts["tacacs/forgotten/session"], 8U);
}

TEST(tacacs, every_prefix) {
  every_prefix("tacacs", {{side::client, packet(1, 1, start("paula", "x"))},
                          {side::server, packet(1, 2, reply(5, "Password: "))},
                          {side::client, packet(2, 1, asked({}, {"cmd=show", "cmd-arg=run"}), 1, 9)},
                          {side::server, packet(2, 2, allowed(1, {"a=b"}), 1, 9)},
                          {side::client, packet(3, 1, asked({2}, {"task_id=1"}), 1, 10)}});
}

}  // namespace
}  // namespace mw::test
