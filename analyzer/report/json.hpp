// Assets, detections and incidents as JSON: the report of a run, and what the console and exports send.
#pragma once
#include "analyzer/analyzer.hpp"
#include "common/record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace mw {

/// Times are epoch seconds as floating-point numbers; the fields are those of docs/records.md.
nlohmann::ordered_json to_json(const asset&);
nlohmann::ordered_json to_json(const evidence&);
nlohmann::ordered_json to_json(const detection&);
nlohmann::ordered_json to_json(const incident&);
nlohmann::ordered_json to_json(const std::vector<asset>&);
nlohmann::ordered_json to_json(const std::vector<detection>&);
nlohmann::ordered_json to_json(const std::vector<incident>&);
nlohmann::ordered_json to_json(const analyzer_stats&, const std::vector<site_state>&);
nlohmann::ordered_json to_json(const std::vector<ledger_stage>&);  ///< an object, one member for each stage
nlohmann::ordered_json to_json(const value&);

/// The report of a run: {"assets":…,"incidents":…,"detections":…,"ledger":…,"stats":…}. `ledger` and `more` (added to the
/// stats) come from the parts before the analyzer. The same input gives the same bytes.
std::string make_report(const analyzer&, const std::vector<ledger_stage>& ledger, const std::vector<field>& more = {});

}  // namespace mw
