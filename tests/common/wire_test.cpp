// What is encoded comes back whole; what is not a batch is refused, whatever it is.
#include "common/wire.hpp"

#include "common/checksum.hpp"
#include "common/wire_columns.hpp"
#include "tests/common/random_records.hpp"

#include <gtest/gtest.h>
#include <zstd.h>
#include <iostream>
#include <limits>

namespace mw {
namespace {

using octets = std::vector<std::uint8_t>;

/// The frame around `raw`, made by hand as common/wire.hpp says, so that a change of the form fails here.
octets frame(std::string_view raw, std::uint8_t major = 1, std::uint32_t claimed = 0, std::string_view magic = "MWBT") {
  octets out(20 + ZSTD_compressBound(raw.size()));
  out.resize(20 + ZSTD_compress(&out[20], out.size() - 20, raw.data(), raw.size(), 1));
  const auto put = [&](std::size_t at, std::size_t v) {
    for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
  };
  std::copy(magic.begin(), magic.end(), out.begin());
  out[4] = major;
  put(8, claimed != 0 ? claimed : raw.size());
  put(12, out.size() - 20);
  put(16, crc32c(bytes{out}.subspan(20), crc32c(bytes{out}.first(16))));
  return out;
}
constexpr fault none{99};
fault kind_of(const result<batch>& r) { return r ? none : r.error().kind; }

TEST(checksum, known_answers) {  // RFC 3720 B.4
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(octets(32, 0)), 0x8a9136aau);
  EXPECT_EQ(crc32c(octets(32, 0xff)), 0x62a8ab43u);
  const octets digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  EXPECT_EQ(crc32c(digits), 0xe3069283u);
  for (std::size_t cut = 0; cut <= digits.size(); ++cut)
    EXPECT_EQ(crc32c(bytes{digits}.subspan(cut), crc32c(bytes{digits}.first(cut))), 0xe3069283u);
}

TEST(wire, every_field_survives) {
  for (unsigned seed = 1; seed <= 120; ++seed) {
    const auto b = random_records{seed}.a_batch(seed % 41);
    const auto bytes = encode(b);
    const auto back = decode(bytes);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().what;
    ASSERT_EQ(*back, b) << "seed " << seed;
    ASSERT_EQ(encode(*back), bytes) << "the same batch must give the same bytes";
  }
}

TEST(wire, numbers_at_their_edges) {
  operation o;
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  o.values = {-0.0, std::numeric_limits<double>::denorm_min(), std::numeric_limits<std::int64_t>::min(),
              std::numeric_limits<std::uint64_t>::max(), nan};
  o.time = timestamp{nanoseconds::min()};
  o.packets = {std::numeric_limits<std::uint64_t>::max(), 0};
  o.repeat.emplace().points = {{{}, {}, -0.0, nan, 0, 0, 0}};
  batch b{"s", 1, timestamp{nanoseconds::max()}, {o, o}};
  const auto back = decode(encode(b));
  ASSERT_TRUE(back);
  const auto& got = std::get<operation>(back->records[1]);
  EXPECT_TRUE(std::signbit(std::get<double>(got.values[0])));
  EXPECT_TRUE(std::isnan(std::get<double>(got.values[4])));
  EXPECT_TRUE(std::signbit(got.repeat->points[0].minimum));
  EXPECT_TRUE(std::isnan(got.repeat->points[0].maximum));
  EXPECT_EQ(got.values[3], o.values[3]);
  EXPECT_EQ(got.time, o.time);
  EXPECT_EQ(got.packets, o.packets);
  EXPECT_EQ(encode(*back), encode(b));
}

TEST(wire, every_prefix_and_every_flipped_bit_is_refused) {
  const auto good = encode(random_records{5}.a_batch(3));
  for (std::size_t n = 0; n < good.size(); ++n) {
    const octets cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(kind_of(decode(cut)), fault::truncated) << n;
  }
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    auto bad = good;
    bad[i / 8] = static_cast<std::uint8_t>(bad[i / 8] ^ (1u << i % 8));
    const auto r = decode(bad);
    ASSERT_FALSE(r) << "bit " << i;
    ASSERT_NE(r.error().kind, fault::unsupported) << "a broken octet must not pass for a version of the future";
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(kind_of(decode(longer)), fault::malformed);
}

/// Behind the checksum: columns that contradict one another must end as an error, or as some valid batch.
TEST(wire, hostile_columns_never_crash) {
  std::size_t refused = 0, accepted = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    wire::Batch message;
    to_columns(random_records{seed}.a_batch(4), message);
    const auto raw = message.SerializeAsString();
    const auto try_one = [&](std::string_view bad) {
      wire::Batch m;
      if (!m.ParseFromArray(bad.data(), static_cast<int>(bad.size()))) return;
      const auto r = from_columns(m, {});
      ++(r ? accepted : refused);
      if (r && accepted % 50 == 0) {
        EXPECT_EQ(kind_of(decode(encode(*r))), none);
      }
    };
    for (std::size_t n = 0; n < raw.size(); ++n) try_one(std::string_view{raw}.substr(0, n));
    for (std::size_t i = 0; i < raw.size(); ++i)
      for (const int flip : {0x01, 0x80}) {
        auto bad = raw;
        bad[i] = static_cast<char>(bad[i] ^ flip);
        try_one(bad);
      }
  }
  EXPECT_GT(refused, 500u);
  EXPECT_GT(accepted, 100u);
}

