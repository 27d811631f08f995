// What BER elements mean, and that a broken one never reads past its end.
#include "sensor/dissect/ber.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

using namespace mw;

namespace {

TEST(ber, elements) {
  const struct {
    std::string_view text;
    ber::tag_class kind;
    bool constructed;
    std::uint32_t number;
    std::size_t size, left;
  } rows[] = {
      {"02 01 05 ff", ber::tag_class::universal, false, 2, 1, 1},
      {"a0 81 02 01 02", ber::tag_class::context, true, 0, 2, 0},
      {"bf 4f 00", ber::tag_class::context, true, 79, 0, 0},
      {"bf 81 00 01 00", ber::tag_class::context, true, 128, 1, 0},
      {"61 80 02 01 01 00 00 ee", ber::tag_class::application, true, 1, 3, 1},
      {"61 80 30 80 02 01 00 00 00 00 00", ber::tag_class::application, true, 1, 7, 0},
      {"04 82 00 01 aa", ber::tag_class::universal, false, 4, 1, 0},
  };
  for (const auto& row : rows) {
    const auto data = test::hex(row.text);
    reader in{data};
    const auto e = ber::next(in);
    EXPECT_TRUE(in.ok()) << row.text;
    EXPECT_TRUE(e.is(row.kind, row.number)) << row.text;
    EXPECT_EQ(e.constructed, row.constructed) << row.text;
    EXPECT_EQ(e.content.size(), row.size) << row.text;
    EXPECT_EQ(in.left(), row.left) << row.text;
    for (std::size_t n = 0; n + row.left < data.size(); ++n) {
      const std::vector<std::uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
      reader short_of{cut};
      EXPECT_TRUE(ber::next(short_of).content.empty()) << row.text << " cut to " << n;
      EXPECT_FALSE(short_of.ok()) << row.text << " cut to " << n;
    }
  }
}

TEST(ber, refuses) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "30 80 ";
  for (int i = 0; i < 40; ++i) deep += "00 00 ";
  for (const std::string_view text :
       {std::string_view{deep}, std::string_view{"04 80 00 00"}, std::string_view{"04 89 01 01 01 01 01 01 01 01 01"},
        std::string_view{"bf ff ff ff ff 7f 00"}, std::string_view{"04 88 ff ff ff ff ff ff ff ff"}}) {
    const auto data = test::hex(text);
    reader in{data};
    (void)ber::next(in);
    EXPECT_FALSE(in.ok()) << text;
  }
}

TEST(ber, values) {
  EXPECT_EQ(ber::to_signed(test::hex("ff")), -1);
  EXPECT_EQ(ber::to_signed(test::hex("00 80")), 128);
  EXPECT_EQ(ber::to_signed(test::hex("80 00 00 00 00 00 00 00")), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(ber::to_signed({}));
  EXPECT_EQ(ber::to_unsigned(test::hex("00 ff ff ff ff ff ff ff ff")), ~std::uint64_t{0});
  EXPECT_FALSE(ber::to_unsigned(test::hex("01 ff ff ff ff ff ff ff ff")));
  EXPECT_EQ(ber::to_oid(test::hex("2b 06 01 04 01 82 37")), "1.3.6.1.4.1.311");
  EXPECT_EQ(ber::to_oid(test::hex("88 37 03")), "2.999.3");
  EXPECT_EQ(ber::to_oid(test::hex("2b 86")), "");
  EXPECT_EQ(ber::to_bits(test::hex("03 a8")), "10101");
  EXPECT_EQ(ber::to_bits(test::hex("00")), "");
  EXPECT_EQ(ber::to_bits(test::hex("08 00")), "");
  EXPECT_EQ(ber::to_bits(test::hex("00 ff ff"), 3), "111");
}

}  // namespace
