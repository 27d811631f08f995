// Minutes, added up as records pass.
#include "collector/rollup.hpp"

#include <algorithm>

namespace mw {
namespace {

using namespace std::chrono_literals;

timestamp minute_of(timestamp t) { return std::chrono::floor<std::chrono::minutes>(t); }

void add_up(rollup& to, const rollup& more) {
  to.operations += more.operations;
  to.flows += more.flows;
  to.packets += more.packets;
  to.bytes += more.bytes;
}

}  // namespace

partial_rollups roll_up(const std::vector<attributed>& records) {
  partial_rollups out{{}, {}, timestamp::min()};
  for (const auto& a : records) {
    const auto time = time_of(a.what);
    out.newest = std::max(out.newest, time);
    rollup r;
    r.key.minute = minute_of(time);
    r.key.enterprise = a.from->enterprise;
    r.key.site = a.from->site;
    if (const auto* o = std::get_if<operation>(&a.what)) {
      r.key.protocol = o->protocol;
      r.key.action = o->action;
      r.key.outcome = o->outcome;
      r.key.client = host_of(o->client);
      r.key.server = host_of(o->server);
      r.operations = o->repeat ? o->repeat->count : 1;
    } else if (const auto* f = std::get_if<flow_record>(&a.what)) {
      r.key.protocol = f->application;
      r.key.client = host_of(f->client);
      r.key.server = host_of(f->server);
      r.flows = f->interim ? 0 : 1;
      r.packets = f->client_packets + f->server_packets;
      r.bytes = f->client_bytes + f->server_bytes;
    } else {
      continue;
    }
    ++out.records[r.key];
    auto& row = out.rows[r.key];
    row.key = r.key;
    add_up(row, r);
  }
  return out;
}

rollup::key_type minute_rollups::room_for(const site& s, rollup::key_type key) {
  if (s.rows >= config_.rows) key.client = key.server = "*";
  if (s.rows >= 2 * config_.rows) key.protocol = "*";  // then actions times outcomes per minute are the bound
  return key;
}

void minute_rollups::add(partial_rollups&& batch, const origin& from, std::vector<rollup>& closed) {
  auto& s = sites_[{from.enterprise, from.site}];
  for (auto& [key, row] : batch.rows) {
    const auto records = batch.records[key];
    in_ += records;
    if (key.minute < s.closed_until) late_ += records;
    auto& minute = s.open[key.minute];
    auto at = minute.rows.find(key);
    if (at == minute.rows.end()) {
      auto kept = room_for(s, key);
      if (kept != key) folded_ += records;
      const auto [place, fresh] = minute.rows.try_emplace(kept);
      if (fresh) place->second.key = std::move(kept), ++s.rows;
      at = place;
    }
    add_up(at->second, row);
    minute.records += records;
    held_ += records;
  }
  if (batch.newest == timestamp::min()) return;
  auto& newest = s.newest.try_emplace(from.sensor, batch.newest).first->second;
  newest = std::max(newest, batch.newest);
  const auto later = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto front = std::max_element(s.newest.begin(), s.newest.end(), later)->second;
  auto slowest = front;
  for (const auto& [_, t] : s.newest)
    if (front - t <= config_.patience) slowest = std::min(slowest, t);
  close(s, minute_of(slowest - config_.grace), closed);
}

void minute_rollups::close(site& s, timestamp until, std::vector<rollup>& closed) {
  s.closed_until = std::max(s.closed_until, until);
  while (!s.open.empty() && s.open.begin()->first < s.closed_until) {
    auto& m = s.open.begin()->second;
    for (auto& [_, row] : m.rows) closed.push_back(std::move(row));
    s.rows -= m.rows.size();
    held_ -= m.records;
    out_ += m.records;
    s.open.erase(s.open.begin());
  }
}

std::optional<timestamp> minute_rollups::oldest_open() const {
  std::optional<timestamp> out;
  for (const auto& [_, s] : sites_)
    if (!s.open.empty() && (!out || s.open.begin()->first < *out)) out = s.open.begin()->first;
  return out;
}

void minute_rollups::flush(std::vector<rollup>& closed) {
  for (auto& [_, s] : sites_)
    if (!s.open.empty()) close(s, s.open.rbegin()->first + 1min, closed);
}

}  // namespace mw
