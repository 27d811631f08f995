// Findings fold into detections and incidents; scores, chains and the alert budget.
#include "tests/detect/harness.hpp"

#include "analyzer/incidents/score.hpp"

#include <fmt/format.h>

namespace mw::testing {
namespace {

const say stop{.client = stranger, .protocol = "s7comm", .function = "41", .action = action::stop, .port = 102};
const say upload{.client = stranger, .protocol = "s7comm", .function = "30", .action = action::program_upload, .port = 102};

class recorder final : public analyzer_listener {
public:
  void on_detection(const detection&, bool is_new) override { ++(is_new ? new_detections : updates); }
  void on_incident(const incident& i, bool is_new) override {
    if (is_new) ++new_incidents;
    last = i;
    ++calls;
  }
  int new_detections = 0, updates = 0, new_incidents = 0, calls = 0;
  incident last;
};

TEST(folding, equal_findings_are_one_detection) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 10; ++i) p.see(upload);
  const auto d = p.only("MW-0506");
  EXPECT_EQ(p.count("MW-0506"), 1u);
  EXPECT_EQ(d.count, 10u);
  EXPECT_EQ(d.last - d.first, std::chrono::seconds{9});
  ASSERT_EQ(p->incidents().size(), 1u);
  EXPECT_EQ(p->incidents().front().alerts, 10u);
  ASSERT_EQ(p->incidents().front().detections.size(), 1u);
  EXPECT_EQ(p->incidents().front().detections.front().count, 10u);
}

TEST(folding, three_counters) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 10; ++i) p.see(upload);
  p.now += std::chrono::minutes{11};
  p.see(upload);
  EXPECT_EQ(p->stats().alerts, 11u);
  EXPECT_EQ(p->stats().attacks, 2u);
  EXPECT_EQ(p->stats().incidents, 2u);
}

TEST(folding, the_same_after_a_pause_is_a_new_attack) {
  plant p{quiet(learning_mode::automatic)};
  p.see(upload);
  p.now += std::chrono::seconds{290};
  p.see(upload);
  EXPECT_EQ(p->incidents().size(), 1u);
  p.now += std::chrono::seconds{310};
  p.see(upload);
  EXPECT_EQ(p->incidents().size(), 2u);
}

TEST(folding, another_kind_soon_after_is_the_next_step) {
  plant p{quiet(learning_mode::automatic)};
  for (std::uint16_t i = 1; i <= 30; ++i) p.see(record{probe(stranger, plc, i, p.step())});
  p.now += std::chrono::minutes{20};
  p.see(stop);
  ASSERT_EQ(p->incidents().size(), 1u);
  const auto i = p->incidents().front();
  EXPECT_EQ(i.chain, (std::vector{stage::recon, stage::action}));
  EXPECT_EQ(i.stage, stage::action);
  EXPECT_EQ(i.severity, severity::critical);
  EXPECT_EQ(i.title.en.substr(0, 15), "Controller stop") << "the worst names the incident";
  EXPECT_EQ(i.techniques, (std::vector<std::string>{"T0846", "T0858"}));
  EXPECT_EQ(i.evidence.size(), 2u);
}

TEST(folding, two_attackers_are_two_incidents) {
  plant p{quiet(learning_mode::automatic)};
  p.see(stop);
  auto other = stop;
  other.client = "10.0.0.67", other.server = "10.0.0.10";
  p.see(other);
  EXPECT_EQ(p->incidents().size(), 2u);
}

TEST(folding, closes_after_half_an_hour_of_silence) {
  plant p{quiet(learning_mode::automatic)};
  recorder r;
  p->listen(r);
  p.see(stop);
  EXPECT_TRUE(r.last.open);
  p->on_time(p.now + std::chrono::minutes{29});
  EXPECT_TRUE(r.last.open);
  p->on_time(p.now + std::chrono::minutes{31});
  EXPECT_FALSE(r.last.open);
  EXPECT_EQ(r.new_incidents, 1);
}

TEST(folding, an_incident_that_never_rests_is_cut_after_a_day) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 25 * 60; ++i) {
    p.see(upload);
    p.now += std::chrono::seconds{59};
  }
  EXPECT_EQ(p->incidents().size(), 2u);
}

TEST(folding, listeners_hear_growth_not_each_finding) {
  plant p{quiet(learning_mode::automatic)};
  recorder r;
  p->listen(r);
  for (int i = 0; i < 100; ++i) p.see(stop);
  EXPECT_EQ(r.new_incidents, 1);
  EXPECT_LE(r.calls, 4);
  EXPECT_EQ(r.new_detections, 2) << "the stop, and the storm of them";
}

TEST(folding, ids_are_the_same_in_each_run) {
  const auto run = [] {
    plant p{quiet(learning_mode::automatic)};
    p.see(stop);
    p.see(upload);
    return std::pair{p->incidents().front().id, p->detections().front().id};
  };
  EXPECT_EQ(run(), run());
}

