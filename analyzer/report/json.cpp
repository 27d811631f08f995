// The JSON forms.
#include "analyzer/report/json.hpp"

#include <nlohmann/json.hpp>

namespace mw {
namespace {

using json = nlohmann::ordered_json;

json both(const words& w) { return {{"en", w.en}, {"zh", w.zh}}; }
json both(const text& t) { return {{"en", t.en}, {"zh", t.zh}}; }

json facts_of(const std::vector<asset_fact>& facts) {
  auto out = json::array();
  for (const auto& f : facts)
    out.push_back({{"kind", f.kind},
                   {"value", f.value},
                   {"protocol", f.protocol},
                   {"confidence", f.confidence},
                   {"first_seen", to_seconds(f.first)},
                   {"last_seen", to_seconds(f.last)}});
  return out;
}

json actions_of(std::uint32_t bits) {
  auto out = json::array();
  for (std::size_t i = 0; i < action_count; ++i)
    if ((bits >> i) & 1) out.push_back(to_string(static_cast<action>(i)));
  return out;
}

template <class T>
json list_of(const std::vector<T>& from) {
  auto out = json::array();
  for (const auto& x : from) out.push_back(to_json(x));
  return out;
}

}  // namespace

json to_json(const std::vector<asset>& list) { return list_of(list); }
json to_json(const std::vector<detection>& list) { return list_of(list); }
json to_json(const std::vector<incident>& list) { return list_of(list); }

json to_json(const value& v) {
  return std::visit(
      [](const auto& x) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::monostate>)
          return nullptr;
        else
          return x;
      },
      v);
}

json to_json(const asset& a) {
  json out{{"id", a.id},
           {"name", name_of(a)},
           {"site", a.site},
           {"enterprise", a.enterprise},
           {"zone", a.zone},
           {"addresses", a.addresses},
           {"mac", a.hardware},
           {"vendor", a.vendor},
           {"vlan", a.vlan},
           {"role", to_string(a.role)},
           {"role_confidence", a.role_confidence},
           {"level", a.level < 0 ? json(nullptr) : json(a.level)},
           {"approved", a.approved},
           {"first_seen", to_seconds(a.first)},
           {"last_seen", to_seconds(a.last)},
           {"reasons", json::array()},
           {"facts", facts_of(a.facts)},
           {"units", json::array()},
           {"services", json::array()},
           {"history", json::array()}};
  for (const auto& r : a.reasons) out["reasons"].push_back(both(r));
  for (const auto& u : a.units)
    out["units"].push_back({{"unit", u.unit},
                            {"protocol", u.protocol},
                            {"first_seen", to_seconds(u.first)},
                            {"last_seen", to_seconds(u.last)},
                            {"facts", facts_of(u.facts)}});
  for (const auto& s : a.services)
    out["services"].push_back({{"protocol", s.protocol},
                               {"port", s.port},
                               {"serves", s.serves},
                               {"actions", actions_of(s.actions)},
                               {"records", s.count},
                               {"first_seen", to_seconds(s.first)},
                               {"last_seen", to_seconds(s.last)}});
  for (const auto& h : a.history)
    out["history"].push_back({{"time", to_seconds(h.when)}, {"unit", h.unit}, {"kind", h.kind}, {"from", h.from}, {"to", h.to}});
  return out;
}

json to_json(const evidence& e) {
  json out{{"time", to_seconds(e.time)},
           {"expected", both(e.expected)},
           {"observed", both(e.observed)},
           {"check", both(e.check)},
           {"protocol", e.protocol},
           {"action", e.action},
           {"function", e.function},
           {"function_name", e.function_name},
           {"unit", e.unit},
           {"objects", json::array()},
           {"values", json::array()},
           {"previous", e.previous ? json(*e.previous) : json(nullptr)},
           {"outcome", e.outcome},
           {"code", e.code},
           {"packets", {{"first", e.packets.first}, {"last", e.packets.last}}},
           {"flow", e.flow},
           {"sensor", e.sensor}};
  for (const auto& o : e.objects) out["objects"].push_back({{"space", o.space}, {"address", o.address}, {"count", o.count}});
  for (const auto& v : e.values) out["values"].push_back(to_json(v));
  return out;
}

