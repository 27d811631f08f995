// The detectors that the files of this folder added, in a fixed order.
#include "analyzer/detect/detector.hpp"

#include <algorithm>
#include <vector>

namespace mw {

std::vector<const meta*> all_rules() {
  std::vector<const meta*> out;
  for (const auto& r : detection_rule::all()) out.insert(out.end(), r.rules.begin(), r.rules.end());
  std::sort(out.begin(), out.end(), [](const meta* a, const meta* b) { return a->id < b->id; });
  return out;
}

std::vector<std::unique_ptr<detector>> make_detectors() {
  std::vector<const detection_rule*> kinds;
  for (const auto& r : detection_rule::all()) kinds.push_back(&r);
  std::sort(kinds.begin(), kinds.end(), [](const auto* a, const auto* b) { return a->rules.front()->id < b->rules.front()->id; });
  std::vector<std::unique_ptr<detector>> out;
  for (const auto* k : kinds) out.push_back(k->make());
  return out;
}

}  // namespace mw
