// The queue of one channel.
#include "analyzer/notify/notice.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

/// `older` was never told: the later state is told, and it is still as new as it was.
news together(news older, news later) { return later == news::closed ? later : std::min(older, later); }

}  // namespace

std::string_view to_string(news n) {
  return std::array<std::string_view, 4>{"new", "raised", "changed", "closed"}.at(static_cast<std::size_t>(n));
}

std::list<notice>::iterator outbox::find(const std::string& id) {  // seldom more than a few wait, and few come
  return std::ranges::find_if(waiting_, [&](const notice& n) { return n.about->id == id; });
}

std::size_t outbox::put(notice n) {
  std::size_t dropped = 0;
  {
    const std::lock_guard hold{lock_};
    if (const auto at = find(n.about->id); at != waiting_.end()) {
      n.what = together(at->what, n.what);
      *at = std::move(n);
    } else {
      if (waiting_.size() >= capacity_ && !waiting_.empty()) waiting_.pop_front(), ++dropped;
      waiting_.push_back(std::move(n));
    }
  }
  changed_.notify_all();
  return dropped;
}

std::vector<notice> outbox::take(clock::time_point until, std::stop_token stop) {
  std::unique_lock hold{lock_};
  changed_.wait_until(hold, stop, until, [this] { return !waiting_.empty(); });
  std::vector<notice> out;
  if (waiting_.empty() || stop.stop_requested()) return out;
  out.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
  in_hand_ = 1;
  return out;
}

void outbox::sleep(clock::time_point until, std::stop_token stop) {
  std::unique_lock hold{lock_};
  changed_.wait_until(hold, stop, until, [] { return false; });
}

void outbox::settle() {
  {
    const std::lock_guard hold{lock_};
    in_hand_ = 0;
  }
  changed_.notify_all();
}

std::size_t outbox::put_back(notice n) {
  const std::lock_guard hold{lock_};
  in_hand_ = 0;
  if (const auto at = find(n.about->id); at != waiting_.end()) {
    at->what = together(n.what, at->what);
    return 0;
  }
  if (waiting_.size() >= capacity_) return 1;  // it is the oldest
  waiting_.push_front(std::move(n));
  return 0;
}

bool outbox::wait_empty(std::chrono::milliseconds most) {
  std::unique_lock hold{lock_};
  return changed_.wait_for(hold, most, [this] { return waiting_.empty() && in_hand_ == 0; });
}

std::size_t outbox::size() const {
  const std::lock_guard hold{lock_};
  return waiting_.size() + in_hand_;
}

}  // namespace mw
