// CoAP: which response belongs to which request, what a resource is addressed as, and what breaks a rule.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string brief(const operation& op) {
  std::string out = op.function_name;
  for (const auto& o : op.objects) out += " " + o.address;
  for (const auto& v : op.values) out += " =" + to_string(v);
  return out + " " + std::string{to_string(op.outcome)} + (op.code ? " " + *op.code : "");
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) out += (out.empty() ? "" : "; ") + brief(o);
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
struct talk : conversation {
  talk() : conversation{"coap", transport::udp} {}
};

constexpr std::string_view get_temp = "42 01 7d34 aabb b4 74656d70";         // GET /temp
constexpr std::string_view temp_is = "62 45 7d34 aabb c0 ff 32322e35";       // 2.05 in the acknowledgement
constexpr std::string_view observe_temp = "42 01 7d35 aacc 60 54 74656d70";  // GET /temp, observe
constexpr std::string_view observed = "62 45 7d35 aacc 61 0c ff 31";         // its first value
constexpr std::string_view notified = "52 45 0001 aacc 61 0d ff 32";         // and its next

TEST(coap, requests_and_their_responses) {
  const struct {
    const char* name;
    std::vector<std::pair<side, std::string_view>> said;
    std::string told;
    action what;
  } rows[] = {
      {"piggybacked", {{side::client, get_temp}, {side::server, temp_is}}, "get /temp =22.5 ok 69", action::read},
      {"separate",
       {{side::client, get_temp}, {side::server, "60 00 7d34"}, {side::server, "42 45 0009 aabb ff 32"}, {side::client, "60 00 0009"}},
       "get /temp =2 ok 69",
       action::read},
      {"without_token", {{side::client, "40 01 0001 b1 61"}, {side::server, "60 45 0001 ff 31"}}, "get /a =1 ok 69", action::read},
      {"without_token_out_of_order",
       {{side::client, "40 01 0001 b1 61"}, {side::client, "40 01 0002 b1 62"}, {side::server, "60 45 0002"}, {side::server, "60 45 0001"}},
       "get /b ok 69; get /a ok 69",
       action::read},
      {"two_levels",
       {{side::client, "40 01 0001 b1 61 01 62 43 783d31 03 793d32"}, {side::server, "60 84 0001"}},
       "get /a/b refused 132",
       action::read},
      {"root", {{side::client, "40 01 0001"}, {side::server, "60 45 0001"}}, "get / ok 69", action::read},
      {"put", {{side::client, "40 03 0001 b1 61 ff 6f6e"}, {side::server, "60 44 0001"}}, "put /a =on ok 68", action::write},
      {"post", {{side::client, "40 02 0001 b1 61 ff 00"}, {side::server, "60 41 0001 ff 6f6b"}}, "post /a =0x00 ok 65", action::control},
      {"delete", {{side::client, "40 04 0001 b1 61"}, {side::server, "60 a0 0001"}}, "delete /a refused 160", action::configure},
      {"discovery",
       {{side::client, "40 01 0001 bb 2e77656c6c2d6b6e6f776e 04 636f7265"}, {side::server, "60 45 0001 c1 28 ff 3c2f613e"}},
       "get /.well-known/core =</a> ok 69",
       action::identify},
      {"reset", {{side::client, get_temp}, {side::server, "70 00 7d34"}}, "get /temp refused", action::read},
      {"sent_again", {{side::client, get_temp}, {side::client, get_temp}, {side::server, temp_is}}, "get /temp =22.5 ok 69", action::read},
      {"answered_again",
       {{side::client, get_temp}, {side::server, "52 45 0009 aabb"}, {side::server, "52 45 0009 aabb"}},
       "get /temp ok 69",
       action::read},
      {"reboot", {{side::client, "40 02 0001 b1 33 01 30 01 34"}, {side::server, "60 44 0001"}}, "post /3/0/4 ok 68", action::restart},
      {"firmware",
       {{side::client, "40 03 0001 b1 35 01 30 01 30 ff 00"}, {side::server, "60 44 0001"}},
       "put /5/0/0 =0x00 ok 68",
       action::firmware},
      {"unasked", {{side::server, temp_is}}, "content =22.5 unpaired 69", action::report},
      {"server_asks", {{side::server, "40 01 0001 b1 61"}, {side::client, "60 45 0001"}}, "get /a ok 69", action::read},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    for (const auto& [from, bytes] : r.said) t.say(from, bytes);
    EXPECT_EQ(told(t.out), r.told);
    ASSERT_FALSE(t.out.operations.empty());
    EXPECT_EQ(t.out.operations[0].action, r.what);
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(coap, options_are_fields) {
  talk t;
  t.client("40 03 0001 33 706c63 81 61 11 32 33 613d31 03 623d32 c1 0e ff 6f6e");
  t.server("60 5f 0001 d1 0e 0e");
  ASSERT_EQ(t.out.operations.size(), 1u);
  const auto& op = t.out.operations[0];
  EXPECT_EQ(text_of(op, "uri_host"), "plc");
  EXPECT_EQ(text_of(op, "content_format"), "50");
  EXPECT_EQ(text_of(op, "query"), "a=1&b=2");
  EXPECT_EQ(text_of(op, "block1"), "0+ of 1024");
  EXPECT_EQ(text_of(op, "confirmable"), "true");
  EXPECT_EQ(text_of(op, "response"), "2.31 continue");
}

TEST(coap, observation) {
  talk t;
  t.client(observe_temp);
  t.server(observed);
  t.server(notified);
  t.server("52 84 0002 aacc");  // the resource is gone
  EXPECT_EQ(told(t.out), "get /temp =1 ok 69; notification /temp =2 unsolicited 69; notification /temp unsolicited 132");
  EXPECT_EQ(t.out.operations[0].action, action::subscribe);
  EXPECT_EQ(t.out.operations[1].action, action::report);
  EXPECT_EQ(text_of(t.out.operations[1], "observe"), "13");
  t.server("52 45 0003 aacc ff 33");
  EXPECT_EQ(t.out.operations.back().outcome, outcome::unpaired);
}

TEST(coap, a_token_that_is_used_again_belongs_to_the_newest) {
  talk t;
  t.client("42 01 0001 aabb b1 61");
  t.client("42 01 0002 aabb b1 62");
  t.server("62 45 0002 aabb");
  EXPECT_EQ(told(t.out), "get /a timeout; get /b ok 69");
  t.client(observe_temp);
  t.wait(std::chrono::seconds{31});
  EXPECT_EQ(t.out.operations.back().outcome, outcome::timeout);
}

TEST(coap, devices_say_what_they_are) {
  talk t;
  const std::pair<const char*, const char*> asked[] = {{"b1 33 01 30 01 30", "41636d65"}, {"b1 33 01 30 01 32", "5331"}};
  int id = 1;
  for (const auto& [path, answer] : asked) {
    const auto number = " 000" + std::to_string(id++) + " ";
    t.client("40 01" + number + path);
    t.server("60 45" + number + "ff " + answer);
  }
  t.client("40 02 0009 b2 7264 47 65703d70756d70");
  t.server("60 41 0009");
  std::string facts;
  for (const auto& f : t.out.facts) facts += f.kind + "=" + f.value + (f.who == side::client ? " client;" : " server;");
  EXPECT_EQ(facts, "vendor=Acme server;serial=S1 server;client_id=pump client;");
  EXPECT_EQ(t.out.operations.back().action, action::session);
}

TEST(coap, what_breaks_a_rule) {
  const struct {
    const char *name, *bytes, *rules;
  } rows[] = {
      {"short", "40 01 00", "length"},
      {"version", "80 01 0001", "version"},
      {"token_of_9", "49 01 0001 010203040506070809", "token_length"},
      {"token_cut", "44 01 0001 0102", "length"},
      {"option_cut", "40 01 0001 b4 61", "length"},
      {"option_15", "40 01 0001 f0", "length"},
      {"no_payload", "40 01 0001 b1 61 ff", "payload_marker"},
      {"empty_is_longer", "40 00 0001 00", "empty_message"},
      {"reserved_class", "40 21 0001", "code"},
      {"method_31", "40 1f 0001", "code"},
      {"signal", "40 e1 0001", "code"},
      {"request_in_ack", "60 01 0001 b1 61", "type"},
      {"reset_with_code", "70 45 0001", "type"},
      {"long_port", "40 01 0001 73 010203", "option_length"},
      {"host_is_empty", "40 01 0001 30", "option_length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.client(r.bytes);
    EXPECT_EQ(rules(t.out), r.rules);
  }
}

TEST(coap, probe_and_frame) {
  const auto udp = [](std::string_view s) { return named("coap").about.probe(hex(s), transport::udp); };
  const auto tcp = [](std::string_view s) { return named("coap").about.probe(hex(s), transport::tcp); };
  EXPECT_EQ(udp(get_temp), match::yes);
  EXPECT_EQ(udp(temp_is), match::yes);
  EXPECT_EQ(udp("60 00 0001"), match::yes);
  EXPECT_EQ(udp("40 01 0001 73 010203"), match::yes);  // an option that is not as it should be
  EXPECT_EQ(udp("40 01 00"), match::no);
  EXPECT_EQ(udp("00 01 0001"), match::no);
  EXPECT_EQ(udp("40 1f 0001"), match::no);
  EXPECT_EQ(udp("44 01 0001 01"), match::no);
  EXPECT_EQ(udp("16 fefd 0000 000000000001 0002 0100"), match::no) << "a record of DTLS, which has a dissector of its own";
  EXPECT_EQ(tcp("00 e1"), match::yes);
  EXPECT_EQ(tcp("d0 00 e1 21 04 80"), match::unsure);
  EXPECT_EQ(tcp("16 03 01 00"), match::no);
  EXPECT_EQ(*named("coap").about.frame(hex("52 01 aabb b4 74656d70")), 9u);
  EXPECT_EQ(*named("coap").about.frame(hex("d0 01 45")), 17u);
  EXPECT_EQ(*named("coap").about.frame(hex("e0")), 0u);
  EXPECT_FALSE(named("coap").about.frame(hex("0f 01")));
}

TEST(coap, on_tcp) {
  conversation c{"coap"};
  c.client("00 e1");
  c.client("52 01 aabb b4 74656d70");
  c.server("32 45 aabb ff 3132");
  EXPECT_EQ(told(c.out), "capabilities none; get /temp =12 ok 69");
  EXPECT_EQ(c.out.counts.at("coap/code/225"), 1u);
  EXPECT_EQ(rules(c.out), "");
}

TEST(coap, observations_are_bounded) {
  talk t;
  for (unsigned i = 0; i < 130; ++i) {
    const auto two = [](unsigned n) { return std::string{"0123456789abcdef"[n >> 4 & 15], "0123456789abcdef"[n & 15]}; };
    t.client("41 01 00" + two(i) + two(i) + " 60 51 61");
    t.server("61 45 00" + two(i) + two(i) + " 60");
  }
  EXPECT_EQ(t.out.counts.at("coap/forgotten/observation"), 2u);
  EXPECT_EQ(t.out.operations.size(), 130u);
}

TEST(coap, survives_every_prefix) {
  const auto both = std::vector<std::pair<side, std::vector<std::uint8_t>>>{
      {side::client, hex(observe_temp)},
      {side::server, hex(observed)},
      {side::server, hex(notified)},
      {side::client, hex("40 03 0001 33 706c63 81 61 11 32 33 613d31 c1 0e d2 f3 0102 ff 6f6e")},
      {side::server, hex("70 00 0001")}};
  every_prefix("coap", both, transport::udp);
  every_prefix("coap", {{side::client, hex("52 01 aabb b4 74656d70")}, {side::server, hex("d2 00 45 aabb ff 31323334353637383930313233")}});
}

}  // namespace
}  // namespace mw::test
