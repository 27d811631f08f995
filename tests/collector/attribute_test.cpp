// Where a record comes from, and which zones its ends are in.
#include "collector/attribute.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace mw {
namespace {

collector_config two_plants() {
  collector_config c;
  c.sensors = {{"north-1", "E1", "Water", "north", "field"}, {"south-1", "E1", "Water", "south", ""}};
  c.zones = {{"control", "north", {"10.1.0.0/16"}, true, 1}, {"safety", "north", {"10.1.2.0/24", "10.1.9.9"}, true, 1},
             {"office", "south", {"10.1.0.0/16"}, false, 4}, {"all", "", {"10.0.0.0/8", "fd00::/8"}, false, 3},
             {"vendor", "south", {"8.8.8.0/24"}, false, 5},  {"own", "north", {"10.0.0.0/8"}, false, 2}};
  return c;
}

TEST(attribute, zones_by_longest_prefix_within_the_site) {
  const zone_map zones{two_plants().zones};
  const struct {
    std::string_view address, site, zone;
  } rows[] = {
      {"10.1.2.3", "north", "safety"},  {"10.1.3.3", "north", "control"},   {"10.1.9.9", "north", "safety"},
      {"10.1.9.8", "north", "control"}, {"10.1.2.3", "south", "office"},    {"10.2.2.3", "south", "all"},
      {"10.2.2.3", "north", "own"},     {"10.1.2.3", "east", "all"},        {"192.168.1.1", "north", ""},
      {"fd00::1", "north", "all"},      {"fe80::1", "north", ""},           {"8.8.8.8", "north", "vendor"},
      {"9.9.9.9", "south", ""},         {"9.255.255.255", "south", ""},     {"11.0.0.0", "south", ""},
      {"10.0.0.0", "south", "all"},     {"10.255.255.255", "south", "all"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(zones.find(ip::parse(row.address).value(), std::string{row.site}), row.zone) << row.address << ' ' << row.site;
  EXPECT_EQ(zones.find({}, "north"), "");
}

TEST(attribute, ranges_as_text) {
  const struct {
    std::string_view text, network;
    unsigned length;
  } good[] = {{"10.0.0.0/8", "10.0.0.0", 104},
              {"0.0.0.0/0", "0.0.0.0", 96},
              {"10.1.2.3", "10.1.2.3", 128},
              {"10.1.2.2/31", "10.1.2.2", 127},
              {"::/0", "::", 0},
              {"fd00::/8", "fd00::", 8},
              {"fe80::1/128", "fe80::1", 128}};
  for (const auto& row : good) {
    const auto c = cidr::parse(row.text);
    ASSERT_TRUE(c) << row.text;
    EXPECT_EQ(*c, (cidr{ip::parse(row.network).value(), row.length})) << row.text;
  }
  for (const auto* bad :
       {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0/8", "fd00::/129", "fd00::1/64", "a.b"})
    EXPECT_FALSE(cidr::parse(bad)) << bad;
}

TEST(attribute, records) {
  const attribution where{two_plants()};
  EXPECT_EQ(where.origin_of("nobody"), nullptr);
  const auto from = where.origin_of("north-1");
  ASSERT_NE(from, nullptr);
  EXPECT_EQ(*from, (origin{"north-1", "E1", "Water", "north", "field"}));

  operation o;
  o.client.address = ip::v4(10, 1, 2, 3);
  o.server.address = ip::v4(8, 8, 8, 8);
  auto a = where.attribute(o, from, 7, 3);
  EXPECT_EQ(a.what, record{o});
  EXPECT_EQ(a.from, from);
  EXPECT_EQ(a.sequence, 7u);
  EXPECT_EQ(a.index, 3u);
  EXPECT_EQ(a.client_zone, "safety");
  EXPECT_EQ(a.server_zone, "vendor");

  o.client = {{}, {}, {{0, 1, 2, 3, 4, 5}}};
  o.server = {{}, {}, {{1, 0xc, 0xcd, 1, 0, 1}}};
  a = where.attribute(o, from, 1, 0);
  EXPECT_EQ(a.client_zone, "field") << "a card on the wire is where the sensor is";
  EXPECT_EQ(a.server_zone, "") << "a group is nowhere";

  fact f;
  f.address = ip::v4(10, 1, 3, 3);
  EXPECT_EQ(where.attribute(f, from, 1, 0).client_zone, "control");
  EXPECT_EQ(where.attribute(status{}, from, 1, 0).client_zone, "field");
}

TEST(attribute, bad_configuration_names_the_setting) {
  const struct {
    void (*change)(collector_config&);
    std::string_view says;
  } rows[] = {
      {[](auto& c) { c.sensors[0].id = "south-1"; }, "sensor south-1"},
      {[](auto& c) { c.sensors[0].id.clear(); }, "sensors"},
      {[](auto& c) { c.sensors[0].site.clear(); }, "sensor north-1"},
      {[](auto& c) { c.zones[0].name.clear(); }, "zones"},
      {[](auto& c) { c.zones[0].cidrs = {"10.1.0.0/40"}; }, "zone control: 10.1.0.0/40"},
      {[](auto& c) { c.zones[1].cidrs = {"10.1.0.0/16"}; }, "zone safety: 10.1.0.0/16 already belongs to zone control"},
  };
  for (const auto& row : rows) {
    auto c = two_plants();
    row.change(c);
    try {
      const attribution where{c};
      ADD_FAILURE() << "taken: " << row.says;
    } catch (const std::invalid_argument& e) {
      EXPECT_TRUE(std::string_view{e.what()}.starts_with(row.says)) << e.what();
    }
  }
}

}  // namespace
}  // namespace mw
