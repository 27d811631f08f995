// What the exporter counts, that its bounds hold against hostile names, and that promtool and docs/metrics.md agree with it.
#include "analyzer/metrics/exporter.hpp"
#include "analyzer/metrics/families.hpp"
#include "common/text.hpp"
#include "tests/common/random_records.hpp"
#include "tests/metrics/programs.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mw {
namespace {

using namespace std::chrono_literals;
constexpr timestamp start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

analyzer_config quiet() {
  analyzer_config c;
  c.oui_file = "";
  return c;
}
attributed from(const std::string& site, record r, const std::string& sensor = "s1") {
  auto o = std::make_shared<origin>();
  o->sensor = sensor, o->site = site, o->enterprise = "E";
  return {std::move(r), o, 0, 0, "", ""};
}
operation an_operation(timestamp t, action what, const std::string& client = "10.0.0.9", const std::string& server = "10.0.0.1") {
  operation o;
  o.time = t, o.protocol = "modbus", o.action = what, o.outcome = outcome::ok, o.function = "8", o.function_name = "stop";
  o.client.address = *ip::parse(client), o.server.address = *ip::parse(server), o.server.port.number = 502;
  return o;
}
std::string page_of(exporter& e, const analyzer& a, const std::vector<ledger_stage>& own = {},
                    const std::vector<channel_counts>& notices = {}) {
  e.publish(a, own, notices);
  return *e.metrics().latest().text;
}
bool has(const std::string& page, const std::string& line) { return ('\n' + page).find('\n' + line + '\n') != std::string::npos; }
double sum_of(const std::string& page, const std::string& name) {
  std::istringstream in{page};
  double sum = 0;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + '{') || line.starts_with(name + ' ')) sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

TEST(exporter, counts_operations_with_their_repetitions) {
  exporter e;
  const analyzer a{quiet()};
  auto o = an_operation(start, action::read);
  o.latency = 3ms;
  e.on(from("works", o));
  o.repeat = repeat{.count = 99, .latencies = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99}};  // 2 to 4 ms
  e.on(from("works", o));
  o.repeat.reset(), o.outcome = outcome::refused, o.latency.reset();
  e.on(from("works", o));
  const auto page = page_of(e, a);
  EXPECT_TRUE(has(page, R"(millwatch_operations_total{site="works",protocol="modbus",action="read",outcome="ok"} 100)")) << page;
  EXPECT_TRUE(has(page, R"(millwatch_operations_total{site="works",protocol="modbus",action="read",outcome="refused"} 1)"));
  EXPECT_TRUE(has(page, R"(millwatch_operation_latency_seconds_bucket{site="works",protocol="modbus",le="0.002048"} 0)")) << page;
  EXPECT_TRUE(has(page, R"(millwatch_operation_latency_seconds_bucket{site="works",protocol="modbus",le="0.004096"} 100)"));
  EXPECT_TRUE(has(page, R"(millwatch_operation_latency_seconds_count{site="works",protocol="modbus"} 100)"));
}

TEST(exporter, a_conversation_counts_once_and_its_octets_add_up) {
  exporter e;
  const analyzer a{quiet()};
  flow_record f;
  f.first = f.last = start, f.application = "s7comm", f.id = "1:x", f.client_bytes = 60, f.server_bytes = 40;
  f.interim = true, f.reason = "new";
  e.on(from("works", f));
  f.reason = "interim";
  e.on(from("works", f));
  f.interim = false, f.reason = "end";
  e.on(from("works", f));
  f.first += 10s;  // another one between the same ends
  e.on(from("works", f));
  const auto page = page_of(e, a);
  EXPECT_TRUE(has(page, R"(millwatch_flows_total{site="works",application="s7comm"} 2)")) << page;
  EXPECT_TRUE(has(page, R"(millwatch_flow_bytes_total{site="works",application="s7comm"} 400)"));
}

TEST(exporter, names_beyond_the_limit_are_other) {
  exporter e;
  const analyzer a{quiet()};
  for (int i = 0; i < 1000; ++i) {
    flow_record f;
    f.first = f.last = start, f.id = std::to_string(i), f.application = "application-" + std::to_string(i);
    e.on(from("works", f));
  }
  const auto page = page_of(e, a);
  std::size_t series = 0;
  for (auto at = page.find("\nmillwatch_flows_total{"); at != std::string::npos; at = page.find("\nmillwatch_flows_total{", at + 1))
    ++series;
  EXPECT_EQ(series, 101u);
  EXPECT_EQ(sum_of(page, "millwatch_flows_total"), 1000);
  EXPECT_TRUE(has(page, R"(millwatch_flows_total{site="works",application="other"} 900)"));
}

TEST(exporter, the_heartbeat_speaks_for_the_sensor) {
  exporter e;
  const analyzer a{quiet()};
  status h;
  h.time = start + 1500ms, h.packets = 7, h.bytes = 700, h.flows_active = 2, h.ledger = {{"capture_frames", 7, 5, 1, {{"kernel", 1}}}},
  h.fields = {{"clock_offset", -0.25}};
  e.on(from("works", h));
  const auto page = page_of(e, a, {{"analyzer", 3, 3, 0, {}}}, {{"webhook", 4, 1, 2, 3, ""}});
  EXPECT_TRUE(has(page, R"(millwatch_sensor_frames_total{sensor="s1"} 7)")) << page;
  EXPECT_TRUE(has(page, R"(millwatch_sensor_clock_offset_seconds{sensor="s1"} -0.25)"));
  EXPECT_TRUE(has(page, R"(millwatch_ledger_dropped_total{sensor="s1",stage="capture_frames",reason="kernel"} 1)"));
  EXPECT_TRUE(has(page, R"(millwatch_ledger_in_total{sensor="",stage="analyzer"} 3)"));
  EXPECT_TRUE(has(page, R"(millwatch_notifications_total{channel="webhook",result="dropped"} 2)"));
  EXPECT_TRUE(has(page, R"(millwatch_notifications_waiting{channel="webhook"} 3)"));
}

