// The parts of the analyzer and how a record goes through them (private to this room).
#pragma once
#include "analyzer/analyzer.hpp"
#include "analyzer/assets/inventory.hpp"
#include "analyzer/baseline/baseline.hpp"
#include "analyzer/detect/detector.hpp"
#include "analyzer/incidents/folder.hpp"
#include "analyzer/values.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mw {

class analyzer::machinery {
public:
  struct site {
    explicit site(const analyzer_config&);
    baseline known;
    last_values values;
    std::vector<std::unique_ptr<detector>> detectors;
    timestamp since{};
    bool started = false;
    phase reached = phase::learn;
  };

  explicit machinery(analyzer_config);
  void on(const attributed&);
  void on_time(timestamp);
  site& at(const std::string& name);
  void take(finding&&, site&, const context&);
  void approve_assets(const std::string& name, site&);

  std::string save() const;
  tl::expected<void, std::string> load(std::string_view saved);

  const analyzer_config config;
  oui vendors;
  inventory assets;
  folder incidents;
  std::vector<allow_list> everywhere;  ///< approved for every site, also for those that come later
  std::map<std::string, site> sites;   ///< as many as the collector's configuration names
  analyzer_stats counted;
  timestamp now{};

private:
  phase phase_of(site&) const;
};

}  // namespace mw
