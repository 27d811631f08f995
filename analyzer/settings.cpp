// The settings of an analyzer, each with its bounds and its meaning, and how texts become a policy.
#include "analyzer/settings.hpp"

#include "analyzer/detect/detector.hpp"
#include "common/duration.hpp"
#include "common/settings.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/// "08:30"; "24:00" is the end of the day.
std::optional<int> minute_of(std::string_view text) {
  if (text == "24:00") return 1440;
  const auto t = text.size() == 5 ? parse_time("1970-01-01T" + std::string{text} + ":00Z") : std::nullopt;
  if (!t) return {};
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(t->time_since_epoch()).count());
}

class assembly {
public:
  std::vector<std::string> complaints;

  void hosts(const std::vector<std::string>& texts, const std::string& name, std::vector<host_pattern>& out) {
    for (std::size_t i = 0; i < texts.size(); ++i) host(texts[i], name + '[' + std::to_string(i) + ']', out.emplace_back());
  }
  void host(const std::string& text, const std::string& name, host_pattern& out) {
    if (auto p = host_pattern::parse(text))
      out = *p;
    else
      complaints.push_back(name + " cannot be read: " + text + ": write *, an address, a range such as 10.1.0.0/16, or a MAC");
  }
  void time(const std::string& text, const std::string& name, std::optional<timestamp>& out) {
    if (!text.empty() && !(out = parse_time(text)))
      complaints.push_back(name + " cannot be read: " + text + ": write the time in UTC as 2026-11-24T08:00:00Z");
  }
  void minute(const std::string& text, const std::string& name, int& out) {
    if (const auto m = minute_of(text))
      out = *m;
    else
      complaints.push_back(name + " cannot be read: " + text + ": write hours and minutes such as 08:30, at most 24:00");
  }
  void rule(const std::string& id, const std::string& name) {
    if (id == "*") return;
    for (const auto* r : all_rules())
      if (r->id == id) return;
    complaints.push_back(name + " is no rule: " + id + ": see docs/records.md for the ids, such as MW-0101");
  }
};

}  // namespace

void describe(settings& v, mute_entry& e) {
  v("rule", e.rule, "Id of the rule, such as MW-0101, or *.", not_empty);
  v("actor", e.actor, "Who does it: *, an address, a range, or a MAC.", not_empty);
  v("victim", e.victim, "To whom, in the same form.", not_empty);
  v("until", e.until, "When it is a finding again, in UTC: 2026-11-24T08:00:00Z; empty for never.");
}

void describe(settings& v, window_entry& e) {
  v("hosts", e.hosts, "Machines at work, at either end of the operation; empty for all.");
  v("from", e.from, "Begin of a single window, in UTC: 2026-11-24T08:00:00Z.");
  v("until", e.until, "End of a single window.");
  v("days", e.days, "Days of a weekly window: mon, tue, wed, thu, fri, sat, sun; empty for every day.");
  v("begin", e.begin, "Begin of a weekly window, local time.");
  v("end", e.end, "End of a weekly window; before the begin: over midnight.");
  v("utc_offset_minutes", e.utc_offset_minutes, "Local time minus UTC; 480 is Beijing.", between(-720, 840));
}

