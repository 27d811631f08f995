// The counting side of the exporter: one record costs two look-ups by name.
#include "analyzer/metrics/exporter.hpp"

#include "common/metrics.hpp"
#include "common/text.hpp"

#include <absl/hash/hash.h>

namespace mw {
namespace {

counter folded{"millwatch_metrics_folded_total",
               "Observations counted under the label value other, because the limit of names was reached."};
constexpr std::chrono::minutes late_after{1};

template <class... T>
std::uint64_t key_of(const T&... parts) {
  return absl::HashOf(parts...);
}

}  // namespace

void count_folded() { ++folded; }

std::string label_value(std::string_view hostile, std::size_t limit) {
  const auto cut = hostile.substr(0, limit);
  std::vector<std::uint8_t> octets(cut.size());
  std::transform(cut.begin(), cut.end(), octets.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return printable(octets, limit);
}

exporter::exporter(exporter_limits l) : limits_{l} {}

exporter::site_tally::site_tally(const exporter_limits& l) : protocols{l.protocols}, applications{l.applications}, detections{l.rules} {}

exporter::site_tally& exporter::at(const std::string& site) {
  if (const auto at = sites_.find(site); at != sites_.end()) return at->second;
  auto clean = label_value(site);
  if (!sites_.contains(clean) && sites_.size() >= limits_.sites) count_folded(), clean = "other";
  return sites_.try_emplace(std::move(clean), limits_).first->second;
}

void exporter::on(const attributed& a) {
  if (!a.from) return;
  auto& s = at(a.from->site);
  const auto t = time_of(a.what);
  if (t + late_after < now_) ++s.late;
  now_ = std::max(now_, t);
  ++s.records[a.what.index()];
  if (const auto* o = std::get_if<operation>(&a.what)) {
    auto& p = s.protocols[o->protocol];
    const auto what = static_cast<std::size_t>(o->action), how = static_cast<std::size_t>(o->outcome);
    if (what < action_count && how < p.operations[0].size())
      p.operations[what][how] += o->repeat ? std::max<std::uint64_t>(1, o->repeat->count) : 1;
    if (o->repeat && !o->repeat->latencies.empty())
      p.latency.add(o->repeat->latencies);
    else if (o->latency)
      p.latency.add(*o->latency);
  } else if (const auto* v = std::get_if<violation>(&a.what)) {
    s.protocols[v->protocol].violations += std::max<std::uint64_t>(1, v->count);
  } else if (const auto* f = std::get_if<flow_record>(&a.what)) {
    count(s, *f, a.from->sensor);
  } else if (const auto* h = std::get_if<status>(&a.what)) {
    auto name = label_value(a.from->sensor);
    if (name.empty()) name = "?";  // the empty name stands for the parts after the sensors
    if (heartbeats_.contains(name) || heartbeats_.size() < limits_.sensors)
      heartbeats_[name] = *h;
    else
      count_folded();
  }
}

void exporter::count(site_tally& s, const flow_record& f, const std::string& sensor) {
  auto& row = s.applications[f.application.empty() ? std::string_view{"unknown"} : std::string_view{f.application}];
  row.bytes += f.client_bytes + f.server_bytes;
  const auto key = key_of(sensor, f.id, f.first.time_since_epoch().count());
  if (f.interim)
    row.flows += told_.touch(key).second;
  else
    row.flows += !told_.erase(key);
}

void exporter::on_detection(const detection& d, bool is_new) {
  auto& s = at(d.site);
  if (is_new) ++s.detections[d.rule][static_cast<std::size_t>(d.severity)];
  if (d.trial) return;
  ++s.alerts;
  auto [last, first_time] = attacks_.touch(key_of(d.site, d.actor, d.victim, d.rule));
  s.attacks += first_time || d.last - last > limits_.attack_window;
  last = std::max(last, d.last);
}

void exporter::on_incident(const incident& i, bool is_new) {
  auto& s = at(i.site);
  if (is_new) ++s.incidents[static_cast<std::size_t>(i.severity)];
  auto [known, fresh] = incidents_.touch(i.id);
  if (i.below_budget && !known.below_budget) ++s.below_budget;
  const incident_part* worst = nullptr;
  for (const auto& d : i.detections)
    if (!worst || d.severity > worst->severity) worst = &d;
  known.site = label_value(i.site), known.rule = worst ? label_value(worst->rule) : "", known.severity = i.severity;
  known.title_en = label_value(i.title.en, 160), known.title_zh = label_value(i.title.zh, 160);
  known.actor = i.actors.empty() ? "" : label_value(i.actors.front()),
  known.victim = i.victims.empty() ? "" : label_value(i.victims.front());
  known.first = i.first, known.below_budget |= i.below_budget;
  if (!i.open) incidents_.erase(i.id);
}

}  // namespace mw
