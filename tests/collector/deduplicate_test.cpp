// What has come before is recognised, and nothing else.
#include "collector/deduplicate.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace mw {
namespace {

using namespace std::chrono_literals;

TEST(sequence_window, remembers_the_last_ones) {
  sequence_window w{64};
  EXPECT_FALSE(w.contains(0));
  EXPECT_FALSE(w.contains(5));
  w.insert(100);
  EXPECT_TRUE(w.contains(100));
  EXPECT_FALSE(w.contains(101));
  EXPECT_FALSE(w.contains(99)) << "a gap is not a memory";
  EXPECT_FALSE(w.contains(37));
  EXPECT_TRUE(w.contains(36)) << "below the window all has come";
  w.insert(99);
  EXPECT_TRUE(w.contains(99));
  w.erase(99);
  EXPECT_FALSE(w.contains(99));
  w.insert(164);
  EXPECT_TRUE(w.contains(100)) << "64 behind: below the window";
  EXPECT_FALSE(w.contains(101)) << "the bit of 37 + 64 is fresh";
}

TEST(sequence_window, agrees_with_a_set) {
  std::mt19937_64 random{3};
  for (int round = 0; round < 50; ++round) {
    sequence_window w{128};
    std::set<std::uint64_t> seen;
    std::uint64_t newest = 0;
    bool any = false;
    for (int i = 0; i < 500; ++i) {
      const auto s = newest + random() % 40 < 20 ? 0 : newest + random() % 40 - 20;
      const auto expected = any && s <= newest && (newest - s >= 128 || seen.contains(s));
      ASSERT_EQ(w.contains(s), expected) << s << " after " << newest;
      w.insert(s);
      seen.insert(s);
      newest = std::max(newest, s), any = true;
    }
  }
}

TEST(sequence_window, restored) {
  sequence_window w{64};
  w.restore(50);
  for (std::uint64_t s = 0; s <= 50; ++s) EXPECT_TRUE(w.contains(s));
  EXPECT_FALSE(w.contains(51));
  w.insert(52);
  EXPECT_FALSE(w.contains(51));
  w.restore(51);
  EXPECT_TRUE(w.contains(51));
  w.insert(std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(w.contains(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_TRUE(w.contains(52));
}

class taps : public testing::Test {
protected:
  bool second(std::string_view sensor, std::string_view site, std::string_view id, int first, int last) {
    flow_record f;
    f.id = id;
    f.first = t0 + std::chrono::milliseconds{first};
    f.last = t0 + std::chrono::milliseconds{last};
    const auto from = std::make_shared<const origin>(origin{std::string{sensor}, "E", "", std::string{site}, ""});
    return filter.is_second({f, from, 1, 0, {}, {}});
  }
  static constexpr timestamp t0{1'700'000'000s};
  deduplicate_config config{64, true, 2s, 4};
  tap_filter filter{config};
};

TEST_F(taps, one_flow_at_two_taps) {
  EXPECT_FALSE(second("a", "s", "1:x", 0, 1000));
  EXPECT_TRUE(second("b", "s", "1:x", 5, 1005));
  EXPECT_TRUE(second("c", "s", "1:x", 1900, 2900)) << "clocks may differ";
  EXPECT_FALSE(second("b", "s", "1:y", 5, 1005)) << "another flow";
  EXPECT_TRUE(second("a", "s", "1:y", 0, 1000)) << "whoever told first";
  EXPECT_FALSE(second("b", "t", "1:x", 5, 1005)) << "another plant with the same addresses";
  EXPECT_FALSE(second("b", "s", "1:x", 60'000, 61'000)) << "the same ports again, later";
  EXPECT_FALSE(second("b", "s", "", 0, 1)) << "no Community ID, no judgement";
  EXPECT_FALSE(second("a", "s", "", 0, 1));
}

TEST_F(taps, a_long_flow_told_in_parts_counts_once_and_survives_its_teller) {
  int kept = 0;
  for (int minute = 0; minute < 5; ++minute) {
    const int from = minute * 60'000, to = from + 60'000;
    kept += second("a", "s", "1:x", from, to) ? 0 : 1;
    kept += second("b", "s", "1:x", from + 400, to + 400) ? 0 : 1;
  }
  EXPECT_EQ(kept, 5);
  EXPECT_TRUE(second("b", "s", "1:x", 300'400, 360'400)) << "may still be the part that a has not told yet";
  EXPECT_FALSE(second("b", "s", "1:x", 360'400, 420'400)) << "a is silent: b takes over";
  EXPECT_TRUE(second("a", "s", "1:x", 361'000, 421'000));
}

TEST_F(taps, bounded_oldest_first) {
  for (const auto* id : {"1", "2", "3", "4"}) EXPECT_FALSE(second("a", "s", id, 0, 1));
  EXPECT_TRUE(second("b", "s", "1", 0, 1)) << "spoken of again, so young";
  EXPECT_FALSE(second("a", "s", "5", 0, 1));
  EXPECT_EQ(filter.size(), 4u);
  EXPECT_EQ(filter.forgotten(), 1u);
  EXPECT_TRUE(second("b", "s", "1", 0, 1));
  EXPECT_FALSE(second("b", "s", "2", 0, 1)) << "forgotten";
}

TEST_F(taps, off) {
  config.two_taps = false;
  filter = tap_filter{config};
  EXPECT_FALSE(second("a", "s", "1:x", 0, 1000));
  EXPECT_FALSE(second("b", "s", "1:x", 0, 1000));
}

}  // namespace
}  // namespace mw
