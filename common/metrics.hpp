// Counters, declared beside the line that bumps them.
#pragma once
#include "common/registry.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace mw {

/// `counter dropped{"millwatch_capture_dropped_total", "Frames that the kernel dropped before we saw them."};` is all it
/// takes: the object is the metric, its registration and its documentation. Relaxed and written by one thread at a time
/// in practice, so a bump costs one uncontended add.
class counter : public registered<counter> {
public:
  counter(std::string_view name, std::string_view help) : name{name}, help{help} {}
  void operator++() noexcept { *this += 1; }
  void operator+=(std::uint64_t n) noexcept { n_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return n_.load(std::memory_order_relaxed); }

  const std::string_view name, help;

private:
  std::atomic<std::uint64_t> n_{0};
};

}  // namespace mw
