// The printing side of the exporter: families of prometheus-cpp, through its serializer.
#include "analyzer/metrics/exporter.hpp"
#include "analyzer/metrics/families.hpp"
#include "common/json_text.hpp"
#include "common/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mw {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType type_of(metric_kind k) {
  return k == metric_kind::counter ? MetricType::Counter : k == metric_kind::gauge ? MetricType::Gauge : MetricType::Histogram;
}
constexpr std::size_t index(auto e) { return static_cast<std::size_t>(e); }

std::vector<ClientMetric::Label> label_row(std::string_view names, std::initializer_list<std::string_view> values) {
  std::vector<ClientMetric::Label> out;
  for (const auto v : values) {
    const auto end = std::min(names.find(','), names.size());
    out.push_back({std::string{names.substr(0, end)}, std::string{v}});
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return out;
}

std::string fact_of(const asset& a, std::string_view kind) {
  const asset_fact* best = nullptr;
  for (const auto& f : a.facts)
    if (f.kind == kind && (!best || f.confidence > best->confidence)) best = &f;
  return best ? label_value(best->value) : "";
}

std::string level_of(double level) {
  if (level < 0) return "";
  std::string out;
  append_number(out, level);
  return out;
}

}  // namespace

class exporter::writer {
public:
  writer() {
    for (const auto& f : families) all_.push_back({std::string{f.name}, std::string{f.help}, type_of(f.kind), {}});
  }
  void number(metric m, std::initializer_list<std::string_view> labels, double v) {
    ClientMetric row;
    row.label = label_row(about(m).labels, labels);
    (about(m).kind == metric_kind::counter ? row.counter.value : row.gauge.value) = v;
    all_[index(m)].metric.push_back(std::move(row));
  }
  void number(metric m, std::initializer_list<std::string_view> labels, std::uint64_t v) { number(m, labels, static_cast<double>(v)); }
  void classes(metric m, std::initializer_list<std::string_view> labels, const latency_classes& c) {
    ClientMetric row;
    row.label = label_row(about(m).labels, labels);
    row.histogram.sample_count = c.count, row.histogram.sample_sum = c.seconds;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < c.counts.size(); ++i) {
      sum += c.counts[i];
      const auto upper = i + 1;  // every bound is a border between classes: nothing is guessed
      if ((upper >= 8 && upper <= 20) || upper == 22 || upper == 24)
        row.histogram.bucket.push_back({sum, std::ldexp(1e-6, static_cast<int>(upper))});
    }
    row.histogram.bucket.push_back({c.count, std::numeric_limits<double>::infinity()});
    all_[index(m)].metric.push_back(std::move(row));
  }
  std::string finish() {
    for (const auto& c : counter::all()) {
      const auto same = std::ranges::find(all_, c.name, &MetricFamily::name);
      auto& f =
          same == all_.end() ? all_.emplace_back(MetricFamily{std::string{c.name}, std::string{c.help}, MetricType::Counter, {}}) : *same;
      if (f.metric.empty()) f.metric.emplace_back();
      f.metric.front().counter.value += static_cast<double>(c.get());
    }
    std::erase_if(all_, [](const MetricFamily& f) { return f.metric.empty(); });
    return prometheus::TextSerializer{}.Serialize(all_);
  }

private:
  std::vector<MetricFamily> all_;
};

void exporter::write_sensors(writer& out, const std::vector<ledger_stage>& own) const {
  for (const auto& [sensor, h] : heartbeats_) {
    out.number(metric::sensor_last_seen, {sensor}, to_seconds(h.time));
    out.number(metric::sensor_frames, {sensor}, h.packets);
    out.number(metric::sensor_bytes, {sensor}, h.bytes);
    out.number(metric::sensor_flows_active, {sensor}, h.flows_active);
    for (const auto& [name, v] : h.fields)
      if (const auto* offset = std::get_if<double>(&v); name == "clock_offset" && offset && std::isfinite(*offset)) {
        out.number(metric::sensor_clock_offset, {sensor}, *offset);
        break;
      }
  }
  // sums, since equal names (after cleaning) must not stand twice
  struct sums {
    std::uint64_t in = 0, out = 0, held = 0;
    tally<std::uint64_t> dropped;
  };
  const auto write = [&](std::string_view sensor, const std::vector<ledger_stage>& stages) {
    std::map<std::string, sums> rows;
    for (const auto& s : stages) {
      auto name = label_value(s.stage);
      if (!rows.contains(name) && rows.size() >= limits_.stages) count_folded(), name = "other";
      auto& row = rows.try_emplace(std::move(name), sums{0, 0, 0, tally<std::uint64_t>{limits_.reasons}}).first->second;
      row.in += s.in, row.out += s.out, row.held += s.held;
      for (const auto& [reason, n] : s.dropped) row.dropped[reason] += n;
    }
    for (const auto& [stage, row] : rows) {
      out.number(metric::ledger_in, {sensor, stage}, row.in);
      out.number(metric::ledger_out, {sensor, stage}, row.out);
      out.number(metric::ledger_held, {sensor, stage}, row.held);
      for (const auto& [reason, n] : row.dropped.rows()) out.number(metric::ledger_dropped, {sensor, stage, reason}, n);
    }
  };
  for (const auto& [sensor, h] : heartbeats_) write(sensor, h.ledger);
  write("", own);
}

