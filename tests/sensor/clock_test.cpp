// Packet time that is wrong: one frame from the future, or an older capture behind a newer one.
#include "sensor/engine.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

using namespace std::chrono_literals;

struct keep final : record_sink {
  std::vector<record> all;
  void on_record(record&& r) override { all.push_back(std::move(r)); }
  template <class T>
  std::vector<T> only() const {
    std::vector<T> out;
    for (const auto& r : all)
      if (const auto* x = std::get_if<T>(&r)) out.push_back(*x);
    return out;
  }
};

/// A UDP datagram of 10.0.0.1:port to 10.0.0.2:7.
std::vector<std::uint8_t> datagram(std::uint16_t port) {
  auto data = test::hex("020000000002 020000000001 0800 4500 001d 0000 0000 40 11 0000 0a000001 0a000002 0000 0007 0009 0000 61");
  data[34] = static_cast<std::uint8_t>(port >> 8), data[35] = static_cast<std::uint8_t>(port);
  return data;
}

constexpr timestamp t0{1'700'000'000s};

struct wrong_clock : testing::Test {
  keep out;
  engine it{{}, out};
  void frame(timestamp at, std::uint16_t port) {
    const auto data = datagram(port);
    it.on_frame({.time = at, .data = data, .wire_size = static_cast<std::uint32_t>(data.size()), .link_type = 1});
  }
};

TEST_F(wrong_clock, one_frame_from_the_future_does_not_silence_the_heartbeat) {
  frame(t0, 1000);
  frame(timestamp{4'294'967'295s}, 1001);
  for (int second = 1; second <= 400; ++second) frame(t0 + second * 1s, static_cast<std::uint16_t>(2000 + second));
  const auto beats = out.only<status>();
  ASSERT_GE(beats.size(), 39u) << "one in ten seconds";
  EXPECT_LT(beats.back().flows_active, 190u) << "flows end when they are idle for three minutes";
  std::size_t fresh = 0, ended = 0;
  for (const auto& f : out.only<flow_record>()) fresh += f.reason == "new", ended += f.reason == "idle";
  EXPECT_GE(fresh, 390u);
  EXPECT_GE(ended, 200u);
  it.finish({});
  for (const auto& s : it.stats().ledger.all()) EXPECT_TRUE(s.balanced()) << s.stage;
}

TEST_F(wrong_clock, an_older_capture_behind_a_newer_one) {
  for (int second = 0; second < 100; ++second) frame(t0 + second * 1s, 1000);
  const auto before = out.only<status>().size();
  for (int second = 0; second < 100; ++second) frame(t0 - 24h + second * 1s, 1001);
  EXPECT_GE(out.only<status>().size(), before + 9);
}

TEST_F(wrong_clock, frames_a_little_out_of_order_do_not_set_it_back) {
  frame(t0 + 30min, 1000);
  frame(t0, 1000);
  it.on_time(t0 + 30min + 500ms);
  EXPECT_TRUE(out.only<status>().empty());
  it.finish({});
  EXPECT_EQ(out.only<status>().back().time, t0 + 30min + 500ms);
}

// A publisher of GOOSE that allows its message to live for 2 s says no more; only others speak. It must be told while it is silent.
TEST_F(wrong_clock, time_passes_for_a_silent_publisher) {
  const auto data = test::hex(
      "010ccd010001 020000000009 88b8 0003 0035 0000 0000"
      "612b 800141 810207d0 820144 8408386ebbf38000002a 850101 860100 870100 880101 890100 8a0101 ab03830100");
  it.on_frame({.time = t0, .data = data, .wire_size = static_cast<std::uint32_t>(data.size()), .link_type = 1});
  for (int second = 1; second <= 5; ++second) frame(t0 + second * 1s, 1000);
  std::size_t told = 0;
  for (const auto& v : out.only<violation>()) told += v.rule == "time_allowed_to_live";
  EXPECT_EQ(told, 1u);
}

}  // namespace
}  // namespace mw
