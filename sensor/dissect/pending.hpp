// Requests that wait for their answers: bounded, expired by packet time, nothing forgotten in silence.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

namespace mw {

/// About how many octets the lists of an operation hold.
inline std::size_t weight_of(const operation& op) {
  const auto of = [](const value& v) {
    return sizeof(value) + (std::holds_alternative<std::string>(v) ? std::get<std::string>(v).size() : 0);
  };
  std::size_t n = 0;
  for (const auto& o : op.objects) n += sizeof(object) + o.address.size();
  for (const auto& o : op.returned) n += sizeof(object) + o.address.size();
  for (const auto& v : op.values) n += of(v);
  for (const auto& [name, v] : op.fields) n += sizeof(std::string) + of(v);
  return n;
}

/// Keeps at most `Capacity` requests in order of arrival, found by key (newest first, since keys are reused). A request
/// that is pushed out (by number, or because all together weigh more than `most_octets`), outlives `patience` or is left at the end leaves
/// as an operation with outcome `timeout`.
template <class Key, class Extra = std::monostate, std::size_t Capacity = 256>
class pending_requests {
public:
  struct request {
    Key key;
    operation op;
    side asker = side::client;
    Extra extra{};
    std::size_t weight = 0;  ///< when it was added
  };
  static constexpr std::size_t most_octets = 1 << 20;

  void add(Key key, operation&& op, output& out, side asker = side::client, Extra extra = {}) {
    const auto weight = weight_of(op);
    while (!waiting_.empty() && (waiting_.size() >= Capacity || held_ + weight > most_octets)) give_up(out);
    held_ += weight;
    waiting_.push_back({std::move(key), std::move(op), asker, std::move(extra), weight});
  }
  /// The oldest open request with this key, taken out.
  std::optional<request> take(const Key& key) {
    const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const request& r) { return r.key == key; });
    if (it == waiting_.end()) return {};
    auto found = std::move(*it);
    waiting_.erase(it);
    held_ -= found.weight;
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
    held_ -= r.weight;
    r.op.outcome = outcome::timeout;
    out.emit(std::move(r.op), r.asker);
  }
  std::deque<request> waiting_;
  std::size_t held_ = 0;  ///< sum of their weights
};

/// Completes a request with its answer's outcome and time, and emits it.
template <class Request>
void answer(Request&& r, timestamp at, outcome how, output& out) {
  r.op.outcome = how;
  r.op.latency = at - r.op.time;
  out.emit(std::move(r.op), r.asker);
}

}  // namespace mw
