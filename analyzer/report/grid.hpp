// A table in a terminal: columns as wide as what stands in them.
#pragma once
#include "analyzer/taxonomy.hpp"
#include "common/bilingual.hpp"
#include "common/net.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

struct table_style {
  mw::language language = mw::language::zh;
  bool colour = false;           ///< severity colours: 紧急 red, 高 orange, 中 yellow, 低 blue
  std::size_t most_rows = 200;   ///< what is left out is said below the table
  int utc_offset_minutes = 480;  ///< Beijing time
};

struct grid {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the head; UTF-8
  std::vector<severity> paint;                 ///< of each row; empty = plain

  std::string print(const table_style&) const;
};
std::vector<std::string> heads(const table_style&, std::initializer_list<text> names);
std::string_view colour_of(severity);  ///< the escape sequence that begins it; "" = none

/// "2026-11-24 10:05:00" in the style's offset.
std::string local_time(timestamp, const table_style&);
/// Columns that a text takes in a terminal: CJK and full-width characters take two.
std::size_t columns_of(std::string_view utf8);

}  // namespace mw
