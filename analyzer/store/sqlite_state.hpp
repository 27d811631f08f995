// The state of one box in one SQLite file, state.db.
#pragma once
#include "analyzer/store/state_store.hpp"

#include <memory>

namespace mw {

class sqlite_state final : public state_store {
public:
  static store_result<std::unique_ptr<sqlite_state>> open(const std::string& folder, database::mode);

  store_result<std::optional<saved_analysis>> load() override;
  store_result<void> save(const saved_analysis&, const std::vector<asset>&, const std::vector<detection>&, const std::vector<incident>&,
                          std::uint32_t kept_days) override;
  store_result<void> put(const std::vector<detection>&, const std::vector<incident>&) override;
  store_result<void> close_incidents() override;
  store_result<std::vector<std::string>> assets(const state_filter&) override;
  store_result<std::vector<std::string>> detections(const state_filter&) override;
  store_result<std::vector<std::string>> incidents(const state_filter&) override;

private:
  explicit sqlite_state(database&& d) : file_{std::move(d)} {}
  store_result<void> insert(const std::vector<detection>&, const std::vector<incident>&);
  store_result<std::vector<std::string>> bodies(const std::string& sql, std::string where, const std::vector<std::string>& hosts,
                                                const state_filter&);

  database file_;
};

}  // namespace mw
