// Checksums against the check values of their catalogue, whole and in parts.
#include "common/checksum.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint8_t, 9> check{'1', '2', '3', '4', '5', '6', '7', '8', '9'};

TEST(checksum, values_of_the_catalogue) {
  EXPECT_EQ(crc32c(check), 0xe3069283u);
  EXPECT_EQ(crc32_iso_hdlc(check), 0xcbf43926u);
  EXPECT_EQ(crc16_arc(check), 0xbb3d);
  EXPECT_EQ(crc16_modbus(check), 0x4b37);
}

TEST(checksum, of_nothing) {
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32_iso_hdlc({}), 0u);
  EXPECT_EQ(crc16_arc({}), 0);
  EXPECT_EQ(crc16_modbus({}), 0xffff);
}

TEST(checksum, goes_on_over_parts) {
  std::vector<std::uint8_t> data(100);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(37 * i);
  const bytes all{data};
  for (std::size_t n = 0; n <= all.size(); ++n) {
    const auto first = all.first(n), second = all.subspan(n);
    EXPECT_EQ(crc32c(second, crc32c(first)), crc32c(all));
    EXPECT_EQ(crc32_iso_hdlc(second, crc32_iso_hdlc(first)), crc32_iso_hdlc(all));
    EXPECT_EQ(crc16_arc(second, crc16_arc(first)), crc16_arc(all));
    EXPECT_EQ(crc16_modbus(second, crc16_modbus(first)), crc16_modbus(all));
  }
}

}  // namespace
}  // namespace mw
