// A webhook over real connections: what it gets, and that it gets it although it was away.
#include "analyzer/console/http_server.hpp"
#include "analyzer/notify/channel.hpp"
#include "analyzer/notify/notifier.hpp"
#include "tests/metrics/programs.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace mw {
namespace {

using namespace std::chrono_literals;

/// Takes what is posted to /hook; `status` is what it answers.
class receiver {
public:
  explicit receiver(std::uint16_t port, unsigned status = 200) : server_{{.port = port}} {
    server_.route("POST", "/hook", [this, status](const http_request& q) -> http_response {
      const std::lock_guard hold{lock_};
      ++requests_;
      if (status == 200) bodies_.push_back(q.body);
      return {.status = status};
    });
    server_.start();
  }
  std::vector<std::string> bodies() const {
    const std::lock_guard hold{lock_};
    return bodies_;
  }
  int requests() const {
    const std::lock_guard hold{lock_};
    return requests_;
  }

private:
  mutable std::mutex lock_;
  std::vector<std::string> bodies_;
  int requests_ = 0;
  http_server server_;
};

incident an_incident(const std::string& id) {
  incident i;
  i.id = id, i.site = "works", i.severity = severity::high, i.title = {"PLC stopped", "控制器被停止"}, i.victims = {"10.0.0.1\xff"};
  return i;
}
notify_config to(std::uint16_t port) {
  notify_config c{.terminal = false};
  c.webhook_url = "http://127.0.0.1:" + std::to_string(port) + "/hook", c.retry_first = 20ms, c.retry_most = 100ms, c.timeout = 10s;
  return c;
}
const auto noon = [] { return timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h}; };

TEST(webhook, gets_new_raised_and_closed) {
  std::ostringstream nowhere;
  const auto port = free_port();
  const receiver hook{port};
  notifier n{to(port), noon, nowhere};
  n.start();
  auto i = an_incident("I1");
  const auto tell = [&](std::size_t count) {
    n.on_incident(i, false);
    ASSERT_TRUE(eventually([&] { return hook.bodies().size() == count; }));
  };
  tell(1);
  i.severity = severity::critical;
  tell(2);
  i.open = false;
  tell(3);
  n.stop(20s);
  const auto bodies = hook.bodies();
  std::string events;
  for (const auto& b : bodies) events += nlohmann::json::parse(b)["event"].get<std::string>() + ' ';
  EXPECT_EQ(events, "new raised closed ");
  const auto first = nlohmann::json::parse(bodies[0]);
  EXPECT_EQ(first["sent_at"], "2026-11-24T12:00:00.000Z");
  EXPECT_EQ(first["incident"]["id"], "I1");
  EXPECT_EQ(first["incident"]["title"]["zh"], "控制器被停止");
  EXPECT_EQ(n.counts()[0].sent, 3u);
  EXPECT_EQ(n.counts()[0].waiting, 0u);
}

TEST(webhook, that_was_away_gets_the_latest_state_of_each) {
  std::ostringstream nowhere;
  const auto port = free_port();
  notifier n{to(port), noon, nowhere};
  n.start();
  auto a = an_incident("A");
  n.on_incident(a, true);
  ASSERT_TRUE(eventually([&] { return n.counts()[0].retried >= 2; }));
  EXPECT_NE(n.counts()[0].last_error, "");
  {
    const receiver broken{port, 503};
    ASSERT_TRUE(eventually([&] { return broken.requests() >= 2; }));
  }
  a.severity = severity::critical;
  n.on_incident(a, false), n.on_incident(an_incident("B"), true);
  const receiver hook{port};
  ASSERT_TRUE(eventually([&] { return hook.bodies().size() == 2; }));
  n.stop(20s);
  const auto bodies = hook.bodies();
  ASSERT_EQ(bodies.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(bodies[0])["incident"]["severity"], "critical");
  EXPECT_EQ(nlohmann::json::parse(bodies[0])["event"], "new");
  EXPECT_EQ(nlohmann::json::parse(bodies[1])["incident"]["id"], "B");
  EXPECT_EQ(n.counts()[0].dropped, 0u);
  EXPECT_EQ(n.counts()[0].last_error, "");
}

