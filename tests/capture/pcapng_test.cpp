// pcapng: sections in both byte orders, interfaces that differ, and files that are cut or contradict themselves.
#include "sensor/capture/pcapng.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

namespace mw {
namespace {

std::string written(const std::vector<std::uint8_t>& data) {
  const auto path = testing::TempDir() + "pcapng_test_" + std::to_string(getpid());
  std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  return path;
}

/// Two interfaces: Ethernet in microseconds, raw IP in nanoseconds with another snapshot length; a packet of each.
const std::string little =
    "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
    "01000000 14000000 0100 0000 ff7f0000 14000000"
    "01000000 1c000000 6500 0000 00000400 0900 0100 09000000 1c000000"
    "05000000 10000000 00000000 10000000"  // a block that nobody needs
    "06000000 24000000 00000000 00000000 40420f00 03000000 40000000 aabbcc00 24000000"
    "06000000 24000000 01000000 00000000 00ca9a3b 02000000 02000000 ddee0000 24000000";
const std::string big =
    "0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c"
    "00000001 00000014 0001 0000 00007fff 00000014"
    "00000006 00000024 00000000 00000000 000f4240 00000003 00000040 aabbcc00 00000024";

TEST(pcapng, reads_interfaces_that_differ_and_both_byte_orders) {
  const auto path = written(test::hex(little + big));
  auto from = open_files({path});
  frame f;
  const struct {
    int link;
    std::size_t kept;
    std::uint32_t wire;
  } rows[] = {{1, 3, 64}, {101, 2, 2}, {1, 3, 64}};
  for (const auto& row : rows) {
    ASSERT_EQ(from->next(f), next_frame::got);
    EXPECT_EQ(f.link_type, row.link);
    EXPECT_EQ(f.data.size(), row.kept);
    EXPECT_EQ(f.wire_size, row.wire);
    EXPECT_EQ(f.time, timestamp{std::chrono::seconds{1}});
  }
  EXPECT_EQ(from->next(f), next_frame::end);
  EXPECT_TRUE(from->warnings().empty());
  std::remove(path.c_str());
}

/// Differences of any two times must fit 64 bits of nanoseconds.
TEST(pcapng, a_time_before_1970_or_far_from_now_is_told_as_its_limit) {
  const struct {
    std::string_view offset;
    std::int64_t seconds;
  } rows[] = {{"0000000000000080", 0},
              {"fdffffffffffffff", 0},
              {"ffffffffffffffff", 0},
              {"0a00000000000000", 11},
              {"ffffffffffffff7f", 9'000'000'000}};
  for (const auto& row : rows) {
    const auto path =
        written(test::hex("0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
                          "01000000 20000000 0100 0000 00000400 0e00 0800 " +
                          std::string{row.offset} +
                          " 20000000"
                          "06000000 24000000 00000000 00000000 40420f00 03000000 40000000 aabbcc00 24000000"));
    auto from = open_files({path});
    frame f;
    ASSERT_EQ(from->next(f), next_frame::got);
    EXPECT_EQ(f.time, timestamp{std::chrono::seconds{row.seconds}}) << row.offset;
    std::remove(path.c_str());
  }
}

TEST(pcap, a_time_has_no_sign_and_a_fraction_is_less_than_a_second) {
  const struct {
    std::string_view seconds, micros;
    nanoseconds time;
  } rows[] = {{"01000000", "02000000", std::chrono::seconds{1} + std::chrono::microseconds{2}},
              {"ffffffff", "00000000", std::chrono::seconds{4'294'967'295}},
              {"01000000", "ffffffff", std::chrono::seconds{1}},
              {"01000000", "ffffff7f", std::chrono::seconds{1} + nanoseconds{999'999'999}}};
  for (const auto& row : rows) {
    const auto path = written(test::hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000" + std::string{row.seconds} +
                                        std::string{row.micros} + "01000000 01000000 aa"));
    auto from = open_files({path});
    frame f;
    ASSERT_EQ(from->next(f), next_frame::got);
    EXPECT_EQ(f.time, timestamp{row.time}) << row.seconds << ' ' << row.micros;
    std::remove(path.c_str());
  }
}

TEST(pcapng, every_cut_and_every_flipped_octet_ends_in_frames_or_one_warning) {
  const auto whole = test::hex(little);
  std::vector<std::vector<std::uint8_t>> spoiled;
  for (std::size_t n = 4; n < whole.size(); ++n) spoiled.emplace_back(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t n = 4; n < whole.size(); ++n) {
    spoiled.push_back(whole);
    spoiled.back()[n] = static_cast<std::uint8_t>(~whole[n]);
  }
  constexpr std::array<std::size_t, 5> borders{28, 48, 76, 92, 128};  // a file may end where a block ends
  for (const auto& data : spoiled) {
    const auto path = written(data);
    auto from = open_files({path});
    frame f;
    unsigned frames = 0;
    while (from->next(f) == next_frame::got) ++frames;
    EXPECT_LE(frames, 2u);
    EXPECT_LE(from->warnings().size(), 1u);
    const bool at_border = std::ranges::count(borders, data.size()) != 0;
    if (data.size() < whole.size()) {
      EXPECT_EQ(from->warnings().empty(), at_border) << data.size();
    }
    std::remove(path.c_str());
  }
}

}  // namespace
}  // namespace mw
