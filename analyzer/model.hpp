// What the analyzer makes of records: assets, detections, incidents, in the words of docs/records.md.
#pragma once
#include "analyzer/assets/asset.hpp"
#include "analyzer/taxonomy.hpp"
#include "common/bilingual.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw {

/// What somebody needs to believe, or to refute, a detection.
struct evidence {
  timestamp time{};
  words expected, observed, check;
  std::string protocol, action, function, function_name, unit;  ///< of the operation, where there is one
  std::vector<object> objects;
  std::vector<value> values;
  std::optional<std::string> previous;  ///< value that stood there before, where known
  std::string outcome, code;
  packet_ref packets;
  std::string flow;  ///< Community ID
  std::string sensor;
  friend bool operator==(const evidence&, const evidence&) = default;
};

/// One detector's finding; equal findings (rule, actor, victim, key) within the fold window are one.
struct detection {
  std::string id, rule;  ///< "D…" (stable), "MW-0101"
  std::string site, enterprise, zone, sensor;
  mw::severity severity = mw::severity::info;
  words title, advice;
  std::string actor, victim;          ///< IP or MAC text; "" = none
  std::string technique;              ///< ATT&CK for ICS
  std::string event_key, event_code;  ///< GB/T 20986-2023 class
  mw::stage stage = mw::stage::none;
  attack_side attacker = attack_side::none;
  mw::family family = mw::family::novelty;
  bool deterministic = false;  ///< needs no learning
  bool trial = false;          ///< recorded while the site was on trial: never alerted
  bool maintenance = false;    ///< inside a maintenance window
  attack_result result = attack_result::unknown;
  double p = 1;             ///< how likely a benign plant does this
  std::uint64_t count = 0;  ///< findings folded into this
  timestamp first{}, last{};
  std::string incident;   ///< id of the incident it belongs to; "" = none
  mw::evidence evidence;  ///< of the first, with `observed` of the worst
  friend bool operator==(const detection&, const detection&) = default;
};

/// A detection as a member of an incident.
struct incident_part {
  std::string id, rule;
  mw::family family = mw::family::novelty;
  mw::severity severity = mw::severity::info;
  std::uint64_t count = 0;
  timestamp first{}, last{};
  friend bool operator==(const incident_part&, const incident_part&) = default;
};
struct incident {
  std::string id;  ///< "I…": from site, first time, actor and rule
  std::string site, enterprise, enterprise_name, zone, sensor;
  timestamp first{}, last{};
  mw::severity severity = mw::severity::info;
  double score = 0;  ///< highest so far
  words title, advice;
  std::vector<std::string> actors, victims, techniques;  ///< sorted, each once, bounded
  std::string event_key, event_code;
  mw::stage stage = mw::stage::none;  ///< the furthest reached
  std::vector<mw::stage> chain;       ///< stages in the order in which they were first seen
  attack_side attacker = attack_side::none;
  attack_result result = attack_result::unknown;
  std::uint8_t reliability = 0;  ///< 0..100
  std::vector<incident_part> detections;
  std::vector<mw::evidence> evidence;  ///< the first of each rule
  std::uint64_t alerts = 0;            ///< raw findings inside
  bool open = true;
  bool deterministic = false;  ///< holds at least one deterministic detection
  bool below_budget = false;   ///< kept, not alerted: the site's budget of the day was spent
  disposal state = disposal::raw;
  friend bool operator==(const incident&, const incident&) = default;
};

}  // namespace mw
