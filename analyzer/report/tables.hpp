// Tables for people: assets, operations, incidents with their evidence, in the language of the reader.
#pragma once
#include "analyzer/model.hpp"
#include "analyzer/report/grid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw {

/// Operations counted by protocol, action and outcome.
class operation_counts {
public:
  void add(const operation&);
  struct row {
    std::uint64_t ok = 0, refused = 0, other = 0;
  };
  const std::map<std::pair<std::string, action>, row>& rows() const { return rows_; }  ///< protocols x actions: bounded by the dissectors

private:
  std::map<std::pair<std::string, action>, row> rows_;
};

/// Lists of JSON objects as analyzer/report/json.hpp makes them: of a run, or out of a store.
std::string asset_table(const nlohmann::ordered_json& list, const table_style&);
std::string operation_table(const operation_counts&, const table_style&);
std::string incident_table(const nlohmann::ordered_json& list, const table_style&);
/// One incident with its chain, detections and evidence.
std::string incident_page(const incident&, const table_style&);
std::string detection_table(const nlohmann::ordered_json& list, const table_style&);
/// Records as common/record_json.hpp writes them, with "sensor" and "site".
std::string record_table(const nlohmann::ordered_json& list, bool of_operations, const table_style&);
/// Heartbeats: who speaks, and who does not. `now` nothing: the run is over.
std::string sensor_table(const nlohmann::ordered_json& list, std::optional<timestamp> now, const table_style&);
std::string ledger_table(const nlohmann::ordered_json& stages, const table_style&);
/// Rollup sums: time, site, protocol, action, operations, flows, packets, bytes.
std::string sum_table(const nlohmann::ordered_json& list, const table_style&);

}  // namespace mw
