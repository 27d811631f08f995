// The whole way of a batch: taken once, acknowledged only when committed, and accounted for to the last record.
#include "collector/collector.hpp"

#include "tests/common/random_records.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

using namespace std::chrono_literals;

constexpr timestamp t0{1'700'000'040s};

/// Keeps what it is given; commits at once, or when told.
struct memory final : outlet {
  void on_records(std::vector<attributed>&& r, done committed) override {
    for (auto& a : r) records.push_back(std::move(a));
    if (at_once)
      committed(true);
    else
      open.push_back(std::move(committed));
  }
  void on_rollups(std::vector<rollup>&& rows) override {
    for (auto& r : rows) rollups.push_back(std::move(r));
  }
  bool at_once = true;
  std::vector<done> open;
  std::vector<attributed> records;
  std::vector<rollup> rollups;
};

class collecting : public testing::Test {
protected:
  collecting() {
    config.sensors = {{"a", "E", "Water", "north", "control"}, {"b", "E", "Water", "north", "dmz"}};
    config.zones = {{"plc", "north", {"10.0.1.0/24"}, true, 1}};
    fresh();
  }
  void fresh() {
    it = std::make_unique<collector>(config, out, [this] { return now; });
  }
  static operation op(nanoseconds at) {
    operation o;
    o.time = t0 + at;
    o.protocol = "modbus";
    o.client = {ip::v4(10, 0, 0, 1), {40000}, {}};
    o.server = {ip::v4(10, 0, 1, 1), {502}, {}};
    return o;
  }
  static flow_record flow(nanoseconds at) {
    flow_record f;
    f.first = f.last = t0 + at;
    f.client = {ip::v4(10, 0, 0, 1), {40000}, {}};
    f.server = {ip::v4(10, 0, 1, 1), {502}, {}};
    f.id = "1:x";
    return f;
  }
  collector::ack ask() {
    return [this](receipt v) { answers.push_back(v); };
  }
  std::vector<receipt> send(const batch& b, std::string_view peer = {}) {
    answers.clear();
    it->accept(bytes{encode(b)}, ask(), peer);
    balanced();
    return answers;
  }
  void balanced() const {
    const auto l = it->ledger();
    for (const auto& stage : l) EXPECT_TRUE(stage.balanced()) << stage.stage;
    EXPECT_EQ(l[1].out, l[2].in) << "check -> deduplicate";
    EXPECT_EQ(l[2].out, l[3].in) << "deduplicate -> outlet";
  }
  std::uint64_t dropped(std::string_view stage, std::string_view reason) const {
    for (const auto& s : it->ledger())
      for (const auto& [why, n] : s.dropped)
        if (s.stage == stage && why == reason) return n;
    return 0;
  }
  using verdicts = std::vector<receipt>;

  collector_config config;
  memory out;
  std::optional<timestamp> now;
  std::unique_ptr<collector> it;
  verdicts answers;
};

TEST_F(collecting, a_batch_comes_through) {
  EXPECT_EQ(send({"a", 1, t0, {op(0s), flow(1s)}}, "a"), verdicts{receipt::committed});
  ASSERT_EQ(out.records.size(), 2u);
  const auto& first = out.records[0];
  EXPECT_EQ(first.what, record{op(0s)});
  EXPECT_EQ(*first.from, (origin{"a", "E", "Water", "north", "control"}));
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_EQ(first.server_zone, "plc");
  EXPECT_EQ(out.records[1].index, 1u);
  it->flush();
  EXPECT_EQ(out.rollups.size(), 2u);
  balanced();
}

TEST_F(collecting, twice_is_once) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send({"a", 7, t0, {op(0s)}}), verdicts{receipt::committed});
  EXPECT_EQ(send({"b", 7, t0, {op(0s)}}), verdicts{receipt::committed}) << "another sensor counts for itself";
  EXPECT_EQ(out.records.size(), 2u);
  EXPECT_EQ(dropped("intake", "duplicate"), 2u);
  it->flush();
  ASSERT_EQ(out.rollups.size(), 1u);
  EXPECT_EQ(out.rollups[0].operations, 2u);
}

TEST_F(collecting, no_answer_before_the_store_has_it) {
  out.at_once = false;
  EXPECT_EQ(send({"a", 1, t0, {op(0s), op(1s)}}), verdicts{});
  EXPECT_EQ(it->ledger()[3].held, 2u);
  it->accept(batch{"a", 1, t0, {op(0s), op(1s)}}, ask());
  EXPECT_EQ(answers, verdicts{}) << "sent again on a new link: it must wait, too";
  ASSERT_EQ(out.open.size(), 1u);
  out.open[0](true);
  EXPECT_EQ(answers, (verdicts{receipt::committed, receipt::committed}));
  out.open[0](true);
  EXPECT_EQ(answers.size(), 2u) << "a second call is none";
  EXPECT_EQ(out.records.size(), 2u);
  balanced();
}

