// The closed sets in which findings are told: severity, stage, family, role, state; and their names in both languages.
#pragma once
#include "common/bilingual.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mw {

/// Severity of an alert (告警级别), set by rules. `info` is context: kept, never alerted.
enum class severity : std::uint8_t { info, low, medium, high, critical };
/// Attack stage (杀伤链), in the order in which an intrusion goes through them; `none` where no attacker is implied.
enum class stage : std::uint8_t { none, recon, attempt, infection, download, c2, action };
/// Which end of the conversation attacks.
enum class attack_side : std::uint8_t { none, source, destination };
/// Detectors that look at the same kind of evidence; incidents add evidence over families, not over detectors.
enum class family : std::uint8_t {
  novelty,
  identity,
  protocol_state,
  sequence,
  timing,
  volume,
  scan,
  credential,
  beacon,
  process,
  ensemble,
  command
};
/// Where an incident stands in the loop monitor - notify - handle - feed back (监测—通报—处置—反馈).
enum class disposal : std::uint8_t {
  raw,
  triaged,
  suspected,
  verified,
  false_positive,
  notified,
  joint_notified,
  handling,
  feedback,
  reviewed,
  archived,
  rejected,
  overdue
};
/// What a machine is for.
enum class asset_role : std::uint8_t {
  unknown,
  plc,
  rtu,
  hmi,
  scada,
  engineering_station,
  historian,
  io_device,
  network_switch,
  router,
  server,
  workstation
};
enum class attack_result : std::uint8_t { unknown, attempt, success };  ///< did it work (attack_result)

/// Names as they stand in reports and in the store; `parse_*` gives nothing for any other text.
std::string_view to_string(severity);
std::string_view to_string(stage);
std::string_view to_string(attack_side);
std::string_view to_string(family);
std::string_view to_string(disposal);
std::string_view to_string(asset_role);
std::string_view to_string(attack_result);
text label(severity);    ///< 紧急, 高, 中, 低, 信息
text label(stage);       ///< 扫描探测 …
text label(disposal);    ///< 原始告警 …
text label(asset_role);  ///< 可编程控制器 …
text label(action);      ///< 写入 …: what an operation means, for tables and alert texts
std::optional<severity> parse_severity(std::string_view);
std::optional<disposal> parse_disposal(std::string_view);
std::optional<asset_role> parse_role(std::string_view);
/// May an incident go from one state to the other? (`rejected` and `overdue` are side states; `archived` is the end.)
bool may_follow(disposal from, disposal to);

}  // namespace mw
