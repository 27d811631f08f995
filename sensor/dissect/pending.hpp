// Requests that wait for their answers: bounded, expired by packet time, nothing forgotten in silence.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

namespace mw {

/// Keeps at most `Capacity` requests in order of arrival, found by key (newest first, since keys are reused). A request
/// that is pushed out, outlives `patience` or is left at the end leaves as an operation with outcome `timeout`.
template <class Key, class Extra = std::monostate, std::size_t Capacity = 256>
class pending_requests {
public:
  struct request {
    Key key;
    operation op;
    side asker = side::client;
    Extra extra{};
  };

  void add(Key key, operation&& op, output& out, side asker = side::client, Extra extra = {}) {
    if (waiting_.size() >= Capacity) give_up(out);
    waiting_.push_back({std::move(key), std::move(op), asker, std::move(extra)});
  }
  /// The oldest open request with this key, taken out.
  std::optional<request> take(const Key& key) {
    const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const request& r) { return r.key == key; });
    if (it == waiting_.end()) return {};
    auto found = std::move(*it);
    waiting_.erase(it);
    return found;
  }
  request* find(const Key& key) {
    const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const request& r) { return r.key == key; });
    return it == waiting_.end() ? nullptr : &*it;
  }
  void expire(timestamp now, output& out, nanoseconds patience = std::chrono::seconds{30}) {
    while (!waiting_.empty() && now - waiting_.front().op.time > patience) give_up(out);
  }
  void finish(output& out) {
    while (!waiting_.empty()) give_up(out);
  }
  std::size_t size() const { return waiting_.size(); }

private:
  void give_up(output& out) {
    auto r = std::move(waiting_.front());
    waiting_.pop_front();
    r.op.outcome = outcome::timeout;
    out.emit(std::move(r.op), r.asker);
  }
  std::deque<request> waiting_;
};

/// Completes a request with its answer's outcome and time, and emits it.
template <class Request>
void answer(Request&& r, timestamp at, outcome how, output& out) {
  r.op.outcome = how;
  r.op.latency = at - r.op.time;
  out.emit(std::move(r.op), r.asker);
}

}  // namespace mw
