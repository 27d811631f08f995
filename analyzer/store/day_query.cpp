// Reading a day: rows say which records match, their batches' bodies give the records.
#include "analyzer/store/day_file.hpp"
#include "common/wire.hpp"

namespace mw {
namespace {

// What was accepted from a sensor is within wire_limits, but one box may have written a larger batch.
constexpr wire_limits own_file{.frame = 1u << 30, .message = 1u << 30, .records = 1u << 22, .elements = 1u << 26, .text = 1u << 30};

struct source {
  std::string_view from, protocol;
  bool of_notes;
};
source source_of(table t) {
  switch (t) {
    case table::flows: return {"flows", "application", false};
    case table::operations: return {"operations", "protocol", false};
    case table::facts: return {"notes", "protocol", true};
    case table::violations: return {"notes", "protocol", true};
    case table::statuses: return {"notes", "protocol", true};
  }
  return {"notes", "protocol", true};
}
std::string_view type_name(table t) { return t == table::facts ? "fact" : t == table::violations ? "violation" : "status"; }

struct place {
  std::int64_t batch = 0, at = 0;
  std::uint32_t index = 0;
  std::string client_zone, server_zone;
};
place place_of(const statement& s) { return {s.integer(0), s.integer(1), static_cast<std::uint32_t>(s.integer(2)), s.text(3), s.text(4)}; }

struct opened_batch {
  std::shared_ptr<const origin> from;
  std::uint64_t sequence = 0;
  std::vector<record> records;
};
store_result<opened_batch> open_batch(database& file, std::int64_t id) {
  auto s =
      file.prepare("SELECT sensor, sequence, enterprise, enterprise_name, site, zone, body FROM batches WHERE id=? AND body IS NOT NULL");
  if (!s) return tl::unexpected{s.error()};
  s->bind(id);
  const auto row = s->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return opened_batch{};
  opened_batch out{std::make_shared<origin>(origin{s->text(0), s->text(2), s->text(3), s->text(4), s->text(5)}), s->count(1), {}};
  auto body = decode(s->blob(6), own_file);
  if (!body)
    return tl::unexpected{file.path() + ": batch " + std::to_string(id) + " is damaged (" + std::string{body.error().what} +
                          "): restore the file from a copy, or move it away"};
  out.records = std::move(body->records);
  return out;
}

}  // namespace

store_result<std::vector<attributed>> day_file::find(table t, const record_filter& f) {
  const auto what = source_of(t);
  std::string sql = "SELECT r.batch, r.at, r.n, r.client_zone, r.server_zone FROM " + std::string{what.from} + " r";
  std::string where;
  const auto narrow = [&](bool wanted, const std::string& condition) {
    if (wanted) where += (where.empty() ? " WHERE " : " AND ") + condition;
  };
  if (!f.site.empty()) sql += " JOIN batches b ON b.id = r.batch";
  narrow(what.of_notes, "r.type = ?");
  narrow(!f.site.empty(), "b.site = ?");
  narrow(!f.host.empty(), "(r.client = ? OR r.server = ?)");
  narrow(!f.protocol.empty(), "r." + std::string{what.protocol} + " = ?");
  narrow(t == table::operations && f.action, "r.action = ?");
  narrow(f.since.has_value(), "r.time >= ?");
  narrow(f.until.has_value(), "r.time < ?");
  auto s = file_->prepare(sql + where + " ORDER BY r.time DESC, r.batch DESC, r.at DESC LIMIT ?");
  if (!s) return tl::unexpected{s.error()};
  if (what.of_notes) s->bind(type_name(t));
  if (!f.site.empty()) s->bind(f.site);
  if (!f.host.empty()) s->bind(f.host), s->bind(f.host);
  if (!f.protocol.empty()) s->bind(f.protocol);
  if (t == table::operations && f.action) s->bind(to_string(*f.action));
  if (f.since) s->bind(std::int64_t{f.since->time_since_epoch().count()});
  if (f.until) s->bind(std::int64_t{f.until->time_since_epoch().count()});
  s->bind(std::uint64_t{f.limit});

  std::vector<place> places;
  for (;;) {
    const auto row = s->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) break;
    places.push_back(place_of(*s));
  }
  std::map<std::int64_t, std::vector<std::size_t>> by_batch;  // so that each body is read once
  for (std::size_t i = 0; i < places.size(); ++i) by_batch[places[i].batch].push_back(i);
  std::vector<attributed> out(places.size());
  for (const auto& [id, members] : by_batch) {
    auto b = open_batch(*file_, id);
    if (!b) return tl::unexpected{b.error()};
    for (const auto i : members) {
      auto& p = places[i];
      if (static_cast<std::uint64_t>(p.at) >= b->records.size())
        return tl::unexpected{file_->path() + ": batch " + std::to_string(id) +
                              " lacks a record: restore the file from a copy, or move it away"};
      out[i] = {std::move(b->records[static_cast<std::size_t>(p.at)]),
                b->from,
                b->sequence,
                p.index,
                std::move(p.client_zone),
                std::move(p.server_zone)};
    }
  }
  return out;
}

