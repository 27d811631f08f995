// Writing a day: the schema, and rows out of records. Reading is in day_query.cpp.
#include "analyzer/store/day_file.hpp"

#include "analyzer/store/transaction.hpp"
#include "common/json_text.hpp"
#include "common/wire.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace mw {
namespace {

constexpr int version = 1;
// Times are nanoseconds since 1970. A row's record is number `at` in its batch's body (common/wire.hpp); `n` was its place
// in the batch as it came. Texts in rows are for searching and for people, and are cut; the body is exact.
constexpr const char* schema = R"(
CREATE TABLE batches(id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, sequence INTEGER NOT NULL, commit_number INTEGER NOT NULL,
  enterprise TEXT, enterprise_name TEXT, site TEXT, zone TEXT, records INTEGER, body BLOB, UNIQUE(sensor, sequence));
CREATE TABLE flows(batch INTEGER, at INTEGER, n INTEGER, time INTEGER, first INTEGER, client TEXT, client_port INTEGER, server TEXT, server_port INTEGER,
  transport TEXT, application TEXT, certainty TEXT, flow TEXT, client_packets INTEGER, server_packets INTEGER, client_bytes INTEGER,
  server_bytes INTEGER, tcp_state TEXT, reason TEXT, interim INTEGER, vlan INTEGER, client_zone TEXT, server_zone TEXT);
CREATE TABLE operations(batch INTEGER, at INTEGER, n INTEGER, time INTEGER, protocol TEXT, client TEXT, client_port INTEGER, server TEXT,
  server_port INTEGER, unit TEXT, action TEXT, function TEXT, function_name TEXT, objects TEXT, "values" TEXT, outcome TEXT, code TEXT,
  latency INTEGER, flow TEXT, count INTEGER, first_packet INTEGER, last_packet INTEGER, client_zone TEXT, server_zone TEXT);
CREATE TABLE notes(batch INTEGER, at INTEGER, n INTEGER, time INTEGER, type TEXT, protocol TEXT, client TEXT, server TEXT, name TEXT, value TEXT,
  count INTEGER, client_zone TEXT, server_zone TEXT)
)";
constexpr const char* indexes = R"(
CREATE INDEX IF NOT EXISTS flows_time ON flows(time);
CREATE INDEX IF NOT EXISTS flows_client ON flows(client, time);
CREATE INDEX IF NOT EXISTS flows_server ON flows(server, time);
CREATE INDEX IF NOT EXISTS operations_time ON operations(time);
CREATE INDEX IF NOT EXISTS operations_client ON operations(client, time);
CREATE INDEX IF NOT EXISTS operations_server ON operations(server, time);
CREATE INDEX IF NOT EXISTS notes_time ON notes(type, time)
)";
constexpr std::size_t longest_text = 512;

std::int64_t nanos(timestamp t) { return t.time_since_epoch().count(); }
std::string_view cut(std::string_view s) { return s.substr(0, longest_text); }

std::string text_of(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) {
    if (out.size() > longest_text) break;
    if (!out.empty()) out += ' ';
    out += o.space + ':' + o.address;
    if (o.count != 1) out += '*' + std::to_string(o.count);
  }
  return std::string{cut(out)};
}
std::string text_of(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) {
    if (out.size() > longest_text) break;
    if (!out.empty()) out += ' ';
    out += to_string(v);
  }
  return std::string{cut(out)};
}

}  // namespace

std::string day_file::name_of(day d) { return fmt::format("flows-{:%Y-%m-%d}.db", fmt::gmtime(d.time_since_epoch().count() * 86400)); }

std::optional<day> day_file::parse_name(std::string_view name) {
  const std::string shape{name};
  int y = 0, end = 0;
  unsigned m = 0, d = 0;
  if (shape.size() != 19 || std::sscanf(shape.c_str(), "flows-%4d-%2u-%2u.db%n", &y, &m, &d, &end) != 3 || end != 19) return {};
  const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month{m}, std::chrono::day{d}};
  if (!date.ok()) return {};
  return day{date};
}

store_result<day_file> day_file::open(const std::string& folder, day d, database::mode how) {
  auto opened = database::open(folder + '/' + name_of(d), how, version, schema);
  if (!opened) return tl::unexpected{opened.error()};
  day_file f;
  f.file_ = std::make_unique<database>(std::move(*opened));
  if (how == database::mode::read) return f;
  f.insert_ = std::make_unique<writers>();
  const auto marks = [](int n) {
    std::string s = "?";
    while (--n > 0) s += ",?";
    return s;
  };
  const std::pair<statement*, std::string> all[] = {
      {&f.insert_->batch, "INSERT INTO batches VALUES(" + marks(10) + ") ON CONFLICT(sensor, sequence) DO NOTHING"},
      {&f.insert_->flow, "INSERT INTO flows VALUES(" + marks(23) + ")"},
      {&f.insert_->operation, "INSERT INTO operations VALUES(" + marks(24) + ")"},
      {&f.insert_->note, "INSERT INTO notes VALUES(" + marks(13) + ")"}};
  for (const auto& [to, sql] : all) {
    auto s = f.file_->prepare(sql);
    if (!s) return tl::unexpected{s.error()};
    *to = std::move(*s);
  }
  return f;
}