TEST(webhook, that_says_no_is_not_asked_again) {
  std::ostringstream nowhere;
  const auto port = free_port();
  const receiver hook{port, 400};
  notifier n{to(port), noon, nowhere};
  n.start();
  n.on_incident(an_incident("I1"), true);
  ASSERT_TRUE(eventually([&] { return n.counts()[0].dropped == 1; }));
  EXPECT_EQ(hook.requests(), 1);
  EXPECT_EQ(n.counts()[0].last_error, "status 400");
}

TEST(webhook, a_full_outbox_loses_the_oldest_and_counts) {
  std::ostringstream nowhere;
  const auto port = free_port();
  auto c = to(port);
  c.capacity = 5;
  notifier n{c, noon, nowhere};
  n.start();
  for (int i = 0; i < 20; ++i) n.on_incident(an_incident("I" + std::to_string(i)), true);
  ASSERT_TRUE(eventually([&] { return n.counts()[0].retried >= 1 && n.counts()[0].waiting == 5; }));
  const receiver hook{port};
  ASSERT_TRUE(eventually([&] { return hook.bodies().size() == 5; }));
  EXPECT_EQ(nlohmann::json::parse(hook.bodies().back())["incident"]["id"], "I19");
  n.stop(20s);
  const auto counts = n.counts()[0];
  EXPECT_EQ(counts.sent, 5u);
  EXPECT_EQ(counts.dropped, 15u);
}

TEST(webhook, what_still_waits_at_the_end_is_counted) {
  std::ostringstream nowhere;
  notifier n{to(free_port()), noon, nowhere};
  n.start();
  n.on_incident(an_incident("I1"), true);
  n.stop(50ms);
  EXPECT_EQ(n.counts()[0].dropped, 1u);
}

TEST(webhook, that_never_answers_holds_up_nobody) {
  std::ostringstream lines;
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(0);
  socklen_t size = sizeof at;
  ASSERT_EQ(bind(s, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(s, 4), 0);
  ASSERT_EQ(getsockname(s, reinterpret_cast<sockaddr*>(&at), &size), 0);
  auto c = to(ntohs(at.sin_port));
  c.timeout = 200ms, c.terminal = true;
  notifier n{c, noon, lines};
  n.start();
  n.on_incident(an_incident("I1"), true);
  EXPECT_TRUE(eventually([&] { return n.counts()[0].sent == 1 && n.counts()[1].retried >= 2; }));
  EXPECT_EQ(n.counts()[1].last_error, "no answer in time");
  n.stop(0ms);
  close(s);
}

TEST(webhook, signs_what_it_posts) {
  std::ostringstream nowhere;
  const auto port = free_port();
  auto c = to(port);
  c.webhook_secret = "key";
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto at = loopback(port);
  ASSERT_EQ(bind(s, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(s, 4), 0);
  notifier n{c, noon, nowhere};
  n.start();
  n.on_incident(an_incident("I1"), true);
  const int from = accept(s, nullptr, nullptr);
  std::string all;
  for (char buffer[4096]; all.find("\r\n\r\n") == std::string::npos || !all.ends_with('}');) {
    const auto got = recv(from, buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    all.append(buffer, static_cast<std::size_t>(got));
  }
  const std::string yes = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(send(from, yes.data(), yes.size(), 0), static_cast<ssize_t>(yes.size()));
  close(from), close(s);
  EXPECT_TRUE(eventually([&] { return n.counts()[0].sent == 1; }));
  EXPECT_NE(all.find("X-Millwatch-Signature: " + signature("key", all.substr(all.find("\r\n\r\n") + 4)) + "\r\n"), std::string::npos)
      << all;
}

}  // namespace
}  // namespace mw
