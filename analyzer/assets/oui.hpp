// Who made a network card: the IEEE registry (MA-L), read when it is first asked for.
#pragma once
#include "common/net.hpp"

#include <absl/container/flat_hash_map.h>

#include <string>
#include <string_view>

namespace mw {

/// Reads `oui.csv` or `oui.txt` of the IEEE registration authority. A file that is absent gives no vendors and no error:
/// `available()` tells, after the first question.
class oui {
public:
  explicit oui(std::string path) : path_{std::move(path)} {}
  /// "" for unknown blocks and for locally administered addresses, which name no maker.
  std::string_view vendor(const mac&);
  bool available() const { return available_; }

private:
  void load();
  std::string path_;
  absl::flat_hash_map<std::uint32_t, std::string> names_;  ///< the registry is finite: about 35,000 blocks
  bool loaded_ = false, available_ = true;
};

}  // namespace mw
