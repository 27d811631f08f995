// A real Alertmanager: incidents arrive under the right labels, once; they end there; and a restart of it loses nothing.
#include "analyzer/console/http_server.hpp"
#include "analyzer/notify/notifier.hpp"
#include "tests/metrics/programs.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <sstream>

namespace mw {
namespace {

using namespace std::chrono_literals;
constexpr auto binary = "/usr/bin/prometheus-alertmanager";

/// Alertmanager, and behind it a receiver of what it notifies.
class alertmanager_test : public ::testing::Test {
protected:
  void SetUp() override {
    if (access(binary, X_OK) != 0) GTEST_SKIP() << binary << " is absent: apt-get install prometheus-alertmanager";
    hook = std::make_unique<http_server>(http_config{.port = 0});
    hook->route("POST", "/", [this](const http_request& q) -> http_response {
      const std::lock_guard hold{lock};
      const auto body = nlohmann::json::parse(q.body);
      for (const auto& a : body["alerts"]) notified.push_back(a);
      return {};
    });
    hook->start();
    folder.file("am.yml",
                "route: {receiver: hook, group_by: ['...'], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}\n"
                "receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:" +
                    std::to_string(hook->port()) + "/', send_resolved: true}]}]\n");
    port = free_port();
    run();
    config.alertmanager_url = "http://127.0.0.1:" + std::to_string(port) + "/";
    config.retry_first = 50ms, config.retry_most = 200ms, config.resend = 300ms, config.holds = 0ms;
    told = std::make_unique<notifier>(
        config, [] { return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()); }, nowhere);
  }
  void run() {
    server = std::make_unique<program>(
        std::vector<std::string>{binary, "--config.file=" + (folder.path / "am.yml").string(),
                                 "--storage.path=" + (folder.path / "data").string(),
                                 "--cluster.listen-address=", "--web.listen-address=127.0.0.1:" + std::to_string(port)},
        (folder.path / "log").string());
    ASSERT_TRUE(eventually([&] { return get(port, "/-/ready").find(" 200 ") != std::string::npos; })) << folder.text("log");
  }
  nlohmann::json alerts() const {
    const auto answer = ask(port, "GET /api/v2/alerts HTTP/1.0\r\nHost: x\r\n\r\n");
    const auto body = answer.find("\r\n\r\n");
    return body == std::string::npos ? nlohmann::json::array() : nlohmann::json::parse(answer.substr(body + 4), nullptr, false);
  }
  std::vector<nlohmann::json> heard(const std::string& status) {
    const std::lock_guard hold{lock};
    std::vector<nlohmann::json> out;
    for (const auto& a : notified)
      if (a["status"] == status) out.push_back(a);
    return out;
  }
  void tell(const incident& i) { told->on_incident(i, false); }

  static incident an_incident(const std::string& id, const std::string& victim = "10.0.0.1") {
    incident i;
    i.id = id, i.site = "works", i.sensor = "s1", i.severity = severity::high, i.title = {"PLC stopped", "控制器被停止"},
    i.advice = {"Ask.", "询问。"};
    i.first = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
    i.actors = {"10.0.0.9"}, i.victims = {victim}, i.techniques = {"T0858"},
    i.detections = {{"D1", "MW-0101", family::command, severity::high, 1, i.first, i.first}};
    i.evidence.resize(1), i.evidence[0].observed = {"stop by 10.0.0.9", "10.0.0.9 停止"};
    return i;
  }

