// NTP: offsets out of four times, kisses of death, control and private queries.
#include "sensor/dissect/ntp_message.hpp"
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
void put(octets& to, std::uint64_t n, int size) {
  for (int i = size - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
}
/// Milliseconds after the test's clock begins, as a time of NTP.
ntp::stamp at(std::int64_t ms) {
  constexpr std::int64_t begin = 1'700'000'000 + 2'208'988'800;
  const auto seconds = begin + ms / 1000, rest = ms % 1000;
  return static_cast<std::uint64_t>(seconds) << 32 | (static_cast<std::uint64_t>(rest) << 32) / 1000;
}
struct fields {
  std::uint8_t first = 0x24, stratum = 2;  // leap 0, version 4, server
  std::uint32_t reference = 0x0a000001;
  ntp::stamp set = 0, origin = 0, receive = 0, transmit = 0;
};
octets packet(const fields& f) {
  octets p{f.first, f.stratum, 6, 0xec};
  put(p, 0x00000800, 4), put(p, 0x00010000, 4), put(p, f.reference, 4);
  for (const auto t : {f.set, f.origin, f.receive, f.transmit}) put(p, t, 8);
  return p;
}
octets request(ntp::stamp now) {
  octets p{0x23};
  p.resize(40);
  put(p, now, 8);
  return p;
}

TEST(ntp, offset_delay_and_facts) {
  conversation c{"ntp", transport::udp};
  c.say(side::client, request(at(1)));  // both clocks agree with the sensor's but for the server's, 500 ms ahead
  c.say(side::server, packet({.set = at(-1000), .origin = at(1), .receive = at(501), .transmit = at(501)}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::time_sync);
  EXPECT_EQ(o.function, "3");
  EXPECT_EQ(o.function_name, "client");
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_NEAR(std::get<double>(field_of(o, "offset_ms")), 499.5, 0.01);
  EXPECT_NEAR(std::get<double>(field_of(o, "delay_ms")), 1.0, 0.01);
  EXPECT_NEAR(std::get<double>(field_of(o, "server_ahead_ms")), 499, 0.01);
  EXPECT_NEAR(std::get<double>(field_of(o, "root_dispersion_ms")), 1000, 0.01);
  EXPECT_EQ(field_of(o, "stratum"), value{std::int64_t{2}});
  EXPECT_EQ(field_of(o, "reference_id"), value{std::string{"10.0.0.1"}});
  EXPECT_EQ(field_of(o, "sntp"), value{true});
  EXPECT_NEAR(std::get<double>(field_of(o, "client_ahead_ms")), 0, 0.01);
  EXPECT_EQ(o.values.size(), 1u);
  EXPECT_TRUE(learned_of(c.out, side::server, "role", "time_server"));
  EXPECT_TRUE(learned_of(c.out, side::server, "stratum", "2"));
  EXPECT_TRUE(c.out.violations.empty());
  const auto facts = c.out.facts.size();
  c.wait(std::chrono::seconds{100});  // a second later by 2 ms: 20 ppm
  const auto later = 100'003;
  c.say(side::client, request(at(later)));
  c.say(side::server, packet({.set = at(0), .origin = at(later), .receive = at(later + 502), .transmit = at(later + 502)}));
  EXPECT_NEAR(std::get<double>(field_of(c.out.operations[1], "skew_ppm")), 20, 0.2);
  EXPECT_EQ(c.out.facts.size(), facts);
}

TEST(ntp, kiss_of_death_timeout_and_unpaired) {
  conversation c{"ntp", transport::udp};
  c.say(side::client, request(at(1)));
  c.say(side::server, packet({.first = 0xe4, .stratum = 0, .reference = 0x52415445, .origin = at(1), .receive = at(2), .transmit = at(2)}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(field_of(c.out.operations[0], "kiss_code"), value{std::string{"RATE"}});
  EXPECT_TRUE(c.out.facts.empty());
  c.say(side::client, request(at(5)));
  c.wait(std::chrono::seconds{20});
  EXPECT_EQ(c.out.operations.back().outcome, outcome::timeout);
  c.say(side::server, packet({.stratum = 1, .reference = 0x47505300, .origin = at(1), .receive = at(2), .transmit = at(2)}));
  EXPECT_EQ(c.out.operations.back().outcome, outcome::unpaired);
  EXPECT_TRUE(learned_of(c.out, side::server, "time_source", "GPS"));
  for (int i = 0; i < 100; ++i) c.say(side::client, request(at(100 + i)));  // bounded
  c.end();
  EXPECT_EQ(c.out.operations.size(), 103u);
}

TEST(ntp, hidden_client_clock_broadcast_and_nts) {
  conversation c{"ntp", transport::udp};
  c.say(side::client, request(0x123456789abcdef0));
  c.say(side::server, packet({.origin = 0x123456789abcdef0, .receive = at(1), .transmit = at(1)}));
  EXPECT_EQ(field_of(c.out.operations[0], "client_clock"), value{std::string{"unset_or_hidden"}});
  EXPECT_TRUE(c.out.operations[0].values.empty());
  c.say(side::server, packet({.first = 0x25, .transmit = at(3)}));
  EXPECT_EQ(c.out.operations[1].function_name, "broadcast");
  EXPECT_EQ(c.out.operations[1].outcome, outcome::none);
  EXPECT_EQ(c.out.askers[1], side::server);
  auto secured = packet({.origin = 7, .receive = at(1), .transmit = at(1)});
  for (const auto b : hex("0104 0024")) secured.push_back(b);
  secured.insert(secured.end(), 32, 1);
  c.say(side::server, secured);
  EXPECT_EQ(c.out.described["nts"], "yes");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(ntp, asked_of_all) {
  conversation c{"ntp", transport::udp};
  c.server_end.address = ip::v4(224, 0, 1, 1);
  c.say(side::client, request(at(1)));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::none);
}

TEST(ntp, control) {
  conversation c{"ntp", transport::udp};
  c.say(side::client, hex("16 02 0001 0000 0000 0000 0000"));
  const std::string_view said = "version=\"ntpd 4.2.8p15\", processor=\"armv7l\",\r\nsystem=\"Linux/5.10\", leap=0";
  auto answer = hex("16 82 0001 0615 0000 0000");
  put(answer, said.size(), 2);
  answer.insert(answer.end(), said.begin(), said.end());
  c.say(side::server, answer);
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].function, "6/2");
  EXPECT_EQ(c.out.operations[0].function_name, "read_variables");
  EXPECT_EQ(c.out.operations[0].action, action::diagnose);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  EXPECT_TRUE(learned_of(c.out, side::server, "software", "ntpd 4.2.8p15"));
  EXPECT_TRUE(learned_of(c.out, side::server, "hardware", "armv7l"));
  EXPECT_TRUE(learned_of(c.out, side::server, "os", "Linux/5.10"));
  c.say(side::client, hex("16 08 0002 0000 0000 0000 0002 6162"));
  c.say(side::server, hex("16 c8 0002 0100 0000 0000 0000"));
  EXPECT_EQ(c.out.operations[1].action, action::configure);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[1].code, "1");
}

TEST(ntp, monlist) {
  conversation c{"ntp", transport::udp};
  c.say(side::client, hex("17 00 03 2a 0000 0000"));
  auto answer = hex("d7 00 03 2a 0001 0048");
  answer.insert(answer.end(), 0x48, 1);
  c.say(side::server, answer);
  answer[1] = 1;
  c.say(side::server, answer);
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.function, "7/42");
  EXPECT_EQ(o.function_name, "monlist_1");
  EXPECT_EQ(o.action, action::diagnose);
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(field_of(o, "amplification"), value{true});
  EXPECT_EQ(c.out.described["monlist"], "answered");
  EXPECT_TRUE(learned_of(c.out, side::server, "insecure_configuration", "ntp: monlist is answered"));
  c.say(side::client, hex("17 80 03 0b 0000 0000"));
  c.say(side::server, hex("97 00 03 0b 7000 0000"));
  EXPECT_EQ(c.out.operations[1].action, action::configure);
  EXPECT_EQ(c.out.operations[1].code, "7");
}

