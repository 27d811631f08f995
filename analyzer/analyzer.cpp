// The way of a record: inventory, baseline, detectors, incidents.
#include "analyzer/analyzer.hpp"

#include "analyzer/machinery.hpp"

#include <algorithm>

namespace mw {
namespace {

constexpr std::chrono::minutes late_after{1};
/// What a scanner or impostor said within this of being caught does not count as normal.
constexpr std::chrono::minutes doubt{5};

class hand_over final : public raise {
public:
  hand_over(analyzer::machinery& m, analyzer::machinery::site& s, const context& c) : to_{m}, site_{s}, context_{c} {}
  void operator()(finding&& f) const override { to_.take(std::move(f), site_, context_); }

private:
  analyzer::machinery& to_;
  analyzer::machinery::site& site_;
  const context& context_;
};

bool discredits(const meta& m, severity level) {
  return level >= severity::high &&
         ((m.kind == family::scan && m.attack == "T0846") || (m.kind == family::identity && m.attack == "T0830"));
}

}  // namespace

analyzer::machinery::site::site(const analyzer_config& c)
    : known{{c.max_keys, c.ready_after, c.learn_for, c.trial_length(), c.mode == learning_mode::automatic}},
      values{c.max_values},
      detectors{make_detectors()} {}

analyzer::machinery::machinery(analyzer_config c)
    : config{std::move(c)}, vendors{config.oui_file}, assets{config.max_assets, vendors}, incidents{config} {}

analyzer::machinery::site& analyzer::machinery::at(const std::string& name) {
  const auto [found, made] = sites.try_emplace(name, config);
  if (made)
    for (const auto* lists : {&config.allowed, &std::as_const(everywhere)})
      for (const auto& list : *lists)
        if (list.site == "*" || list.site == name) found->second.known.approve(list);
  return found->second;
}

phase analyzer::machinery::phase_of(site& s) const {
  switch (config.mode) {
    case learning_mode::learn: return phase::learn;
    case learning_mode::trial: return phase::trial;
    case learning_mode::detect: return phase::detect;
    case learning_mode::automatic: break;
  }
  const auto age = now - s.since;
  const auto by_age = age < config.learn_for ? phase::learn : age < config.learn_for + config.trial_length() ? phase::trial : phase::detect;
  return s.reached = std::max(s.reached, by_age);  // a clock that was set back does not start learning again
}

void analyzer::machinery::take(finding&& f, site& s, const context& c) {
  const auto& m = *f.rule;
  if (discredits(m, f.level) && !f.actor.empty()) s.known.distrust(f.actor, f.time - doubt, f.time + doubt);
  if (config.rules.disabled.contains(m.id)) return void(++counted.disabled);
  if (config.mode == learning_mode::learn) return void(++counted.silent);
  const bool learned = m.basis != basis::deterministic;
  const auto in_phase = m.basis == basis::presence ? c.novel.site_phase : c.novel.phase;
  if (learned && (in_phase == phase::learn || !c.novel.ready)) return void(++counted.silent);
  if (config.rules.is_muted(m.id, f.actor, f.victim, now)) return void(++counted.muted);
  const bool trial = learned && in_phase == phase::trial;
  counted.trial += trial;
  const auto* victim = assets.find(c.site(), f.victim);
  const auto& zone = victim && !victim->zone.empty() ? victim->zone
                     : c.record.server_zone.empty()  ? c.record.from->zone
                                                     : c.record.server_zone;
  incidents.add(f, *c.record.from, zone, trial, criticality_of(victim ? victim->role : asset_role::unknown), now);
}

void analyzer::machinery::approve_assets(const std::string& name, site& s) {
  for (const auto& list : s.known.approved())
    for (const auto& h : list.hosts)
      for (const auto* host : {&h.ip, &h.mac})
        if (!host->empty()) assets.approve(name, *host, h.role);
}

void analyzer::machinery::on(const attributed& a) {
  if (!a.from) return;  // the collector always says where a record is from
  ++counted.records;
  const auto t = time_of(a.what);
  if (t + late_after < now) ++counted.late;
  on_time(t);
  if (std::holds_alternative<status>(a.what)) return void(++counted.statuses);
  auto& s = at(a.from->site);
  if (!s.started) s.started = true, s.since = s.since == timestamp{} ? now : s.since;
  const auto in_phase = phase_of(s);
  const auto* o = std::get_if<operation>(&a.what);
  const auto changed = assets.observe(a, now);
  const auto novel = s.known.observe(a.what, in_phase, now);
  for (const auto* seen : {&novel.client, &novel.server})
    if (*seen && (*seen)->first && (*seen)->key->standing == standing::approved) approve_assets(a.from->site, s);
  context c{now, a, config.rules, config.limits, novel, changed, assets, s.known, {}};
  if (o && is_change(o->action)) c.previous = s.values.before(*o);
  const hand_over out{*this, s, c};
  for (const auto& d : s.detectors)
    std::visit(
        [&](const auto& r) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(r)>, status>) d->on(r, c, out);
        },
        a.what);
  if (o) s.values.note(*o);
  counted.operations += o != nullptr, counted.flows += std::holds_alternative<flow_record>(a.what);
  counted.facts += std::holds_alternative<fact>(a.what), counted.violations += std::holds_alternative<violation>(a.what);
}

