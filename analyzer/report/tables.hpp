// Tables for people: assets, operations, incidents with their evidence, in the language of the reader.
#pragma once
#include "analyzer/model.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw {

struct table_style {
  mw::language language = mw::language::zh;
  bool colour = false;                ///< severity colours: 紧急 red, 高 orange, 中 yellow, 低 blue
  std::size_t most_rows = 200;        ///< what is left out is said below the table
  int utc_offset_minutes = 480;       ///< Beijing time
};

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

std::string asset_table(const std::vector<asset>&, const table_style&);
std::string operation_table(const operation_counts&, const table_style&);
std::string incident_table(const std::vector<incident>&, const table_style&);
/// One incident with its chain, detections and evidence.
std::string incident_page(const incident&, const table_style&);
std::string detection_table(const std::vector<detection>&, const table_style&);
/// "2026-11-24 10:05:00" in the style's offset.
std::string local_time(timestamp, const table_style&);
/// Columns that a text takes in a terminal: CJK and full-width characters take two.
std::size_t columns_of(std::string_view utf8);

}  // namespace mw
