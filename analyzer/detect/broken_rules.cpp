// Sorts the rules of the dissectors by what breaking them means.
#include "analyzer/detect/broken_rules.hpp"

#include <array>

namespace mw {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

breach breach_of(const violation& v) {
  const std::string_view rule = v.rule, detail = v.detail;
  if (rule == "select_before_operate") return breach::other;  // has a detector of its own
  if (has(rule, "unpaired") || has(rule, "unsolicited")) return breach::unpaired;
  constexpr std::array<std::string_view, 9> order{"sequence", "replay", "duplicate", "st_num", "sq_num",
                                                  "stnum",    "sqnum",  "smp_cnt",   "counter"};
  for (const auto name : order) {
    if (!has(rule, name)) continue;
    if (has(rule, "gap") || has(detail, "gap") || has(detail, "missing") || has(detail, "skip")) return breach::loss;
    return breach::replay;
  }
  if (rule == "window" || rule == "not_started" || rule == "timeout" || has(rule, "time_allowed") || has(rule, "ttl")) return breach::loss;
  return breach::malformed;
}

}  // namespace mw
