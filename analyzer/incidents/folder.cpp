// Folding: findings into detections within the fold window, detections of one actor or victim into incidents.
#include "analyzer/incidents/folder.hpp"

#include "analyzer/analyzer.hpp"
#include "analyzer/baseline/key.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <tuple>

namespace mw {
namespace {

constexpr std::size_t most_hosts = 64, most_parts = 256, most_evidence = 16;
/// An incident that never falls silent is cut, so that what happens next is told as news.
constexpr std::chrono::hours longest{24};

std::uint64_t since_epoch(timestamp t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }

bool insert_sorted(std::vector<std::string>& list, const std::string& item) {
  if (item.empty() || list.size() >= most_hosts) return false;
  const auto at = std::lower_bound(list.begin(), list.end(), item);
  if (at != list.end() && *at == item) return false;
  list.insert(at, item);
  return true;
}

bool holds_family(const incident& i, family f) {
  return std::any_of(i.detections.begin(), i.detections.end(), [&](const incident_part& p) { return p.family == f; });
}

}  // namespace

folder::folder(const analyzer_config& c) : config_{c}, folding_{std::max<std::size_t>(1, c.max_detections / 2)} {
  folding_.on_forget = [this](const std::uint64_t&, detection& d) { store(std::move(d)); };
}

void folder::store(detection&& d) {
  done_.push_back(std::move(d));
  if (done_.size() + folding_.size() <= std::max<std::size_t>(2, config_.max_detections)) return;
  done_.pop_front(), ++counted_.detections_forgotten;
}

detection& folder::fold(const finding& f, const origin& from, const std::string& zone, bool trial, bool& fresh) {
  const auto& m = *f.rule;
  auto [d, made] = folding_.touch(key_of(from.site, m.id, f.actor, f.victim, f.key, std::uint64_t{trial}));
  if (!made && (f.time - d.last > config_.fold_within || f.time - d.first >= longest || d.first - f.time > config_.fold_within)) {
    store(std::move(d));
    d = {}, made = true;
  }
  fresh = made;
  if (made) {
    d.id = fmt::format("D{:016x}", key_of(from.site, m.id, f.actor, f.victim, f.key, std::uint64_t{trial}, since_epoch(f.time)));
    d.rule = m.id, d.site = from.site, d.enterprise = from.enterprise, d.sensor = from.sensor, d.zone = zone;
    d.title = f.title, d.advice = {std::string{m.advice.en}, std::string{m.advice.zh}};
    d.actor = f.actor, d.victim = f.victim, d.technique = m.attack, d.event_key = m.event.key, d.event_code = m.event.code;
    d.stage = m.stage, d.attacker = m.attacker, d.family = m.kind, d.deterministic = m.basis == basis::deterministic, d.trial = trial;
    d.severity = f.level, d.p = f.p, d.result = f.result, d.maintenance = f.maintenance;
    d.first = d.last = f.time, d.evidence = f.proof;
  }
  ++d.count;
  d.first = std::min(d.first, f.time), d.last = std::max(d.last, f.time);
  if (f.level >= d.severity)
    d.severity = f.level, d.title = f.title, d.evidence.observed = f.proof.observed;  // the worst speaks, the latest of equals
  d.p = std::min(d.p, f.p), d.result = std::max(d.result, f.result);
  return d;
}

folder::live* folder::matching(const finding& f, const std::string& site) {
  const auto among = [&](std::string_view what, const std::string& host, auto fits) -> live* {
    if (host.empty()) return nullptr;
    const auto at = by_host_.find(key_of(site, what, host));
    if (at == by_host_.end()) return nullptr;
    for (auto i = at->second.rbegin(); i != at->second.rend(); ++i)
      if (f.time - (*i)->about.first < longest && (*i)->about.first - f.time <= config_.fold_within && fits(**i)) return *i;
    return nullptr;
  };
  // the same kind of evidence after a pause is a new attack; another kind soon after is the next step of this one
  const auto goes_on = [&](const live& l) {
    return f.time - l.about.last <= config_.fold_within ||
           (f.time - l.about.last <= config_.incident_silence && !holds_family(l.about, f.rule->kind));
  };
  if (auto* l = among("actor", f.actor, goes_on)) return l;
  const auto same_kind = [&](const live& l) { return f.time - l.about.last <= config_.fold_within && holds_family(l.about, f.rule->kind); };
  if (!f.actor.empty()) return among("victim", f.victim, same_kind);
  return among("victim", f.victim, goes_on);  // nobody is named: whoever is at work on this victim
}

folder::live& folder::open(const detection& d, const origin& from) {
  open_.emplace_front();
  open_.front().self = open_.begin();
  auto& i = open_.front().about;
  auto id = key_of(d.site, since_epoch(d.first), d.actor, d.rule);
  do i.id = fmt::format("I{:016x}", id++);
  while (!ids_.emplace(i.id, &open_.front()).second);
  i.site = d.site, i.enterprise = d.enterprise, i.enterprise_name = from.enterprise_name, i.zone = d.zone, i.sensor = d.sensor;
  i.first = i.last = d.first, i.severity = severity::info;
  ++counted_.incidents;
  return open_.front();
}

void folder::index(live& l, std::string_view what, const std::string& host) {
  if (insert_sorted(what == "actor" ? l.about.actors : l.about.victims, host)) by_host_[key_of(l.about.site, what, host)].push_back(&l);
}

bool folder::join(live& l, detection& d, const finding& f, double criticality) {
  auto& i = l.about;
  bool grown = false;
  const auto known = [&] {
    return std::find_if(i.detections.begin(), i.detections.end(), [&](const incident_part& p) { return p.id == d.id; });
  };
  if (d.incident.empty()) {
    d.incident = i.id;
    if (i.detections.size() < most_parts) i.detections.push_back({d.id, d.rule, d.family, d.severity, 0, d.first, d.last});
    const bool new_rule =
        std::none_of(i.evidence.begin(), i.evidence.end(), [&](const evidence& e) { return e.check == d.evidence.check; });
    if (new_rule && i.evidence.size() < most_evidence) i.evidence.push_back(d.evidence);
    grown = insert_sorted(i.techniques, d.technique) || grown;
  }
  if (const auto at = known(); at != i.detections.end())
    at->count = d.count, at->first = d.first, at->last = d.last, at->severity = d.severity;
  ++i.alerts;
  i.first = std::min(i.first, f.time), i.last = std::max(i.last, f.time);
  const auto actors = i.actors.size(), victims = i.victims.size();
  index(l, "actor", d.actor), index(l, "victim", d.victim);
  grown = grown || i.actors.size() != actors || i.victims.size() != victims;
  if (d.severity > i.severity || i.title.en.empty()) {
    i.severity = d.severity, i.title = d.title, i.advice = d.advice, i.event_key = d.event_key, i.event_code = d.event_code,
    i.attacker = d.attacker, grown = true;
  }
  const auto stages = l.board.stages().size();
  l.board.reach(d.stage);
  if (l.board.stages().size() != stages) i.chain = l.board.stages(), i.stage = std::max(i.stage, d.stage), grown = true;
  // reconnaissance and then action, in evidence of two kinds, is more than its parts
  if (l.board.is_chain() && l.board.families() >= 2 && i.severity == severity::medium) i.severity = severity::high, grown = true;
  i.score = std::max(i.score, l.board.add(d.family, d.p, f.time, criticality));
  i.deterministic = i.deterministic || d.deterministic, i.result = std::max(i.result, d.result);
  i.reliability = static_cast<std::uint8_t>(
      std::min(99.0, (i.deterministic ? 60.0 : 40.0) + 10.0 * static_cast<double>(l.board.families() - 1) + 2.0 * std::min(i.score, 15.0)));
  return grown;
}

bool folder::grant(live& l, timestamp now) {
  auto& i = l.about;
  if (l.alerted || i.severity < severity::medium) return false;
  auto& [day, used] = spent_[i.site];
  const auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  if (today != day) day = today, used = 0;
  const bool critical = i.severity == severity::critical && i.deterministic;
  if (used >= config_.alerts_per_day && !critical) {
    counted_.below_budget += !std::exchange(i.below_budget, true);
    return false;
  }
  if (!critical) ++used;
  counted_.below_budget -= std::exchange(i.below_budget, false);
  return l.alerted = true;
}

void folder::add(const finding& f, const origin& from, const std::string& zone, bool trial, double criticality, timestamp now) {
  bool fresh = false;
  auto& d = fold(f, from, zone, trial, fresh);
  if (!trial) {
    ++counted_.alerts;
    auto [last, first_time] = attacks_.touch(key_of(from.site, f.actor, f.victim, f.rule->id));
    if (first_time || f.time - last > config_.attack_window) ++counted_.attacks;
    last = std::max(last, f.time);
    live* l = nullptr;
    if (const auto at = ids_.find(d.incident); at != ids_.end()) l = at->second;
    if (!l) d.incident.clear(), l = matching(f, from.site);
    const bool opens = !l && d.severity > severity::info;  // context joins what is going on, and alarms nobody by itself
    if (opens) l = &open(d, from);
    if (l) {
      open_.splice(open_.begin(), open_, l->self);
      const bool grown = join(*l, d, f, criticality);
      const bool granted = grant(*l, now);
      if (opens || grown || granted) tell(*l, opens);
    }
  }
  for (auto* x : listeners_) x->on_detection(d, fresh);
}

void folder::close(live& l) {
  const auto forget = [&](std::string_view what, const std::vector<std::string>& hosts) {
    for (const auto& host : hosts) {
      const auto found = by_host_.find(key_of(l.about.site, what, host));
      if (found == by_host_.end()) continue;
      std::erase(found->second, &l);
      if (found->second.empty()) by_host_.erase(found);
    }
  };
  forget("actor", l.about.actors), forget("victim", l.about.victims);
  l.about.open = false;
  tell(l, false);
  ids_[l.about.id] = nullptr;
  closed_.push_back(std::move(l.about));
  open_.erase(l.self);
  while (closed_.size() + open_.size() > config_.max_incidents && !closed_.empty()) {
    ids_.erase(closed_.front().id);
    closed_.pop_front(), ++counted_.incidents_forgotten;
  }
}

void folder::on_time(timestamp now) {
  while (!open_.empty() && (now - open_.back().about.last > config_.incident_silence || open_.size() > config_.max_incidents))
    close(open_.back());
}

void folder::finish() {
  while (!open_.empty()) close(open_.back());
}

void folder::tell_open() const {
  for (auto l = open_.rbegin(); l != open_.rend(); ++l) tell(*l, false);
}

void folder::tell(const live& l, bool is_new) const {
  for (auto* x : listeners_) x->on_incident(l.about, is_new);
}

std::vector<detection> folder::detections() const {
  std::vector<detection> out{done_.begin(), done_.end()};
  for (const auto& [_, d] : folding_) out.push_back(d);
  std::sort(out.begin(), out.end(),
            [](const detection& a, const detection& b) { return std::tie(a.first, a.id) < std::tie(b.first, b.id); });
  return out;
}

std::vector<incident> folder::incidents() const {
  std::vector<incident> out{closed_.begin(), closed_.end()};
  for (const auto& l : open_) out.push_back(l.about);
  std::sort(out.begin(), out.end(), [](const incident& a, const incident& b) { return std::tie(a.first, a.id) < std::tie(b.first, b.id); });
  return out;
}

}  // namespace mw
