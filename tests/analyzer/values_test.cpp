// The value that stood at a point before: from single operations and from summaries.
#include "analyzer/values.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

operation holding(std::vector<value> values) {
  operation o;
  o.protocol = "modbus", o.unit = "1", o.outcome = outcome::ok;
  o.server.address = ip::v4(10, 0, 0, 9);
  o.objects = {{"holding", "100", static_cast<std::uint32_t>(values.size()), {}, {}}};
  o.values = std::move(values);
  return o;
}
const value before(const last_values& v) { return v.before(holding({value{}})).value_or(value{std::string{"nothing"}}); }

TEST(last_values, of_single_operations) {
  last_values v{10};
  EXPECT_EQ(before(v), value{std::string{"nothing"}});
  v.note(holding({value{std::uint64_t{7}}, value{std::uint64_t{8}}}));
  EXPECT_EQ(before(v), value{std::uint64_t{7}});
}

TEST(last_values, a_summary_leaves_what_its_last_operation_said) {
  last_values v{10};
  auto summary = holding({value{std::uint64_t{7}}});
  summary.repeat = repeat{.count = 5};
  summary.repeat->points.push_back({.first = value{std::uint64_t{7}}, .last = value{std::uint64_t{9}}});
  v.note(summary);
  EXPECT_EQ(before(v), value{std::uint64_t{9}});
  summary.repeat->points.clear();  // a summary without statistics still says its first values
  v.note(summary);
  EXPECT_EQ(before(v), value{std::uint64_t{7}});
}

}  // namespace
}  // namespace mw
