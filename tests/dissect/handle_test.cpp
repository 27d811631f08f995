// Which identifier was asked for, and what came of it.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

using namespace mw;
using namespace mw::test;

namespace {

// version 2.1, request 7, 24 + 34 octets; resolution of 86.1000/a with two empty lists
constexpr std::string_view request =
    "02010000 00000000 00000007 00000000 0000002e"
    " 00000001 00000000 01000000 0000 00 00 00000000 00000016"
    " 0000000a 38362e313030302f6131 00000000 00000000";
// success with one value of type URL
constexpr std::string_view answer =
    "02010000 00000000 00000007 00000000 00000054"
    " 00000001 00000001 01000000 0000 00 00 00000000 0000003c"
    " 0000000a 38362e313030302f6131 00000001"
    " 00000001 5f000000 00 00015180 0e 00000003 55524c 0000000d 687474703a2f2f706c616e742f 00000000";
constexpr std::string_view not_found =
    "02010000 00000000 00000007 00000000 00000018"
    " 00000001 00000064 01000000 0000 00 00 00000000 00000000";

TEST(handle, resolution) {
  conversation c{"handle"};
  EXPECT_EQ(c.say(side::client, request), 0u);
  EXPECT_EQ(c.say(side::server, answer), 0u);
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.function, "1");
  EXPECT_EQ(o.function_name, "resolution");
  EXPECT_EQ(o.action, action::read);
  EXPECT_EQ(o.objects, (std::vector<object>{{"identifier", "86.1000/a1"}}));
  EXPECT_EQ(o.values, (std::vector<value>{std::string{"URL"}}));
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(handle, no_such_identifier) {
  conversation c{"handle"};
  c.client(request);
  c.server(not_found);
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "100");
}

TEST(handle, probe_wants_a_known_operation) {
  const auto& p = named("handle").about;
  EXPECT_EQ(p.probe(hex(request), transport::tcp), match::yes);
  auto strange = hex(request);
  strange[23] = 0x63;
  EXPECT_EQ(p.probe(strange, transport::tcp), match::no);
  EXPECT_EQ(p.probe(std::vector<std::uint8_t>(64, 0x16), transport::tcp), match::no);
}

TEST(handle, sealed_messages_are_counted) {
  conversation c{"handle"};
  auto sealed = hex(request);
  sealed[2] = 0x40;
  c.say(side::client, sealed);
  EXPECT_EQ(c.out.counts["handle/opaque/encrypted"], 1u);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(handle, every_prefix) { every_prefix("handle", {{side::client, hex(request)}, {side::server, hex(answer)}}); }

}  // namespace
