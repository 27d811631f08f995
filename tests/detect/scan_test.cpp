// Scans of hosts, ports, units, functions, points; enumeration; refused requests; password guessing.
#include "tests/detect/harness.hpp"

#include <fmt/format.h>

namespace mw::testing {
namespace {

std::string host(int i) { return fmt::format("10.0.1.{}", i); }

TEST(network_scan, a_sweep_is_found_within_ten_probes) {
  plant p{quiet(learning_mode::automatic)};
  int needed = 0;
  while (p.count("MW-1101") == 0 && needed < 50) p.see(record{probe(stranger, host(++needed), 502, p.step())});
  EXPECT_LE(needed, 10);
  EXPECT_EQ(p.only("MW-1101").severity, severity::high);
  EXPECT_EQ(p.only("MW-1101").actor, stranger);
}

TEST(network_scan, ports_of_one_host) {
  plant p{quiet(learning_mode::automatic)};
  for (std::uint16_t i = 1; i <= 30; ++i) p.see(record{probe(stranger, plc, i, p.step())});
  EXPECT_GE(p.count("MW-1102"), 1u);
  EXPECT_EQ(p.count("MW-1101"), 0u);
  EXPECT_EQ(p->incidents().size(), 1u);
}

TEST(network_scan, a_connect_scan_of_open_ports) {
  plant p{quiet(learning_mode::automatic)};
  for (std::uint16_t i = 1; i <= 30; ++i) p.see(talk{.client = stranger, .application = "", .port = i, .payload = 0});
  EXPECT_GE(p.count("MW-1102"), 1u);
}

TEST(network_scan, ping_sweep) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 19; ++i)
    p.see(talk{.client = stranger, .server = host(i), .application = "", .port = 0, .transport = transport::icmp, .answers = 0});
  EXPECT_EQ(p.count("MW-1103"), 0u);
  p.see(talk{.client = stranger, .server = host(20), .application = "", .port = 0, .transport = transport::icmp, .answers = 0});
  EXPECT_EQ(p.count("MW-1103"), 1u);
}

fact asked(int first, timestamp t) {  // eight addresses, as the sensor tells them together
  fact f;
  f.time = t, f.kind = "arp_asked", f.protocol = "arp", f.confidence = 90;
  f.address = *ip::parse(stranger), f.hardware = *mac::parse("02:00:00:00:00:66");
  for (int i = first; i < first + 8; ++i) f.value += (f.value.empty() ? "" : " ") + host(i);
  return f;
}

TEST(network_scan, arp_sweep_of_absent_machines) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 4; ++i) p.see(record{asked(1 + 8 * i, p.step())});
  EXPECT_EQ(p.count("MW-1101"), 0u);
  p.see(record{asked(33, p.step())});
  EXPECT_EQ(p.only("MW-1101").actor, stranger);
}

TEST(network_scan, arp_questions_for_known_machines_are_none) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 80; ++i) p.see(talk{.server = host(i)});
  for (int i = 0; i < 10; ++i) p.see(record{asked(1 + 8 * i, p.step())});
  EXPECT_EQ(p.count("MW-1101"), 0u);
}

TEST(network_scan, slow) {
  plant p{quiet(learning_mode::automatic)};
  // two good connections for each bad one keep the sequential test calm
  for (int i = 1; i <= 60; ++i) {
    p.now += std::chrono::minutes{15};
    p.see(record{probe(stranger, host(i), 502, p.step())});
    p.see(talk{.client = stranger, .server = fmt::format("10.0.2.{}", i), .port = 80});
    p.see(talk{.client = stranger, .server = fmt::format("10.0.3.{}", i), .port = 80});
  }
  EXPECT_EQ(p.count("MW-1101"), 0u);
  EXPECT_GE(p.count("MW-1104"), 1u);
}

TEST(network_scan, a_device_that_is_off_is_no_scan) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 200; ++i) p.see(record{probe(master, plc, 502, p.step())});
  EXPECT_TRUE(p->detections().empty());
}

