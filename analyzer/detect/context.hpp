// What a detector may know besides the record: the site's baseline, its inventory, and what the operator decided.
#pragma once
#include "analyzer/assets/inventory.hpp"
#include "analyzer/baseline/baseline.hpp"
#include "analyzer/config.hpp"
#include "common/attributed.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw {

struct context {
  timestamp now{};
  const attributed& record;
  const policy& rules;
  const thresholds& limits;
  const news& novel;
  const inventory_news& changed;
  const inventory& assets;
  const baseline& known;
  std::optional<value> previous;  ///< of the first object of a write, where it is known

  std::string_view site() const { return record.from->site; }
  /// An engineering station by configuration or approval; never by inference: an attacker must not become one.
  bool is_engineering(const std::string& host) const;
  bool in_window(const std::string& actor, const std::string& victim) const;
  /// A host of a control zone; where no zones are configured, one that serves or asks an industrial protocol.
  bool in_control(const endpoint&) const;
  bool in_control(const std::string& host) const;
  /// Severity by who does it and when: an engineering station in its window is doing its work.
  severity tempered(severity, const std::string& actor, const std::string& victim) const;
};

}  // namespace mw
