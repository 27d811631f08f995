// Conversations that another conversation announced (`output::expect`): bounded, each for a while, the oldest forgotten first.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <absl/container/flat_hash_map.h>

#include <chrono>
#include <deque>

namespace mw {

class announcements {
public:
  static constexpr std::size_t most = 4096;
  static constexpr std::chrono::minutes lifetime{10};

  struct place {
    ip address;
    mw::port port;
    transport over{};
    friend bool operator==(const place&, const place&) = default;
    template <class H>
    friend H AbslHashValue(H h, const place& p) {
      return H::combine(std::move(h), p.address.bytes(), p.port.number, p.over);
    }
  };
  struct announced {
    const protocol* what;
    side who;  ///< what the endpoint will be
    timestamp said;
  };

  /// False where the oldest had to be forgotten for it.
  bool add(const place& at, const announced& a) {
    if (const auto [it, fresh] = known_.insert_or_assign(at, a); !fresh) return true;
    order_.push_back(at);
    if (order_.size() <= most) return true;
    known_.erase(order_.front());
    order_.pop_front();
    return false;
  }
  const announced* find(const place& at, timestamp now) const {
    if (known_.empty()) return nullptr;
    const auto it = known_.find(at);
    return it != known_.end() && now - it->second.said <= lifetime ? &it->second : nullptr;
  }

private:
  absl::flat_hash_map<place, announced> known_;
  std::deque<place> order_;  ///< keys of known_, oldest first
};

}  // namespace mw
