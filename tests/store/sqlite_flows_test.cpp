// The store of days: what was appended comes back once, days split and go by the limits, sums add up, a crash is read again.
#include "analyzer/store/sqlite_flows.hpp"
#include "tests/common/random_records.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mw {
namespace {

using namespace std::chrono_literals;
using list = std::vector<attributed>;

struct sqlite_flows_test : testing::Test {
  sqlite_flows_test() : folder{testing::TempDir() + "mw_flows_XXXXXX"} {
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error{folder};
  }
  ~sqlite_flows_test() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<sqlite_flows> open(const store_config& c = {}, database::mode how = database::mode::write) {
    auto s = sqlite_flows::open(folder, c, how);
    if (!s) throw std::runtime_error{s.error()};
    return std::move(*s);
  }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& e : std::filesystem::directory_iterator{folder}) n += day_file::parse_name(e.path().filename().string()).has_value();
    return n;
  }
  std::string folder;
};

const timestamp monday = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

operation read_at(timestamp t, action a = action::read) {
  operation o;
  o.time = t;
  o.protocol = "modbus";
  o.action = a;
  o.client.address = ip::v4(10, 0, 0, 1);
  o.server.address = ip::v4(10, 0, 0, 2);
  return o;
}
list batch_of(std::uint64_t sequence, std::vector<timestamp> times, const std::string& sensor = "s1") {
  const auto from = std::make_shared<const origin>(origin{sensor, "e", "E", "north", ""});
  list out;
  for (const auto t : times) out.push_back({read_at(t), from, sequence, static_cast<std::uint32_t>(out.size()), "", ""});
  return out;
}
std::vector<timestamp> times_of(const list& l) {
  std::vector<timestamp> out;
  for (const auto& a : l) out.push_back(time_of(a.what));
  return out;
}
rollup line(timestamp minute, action a, std::uint64_t n) {
  rollup r;
  r.key.minute = minute, r.key.site = "north", r.key.protocol = "modbus", r.key.action = a, r.key.client = "a", r.key.server = "b";
  r.operations = n;
  return r;
}

TEST_F(sqlite_flows_test, a_batch_over_midnight_is_split_and_comes_back_whole) {
  const auto before = monday + 24h - 1s, after = monday + 24h + 1s;
  const auto batch = batch_of(1, {after, before, after});
  auto s = open();
  EXPECT_EQ(s->append(batch), (store_result<appended>{{.stored = 3}}));
  EXPECT_EQ(s->append(batch), (store_result<appended>{{.known = 3}})) << "once only";
  EXPECT_EQ(s->append({}), store_result<appended>{appended{}});
  EXPECT_EQ(files(), 2u);
  EXPECT_EQ(s->last_commit(), 1u);
  std::vector<list> replayed;
  ASSERT_TRUE(s->replay(0, [&](list&& b) { replayed.push_back(std::move(b)); }));
  ASSERT_EQ(replayed.size(), 1u);
  EXPECT_EQ(times_of(replayed[0]), times_of(batch)) << "in the order in which it came";
  const auto all = s->operations({});
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(times_of(*all), (std::vector<timestamp>{after, after, before})) << "the newest first";
  EXPECT_EQ(s->operations({.until = monday + 24h})->size(), 1u);
  EXPECT_EQ(s->operations({.since = monday + 24h})->size(), 2u);
  EXPECT_EQ(s->operations({.limit = 1})->size(), 1u);
  EXPECT_EQ(s->flows({})->size(), 0u);
}

TEST_F(sqlite_flows_test, knows_after_a_restart_what_it_had) {
  {
    auto s = open();
    for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(s->append(batch_of(n, {monday + n * 1h})));
    ASSERT_TRUE(s->append(batch_of(7, {monday}, "s2")));
  }
  auto s = open();
  EXPECT_EQ(s->last_commit(), 6u);
  EXPECT_EQ(s->last_sequence("s1"), 5u);
  EXPECT_EQ(s->last_sequence("s2"), 7u);
  EXPECT_EQ(s->last_sequence("s3"), 0u);
  std::vector<std::uint64_t> sequences;
  ASSERT_TRUE(s->replay(3, [&](list&& b) { sequences.push_back(b.front().sequence); }));
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{4, 5, 7}));
  std::size_t later = 0;
  ASSERT_TRUE(s->since(monday + 3h, [&](list&& b) { later += b.size(); }));
  EXPECT_EQ(later, 3u);
  EXPECT_EQ(open({}, database::mode::read)->operations({})->size(), 6u) << "a reader beside the writer";
}

