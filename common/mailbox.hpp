// How one thread hands work to another; threads share nothing else.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace mw {

/// Bounded, many senders, one receiver. A full mailbox refuses, and the sender counts the loss or waits: back-pressure
/// is a decision, not an accident.
template <class T>
class mailbox {
public:
  explicit mailbox(std::size_t capacity) : capacity_{capacity} {}

  [[nodiscard]] bool send(T message) {
    {
      const std::lock_guard hold{lock_};
      if (waiting_.size() >= capacity_) return false;
      waiting_.push_back(std::move(message));
    }
    arrived_.notify_one();
    return true;
  }
  /// Waits for room instead of refusing: for sources that can be slowed down, such as files. False once stopped.
  [[nodiscard]] bool send_when_room(T message, std::stop_token stop) {
    {
      std::unique_lock hold{lock_};
      if (!room_.wait(hold, stop, [this] { return waiting_.size() < capacity_; })) return false;
      waiting_.push_back(std::move(message));
    }
    arrived_.notify_one();
    return true;
  }
  /// Everything that waits, in one swap. Empty only once `stop` was asked for and all is read.
  std::vector<T> receive(std::stop_token stop) {
    std::unique_lock hold{lock_};
    arrived_.wait(hold, stop, [this] { return !waiting_.empty(); });
    return take(std::move(hold));
  }
  /// The same, but empty also when nothing came in `patience`.
  std::vector<T> receive_for(std::stop_token stop, std::chrono::nanoseconds patience) {
    std::unique_lock hold{lock_};
    arrived_.wait_for(hold, stop, patience, [this] { return !waiting_.empty(); });
    return take(std::move(hold));
  }

private:
  std::vector<T> take(std::unique_lock<std::mutex> hold) {
    auto out = std::exchange(waiting_, {});
    hold.unlock();
    room_.notify_all();
    return out;
  }
  const std::size_t capacity_;
  std::mutex lock_;
  std::condition_variable_any arrived_, room_;
  std::vector<T> waiting_;
};

}  // namespace mw
