// How much evidence an incident holds: families of detectors add up, time fades them, a kill chain weighs more.
#pragma once
#include "analyzer/taxonomy.hpp"
#include "common/net.hpp"

#include <array>
#include <vector>

namespace mw {

/// How far a family's p-values can be trusted: identity, protocol state and commands are deterministic.
double weight_of(family);
/// 0.5..2 by what the victim is for: controllers count most.
double criticality_of(asset_role);

class scoreboard {
public:
  /// Adds evidence with p-value `p` at `t`; gives the score then: sum over families of weight * -log10 p, halved every 15
  /// minutes, times criticality, times 1.5 where reconnaissance or an attempt came before action.
  double add(family, double p, timestamp t, double criticality);
  void reach(stage);
  std::size_t families() const;
  bool is_chain() const { return chain_; }
  const std::vector<stage>& stages() const { return stages_; }
  /// Every member in turn, to keep it or to restore it.
  template <class Visit>
  void members(Visit&& visit) {
    for (auto& e : best_) visit(e.strength), visit(e.when), visit(e.present);
    visit(stages_), visit(criticality_), visit(chain_);
  }

private:
  struct entry {
    double strength = 0;
    timestamp when{};
    bool present = false;
  };
  std::array<entry, 12> best_{};
  std::vector<stage> stages_;  ///< in the order of first sight; at most 7
  double criticality_ = 0.5;
  bool chain_ = false;
};

}  // namespace mw