void analyzer::machinery::on_time(timestamp t) {
  now = std::max(now, t);
  incidents.on_time(now);
}

analyzer::analyzer(analyzer_config c) : is_{std::make_unique<machinery>(std::move(c))} {}
analyzer::~analyzer() = default;
void analyzer::listen(analyzer_listener& l) { is_->incidents.listen(l); }
void analyzer::on(const attributed& a) { is_->on(a); }
void analyzer::on_time(timestamp t) { is_->on_time(t); }
void analyzer::finish() { is_->incidents.finish(); }
void analyzer::tell_open() const { is_->incidents.tell_open(); }
std::vector<asset> analyzer::assets() const { return is_->assets.all(); }
std::vector<incident> analyzer::incidents() const { return is_->incidents.incidents(); }
std::vector<detection> analyzer::detections() const { return is_->incidents.detections(); }
timestamp analyzer::now() const { return is_->now; }
std::string analyzer::save() const { return is_->save(); }
tl::expected<void, std::string> analyzer::load(std::string_view saved) { return is_->load(saved); }

void analyzer::approve(const allow_list& list) {
  if (list.site != "*")
    is_->at(list.site);  // it may not have been seen yet
  else if (std::find(is_->everywhere.begin(), is_->everywhere.end(), list) == is_->everywhere.end())
    is_->everywhere.push_back(list);
  for (auto& [name, s] : is_->sites) {
    if (list.site != "*" && list.site != name) continue;
    s.known.approve(list);
    is_->approve_assets(name, s);
  }
}

allow_list analyzer::export_baseline(std::string_view name, bool with_pending) const {
  for (const auto& [site, s] : is_->sites)
    if (name.empty() || site == name) {
      auto out = s.known.export_as(site, with_pending);
      for (auto& h : out.hosts) {
        const auto* machine = is_->assets.find(site, h.ip.empty() ? h.mac : h.ip);
        if (!machine) continue;
        if (h.mac.empty()) h.mac = machine->hardware;
        if (h.role.empty() && machine->role != asset_role::unknown) h.role = to_string(machine->role);
      }
      return out;
    }
  return {};
}

std::vector<site_state> analyzer::sites() const {
  std::vector<site_state> out;
  for (const auto& [name, s] : is_->sites) {
    site_state x;
    x.site = name, x.since = s.since;
    const auto mode = is_->config.mode;
    x.phase = mode == learning_mode::automatic ? to_string(s.reached)
              : mode == learning_mode::learn   ? "learn"
              : mode == learning_mode::trial   ? "trial"
                                               : "detect";
    x.hosts = s.known.count(key_class::host), x.edges = s.known.count(key_class::edge), x.functions = s.known.count(key_class::function);
    x.writers = s.known.count(key_class::writer), x.objects = s.known.count(key_class::object);
    for (std::size_t c = 0; c < key_classes; ++c) x.pending += s.known.count(static_cast<key_class>(c), true);
    x.unseen_mass = s.known.unseen_mass();
    out.push_back(std::move(x));
  }
  return out;
}

analyzer_stats analyzer::stats() const {
  auto out = is_->counted;
  const auto& n = is_->incidents.counted();
  out.alerts = n.alerts, out.attacks = n.attacks, out.incidents = n.incidents, out.below_budget = n.below_budget;
  out.detections_forgotten = n.detections_forgotten, out.incidents_forgotten = n.incidents_forgotten;
  out.assets_forgotten = is_->assets.forgotten(), out.vendors_known = is_->vendors.available();
  for (const auto& [_, s] : is_->sites) {
    out.keys_forgotten += s.known.forgotten() + s.values.forgotten();
    for (const auto& d : s.detectors) out.actors_forgotten += d->forgotten();
  }
  return out;
}

}  // namespace mw
