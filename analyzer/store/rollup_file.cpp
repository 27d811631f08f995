// Minutes and hours in two tables of one shape; a line that comes again is added to the one that stands.
#include "analyzer/store/rollup_file.hpp"

#include "analyzer/store/transaction.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr int version = 1;
// Times are nanoseconds since 1970, of the beginning of the minute or hour. action "" = flows.
constexpr const char* schema = R"(
CREATE TABLE minutes(time INTEGER, enterprise TEXT, site TEXT, protocol TEXT, action TEXT, outcome TEXT, client TEXT, server TEXT,
  operations INTEGER, flows INTEGER, packets INTEGER, bytes INTEGER,
  PRIMARY KEY(time, enterprise, site, protocol, action, outcome, client, server)) WITHOUT ROWID;
CREATE TABLE hours(time INTEGER, enterprise TEXT, site TEXT, protocol TEXT, action TEXT, outcome TEXT, client TEXT, server TEXT,
  operations INTEGER, flows INTEGER, packets INTEGER, bytes INTEGER,
  PRIMARY KEY(time, enterprise, site, protocol, action, outcome, client, server)) WITHOUT ROWID;
CREATE TABLE gone(id INTEGER PRIMARY KEY CHECK(id = 1), commit_number INTEGER NOT NULL, floor INTEGER NOT NULL);
CREATE TABLE sensors(sensor TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID
)";

std::int64_t nanos(timestamp t) { return t.time_since_epoch().count(); }
timestamp hour_of(timestamp t) { return std::chrono::floor<std::chrono::hours>(t); }

}  // namespace

store_result<rollup_file> rollup_file::open(const std::string& folder, database::mode how) {
  auto opened = database::open(folder + "/rollups.db", how, version, schema);
  if (!opened) return tl::unexpected{opened.error()};
  rollup_file f;
  f.file_ = std::make_unique<database>(std::move(*opened));
  return f;
}

store_result<void> rollup_file::insert(const std::vector<rollup>& rows) {
  for (const auto s : {span_of::minute, span_of::hour}) {
    auto put = file_->prepare("INSERT INTO " + std::string{s == span_of::minute ? "minutes" : "hours"} +
                              " VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET operations = operations + excluded.operations, "
                              "flows = flows + excluded.flows, packets = packets + excluded.packets, bytes = bytes + excluded.bytes");
    if (!put) return tl::unexpected{put.error()};
    for (const auto& r : rows) {
      const auto& k = r.key;
      const auto at = s == span_of::minute ? k.minute : hour_of(k.minute);
      if (auto done = put->run(nanos(at), k.enterprise, k.site, k.protocol, k.action ? to_string(*k.action) : std::string_view{},
                               to_string(k.outcome), k.client, k.server, r.operations, r.flows, r.packets, r.bytes);
          !done)
        return done;
    }
  }
  return {};
}

store_result<void> rollup_file::add(const std::vector<rollup>& rows) {
  transaction t{*file_};
  if (auto done = t.begin(); !done) return done;
  if (auto done = insert(rows); !done) return done;
  return t.commit();
}

store_result<void> rollup_file::replace(timestamp from, const std::vector<rollup>& rows) {
  transaction t{*file_};
  if (auto done = t.begin(); !done) return done;
  for (const auto* table : {"minutes", "hours"})
    if (auto done = file_->exec("DELETE FROM " + std::string{table} + " WHERE time >= " + std::to_string(nanos(hour_of(from)))); !done)
      return done;
  if (auto done = insert(rows); !done) return done;
  return t.commit();
}

store_result<std::vector<rollup_sum>> rollup_file::find(span_of s, count_of c, const record_filter& f) {
  std::string where = c == count_of::flows ? " WHERE action = ''" : " WHERE action <> ''";
  const auto narrow = [&](bool wanted, const char* condition) {
    if (wanted) where += " AND " + std::string{condition};
  };
  narrow(!f.site.empty(), "site = ?");
  narrow(!f.host.empty(), "(client = ? OR server = ?)");
  narrow(!f.protocol.empty(), "protocol = ?");
  narrow(f.action.has_value(), "action = ?");
  narrow(f.since.has_value(), "time >= ?");
  narrow(f.until.has_value(), "time < ?");
  auto q = file_->prepare("SELECT time, site, protocol, action, sum(operations), sum(flows), sum(packets), sum(bytes) FROM " +
                          std::string{s == span_of::minute ? "minutes" : "hours"} + where +
                          " GROUP BY time, site, protocol, action ORDER BY time DESC, site, protocol, action LIMIT ?");
  if (!q) return tl::unexpected{q.error()};
  if (!f.site.empty()) q->bind(f.site);
  if (!f.host.empty()) q->bind(f.host), q->bind(f.host);
  if (!f.protocol.empty()) q->bind(f.protocol);
  if (f.action) q->bind(to_string(*f.action));
  if (f.since) q->bind(nanos(*f.since));
  if (f.until) q->bind(nanos(*f.until));
  q->bind(std::uint64_t{f.limit});
  std::vector<rollup_sum> out;
  for (;;) {
    const auto row = q->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return out;
    out.push_back({timestamp{nanoseconds{q->integer(0)}}, q->text(1), q->text(2), parse_action(q->text(3)), q->count(4), q->count(5),
                   q->count(6), q->count(7)});
  }
}

store_result<void> rollup_file::trim(std::uint32_t minute_days, std::uint32_t hour_days) {
  for (const auto& [table, days] : {std::pair{"minutes", minute_days}, std::pair{"hours", hour_days}}) {
    const auto sql =
        fmt::format("DELETE FROM {0} WHERE time < (SELECT max(time) - {1} FROM {0})", table, std::int64_t{days} * 86'400'000'000'000);
    if (auto done = file_->exec(sql); !done) return done;
  }
  return {};
}

store_result<rollup_file::memory> rollup_file::remembered() {
  memory out;
  auto gone = file_->prepare("SELECT commit_number, floor FROM gone");
  if (!gone) return tl::unexpected{gone.error()};
  const auto row = gone->next();
  if (!row) return tl::unexpected{row.error()};
  if (*row) out.commit = gone->count(0), out.floor = day{std::chrono::days{gone->integer(1)}};
  auto sensors = file_->prepare("SELECT sensor, sequence FROM sensors");
  if (!sensors) return tl::unexpected{sensors.error()};
  for (;;) {
    const auto next = sensors->next();
    if (!next) return tl::unexpected{next.error()};
    if (!*next) return out;
    out.sequences.emplace(sensors->text(0), sensors->count(1));
  }
}

store_result<void> rollup_file::remember(const memory& m) {
  transaction t{*file_};
  if (auto done = t.begin(); !done) return done;
  auto gone = file_->prepare("INSERT OR REPLACE INTO gone VALUES(1,?,?)");
  if (!gone) return tl::unexpected{gone.error()};
  if (auto done = gone->run(m.commit, std::int64_t{m.floor.time_since_epoch().count()}); !done) return done;
  auto put = file_->prepare("INSERT INTO sensors VALUES(?,?) ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)");
  if (!put) return tl::unexpected{put.error()};
  for (const auto& [sensor, sequence] : m.sequences)
    if (auto done = put->run(sensor, sequence); !done) return done;
  return t.commit();
}

}  // namespace mw
