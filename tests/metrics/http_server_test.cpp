// The HTTP server against people, Prometheus, and clients that mean no good.
#include "analyzer/console/http_server.hpp"
#include "analyzer/metrics/routes.hpp"
#include "tests/metrics/programs.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mw {
namespace {

class served : public ::testing::Test {
protected:
  void SetUp() override {
    config.port = 0, config.timeout = std::chrono::seconds{1}, config.max_connections = 8;
    server = std::make_unique<http_server>(config);
    route_metrics(*server, pages, std::chrono::seconds{0});
    server->route("POST", "/echo", [](const http_request& q) -> http_response {
      return {.body = std::make_shared<const std::string>(q.query + '|' + q.body)};
    });
    server->route("GET", "/throws", [](const http_request&) -> http_response { throw std::runtime_error{"x"}; });
    server->start();
    port = server->port();
  }
  http_config config;
  analyzer empty{{}};
  exporter pages;
  std::unique_ptr<http_server> server;
  std::uint16_t port = 0;
};
bool is(const std::string& answer, int status) { return answer.starts_with("HTTP/1.1 " + std::to_string(status)); }

TEST_F(served, answers_its_routes_and_nothing_else) {
  EXPECT_TRUE(is(get(port, "/metrics"), 503));
  EXPECT_TRUE(is(get(port, "/healthz"), 503));
  pages.publish(empty, {});
  EXPECT_NE(get(port, "/metrics").find("\nmillwatch_build_info{"), std::string::npos);
  EXPECT_NE(get(port, "/metrics?x=1").find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(get(port, "/healthz").find("\"status\":\"ok\""), std::string::npos);
  EXPECT_TRUE(is(get(port, "/"), 200));
  for (const auto* path :
       {"/x", "/../etc/passwd", "/metrics/../../etc/passwd", "/%2e%2e/etc/passwd", "//metrics", "/metrics/", "*", "http://other/metrics"})
    EXPECT_TRUE(is(get(port, path), 404)) << path;
  const auto post = ask(port, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(is(post, 405));
  EXPECT_NE(post.find("Allow: GET, HEAD\r\n"), std::string::npos) << post;
  EXPECT_TRUE(is(ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 405));
  EXPECT_NE(ask(port, "POST /echo?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc").find("\r\n\r\na=b|abc"),
            std::string::npos);
  EXPECT_TRUE(is(get(port, "/throws"), 500));
}

TEST_F(served, head_has_the_length_and_no_body) {
  const auto whole = get(port, "/");
  const auto body = whole.substr(whole.find("\r\n\r\n") + 4);
  const auto head = ask(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(is(head, 200));
  EXPECT_NE(head.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(served, keeps_a_connection_for_the_next_request) {
  connection c{port};
  ASSERT_TRUE(c.say("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const auto all = c.rest();
  EXPECT_TRUE(is(all, 200));
  EXPECT_NE(all.find("HTTP/1.1 404"), std::string::npos);
}

TEST_F(served, hostile_requests_end_and_do_no_harm) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_TRUE(is(ask(port, start + "X: " + std::string(100'000, 'a')), 431));
  EXPECT_TRUE(is(ask(port, "GET /" + std::string(100'000, 'a')), 431));
  EXPECT_TRUE(is(ask(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"), 413));
  EXPECT_TRUE(is(ask(port, "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"), 400));
  EXPECT_TRUE(is(ask(port, "GET / HTTP/9.9\r\n\r\n"), 400));
  for (const auto* silent : {"", "G", "GET / HTTP/1.1\r\nHost:", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"}) {
    connection c{port};
    ASSERT_TRUE(c.say(silent));
    EXPECT_EQ(c.rest(), "") << silent;
    EXPECT_TRUE(c.ended) << silent;  // cut by the server's timeout, not by ours
  }
  {
    connection slow{port};  // a client that drips gains no time
    bool cut = false;
    for (int i = 0; i < 200 && !cut; ++i) {
      cut = !slow.say("a");
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    EXPECT_TRUE(cut);
  }
  std::mt19937 random{1};
  for (int i = 0; i < 200; ++i) {
    std::string junk(random() % 300, ' ');
    for (auto& c : junk) c = static_cast<char>(random());
    connection c{port};
    c.say((i % 2 ? start : "") + junk + "\r\n\r\n");
  }
  EXPECT_TRUE(eventually([&] { return is(get(port, "/"), 200); }));
}

TEST_F(served, one_connection_too_many_is_closed_at_once) {
  std::vector<std::unique_ptr<connection>> held;
  for (std::size_t i = 0; i < config.max_connections; ++i) {
    held.push_back(std::make_unique<connection>(port));
    held.back()->say("GET /");
  }
  // the accept loop works in order: once one more is refused, all before it were accepted
  EXPECT_TRUE(eventually([&] {
    connection more{port};
    return more.rest().empty() && more.ended;
  }));
  held.clear();
  EXPECT_TRUE(eventually([&] { return is(get(port, "/"), 200); }));
}

TEST_F(served, a_taken_port_is_said_with_the_remedy) {
  auto again = config;
  again.port = port;
  http_server second{again};
  try {
    second.start();
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string{e.what()}.find("console.port"), std::string::npos) << e.what();
  }
  again.address = "not-an-address";
  http_server third{again};
  EXPECT_THROW(third.start(), std::runtime_error);
}

TEST_F(served, a_real_prometheus_scrapes_it) {
  if (access("/usr/bin/prometheus", X_OK) != 0) GTEST_SKIP() << "prometheus is absent: apt-get install prometheus";
  pages.publish(empty, {});
  const scratch_folder folder;
  const auto at = free_port();
  const auto config_file = folder.file(
      "prometheus.yml", "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: millwatch, static_configs: [{targets: ['127.0.0.1:" +
                            std::to_string(port) + "']}]}]\n");
  const program prometheus{{"/usr/bin/prometheus", "--config.file=" + config_file, "--storage.tsdb.path=" + (folder.path / "data").string(),
                            "--web.listen-address=127.0.0.1:" + std::to_string(at)},
                           (folder.path / "log").string()};
  EXPECT_TRUE(eventually([&] {
    return get(at, "/api/v1/query?query=millwatch_build_info").find("\"version\":\"" MILLWATCH_VERSION "\"") != std::string::npos;
  })) << folder.text("log");
  EXPECT_NE(get(at, "/api/v1/query?query=up").find("\"1\"]"), std::string::npos);
}

}  // namespace
}  // namespace mw
