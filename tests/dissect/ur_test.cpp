// Universal Robots: the dashboard server, RTDE and the client interfaces; what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;
using octets = std::vector<std::uint8_t>;

octets text(std::string_view s) { return {s.begin(), s.end()}; }
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets be(std::uint64_t v, unsigned n) {
  octets out;
  for (; n > 0; --n) out.push_back(static_cast<std::uint8_t>(v >> (8 * (n - 1))));
  return out;
}
octets real(double v) { return be(std::bit_cast<std::uint64_t>(v), 8); }
octets rtde(char type, const octets& body = {}) { return be(body.size() + 3, 2) + octets{static_cast<std::uint8_t>(type)} + body; }
std::string brief(const operation& op) {
  std::string out = op.function_name;
  for (const auto& o : op.objects) out += ' ' + o.space + ' ' + o.address;
  for (const auto& v : op.values) out += " = " + to_string(v);
  for (const auto& [name, said] : op.fields) out += "; " + name + '=' + to_string(said);
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) out += (out.empty() ? "" : ", ") + f.kind + '=' + f.value;
  return out;
}

TEST(ur_dashboard, each_line_is_one_operation) {
  const struct {
    std::string_view command, answer, brief;
    action what;
    outcome how;
  } rows[] = {
      {"load mill.urp", "Loading program: mill.urp", "load program mill.urp = Loading program: mill.urp", action::control, outcome::ok},
      {"load no.urp", "File not found: no.urp", "load program no.urp = File not found: no.urp", action::control, outcome::refused},
      {"load installation a.installation", "Loading installation: a",
       "load_installation installation a.installation = Loading installation: a", action::configure, outcome::ok},
      {"play", "Starting program", "play = Starting program", action::start, outcome::ok},
      {"play", "Failed to execute: play", "play = Failed to execute: play", action::start, outcome::refused},
      {"STOP", "Stopped", "stop = Stopped", action::stop, outcome::ok},
      {"pause", "Pausing program", "pause = Pausing program", action::stop, outcome::ok},
      {"shutdown", "Shutting down", "shutdown = Shutting down", action::stop, outcome::ok},
      {"power on", "Powering on", "power_on = Powering on", action::control, outcome::ok},
      {"power off", "Powering off", "power_off = Powering off", action::stop, outcome::ok},
      {"brake release", "Brake releasing", "brake_release = Brake releasing", action::control, outcome::ok},
      {"unlock protective stop", "Protective stop releasing", "unlock_protective_stop = Protective stop releasing", action::control,
       outcome::ok},
      {"set operational mode manual", "Setting operational mode: MANUAL",
       "set_operational_mode mode manual = Setting operational mode: MANUAL", action::mode_change, outcome::ok},
      {"restart safety", "Restarting safety", "restart_safety = Restarting safety", action::restart, outcome::ok},
      {"quit", "Disconnected", "quit = Disconnected", action::session, outcome::ok},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.command);
    conversation talk{"ur_dashboard"};
    talk.say(client, text(std::string{r.command} + "\n"));
    talk.say(server, text(std::string{r.answer} + "\n"));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(brief(talk.out.operations[0]), r.brief);
    EXPECT_EQ(to_string(talk.out.operations[0].action), to_string(r.what));
    EXPECT_EQ(to_string(talk.out.operations[0].outcome), to_string(r.how));
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(ur_dashboard, the_controller_becomes_facts) {
  conversation talk{"ur_dashboard"};
  talk.say(server, text("Connected: Universal Robots Dashboard Server\n"));
  talk.say(client, text("get robot model\nget serial number\r\nPolyscopeVersion\nrobotmode\nprogramState\nrunning\n"));
  talk.say(server, text("UR5e\n2019350"));
  talk.say(server, text("1234\nURSoftware 5.11.1.108318\nRobotmode: RUNNING\nPLAYING mill.urp\nProgram running: true\n"));
  EXPECT_EQ(facts(talk.out),
            "vendor=Universal Robots, role=robot_controller, model=UR5e, serial=20193501234, software=URSoftware 5.11.1.108318, "
            "mode=RUNNING, run_state=PLAYING");
  EXPECT_EQ(talk.out.operations.size(), 6U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(ur_dashboard, gaps_timeouts_and_unknown_lines) {
  conversation talk{"ur_dashboard"};
  talk.say(client, text("dance now\n"));
  talk.say(server, text("could not understand: 'dance now'\n"));
  talk.say(server, text("Stopped\n"));
  EXPECT_EQ(rules(talk.out), "command unpaired_response");
  EXPECT_EQ(brief(talk.out.operations.at(0)), "unknown = could not understand: 'dance now'");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  talk.say(client, text("pla"));
  talk.gap(client);
  talk.say(client, text("stop\n"));
  talk.say(server, text("Stopped\n"));
  EXPECT_EQ(talk.out.operations.at(1).function_name, "stop");
  talk.say(client, text("play\n"));
  talk.wait(std::chrono::minutes{1});
  EXPECT_EQ(talk.out.operations.at(2).outcome, outcome::timeout);
  talk.say(client, text(std::string(3000, 'x') + "\n"));
  EXPECT_EQ(rules(talk.out), "command unpaired_response length command");
}

TEST(ur_dashboard, probe) {
  const auto probe = [](std::string_view b, transport t = transport::tcp) { return named("ur_dashboard").about.probe(text(b), t); };
  EXPECT_EQ(probe("Connected: Universal Robots Dashboard Server\n"), match::certain);
  EXPECT_EQ(probe("Connected: Univ"), match::unsure);
  EXPECT_EQ(probe("power on\n"), match::yes);
  EXPECT_EQ(probe("play\r\n"), match::yes);
  EXPECT_EQ(probe("play"), match::unsure);
  EXPECT_EQ(probe("\n"), match::no);
  EXPECT_EQ(probe("\r\n"), match::no);
  EXPECT_EQ(probe("GET / HTTP/1.1\r\n"), match::no);
  EXPECT_EQ(probe("play\n", transport::udp), match::no);
}

TEST(ur_rtde, recipes_name_what_is_exchanged) {
  conversation talk{"ur_rtde"};
  talk.say(client, rtde('V', be(2, 2))), talk.say(server, rtde('V', {1}));
  talk.say(client, rtde('v')), talk.say(server, rtde('v', be(5, 4) + be(11, 4) + be(1, 4) + be(108318, 4)));
  talk.say(client, rtde('O', real(125) + text("timestamp,actual_q,robot_mode"))),
      talk.say(server, rtde('O', octets{1} + text("DOUBLE,VECTOR6D,INT32")));
  talk.say(client, rtde('I', text("speed_slider_mask,standard_digital_output"))),
      talk.say(server, rtde('I', octets{2} + text("UINT32,UINT8")));
  talk.say(client, rtde('S')), talk.say(server, rtde('S', {1}));
  auto q = real(0.5);
  for (int i = 0; i < 6; ++i) q = q + real(i);
  talk.say(server, rtde('U', octets{1} + q + be(7, 4)));
  talk.say(client, rtde('U', octets{2} + be(1, 4) + be(255, 1)));
  talk.say(client, rtde('P')), talk.say(server, rtde('P', {0}));
  ASSERT_EQ(talk.out.operations.size(), 8U);
  const auto& ops = talk.out.operations;
  EXPECT_EQ(brief(ops[0]), "request_protocol_version; version=2; accepted=true");
  EXPECT_EQ(brief(ops[1]), "get_control_version = 5.11.1.108318");
  EXPECT_EQ(brief(ops[2]),
            "setup_outputs output timestamp output actual_q output robot_mode; frequency=125; recipe=1; types=DOUBLE,VECTOR6D,INT32");
  EXPECT_EQ(brief(ops[3]), "setup_inputs input speed_slider_mask input standard_digital_output; recipe=2; types=UINT32,UINT8");
  EXPECT_EQ(brief(ops[4]), "start; accepted=true");
  EXPECT_EQ(brief(ops[5]), "data_package outputs 1 = 0.5 = 0 = 1 = 2 = 3 = 4 = 5 = 7");
  EXPECT_EQ(ops[5].action, action::report);
  EXPECT_EQ(brief(ops[6]), "data_package inputs 2 = 1 = 255");
  EXPECT_EQ(ops[6].action, action::write);
  EXPECT_EQ(brief(ops[7]), "pause; accepted=false");
  EXPECT_EQ(ops[7].outcome, outcome::refused);
  EXPECT_EQ(facts(talk.out), "vendor=Universal Robots, role=robot_controller, firmware=5.11.1.108318");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(ur_rtde, refusals_texts_and_rules) {
  conversation talk{"ur_rtde"};
  talk.say(client, rtde('I', text("a,b"))), talk.say(server, rtde('I', octets{0} + text("IN_USE,UINT8")));
  talk.say(server, rtde('M', octets{2} + text("hi") + octets{3} + text("src") + octets{1}));
  talk.say(server, rtde('U', octets{9, 0}));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(brief(talk.out.operations[1]), "text_message = hi; source=src; level=1");
  EXPECT_EQ(talk.out.counts["ur_rtde/data/of_unknown_recipe"], 1U);
  EXPECT_EQ(rules(talk.out), "");
  talk.say(server, rtde('S', {1}));
  talk.say(server, rtde('M', octets{9} + text("hi")));
  talk.say(client, rtde('O', real(1) + text("a"))), talk.say(server, rtde('O', octets{1} + text("BOOL,BOOL")));
  talk.say(server, rtde('U', octets{1, 0}));
  EXPECT_EQ(rules(talk.out), "unpaired_response length mismatch length");
  for (int i = 0; i < 20; ++i)
    talk.say(client, rtde('O', real(1) + text("a"))), talk.say(server, rtde('O', be(static_cast<unsigned>(i), 1) + text("BOOL")));
  EXPECT_EQ(talk.out.counts["ur_rtde/forgotten/recipe"], 4U);
  talk.say(client, rtde('S'));
  talk.end();
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
}

TEST(ur_rtde, probe_and_prefixes) {
  const auto probe = [](const octets& b, transport t = transport::tcp) { return named("ur_rtde").about.probe(b, t); };
  EXPECT_EQ(probe(rtde('V', be(2, 2))), match::yes);
  EXPECT_EQ(probe(rtde('V', be(2, 4))), match::no);
  EXPECT_EQ(probe(rtde('X')), match::no);
  EXPECT_EQ(probe({0, 5}), match::unsure);
  EXPECT_EQ(probe(rtde('v'), transport::udp), match::no);
  every_prefix("ur_rtde", {{client, rtde('O', real(125) + text("timestamp,robot_mode"))},
                           {server, rtde('O', octets{1} + text("DOUBLE,INT32"))},
                           {server, rtde('U', octets{1} + real(1) + be(7, 4))},
                           {server, rtde('M', octets{2} + text("hi") + octets{3} + text("src") + octets{1})}});
}

octets package(unsigned type, const octets& body) { return be(body.size() + 5, 4) + be(type, 1) + body; }
const auto version = package(20, be(0, 8) + octets{0, 3, 9} + text("URControl") + octets{5, 11} + be(1, 4) + be(108318, 4) + text("2022"));
octets mode(const octets& flags, unsigned robot) { return package(16, package(0, be(0, 8) + flags + be(robot, 1) + octets(25))); }

TEST(ur_primary, state_and_version_become_facts) {
  conversation talk{"ur_primary"};
  talk.say(server, version);
  talk.say(server, mode({1, 1, 1, 0, 0, 1, 0}, 7));
  talk.say(server, mode({1, 1, 1, 0, 0, 1, 0}, 7));
  talk.say(server, mode({1, 1, 1, 1, 0, 0, 0}, 3));
  EXPECT_EQ(facts(talk.out),
            "vendor=Universal Robots, role=robot_controller, software=URControl, firmware=5.11.1.108318, run_state=run, mode=running, "
            "run_state=emergency_stop, mode=power_off");
  EXPECT_TRUE(talk.out.operations.empty());
  EXPECT_EQ(talk.out.counts["ur_primary/package/16"], 3U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(ur_primary, scripts_are_told_once) {
  conversation talk{"ur_primary"};
  talk.say(client, text("def mill():\n  movej([0,0,0,0,0,0])\n"));
  talk.say(client, text("  movej([1,0,0,0,0,0])\nend\n"));
  talk.say(client, text("set_digital_out(1, True)\n"));
  talk.say(client, text("sec side():\n"));
  talk.wait(std::chrono::seconds{2});
  talk.say(client, text("def a():\n"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(brief(talk.out.operations[0]), "script_program program mill; octets=62; lines=4");
  EXPECT_EQ(talk.out.operations[0].action, action::program_download);
  EXPECT_EQ(brief(talk.out.operations[1]), "script_command function set_digital_out; octets=25; lines=1");
  EXPECT_EQ(talk.out.operations[1].action, action::control);
  EXPECT_EQ(brief(talk.out.operations[2]), "script_program program side; octets=12; lines=1");
}

TEST(ur_primary, rules_and_probe) {
  conversation talk{"ur_primary"};
  talk.say(server, package(16, be(3, 4)));
  talk.say(server, package(16, be(30, 4) + be(0, 1)));
  talk.say(server, package(16, package(0, be(0, 8))));
  talk.say(server, package(20, be(0, 4)));
  talk.say(server, package(20, be(0, 8) + octets{0, 3, 9} + text("UR")));
  EXPECT_EQ(rules(talk.out), "length length length length length");
  const auto probe = [](const octets& b, transport t = transport::tcp) { return named("ur_primary").about.probe(b, t); };
  EXPECT_EQ(probe(version), match::yes);
  EXPECT_EQ(probe(mode({1, 1, 1, 0, 0, 1, 0}, 7)), match::yes);
  EXPECT_EQ(probe(package(16, be(30, 4))), match::no);
  EXPECT_EQ(probe(package(99, {})), match::no);
  EXPECT_EQ(probe(text("movej([1])\n")), match::yes);
  EXPECT_EQ(probe(text("hello there\n")), match::no);
  EXPECT_EQ(probe({0x80, 1, 2}), match::no);
  EXPECT_EQ(probe(version, transport::udp), match::no);
  every_prefix("ur_primary", {{server, version}, {server, mode({1, 1, 1, 0, 0, 1, 0}, 7)}, {client, text("def a():\n  x\nend\n")}});
  every_prefix("ur_dashboard", {{server, text("Connected: Universal Robots Dashboard Server\n")},
                                {client, text("load a.urp\n")},
                                {server, text("Loading program: a\n")}});
}

}  // namespace
}  // namespace mw::test
