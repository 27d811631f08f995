// One function for each question; --json prints a list of objects, the ledger one object.
#include "cli/query.hpp"

#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"
#include "cli/data_folder.hpp"
#include "common/duration.hpp"
#include "common/record_json.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mw {
namespace {

using json = nlohmann::ordered_json;

struct bad_argument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

json parsed(const std::vector<std::string>& bodies) {
  auto out = json::array();
  for (const auto& b : bodies) out.push_back(json::parse(b));
  return out;
}
json records(const std::vector<attributed>& from) {
  auto out = json::array();
  std::string line;
  for (const auto& a : from) {
    line.clear();
    append_json(line, a.what);
    auto one = json::parse(line);
    one["sensor"] = a.from->sensor, one["site"] = a.from->site, one["enterprise"] = a.from->enterprise;
    if (!a.client_zone.empty()) one["client_zone"] = a.client_zone;
    if (!a.server_zone.empty()) one["server_zone"] = a.server_zone;
    out.push_back(std::move(one));
  }
  return out;
}
json sums(const std::vector<rollup_sum>& from) {
  auto out = json::array();
  for (const auto& r : from)
    out.push_back({{"time", to_seconds(r.time)},
                   {"site", r.site},
                   {"protocol", r.protocol},
                   {"action", r.action ? json(to_string(*r.action)) : json(nullptr)},
                   {"operations", r.operations},
                   {"flows", r.flows},
                   {"packets", r.packets},
                   {"bytes", r.bytes}});
  return out;
}

}  // namespace

struct query_commands::asked {
  CLI::App *assets, *operations, *flows, *detections, *incidents, *sensors, *ledger;
  std::string data, lang = "zh", site, host, protocol, action, rule, severity, since, until, by;
  std::size_t limit = 200;
  bool as_json = false, open = false;

  timestamp time(const char* option, const std::string& text, timestamp now) const {
    if (const auto t = parse_time(text)) return *t;
    if (const auto d = parse_duration(text)) return now - *d;
    throw bad_argument{std::string{option} + ' ' + text + " is no time: write 2026-11-24T08:00:00Z, or how long ago: 90s, 10m, 24h, 7d"};
  }
  template <class Filter>
  void narrow(Filter& f, timestamp now) const {
    f.site = site, f.host = host, f.limit = limit;
    if (!since.empty()) f.since = time("--since", since, now);
    if (!until.empty()) f.until = time("--until", until, now);
  }
  record_filter of_records(timestamp now) const {
    record_filter f;
    narrow(f, now);
    f.protocol = protocol;
    if (!action.empty() && !(f.action = parse_action(action)))
      throw bad_argument{"--action " + action + " is none: see docs/records.md for the actions, such as write"};
    return f;
  }
  state_filter of_findings(timestamp now) const {
    state_filter f;
    narrow(f, now);
    f.rule = rule, f.open = open;
    if (!severity.empty()) f.least = parse_severity(severity).value();
    return f;
  }
};

query_commands::query_commands(CLI::App& app) : asked_{std::make_unique<asked>()} {
  auto& q = *asked_;
  const auto command = [&](const char* name, const char* help) {
    auto* c = app.add_subcommand(name, help);
    c->add_option("--data", q.data, "folder that millwatch run --data writes to; it may do so meanwhile")->required();
    c->add_flag("--json", q.as_json, "JSON instead of a table");
    c->add_option("--lang", q.lang, "language of the table: zh (default) or en")->check(CLI::IsMember({"zh", "en"}));
    return c;
  };
  const auto filters = [&](CLI::App* c, bool times) {
    c->add_option("--site", q.site, "only of this site");
    c->add_option("--host", q.host, "only of this IP or MAC address");
    c->add_option("--limit", q.limit, "the newest so many")->check(CLI::Range(1, 1'000'000))->capture_default_str();
    if (!times) return;
    c->add_option("--since", q.since, "not before: 2026-11-24T08:00:00Z, or so long before the latest: 90s, 10m, 24h, 7d");
    c->add_option("--until", q.until, "before, written likewise");
  };
  filters(q.assets = command("assets", "the machines that are known"), false);
  filters(q.operations = command("operations", "what was said to machines, the newest first"), true);
  filters(q.flows = command("flows", "who talked to whom, the newest first"), true);
  filters(q.detections = command("detections", "single findings, the newest first"), true);
  filters(q.incidents = command("incidents", "findings folded into cases, the newest first"), true);
  q.sensors = command("sensors", "the sensors and their last heartbeats");
  q.ledger = command("ledger", "what each stage took, gave on and dropped in the latest run");
  for (auto* c : {q.operations, q.flows}) {
    c->add_option("--protocol", q.protocol, "only of this protocol or application");
    c->add_option("--by", q.by, "sums by minute or hour instead of single records")->check(CLI::IsMember({"minute", "hour"}));
  }
  q.operations->add_option("--action", q.action, "only with this meaning: read, write, stop, …");
  for (auto* c : {q.detections, q.incidents}) {
    c->add_option("--rule", q.rule, "only of this rule, such as MW-0101");
    c->add_option("--severity", q.severity, "so bad or worse: info, low, medium, high, critical")
        ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  }
  q.incidents->add_flag("--open", q.open, "only those that go on");
}
query_commands::~query_commands() = default;

std::optional<int> query_commands::run() {
  const auto& q = *asked_;
  bool any = false;
  for (const auto* c : {q.assets, q.operations, q.flows, q.detections, q.incidents, q.sensors, q.ledger}) any = any || *c;
  if (!any) return {};
  table_style style{.language = q.lang == "zh" ? language::zh : language::en, .most_rows = q.limit};
  style.colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  data_view view{q.data};
  const auto saved = need(view.state->load()).value_or(saved_analysis{});
  const auto print = [&](const json& what, auto&& table) {
    if (q.as_json)
      std::cout << what.dump(1, ' ', false, json::error_handler_t::replace) << '\n';
    else
      std::cout << table(what);
  };
  try {
    if (*q.assets) {
      print(parsed(need(view.state->assets(q.of_findings(saved.now)))), [&](const json& j) { return asset_table(j, style); });
    } else if (*q.detections) {
      print(parsed(need(view.state->detections(q.of_findings(saved.now)))), [&](const json& j) { return detection_table(j, style); });
    } else if (*q.incidents) {
      print(parsed(need(view.state->incidents(q.of_findings(saved.now)))), [&](const json& j) { return incident_table(j, style); });
    } else if (*q.sensors) {
      const auto now = saved.running ? std::optional{saved.live ? timestamp{std::chrono::system_clock::now()} : saved.now} : std::nullopt;
      print(json::parse(saved.sensors), [&](const json& j) { return sensor_table(j, now, style); });
    } else if (*q.ledger) {
      print(json::parse(saved.ledger), [&](const json& j) { return ledger_table(j, style); });
    } else if (!q.by.empty()) {
      const auto found = need(view.flows->rollups(q.by == "hour" ? span_of::hour : span_of::minute,
                                                  *q.flows ? count_of::flows : count_of::operations, q.of_records(saved.now)));
      print(sums(found), [&](const json& j) { return sum_table(j, style); });
    } else {
      const auto f = q.of_records(saved.now);
      const auto operations = static_cast<bool>(*q.operations);
      print(records(need(operations ? view.flows->operations(f) : view.flows->flows(f))),
            [&](const json& j) { return record_table(j, operations, style); });
    }
  } catch (const bad_argument& e) {
    std::cerr << "millwatch: " << e.what() << '\n';
    return 2;
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error{"standard output: write failed"};
  return 0;
}

}  // namespace mw
