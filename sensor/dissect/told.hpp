// What a protocol that repeats itself has already told of machines, so that a fact is passed on when it is new, changed or long ago.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace mw {

/// Of one conversation. Keeps what was told of `Capacity` properties; the one that was told longest ago goes first.
template <std::size_t Capacity>
class told_facts {
public:
  static constexpr nanoseconds again = std::chrono::minutes{10};  ///< what has not changed, for whoever began to listen late

  /// True where this is worth saying now. `kind` is a literal. `several`: a machine has many of this kind, and one does not
  /// replace the other. `protocol` counts what is forgotten.
  bool fresh(const ip& address, const mac& hardware, std::string_view kind, std::string_view value, timestamp now,
             std::string_view protocol, output& out, bool several = false) {
    const auto hash = std::hash<std::string_view>{}(value);
    auto at = std::ranges::find_if(told_, [&](const entry& e) {
      return e.address == address && e.hardware == hardware && e.kind == kind && (!several || e.value == hash);
    });
    if (at == told_.end()) {
      if (told_.size() >= Capacity) {
        out.count(protocol, "forgotten", "fact");
        told_.erase(std::ranges::min_element(told_, {}, &entry::last));
      }
      told_.push_back({address, hardware, kind, hash, now});
      return true;
    }
    if (at->value == hash && now - at->last < again) return false;
    at->value = hash, at->last = now;
    return true;
  }

private:
  struct entry {
    ip address;
    mac hardware;
    std::string_view kind;
    std::size_t value = 0;
    timestamp last{};
  };
  std::vector<entry> told_;
};

}  // namespace mw
