// Networks, zones and maintenance windows.
#include "analyzer/detect/policy.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

timestamp utc(int day, int hour, int minute = 0) {  // November 2026; the 23rd is a Monday
  using namespace std::chrono;
  return sys_days{year{2026} / November / day} + hours{hour} + minutes{minute};
}

TEST(subnet, contains) {
  struct row {
    const char *net, *address;
    bool inside;
  };
  for (const auto& r : {row{"10.1.0.0/16", "10.1.200.3", true}, row{"10.1.0.0/16", "10.2.0.1", false}, row{"10.1.2.3", "10.1.2.3", true},
                        row{"10.1.2.3", "10.1.2.4", false}, row{"10.0.0.0/9", "10.127.0.1", true}, row{"10.0.0.0/9", "10.128.0.1", false},
                        row{"0.0.0.0/0", "1.2.3.4", true}, row{"fd00::/8", "fd12::1", true}, row{"fd00::/8", "10.0.0.1", false}})
    EXPECT_EQ(parse_subnet(r.net)->contains(*ip::parse(r.address)), r.inside) << r.net << ' ' << r.address;
  for (const auto* bad : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0/8", "host"}) EXPECT_FALSE(parse_subnet(bad)) << bad;
}

TEST(zones, the_narrowest_counts) {
  policy p;
  p.zones = {{"works", {*parse_subnet("10.0.0.0/8")}, false, 3}, {"cell", {*parse_subnet("10.1.0.0/16")}, true, 1}};
  EXPECT_EQ(p.zone_of(*ip::parse("10.1.2.3"))->name, "cell");
  EXPECT_EQ(p.zone_of(*ip::parse("10.2.2.3"))->name, "works");
  EXPECT_EQ(p.zone_of(*ip::parse("192.168.0.1")), nullptr);
}

TEST(window, weekly_in_local_time) {
  maintenance_window w;
  w.weekdays = 0b0000001, w.begin_minute = 8 * 60, w.end_minute = 10 * 60;  // Monday 08:00-10:00 in Beijing
  EXPECT_TRUE(w.open(utc(23, 0)));
  EXPECT_TRUE(w.open(utc(23, 1, 59)));
  EXPECT_FALSE(w.open(utc(23, 2)));
  EXPECT_FALSE(w.open(utc(24, 0)));
  EXPECT_FALSE(w.open(utc(22, 23, 59)));
}

TEST(window, over_midnight_belongs_to_the_day_it_began) {
  maintenance_window w;
  w.weekdays = 0b0000001, w.begin_minute = 22 * 60, w.end_minute = 2 * 60, w.utc_offset_minutes = 0;
  EXPECT_TRUE(w.open(utc(23, 23)));
  EXPECT_TRUE(w.open(utc(24, 1)));
  EXPECT_FALSE(w.open(utc(24, 23)));
  EXPECT_FALSE(w.open(utc(23, 1)));
}

TEST(window, hosts) {
  policy p;
  maintenance_window w;
  w.from = utc(23, 0), w.until = utc(23, 4), w.hosts = {*host_pattern::parse("10.1.0.0/16"), *host_pattern::parse("00:1B:1B:00:00:09")};
  p.windows = {w};
  EXPECT_TRUE(p.in_window("10.1.0.5", utc(23, 1)));
  EXPECT_TRUE(p.in_window("00:1b:1b:00:00:09", utc(23, 1)));
  EXPECT_FALSE(p.in_window("10.2.0.5", utc(23, 1)));
  EXPECT_FALSE(p.in_window("10.1.0.5", utc(23, 4)));
}

}  // namespace
}  // namespace mw