void describe(settings& v, analyzer_settings& s) {
  static constexpr std::pair<std::string_view, learning_mode> modes[] = {{"auto", learning_mode::automatic},
                                                                         {"learn", learning_mode::learn},
                                                                         {"trial", learning_mode::trial},
                                                                         {"detect", learning_mode::detect}};
  static constexpr std::pair<std::string_view, language> languages[] = {{"zh", language::zh}, {"en", language::en}};
  auto& c = s.config;
  v.choice<language>("language", c.language, languages, "Language of tables and messages.");
  v.choice<learning_mode>("learning.mode", c.mode, modes, "auto goes through learn, trial and detect by itself.");
  v("learning.learn_for", c.learn_for, "How long a site learns what is normal.", between(1, 90 * 86400));
  v("learning.trial_for", s.trial_for, "How long it then tries without alerting; 0s is half of the learning time.", between(0, 90 * 86400));
  v("learning.ready_after", c.ready_after, "Records of a site before novelty may speak.", between(1, 1'000'000));
  v("policy.engineering", s.engineering, "Engineering stations: *, addresses, ranges or MACs from which programs are changed.");
  v("policy.disabled", s.disabled, "Rules that are off, by id.");
  v.list("policy.mutes", s.mutes, "Findings that are expected: counted, not alerted.");
  v.list("policy.windows", s.windows, "Maintenance windows.");
  auto& t = c.limits;
  v("limits.scan_window", t.scan_window, "The time in which a scan is counted.", between(1, 86400));
  v("limits.sweep_hosts", t.sweep_hosts, "Unanswered destinations on one port that make a sweep.", between(2, 100'000));
  v("limits.control_sweep_hosts", t.control_sweep_hosts, "The same on a port of an industrial protocol.", between(2, 100'000));
  v("limits.scan_ports", t.scan_ports, "Unanswered ports of one host that make a port scan.", between(2, 65536));
  v("limits.arp_targets", t.arp_targets, "Addresses asked for over ARP by one machine that make a scan.", between(2, 100'000));
  v("limits.ping_targets", t.ping_targets, "Addresses pinged by one machine that make a scan.", between(2, 100'000));
  v("limits.slow_scan_window", t.slow_scan_window, "The time in which a slow scan is counted.", between(60, 30 * 86400));
  v("limits.slow_scan_targets", t.slow_scan_targets, "Unanswered targets of one source that make a slow scan.", between(2, 100'000));
  v("limits.refusals", t.refusals, "Refused operations of one pair that make a storm.", between(2, 100'000));
  v("limits.refusal_window", t.refusal_window, "The time in which they are counted.", between(1, 86400));
  v("limits.sweep_window", t.sweep_window, "The time in which units, functions, objects and identity reads are counted.",
    between(1, 86400));
  v("limits.units", t.units, "Units of one server asked by one client that make a sweep.", between(2, 100'000));
  v("limits.functions", t.functions, "New functions of one pair that make a sweep.", between(2, 100'000));
  v("limits.refused_objects", t.refused_objects, "Refused objects that make a sweep.", between(2, 100'000));
  v("limits.identity_targets", t.identity_targets, "Machines asked who they are by one client that make an enumeration.",
    between(2, 100'000));
  v("limits.malformed", t.malformed, "Malformed messages of one sender that make more than a slip.", between(1, 100'000));
  v("limits.malformed_window", t.malformed_window, "The time in which they are counted.", between(1, 86400));
  v("limits.login_failures", t.login_failures, "Failed logins that make guessing.", between(2, 100'000));
  v("limits.login_window", t.login_window, "The time in which they are counted.", between(1, 86400));
  v("limits.commands", t.commands, "Stop and restart commands to one machine that make a flood.", between(2, 100'000));
  v("limits.command_window", t.command_window, "The time in which they are counted.", between(1, 7 * 86400));
  v("incidents.fold_within", c.fold_within, "Equal findings within this time are one detection.", between(1, 86400));
  v("incidents.silence", c.incident_silence, "An incident without news closes after this time.", between(60, 30 * 86400));
  v("incidents.alerts_per_day", c.alerts_per_day, "Incidents of medium or more that a site may alert on in a day; what is beyond is kept.",
    between(1, 100'000));
  v("most.assets", c.max_assets, "Assets kept; the one not seen for longest is forgotten first.", between(100, 10'000'000));
  v("most.keys", c.max_keys, "Keys of the baseline kept.", between(1000, 100'000'000));
  v("most.detections", c.max_detections, "Detections kept in memory.", between(100, 10'000'000));
  v("most.incidents", c.max_incidents, "Incidents kept in memory.", between(100, 10'000'000));
  v("oui_file", c.oui_file, "The IEEE list of vendors of MAC addresses (package ieee-data).");
}

std::vector<std::string> apply(const analyzer_settings& s, analyzer_config& out) {
  assembly a;
  out = s.config;
  if (s.trial_for.count() != 0) out.trial_for = s.trial_for;
  a.hosts(s.engineering, "policy.engineering", out.rules.engineering);
  for (std::size_t i = 0; i < s.disabled.size(); ++i) {
    a.rule(s.disabled[i], "policy.disabled[" + std::to_string(i) + ']');
    out.rules.disabled.insert(s.disabled[i]);
  }
  for (std::size_t i = 0; i < s.mutes.size(); ++i) {
    const auto name = "policy.mutes[" + std::to_string(i) + "].";
    auto& m = out.rules.mutes.emplace_back();
    m.rule = s.mutes[i].rule;
    a.rule(m.rule, name + "rule");
    a.host(s.mutes[i].actor, name + "actor", m.actor);
    a.host(s.mutes[i].victim, name + "victim", m.victim);
    a.time(s.mutes[i].until, name + "until", m.until);
  }
  for (std::size_t i = 0; i < s.windows.size(); ++i) {
    const auto name = "policy.windows[" + std::to_string(i) + "].";
    const auto& from = s.windows[i];
    auto& w = out.rules.windows.emplace_back();
    a.hosts(from.hosts, name + "hosts", w.hosts);
    a.time(from.from, name + "from", w.from);
    a.time(from.until, name + "until", w.until);
    if (!from.days.empty()) w.weekdays = 0;
    for (const auto& d : from.days) {
      const auto it = std::ranges::find(weekdays, d);
      if (it == weekdays.end())
        a.complaints.push_back(name + "days cannot be read: " + d + ": write mon, tue, wed, thu, fri, sat or sun");
      else
        w.weekdays = static_cast<std::uint8_t>(w.weekdays | 1u << (it - weekdays.begin()));
    }
    a.minute(from.begin, name + "begin", w.begin_minute);
    a.minute(from.end, name + "end", w.end_minute);
    w.utc_offset_minutes = from.utc_offset_minutes;
  }
  return a.complaints;
}

}  // namespace mw
