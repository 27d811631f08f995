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

bool broke(const recorder& out, std::string_view rule) {
  return std::ranges::any_of(out.violations, [&](const broken& v) { return v.rule == rule; });
}
bool said(const recorder& out, std::string_view kind, std::string_view what) {
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.kind == kind && f.value == what; });
}
/// One request and its answer, and the operation that came of it.
operation exchanged(conversation& c, std::string_view request, std::string_view answer) {
  c.say(side::client, text(request));
  c.say(side::server, text(answer));
  return c.out.operations.empty() ? operation{} : c.out.operations.back();
}
std::string post(std::string_view type, std::string_view body) {
  return "POST /x HTTP/1.1\r\nContent-Type: " + std::string{type} + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}
constexpr std::string_view nothing = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-4

TEST(http_body, digests_of_both_bodies) {
  conversation c{"http"};
  const auto o = exchanged(c, "PUT /fw/v2.BIN HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: v\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"log.zip\"\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(o.action, action::file_write);
  EXPECT_EQ(field_of(o, "file_type"), value{std::string{"bin"}});
  EXPECT_EQ(field_of(o, "request_bytes"), value{std::int64_t{3}});
  EXPECT_EQ(field_of(o, "request_sha256"), value{std::string{abc}});
  EXPECT_EQ(field_of(o, "response_sha256"), value{std::string{abc}});
  EXPECT_EQ(field_of(o, "file_name"), value{std::string{"log.zip"}});
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(http_body, up_to_the_end_and_cut) {
  conversation c{"http"};
  c.say(side::client, text(get));
  c.say(side::server, text("HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\nab"));
  c.say(side::server, text("c"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].action, action::file_read);
  EXPECT_EQ(field_of(c.out.operations[0], "response_sha256"), value{std::string{abc}});
  conversation d{"http"};
  d.say(side::client, text(get));
  d.say(side::server, text("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nab"));
  d.gap(side::server);
  d.say(side::server, text("yzHTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_EQ(d.out.operations.size(), 2u);
  EXPECT_EQ(field_of(d.out.operations[0], "response_incomplete"), value{true});
  EXPECT_EQ(field_of(d.out.operations[0], "response_sha256"), value{});
  EXPECT_EQ(d.out.operations[1].outcome, outcome::unpaired);
  d.gap(side::server);  // the answer to this one is missing
  d.say(side::client, text(get));
  d.gap(side::server);
  EXPECT_EQ(exchanged(d, "GET /b HTTP/1.1\r\n\r\n", nothing).objects[0].address, "/b");
  EXPECT_EQ(d.out.operations[2].outcome, outcome::timeout);
}

struct asks {
  std::string_view type, body, field, name;
  mw::action action;
};
TEST(http_body, what_requests_ask) {
  const asks rows[] = {
      {"application/json", R"({"jsonrpc":"2.0","id":1,"method" : "PlcProgram.Write","params":{}})", "rpc_method", "PlcProgram.Write",
       action::write},
      {"application/json", R"([{"id":1,"method":"getState","params":[]}])", "rpc_method", "getState", action::read},
      {"application/json", R"({"method":"x"})", "rpc_method", "", action::write},
      {"text/xml", R"(<?xml?><s:Envelope><s:Header/><s:Body><u:SetTarget xmlns="x"><a/></u:SetTarget></s:Body></s:Envelope>)",
       "soap_method", "SetTarget", action::write},
      {"application/soap+xml; action=\"urn:x\"", "<Envelope><Body><Reboot/></Body></Envelope>", "soap_method", "Reboot", action::restart},
      {"text/xml", "<methodCall><methodName>system.listMethods</methodName></methodCall>", "rpc_method", "system.listMethods",
       action::identify},
      {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\\\a.upd\"\r\n\r\nx",
       "file_name", "C:\\\\a.upd", action::file_write},
      {"application/x-www-form-urlencoded", "user=op%20one&password=swordfish", "user", "op one", action::authenticate},
      {"application/x-www-form-urlencoded", "a=1&b=2", "user", "", action::write},
  };
  for (const auto& r : rows) {
    conversation c{"http"};
    const auto o = exchanged(c, post(r.type, r.body), nothing);
    const auto name = field_of(o, r.field);
    EXPECT_EQ(name == value{} ? "" : to_string(name), r.name) << r.body;
    EXPECT_EQ(o.action, r.action) << r.body;
    for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("swordfish"), std::string::npos);
  }
  conversation c{"http"};
  const auto o =
      exchanged(c, post("application/json", R"({"jsonrpc":"2.0","method":"a"})"),
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{\"error\" : {\"code\": -32601, \"a\":1}}");
  EXPECT_EQ(field_of(o, "rpc_error"), value{std::string{"-32601"}});
}

TEST(http_head, users_and_never_their_passwords) {
  conversation c{"http"};
  auto o = exchanged(
      c, "GET http://adm:pw1@plc.lan/a?x=1&passwd=pw2 HTTP/1.1\r\nAuthorization: Basic ZW5nOnB3Mw==\r\nX-Forwarded-For: 10.9.9.9\r\n\r\n",
      nothing);
  EXPECT_EQ(o.objects[0].address, "http://plc.lan/a");
  EXPECT_EQ(field_of(o, "url_user"), value{std::string{"adm"}});
  EXPECT_EQ(field_of(o, "user"), value{std::string{"eng"}});
  EXPECT_EQ(field_of(o, "credentials_in_url"), value{true});
  EXPECT_EQ(field_of(o, "proxy"), value{true});
  EXPECT_EQ(field_of(o, "forwarded_for"), value{std::string{"10.9.9.9"}});
  for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("pw"), std::string::npos);
  o = exchanged(c, "GET / HTTP/1.1\r\nAuthorization: Digest realm=\"a\", username=\"op\", response=\"5\"\r\n\r\n", nothing);
  EXPECT_EQ(field_of(o, "authorization"), value{std::string{"digest"}});
  EXPECT_EQ(field_of(o, "user"), value{std::string{"op"}});
}

TEST(http_head, what_a_server_and_a_browser_are) {
  conversation c{"http"};
  exchanged(c, "GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (Windows NT 6.1; x)\r\n\r\n",
            "HTTP/1.1 200 OK\r\nServer: Siemens/1.0\r\nWWW-Authenticate: Basic realm=\"S7-1200 CPU\"\r\nX-Powered-By: PHP/5.4\r\n"
            "Content-Type: text/html\r\nContent-Length: 34\r\n\r\n<html><title>\nStation 7 </title>  .");
  EXPECT_TRUE(said(c.out, "os", "Windows 7"));
  EXPECT_TRUE(said(c.out, "software", "Siemens/1.0"));
  EXPECT_TRUE(said(c.out, "software", "PHP/5.4"));
  EXPECT_TRUE(said(c.out, "vendor", "Siemens"));
  EXPECT_TRUE(said(c.out, "model", "S7-1200 CPU"));
  EXPECT_TRUE(said(c.out, "description", "Station 7"));
  exchanged(c, "GET / HTTP/1.1\r\nUser-Agent: Microsoft-CryptoAPI/6.1\r\n\r\n", nothing);
  EXPECT_TRUE(said(c.out, "software", "Microsoft-CryptoAPI/6.1"));
  EXPECT_FALSE(said(c.out, "os", "ChromeOS"));
}

TEST(http_head, smuggling) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"Content-Length: 4\r\nTransfer-Encoding: chunked", "length_conflict"},
      {"Content-Length: 4\r\nContent-Length: 5", "length_differs"},
      {"Content-Length: +4", "length_syntax"},
      {"Transfer-Encoding: xchunked", "encoding"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "encoding"},
      {"Transfer-Encoding : chunked", "header_syntax"},
      {"nonsense", "header_syntax"},
      {"A: b\r\n c", "header_fold"},
      {"Host: a\r\nHost: b", "host_differs"},
  };
  for (const auto& [lines, rule] : rows) {
    conversation c{"http"};
    c.say(side::client, text("POST / HTTP/1.1\r\n" + std::string{lines} + "\r\n\r\n"));
    EXPECT_TRUE(broke(c.out, rule)) << lines;
  }
  conversation c{"http"};
  c.say(side::client, text("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 x\r\na\r\n"));
  EXPECT_TRUE(broke(c.out, "chunk"));
}

