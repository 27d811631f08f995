// Store, then analyse; keep the state now and then; mend after a crash.
#include "cli/last_stages.hpp"

#include "analyzer/report/json.hpp"
#include "common/record_json.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

constexpr std::uint64_t said_at_once = 3;  // complaints of the store; later ones are only counted, and summed up at the end

/// The values of a map; it is empty afterwards.
template <class T>
std::vector<T> taken(std::map<std::string, T>& from) {
  std::vector<T> out;
  out.reserve(from.size());
  for (auto& [_, x] : from) out.push_back(std::move(x));
  from.clear();
  return out;
}

}  // namespace

last_stages::last_stages(analyzer& a, exporter& numbers, data_folder* kept, const std::vector<sensor_entry>& sensors)
    : analyzer_{a}, numbers_{numbers}, kept_{kept} {
  for (const auto& s : sensors) sensors_[s.id] = {origin{s.id, s.enterprise, s.enterprise_name, s.site, s.zone}, std::nullopt};
}

bool last_stages::said(const store_result<void>& done) {
  if (!done && complaints_++ < said_at_once) std::cerr << "millwatch: " << done.error() << '\n';
  return done.has_value();
}

void last_stages::mend(const saved_analysis& found, const rollup_config& c) {
  if (kept_ == nullptr) return;
  need(kept_->state().close_incidents());
  analyzer_.tell_open();  // with these it goes on
  auto from = found.rollups_from;
  need(kept_->flows().replay(found.commit, [&](std::vector<attributed>&& batch) {
    for (const auto& a : batch) {
      analyzer_.on(a);
      from = from ? std::min(*from, time_of(a.what)) : time_of(a.what);
    }
    keep_findings();
  }));
  replayed_ = analyzer_.stats().records;
  if (!found.running || !from) return;
  const timestamp hour = std::chrono::floor<std::chrono::hours>(*from);
  auto open = c;
  open.grace = std::chrono::hours{24 * 365};  // nothing is late: all that was stored counts
  minute_rollups minutes{open};
  std::vector<rollup> rows;
  need(kept_->flows().since(hour, [&](std::vector<attributed>&& batch) { minutes.add(roll_up(batch), *batch.front().from, rows); }));
  minutes.flush(rows);
  need(kept_->flows().replace_rollups(hour, rows));
}

void last_stages::on_records(std::vector<attributed>&& records, done committed) {
  bool stored = true;
  if (kept_ != nullptr && !records.empty()) {
    store_.in += records.size();
    const auto done = kept_->flows().append(records);
    stored = done.has_value();
    if (done)
      store_.out += done->stored, store_.dropped[0].second += done->known, store_.dropped[1].second += done->expired;
    else
      store_.dropped[2].second += records.size(), said(tl::unexpected{done.error()});
  }
  for (const auto& r : records) {
    ++analyzed_.in;
    if (const auto* o = std::get_if<operation>(&r.what)) operations_.add(*o);
    if (const auto* s = std::get_if<status>(&r.what))
      if (const auto it = sensors_.find(r.from->sensor); it != sensors_.end()) it->second.second = *s;
    numbers_.on(r);
    analyzer_.on(r);
  }
  analyzed_.out = analyzer_.stats().records - replayed_;
  keep_findings();
  committed(stored);
}

void last_stages::on_rollups(std::vector<rollup>&& rows) {
  rollup_rows_ += rows.size();
  if (kept_ != nullptr) said(kept_->flows().append_rollups(rows));
}

void last_stages::on_detection(const detection& d, bool) {
  if (kept_ != nullptr) detections_.insert_or_assign(d.id, d);
}
void last_stages::on_incident(const incident& i, bool) {
  if (kept_ != nullptr) incidents_.insert_or_assign(i.id, i);
}

void last_stages::keep_findings() {
  if (kept_ == nullptr || (detections_.empty() && incidents_.empty())) return;
  said(kept_->state().put(taken(detections_), taken(incidents_)));
}

void last_stages::save(const std::vector<ledger_stage>& ledger, std::optional<timestamp> oldest_open_minute, bool running, bool live) {
  if (kept_ == nullptr) return;
  auto heartbeats = nlohmann::ordered_json::array();
  for (const auto& [id, x] : sensors_) {
    std::string line = "{}";
    if (x.second) line.clear(), append_json(line, *x.second);
    nlohmann::ordered_json one{{"sensor", id},
                               {"enterprise", x.first.enterprise},
                               {"enterprise_name", x.first.enterprise_name},
                               {"site", x.first.site},
                               {"zone", x.first.zone}};
    one.update(nlohmann::ordered_json::parse(line));
    one.erase("type");
    heartbeats.push_back(std::move(one));
  }
  // an incident's counts grow without a call; those without news since the last time stand as they are
  std::vector<detection> detections;
  std::vector<incident> incidents;
  for (auto& d : analyzer_.detections())
    if (d.last >= saved_) detections.push_back(std::move(d));
  for (auto& i : analyzer_.incidents())
    if (i.last >= saved_) incidents.push_back(std::move(i));
  keep_findings();  // such as those that the end of a run closed
  const saved_analysis s{analyzer_.save(),
                         kept_->flows().last_commit(),
                         oldest_open_minute,
                         analyzer_.now(),
                         running,
                         live,
                         to_json(ledger).dump(),
                         heartbeats.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  if (said(kept_->state().save(s, analyzer_.assets(), detections, incidents, kept_->config().days))) saved_ = s.now;
}

void last_stages::maintain() {
  if (kept_ != nullptr) said(kept_->flows().maintain());
}

std::vector<ledger_stage> last_stages::ledger() const {
  if (kept_ == nullptr) return {analyzed_};
  return {store_, analyzed_};
}

}  // namespace mw
