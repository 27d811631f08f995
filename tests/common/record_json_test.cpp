// What append_json writes, read back by an independent parser.
#include "common/record_json.hpp"

#include "common/json_text.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace mw {
namespace {

using nlohmann::json;

std::string line_of(const record& r) {
  std::string out;
  append_json(out, r);
  EXPECT_TRUE(out.ends_with('\n'));
  EXPECT_EQ(out.find('\n'), out.size() - 1);
  return out;
}
json read_back(const record& r) { return json::parse(line_of(r)); }

timestamp at(std::int64_t ns) { return timestamp{nanoseconds{ns}}; }
endpoint end(ip a, std::uint16_t p) { return {a, {p}, {}}; }

operation read_holding() {
  operation o;
  o.time = at(1445502056'228889000);
  o.protocol = "modbus";
  o.client = end(ip::v4(192, 168, 88, 95), 54321);
  o.server = end(ip::v4(192, 168, 2, 166), 502);
  o.unit = "1";
  o.function = "3";
  o.function_name = "read_holding_registers";
  o.objects = {{"holding", "100", 2, {}, {}}};
  o.values = {std::uint64_t{17}, std::uint64_t{42}};
  o.outcome = outcome::ok;
  o.latency = nanoseconds{2'760'000};
  o.flow = "1:abc=";
  return o;
}

TEST(record_json, the_example_of_the_contract) {
  EXPECT_EQ(line_of(read_holding()),
            R"({"type":"operation","time":1445502056.228889,"protocol":"modbus","client":"192.168.88.95:54321",)"
            R"("server":"192.168.2.166:502","unit":"1","action":"read","function":"3","function_name":"read_holding_registers",)"
            R"("objects":[{"space":"holding","address":"100","count":2}],"values":[17,42],"outcome":"ok","code":null,)"
            R"("latency":0.002760,"flow":"1:abc=","transport":"tcp"})"
            "\n");
}

TEST(record_json, every_further_part_of_an_operation) {
  auto o = read_holding();
  o.vlan = 7;
  o.packets = {3, 9};
  o.code = "2";
  o.latency.reset();
  o.objects[0].property = 85;
  o.objects[0].index = 0;
  o.returned = {{"g30v1", "5", 1, {}, {}}};
  o.server.hardware = {{0, 0x1b, 0x1b, 1, 2, 3}};
  repeat r;
  r.count = 60;
  r.last = at(1445502116'228889123);
  r.missed = 2;
  r.intervals = {0, 1, 58};
  r.latencies = {60};
  r.transitions = {{"3/holding/100", 59}};
  r.points = {{std::uint64_t{17}, std::uint64_t{18}, 17, 18, 17.5, 0.25, 1}};
  o.repeat = r;
  const auto j = read_back(o);
  EXPECT_EQ(j["vlan"], 7);
  EXPECT_EQ(j["packets"], json({3, 9}));
  EXPECT_EQ(j["code"], "2");
  EXPECT_TRUE(j["latency"].is_null());
  EXPECT_EQ(j["objects"][0]["property"], 85);
  EXPECT_EQ(j["objects"][0]["index"], 0);
  EXPECT_EQ(j["returned"], json::parse(R"([{"space":"g30v1","address":"5","count":1}])"));
  EXPECT_FALSE(j.contains("client_mac"));
  EXPECT_EQ(j["server_mac"], "00:1b:1b:01:02:03");
  EXPECT_EQ(j["repeat"], json::parse(R"({"count":60,"last":1445502116.228889123,"missed":2,"intervals":[0,1,58],"latencies":[60],
    "transitions":[["3/holding/100",59]],
    "points":[{"first":17,"last":18,"min":17,"max":18,"mean":17.5,"variance":0.25,"changes":1}]})"));
}

TEST(record_json, further_fields_never_hide_a_member) {
  auto o = read_holding();
  o.fields = {{"cause", std::string{"6"}}, {"status", std::int64_t{0}}, {"time", true}, {"status", std::int64_t{-4}}, {"field_time", false},
              {"a\"b", std::monostate{}},  {"repeat", std::uint64_t{1}}};
  const auto text = line_of(o);
  const auto j = json::parse(text);
  EXPECT_EQ(j["cause"], "6");
  EXPECT_EQ(j["status"], json({0, -4}));
  EXPECT_TRUE(j["time"].is_number());
  EXPECT_EQ(j["field_time"], json({true, false}));
  EXPECT_TRUE(j.at("a\"b").is_null());
  EXPECT_EQ(j["field_repeat"], 1);
  EXPECT_EQ(text.find("\"time\":"), text.rfind("\"time\":")) << "a name must not come twice";
}

TEST(record_json, seconds) {
  const struct {
    std::int64_t ns;
    std::string_view text;
  } rows[] = {
      {0, "0.000000"},
      {1, "0.000000001"},
      {999, "0.000000999"},
      {1000, "0.000001"},
      {-1, "-0.000000001"},
      {-1'500'000'000, "-1.500000"},
      {1445502056'228889000, "1445502056.228889"},
      {1445502056'228889001, "1445502056.228889001"},
      {1700000000'000000000, "1700000000.000000"},
      {std::numeric_limits<std::int64_t>::max(), "9223372036.854775807"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036.854775808"},
  };
  for (const auto& row : rows) {
    std::string out;
    append_seconds(out, nanoseconds{row.ns});
    EXPECT_EQ(out, row.text);
  }
}

TEST(record_json, values) {
  const struct {
    value v;
    std::string_view text;
  } rows[] = {
      {std::monostate{}, "null"},
      {true, "true"},
      {false, "false"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
      {0.1, "0.1"},
      {-0.0, "-0"},
      {1e300, "1e+300"},
      {5e-324, "5e-324"},
      {17.0, "17"},
      {std::numeric_limits<double>::quiet_NaN(), "null"},
      {std::numeric_limits<double>::infinity(), "null"},
      {-std::numeric_limits<double>::infinity(), "null"},
      {std::string{}, "\"\""},
      {std::string{"a\"b\\c/\n\r\t\x01\x1f\x7f"}, "\"a\\\"b\\\\c/\\n\\r\\t\\u0001\\u001f\x7f\""},
      {std::string{"\0", 1}, "\"\\u0000\""},
      {std::string{"泵站 µ €"}, "\"泵站 µ €\""},
      {std::string{"😀"}, "\"😀\""},
      {std::string{"a\xff\x62"}, "\"a\xef\xbf\xbd\x62\""},
      {std::string{"\xc0\xaf"}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                  // overlong
      {std::string{"\xed\xa0\x80"}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                  // surrogate
      {std::string{"\xe6\xb3"}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                  // cut
      {std::string{"\xf4\x90\x80\x80"}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // beyond U+10FFFF
  };
  for (const auto& row : rows) {
    std::string out;
    append_value(out, row.v);
    EXPECT_EQ(out, row.text);
    EXPECT_TRUE(json::accept(out)) << out;
  }
}

TEST(record_json, ends) {
  const mac card{{0x00, 0x0e, 0xcf, 0, 0, 1}};
  const struct {
    endpoint e;
    std::string_view text;
  } rows[] = {
      {end(ip::v4(0, 0, 0, 0), 68), "0.0.0.0:68"},
      {end(ip::v4(255, 255, 255, 255), 65535), "255.255.255.255:65535"},
      {end(ip::parse("fe80::1").value(), 502), "[fe80::1]:502"},
      {{{}, {}, card}, "00:0e:cf:00:00:01"},
  };
  for (const auto& row : rows) {
    std::string out;
    append_endpoint(out, row.e);
    EXPECT_EQ(out, '"' + std::string{row.text} + '"');
    EXPECT_EQ(out, '"' + to_string(row.e) + '"');
  }
}

TEST(record_json, flow) {
  flow_record f;
  f.first = at(10'000000000);
  f.last = at(12'500000000);
  f.client = end(ip::v4(10, 0, 0, 1), 40000);
  f.server = end(ip::v4(10, 0, 0, 2), 443);
  f.id = "1:x";
  f.application = "tls";
  f.certainty = certainty::confirmed;
  f.client_bytes = 18446744073709551615u;
  f.round_trip = nanoseconds{1234};
  f.interim = true;
  f.risks = {"obsolete_tls", "self_signed"};
  f.facts = {{"sni", std::string{"plc.example"}}, {"interim", std::string{"x"}}};
  const auto j = read_back(f);
  EXPECT_EQ(j["type"], "flow");
  EXPECT_EQ(j["time"], 12.5);
  EXPECT_EQ(j["first"], 10.0);
  EXPECT_EQ(j["flow"], "1:x");
  EXPECT_EQ(j["certainty"], "confirmed");
  EXPECT_EQ(j["client_bytes"], 18446744073709551615u);
  EXPECT_EQ(j["round_trip"], 0.000001234);
  EXPECT_EQ(j["interim"], true);
  EXPECT_EQ(j["risks"], json({"obsolete_tls", "self_signed"}));
  EXPECT_EQ(j["sni"], "plc.example");
  EXPECT_EQ(j["field_interim"], "x");
  EXPECT_FALSE(j.contains("vlan"));
  EXPECT_FALSE(j.contains("packets"));
}

TEST(record_json, fact_violation_status) {
  fact f;
  f.address = ip::v4(10, 0, 0, 2);
  f.kind = "vendor";
  f.value = "Siemens";
  f.confidence = 90;
  auto j = read_back(f);
  EXPECT_EQ(j["type"], "fact");
  EXPECT_EQ(j["address"], "10.0.0.2");
  EXPECT_FALSE(j.contains("mac"));
  EXPECT_EQ(j["confidence"], 90);

  violation v;
  v.rule = "length";
  v.from_client = false;
  v.count = 3;
  v.transport = transport::ethernet;
  j = read_back(v);
  EXPECT_EQ(j["type"], "violation");
  EXPECT_EQ(j["from_client"], false);
  EXPECT_EQ(j["count"], 3);
  EXPECT_EQ(j["transport"], "ethernet");

  status s;
  s.packets = 5;
  s.ledger = {{"decode", 5, 3, 0, {{"short", 1}, {"check\"sum", 1}}}};
  s.fields = {{"load", 0.5}};
  j = read_back(s);
  EXPECT_EQ(j["type"], "status");
  EXPECT_EQ(j["ledger"], json::parse(R"([{"stage":"decode","in":5,"out":3,"held":0,"dropped":{"short":1,"check\"sum":1}}])"));
  EXPECT_EQ(j["load"], 0.5);
}

TEST(record_json, any_bytes_give_valid_lines) {
  std::mt19937 random{7};
  for (int round = 0; round < 3000; ++round) {
    std::string noise(random() % 40, '\0');
    for (auto& c : noise) c = static_cast<char>(random());
    auto o = read_holding();
    o.protocol = o.unit = noise;
    o.fields = {{noise, noise}};
    o.values = {noise};
    EXPECT_TRUE(json::accept(line_of(o)));
  }
}

}  // namespace
}  // namespace mw