TEST(budget, what_is_over_it_is_kept_below_it) {
  auto c = quiet(learning_mode::automatic);
  c.alerts_per_day = 3;
  plant p{c};
  p.now = start + std::chrono::hours{2};  // after midnight UTC
  for (int i = 0; i < 6; ++i) {
    auto u = upload;
    const auto client = fmt::format("10.0.7.{}", i + 1), server = fmt::format("10.0.8.{}", i + 1);
    u.client = client, u.server = server;
    p.see(u);
  }
  const auto below = [&] {
    const auto all = p->incidents();
    return std::count_if(all.begin(), all.end(), [](const incident& i) { return i.below_budget; });
  };
  EXPECT_EQ(below(), 3);
  EXPECT_EQ(p->stats().below_budget, 3u);
  auto s = stop;
  s.client = "10.0.9.1", s.server = "10.0.9.2";
  p.see(s);
  EXPECT_EQ(below(), 3) << "a deterministic critical finding goes past the budget";
  p.now += std::chrono::hours{24};
  p.see(upload);
  EXPECT_EQ(below(), 3) << "a new day";
}

TEST(score, families_add_time_fades) {
  scoreboard b;
  EXPECT_NEAR(b.add(family::novelty, 1e-3, start, 1.0), 2.4, 1e-9);
  EXPECT_NEAR(b.add(family::novelty, 1e-2, start, 1.0), 2.4, 1e-9) << "weaker evidence of the same family adds nothing";
  EXPECT_NEAR(b.add(family::command, 1e-5, start + std::chrono::minutes{15}, 1.0), 5.0 + 1.2, 1e-9);
  b.reach(stage::recon), b.reach(stage::action);
  EXPECT_NEAR(b.add(family::command, 1e-5, start + std::chrono::minutes{15}, 2.0), 6.2 * 2 * 1.5, 1e-9);
}

TEST(life_cycle, goes_forward) {
  EXPECT_TRUE(may_follow(disposal::raw, disposal::triaged));
  EXPECT_TRUE(may_follow(disposal::suspected, disposal::false_positive));
  EXPECT_TRUE(may_follow(disposal::handling, disposal::overdue));
  EXPECT_TRUE(may_follow(disposal::overdue, disposal::feedback));
  EXPECT_TRUE(may_follow(disposal::feedback, disposal::rejected));
  EXPECT_FALSE(may_follow(disposal::raw, disposal::rejected));
  EXPECT_FALSE(may_follow(disposal::archived, disposal::handling));
  EXPECT_FALSE(may_follow(disposal::notified, disposal::triaged));
  EXPECT_FALSE(may_follow(disposal::handling, disposal::false_positive));
}

TEST(bounds, everything_that_grows_is_capped_and_counted) {
  auto c = quiet(learning_mode::automatic);
  c.max_assets = 50, c.max_keys = 1600, c.max_detections = 40, c.max_incidents = 20, c.max_values = 50;
  plant p{c};
  for (int i = 0; i < 3000; ++i) {
    auto s = stop;
    const auto client = fmt::format("10.{}.{}.7", 100 + i / 250, i % 250);
    const auto address = std::to_string(i);
    const auto server = fmt::format("10.{}.{}.8", 100 + i / 250, i % 250);
    s.client = client, s.server = server, s.objects = {{"block", address, 1, {}, {}}}, s.values = {std::uint64_t{1}};
    p.see(s);
  }
  EXPECT_LE(p->assets().size(), 50u);
  EXPECT_LE(p->detections().size(), 41u);
  EXPECT_LE(p->incidents().size(), 21u);
  const auto n = p->stats();
  EXPECT_GT(n.assets_forgotten, 0u);
  EXPECT_GT(n.keys_forgotten, 0u);
  EXPECT_GT(n.detections_forgotten, 0u);
  EXPECT_GT(n.incidents_forgotten, 0u);
}

TEST(folding, goes_on_after_a_restart) {
  plant p{quiet(learning_mode::automatic)};
  p.see(upload);
  p.see(stop);
  const auto before = p->incidents();
  const auto saved = p->save();
  plant q{quiet(learning_mode::automatic)};
  ASSERT_TRUE(q->load(saved));
  EXPECT_EQ(q->save(), saved);
  EXPECT_EQ(q->incidents(), before);
  recorder r;
  q->listen(r);
  q->tell_open();
  EXPECT_EQ(r.calls, 1);
  EXPECT_EQ(r.new_incidents, 0);
  p.see(upload);
  q.now = p.now - std::chrono::seconds{1};
  q.see(upload);
  EXPECT_EQ(q->incidents(), p->incidents()) << "as if nothing had happened";
  EXPECT_EQ(q.only("MW-0506"), p.only("MW-0506"));
  EXPECT_EQ(r.new_incidents, 0);
  EXPECT_EQ(r.new_detections, 0);
  q.now += std::chrono::hours{2};
  q->on_time(q.now);
  EXPECT_FALSE(r.last.open) << "silence ends it";
}

TEST(folding, remembers_the_alerts_of_the_day_over_a_restart) {
  auto config = quiet(learning_mode::automatic);
  config.alerts_per_day = 1;
  plant p{config};
  p.see(upload);
  const auto saved = p->save();
  plant q{config};
  ASSERT_TRUE(q->load(saved));
  q.now = p.now + std::chrono::minutes{20};
  q.see(upload);
  EXPECT_EQ(q->stats().below_budget, 1u);
}

TEST(folding, of_a_restart_with_older_records_begins_anew) {
  plant p{quiet(learning_mode::automatic)};
  p.see(upload);
  plant q{quiet(learning_mode::automatic)};
  ASSERT_TRUE(q->load(p->save()));
  q.now = p.now - std::chrono::hours{5};
  q.see(upload);
  EXPECT_EQ(q->incidents().size(), 2u);
}

}  // namespace
}  // namespace mw::testing