TEST(wire, what_a_column_may_not_say) {
  batch b{"s", 1, {}, {}};
  operation o;
  o.protocol = "modbus";
  o.values = {std::int64_t{4}};
  o.latency = nanoseconds{1};
  o.objects = {{"holding", "1", 1, {}, {}}};
  o.vlan = 5;
  b.records = {o, o};
  fact f;
  f.address = ip::v4(10, 0, 0, 1);
  b.records.push_back(f);
  using change = void (*)(wire::Batch&);
  const struct {
    std::string_view name;
    change apply;
    fault kind;
  } rows[] = {
      {"record type", [](wire::Batch& m) { (*m.mutable_order())[0] = 5; }, fault::malformed},
      {"negative record type", [](wire::Batch& m) { (*m.mutable_order())[0] = '\xff'; }, fault::malformed},
      {"one row more than columns", [](wire::Batch& m) { m.mutable_order()->push_back(1); }, fault::malformed},
      {"text outside the dictionary", [](wire::Batch& m) { m.mutable_operations()->set_protocol(1, 4000000000u); }, fault::malformed},
      {"sizes beyond the dictionary", [](wire::Batch& m) { m.set_dictionary_sizes(0, 100); }, fault::malformed},
      {"sizes short of the dictionary", [](wire::Batch& m) { m.set_dictionary_sizes(0, 0); }, fault::malformed},
      {"half an endpoint", [](wire::Batch& m) { m.mutable_endpoints()->push_back(0); }, fault::malformed},
      {"endpoint outside the list", [](wire::Batch& m) { m.mutable_facts()->set_subject(0, 2); }, fault::malformed},
      {"subject with a port", [](wire::Batch& m) { (*m.mutable_endpoints())[16] = 1; }, fault::malformed},
      {"unknown action", [](wire::Batch& m) { m.mutable_operations()->mutable_action()->Resize(2, 23); }, fault::malformed},
      {"unknown transport", [](wire::Batch& m) { m.mutable_operations()->mutable_transport()->Resize(2, 5); }, fault::malformed},
      {"unknown outcome", [](wire::Batch& m) { m.mutable_operations()->set_outcome(0, 6); }, fault::malformed},
      {"VLAN beyond 16 bits", [](wire::Batch& m) { m.mutable_operations()->set_vlan(0, 65536); }, fault::malformed},
      {"presence of 2", [](wire::Batch& m) { m.mutable_operations()->set_has_latency(0, 2); }, fault::malformed},
      {"latency missing", [](wire::Batch& m) { m.mutable_operations()->mutable_latency()->RemoveLast(); }, fault::malformed},
      {"value missing", [](wire::Batch& m) { m.mutable_operations()->mutable_values()->mutable_integers()->RemoveLast(); },
       fault::malformed},
      {"value too many", [](wire::Batch& m) { m.mutable_operations()->mutable_values()->add_reals(1); }, fault::malformed},
      {"kind of value", [](wire::Batch& m) { (*m.mutable_operations()->mutable_values()->mutable_kind())[0] = 7; }, fault::malformed},
      {"more objects than columns hold", [](wire::Batch& m) { m.mutable_operations()->mutable_objects()->set_size(0, 2); },
       fault::malformed},
      {"a million million objects", [](wire::Batch& m) { m.mutable_operations()->mutable_objects()->set_size(0, 4294967295u); },
       fault::over_limit},
      {"too many records", [](wire::Batch& m) { m.mutable_order()->append(70000, '\2'); }, fault::over_limit},
  };
  wire::Batch good;
  to_columns(b, good);
  ASSERT_TRUE(from_columns(good, {}));
  for (const auto& row : rows) {
    auto m = good;
    row.apply(m);
    EXPECT_EQ(kind_of(from_columns(m, {})), row.kind) << row.name;
    EXPECT_EQ(kind_of(decode(frame(m.SerializeAsString()))), row.kind) << row.name;
  }
}

