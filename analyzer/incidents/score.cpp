// The score of an incident.
#include "analyzer/incidents/score.hpp"

#include <algorithm>
#include <cmath>

namespace mw {
namespace {

constexpr double half_life_seconds = 15 * 60;

double faded(double strength, timestamp then, timestamp now) {
  return now <= then ? strength : strength * std::exp2(-to_seconds(now - then) / half_life_seconds);
}

}  // namespace

double weight_of(family f) {
  switch (f) {
    case family::identity:
    case family::protocol_state:
    case family::command: return 1.0;
    case family::novelty:
    case family::sequence:
    case family::scan:
    case family::credential: return 0.8;
    case family::beacon: return 0.7;
    case family::timing:
    case family::volume:
    case family::process: return 0.6;
    case family::ensemble: return 0.4;
  }
  return 0.4;
}

double criticality_of(asset_role r) {
  switch (r) {
    case asset_role::plc:
    case asset_role::rtu:
    case asset_role::io_device: return 1.5;
    case asset_role::scada:
    case asset_role::hmi:
    case asset_role::engineering_station: return 1.25;
    case asset_role::workstation: return 0.75;
    default: return 1.0;
  }
}

double scoreboard::add(family f, double p, timestamp t, double criticality) {
  auto& e = best_.at(static_cast<std::size_t>(f));
  const double strength = -std::log10(std::clamp(p, 1e-12, 1.0));
  if (!e.present || strength >= faded(e.strength, e.when, t)) e = {strength, std::max(t, e.when), true};
  criticality_ = std::max(criticality_, criticality);
  double sum = 0;
  for (std::size_t i = 0; i < best_.size(); ++i)
    if (best_.at(i).present) sum += weight_of(static_cast<family>(i)) * faded(best_.at(i).strength, best_.at(i).when, t);
  return sum * criticality_ * (chain_ ? 1.5 : 1.0);
}

void scoreboard::reach(stage s) {
  if (s == stage::none) return;
  if (s == stage::action && std::any_of(stages_.begin(), stages_.end(), [](stage x) { return x == stage::recon || x == stage::attempt; }))
    chain_ = true;
  if (std::find(stages_.begin(), stages_.end(), s) == stages_.end()) stages_.push_back(s);
}

std::size_t scoreboard::families() const {
  return static_cast<std::size_t>(std::count_if(best_.begin(), best_.end(), [](const entry& e) { return e.present; }));
}

}  // namespace mw
