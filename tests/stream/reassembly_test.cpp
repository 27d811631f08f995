// TCP reassembly: a row is an arrival order and what comes out of it.
#include "sensor/stream/reassembly.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace mw {
namespace {

struct stream_under_test {
  reassembly r;
  std::string out;
  timestamp now{std::chrono::seconds{1000}};
  std::function<void(const chunk&)> data = [this](const chunk& c) { out.append(c.data.begin(), c.data.end()); };
  std::function<void(std::uint64_t)> gap = [this](std::uint64_t n) { out += '[' + std::to_string(n) + ']'; };
  reassembly::listener to{.data = data, .gap = gap};
  void add(std::uint32_t sequence, std::string_view text) {
    const std::vector<std::uint8_t> data(text.begin(), text.end());
    r.add(sequence, {data, now, 1}, to);
  }
  void balanced() const {
    const auto& c = r.count();
    EXPECT_EQ(c.in, c.delivered + c.repeated + c.held + c.lost);
  }
};

TEST(reassembly, in_order_and_reordered) {
  stream_under_test s;
  s.r.start(99);
  s.add(100, "ab");
  s.add(104, "ef");
  EXPECT_EQ(s.out, "ab");
  s.add(102, "cd");
  EXPECT_EQ(s.out, "abcdef");
  EXPECT_EQ(s.r.count().gaps, 0u);
  s.balanced();
}

TEST(reassembly, first_copy_of_an_octet_wins_and_conflicts_are_counted) {
  stream_under_test s;
  s.r.start(99);
  s.add(100, "abcd");
  s.add(102, "XXef");
  EXPECT_EQ(s.out, "abcdef");
  EXPECT_EQ(s.r.count().conflicts, 1u);
  s.add(100, "abcdef");
  EXPECT_EQ(s.r.count().retransmits, 1u);
  s.balanced();
}

TEST(reassembly, picked_up_in_the_middle_and_across_the_wrap) {
  stream_under_test s;
  s.add(0xfffffffe, "ab");
  s.add(0, "cd");
  EXPECT_EQ(s.out, "abcd");
  s.balanced();
}

TEST(reassembly, a_hole_that_an_answer_acknowledges_is_given_up_before_the_answer_is_read) {
  stream_under_test s;
  s.add(100, "ab");
  s.add(105, "request");
  s.r.acknowledged(112, s.now, false, s.to);
  EXPECT_EQ(s.out, "ab") << "an acknowledgement alone may overtake the data on a mirror port";
  s.r.acknowledged(112, s.now, true, s.to);
  EXPECT_EQ(s.out, "ab[3]request");
  s.balanced();
}

TEST(reassembly, a_hole_is_given_up_by_age_and_at_the_end) {
  stream_under_test s;
  s.add(100, "ab");
  s.add(105, "f");
  s.now += std::chrono::seconds{4};
  s.add(106, "g");
  EXPECT_EQ(s.out, "ab[3]fg");
  s.add(110, "k");
  s.r.finish(s.to);
  EXPECT_EQ(s.out, "ab[3]fg[3]k");
  EXPECT_EQ(s.r.count().gap_bytes, 6u);
  s.balanced();
}

TEST(reassembly, what_waits_is_bounded) {
  stream_under_test s;
  s.add(100, "a");
  for (std::uint32_t i = 0; i < 200; ++i) s.add(110 + 2 * i, "x");
  EXPECT_LE(s.r.count().held, reassembly::most_segments);
  s.balanced();
}

TEST(reassembly, another_stream_on_the_same_ports) {
  stream_under_test s;
  s.add(100, "ab");
  s.add(0x70000000, "new");
  EXPECT_EQ(s.out, "ab[0]new");
  s.balanced();
}

}  // namespace
}  // namespace mw