store_result<void> day_file::write(std::int64_t id, std::int64_t at, const attributed& a) {
  const auto n = std::int64_t{a.index};
  const auto note = [&](timestamp t, const std::string& protocol, const std::string& client, const std::string& server,
                        std::string_view name, std::string_view what, std::uint64_t count) {
    return insert_->note.run(id, at, n, nanos(t), type_of(a.what), protocol, client, server, cut(name), cut(what), count, a.client_zone,
                             a.server_zone);
  };
  if (const auto* o = std::get_if<operation>(&a.what)) {
    const auto latency = o->latency ? std::optional<std::int64_t>{o->latency->count()} : std::nullopt;
    return insert_->operation.run(id, at, n, nanos(o->time), o->protocol, host_of(o->client), std::int64_t{o->client.port.number},
                                  host_of(o->server), std::int64_t{o->server.port.number}, o->unit, to_string(o->action), o->function,
                                  o->function_name, text_of(o->objects), text_of(o->values), to_string(o->outcome), o->code, latency,
                                  o->flow, o->repeat ? o->repeat->count : std::uint64_t{1}, o->packets.first, o->packets.last,
                                  a.client_zone, a.server_zone);
  }
  if (const auto* f = std::get_if<flow_record>(&a.what))
    return insert_->flow.run(id, at, n, nanos(f->last), nanos(f->first), host_of(f->client), std::int64_t{f->client.port.number},
                             host_of(f->server), std::int64_t{f->server.port.number}, to_string(f->transport), f->application,
                             to_string(f->certainty), f->id, f->client_packets, f->server_packets, f->client_bytes, f->server_bytes,
                             f->tcp_state, f->reason, f->interim, std::int64_t{f->vlan}, a.client_zone, a.server_zone);
  if (const auto* f = std::get_if<fact>(&a.what))
    return note(f->time, f->protocol, host_of({f->address, {}, f->hardware}), "", f->kind, f->value, 1);
  if (const auto* v = std::get_if<violation>(&a.what))
    return note(v->time, v->protocol, host_of(v->client), host_of(v->server), v->rule, v->detail, v->count);
  const auto& s = std::get<status>(a.what);
  return note(s.time, "", "", "", s.interface, s.version, 1);
}

store_result<bool> day_file::append(std::uint64_t commit, std::span<const attributed* const> records) {
  const auto& first = *records.front();
  transaction t{*file_};
  if (auto done = t.begin(); !done) return tl::unexpected{done.error()};
  auto known = file_->prepare("SELECT 1 FROM batches WHERE sensor=? AND sequence=?");
  if (!known) return tl::unexpected{known.error()};
  known->bind(first.from->sensor), known->bind(first.sequence);
  const auto row = known->next();
  if (!row) return tl::unexpected{row.error()};
  if (*row) return false;

  batch body{first.from->sensor, first.sequence, {}, {}};
  body.records.reserve(records.size());
  for (const auto* r : records) body.records.push_back(r->what);
  const auto& from = *first.from;
  if (auto done = insert_->batch.run(std::optional<std::int64_t>{}, from.sensor, first.sequence, commit, from.enterprise,
                                     from.enterprise_name, from.site, from.zone, std::uint64_t{records.size()}, bytes{encode(body)});
      !done)
    return tl::unexpected{done.error()};
  auto last = file_->prepare("SELECT last_insert_rowid()");
  if (!last) return tl::unexpected{last.error()};
  if (const auto got = last->next(); !got) return tl::unexpected{got.error()};
  const auto id = last->integer(0);
  if (const auto end = last->next(); !end) return tl::unexpected{end.error()};
  std::int64_t at = 0;
  for (const auto* r : records)
    if (auto done = write(id, at++, *r); !done) return tl::unexpected{done.error()};
  if (auto done = t.commit(); !done) return tl::unexpected{done.error()};
  return true;
}

store_result<std::uint64_t> day_file::drop_oldest() {
  transaction t{*file_};
  if (auto done = t.begin(); !done) return tl::unexpected{done.error()};
  const auto number = [&](const std::string& sql) -> store_result<std::uint64_t> {
    auto s = file_->prepare(sql);
    if (!s) return tl::unexpected{s.error()};
    if (const auto row = s->next(); !row) return tl::unexpected{row.error()};
    return s->count(0);
  };
  // of the batches that still have records, the eighth (at least one) that came first
  const auto last = number(
      "SELECT max(id) FROM (SELECT id FROM batches WHERE body IS NOT NULL ORDER BY id LIMIT (SELECT count(*) / 8 + 1 FROM batches WHERE "
      "body IS NOT NULL))");
  if (!last) return last;
  const auto upto = std::to_string(*last);
  const auto gone = number("SELECT coalesce(sum(records), 0) FROM batches WHERE body IS NOT NULL AND id <= " + upto);
  if (!gone) return gone;
  for (const auto* from : {"flows", "operations", "notes"})
    if (auto done = file_->exec("DELETE FROM " + std::string{from} + " WHERE batch <= " + upto); !done) return tl::unexpected{done.error()};
  if (auto done = file_->exec("UPDATE batches SET body = NULL WHERE id <= " + upto); !done) return tl::unexpected{done.error()};
  if (auto done = t.commit(); !done) return tl::unexpected{done.error()};
  return gone;
}

store_result<void> day_file::index() { return file_->exec(indexes); }

}  // namespace mw