TEST_F(sqlite_flows_test, the_oldest_day_goes_first_and_what_it_knew_stays) {
  store_config c;
  c.days = 3;
  {
    auto s = open(c);
    for (int d = 0; d < 5; ++d) ASSERT_TRUE(s->append(batch_of(static_cast<std::uint64_t>(d) + 1, {monday + d * 24h, monday + d * 24h})));
    EXPECT_EQ(files(), 3u);
    EXPECT_EQ(s->days().front(), std::chrono::floor<std::chrono::days>(monday + 48h));
    EXPECT_EQ(s->counts().days_dropped, 2u);
    EXPECT_EQ(s->counts().records_dropped, 4u);
    EXPECT_EQ(s->append(batch_of(9, {monday, monday + 96h})), (store_result<appended>{{.stored = 1, .expired = 1}}))
        << "a day that is gone does not come again";
    ASSERT_TRUE(s->drop_before(std::chrono::floor<std::chrono::days>(monday + 240h)));
    EXPECT_EQ(files(), 0u);
  }
  auto s = open(c);
  EXPECT_EQ(s->last_sequence("s1"), 9u);
  EXPECT_EQ(s->last_commit(), 6u) << "numbers go on, although all days are gone";
}

TEST_F(sqlite_flows_test, bytes_are_bounded) {
  store_config c;
  c.bytes = 300'000;
  auto s = open(c);
  random_records random{1};
  const auto from = std::make_shared<const origin>(origin{"s1", "e", "E", "north", ""});
  for (std::uint64_t n = 1; n <= 60; ++n) {
    list batch;
    for (std::uint32_t i = 0; i < 50; ++i) {
      auto o = random.an_operation();
      o.time = monday + (n > 20 ? 24h : 0h) + n * 1min;
      batch.push_back({o, from, n, i, "", ""});
    }
    ASSERT_TRUE(s->append(batch));
  }
  ASSERT_TRUE(s->maintain());
  EXPECT_EQ(files(), 1u) << "the older day went";
  const auto dropped = s->counts().records_dropped;
  EXPECT_GT(dropped, 1000u) << "and the oldest batches of the other one";
  EXPECT_EQ(s->operations({.limit = 100'000})->size(), 3000u - dropped);
  EXPECT_EQ(s->last_sequence("s1"), 60u);
}

TEST_F(sqlite_flows_test, sums_add_up_and_can_be_replaced) {
  auto s = open();
  ASSERT_TRUE(
      s->append_rollups({line(monday, action::read, 5), line(monday + 1min, action::read, 7), line(monday + 61min, action::write, 1)}));
  ASSERT_TRUE(s->append_rollups({line(monday, action::read, 2)}));
  rollup flow = line(monday, action::read, 0);
  flow.key.action.reset(), flow.flows = 3, flow.packets = 9, flow.bytes = 99;
  ASSERT_TRUE(s->append_rollups({flow}));
  const auto ask = [&](span_of by, count_of what = count_of::operations, const record_filter& f = {}) {
    return s->rollups(by, what, f).value();
  };
  EXPECT_EQ(ask(span_of::minute), (std::vector<rollup_sum>{{monday + 61min, "north", "modbus", action::write, 1, 0, 0, 0},
                                                           {monday + 1min, "north", "modbus", action::read, 7, 0, 0, 0},
                                                           {monday, "north", "modbus", action::read, 7, 0, 0, 0}}));
  EXPECT_EQ(ask(span_of::hour), (std::vector<rollup_sum>{{monday + 1h, "north", "modbus", action::write, 1, 0, 0, 0},
                                                         {monday, "north", "modbus", action::read, 14, 0, 0, 0}}));
  EXPECT_EQ(ask(span_of::hour, count_of::flows), (std::vector<rollup_sum>{{monday, "north", "modbus", {}, 0, 3, 9, 99}}));
  EXPECT_EQ(ask(span_of::hour, count_of::operations, {.host = "nobody"}).size(), 0u);
  EXPECT_EQ(ask(span_of::hour, count_of::operations, {.action = action::write}).size(), 1u);
  ASSERT_TRUE(s->replace_rollups(monday + 90min, {line(monday + 62min, action::write, 4)}));
  EXPECT_EQ(ask(span_of::minute)[0].operations, 4u);
  EXPECT_EQ(ask(span_of::minute).size(), 3u) << "only from the hour on";
  store_config c;
  c.minute_days = 1;
  ASSERT_TRUE(s->append_rollups({line(monday + 72h, action::read, 1)}));
  s.reset();
  s = open(c);
  ASSERT_TRUE(s->maintain());
  EXPECT_EQ(ask(span_of::minute).size(), 1u);
  EXPECT_EQ(ask(span_of::hour).size(), 3u);
}

TEST_F(sqlite_flows_test, errors_name_the_file_and_the_remedy) {
  {
    auto s = open();
  }
  std::filesystem::resize_file(folder + "/rollups.db", 0);
  {
    std::ofstream{folder + "/rollups.db"} << std::string(8192, 'x');
  }
  const auto s = sqlite_flows::open(folder, {}, database::mode::write);
  ASSERT_FALSE(s);
  EXPECT_NE(s.error().find("rollups.db"), std::string::npos) << s.error();
  EXPECT_NE(s.error().find("damaged"), std::string::npos) << s.error();
  const auto none = sqlite_flows::open(folder + "/absent", {}, database::mode::read);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().find("/absent/rollups.db"), std::string::npos) << none.error();
}

}  // namespace
}  // namespace mw
