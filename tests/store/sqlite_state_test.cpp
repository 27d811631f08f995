// The state: one transaction, findings by id, questions by what an analyst asks.
#include "analyzer/store/sqlite_state.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

using namespace std::chrono_literals;

struct sqlite_state_test : testing::Test {
  sqlite_state_test() : folder{testing::TempDir() + "mw_state_XXXXXX"} {
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error{folder};
    reopen();
  }
  ~sqlite_state_test() override { std::filesystem::remove_all(folder); }
  void reopen() {
    s.reset();
    auto opened = sqlite_state::open(folder, database::mode::write);
    if (!opened) throw std::runtime_error{opened.error()};
    s = std::move(*opened);
  }
  static std::vector<std::string> ids(const store_result<std::vector<std::string>>& bodies) {
    std::vector<std::string> out;
    for (const auto& b : bodies.value()) out.push_back(nlohmann::json::parse(b).at("id"));
    return out;
  }
  using names = std::vector<std::string>;
  std::string folder;
  std::unique_ptr<sqlite_state> s;
};

const timestamp t0 = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

detection found(std::string id, severity how, timestamp last, std::string actor = "10.0.0.9") {
  detection d;
  d.id = std::move(id), d.rule = "MW-0101", d.site = "north", d.severity = how, d.last = last, d.actor = std::move(actor),
  d.victim = "10.0.0.2";
  return d;
}
incident happened(std::string id, severity how, timestamp last, bool open) {
  incident i;
  i.id = std::move(id), i.site = "north", i.severity = how, i.last = last, i.open = open, i.actors = {"10.0.0.9"},
  i.victims = {"10.0.0.2", "10.0.0.3"};
  incident_part part;
  part.rule = "MW-0501";
  i.detections.push_back(part);
  return i;
}

TEST_F(sqlite_state_test, what_was_saved_comes_back) {
  EXPECT_FALSE(s->load().value()) << "nothing yet";
  asset a;
  a.id = "A1", a.site = "north", a.addresses = {"10.0.0.2", "fe80::1"}, a.hardware = "00:80:f4:00:00:0b";
  const saved_analysis state{"{\"x\":1}", 17, t0 + 3min, t0 + 5min, true, true, "{\"a\":{}}", "[1]"};
  ASSERT_TRUE(s->save(state, {a}, {}, {}, 190));
  reopen();
  const auto back = s->load().value();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->analyzer, state.analyzer);
  EXPECT_EQ(back->commit, 17u);
  EXPECT_EQ(back->rollups_from, state.rollups_from);
  EXPECT_EQ(back->now, state.now);
  EXPECT_TRUE(back->running && back->live);
  EXPECT_EQ(back->ledger + back->sensors, state.ledger + state.sensors);
  for (const auto* host : {"10.0.0.2", "fe80::1", "00:80:f4:00:00:0b"}) EXPECT_EQ(ids(s->assets({.host = host})), names{"A1"}) << host;
  EXPECT_EQ(ids(s->assets({.host = "10.0.0.3"})), names{});
  EXPECT_EQ(ids(s->assets({.site = "south"})), names{});
  ASSERT_TRUE(s->save({}, {}, {}, {}, 190));
  EXPECT_EQ(ids(s->assets({})), names{}) << "assets are replaced";
  EXPECT_FALSE(s->load().value()->rollups_from);
}

TEST_F(sqlite_state_test, findings_by_id_and_by_question) {
  ASSERT_TRUE(s->put({found("D1", severity::low, t0), found("D2", severity::high, t0 + 1h, "10.0.0.8")},
                     {happened("I1", severity::critical, t0, true), happened("I2", severity::medium, t0 + 1h, false)}));
  ASSERT_TRUE(s->put({found("D1", severity::medium, t0 + 2h)}, {}));
  EXPECT_EQ(ids(s->detections({})), (names{"D1", "D2"})) << "the newest first, each once";
  EXPECT_EQ(ids(s->detections({.least = severity::high})), names{"D2"});
  EXPECT_EQ(ids(s->detections({.host = "10.0.0.8"})), names{"D2"});
  EXPECT_EQ(ids(s->detections({.host = "10.0.0.2", .limit = 1})), names{"D1"});
  EXPECT_EQ(ids(s->detections({.rule = "MW-9"})), names{});
  EXPECT_EQ(ids(s->detections({.since = t0 + 90min})), names{"D1"});
  EXPECT_EQ(ids(s->detections({.until = t0 + 90min})), names{"D2"});
  EXPECT_EQ(ids(s->incidents({.open = true})), names{"I1"});
  EXPECT_EQ(ids(s->incidents({.host = "10.0.0.3"})), (names{"I2", "I1"}));
  EXPECT_EQ(ids(s->incidents({.rule = "MW-0501", .least = severity::high})), names{"I1"});
  ASSERT_TRUE(s->close_incidents());
  EXPECT_EQ(ids(s->incidents({.open = true})), names{});
  const auto all = s->incidents({}).value();
  for (const auto& b : all) EXPECT_EQ(nlohmann::json::parse(b).at("open"), false);
}

TEST_F(sqlite_state_test, findings_go_with_their_time) {
  ASSERT_TRUE(s->put({found("D1", severity::low, t0)}, {happened("I1", severity::low, t0, false)}));
  saved_analysis later;
  later.now = t0 + 24h * 10;
  ASSERT_TRUE(s->save(later, {}, {}, {}, 10));
  EXPECT_EQ(ids(s->detections({})), names{"D1"});
  later.now += 1s;
  ASSERT_TRUE(s->save(later, {}, {}, {}, 10));
  EXPECT_EQ(ids(s->detections({})), names{});
  EXPECT_EQ(ids(s->incidents({})), names{});
}

}  // namespace
}  // namespace mw
