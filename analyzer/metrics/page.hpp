// A text that one thread publishes and others read.
#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace mw {

/// The lock is held for the copy of a pointer. (std::atomic<std::shared_ptr> of g++ 12 does the same, unseen by the thread sanitizer.)
class page {
public:
  struct edition {
    std::shared_ptr<const std::string> text;  ///< none = nothing was published yet
    std::chrono::steady_clock::time_point when{};
  };
  void publish(std::string text) {
    edition fresh{std::make_shared<const std::string>(std::move(text)), std::chrono::steady_clock::now()};
    const std::lock_guard hold{lock_};
    latest_ = std::move(fresh);
  }
  edition latest() const {
    const std::lock_guard hold{lock_};
    return latest_;
  }

private:
  mutable std::mutex lock_;
  edition latest_;
};

}  // namespace mw
