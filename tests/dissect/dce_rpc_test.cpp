// DCE/RPC: headers of both protocols, in both byte orders, what a bind agrees on, and calls in fragments.
#include "sensor/dissect/dce_rpc.hpp"

#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using dce_rpc::kind;

const std::string little_uuid = "08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa";
const std::string big_uuid = "e1 af 83 08 5d 1f 11 c9 91 a4 08 00 2b 14 a0 fa";
const std::string none = "00000000000000000000000000000000";

std::string v4(const std::string& type, const std::string& flags, const std::string& number, const std::string& body, bool little = true) {
  const auto size = hex(body).size();
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string octet{digits[size >> 4], digits[size & 15]};
  return "04" + type + flags + "00" + (little ? "100000" : "000000") + "00" + none + (little ? little_uuid : big_uuid) +
         "11111111111111111111111111111111" + "00000000" + (little ? "03000000" : "00000003") + (little ? "07000000" : "00000007") +
         (little ? "0200" : "0002") + "ffff ffff" + (little ? octet + "00" : "00" + octet) + number + "00 00" + body;
}

TEST(dce_rpc, connectionless_headers_in_both_byte_orders) {
  for (const bool little : {true, false}) {
    const auto data = hex(v4("00", "20", "0000", "aabbcc", little));
    const auto h = dce_rpc::read(data);
    ASSERT_TRUE(h);
    EXPECT_EQ(h->version, 4);
    EXPECT_EQ(h->type, kind::request);
    EXPECT_EQ(h->little, little);
    EXPECT_EQ(dce_rpc::to_string(h->interface_id), "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
    EXPECT_EQ(h->interface_id, dce_rpc::endpoint_mapper);
    EXPECT_EQ(h->interface_version, 3U);
    EXPECT_EQ(h->call, 7U);
    EXPECT_EQ(h->operation, 2);
    EXPECT_EQ(h->body.size(), 3U);
    EXPECT_TRUE(h->whole());
  }
}

TEST(dce_rpc, what_is_no_message) {
  const struct {
    const char* name;
    std::string text;
  } rows[] = {
      {"empty", ""},
      {"version", "06" + std::string(200, '0')},
      {"kind", v4("0b", "20", "0000", "")},
      {"cut", v4("00", "20", "0000", "aabb").substr(0, 150)},
      {"body_beyond", v4("00", "20", "0000", "aabb").substr(0, v4("00", "20", "0000", "aabb").size() - 2)},
      {"minor", "05 02 00 03 10000000 1000 0000 01000000"},
      {"length", "05 00 00 03 10000000 0f00 0000 01000000"},
      {"authentication", "05 00 0b 03 10000000 1800 1000 01000000 0000000000000000"},
  };
  for (const auto& r : rows) EXPECT_FALSE(dce_rpc::read(hex(r.text))) << r.name;
}

TEST(dce_rpc, a_fault_has_its_status) {
  const auto data = hex(v4("03", "00", "0000", "0b00001c"));
  const auto h = dce_rpc::read(data);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->type, kind::fault);
  EXPECT_EQ(h->status, 0x1c00000bU);
}

TEST(dce_rpc, a_bind_offers_and_is_answered) {
  const auto bind = hex("05 00 0b 03 10000000 4800 0000 01000000 b810 b810 00000000 01 000000 0000 01 00" + little_uuid +
                        "03000000 045d888aeb1cc9119fe808002b104860 02000000");
  EXPECT_EQ(dce_rpc::frame(bind).value(), bind.size());
  const auto h = dce_rpc::read(bind);
  ASSERT_TRUE(h);
  const auto contexts = dce_rpc::offered(*h);
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_EQ(contexts[0].interface_id, dce_rpc::endpoint_mapper);
  EXPECT_EQ(contexts[0].version, 3U);
  const auto ack = hex(
      "05 00 0c 03 10000000 3c00 0000 01000000 b810 b810 00000000 0400 31333500 0000 01 000000 0000 0000 045d888aeb1cc9119fe808002b104860 "
      "02000000");
  const auto a = dce_rpc::read(ack);
  ASSERT_TRUE(a);
  EXPECT_EQ(dce_rpc::accepted(*a), std::vector<bool>{true});
}

TEST(dce_rpc, requests_of_a_connection_and_their_authentication) {
  const auto data = hex("05 00 00 03 10000000 2c00 0800 09000000 04000000 0100 0f00 aabbccdd 0a 02 00 00 00000000 1122334455667788");
  const auto h = dce_rpc::read(data);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->call, 9U);
  EXPECT_EQ(h->context, 1);
  EXPECT_EQ(h->operation, 15);
  EXPECT_TRUE(h->authenticated);
  EXPECT_EQ(h->body.size(), 4U);
  EXPECT_EQ(dce_rpc::frame(hex("05 00 00 03 10")).value(), 0U);
  EXPECT_FALSE(dce_rpc::frame(hex("04")));
}

TEST(dce_rpc, fragments_become_a_call) {
  dce_rpc::fragments f;
  const auto add = [&](const std::string& text) {
    const auto data = hex(text);
    return f.add(dce_rpc::read(data).value(), side::client);
  };
  EXPECT_FALSE(add(v4("00", "04", "0000", "aa")));
  EXPECT_FALSE(add(v4("00", "06", "0200", "cc")));
  EXPECT_FALSE(add(v4("00", "04", "0000", "aa")));  // again
  EXPECT_EQ(add(v4("00", "04", "0100", "bb")), hex("aabbcc"));
  EXPECT_FALSE(add("05 00 00 02 10000000 1900 0000 01000000 00000000 0000 0000 ff"));  // its beginning was not seen
  EXPECT_FALSE(add("05 00 00 01 10000000 1900 0000 02000000 00000000 0000 0000 01"));
  EXPECT_EQ(add("05 00 00 02 10000000 1900 0000 02000000 00000000 0000 0000 02"), hex("0102"));
}

TEST(dce_rpc, calls_that_never_end_are_bounded) {
  dce_rpc::fragments f;
  for (unsigned i = 0; i < 20; ++i) {
    auto data = hex(v4("00", "04", "0000", "aa"));
    data[64] = static_cast<std::uint8_t>(i);
    EXPECT_FALSE(f.add(dce_rpc::read(data).value(), side::client));
  }
  EXPECT_EQ(f.dropped, 4U);
}

}  // namespace
}  // namespace mw::test
