// One row of state, and rows to ask for assets and findings; their bodies are the JSON of a report.
#include "analyzer/store/sqlite_state.hpp"

#include "analyzer/report/json.hpp"
#include "analyzer/store/transaction.hpp"

#include <nlohmann/json.hpp>

namespace mw {
namespace {

constexpr int version = 1;
constexpr const char* schema = R"(
CREATE TABLE analysis(id INTEGER PRIMARY KEY CHECK(id = 1), analyzer TEXT, commit_number INTEGER, rollups_from INTEGER, now INTEGER, running INTEGER,
  live INTEGER, ledger TEXT, sensors TEXT);
CREATE TABLE assets(site TEXT, id TEXT, last INTEGER, body TEXT, PRIMARY KEY(site, id)) WITHOUT ROWID;
CREATE TABLE detections(id TEXT PRIMARY KEY, last INTEGER, severity INTEGER, site TEXT, rule TEXT, actor TEXT, victim TEXT, body TEXT);
CREATE TABLE incidents(id TEXT PRIMARY KEY, last INTEGER, severity INTEGER, site TEXT, open INTEGER, body TEXT);
CREATE INDEX detections_last ON detections(last);
CREATE INDEX incidents_last ON incidents(last)
)";

std::int64_t nanos(timestamp t) { return t.time_since_epoch().count(); }
std::int64_t weight(severity s) { return static_cast<std::int64_t>(s); }
static_assert(severity::info < severity::critical);

std::string body_of(const nlohmann::ordered_json& j) { return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

}  // namespace

store_result<std::unique_ptr<sqlite_state>> sqlite_state::open(const std::string& folder, database::mode how) {
  auto opened = database::open(folder + "/state.db", how, version, schema);
  if (!opened) return tl::unexpected{opened.error()};
  return std::unique_ptr<sqlite_state>{new sqlite_state{std::move(*opened)}};
}

store_result<std::optional<saved_analysis>> sqlite_state::load() {
  auto q = file_.prepare(
      "SELECT analyzer, commit_number, rollups_from IS NOT NULL, rollups_from, now, running, live, ledger, sensors FROM analysis");
  if (!q) return tl::unexpected{q.error()};
  const auto row = q->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return std::nullopt;
  saved_analysis s{q->text(0),         q->count(1),        {},         timestamp{nanoseconds{q->integer(4)}},
                   q->integer(5) != 0, q->integer(6) != 0, q->text(7), q->text(8)};
  if (q->integer(2) != 0) s.rollups_from = timestamp{nanoseconds{q->integer(3)}};
  return s;
}

store_result<void> sqlite_state::insert(const std::vector<detection>& detections, const std::vector<incident>& incidents) {
  auto d = file_.prepare("INSERT OR REPLACE INTO detections VALUES(?,?,?,?,?,?,?,?)");
  if (!d) return tl::unexpected{d.error()};
  for (const auto& x : detections)
    if (auto done = d->run(x.id, nanos(x.last), weight(x.severity), x.site, x.rule, x.actor, x.victim, body_of(to_json(x))); !done)
      return done;
  auto i = file_.prepare("INSERT OR REPLACE INTO incidents VALUES(?,?,?,?,?,?)");
  if (!i) return tl::unexpected{i.error()};
  for (const auto& x : incidents)
    if (auto done = i->run(x.id, nanos(x.last), weight(x.severity), x.site, x.open, body_of(to_json(x))); !done) return done;
  return {};
}

store_result<void> sqlite_state::put(const std::vector<detection>& detections, const std::vector<incident>& incidents) {
  transaction t{file_};
  if (auto done = t.begin(); !done) return done;
  if (auto done = insert(detections, incidents); !done) return done;
  return t.commit();
}

store_result<void> sqlite_state::save(const saved_analysis& s, const std::vector<asset>& assets, const std::vector<detection>& detections,
                                      const std::vector<incident>& incidents, std::uint32_t kept_days) {
  transaction t{file_};
  if (auto done = t.begin(); !done) return done;
  auto put = file_.prepare("INSERT OR REPLACE INTO analysis VALUES(1,?,?,?,?,?,?,?,?)");
  if (!put) return tl::unexpected{put.error()};
  const auto open = s.rollups_from ? std::optional<std::int64_t>{nanos(*s.rollups_from)} : std::nullopt;
  if (auto done = put->run(s.analyzer, s.commit, open, nanos(s.now), s.running, s.live, s.ledger, s.sensors); !done) return done;
  if (auto done = file_.exec("DELETE FROM assets"); !done) return done;
  auto a = file_.prepare("INSERT INTO assets VALUES(?,?,?,?)");
  if (!a) return tl::unexpected{a.error()};
  for (const auto& x : assets)
    if (auto done = a->run(x.site, x.id, nanos(x.last), body_of(to_json(x))); !done) return done;
  if (auto done = insert(detections, incidents); !done) return done;
  const auto limit = std::to_string(nanos(s.now) - std::int64_t{kept_days} * 86'400'000'000'000);
  for (const auto* table : {"detections", "incidents"})
    if (auto done = file_.exec("DELETE FROM " + std::string{table} + " WHERE last < " + limit); !done) return done;
  return t.commit();
}

store_result<void> sqlite_state::close_incidents() {
  return file_.exec("UPDATE incidents SET open = 0, body = json_set(body, '$.open', json('false')) WHERE open");
}

store_result<std::vector<std::string>> sqlite_state::bodies(const std::string& sql, std::string where,
                                                            const std::vector<std::string>& hosts, const state_filter& f) {
  const auto narrow = [&](bool wanted, const char* condition) {
    if (wanted) where += (where.empty() ? " WHERE " : " AND ") + std::string{condition};
  };
  narrow(!f.site.empty(), "site = ?");
  narrow(f.since.has_value(), "last >= ?");
  narrow(f.until.has_value(), "last < ?");
  auto q = file_.prepare(sql + where + (sql.find("assets") == std::string::npos ? " ORDER BY last DESC, id" : " ORDER BY site, id") +
                         " LIMIT ?");
  if (!q) return tl::unexpected{q.error()};
  for (const auto& h : hosts) q->bind(h);
  if (!f.site.empty()) q->bind(f.site);
  if (f.since) q->bind(nanos(*f.since));
  if (f.until) q->bind(nanos(*f.until));
  q->bind(std::uint64_t{f.limit});
  std::vector<std::string> out;
  for (;;) {
    const auto row = q->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return out;
    out.push_back(q->text(0));
  }
}

store_result<std::vector<std::string>> sqlite_state::assets(const state_filter& f) {
  if (f.host.empty()) return bodies("SELECT body FROM assets", "", {}, f);
  return bodies("SELECT body FROM assets",
                " WHERE (json_extract(body, '$.mac') = ? OR EXISTS(SELECT 1 FROM json_each(body, '$.addresses') WHERE value = ?))",
                {f.host, f.host}, f);
}

store_result<std::vector<std::string>> sqlite_state::detections(const state_filter& f) {
  std::string where = " WHERE severity >= " + std::to_string(weight(f.least));
  std::vector<std::string> texts;
  if (!f.rule.empty()) where += " AND rule = ?", texts.push_back(f.rule);
  if (!f.host.empty()) where += " AND (actor = ? OR victim = ?)", texts.insert(texts.end(), {f.host, f.host});
  return bodies("SELECT body FROM detections", where, texts, f);
}

store_result<std::vector<std::string>> sqlite_state::incidents(const state_filter& f) {
  std::string where = " WHERE severity >= " + std::to_string(weight(f.least));
  std::vector<std::string> texts;
  if (f.open) where += " AND open";
  if (!f.rule.empty())
    where += " AND EXISTS(SELECT 1 FROM json_each(body, '$.detections') WHERE json_extract(value, '$.rule') = ?)", texts.push_back(f.rule);
  if (!f.host.empty()) {
    where +=
        " AND (EXISTS(SELECT 1 FROM json_each(body, '$.actors') WHERE value = ?) OR EXISTS(SELECT 1 FROM json_each(body, '$.victims') "
        "WHERE value = ?))";
    texts.insert(texts.end(), {f.host, f.host});
  }
  return bodies("SELECT body FROM incidents", where, texts, f);
}

}  // namespace mw
