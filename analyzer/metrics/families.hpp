// Every metric family in one table: the exporter prints from it, docs/metrics.md is compared with it.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace mw {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct family_about {
  std::string_view name;
  metric_kind kind;
  std::string_view labels;  ///< in their order, separated by commas
  std::string_view help;
};

/// In the order of the table below it.
enum class metric : std::uint8_t {
  build_info,
  sensor_last_seen,
  sensor_frames,
  sensor_bytes,
  sensor_flows_active,
  sensor_clock_offset,
  ledger_in,
  ledger_out,
  ledger_dropped,
  ledger_held,
  operations,
  operation_latency,
  flows,
  flow_bytes,
  violations,
  assets,
  alerts,
  attacks,
  incidents,
  incidents_open,
  detections,
  learning_phase,
  learning_unseen_mass,
  records,
  records_late,
  below_budget,
  incident_info,
  asset_info,
  notifications,
  notifications_waiting
};

inline constexpr std::array<family_about, 30> families{{
    {"millwatch_build_info", metric_kind::gauge, "version", "Always 1; the label says which version runs."},
    {"millwatch_sensor_last_seen_timestamp_seconds", metric_kind::gauge, "sensor", "Time of the sensor's last heartbeat."},
    {"millwatch_sensor_frames_total", metric_kind::counter, "sensor", "Frames that the sensor took from its card, as its heartbeat says."},
    {"millwatch_sensor_bytes_total", metric_kind::counter, "sensor", "Octets of these frames."},
    {"millwatch_sensor_flows_active", metric_kind::gauge, "sensor", "Conversations that the sensor follows."},
    {"millwatch_sensor_clock_offset_seconds", metric_kind::gauge, "sensor", "How far the sensor's clock is ahead of the collector's."},
    {"millwatch_ledger_in_total", metric_kind::counter, "sensor,stage",
     "What came into a stage; in = out + dropped + held. sensor is empty for the collector and the analyzer."},
    {"millwatch_ledger_out_total", metric_kind::counter, "sensor,stage", "What left a stage."},
    {"millwatch_ledger_dropped_total", metric_kind::counter, "sensor,stage,reason", "What a stage dropped, and why."},
    {"millwatch_ledger_held", metric_kind::gauge, "sensor,stage", "What a stage holds."},
    {"millwatch_operations_total", metric_kind::counter, "site,protocol,action,outcome",
     "Operations said to machines; a summary counts as what it stands for."},
    {"millwatch_operation_latency_seconds", metric_kind::histogram, "site,protocol",
     "From request to answer. Of summaries the buckets are exact and the sum is taken from the middles of their classes."},
    {"millwatch_flows_total", metric_kind::counter, "site,application", "Conversations, each counted when first told of."},
    {"millwatch_flow_bytes_total", metric_kind::counter, "site,application", "Octets of conversations in both directions."},
    {"millwatch_violations_total", metric_kind::counter, "site,protocol", "Protocol rules that were broken."},
    {"millwatch_assets", metric_kind::gauge, "site,role", "Machines that are known."},
    {"millwatch_alerts_total", metric_kind::counter, "site", "Raw findings that may alert (not those on trial)."},
    {"millwatch_attacks_total", metric_kind::counter, "site", "Attacks: actor, victim and rule within the attack window are one."},
    {"millwatch_incidents_total", metric_kind::counter, "site,severity", "Incidents, by the severity with which they opened."},
    {"millwatch_incidents_open", metric_kind::gauge, "site,severity", "Incidents that are open, by their present severity."},
    {"millwatch_detections_total", metric_kind::counter, "site,rule,severity",
     "Detections, also those on trial, by the severity that they had at first."},
    {"millwatch_learning_phase", metric_kind::gauge, "site,phase", "1 for the phase that a site is in: learn, trial or detect."},
    {"millwatch_learning_unseen_mass", metric_kind::gauge, "site", "How likely the next conversation is a new one (Good-Turing), 0 to 1."},
    {"millwatch_records_total", metric_kind::counter, "site,type", "Records that the analyzer took."},
    {"millwatch_records_late_total", metric_kind::counter, "site", "Records more than a minute older than the latest."},
    {"millwatch_below_budget_total", metric_kind::counter, "site",
     "Incidents held back when the site's budget of the day was spent; one that a later finding lets through stays counted."},
    {"millwatch_incident_info", metric_kind::gauge, "site,incident,severity,rule,title_en,title_zh,actor,victim",
     "Always 1; the newest open incidents."},
    {"millwatch_asset_info", metric_kind::gauge, "site,asset,vendor,model,firmware,role,level",
     "Always 1; machines that are known, the longest known first."},
    {"millwatch_notifications_total", metric_kind::counter, "channel,result", "Notices by what became of them: sent, retried, dropped."},
    {"millwatch_notifications_waiting", metric_kind::gauge, "channel", "Notices that wait to be sent."},
}};

constexpr const family_about& about(metric m) { return families[static_cast<std::size_t>(m)]; }
static_assert(about(metric::notifications_waiting).name == "millwatch_notifications_waiting" &&
              about(metric::assets).name == "millwatch_assets");

}  // namespace mw
