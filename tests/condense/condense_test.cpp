// What goes out alone, what a summary stands for and what it says, and that no operation is lost on the way.
#include "common/wire.hpp"
#include "sensor/condense/condenser.hpp"
#include "sensor/condense/rhythm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <new>
#include <numeric>
#include <random>

namespace {
std::size_t allocations = 0;
}
[[gnu::noinline]] void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace mw {
namespace {

using namespace std::chrono_literals;

constexpr timestamp t0{1'700'000'040s};  // a whole minute

class gather final : public record_sink {
public:
  void on_record(record&& r) override {
    if (all.size() < most) all.push_back(std::move(r));
  }
  std::vector<operation> alone() const { return pick(false); }
  std::vector<operation> summaries() const { return pick(true); }
  std::vector<record> all;
  std::size_t most = ~std::size_t{0};

private:
  std::vector<operation> pick(bool summary) const {
    std::vector<operation> out;
    for (const auto& r : all)
      if (const auto* o = std::get_if<operation>(&r); o && o->repeat.has_value() == summary) out.push_back(*o);
    return out;
  }
};

operation poll(timestamp t, std::vector<value> values = {std::uint64_t{7}}, std::string address = "100") {
  operation o;
  o.time = t, o.protocol = "modbus", o.client = {ip::v4(10, 0, 0, 5), {50'000}, {}}, o.server = {ip::v4(10, 0, 0, 9), {502}, {}},
  o.unit = "1";
  o.function = "3", o.function_name = "read_holding_registers", o.outcome = outcome::ok, o.latency = 3ms, o.flow = "1:x",
  o.packets = {1, 2};
  o.objects = {{"holding", std::move(address), static_cast<std::uint32_t>(values.size()), {}, {}}};
  o.values = std::move(values);
  return o;
}

class condense_test : public testing::Test {
protected:
  condenser& make(condense_config c = {}) { return *(it = std::make_unique<condenser>(c, out)); }
  void send(operation o) {
    it->on_record(std::move(o));
    balanced();
  }
  void balanced() const {
    const auto l = it->ledger();
    ASSERT_TRUE(l.balanced()) << l.in << " in, " << l.out << " out, " << l.held << " held, " << l.dropped_total() << " dropped";
  }
  /// `n` polls, one each `period`, from `t`; gives the time of the next.
  timestamp polls(timestamp t, int n, nanoseconds period = 1s, const std::function<value(int)>& of = [](int) { return std::uint64_t{7}; }) {
    for (int i = 0; i < n; ++i, t += period) send(poll(t, {of(i)}));
    return t;
  }
  /// How many of these go out alone.
  std::size_t told(const std::function<void()>& what) {
    const auto before = out.alone().size();
    what();
    return out.alone().size() - before;
  }
  gather out;
  std::unique_ptr<condenser> it;
};

TEST_F(condense_test, the_first_go_alone_the_rest_is_one_summary_per_window) {
  make();
  polls(t0, 60);
  EXPECT_EQ(out.all.size(), 3u);
  EXPECT_EQ(it->ledger().held, 57u);
  send(poll(t0 + 60s));
  ASSERT_EQ(out.summaries().size(), 1u);
  const auto s = out.summaries().front();
  EXPECT_EQ(s.repeat->count, 57u);
  EXPECT_EQ(s.time, t0 + 3s);
  EXPECT_EQ(s.repeat->last, t0 + 59s);
  EXPECT_EQ(s.repeat->missed, 0u);
  EXPECT_EQ(std::accumulate(s.repeat->intervals.begin(), s.repeat->intervals.end(), 0u), 57u);
  EXPECT_EQ(s.repeat->intervals.size(), bucket_of(1s) + 1) << "zeros at the end are cut";
  EXPECT_EQ(s.repeat->intervals.at(19), 57u);
  EXPECT_EQ(s.repeat->latencies.at(bucket_of(3ms)), 57u);
  EXPECT_EQ(s.repeat->transitions, (std::vector<std::pair<std::string, std::uint32_t>>{{"3 holding:100x1", 57}}));
  it->finish();
  EXPECT_EQ(out.alone().size(), 4u) << "a single one needs no summary";
  EXPECT_EQ(it->counts().single, 1u);
  EXPECT_EQ(it->counts().summarised, 57u);
}

TEST_F(condense_test, buckets_are_powers_of_two_of_microseconds) {
  EXPECT_EQ(bucket_of(-5s), 0u);
  EXPECT_EQ(bucket_of(0s), 0u);
  EXPECT_EQ(bucket_of(1us), 0u);
  EXPECT_EQ(bucket_of(2us), 1u);
  EXPECT_EQ(bucket_of(1023us), 9u);
  EXPECT_EQ(bucket_of(1024us), 10u);
  EXPECT_EQ(bucket_of(24h), 31u);
}

TEST_F(condense_test, what_acts_goes_alone_always) {
  make();
  std::uint64_t n = 0;
  for (std::size_t a = 0; a < action_count; ++a)
    for (int i = 0; i < 20; ++i, ++n) {
      auto o = poll(t0 + 100ms * i);
      o.action = static_cast<action>(a);
      send(std::move(o));
    }
  it->finish();
  const auto alone = out.alone();
  for (std::size_t a = 0; a < action_count; ++a) {
    const auto what = static_cast<action>(a);
    const bool cyclic = what == action::read || what == action::report || what == action::subscribe;
    const auto seen = std::count_if(alone.begin(), alone.end(), [&](const operation& o) { return o.action == what; });
    EXPECT_EQ(seen < 20, cyclic) << to_string(what);
    EXPECT_FALSE(cyclic && is_change(what)) << to_string(what);
  }
}

TEST_F(condense_test, what_failed_goes_alone) {
  make();
  auto t = polls(t0, 20);
  for (const auto what : {outcome::refused, outcome::timeout, outcome::unpaired})
    EXPECT_EQ(told([&] {
                for (int i = 0; i < 10; ++i, t += 1s) {
                  auto o = poll(t, {});
                  o.outcome = what;
                  if (what == outcome::refused) o.code = "2";
                  send(std::move(o));
                }
              }),
              10u)
        << to_string(what);
}

TEST_F(condense_test, another_end_object_cause_or_card_is_new) {
  make();
  auto t = polls(t0, 30);
  const auto changed = [&](auto change) {
    auto o = poll(t);
    change(o);
    return told([&] { send(std::move(o)); });
  };
  EXPECT_EQ(changed([](operation& o) { o.client.port.number = 50'001; }), 0u) << "masters reconnect";
  EXPECT_EQ(changed([](operation& o) { o.client.hardware.octets[5] = 1; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.server.address = ip::v4(10, 0, 0, 10); }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.unit = "2"; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.function = "4"; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.objects.front().address = "101"; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.objects.front().count = 9; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.vlan = 9; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.fields = {{"cause", std::string{"spontaneous"}}}; }), 1u);
  EXPECT_EQ(changed([](operation& o) { o.fields = {{"quality", std::string{"invalid"}}}; }), 1u);
}

TEST_F(condense_test, a_late_and_an_early_poll) {
  make();
  auto t = polls(t0, 30);
  EXPECT_EQ(told([&] { send(poll(t + 4s)); }), 1u) << "five periods after the one before";
  EXPECT_EQ(it->counts().interval, 1u);
  t = polls(t + 5s, 15);
  EXPECT_EQ(told([&] { send(poll(t - 990ms)); }), 1u) << "10 ms after the one before";
  it->finish();
  const auto s = out.summaries();
  ASSERT_EQ(s.size(), 1u);
  EXPECT_EQ(s.front().repeat->missed, 4u);
}

TEST_F(condense_test, more_than_three_periods_are_late_even_next_to_usual_distances) {
  make();
  auto t = polls(t0, 30, 600ms);
  EXPECT_EQ(told([&] { send(poll(t + 1100ms)); }), 0u) << "1.7 s are less than three periods";
  t = polls(t + 1700ms, 10, 600ms);
  EXPECT_EQ(told([&] { send(poll(t + 1400ms)); }), 1u) << "2 s are more";
}

TEST_F(condense_test, a_lost_poll_is_counted_and_not_told) {
  make();
  auto t = polls(t0, 30);
  EXPECT_EQ(told([&] { send(poll(t + 1s)); }), 0u);
  it->finish();
  EXPECT_EQ(out.summaries().front().repeat->missed, 1u);
}

TEST_F(condense_test, another_rhythm_is_told_a_few_times) {
  make();
  const auto t = polls(t0, 200);
  const auto n = told([&] { polls(t, 600, 10s); });
  EXPECT_GE(n, 1u);
  EXPECT_LE(n, 20u);
}

TEST_F(condense_test, a_new_order_goes_alone) {
  make();
  auto t = t0;
  const auto cycle = [&] {
    for (const auto* address : {"1", "2", "3"}) send(poll(t += 300ms, {std::uint64_t{7}}, address));
  };
  for (int i = 0; i < 20; ++i) cycle();
  EXPECT_EQ(told(cycle), 0u);
  EXPECT_EQ(told([&] {
              send(poll(t += 300ms, {std::uint64_t{7}}, "1"));
              send(poll(t += 300ms, {std::uint64_t{7}}, "3"));
              send(poll(t += 300ms, {std::uint64_t{7}}, "2"));
            }),
            2u)
      << "1 to 3, 3 to 2; the way back from 2 to 1 is new as well, but belongs to the next cycle";
  EXPECT_EQ(it->counts().transition, 2u);
}

TEST_F(condense_test, what_comes_after_a_write_is_told_once) {
  make();
  auto t = polls(t0, 20);
  auto w = poll(t);
  w.action = action::write, w.function = "6";
  send(w);
  EXPECT_EQ(told([&] { t = polls(t + 500ms, 3); }), 1u);
  w.time = t;
  send(w);
  EXPECT_EQ(told([&] { polls(t + 500ms, 3); }), 0u);
}

TEST_F(condense_test, each_change_of_a_discrete_point_goes_alone) {
  make();
  bool state = false;
  auto t = polls(t0, 20, 1s, [&](int) { return state; });
  for (int i = 0; i < 5; ++i) {
    state = !state;
    EXPECT_EQ(told([&] { t = polls(t, 10, 1s, [&](int) { return state; }); }), 1u) << i;
  }
  std::uint64_t mode = 3;
  make();
  t = polls(t, 20, 1s, [&](int) { return mode; });
  for (const auto next : {4u, 3u, 4u, 0u, 3u}) {
    mode = next;
    EXPECT_EQ(told([&] { t = polls(t, 10, 1s, [&](int) { return mode; }); }), 1u) << next;
  }
}

TEST_F(condense_test, a_watchdog_bit_becomes_usual) {
  make();
  auto t = polls(t0, 40, 1s, [](int i) { return i % 2 == 0; });
  EXPECT_EQ(told([&] { polls(t, 200, 1s, [](int i) { return i % 2 == 0; }); }), 0u);
  it->finish();
  EXPECT_GT(out.summaries().back().repeat->points.front().changes, 10u);
}

TEST_F(condense_test, a_continuous_point_within_its_range_is_quiet_and_outside_is_not) {
  make();
  const auto wave = [](int i) { return 50 + 10 * std::sin(i * 0.37); };
  auto t = polls(t0, 100, 1s, wave);
  EXPECT_EQ(told([&] { t = polls(t, 200, 1s, wave); }), 0u);
  EXPECT_EQ(told([&] { send(poll(t, {64.0})); }), 0u) << "within a quarter of the range";
  EXPECT_EQ(told([&] { send(poll(t += 1s, {90.0})); }), 1u);
  EXPECT_EQ(told([&] { send(poll(t += 1s, {std::int64_t{50}})); }), 1u) << "another type";
  EXPECT_EQ(told([&] { send(poll(t += 1s, {std::monostate{}})); }), 1u);
  EXPECT_EQ(told([&] { send(poll(t += 1s, {std::nan("")})); }), 1u);
}

TEST_F(condense_test, a_counter_is_quiet_and_its_jump_is_not) {
  make();
  auto t = polls(t0, 60, 1s, [](int i) { return std::uint64_t{1000u + static_cast<unsigned>(i)}; });
  EXPECT_EQ(told([&] { t = polls(t, 100, 1s, [](int i) { return std::uint64_t{1060u + static_cast<unsigned>(i)}; }); }), 0u);
  EXPECT_EQ(told([&] { send(poll(t, {std::uint64_t{5000}})); }), 1u);
  EXPECT_EQ(told([&] { send(poll(t + 1s, {std::uint64_t{4999}})); }), 1u) << "back";
}

TEST_F(condense_test, statistics_of_points) {
  condense_config c;
  c.first_alone = 40;
  make(c);
  auto t = polls(t0, 40, 500ms, [](int i) { return 1.0 * (i * 7 % 20); });
  for (const auto v : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) send(poll(t += 500ms, {v}));
  it->finish();
  ASSERT_EQ(out.summaries().size(), 1u);
  const auto s = out.summaries().front();
  const auto& p = s.repeat->points.at(0);
  EXPECT_EQ(p.first, value{2.0});
  EXPECT_EQ(p.last, value{9.0});
  EXPECT_EQ(p.minimum, 2);
  EXPECT_EQ(p.maximum, 9);
  EXPECT_DOUBLE_EQ(p.mean, 5);
  EXPECT_DOUBLE_EQ(p.variance, 4);
  EXPECT_EQ(p.changes, 4u);
}

TEST_F(condense_test, what_is_usual_allocates_nothing) {
  make();
  const auto cycle = [&](timestamp t) {
    std::vector<record> all;
    for (int i = 0; i < 60; ++i)
      for (const auto* address : {"a long address of a point in the plant", "2"})
        all.emplace_back(poll(t + 1s * i + (address[0] == '2' ? 300ms : 0ms),
                              {5.0 + std::sin(i), true, std::string{"0x0102030405060708090a0b0c0d0e0f"}}, address));
    return all;
  };
  auto before = cycle(t0), now = cycle(t0 + 1min);
  for (auto& r : before) it->on_record(std::move(r));
  for (std::size_t i = 0; i < 4; ++i) it->on_record(std::move(now[i]));  // the new window begins
  const auto sent = out.all.size();
  const auto at = allocations;
  for (std::size_t i = 4; i < now.size(); ++i) it->on_record(std::move(now[i]));
  EXPECT_EQ(allocations - at, 0u);
  EXPECT_EQ(out.all.size(), sent);
  EXPECT_EQ(it->ledger().held, now.size());
}

TEST_F(condense_test, other_records_pass_in_their_order) {
  make();
  polls(t0, 10);
  fact f;
  f.time = t0 + 11s, f.address = ip::v4(10, 0, 0, 9), f.kind = "vendor";
  violation v;
  v.time = t0 + 12s, v.rule = "length";
  it->on_record(f);
  it->on_record(v);
  it->on_record(status{});
  it->on_record(flow_record{});
  ASSERT_EQ(out.all.size(), 7u);
  EXPECT_EQ(out.all[3], record{f});
  EXPECT_EQ(out.all[4], record{v});
  EXPECT_TRUE(std::holds_alternative<flow_record>(out.all[6]));
  balanced();
}

TEST_F(condense_test, the_budget_makes_summaries_coarser_and_hides_no_command) {
  condense_config c;
  c.budget = 20'000;
  make(c);
  auto t = t0;
  for (int i = 0; i < 5000; ++i) send(poll(t += 1ms, {std::uint64_t{7}}, std::to_string(i)));  // a sweep
  auto w = poll(t += 1ms);
  w.action = action::stop;
  EXPECT_EQ(told([&] { send(w); }), 1u);
  EXPECT_EQ(it->counts().over_budget, 1u);
  it->finish();
  balanced();
  EXPECT_LT(out.all.size(), 200u);
  ASSERT_EQ(out.summaries().size(), 1u);
  const auto s = out.summaries().front();
  EXPECT_TRUE(s.objects.empty());
  EXPECT_EQ(s.function, "3");
  EXPECT_EQ(s.repeat->count + out.alone().size(), 5001u);
  EXPECT_EQ(it->counts().coarse, s.repeat->count);
  EXPECT_EQ(it->ledger().dropped, (std::vector<std::pair<std::string, std::uint64_t>>{{"summarised", 0}, {"budget", s.repeat->count}}));
  EXPECT_EQ(told([&] { send(poll(t0 + 60s, {std::uint64_t{7}}, "new")); }), 1u) << "the next window has its own budget";
}

TEST_F(condense_test, a_budget_is_of_one_protocol) {
  condense_config c;
  c.budget = 1000;
  make(c);
  for (int i = 0; i < 100; ++i) send(poll(t0, {std::uint64_t{7}}, std::to_string(i)));
  auto o = poll(t0);
  o.protocol = "s7comm";
  EXPECT_EQ(told([&] { send(o); }), 1u);
}

TEST_F(condense_test, a_forgotten_key_is_summarised_first) {
  condense_config c;
  c.keys = 4;
  make(c);
  auto t = polls(t0, 20);
  for (int i = 0; i < 4; ++i) send(poll(t += 1ms, {std::uint64_t{7}}, std::to_string(i)));
  ASSERT_EQ(out.summaries().size(), 1u);
  EXPECT_EQ(out.summaries().front().repeat->count, 17u);
  EXPECT_EQ(it->counts().keys_forgotten, 1u);
  EXPECT_EQ(it->counts().keys, 4u);
  EXPECT_EQ(told([&] { send(poll(t += 1ms)); }), 1u) << "forgotten is new";
}

TEST_F(condense_test, points_and_channels_are_bounded) {
  condense_config c;
  c.points = 100, c.points_per_key = 40, c.channels = 3;
  make(c);
  for (int i = 0; i < 50; ++i) {
    auto o = poll(t0 + 10ms * i, std::vector<value>(30, std::uint64_t{1}), std::to_string(i));
    o.unit = std::to_string(i);
    send(std::move(o));
    EXPECT_LE(it->counts().points, 100u);
    EXPECT_LE(it->counts().channels, 3u);
  }
  EXPECT_EQ(it->counts().channels_forgotten, 47u);
  for (int i = 0; i < 10; ++i) send(poll(t0 + 1s + 10ms * i, std::vector<value>(41, std::uint64_t{1})));
  EXPECT_EQ(it->counts().wide, 10u);
}

TEST_F(condense_test, a_clock_that_jumps) {
  make();
  auto t = polls(t0, 20);
  send(poll(t + 24h * 365 * 100));
  EXPECT_EQ(out.summaries().size(), 1u);
  t = polls(t, 50);
  it->on_time(t + 60s);
  EXPECT_EQ(it->ledger().held, 0u) << "set back: windows go on from there";
  for (const auto odd : {timestamp::min(), timestamp::max(), timestamp{}}) send(poll(odd));
  it->finish();
  balanced();
}

TEST_F(condense_test, random_operations_are_all_accounted_for) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    out.all.clear();
    std::mt19937 random{seed};
    const auto upto = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    condense_config c;
    c.keys = 1 + upto(30), c.channels = 1 + upto(5), c.points = 1 + upto(200), c.budget = upto(2) ? 1'000'000 : 3000,
    c.points_per_key = 1 + upto(8), c.first_alone = upto(5);
    make(c);
    auto t = t0;
    std::vector<record> in;
    std::uint64_t operations = 0, changes = 0;
    for (int i = 0; i < 3000; ++i) {
      t += std::chrono::milliseconds{upto(20) ? upto(100) : upto(20'000)} - 20ms;
      if (upto(50) == 0) {
        fact f;
        f.time = t;
        in.emplace_back(f);
        continue;
      }
      std::vector<value> values;
      for (unsigned v = upto(3); v > 0; --v)
        values.push_back(upto(4)   ? value{std::uint64_t{upto(30)}}
                         : upto(2) ? value{upto(2) == 0}
                         : upto(2) ? value{0.5 * upto(100)}
                                   : value{std::string{"0xff"}});
      auto o = poll(t, values, std::to_string(upto(4)));
      o.unit = std::to_string(upto(3));
      if (upto(10) == 0) o.action = static_cast<action>(upto(action_count));
      if (upto(15) == 0) o.outcome = static_cast<outcome>(upto(6));
      ++operations, changes += is_change(o.action);
      in.emplace_back(std::move(o));
    }
    for (auto r : in) {
      it->on_record(std::move(r));
      balanced();
    }
    it->finish();
    const auto l = it->ledger();
    EXPECT_EQ(l.in, in.size());
    EXPECT_EQ(l.held, 0u);
    EXPECT_TRUE(l.balanced());
    EXPECT_EQ(l.out + it->counts().summaries, out.all.size());
    std::uint64_t stands_for = 0, changed = 0, others = 0;
    for (const auto& r : out.all) {
      const auto* o = std::get_if<operation>(&r);
      if (!o) {
        ++others;
        continue;
      }
      stands_for += o->repeat ? o->repeat->count : 1;
      changed += is_change(o->action) && !o->repeat;
      if (o->repeat) {
        EXPECT_GE(o->repeat->last, o->time);
        EXPECT_LE(o->repeat->last - o->time, 80s);
        EXPECT_EQ(o->repeat->points.size(), o->values.size());
        for (const auto& p : o->repeat->points) EXPECT_LE(p.minimum, p.maximum);
      }
    }
    EXPECT_EQ(stands_for, operations) << seed;
    EXPECT_EQ(changed, changes) << seed;
    EXPECT_EQ(others, in.size() - operations);
    const auto first = out.all;
    out.all.clear();
    make(c);
    for (auto r : in) it->on_record(std::move(r));
    it->finish();
    EXPECT_EQ(out.all, first) << "the same input gives the same records";
    batch b;
    b.records = first;
    const auto back = decode(encode(b));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->records, first);
  }
}

}  // namespace
}  // namespace mw