TEST(ntp, violations) {
  struct row {
    std::string_view rule;
    octets said;
  };
  auto tail = packet({.receive = at(1), .transmit = at(1)});
  tail.push_back(1);
  const row rows[] = {{"length", hex("23 00 00")},
                      {"version", packet({.first = 0x3c, .receive = at(1), .transmit = at(1)})},
                      {"mode", packet({.first = 0x20, .transmit = at(1)})},
                      {"stratum", packet({.stratum = 17, .receive = at(1), .transmit = at(1)})},
                      {"extension", tail},
                      {"transmit_time", packet({})},
                      {"time_order", packet({.receive = at(2), .transmit = at(1)})},
                      {"reference_time", packet({.set = at(9), .receive = at(1), .transmit = at(1)})},
                      {"synchronisation", packet({.stratum = 16, .receive = at(1), .transmit = at(1)})},
                      {"control", hex("16 02 0001 0000 0000 0000 0009")},
                      {"private", hex("17 00 03 2a 0001 0048")},
                      {"opcode", hex("16 1e 0001 0000 0000 0000 0000")}};
  for (const auto& r : rows) {
    conversation c{"ntp", transport::udp};
    c.say(side::server, r.said);
    ASSERT_EQ(c.out.violations.size(), 1u) << r.rule;
    EXPECT_EQ(c.out.violations[0].rule, r.rule);
  }
  conversation c{"ntp", transport::udp};
  c.say(side::client, request(at(1)));
  c.say(side::server, packet({.origin = at(2), .receive = at(1), .transmit = at(1)}));
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "origin");
}

TEST(ntp, probe_and_times) {
  const auto& p = named("ntp").about;
  EXPECT_EQ(p.probe(request(at(1)), transport::udp), match::yes);
  EXPECT_EQ(p.probe(packet({.origin = at(1), .receive = at(1), .transmit = at(1)}), transport::udp), match::yes);
  EXPECT_EQ(p.probe(packet({}), transport::udp), match::no);
  EXPECT_EQ(p.probe(hex("17 00 03 2a 0000 0000"), transport::udp), match::yes);
  EXPECT_EQ(p.probe(hex("17 00 09 2a 0000 0000"), transport::udp), match::no);
  EXPECT_EQ(p.probe(octets(48, 0), transport::udp), match::no);
  EXPECT_EQ(p.probe(text("GET / HTTP/1.1\r\n"), transport::udp), match::no);
  EXPECT_EQ(ntp::unix_time(0x83aa7e8000000000), 0);                          // 1970-01-01
  EXPECT_EQ(ntp::unix_time(0x0000000080000000), 2'085'978'496'500'000'000);  // half a second into the second era
}

TEST(ntp, every_prefix) {
  auto secured = packet({.origin = at(1), .receive = at(1), .transmit = at(1)});
  for (const auto b : hex("0104 0010 000000000000000000000000 00000000")) secured.push_back(b);
  every_prefix("ntp",
               {{side::client, request(at(1))},
                {side::server, secured},
                {side::client, hex("16 02 0001 0000 0000 0000 0000")},
                {side::server, hex("16 82 0001 0615 0000 0000 000c 76657273696f6e3d22612262")},
                {side::client, hex("17 00 03 2a 0000 0000")},
                {side::server, hex("d7 00 03 2a 0001 0004 01020304")}},
               transport::udp);
}

}  // namespace
