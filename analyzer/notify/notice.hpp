// What a channel tells of an incident, and the queue in which it waits.
#pragma once
#include "analyzer/model.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <vector>

namespace mw {

enum class news : std::uint8_t { fresh, raised, changed, closed };  ///< raised: in severity; changed: in anything else
std::string_view to_string(news);                                   ///< "new", "raised", "changed", "closed"

struct notice {
  std::shared_ptr<const incident> about;
  news what = news::fresh;
};

/// Bounded; one receiver. An incident stands in it once, in its latest state, at the place where it first came. A full
/// outbox drops the oldest. Nothing is lost by an incident's later states: what waits as new stays new.
class outbox {
public:
  using clock = std::chrono::steady_clock;
  explicit outbox(std::size_t capacity) : capacity_{capacity} {}

  [[nodiscard]] std::size_t put(notice);  ///< how many were dropped for it
  /// Takes the front one in hand, waiting for it; none at `until` or when `stop` was asked for.
  std::vector<notice> take(clock::time_point until, std::stop_token stop);
  void sleep(clock::time_point until, std::stop_token stop);  ///< waits whatever comes
  void settle();                                              ///< what was in hand is done with
  [[nodiscard]] std::size_t put_back(notice);                 ///< what was in hand goes to the front again; how many were dropped for it
  bool wait_empty(std::chrono::milliseconds);                 ///< true: nothing waits, nothing is in hand
  std::size_t size() const;                                   ///< with what is in hand

private:
  std::list<notice>::iterator find(const std::string& id);

  const std::size_t capacity_;
  mutable std::mutex lock_;
  std::condition_variable_any changed_;
  std::list<notice> waiting_;
  std::size_t in_hand_ = 0;
};

}  // namespace mw