TEST(http_upgrade, tunnels_and_tls) {
  conversation c{"http"};
  const auto o = exchanged(c, "CONNECT plc.lan:443 HTTP/1.1\r\nHost: plc.lan:443\r\n\r\n", "HTTP/1.1 200 established\r\n\r\n");
  EXPECT_EQ(o.action, action::session);
  EXPECT_EQ(o.objects[0].address, "plc.lan:443");
  EXPECT_EQ(c.out.became, "tls");
  conversation d{"http"};
  exchanged(d, "CONNECT a:9 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ok\r\n\r\n");
  EXPECT_EQ(d.out.became, "");
  conversation e{"http"};
  exchanged(e, "CONNECT a:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(e.out.became, "");
}

TEST(http_upgrade, websocket) {
  conversation c{"http"};
  const auto o =
      exchanged(c, "GET /sc HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: hub.bsc.bacnet.org\r\n\r\n",
                "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: hub.bsc.bacnet.org\r\n\r\n");
  EXPECT_EQ(o.action, action::session);
  EXPECT_EQ(field_of(o, "subprotocol"), value{std::string{"hub.bsc.bacnet.org"}});
  EXPECT_EQ(c.out.described["websocket_protocol"], "hub.bsc.bacnet.org");
  for (const auto b : hex("82 83 01020304 aabbcc  89 80 01020304")) c.say(side::client, {b});
  c.server("82 7e 0003 aabbcc 02 01 aa 80 01 bb 8a 00 88 02 03e8");
  EXPECT_TRUE(c.out.violations.empty());
  c.client("82 01 aa");
  EXPECT_TRUE(broke(c.out, "websocket_mask"));
  c.server("83 00");
  EXPECT_TRUE(broke(c.out, "websocket_opcode"));
  c.server("08 00");
  EXPECT_TRUE(broke(c.out, "websocket_control"));
  c.server("80 00");
  EXPECT_TRUE(broke(c.out, "websocket_fragment"));
  c.gap(side::server);
  c.server("ff ff ff ff");
  c.server("82 7f ffffffffffffffff 00");
  c.end();
  EXPECT_EQ(c.out.described["websocket_frames"], "3/8");
  EXPECT_EQ(c.out.described["websocket_close"], "1000");
  EXPECT_EQ(c.out.counts["http/websocket_frame/binary"], 4u);
  EXPECT_EQ(c.out.operations.size(), 1u);
}

TEST(http_body, bounded) {
  conversation c{"http"};
  for (int i = 0; i < 70; ++i) c.say(side::client, text(get));
  EXPECT_EQ(c.out.counts["http/forgotten/request"], 6u);
  EXPECT_EQ(c.out.operations.size(), 6u);
  c.say(side::server, text("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nabc"));
  c.wait(std::chrono::minutes{3});
  EXPECT_EQ(c.out.operations.size(), 70u);
}

TEST(http, every_prefix) {
  every_prefix("http", {{side::client, text("GET http://a:b@c/?d HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")},
                        {side::server, text("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n\x82\x7e\x01\x01")}});
  every_prefix("http", {{side::client, text(post("application/json", R"({"jsonrpc":1,"method":"a"})"))},
                        {side::server, text("HTTP/1.1 200 k\r\nContent-Type: text/html\r\n\r\n<title>a</title>")}});
  every_prefix("http",
               {{side::client, text("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")}, {side::server, text(ok)}});
}

}  // namespace
