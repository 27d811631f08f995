// SSDP: announcements, searches and their answers.
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
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.kind == kind && f.value == what; });
}

constexpr std::string_view alive =
    "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age = 1800\r\nLOCATION: http://192.0.2.7:5000/desc.xml?key=1\r\n"
    "NT: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nNTS: ssdp:alive\r\nSERVER: Linux/3.14 UPnP/1.0 MiniUPnPd/1.9\r\n"
    "USN: uuid:0a1b::urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n";
constexpr std::string_view search =
    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 3\r\nST: upnp:rootdevice\r\nUSER-AGENT: Windows/10 "
    "X/1\r\n\r\n";
constexpr std::string_view found =
    "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\nLOCATION: http://192.0.2.7/d.xml\r\nST: upnp:rootdevice\r\nSERVER: "
    "VxWorks/6.9 UPnP/1.0 "
    "PLC/2\r\nUSN: uuid:77::upnp:rootdevice\r\n\r\n";

conversation talk(ip target) {
  conversation c{"ssdp", transport::udp};
  c.client_end.address = ip::v4(192, 0, 2, 7), c.server_end.address = target;
  return c;
}

TEST(ssdp, announcement) {
  auto c = talk(ip::v4(239, 255, 255, 250));
  c.say(side::client, text(alive));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::report);
  EXPECT_EQ(o.function_name, "alive");
  EXPECT_EQ(o.objects[0].address, "urn:schemas-upnp-org:device:InternetGatewayDevice:1");
  EXPECT_EQ(field_of(o, "max_age"), value{std::int64_t{1800}});
  EXPECT_EQ(field_of(o, "location"), value{std::string{"http://192.0.2.7:5000/desc.xml"}});
  EXPECT_TRUE(learned_of(c.out, "software", "Linux/3.14 UPnP/1.0 MiniUPnPd/1.9"));
  EXPECT_TRUE(learned_of(c.out, "os", "Linux/3.14"));
  EXPECT_TRUE(learned_of(c.out, "uuid", "0a1b"));
  EXPECT_TRUE(learned_of(c.out, "device_type", "InternetGatewayDevice"));
  EXPECT_TRUE(learned_of(c.out, "role", "router"));
  EXPECT_TRUE(learned_of(c.out, "description_url", "http://192.0.2.7:5000/desc.xml"));
  EXPECT_TRUE(c.out.violations.empty());
  const auto facts = c.out.facts.size();
  c.say(side::client, text(alive));
  EXPECT_EQ(c.out.facts.size(), facts);
}

TEST(ssdp, search_to_all_and_to_one) {
  auto all = talk(ip::v4(239, 255, 255, 250));
  all.say(side::client, text(search));
  ASSERT_EQ(all.out.operations.size(), 1u);
  EXPECT_EQ(all.out.operations[0].action, action::identify);
  EXPECT_EQ(all.out.operations[0].outcome, outcome::none);
  EXPECT_EQ(field_of(all.out.operations[0], "mx"), value{std::int64_t{3}});

  auto one = talk(ip::v4(192, 0, 2, 9));
  one.say(side::client, text(search));
  one.say(side::server, text(found));
  ASSERT_EQ(one.out.operations.size(), 1u);
  EXPECT_EQ(one.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(one.out.operations[0].latency, std::chrono::milliseconds{1});
  EXPECT_EQ(field_of(one.out.operations[0], "server"), value{std::string{"VxWorks/6.9 UPnP/1.0 PLC/2"}});
  one.say(side::client, text(search));
  one.wait(std::chrono::seconds{20});
  EXPECT_EQ(one.out.operations.back().outcome, outcome::timeout);
  one.say(side::server, text(found));
  EXPECT_EQ(one.out.operations.back().outcome, outcome::unsolicited);
}

TEST(ssdp, violations) {
  struct row {
    std::string_view rule, said;
  };
  constexpr row rows[] = {
      {"start_line", "HELLO\r\n\r\n"},
      {"end_of_head", "NOTIFY * HTTP/1.1\r\nNT: a\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\n"},
      {"notify", "NOTIFY * HTTP/1.1\r\nNT: a\r\n\r\n"},
      {"search", "M-SEARCH * HTTP/1.1\r\nST: a\r\n\r\n"},
      {"search_target", "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n"},
      {"response", "HTTP/1.1 200 OK\r\nST: a\r\n\r\n"},
      {"location", "NOTIFY * HTTP/1.1\r\nNT: a\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\nLOCATION: http://198.51.100.1/x\r\n\r\n"}};
  for (const auto& r : rows) {
    auto c = talk(ip::v4(239, 255, 255, 250));
    c.say(side::client, text(r.said));
    ASSERT_EQ(c.out.violations.size(), 1u) << r.rule;
    EXPECT_EQ(c.out.violations[0].rule, r.rule);
  }
}

TEST(ssdp, probe_and_bounds) {
  const auto& p = named("ssdp").about;
  EXPECT_EQ(p.probe(text(alive), transport::udp), match::certain);
  EXPECT_EQ(p.probe(text(found), transport::udp), match::certain);
  EXPECT_EQ(p.probe(text("HTTP/1.1 200 OK\r\n\r\n"), transport::udp), match::no);
  EXPECT_EQ(p.probe(text("GET / HTTP/1.1\r\n\r\n"), transport::udp), match::no);
  auto c = talk(ip::v4(239, 255, 255, 250));
  for (int i = 0; i < 200; ++i)
    c.say(side::client, text("NOTIFY * HTTP/1.1\r\nNT: a\r\nNTS: ssdp:alive\r\nUSN: uuid:" + std::to_string(i) + "\r\n\r\n"));
  EXPECT_GT(c.out.counts["ssdp/forgotten/fact"], 100u);
}

TEST(ssdp, every_prefix) {
  every_prefix("ssdp", {{side::client, text(alive)}, {side::client, text(search)}, {side::server, text(found)}}, transport::udp);
}

}  // namespace