  scratch_folder folder;
  std::mutex lock;
  std::vector<nlohmann::json> notified;
  std::unique_ptr<http_server> hook;
  std::uint16_t port = 0;
  std::unique_ptr<program> server;
  notify_config config{.terminal = false};
  std::ostringstream nowhere;
  std::unique_ptr<notifier> told;
};

TEST_F(alertmanager_test, an_incident_arrives_once_and_ends) {
  told->start();
  auto i = an_incident("I1");
  tell(i);
  ASSERT_TRUE(eventually([&] { return heard("firing").size() == 1; })) << folder.text("log");
  const auto a = heard("firing")[0];
  EXPECT_EQ(a["labels"], (nlohmann::json{{"alertname", "MillwatchIncident"},
                                         {"severity", "high"},
                                         {"site", "works"},
                                         {"sensor", "s1"},
                                         {"asset", "10.0.0.1"},
                                         {"rule_id", "MW-0101"},
                                         {"technique", "T0858"}}));
  EXPECT_EQ(a["annotations"]["summary_zh"], "控制器被停止");
  EXPECT_EQ(a["annotations"]["description"], "stop by 10.0.0.9\nAsk.");
  EXPECT_EQ(a["startsAt"], "2026-01-02T00:00:00Z");
  // it is said again and again, and stays one
  const auto ends = alerts()[0]["endsAt"];
  ASSERT_TRUE(eventually([&] { return alerts()[0]["endsAt"] > ends; }));
  i.actors.push_back("10.0.0.7");  // other annotations, the same alert
  tell(i);
  ASSERT_TRUE(eventually([&] { return alerts()[0]["annotations"]["actors"] == "10.0.0.9, 10.0.0.7"; }));
  EXPECT_EQ(alerts().size(), 1u);
  i.open = false;
  tell(i);
  ASSERT_TRUE(eventually([&] { return heard("resolved").size() == 1; })) << folder.text("log");
  EXPECT_EQ(heard("firing").size(), 1u);
  EXPECT_TRUE(eventually([&] { return alerts().empty(); }));
  told->stop(20s);
  EXPECT_EQ(told->counts()[0].dropped, 0u);
}

TEST_F(alertmanager_test, a_graver_incident_is_a_new_alert_and_the_old_one_ends) {
  told->start();
  auto i = an_incident("I1");
  tell(i);
  ASSERT_TRUE(eventually([&] { return heard("firing").size() == 1; }));
  i.severity = severity::critical;
  tell(i);
  ASSERT_TRUE(eventually([&] { return heard("firing").size() == 2 && heard("resolved").size() == 1; })) << folder.text("log");
  EXPECT_EQ(heard("firing")[1]["labels"]["severity"], "critical");
  EXPECT_EQ(heard("resolved")[0]["labels"]["severity"], "high");
  EXPECT_EQ(alerts().size(), 1u);
}

TEST_F(alertmanager_test, incidents_with_equal_labels_end_with_the_last) {
  told->start();
  auto a = an_incident("I1"), b = an_incident("I2");
  tell(a), tell(b), tell(an_incident("I3", "10.0.0.2"));
  ASSERT_TRUE(eventually([&] { return heard("firing").size() == 2 && told->counts()[0].sent == 3; }));
  a.open = false;
  tell(a);
  ASSERT_TRUE(eventually([&] { return told->counts()[0].sent == 4; }));
  EXPECT_EQ(alerts().size(), 2u);
  b.open = false;
  tell(b);
  ASSERT_TRUE(eventually([&] { return heard("resolved").size() == 1; }));
  EXPECT_EQ(heard("resolved")[0]["labels"]["asset"], "10.0.0.1");
}

TEST_F(alertmanager_test, survives_a_restart) {
  told->start();
  tell(an_incident("I1"));
  ASSERT_TRUE(eventually([&] { return alerts().size() == 1; }));
  server->stop();
  tell(an_incident("I2", "10.0.0.2"));
  ASSERT_TRUE(eventually([&] { return told->counts()[0].retried >= 2; }));
  run();
  ASSERT_TRUE(eventually([&] { return alerts().size() == 2; })) << folder.text("log");  // what was open before is said again
  EXPECT_EQ(told->counts()[0].dropped, 0u);
}

TEST_F(alertmanager_test, an_incident_that_is_over_before_it_is_told_is_told_still) {
  config.holds = 2000ms;
  notifier late{config, [] { return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()); }, nowhere};
  server->stop();
  late.start();
  auto i = an_incident("I1");
  late.on_incident(i, true);
  i.open = false;
  late.on_incident(i, false);
  run();
  EXPECT_TRUE(eventually([&] { return heard("firing").size() == 1 && heard("resolved").size() == 1; })) << folder.text("log");
  late.stop(20s);
}

}  // namespace
}  // namespace mw
