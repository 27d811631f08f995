// Community ID: values published with the specification's baseline captures.
#include "sensor/flow/community_id.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

TEST(community_id, both_directions_have_the_published_value) {
  const auto a = ip::v4(128, 232, 110, 120), b = ip::v4(66, 35, 250, 204);
  EXPECT_EQ(community_id(a, b, 6, port{34855}, port{80}, true), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(community_id(b, a, 6, port{80}, port{34855}, true), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

}  // namespace
}  // namespace mw
