// Frames to packets: each row is a frame and what stands in it; every prefix of it must be survived.
#include "sensor/decode/decode.hpp"
#include "sensor/decode/fragments.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <pcap/dlt.h>

namespace mw {
namespace {

// 10.0.0.1:1025 -> 10.0.0.2:502, TCP, sequence 1, PSH ACK, payload "abc"; total length 43
constexpr std::string_view ip_tcp = "4500002b 00010000 4006 0000 0a000001 0a000002  0401 01f6 00000001 00000002 5018 2000 0000 0000 616263";
constexpr std::string_view macs = "001b1b000002 001b1b000001";

struct row {
  const char* name;
  int link;
  std::string frame;
  std::uint16_t vlan;
};

TEST(decode, links_and_tunnels_lead_to_the_same_segment) {
  const std::string inner{ip_tcp}, m{macs};
  const row rows[] = {
      {"ethernet", DLT_EN10MB, m + "0800" + inner, 0},
      {"vlan", DLT_EN10MB, m + "8100 2064 0800" + inner, 0x64},
      {"qinq", DLT_EN10MB, m + "88a8 0065 8100 0064 0800" + inner, 0x65},
      {"hsr", DLT_EN10MB, m + "892f 0033 0007 0800" + inner, 0},
      {"hsr in vlan", DLT_EN10MB, m + "8100 2064 892f 1033 0007 0800" + inner, 0x64},
      {"mpls", DLT_EN10MB, m + "8847 00010100" + inner, 0},
      {"pppoe", DLT_EN10MB, m + "8864 1100 0001 002d 0021" + inner, 0},
      {"gre", DLT_EN10MB, m + "0800 45000043 00010000 402f 0000 c0a80001 c0a80002 0000 0800" + inner, 0},
      {"ip in ip", DLT_EN10MB, m + "0800 4500003f 00010000 4004 0000 c0a80001 c0a80002" + inner, 0},
      {"cooked", DLT_LINUX_SLL, "0000 0001 0006 001b1b000001 0000 0800" + inner, 0},
      {"cooked 2", DLT_LINUX_SLL2, "0800 0000 00000001 0001 00 06 001b1b000001 0000" + inner, 0},
      {"null, little endian", DLT_NULL, "02000000" + inner, 0},
      {"null, big endian", DLT_NULL, "00000002" + inner, 0},
      {"raw", DLT_RAW, inner, 0},
  };
  for (const auto& r : rows) {
    const auto data = test::hex(r.frame);
    const auto p = decode(data, r.link, static_cast<std::uint32_t>(data.size()));
    ASSERT_TRUE(p) << r.name << ": " << p.error().what;
    EXPECT_EQ(to_string(p->source), "10.0.0.1") << r.name;
    EXPECT_EQ(p->target_port.number, 502) << r.name;
    EXPECT_EQ(p->transport, transport::tcp) << r.name;
    EXPECT_EQ(p->tcp.sequence, 1u) << r.name;
    EXPECT_EQ(std::string(p->payload.begin(), p->payload.end()), "abc") << r.name;
    EXPECT_EQ(p->vlan, r.vlan) << r.name;
    for (std::size_t n = 0; n < data.size(); ++n) {
      const std::vector<std::uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
      (void)decode(cut, r.link, static_cast<std::uint32_t>(data.size()));
    }
    for (std::size_t n = 0; n < data.size(); ++n) {
      auto spoiled = data;
      spoiled[n] = static_cast<std::uint8_t>(~spoiled[n]);
      (void)decode(spoiled, r.link, static_cast<std::uint32_t>(data.size()));
    }
  }
}

TEST(decode, ethernet_padding_is_no_payload) {
  const auto data =
      test::hex(std::string{macs} +
                "0800 45000028 00010000 4006 0000 0a000001 0a000002 0401 01f6 00000001 00000002 5010 2000 0000 0000 000000000000");
  const auto p = decode(data, DLT_EN10MB, 60);
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->payload.empty());
}

TEST(decode, fragments_in_any_order_give_the_datagram) {
  const auto first = test::hex("4500001c 00070000 4011 0000 0a000001 0a000002 1f90 0035 0010 0000");  // whole: a UDP header alone
  ASSERT_TRUE(decode(first, DLT_RAW, 28));
  const auto a = test::hex("4500001c 00072000 4011 0000 0a000001 0a000002 1f90 0035 0010 0000");
  const auto b = test::hex("4500001c 00070001 4011 0000 0a000001 0a000002 6162636465666768");
  for (const bool reversed : {false, true}) {
    fragments f;
    auto one = decode(reversed ? b : a, DLT_RAW, 28), two = decode(reversed ? a : b, DLT_RAW, 28);
    ASSERT_TRUE(one && two);
    ASSERT_TRUE(one->fragment && two->fragment);
    EXPECT_TRUE(f.add(*one, timestamp{}).empty());
    EXPECT_EQ(f.count().held, 1u);
    const auto whole = f.add(*two, timestamp{});
    ASSERT_EQ(whole.size(), 16u);
    ASSERT_TRUE(decode_transport(*two, whole));
    EXPECT_EQ(two->target_port.number, 53);
    EXPECT_EQ(std::string(two->payload.begin(), two->payload.end()), "abcdefgh");
    EXPECT_EQ(f.count().held, 0u);
    EXPECT_EQ(f.count().joined, 2u);
  }
}

}  // namespace
}  // namespace mw
