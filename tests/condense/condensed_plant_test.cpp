// The recorded plant with and without condensing: the same detections, each command by itself, and far fewer records.
#include "analyzer/analyzer.hpp"
#include "analyzer/baseline/baseline.hpp"
#include "common/wire.hpp"
#include "sensor/condense/condenser.hpp"
#include "sensor/engine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace mw {
namespace {

using namespace std::chrono_literals;

const auto tests = std::filesystem::absolute(std::filesystem::path{__FILE__}).parent_path().parent_path();

class keep final : public record_sink {
public:
  void on_record(record&& r) override { all.push_back(std::move(r)); }
  std::vector<record> all;
};

std::vector<record> recorded() {
  keep out;
  engine e{{}, out};
  const auto source = open_files({(tests / "golden/cases/plant/input.pcap").string()});
  frame f;
  while (source->next(f) == next_frame::got) e.on_frame(f);
  e.finish(source->counts());
  return out.all;
}

std::size_t octets(const std::vector<record>& all) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < all.size(); i += 1000) {
    batch b;
    b.records.assign(all.begin() + static_cast<std::ptrdiff_t>(i),
                     all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + 1000)));
    n += encode(b).size();
  }
  return n;
}

struct result_of_run {
  std::set<std::tuple<std::string, std::string, std::string>> detections;
  std::vector<site_state> sites;
  std::uint64_t operations = 0;
};
result_of_run analyse(const std::vector<record>& all) {
  analyzer_config c;
  c.learn_for = 96s;
  analyzer a{c};
  std::ifstream file{tests / "plant/approved.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto list = parse_allow_list(text);
  EXPECT_TRUE(list.has_value());
  if (list) a.approve(*list);
  const auto from = std::make_shared<const origin>(origin{"local", "local", "local", "local", ""});
  for (const auto& r : all) a.on({r, from, 1, 0, {}, {}});
  a.finish();
  result_of_run out;
  for (const auto& d : a.detections()) out.detections.emplace(d.rule, d.actor, d.victim);
  out.sites = a.sites();
  for (const auto& r : all)
    if (const auto* o = std::get_if<operation>(&r)) out.operations += o->repeat ? o->repeat->count : 1;
  return out;
}

std::string text(const std::set<std::tuple<std::string, std::string, std::string>>& all) {
  std::string out;
  for (const auto& [rule, actor, victim] : all) out += rule + ' ' + actor + " -> " + victim + '\n';
  return out;
}

class condensed_plant : public testing::TestWithParam<int> {};

TEST_P(condensed_plant, same_detections) {
  const auto plain = recorded();
  keep condensed;
  condense_config c;
  c.window = std::chrono::seconds{GetParam()};
  condenser between{c, condensed};
  for (auto r : plain) between.on_record(std::move(r));
  between.finish();
  EXPECT_TRUE(between.ledger().balanced());
  EXPECT_EQ(between.ledger().held, 0u);

  std::vector<operation> commands, commanded;
  for (const auto& r : plain)
    if (const auto* o = std::get_if<operation>(&r); o && is_change(o->action)) commands.push_back(*o);
  for (const auto& r : condensed.all)
    if (const auto* o = std::get_if<operation>(&r); o && is_change(o->action)) commanded.push_back(*o);
  EXPECT_FALSE(commands.empty());
  EXPECT_EQ(commands, commanded) << "each by itself, unchanged, in the same order";

  const auto without = analyse(plain), with = analyse(condensed.all);
  EXPECT_FALSE(without.detections.empty());
  EXPECT_EQ(text(without.detections), text(with.detections));
  EXPECT_EQ(without.operations, with.operations);
  ASSERT_EQ(without.sites.size(), with.sites.size());
  for (std::size_t i = 0; i < with.sites.size(); ++i) {
    EXPECT_EQ(without.sites[i].edges, with.sites[i].edges);
    EXPECT_EQ(without.sites[i].functions, with.sites[i].functions);
    EXPECT_EQ(without.sites[i].objects, with.sites[i].objects);
    EXPECT_EQ(without.sites[i].pending, with.sites[i].pending);
  }
  const auto before = octets(plain), after = octets(condensed.all);
  EXPECT_LT(condensed.all.size(), plain.size());
  const auto n = between.counts();
  std::cout << "window " << GetParam() << " s: records " << plain.size() << " -> " << condensed.all.size() << ", octets " << before
            << " -> " << after << "; operations " << without.operations << ": fresh " << n.fresh << ", acting " << n.acting << ", failed "
            << n.failed << ", interval " << n.interval << ", transition " << n.transition << ", value " << n.value << ", single "
            << n.single << ", summarised " << n.summarised << " by " << n.summaries << "; detections " << without.detections.size() << '\n';
}

INSTANTIATE_TEST_SUITE_P(windows, condensed_plant, testing::Values(10, 60, 600));

/// A site is ready once it has learned so many operations, however many records told of them.
TEST(condensed_learning, a_summary_counts_for_what_it_stands_for) {
  operation o;
  o.time = timestamp{1'700'000'000s}, o.protocol = "modbus", o.client.address = ip::v4(10, 0, 0, 5), o.server.address = ip::v4(10, 0, 0, 9),
  o.server.port.number = 502;
  o.function = "3", o.outcome = outcome::ok;
  baseline known{{.ready_after = 10}};
  known.observe(o, phase::learn, o.time);
  EXPECT_EQ(known.unseen_mass(), 1);
  o.repeat = repeat{.count = 9, .last = o.time};
  EXPECT_FALSE(known.ready());
  const auto seen = known.observe(o, phase::learn, o.time);
  EXPECT_TRUE(known.ready());
  EXPECT_EQ(known.observations(), 10u);
  EXPECT_EQ(known.unseen_mass(), 0) << "seen more than once";
  EXPECT_EQ(seen.function->key->n, 10u);
}

}  // namespace
}  // namespace mw
