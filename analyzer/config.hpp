// What can be set about the analyzer's judgement. The defaults stand here and nowhere else.
#pragma once
#include "analyzer/baseline/allow_list.hpp"
#include "analyzer/detect/policy.hpp"
#include "common/bilingual.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw {

/// `automatic` goes through learn, trial and detect by itself, for each site and for each device that appears later.
enum class learning_mode : std::uint8_t { automatic, learn, trial, detect };

/// Limits that detectors compare with. Counts are per window; the sources are named in each detector.
struct thresholds {
  std::uint32_t sweep_hosts = 20;          ///< unanswered destinations on one port by one source, in scan_window
  std::uint32_t control_sweep_hosts = 10;  ///< the same, where the port is an industrial one
  std::uint32_t scan_ports = 25;           ///< unanswered ports of one host by one source, in scan_window
  std::uint32_t arp_targets = 40;          ///< addresses asked for by one source, in scan_window
  std::uint32_t ping_targets = 20;
  std::chrono::seconds scan_window{120};
  std::chrono::seconds slow_scan_window{24 * 3600};
  std::uint32_t slow_scan_targets = 50;
  std::uint32_t refusals = 10;  ///< refused operations of one pair, in refusal_window
  std::chrono::seconds refusal_window{600};
  std::uint32_t units = 10;            ///< different units of one server asked by one client, in sweep_window
  std::uint32_t functions = 10;        ///< different functions that are new for the pair, in sweep_window
  std::uint32_t refused_objects = 10;  ///< different objects refused, in sweep_window
  std::chrono::seconds sweep_window{300};
  std::uint32_t identity_targets = 3;  ///< machines asked who they are by one client, in sweep_window
  std::uint32_t malformed = 2;         ///< malformed messages of one sender, in malformed_window, that make it medium
  std::chrono::seconds malformed_window{600};
  std::uint32_t login_failures = 5;  ///< in login_window
  std::chrono::seconds login_window{300};
  std::uint32_t commands = 20;  ///< stop and restart commands to one machine, in command_window
  std::chrono::seconds command_window{3 * 3600};
};

struct analyzer_config {
  learning_mode mode = learning_mode::automatic;
  std::chrono::nanoseconds learn_for = std::chrono::hours{24};  ///< packet time
  std::optional<std::chrono::nanoseconds> trial_for;            ///< default: half of learn_for
  std::uint32_t ready_after = 10;                               ///< records learned before novelty may speak
  policy rules;
  std::vector<allow_list> allowed;
  thresholds limits;
  std::chrono::seconds fold_within{300};        ///< equal findings, and findings of one family, join within this
  std::chrono::seconds incident_silence{1800};  ///< an incident closes after this
  std::chrono::seconds attack_window{600};      ///< one attack = actor, victim, rule within this (GB/T 37027 in spirit)
  std::uint32_t alerts_per_day = 20;            ///< incidents of medium or more that a site may alert on in a day
  std::size_t max_assets = 50'000, max_keys = 1'000'000, max_actors = 20'000, max_values = 200'000;
  std::size_t max_detections = 20'000, max_incidents = 10'000;
  std::string oui_file = "/usr/share/ieee-data/oui.csv";  ///< absent = no vendors, said once in the stats
  mw::language language = mw::language::zh;

  std::chrono::nanoseconds trial_length() const { return trial_for.value_or(learn_for / 2); }
};

}  // namespace mw
