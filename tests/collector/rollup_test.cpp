// Minutes add up to what went in, close in order, and what comes later makes a further line.
#include "collector/rollup.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

using namespace std::chrono_literals;

constexpr timestamp t0{1'700'000'040s};  // the beginning of a minute

class rollups : public testing::Test {
protected:
  using list = std::vector<attributed>;
  static std::shared_ptr<const origin> from(std::string sensor, std::string site = "s") {
    return std::make_shared<const origin>(origin{std::move(sensor), "E", "", std::move(site), ""});
  }
  attributed op(nanoseconds at, std::uint8_t client = 1, std::uint64_t repeats = 0) const {
    operation o;
    o.time = t0 + at;
    o.protocol = "modbus";
    o.outcome = outcome::ok;
    o.client.address = ip::v4(10, 0, 0, client);
    o.server.address = ip::v4(10, 0, 1, 1);
    if (repeats != 0) o.repeat.emplace().count = repeats;
    return {o, from_, 1, 0, {}, {}};
  }
  attributed flow(nanoseconds at, std::uint64_t size, bool interim = false) const {
    flow_record f;
    f.first = t0;
    f.last = t0 + at;
    f.application = "tls";
    f.client.address = ip::v4(10, 0, 0, 1);
    f.server.hardware = {{1, 2, 3, 4, 5, 6}};
    f.client_packets = 1;
    f.server_packets = 2;
    f.client_bytes = size;
    f.server_bytes = 1;
    f.interim = interim;
    return {f, from_, 1, 0, {}, {}};
  }
  std::vector<rollup> add(const list& l, std::shared_ptr<const origin> by = {}) {
    std::vector<rollup> closed;
    auto records = l;
    if (by)
      for (auto& a : records) a.from = by;
    minutes.add(roll_up(records), by ? *by : *from_, closed);
    EXPECT_TRUE(minutes.ledger().balanced());
    return closed;
  }
  std::vector<rollup> flush() {
    std::vector<rollup> closed;
    minutes.flush(closed);
    EXPECT_TRUE(minutes.ledger().balanced());
    EXPECT_EQ(minutes.ledger().held, 0u);
    return closed;
  }
  std::shared_ptr<const origin> from_ = from("a");
  rollup_config config;
  minute_rollups minutes{config};
};

TEST_F(rollups, sums) {
  EXPECT_TRUE(add({op(0s), op(59s), op(59s, 2), op(10s, 1, 60), flow(5s, 100), flow(6s, 10, true)}).empty());
  EXPECT_TRUE(add({op(1s)}).empty());
  const auto rows = flush();
  ASSERT_EQ(rows.size(), 3u);
  const rollup expected[] = {{{t0, "E", "s", "modbus", action::read, outcome::ok, "10.0.0.1", "10.0.1.1"}, 63, 0, 0, 0},
                             {{t0, "E", "s", "modbus", action::read, outcome::ok, "10.0.0.2", "10.0.1.1"}, 1, 0, 0, 0},
                             {{t0, "E", "s", "tls", {}, outcome::none, "10.0.0.1", "01:02:03:04:05:06"}, 0, 1, 6, 112}};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(rows[i], expected[i]) << i;
  EXPECT_EQ(minutes.ledger().in, 7u);
}

TEST_F(rollups, facts_and_heartbeats_only_move_the_clock) {
  add({op(0s)});
  status s;
  s.time = t0 + 180s;
  const auto rows = add({attributed{s, from_, 1, 0, {}, {}}});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(minutes.ledger(), (ledger_stage{"rollup", 1, 1, 0, {}}));
}

TEST_F(rollups, close_in_order_and_what_is_late_makes_a_line_of_its_own) {
  add({op(61s), op(0s), op(125s)});
  EXPECT_TRUE(add({op(179s)}).empty()) << "the first minute stays open until 120 s after its end";
  auto rows = add({op(180s)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key.minute, t0);
  rows = add({op(30s), op(59s)});
  ASSERT_EQ(rows.size(), 1u) << "late, and counted all the same";
  EXPECT_EQ(rows[0].key.minute, t0);
  EXPECT_EQ(rows[0].operations, 2u);
  EXPECT_EQ(minutes.late(), 2u);
  rows = add({op(500s)});
  ASSERT_EQ(rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(rows[i].key.minute, t0 + 60s * (i + 1));
  rows = flush();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key.minute, t0 + 480s);
  EXPECT_EQ(minutes.ledger(), (ledger_stage{"rollup", 8, 8, 0, {}}));
  EXPECT_EQ(add({op(485s)}).size(), 1u);
  EXPECT_TRUE(flush().empty());
}

TEST_F(rollups, wait_for_the_slowest_sensor_but_not_for_a_dead_one) {
  const auto b = from("b");
  add({op(0s)});
  add({op(0s)}, b);
  EXPECT_TRUE(add({op(400s)}).empty()) << "b may still tell of the first minute";
  EXPECT_TRUE(add({op(30s)}, b).empty());
  EXPECT_EQ(add({op(700s)}).size(), 2u) << "b lags by more than ten minutes: nobody waits";
  EXPECT_EQ(add({op(40s)}, b).size(), 1u) << "late, and counted all the same";
  EXPECT_EQ(minutes.late(), 1u);
}

TEST_F(rollups, sites_do_not_wait_for_one_another) {
  const auto other = from("b", "t");
  add({op(0s)}, other);
  add({op(0s)});
  EXPECT_EQ(add({op(200s)}).size(), 1u);
  EXPECT_EQ(flush().size(), 2u);
}

TEST_F(rollups, bounded_by_folding_hosts) {
  config.rows = 10;
  minutes = minute_rollups{config};
  list many;
  for (std::uint8_t i = 0; i < 200; ++i) many.push_back(op(1s, i));
  add(many);
  const auto rows = flush();
  EXPECT_EQ(rows.size(), 11u);
  std::uint64_t all = 0, folded = 0;
  for (const auto& r : rows) {
    all += r.operations;
    if (r.key.client == "*") folded += r.operations;
  }
  EXPECT_EQ(all, 200u) << "folding loses hosts, not counts";
  EXPECT_EQ(folded, 190u);
  EXPECT_EQ(minutes.folded(), 190u);
}

}  // namespace
}  // namespace mw
