// A data folder: what was learned and found, and the records, of one box. One program at a time writes to it.
#pragma once
#include "analyzer/analyzer.hpp"
#include "analyzer/store/sqlite_flows.hpp"
#include "analyzer/store/sqlite_state.hpp"

#include <memory>
#include <string>

namespace mw {

class data_folder {
public:
  /// Makes the folder where it is absent, and holds its lock while it lives. Throws std::runtime_error with the remedy where
  /// it is in use or cannot be written.
  data_folder(const std::string& path, const store_config&);
  ~data_folder();
  data_folder(const data_folder&) = delete;
  data_folder& operator=(const data_folder&) = delete;

  flow_store& flows() { return *flows_; }
  state_store& state() { return *state_; }
  const store_config& config() const { return config_; }
  const std::string& path() const { return path_; }

private:
  const std::string path_;
  const store_config config_;
  int lock_ = -1;
  std::unique_ptr<flow_store> flows_;
  std::unique_ptr<state_store> state_;
};

/// A folder to ask, also while a program writes to it. Throws as above; also where it holds nothing.
struct data_view {
  explicit data_view(const std::string& path);
  std::unique_ptr<flow_store> flows;
  std::unique_ptr<state_store> state;
};

/// Puts what was saved into a fresh analyzer. Throws where it does not fit.
void load(analyzer&, const saved_analysis&, const std::string& path);
/// The value, or std::runtime_error with what is wrong.
template <class T>
T need(store_result<T>&& r) {
  if (!r) throw std::runtime_error{r.error()};
  if constexpr (!std::is_void_v<T>) return std::move(*r);
}

}  // namespace mw
