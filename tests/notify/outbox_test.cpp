// Which incidents are told, how they wait, and what a full outbox costs.
#include "analyzer/notify/channel.hpp"
#include "analyzer/notify/http_post.hpp"
#include "analyzer/notify/notifier.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace mw {
namespace {

using namespace std::chrono_literals;

incident an_incident(const std::string& id, severity s = severity::high) {
  incident i;
  i.id = id, i.site = "works", i.severity = s, i.title = {"PLC stopped\x1b[2J", "控制器被停止"}, i.actors = {"10.0.0.9", "10.0.0.8"},
  i.victims = {"10.0.0.1"};
  i.first = i.last = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  return i;
}
notice of(const std::string& id, news what, severity s = severity::high) {
  return {std::make_shared<const incident>(an_incident(id, s)), what};
}
outbox::clock::time_point at_once() { return outbox::clock::now(); }

TEST(outbox, the_latest_state_wins_and_stays_new) {
  outbox box{10};
  EXPECT_EQ(box.put(of("a", news::fresh, severity::medium)), 0u);
  EXPECT_EQ(box.put(of("b", news::raised)), 0u);
  EXPECT_EQ(box.put(of("a", news::raised, severity::critical)), 0u);
  EXPECT_EQ(box.put(of("b", news::closed)), 0u);
  auto first = box.take(at_once(), {});
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].about->id, "a");
  EXPECT_EQ(first[0].about->severity, severity::critical);
  EXPECT_EQ(first[0].what, news::fresh);
  EXPECT_EQ(box.size(), 2u);
  box.settle();
  EXPECT_EQ(box.take(at_once(), {})[0].what, news::closed);
  box.settle();
  EXPECT_TRUE(box.take(at_once(), {}).empty());
  EXPECT_TRUE(box.wait_empty(0ms));
}

TEST(outbox, drops_the_oldest) {
  outbox box{2};
  EXPECT_EQ(box.put(of("a", news::fresh)) + box.put(of("b", news::fresh)), 0u);
  EXPECT_EQ(box.put(of("c", news::fresh)), 1u);
  auto held = box.take(at_once(), {});
  EXPECT_EQ(held[0].about->id, "b");
  EXPECT_EQ(box.put(of("d", news::fresh)), 0u);
  EXPECT_EQ(box.put_back(std::move(held[0])), 1u);  // it is the oldest, and the box is full
  EXPECT_EQ(box.take(at_once(), {})[0].about->id, "c");
}

TEST(outbox, what_failed_goes_first_unless_there_is_later_news) {
  outbox box{5};
  EXPECT_EQ(box.put(of("a", news::fresh)) + box.put(of("b", news::fresh)), 0u);
  auto held = box.take(at_once(), {});
  EXPECT_EQ(box.put_back(held[0]), 0u);
  held = box.take(at_once(), {});
  EXPECT_EQ(held[0].about->id, "a");
  EXPECT_EQ(box.put(of("a", news::raised, severity::critical)), 0u);
  EXPECT_EQ(box.put_back(held[0]), 0u);
  EXPECT_EQ(box.size(), 2u);
  box.take(at_once(), {}), box.settle();  // b
  held = box.take(at_once(), {});
  EXPECT_EQ(held[0].about->severity, severity::critical);
  EXPECT_EQ(held[0].what, news::fresh);  // it was never told
}

TEST(notifier, tells_what_is_worth_it) {
  std::ostringstream out;
  notify_config c;
  c.terminal = true, c.language = language::en;
  notifier n{c, [] { return timestamp{}; }, out};
  n.start();
  const auto tell = [&](incident i) { n.on_incident(i, false); };
  const auto lines = [&] {
    for (int i = 0; i < 600 && n.counts()[0].waiting != 0; ++i) std::this_thread::sleep_for(10ms);
    std::string all = out.str();
    out.str("");
    return all;
  };
  auto i = an_incident("I1", severity::low);
  tell(i);
  i.severity = severity::medium, i.below_budget = true;
  tell(i);
  i.open = false;
  tell(i);
  EXPECT_EQ(lines(), "");  // low, then held back, then over: never told
  i.open = true, i.below_budget = false;
  tell(i);
  EXPECT_EQ(lines(), "2026-11-24 08:00:00 [medium] new works  PLC stopped?[2J  10.0.0.9 +1 -> 10.0.0.1  (I1)\n");
  i.actors.push_back("10.0.0.7");
  tell(i);
  EXPECT_EQ(lines(), "");  // no news for people
  i.severity = severity::critical;
  tell(i);
  EXPECT_NE(lines().find("[critical] raised"), std::string::npos);
  i.open = false;
  tell(i);
  EXPECT_NE(lines().find("closed"), std::string::npos);
  tell(i);
  EXPECT_EQ(lines(), "");
  n.stop(1s);
  EXPECT_EQ(n.counts()[0].sent, 3u);
  EXPECT_EQ(n.counts()[0].dropped, 0u);
}

TEST(addresses, of_http) {
  const auto u = parse_http_url("http://[::1]:9093/am/?x=1");
  ASSERT_TRUE(u);
  EXPECT_EQ(u->host + ' ' + u->port + ' ' + u->path, "::1 9093 /am/?x=1");
  EXPECT_EQ(parse_http_url("http://hook.plant")->port, "80");
  for (const auto* bad : {"", "https://x", "http://", "http://:80", "http://x:0", "http://x:65536", "http://x:", "http://x:8a",
                          "http://[::1", "http://a b", "http://x/\r\nY: z", "http://u@x", "http://x?y", "http://[::1]80"})
    EXPECT_FALSE(parse_http_url(bad)) << bad;
}

TEST(addresses, that_are_none_stop_the_start) {
  std::ostringstream out;
  for (const bool webhook : {true, false}) {
    notify_config c{.terminal = false};
    (webhook ? c.webhook_url : c.alertmanager_url) = "https://x";
    notifier n{c, [] { return timestamp{}; }, out};
    EXPECT_THROW(n.start(), std::runtime_error);
  }
}

TEST(signature, is_that_of_rfc_4231) {  // test case 2
  EXPECT_EQ(signature("Jefe", "what do ya want for nothing?"), "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(rfc3339(timestamp{1ms}), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(rfc3339(timestamp{-1ms}), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace mw