json to_json(const detection& d) {
  return {{"id", d.id},
          {"rule", d.rule},
          {"site", d.site},
          {"enterprise", d.enterprise},
          {"zone", d.zone},
          {"sensor", d.sensor},
          {"severity", to_string(d.severity)},
          {"title", both(d.title)},
          {"advice", both(d.advice)},
          {"actor", d.actor},
          {"victim", d.victim},
          {"technique", d.technique},
          {"event_class", d.event_code},
          {"event_key", d.event_key},
          {"stage", to_string(d.stage)},
          {"attacker_side", to_string(d.attacker)},
          {"family", to_string(d.family)},
          {"deterministic", d.deterministic},
          {"trial", d.trial},
          {"maintenance", d.maintenance},
          {"attack_result", to_string(d.result)},
          {"p", d.p},
          {"count", d.count},
          {"first_seen", to_seconds(d.first)},
          {"last_seen", to_seconds(d.last)},
          {"incident", d.incident.empty() ? json(nullptr) : json(d.incident)},
          {"evidence", to_json(d.evidence)}};
}

json to_json(const incident& i) {
  json out{{"id", i.id},
           {"first_seen", to_seconds(i.first)},
           {"last_seen", to_seconds(i.last)},
           {"severity", to_string(i.severity)},
           {"severity_label", both(label(i.severity))},
           {"score", i.score},
           {"title", both(i.title)},
           {"advice", both(i.advice)},
           {"actors", i.actors},
           {"victims", i.victims},
           {"techniques", i.techniques},
           {"event_class", i.event_code},
           {"event_key", i.event_key},
           {"stage", to_string(i.stage)},
           {"chain", json::array()},
           {"attacker_side", to_string(i.attacker)},
           {"attack_result", to_string(i.result)},
           {"reliability", i.reliability},
           {"state", to_string(i.state)},
           {"state_label", both(label(i.state))},
           {"open", i.open},
           {"deterministic", i.deterministic},
           {"below_budget", i.below_budget},
           {"site", i.site},
           {"enterprise", i.enterprise},
           {"enterprise_name", i.enterprise_name},
           {"zone", i.zone},
           {"sensor", i.sensor},
           {"alerts", i.alerts},
           {"detections", json::array()},
           {"evidence", json::array()}};
  for (const auto s : i.chain) out["chain"].push_back(to_string(s));
  for (const auto& d : i.detections)
    out["detections"].push_back({{"id", d.id},
                                 {"rule", d.rule},
                                 {"family", to_string(d.family)},
                                 {"severity", to_string(d.severity)},
                                 {"count", d.count},
                                 {"first_seen", to_seconds(d.first)},
                                 {"last_seen", to_seconds(d.last)}});
  for (const auto& e : i.evidence) out["evidence"].push_back(to_json(e));
  return out;
}

json to_json(const analyzer_stats& s, const std::vector<site_state>& sites) {
  json out{{"records", s.records},
           {"flows", s.flows},
           {"operations", s.operations},
           {"facts", s.facts},
           {"violations", s.violations},
           {"statuses", s.statuses},
           {"late", s.late},
           {"alerts", s.alerts},
           {"attacks", s.attacks},
           {"incidents", s.incidents},
           {"below_budget", s.below_budget},
           {"trial", s.trial},
           {"muted", s.muted},
           {"disabled", s.disabled},
           {"silent", s.silent},
           {"assets_forgotten", s.assets_forgotten},
           {"keys_forgotten", s.keys_forgotten},
           {"actors_forgotten", s.actors_forgotten},
           {"detections_forgotten", s.detections_forgotten},
           {"incidents_forgotten", s.incidents_forgotten},
           {"vendors_known", s.vendors_known},
           {"sites", json::array()}};
  for (const auto& x : sites)
    out["sites"].push_back({{"site", x.site},
                            {"phase", x.phase},
                            {"since", to_seconds(x.since)},
                            {"hosts", x.hosts},
                            {"edges", x.edges},
                            {"functions", x.functions},
                            {"writers", x.writers},
                            {"objects", x.objects},
                            {"pending", x.pending},
                            {"unseen_mass", x.unseen_mass}});
  return out;
}

json to_json(const std::vector<ledger_stage>& stages) {
  auto out = json::object();
  for (const auto& s : stages) {
    auto dropped = json::object();
    for (const auto& [reason, n] : s.dropped) dropped[reason] = n;
    out[s.stage] = {{"in", s.in}, {"out", s.out}, {"held", s.held}, {"dropped", std::move(dropped)}, {"balanced", s.balanced()}};
  }
  return out;
}

std::string make_report(const analyzer& a, const std::vector<ledger_stage>& ledger, const std::vector<field>& more) {
  json out{{"assets", to_json(a.assets())},
           {"incidents", to_json(a.incidents())},
           {"detections", to_json(a.detections())},
           {"ledger", to_json(ledger)},
           {"stats", to_json(a.stats(), a.sites())}};
  for (const auto& [name, v] : more) out["stats"][name] = to_json(v);
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace mw
