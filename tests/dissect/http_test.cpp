// Requests and answers of HTTP, cut anywhere, with every kind of body.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

std::vector<std::uint8_t> text(std::string_view s) { return {s.begin(), s.end()}; }
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}

constexpr std::string_view get = "GET /state/pump?user=a&password=b HTTP/1.1\r\nHost: hmi.plant\r\nUser-Agent: Mozilla/5.0\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nServer: GoAhead-Webs\r\nContent-Length: 5\r\n\r\nhello";

TEST(http, request_and_answer) {
  conversation c{"http"};
  c.say(side::client, text(get));
  c.say(side::server, text(ok));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.function, "GET");
  EXPECT_EQ(o.action, action::read);
  EXPECT_EQ(o.objects, (std::vector<object>{{"url", "/state/pump"}}));
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(field_of(o, "query"), value{true});
  EXPECT_EQ(field_of(o, "status"), value{std::int64_t{200}});
  EXPECT_EQ(c.out.described["host"], "hmi.plant");
  ASSERT_EQ(c.out.facts.size(), 1u);
  EXPECT_EQ(c.out.facts[0].value, "GoAhead-Webs");
  for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("password"), std::string::npos);
}

TEST(http, octet_by_octet_and_pipelined) {
  conversation c{"http"};
  const auto twice = std::string{get} + "PUT /recipe/7 HTTP/1.1\r\nHost: hmi\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                     std::string{get};
  for (const char b : twice) c.say(side::client, {static_cast<std::uint8_t>(b)});
  for (const char b : std::string{ok} + "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" + std::string{ok})
    c.say(side::server, {static_cast<std::uint8_t>(b)});
  ASSERT_EQ(c.out.operations.size(), 3u);
  EXPECT_EQ(c.out.operations[1].action, action::file_write);
  EXPECT_EQ(c.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[1].code, "403");
  EXPECT_EQ(c.out.operations[2].outcome, outcome::ok);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(http, bodies_hide_no_requests_and_are_none) {
  conversation c{"http"};
  c.say(side::client, text("POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\nGET / HTTP/1.1\r\n\r\n12GET /b HTTP/1.1\r\n\r\n"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].action, action::write);
  EXPECT_EQ(c.out.operations[1].objects[0].address, "/b");
  EXPECT_EQ(c.out.operations[1].outcome, outcome::timeout);
}

TEST(http, refused_credentials_are_an_authentication) {
  conversation c{"http"};
  c.say(side::client, text("GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n"));
  c.say(side::server, text("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].action, action::authenticate);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(field_of(c.out.operations[0], "authorization"), value{std::string{"basic"}});
  EXPECT_EQ(c.out.described["basic_authentication"], "yes");
}

TEST(http, goes_on_after_a_gap_and_after_an_upgrade) {
  conversation c{"http"};
  c.say(side::client, text(get));
  c.say(side::server, text("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc"));
  c.gap(side::server);
  c.say(side::client, text(get));
  c.say(side::server, text("rest of a body\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[1].code, "404");
  EXPECT_TRUE(c.out.violations.empty());
  c.say(side::client, text("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"));
  c.say(side::server, text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x\n"));
  c.say(side::client, text("\x81\x01x\nno http\n"));
  EXPECT_EQ(c.out.operations.size(), 3u);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(http, what_is_no_http) {
  const auto& p = named("http").about;
  EXPECT_EQ(p.probe(text("GET / HTTP/1.1\r\n"), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(text("HTTP/1.1 200 OK\r\n"), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(text("GET /lo"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(text("HT"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(text("220 ready\r\n"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(text("GET / SIP/2.0\r\n"), transport::tcp), match::no);
  conversation c{"http"};
  c.say(side::client, text("nonsense\r\nmore\r\n"));
  EXPECT_EQ(c.out.violations.size(), 1u);
  c.say(side::client, text(get));
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);
}

TEST(http, every_prefix) {
  every_prefix("http",
               {{side::client, text("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")}, {side::server, text(ok)}});
}

}  // namespace