void exporter::write_traffic(writer& out) const {
  static constexpr std::array<std::string_view, 5> types{"flow", "operation", "fact", "violation", "status"};  // in the order of `record`
  for (const auto& [site, s] : sites_) {
    for (const auto& [protocol, p] : s.protocols.rows()) {
      for (std::size_t a = 0; a < action_count; ++a)
        for (std::size_t o = 0; o < p.operations[a].size(); ++o)
          if (p.operations[a][o] != 0)
            out.number(metric::operations, {site, protocol, to_string(static_cast<action>(a)), to_string(static_cast<outcome>(o))},
                       p.operations[a][o]);
      if (p.latency.count != 0) out.classes(metric::operation_latency, {site, protocol}, p.latency);
      if (p.violations != 0) out.number(metric::violations, {site, protocol}, p.violations);
    }
    for (const auto& [application, row] : s.applications.rows())
      out.number(metric::flows, {site, application}, row.flows), out.number(metric::flow_bytes, {site, application}, row.bytes);
    for (std::size_t i = 0; i < types.size(); ++i) out.number(metric::records, {site, types[i]}, s.records[i]);
    out.number(metric::records_late, {site}, s.late);
    out.number(metric::alerts, {site}, s.alerts), out.number(metric::attacks, {site}, s.attacks),
        out.number(metric::below_budget, {site}, s.below_budget);
    for (std::size_t i = 0; i < s.incidents.size(); ++i)
      out.number(metric::incidents, {site, to_string(static_cast<severity>(i))}, s.incidents[i]);
    for (const auto& [rule, by] : s.detections.rows())
      for (std::size_t i = 0; i < by.size(); ++i)
        if (by[i] != 0) out.number(metric::detections, {site, rule, to_string(static_cast<severity>(i))}, by[i]);
  }
}

void exporter::write_understanding(writer& out, const analyzer& a) const {
  std::map<std::string, std::array<std::uint64_t, 5>> open;
  for (const auto& [site, _] : sites_) open[site] = {};
  const auto folded = [&](std::string_view site) {  // as `at` does it, also for sites of which no record came yet
    auto clean = label_value(site);
    if (!open.contains(clean) && open.size() >= limits_.sites) clean = "other";
    open.try_emplace(clean);
    return clean;
  };
  std::vector<std::pair<const std::string*, const open_incident*>> newest;
  for (const auto& [id, i] : incidents_) ++open[folded(i.site)][index(i.severity)], newest.emplace_back(&id, &i);
  auto machines = a.assets();
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> roles;
  for (const auto& m : machines) ++roles[{folded(m.site), to_string(m.role)}];
  for (const auto& [key, n] : roles) out.number(metric::assets, {key.first, key.second}, n);
  std::map<std::string, site_state> phases;  // one where names fold into one: the first speaks
  for (auto& s : a.sites()) phases.try_emplace(folded(s.site), std::move(s));
  for (const auto& [site, s] : phases) {
    for (const auto* phase : {"learn", "trial", "detect"})
      out.number(metric::learning_phase, {site, phase}, std::uint64_t{s.phase == phase});
    out.number(metric::learning_unseen_mass, {site}, s.unseen_mass);
  }
  for (const auto& [site, by] : open)
    for (std::size_t i = 0; i < by.size(); ++i) out.number(metric::incidents_open, {site, to_string(static_cast<severity>(i))}, by[i]);
  std::ranges::sort(newest,
                    [](const auto& x, const auto& y) { return std::tie(y.second->first, *x.first) < std::tie(x.second->first, *y.first); });
  if (newest.size() > limits_.open_incidents) newest.resize(limits_.open_incidents);
  for (const auto& [id, i] : newest)
    out.number(metric::incident_info,
               {folded(i->site), label_value(*id), to_string(i->severity), i->rule, i->title_en, i->title_zh, i->actor, i->victim},
               std::uint64_t{1});

  const auto most = static_cast<std::ptrdiff_t>(std::min(machines.size(), limits_.assets));
  std::partial_sort(machines.begin(), machines.begin() + most, machines.end(),
                    [](const asset& x, const asset& y) { return std::tie(x.first, x.site, x.id) < std::tie(y.first, y.site, y.id); });
  for (auto m = machines.begin(); m != machines.begin() + most; ++m)
    out.number(metric::asset_info,
               {folded(m->site), label_value(m->id), label_value(m->vendor), fact_of(*m, "model"), fact_of(*m, "firmware"),
                to_string(m->role), level_of(m->level)},
               std::uint64_t{1});
}

void exporter::publish(const analyzer& a, const std::vector<ledger_stage>& own, const std::vector<channel_counts>& notices) {
  now_ = std::max(now_, a.now());
  writer out;
  out.number(metric::build_info, {MILLWATCH_VERSION}, std::uint64_t{1});
  write_sensors(out, own), write_traffic(out), write_understanding(out, a);
  for (const auto& n : notices) {
    for (const auto& [result, count] : {std::pair{"sent", n.sent}, std::pair{"retried", n.retried}, std::pair{"dropped", n.dropped}})
      out.number(metric::notifications, {n.channel, result}, count);
    out.number(metric::notifications_waiting, {n.channel}, n.waiting);
  }
  metrics_.publish(out.finish());

  const auto stats = a.stats();
  std::string health;
  members m{health};
  m.text("status", "ok"), m.text("version", MILLWATCH_VERSION), m.number("records", stats.records), m.number("incidents", stats.incidents);
  append_seconds(m("packet_time"), now_.time_since_epoch());
  m("ledger_balanced") += std::ranges::all_of(own, [](const ledger_stage& s) { return s.balanced(); }) ? "true" : "false";
  append_list(m("channels"), notices, [&](const channel_counts& n) {
    members c{health};
    c.text("channel", n.channel), c.number("sent", n.sent), c.number("retried", n.retried), c.number("dropped", n.dropped),
        c.number("waiting", n.waiting), c.text("last_error", n.last_error);
    c.close();
  });
  m.close();
  health_.publish(health + '\n');
}

}  // namespace mw