struct held_back : analyzer_listener {  // ever, also where a later finding let it through
  void on_detection(const detection&, bool) override {}
  void on_incident(const incident& i, bool) override {
    if (i.below_budget) ids.insert(i.id);
  }
  std::set<std::string> ids;
};

TEST(exporter, agrees_with_the_analyzer) {
  exporter e;
  analyzer a{quiet()};
  held_back held;
  a.listen(e), a.listen(held);
  auto t = start;
  for (int i = 0; i < 200; ++i) {
    t += std::chrono::seconds{(i * 37) % 900};
    const auto late = i % 10 == 9 ? t - 90s : t;
    auto r =
        from(i % 3 == 0 ? "north" : "south", an_operation(late, i % 2 ? action::stop : action::restart,
                                                          "10.0.0." + std::to_string(10 + i % 4), "10.0.1." + std::to_string(1 + i % 3)));
    e.on(r), a.on(r);
  }
  const auto page = page_of(e, a);
  const auto s = a.stats();
  ASSERT_GT(s.attacks, 5u);
  ASSERT_GT(s.incidents, 3u);
  ASSERT_GT(s.below_budget + s.late, 0u);
  EXPECT_EQ(sum_of(page, "millwatch_alerts_total"), static_cast<double>(s.alerts));
  EXPECT_EQ(sum_of(page, "millwatch_attacks_total"), static_cast<double>(s.attacks));
  EXPECT_EQ(sum_of(page, "millwatch_incidents_total"), static_cast<double>(s.incidents));
  EXPECT_EQ(sum_of(page, "millwatch_records_late_total"), static_cast<double>(s.late));
  EXPECT_EQ(sum_of(page, "millwatch_below_budget_total"), static_cast<double>(held.ids.size()));
  std::size_t open = 0;
  for (const auto& i : a.incidents()) open += i.open;
  ASSERT_GT(open, 0u);
  EXPECT_EQ(sum_of(page, "millwatch_incidents_open"), static_cast<double>(open));
  EXPECT_EQ(sum_of(page, "millwatch_incident_info"), static_cast<double>(open));
  EXPECT_EQ(sum_of(page, "millwatch_assets"), static_cast<double>(a.assets().size()));
  EXPECT_EQ(sum_of(page, "millwatch_learning_phase"), 2);
  a.finish();
  EXPECT_EQ(sum_of(page_of(e, a), "millwatch_incidents_open"), 0);
}

/// The collector lets no other times through.
record sane(record r, int i) {
  std::visit(
      [&](auto& x) {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, flow_record>)
          x.first = x.last = start + std::chrono::seconds{i};
        else
          x.time = start + std::chrono::seconds{i};
      },
      r);
  if (auto* o = std::get_if<operation>(&r); o && o->repeat) o->repeat->last = o->time;
  return r;
}

/// Whatever comes in, the page is one that promtool takes, with each series once and no more of them than the limits say.
TEST(exporter, hostile_records_make_a_valid_page) {
  exporter e{exporter_limits{.sites = 3, .sensors = 3}};
  analyzer a{quiet()};
  a.listen(e);
  random_records random{7};
  for (int i = 0; i < 20000; ++i) {
    auto r = from(i % 5 == 0 ? std::string{"\xff\"\n\\"} + static_cast<char>(i) : "works", sane(random.any(), i),
                  "s\n" + std::to_string(i % 50));
    e.on(r);
    if (i < 3000) a.on(r);
  }
  const auto page = page_of(e, a, {{"a\"b", 1, 1, 0, {}}, {"a\"b", 2, 2, 0, {}}});
  std::istringstream in{page};
  std::set<std::string> seen;
  for (std::string line; std::getline(in, line);) {
    ASSERT_TRUE(is_text(std::vector<std::uint8_t>{line.begin(), line.end()})) << line;
    ASSERT_LT(line.size(), 1200u);
    if (line.starts_with('#')) continue;
    ASSERT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_LT(seen.size(), 10000u);
  EXPECT_TRUE(has(page, R"(millwatch_ledger_in_total{sensor="",stage="a\"b"} 3)"));
  if (access("/usr/bin/promtool", X_OK) != 0) GTEST_SKIP() << "promtool is absent: apt-get install prometheus";
  const scratch_folder folder;
  const auto command = "/usr/bin/promtool check metrics < " + folder.file("page", page) + " > " + (folder.path / "said").string() + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << folder.text("said");
}

TEST(exporter, the_documentation_lists_the_families) {
  std::string table = "| family | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& f : families) {
    std::string labels;
    for (const auto c : f.labels) labels += c == ',' ? std::string{", "} : std::string{c};
    table += "| `" + std::string{f.name} + "` | " +
             (f.kind == metric_kind::counter ? "counter"
              : f.kind == metric_kind::gauge ? "gauge"
                                             : "histogram") +
             " | " + labels + " | " + std::string{f.help} + " |\n";
  }
  std::ostringstream text;
  text << std::ifstream{std::filesystem::path{__FILE__}.parent_path().parent_path().parent_path() / "docs/metrics.md"}.rdbuf();
  EXPECT_NE(text.str().find(table), std::string::npos) << "docs/metrics.md must hold:\n" << table;
}

}  // namespace
}  // namespace mw