store_result<std::vector<attributed>> day_file::read(std::int64_t id) {
  auto b = open_batch(*file_, id);
  if (!b) return tl::unexpected{b.error()};
  std::vector<attributed> out(b->records.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = {std::move(b->records[i]), b->from, b->sequence, 0, {}, {}};
  for (const auto* from : {"flows", "operations", "notes"}) {
    auto s = file_->prepare("SELECT batch, at, n, client_zone, server_zone FROM " + std::string{from} + " WHERE batch=?");
    if (!s) return tl::unexpected{s.error()};
    s->bind(id);
    for (;;) {
      const auto row = s->next();
      if (!row) return tl::unexpected{row.error()};
      if (!*row) break;
      auto p = place_of(*s);
      if (static_cast<std::uint64_t>(p.at) >= out.size()) continue;
      auto& a = out[static_cast<std::size_t>(p.at)];
      a.index = p.index, a.client_zone = std::move(p.client_zone), a.server_zone = std::move(p.server_zone);
    }
  }
  return out;
}

store_result<std::vector<day_file::batch_place>> day_file::batches_after(std::uint64_t commit) {
  auto s = file_->prepare(
      "SELECT commit_number, sequence, id, sensor FROM batches WHERE commit_number > ? AND body IS NOT NULL ORDER BY commit_number");
  if (!s) return tl::unexpected{s.error()};
  s->bind(commit);
  std::vector<batch_place> out;
  for (;;) {
    const auto row = s->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return out;
    out.push_back({s->count(0), s->count(1), s->integer(2), s->text(3)});
  }
}

store_result<std::uint64_t> day_file::last_commit() {
  auto s = file_->prepare("SELECT commit_number FROM batches ORDER BY id DESC LIMIT 1");
  if (!s) return tl::unexpected{s.error()};
  const auto row = s->next();
  if (!row) return tl::unexpected{row.error()};
  return *row ? s->count(0) : 0;
}

store_result<std::vector<std::pair<std::string, std::uint64_t>>> day_file::last_sequences() {
  auto s = file_->prepare("SELECT sensor, max(sequence) FROM batches GROUP BY sensor");
  if (!s) return tl::unexpected{s.error()};
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (;;) {
    const auto row = s->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return out;
    out.emplace_back(s->text(0), s->count(1));
  }
}

store_result<std::uint64_t> day_file::records() {
  auto s = file_->prepare("SELECT coalesce(sum(records), 0) FROM batches WHERE body IS NOT NULL");
  if (!s) return tl::unexpected{s.error()};
  if (const auto row = s->next(); !row) return tl::unexpected{row.error()};
  return s->count(0);
}

}  // namespace mw