TEST(wire, little_input_cannot_ask_for_much_memory) {
  batch b{"s", 1, {}, {}};
  operation o;
  o.unit = std::string(20000, 'x');
  b.records.assign(5000, o);  // 100 MB of text in a few octets
  EXPECT_EQ(kind_of(decode(encode(b))), fault::over_limit);
  const std::string zeros(40u << 20, '\0');
  EXPECT_EQ(kind_of(decode(frame(zeros))), fault::over_limit);
  EXPECT_EQ(kind_of(decode(frame(zeros, 1, 1000))), fault::malformed) << "a header that says less than there is";
  EXPECT_EQ(kind_of(decode(octets(17u << 20))), fault::over_limit);
}

TEST(wire, versions) {
  wire::Batch message;
  to_columns({"s", 7, {}, {fact{}}}, message);
  const auto raw = message.SerializeAsString();
  EXPECT_TRUE(decode(frame(raw)));
  EXPECT_EQ(kind_of(decode(frame(raw, 2))), fault::unsupported);
  EXPECT_EQ(kind_of(decode(frame("columns of the future", 2))), fault::unsupported);
  EXPECT_EQ(kind_of(decode(frame(raw, 1, 0, "MWBX"))), fault::malformed);
  // A newer minor version may add fields (here number 100, of length 2); they are passed over.
  EXPECT_TRUE(decode(frame(raw + "\xa2\x06\x02"
                                 "ab")));
}

/// Ordinary traffic, condensed off: what one operation costs on the wire.
TEST(wire, size_of_cyclic_traffic) {
  std::mt19937 random{1};
  batch b{"sensor-1", 1, {}, {}};
  for (int i = 0; i < 2000; ++i) {
    operation o;
    const auto plc = static_cast<std::uint8_t>(random() % 8);
    o.time = timestamp{nanoseconds{1'700'000'000'000'000'000 + i * 12'345'000LL + random() % 3'000'000}};
    o.protocol = "modbus";
    o.client = {ip::v4(10, 0, 0, 5), {static_cast<std::uint16_t>(49152 + plc)}, {{0, 1, 2, 3, 4, 5}}};
    o.server = {ip::v4(10, 0, 1, plc), {502}, {{0, 0x1b, 0x1b, 3, 4, plc}}};
    o.unit = "1";
    o.function = "3";
    o.function_name = "read_holding_registers";
    o.objects = {{"holding", std::to_string(100 + random() % 4), 2, {}, {}}};
    o.values = {std::uint64_t{random() % 65536}, std::uint64_t{random() % 100}};
    o.outcome = outcome::ok;
    o.latency = nanoseconds{1'000'000 + random() % 2'000'000};
    o.flow = "1:LQU9qZlK+B5F3KDmev6m5PMibr" + std::to_string(plc);
    o.packets = {static_cast<std::uint64_t>(2 * i), static_cast<std::uint64_t>(2 * i + 1)};
    b.records.emplace_back(o);
  }
  const auto bytes = encode(b);
  ASSERT_TRUE(decode(bytes));
  const auto each = static_cast<double>(bytes.size()) / static_cast<double>(b.records.size());
  std::cout << "bytes per operation: " << each << '\n';
  EXPECT_LT(each, 25);
}

}  // namespace
}  // namespace mw
