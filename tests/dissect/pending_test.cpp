// Requests that wait: found by key, given up by number, by weight, by age and at the end, and never silently.
#include "sensor/dissect/pending.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace std::chrono_literals;

operation request(std::string function, std::size_t octets = 0, timestamp at = {}) {
  operation op;
  op.time = at;
  op.function = std::move(function);
  if (octets != 0) op.values.emplace_back(std::string(octets, 'x'));
  return op;
}
std::string told(const recorder& r) {
  std::string all;
  for (const auto& op : r.operations) all += op.function + (op.outcome == outcome::timeout ? " timeout;" : " ?;");
  return all;
}

TEST(pending, the_oldest_with_the_key_is_taken) {
  recorder out;
  pending_requests<int> p;
  p.add(1, request("a"), out);
  p.add(2, request("b"), out);
  p.add(1, request("c"), out);
  EXPECT_EQ(p.take(1)->op.function, "a");
  EXPECT_EQ(p.take(1)->op.function, "c");
  EXPECT_FALSE(p.take(1));
  p.finish(out);
  EXPECT_EQ(told(out), "b timeout;");
}

TEST(pending, the_oldest_goes_when_there_are_too_many) {
  recorder out;
  pending_requests<int, std::monostate, 2> p;
  for (int i = 0; i < 4; ++i) p.add(i, request(std::to_string(i)), out);
  EXPECT_EQ(told(out), "0 timeout;1 timeout;");
  EXPECT_EQ(p.size(), 2u);
}

TEST(pending, the_oldest_go_when_all_weigh_too_much) {
  recorder out;
  pending_requests<int> p;
  for (int i = 0; i < 4; ++i) p.add(i, request(std::to_string(i), 300'000), out);
  EXPECT_EQ(told(out), "0 timeout;");
  EXPECT_TRUE(p.take(1)) << "what is taken weighs no more";
  p.add(4, request("4", 300'000), out);
  EXPECT_EQ(told(out), "0 timeout;");
  p.add(5, request("5", 2'000'000), out);
  EXPECT_EQ(told(out), "0 timeout;2 timeout;3 timeout;4 timeout;") << "one alone may be heavier: it came whole";
  EXPECT_EQ(p.size(), 1u);
  p.add(6, request("6"), out);
  EXPECT_EQ(p.size(), 1u);
}

TEST(pending, the_old_expire) {
  recorder out;
  pending_requests<int> p;
  const timestamp t0{1'700'000'000s};
  p.add(1, request("a", 0, t0), out);
  p.add(2, request("b", 0, t0 + 20s), out);
  p.expire(t0 + 31s, out);
  EXPECT_EQ(told(out), "a timeout;");
}

}  // namespace
}  // namespace mw::test