TEST_F(collecting, what_the_store_could_not_commit_comes_again) {
  out.at_once = false;
  EXPECT_EQ(send({"a", 1, t0, {op(0s)}}), verdicts{});
  out.open[0](false);
  EXPECT_EQ(answers, verdicts{receipt::retry});
  EXPECT_EQ(dropped("outlet", "not_committed"), 1u);
  balanced();
  out.at_once = true;
  EXPECT_EQ(send({"a", 1, t0, {op(0s)}}), verdicts{receipt::committed});
  it->flush();
  ASSERT_EQ(out.rollups.size(), 1u);
  EXPECT_EQ(out.rollups[0].operations, 1u) << "counted once, although it passed twice";
}

TEST_F(collecting, what_a_sensor_is_told_when_it_cannot_be) {
  const auto tell = [&](std::vector<std::uint8_t> frame, std::string_view peer = {}) {
    answers.clear();
    it->accept(bytes{frame}, ask(), peer);
    balanced();
    return answers.size() == 1 ? std::optional{answers[0]} : std::nullopt;
  };
  const auto good = encode({"a", 1, t0, {op(0s)}});
  auto broken = good;
  broken.back() ^= 1;
  EXPECT_EQ(tell({}), receipt::refused);
  EXPECT_EQ(tell(broken), receipt::refused);
  EXPECT_EQ(tell(encode({"c", 1, t0, {op(0s)}})), receipt::keep);
  EXPECT_EQ(tell(good, "b"), receipt::refused);
  EXPECT_EQ(dropped("intake", "malformed"), 2u);
  EXPECT_EQ(dropped("intake", "unknown_sensor"), 1u);
  EXPECT_EQ(dropped("intake", "impostor"), 1u);
  EXPECT_TRUE(out.records.empty());
  EXPECT_EQ(tell(good), receipt::committed) << "nothing of that stands in the way of the right one";
}

TEST_F(collecting, bad_records_go_alone) {
  auto bad = op(0s);
  bad.client = {};
  EXPECT_EQ(send({"a", 1, t0, {op(0s), bad, op(1s)}}), verdicts{receipt::committed});
  ASSERT_EQ(out.records.size(), 2u);
  EXPECT_EQ(out.records[1].index, 2u) << "an index tells the place in the batch";
  EXPECT_EQ(dropped("check", "no_client"), 1u);
  now = t0;
  EXPECT_EQ(send({"a", 2, t0, {op(301s)}}), verdicts{receipt::committed}) << "an empty rest is committed, or it would come for ever";
  EXPECT_EQ(dropped("check", "time_ahead"), 1u);
}

TEST_F(collecting, one_flow_at_two_taps) {
  send({"a", 1, t0, {flow(0s), op(0s)}});
  send({"b", 1, t0, {flow(1ms), op(1ms)}});
  EXPECT_EQ(dropped("deduplicate", "second_tap"), 1u);
  EXPECT_EQ(out.records.size(), 3u) << "operations are not judged: the second tap may see what the first does not";
}

TEST_F(collecting, restored_after_a_restart) {
  it->restore("a", 5);
  it->restore("nobody", 5);
  EXPECT_EQ(send({"a", 4, t0, {op(0s)}}), verdicts{receipt::committed});
  EXPECT_EQ(send({"a", 6, t0, {op(0s)}}), verdicts{receipt::committed});
  ASSERT_EQ(out.records.size(), 1u);
  EXPECT_EQ(out.records[0].sequence, 6u);
}

TEST_F(collecting, the_same_input_gives_the_same_output_and_the_ledger_balances_over_noise) {
  std::vector<std::vector<attributed>> outputs;
  std::vector<std::vector<rollup>> sums;
  for (int round = 0; round < 2; ++round) {
    out = memory{};
    fresh();
    random_records random{11};
    std::uint64_t sent = 0;
    for (std::uint64_t i = 1; i <= 60; ++i) {
      auto b = random.a_batch(i % 9);
      b.sensor = i % 2 == 0 ? "a" : "b";
      b.sequence = i % 20;
      for (auto& r : b.records)
        if (auto* o = std::get_if<operation>(&r); o != nullptr && o->protocol.size() % 2 == 0) o->time = t0 + std::chrono::seconds{i * 20};
      sent += b.records.size();
      ASSERT_EQ(send(b).size(), 1u);
    }
    it->flush();
    balanced();
    EXPECT_GT(out.records.size(), 10u);
    EXPECT_LT(out.records.size(), sent);
    outputs.push_back(std::move(out.records));
    sums.push_back(std::move(out.rollups));
  }
  ASSERT_EQ(outputs[0].size(), outputs[1].size());
  for (std::size_t i = 0; i < outputs[0].size(); ++i) EXPECT_EQ(outputs[0][i].what, outputs[1][i].what);
  EXPECT_EQ(sums[0], sums[1]);
}

}  // namespace
}  // namespace mw
