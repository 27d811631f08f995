// The inventory: who is one machine and who is not, what it is for, what changed; vendors by card.
#include "tests/detect/harness.hpp"

#include "analyzer/assets/oui.hpp"
#include "analyzer/assets/roles.hpp"

#include <fmt/format.h>
#include <cstdio>
#include <fstream>

namespace mw::testing {
namespace {

constexpr std::string_view card_a = "00:1b:1b:00:00:0a", card_b = "00:80:f4:00:00:0b", router = "00:00:0c:00:00:01";

asset by_address(plant& p, std::string_view address) {
  for (const auto& a : p->assets())
    if (std::find(a.addresses.begin(), a.addresses.end(), address) != a.addresses.end()) return a;
  return {};
}

TEST(inventory, client_and_server_of_an_operation) {
  plant p;
  for (int i = 0; i < 5; ++i) p.see(say{});
  EXPECT_EQ(p->assets().size(), 2u);
  const auto server = by_address(p, plc);
  EXPECT_EQ(server.role, asset_role::plc);
  EXPECT_EQ(server.level, 1);
  EXPECT_FALSE(server.reasons.front().zh.empty());
  ASSERT_EQ(server.units.size(), 1u);
  EXPECT_EQ(server.units.front().unit, "1");
  EXPECT_EQ(by_address(p, master).role, asset_role::hmi);
}

TEST(inventory, an_address_that_never_answers_is_no_machine) {
  plant p;
  for (int i = 1; i < 200; ++i) p.see(record{probe(stranger, fmt::format("10.0.1.{}", i), 80, p.step())});
  EXPECT_EQ(p->assets().size(), 1u);
}

TEST(inventory, a_unit_that_refuses_is_no_device) {
  plant p;
  p.see(say{});
  p.see(say{.outcome = outcome::refused, .unit = "77"});
  EXPECT_EQ(by_address(p, plc).units.size(), 1u);
}

TEST(inventory, routers_card_is_not_one_machine) {
  plant p;
  for (int i = 1; i <= 20; ++i)
    p.see(talk{.client = plc, .server = fmt::format("10.5.0.{}", i), .client_card = card_a, .server_card = router});
  EXPECT_EQ(p->assets().size(), 22u) << "the client, twenty hosts, and the router";
  EXPECT_EQ(by_address(p, "10.5.0.1").hardware, "") << "its own card was never seen";
  const auto all = p->assets();
  const auto r = std::find_if(all.begin(), all.end(), [](const asset& a) { return a.role == asset_role::router; });
  ASSERT_NE(r, all.end());
  EXPECT_EQ(r->hardware, router);
  EXPECT_EQ(by_address(p, plc).hardware, card_a);
}

TEST(inventory, address_given_to_another_machine) {
  plant p;
  p.see(record{tell("10.0.0.50", card_a, "host_name", "laptop-a", "dhcp", p.step())});
  const auto first = by_address(p, "10.0.0.50").id;
  p.now += std::chrono::hours{9};
  p.see(record{tell("10.0.0.50", card_b, "host_name", "laptop-b", "dhcp", p.step())});
  const auto second = by_address(p, "10.0.0.50");
  EXPECT_NE(second.id, first);
  EXPECT_EQ(name_of(second), "laptop-b");
  EXPECT_EQ(p->assets().size(), 2u);
}

TEST(inventory, machine_that_gets_another_address_stays_itself) {
  plant p;
  p.see(record{tell("10.0.0.50", card_a, "host_name", "laptop", "dhcp", p.step())});
  const auto id = by_address(p, "10.0.0.50").id;
  p.now += std::chrono::hours{9};
  p.see(record{tell("10.0.0.51", card_a, "host_name", "laptop", "dhcp", p.step())});
  const auto a = by_address(p, "10.0.0.51");
  EXPECT_EQ(a.id, id);
  EXPECT_EQ(a.addresses.front(), "10.0.0.51");
  ASSERT_EQ(a.history.size(), 1u);
  EXPECT_EQ(a.history.front().from, "10.0.0.50");
}

TEST(inventory, a_card_seen_below_ip_gets_its_address_later) {
  plant p;
  p.see(record{tell("", card_a, "host_name", "plc-7", "lldp", p.step())});
  p.see(record{tell(plc, card_a, "mac", card_a, "arp", p.step())});
  ASSERT_EQ(p->assets().size(), 1u);
  EXPECT_EQ(p->assets().front().addresses.front(), plc);
  EXPECT_EQ(name_of(p->assets().front()), "plc-7");
}

TEST(inventory, both_address_families_of_a_card_are_one_machine) {
  const std::string link_local = "fe80::21b:1bff:fe00:a";
  for (const bool version_6_first : {true, false}) {
    plant p;
    const auto v6 = [&] {
      p.see(talk{.client = link_local, .server = "ff02::16", .client_card = card_a, .server_card = "33:33:00:00:00:16"});
    };
    if (version_6_first) v6();
    p.see(record{tell(plc, card_a, "mac", card_a, "arp", p.step())});
    if (!version_6_first) v6();
    ASSERT_EQ(p->assets().size(), 1u);
    EXPECT_EQ(p->assets().front().addresses.size(), 2u);
  }
}

TEST(inventory, two_entries_become_one_when_the_card_claims_both) {
  plant p;
  const std::string link_local = "fe80::21b:1bff:fe00:a";
  p.see(talk{.client = link_local, .server = "ff02::16", .client_card = card_a, .server_card = "33:33:00:00:00:16"});
  p.see(talk{.client = plc, .server = "10.0.0.77", .client_card = card_a, .server_card = card_b});
  ASSERT_EQ(p->assets().size(), 3u) << "nothing says yet that the card is not a router's";
  p.see(record{tell(plc, card_a, "mac", card_a, "arp", p.step())});
  EXPECT_EQ(p->assets().size(), 2u);
  EXPECT_EQ(by_address(p, link_local).id, by_address(p, plc).id);
}

TEST(inventory, history_of_facts) {
  plant p;
  for (const auto* v : {"1.0", "1.1"}) p.see(record{tell(plc, "", "firmware", v, "modbus", p.step(), "3")});
  const auto a = by_address(p, plc);
  ASSERT_EQ(a.units.size(), 1u);
  EXPECT_EQ(a.units.front().facts.front().value, "1.1");
  ASSERT_EQ(a.history.size(), 1u);
  EXPECT_EQ(a.history.front().unit, "3");
  EXPECT_EQ(a.history.front().from, "1.0");
}

TEST(inventory, internet_and_groups_are_no_assets) {
  plant p;
  p.see(talk{.server = "8.8.8.8", .application = "dns", .port = 53, .transport = transport::udp});
  p.see(talk{.server = "239.1.1.1", .application = "ssdp", .port = 1900, .transport = transport::udp});
  EXPECT_EQ(p->assets().size(), 1u);
}

TEST(roles, by_what_a_machine_does) {
  plant p;
  for (int i = 1; i <= 6; ++i) p.see(say{.client = "10.0.0.2", .server = fmt::format("10.0.1.{}", i)});
  p.see(say{.client = "10.0.0.3", .protocol = "s7comm", .function = "27", .action = action::program_download, .port = 102});
  p.see(say{.client = "10.0.0.2", .server = "10.0.2.1", .protocol = "iec104", .function = "100", .port = 2404});
  p.see(talk{.client = "10.0.0.9", .server = "10.0.3.1", .application = "http", .port = 80});
  EXPECT_EQ(by_address(p, "10.0.0.2").role, asset_role::scada);
  EXPECT_EQ(by_address(p, "10.0.0.3").role, asset_role::engineering_station);
  EXPECT_EQ(by_address(p, "10.0.2.1").role, asset_role::rtu);
  EXPECT_EQ(by_address(p, "10.0.3.1").role, asset_role::server);
}

TEST(roles, operators_words) {
  EXPECT_EQ(parse_role("dnp3-master"), asset_role::scada);
  EXPECT_EQ(parse_role("dnp3-outstation"), asset_role::rtu);
  EXPECT_EQ(parse_role("engineering-workstation"), asset_role::engineering_station);
  EXPECT_EQ(parse_role("network_switch"), asset_role::network_switch);
  EXPECT_EQ(parse_role("toaster"), std::nullopt);
}

TEST(vendors, both_forms_of_the_registry) {
  for (const auto* content : {"Registry,Assignment,Organization Name,Organization Address\nMA-L,001B1B,\"Siemens AG,\",Nuernberg\n",
                              "001B1B     (base 16)\t\tSiemens AG,\n"}) {
    const auto path = ::testing::TempDir() + "oui_test.txt";
    std::ofstream{path} << content;
    oui o{path};
    EXPECT_EQ(o.vendor(*mac::parse("00:1b:1b:01:02:03")), "Siemens AG,");
    EXPECT_EQ(o.vendor(*mac::parse("00:1b:1c:01:02:03")), "");
    EXPECT_EQ(o.vendor(*mac::parse("02:1b:1b:01:02:03")), "") << "locally administered";
    EXPECT_TRUE(o.available());
    std::remove(path.c_str());
  }
}

TEST(vendors, an_absent_registry_is_told_once_in_the_stats) {
  plant p;
  p.see(talk{.client_card = card_a});
  EXPECT_FALSE(p->stats().vendors_known);
}

}  // namespace
}  // namespace mw::testing
