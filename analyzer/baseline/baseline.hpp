// What is normal at one site: who is there, who talks to whom, asks what, writes where; learned, approved, or only seen.
#pragma once
#include "analyzer/baseline/allow_list.hpp"
#include "analyzer/baseline/news.hpp"
#include "analyzer/bounded.hpp"
#include "common/record.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mw {

class baseline {
public:
  struct limits {
    std::size_t keys = 1'000'000;  ///< of the whole site; the classes share it by fixed parts
    std::uint32_t ready_after = 10;
    std::chrono::nanoseconds learn_for{}, trial_for{};
    bool devices_learn = false;  ///< a device that appears later learns by itself (mode auto)
  };
  explicit baseline(limits);
  baseline(const baseline&) = delete;
  baseline& operator=(const baseline&) = delete;

  /// Records what is seen; learns it while `site_phase` is learn.
  news observe(const record&, phase site_phase, timestamp now);
  bool ready() const { return !allowed_.empty() || observations_ >= limits_.ready_after; }
  /// Good-Turing estimate of the mass of conversations not yet seen: n1 / n.
  double unseen_mass() const;
  /// A host was caught scanning or lying about its address: what it taught since then does not count.
  void distrust(const std::string& host, timestamp from, timestamp until);

  void approve(const allow_list&);
  const std::vector<allow_list>& approved() const { return allowed_; }
  /// The MAC that an operator approved for an address; "" = none.
  std::string approved_mac(std::string_view address) const;
  std::optional<std::string> approved_role(std::string_view host) const;
  bool is_known_writer(const std::string& host) const { return writers_.find(host) != nullptr; }
  allow_list export_as(std::string_view site, bool with_pending) const;

  std::uint64_t count(key_class, bool pending = false) const;  ///< keys known, or only seen
  std::uint64_t forgotten() const;

  /// For saving: keys in a fixed order. `restore` puts one back.
  std::vector<std::pair<key_class, known_key>> keys() const;
  void restore(key_class, known_key);
  std::vector<std::pair<std::string, std::pair<timestamp, timestamp>>> distrusted() const;  ///< by host
  std::uint64_t observations() const { return observations_; }
  void restore_observations(std::uint64_t n) { observations_ = n; }

private:
  using table = bounded_map<std::uint64_t, known_key>;
  template <class Make, class Allowed>
  sighting see(key_class, std::uint64_t id, timestamp now, bool learn, Make, Allowed);
  std::optional<sighting> see_host(const endpoint&, timestamp);
  sighting see_edge(const endpoint& client, const endpoint& server, std::string_view over, std::string_view service, timestamp);
  void see_flow(const flow_record&, timestamp, news&);
  void see_operation(const operation&, timestamp, news&);
  void see_fact(const fact&, timestamp, news&);
  phase phase_of(const endpoint& client, const endpoint& server, phase site, timestamp now) const;
  bool trusted(const known_key&) const;
  bool host_allowed(std::string_view host) const;
  bool edge_allowed(const known_key&, bool any_protocol) const;
  bool function_allowed(const operation&, const known_key&) const;

  limits limits_;
  std::array<table, key_classes> tables_;
  bounded_map<std::string, std::pair<timestamp, timestamp>> distrusted_{10'000};
  bounded_map<std::string, char> writers_{50'000};
  std::vector<allow_list> allowed_;
  std::uint64_t observations_ = 0, once_ = 0;         ///< of edges, learned
  std::array<std::uint64_t, key_classes> settled_{};  ///< keys of each class that are not pending
  std::uint64_t weight_ = 1;                          ///< how many operations the record that is observed stands for
  bool learning_ = false, site_learns_ = false;       ///< while one record is observed: its ends learn, the whole site learns
};

/// The name under which a host takes part in keys: addresses on the internet are one.
std::string key_host(const endpoint&);
/// True where a host may be an asset of the site: a unicast address that is not on the internet, or a MAC.
bool is_local_host(const endpoint&);
/// Changes to the controller itself, as against to process data.
bool is_engineering(action);

}  // namespace mw