TEST(network_scan, known_servers_that_fall_silent_are_an_outage) {
  plant teacher{quiet(learning_mode::learn)};
  for (int i = 1; i <= 30; ++i) teacher.see(talk{.server = host(i)});
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now += std::chrono::hours{1};
  for (int i = 1; i <= 30; ++i) p.see(record{probe(master, host(i), 502, p.step())});
  EXPECT_EQ(p.count("MW-1101"), 0u);
}

TEST(network_scan, a_busy_client_is_none) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 100; ++i) p.see(talk{.server = host(i)});
  EXPECT_TRUE(p->detections().empty());
}

TEST(point_sweep, units_that_do_not_answer) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 9; ++i) p.see(say{.outcome = outcome::timeout, .unit = std::to_string(i)});
  EXPECT_EQ(p.count("MW-1201"), 0u);
  p.see(say{.outcome = outcome::timeout, .unit = "10"});
  EXPECT_EQ(p.count("MW-1201"), 1u);
}

TEST(point_sweep, a_gateway_with_many_units_is_none) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 60; ++i) p.see(say{.unit = std::to_string(i)});
  EXPECT_TRUE(p->detections().empty());
}

TEST(point_sweep, functions_one_after_another) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 40; i < 55; ++i) p.see(say{.function = std::to_string(i), .outcome = outcome::refused, .objects = {}, .code = "1"});
  EXPECT_EQ(p.count("MW-1202"), 1u);
}

TEST(point_sweep, objects_that_do_not_exist) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 10; ++i)
    p.see(say{.outcome = outcome::refused, .objects = {{"holding", std::to_string(1000 + i), 1, {}, {}}}, .code = "2"});
  EXPECT_EQ(p.count("MW-1203"), 1u);
}

TEST(refusals, ten_in_ten_minutes) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 9; ++i) p.see(say{.outcome = outcome::refused, .code = "6"});
  EXPECT_EQ(p.count("MW-1001"), 0u);
  p.see(say{.outcome = outcome::refused, .code = "6"});
  EXPECT_EQ(p.count("MW-1001"), 1u);
}

TEST(refusals, what_was_always_refused_is_quiet) {
  plant teacher{quiet(learning_mode::learn)};
  for (int i = 0; i < 20; ++i) teacher.see(say{.outcome = outcome::refused, .code = "2"});
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now += std::chrono::hours{1};
  for (int i = 0; i < 40; ++i) p.see(say{.outcome = outcome::refused, .code = "2"});
  EXPECT_TRUE(p->detections().empty());
}

TEST(enumeration, three_devices) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 1; i <= 3; ++i) p.see(say{.client = stranger, .server = host(i), .function = "43/14", .action = action::identify});
  EXPECT_EQ(p.count("MW-1302", severity::medium), 1u);
}

TEST(enumeration, an_engineering_station_may) {
  auto c = quiet(learning_mode::automatic);
  c.rules.engineering.push_back(*host_pattern::parse(stranger));
  plant p{c};
  for (int i = 1; i <= 9; ++i) p.see(say{.client = stranger, .server = host(i), .function = "43/14", .action = action::identify});
  EXPECT_EQ(p.count("MW-1301") + p.count("MW-1302"), 0u);
}

TEST(logins, one_failure_and_five) {
  plant p{quiet(learning_mode::automatic)};
  const say failure{.client = stranger,
                    .protocol = "s7comm",
                    .function = "userdata/5/1",
                    .action = action::authenticate,
                    .outcome = outcome::refused,
                    .objects = {},
                    .port = 102};
  p.see(failure);
  EXPECT_EQ(p.only("MW-1801").severity, severity::low);
  for (int i = 0; i < 4; ++i) p.see(failure);
  EXPECT_EQ(p.only("MW-1802").severity, severity::high);
}

TEST(logins, many_short_sessions) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 12; ++i) p.see(talk{.client = stranger, .application = "ssh", .port = 22, .payload = 2000});
  EXPECT_EQ(p.count("MW-1802"), 1u);
}

TEST(logins, an_administrator_is_none) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 3; ++i) p.see(talk{.client = stranger, .application = "ssh", .port = 22, .payload = 2000});
  EXPECT_EQ(p.count("MW-1802"), 0u);
}

}  // namespace
}  // namespace mw::testing
