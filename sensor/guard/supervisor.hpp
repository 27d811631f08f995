// Keeps a worker running: what it sends is passed on, and when it crashes or hangs another one takes its place.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"
#include "sensor/guard/black_box.hpp"

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mw {

/// The worker's end of the pipe. Blocking: a slow disk holds the worker up, and the kernel counts what it then drops.
class worker_pipe {
public:
  explicit worker_pipe(int descriptor) : descriptor_{descriptor} {}
  bool batch(bytes encoded, std::uint64_t sequence, timestamp created);
  bool statistics(std::string_view json);
  bool complaint(std::string_view line);

private:
  bool send(char kind, std::uint64_t sequence, timestamp created, const void* body, std::size_t size);
  int descriptor_;
};

/// Exit statuses of a worker. Any other one is a crash: sanitizers and the C library exit with 1 by themselves.
enum class worker_end : int { done = 0, failed = 4, interface_gone = 5 };

struct supervisor_config {
  nanoseconds hang_after = std::chrono::seconds{1};  ///< of processor time without a step; ten times that where it does not even compute
  unsigned crashes_until_off = 3;                    ///< of one dissector, until it is switched off for the rest of the run
  nanoseconds retry = std::chrono::seconds{1};       ///< after a crash outside any dissector, and while the card is away
};

struct supervisor_tasks {
  /// In the worker's process. What it returns is its exit status; it must not return anything but a worker_end.
  std::function<worker_end(black_box&, worker_pipe&)> work;
  /// In the supervisor's: the how manieth worker is about to begin, from 1.
  std::function<void(std::uint64_t workers)> on_start;
  /// False: it is lost.
  std::function<bool(std::vector<std::uint8_t>&&, std::uint64_t sequence, timestamp created)> on_batch;
  std::function<void(std::string&&)> on_statistics;
  std::function<void(std::string_view)> on_complaint;
};

/// Until a worker ends orderly, on `stop` or by itself: 0, or 1 where it failed. One thread; SIGCHLD is not used.
/// Throws std::runtime_error where the system gives no memory, pipe or process.
int supervise(const supervisor_config& c, const supervisor_tasks& t, const volatile std::sig_atomic_t& stop);

}  // namespace mw
