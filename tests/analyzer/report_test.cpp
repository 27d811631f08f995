// The report's form is a contract; the tables are for people.
#include "tests/detect/harness.hpp"

#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"

#include <nlohmann/json.hpp>

namespace mw::testing {
namespace {

plant attacked() {
  plant p{quiet(learning_mode::automatic)};
  p.see(say{});
  p.see(say{.client = stranger, .protocol = "s7comm", .function = "41", .action = action::stop, .port = 102});
  p->finish();
  return p;
}

TEST(report, has_the_fields_that_others_rely_on) {
  auto p = attacked();
  const auto r = nlohmann::json::parse(make_report(*p, {{"capture", 10, 9, 0, {{"short", 1}}}}, {{"packets", std::uint64_t{10}}}));
  for (const auto* name : {"assets", "incidents", "detections", "ledger", "stats"}) EXPECT_TRUE(r.contains(name)) << name;
  const auto& i = r["incidents"].at(0);
  for (const auto* name : {"id", "first_seen", "last_seen", "severity", "score", "title", "actors", "victims", "techniques", "event_class",
                           "detections", "evidence"})
    EXPECT_TRUE(i.contains(name)) << name;
  EXPECT_TRUE(i["first_seen"].is_number_float());
  EXPECT_DOUBLE_EQ(i["first_seen"], 1'700'000'002.0);
  EXPECT_EQ(i["severity"], "critical");
  EXPECT_EQ(i["event_class"], "06-other");
  EXPECT_FALSE(i["title"]["zh"].get<std::string>().empty());
  EXPECT_EQ(i["actors"], nlohmann::json::array({stranger}));
  const auto& d = i["detections"].at(0);
  for (const auto* name : {"id", "count", "first_seen", "last_seen"}) EXPECT_TRUE(d.contains(name)) << name;
  EXPECT_EQ(r["detections"].at(0)["id"], d["id"]);
  EXPECT_EQ(r["detections"].at(0)["incident"], i["id"]);
  EXPECT_TRUE(r["ledger"]["capture"]["balanced"]);
  EXPECT_EQ(r["stats"]["packets"], 10);
  EXPECT_EQ(r["stats"]["alerts"], 1);
}

TEST(report, text_that_is_not_utf8_does_not_break_it) {
  plant p{quiet(learning_mode::automatic)};
  p.see(say{.function = "41", .action = action::stop, .values = {std::string{"\xff\xfe"}}});
  EXPECT_NO_THROW(nlohmann::json::parse(make_report(*p, {})));
}

TEST(tables, both_languages) {
  auto p = attacked();
  const auto zh = incident_table(to_json(p->incidents()), {}), en = incident_table(to_json(p->incidents()), {.language = language::en});
  EXPECT_NE(zh.find("紧急"), std::string::npos);
  EXPECT_NE(zh.find("控制器停止"), std::string::npos);
  EXPECT_NE(zh.find("2023-11-15 06:13:22"), std::string::npos) << "Beijing time\n" << zh;
  EXPECT_NE(en.find("Controller stop"), std::string::npos);
  EXPECT_EQ(en.find('\x1b'), std::string::npos) << "no colour unless asked";
  EXPECT_NE(incident_table(to_json(p->incidents()), {.colour = true}).find("\x1b[31m"), std::string::npos);
  const auto page = incident_page(p->incidents().front(), {});
  for (const auto* part : {"攻击方", "预期", "实际", "建议", "T0858"}) EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_NE(asset_table(to_json(p->assets()), {}).find("可编程控制器"), std::string::npos);
  EXPECT_NE(detection_table(to_json(p->detections()), {}).find("MW-0501"), std::string::npos);
}

TEST(tables, columns_line_up) {
  EXPECT_EQ(columns_of("abc"), 3u);
  EXPECT_EQ(columns_of("控制器"), 6u);
  EXPECT_EQ(columns_of("a：b"), 4u);
  operation_counts n;
  n.add(op(say{}, start));
  n.add(op(say{.protocol = "s7comm", .action = action::write, .outcome = outcome::refused}, start));
  auto summary = op(say{}, start);
  summary.repeat = repeat{};
  summary.repeat->count = 41;
  n.add(summary);
  const auto t = operation_table(n, {});
  EXPECT_NE(t.find("42"), std::string::npos);
  std::vector<std::size_t> at;
  for (std::size_t from = 0; from < t.size();) {
    const auto end = t.find('\n', from);
    const auto line = std::string_view{t}.substr(from, end - from);
    at.push_back(columns_of(line.substr(0, line.find(from == 0 ? "操作" : from < t.find("s7comm") ? "读取" : "写入"))));
    from = end + 1;
  }
  ASSERT_EQ(at.size(), 3u);
  EXPECT_TRUE(at[0] == at[1] && at[1] == at[2]) << t;
}

TEST(tables, long_ones_say_what_they_leave_out) {
  std::vector<detection> many(30);
  EXPECT_NE(detection_table(to_json(many), {.language = language::en, .most_rows = 10}).find("(20 more rows)"), std::string::npos);
}

TEST(report, a_sensor_that_does_not_speak_is_said_loudly) {
  const auto list = nlohmann::ordered_json::parse(R"([
    {"sensor": "alive", "site": "n", "time": 1000.0, "packets": 7, "bytes": 1500, "ledger": [{"stage": "capture_frames", "dropped": {"kernel": 3}}, {"stage": "condense", "dropped": {"summarised": 900}}]},
    {"sensor": "dead", "site": "n", "time": 900.0, "packets": 7, "bytes": 9, "ledger": []},
    {"sensor": "never", "site": "n"}])");
  const table_style style{.language = language::en, .colour = true};
  const auto row = [&](std::string_view name, const std::string& t) {
    return t.substr(t.find(name), t.find('\n', t.find(name)) - t.find(name));
  };
  const auto now = sensor_table(list, timestamp{std::chrono::seconds{1020}}, style);
  EXPECT_NE(row("alive", now).find(" ok "), std::string::npos) << now;
  EXPECT_NE(row("alive", now).find(" 3 "), std::string::npos) << "lost frames, and not what was summarised";
  EXPECT_EQ(row("alive", now).find("900"), std::string::npos);
  EXPECT_NE(row("dead", now).find("SILENT"), std::string::npos);
  EXPECT_NE(row("never", now).find("NO DATA"), std::string::npos);
  EXPECT_NE(now.find("\x1b[31mdead"), std::string::npos) << "red";
  const auto over = sensor_table(list, {}, style);
  EXPECT_NE(row("dead", over).find("ended"), std::string::npos);
  EXPECT_NE(row("never", over).find("NO DATA"), std::string::npos);
}

TEST(report, text_from_the_wire_does_not_steer_the_terminal) {
  const auto list = nlohmann::ordered_json::parse(
      R"([{"type": "operation", "time": 1.0, "protocol": "cip", "client": "10.0.0.1:1", "server": "10.0.0.2:2", "unit": "", "action": "write",
    "function_name": "write_tag", "objects": [{"space": "tag", "address": "a\u001b[2Jb\u0007\u009b", "count": 1}], "values": [1, "x\ny"], "outcome": "ok", "code": null}])");
  const auto t = record_table(list, true, {.language = language::en});
  EXPECT_EQ(t.find('\x1b'), std::string::npos);
  EXPECT_EQ(t.find('\x07'), std::string::npos);
  EXPECT_EQ(std::count(t.begin(), t.end(), '\n'), 2);
  EXPECT_NE(t.find("tag:a·[2Jb··"), std::string::npos) << t;
}

}  // namespace
}  // namespace mw::testing
