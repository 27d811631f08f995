// Forks workers, reads their pipe, watches their heartbeat, and learns from their black box why they ended.
#include "sensor/guard/supervisor.hpp"

#include "sensor/dissect/protocol.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

namespace mw {
namespace {

using steady = std::chrono::steady_clock;

struct head {
  char kind = 0;  ///< 'b' batch, 's' statistics, 'c' complaint
  std::uint32_t size = 0;
  std::uint64_t sequence = 0;
  std::int64_t created = 0;
};
constexpr std::uint32_t largest = 256u << 20;  // what a pipe may claim; a worker that went mad must not eat the supervisor's memory

bool write_all(int to, const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto n = ::write(to, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at = std::next(at, n), size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// Collects messages out of what the pipe gives.
class inbox {
public:
  explicit inbox(const supervisor_tasks& t, black_box& box) : tasks_{t}, box_{box} {}
  /// False at the end of the pipe, and where the worker wrote what no worker writes.
  bool read_from(int pipe) {
    std::array<std::uint8_t, 65536> piece{};
    const auto n = ::read(pipe, piece.data(), piece.size());
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    if (n == 0) return false;
    kept_.insert(kept_.end(), piece.begin(), piece.begin() + n);
    std::size_t at = 0;
    for (head h; kept_.size() - at >= sizeof h; at += sizeof h + h.size) {
      std::memcpy(&h, &kept_[at], sizeof h);
      if (h.size > largest) return false;
      if (kept_.size() - at < sizeof h + h.size) break;
      const auto body = bytes{kept_}.subspan(at + sizeof h, h.size);
      take(h, body);
    }
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

private:
  void take(const head& h, bytes body) {
    switch (h.kind) {
      case 'b':
        if (!tasks_.on_batch({body.begin(), body.end()}, h.sequence, timestamp{nanoseconds{h.created}})) ++box_.not_spooled;
        break;
      case 's': tasks_.on_statistics({body.begin(), body.end()}); break;
      case 'c': tasks_.on_complaint(std::string{body.begin(), body.end()}); break;
      default: break;
    }
  }
  const supervisor_tasks& tasks_;
  black_box& box_;
  std::vector<std::uint8_t> kept_;
};

struct unmap {
  void operator()(black_box* b) const { ::munmap(b, sizeof *b); }
};
std::unique_ptr<black_box, unmap> make_box() {
  void* memory = ::mmap(nullptr, sizeof(black_box), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"supervisor: no memory to share with the worker"};
  return std::unique_ptr<black_box, unmap>{new (memory) black_box};
}

/// Processor time of another process; zero where it is gone.
nanoseconds computed(pid_t process) {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return {};
  return std::chrono::seconds{t.tv_sec} + nanoseconds{t.tv_nsec};
}

/// True once the worker takes no step any more.
class heartbeat {
public:
  heartbeat(pid_t worker, nanoseconds limit) : worker_{worker}, limit_{limit} { note(0); }
  bool stopped(std::uint64_t beats) {
    if (beats != beats_) {
      note(beats);
      return false;
    }
    return computed(worker_) - computed_ > limit_ || steady::now() - since_ > 10 * limit_;
  }
  void note(std::uint64_t beats) { beats_ = beats, since_ = steady::now(), computed_ = computed(worker_); }

private:
  const pid_t worker_;
  const nanoseconds limit_;
  std::uint64_t beats_ = 0;
  steady::time_point since_;
  nanoseconds computed_{};
};

class supervisor {
public:
  supervisor(const supervisor_config& c, const supervisor_tasks& t, const volatile std::sig_atomic_t& stop)
      : config_{c}, tasks_{t}, stop_{stop} {}

  int run() {
    for (;;) {
      const auto begun = steady::now();
      const auto [status, hang] = run_worker();
      const auto end = WIFEXITED(status) && !hang ? static_cast<worker_end>(WEXITSTATUS(status)) : worker_end{-1};
      if (end == worker_end::done) return 0;
      if (end == worker_end::failed) return 1;
      if (end == worker_end::interface_gone) {
        if (stop_ != 0) return 0;
        box_->last = {};  // told already
        tasks_.on_complaint("the network card went away: check the cable and the name; it is looked for every second");
        wait();
        continue;
      }
      blame(status, hang);
      if (stop_ != 0) return 1;
      if (box_->last.dissector == nullptr && steady::now() - begun < 10 * config_.retry) wait();
    }
  }

private:
  std::pair<int, bool> run_worker() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error{"supervisor: no pipe: " + std::string{std::strerror(errno)}};
    box_->beats = box_->frames = box_->flow = 0;
    box_->working = nullptr;
    if (tasks_.on_start) tasks_.on_start(++workers_);
    const auto parent = ::getpid();
    const auto worker = ::fork();
    if (worker < 0) throw std::runtime_error{"supervisor: no process: " + std::string{std::strerror(errno)}};
    if (worker == 0) {
      ::close(ends[0]);
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != parent) ::_exit(1);
      worker_pipe to{ends[1]};
      auto end = worker_end::failed;
      try {
        end = tasks_.work(*box_, to);
      } catch (const std::exception& e) {
        to.complaint(e.what());
      }
      ::_exit(static_cast<int>(end));
    }
    ::close(ends[1]);
    const bool hang = listen(ends[0], worker);
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(worker, &status, 0) < 0 && errno == EINTR) {
    }
    return {status, hang};
  }

  /// Until the worker closes the pipe. True where it had to be killed.
  bool listen(int pipe, pid_t worker) {
    inbox in{tasks_, *box_};
    heartbeat alive{worker, config_.hang_after};
    for (bool told = false;;) {
      if (stop_ != 0 && !told) ::kill(worker, SIGTERM), told = true;
      pollfd ready{pipe, POLLIN, 0};
      const int n = ::poll(&ready, 1, 100);
      if (n > 0) {
        if (!in.read_from(pipe)) return false;
        alive.note(box_->beats);
      } else if (alive.stopped(box_->beats)) {
        ::kill(worker, SIGKILL);
        return true;
      }
    }
  }

  void blame(int status, bool hang) {
    ++(hang ? box_->hangs : box_->crashes);
    box_->frames_lost += box_->frames;
    const auto* p = box_->working.load();
    box_->last = {p, hang, box_->client, box_->server, box_->transport, box_->vlan};
    const std::string how = hang                  ? "hung"
                            : WIFSIGNALED(status) ? "crashed (" + std::string{::strsignal(WTERMSIG(status))} + ")"
                                                  : "ended (status " + std::to_string(WEXITSTATUS(status)) + ")";
    if (p == nullptr) {
      tasks_.on_complaint("the worker " + how + " between messages; another one begins");
      return;
    }
    box_->quarantined[box_->quarantines++ % black_box::most_quarantined] = box_->flow;
    auto said = "the worker " + how + " in dissector '" + std::string{p->about.name} + "' at frame " + std::to_string(box_->frames) +
                " of a flow of " + to_string(box_->server.address) + "; the flow is no longer dissected, and another worker begins";
    if (++times_[p] >= config_.crashes_until_off && !box_->is_off(*p) && box_->off_count < black_box::most_off) {
      box_->off[box_->off_count++] = p;
      said += "; '" + std::string{p->about.name} + "' is switched off until the next start";
    }
    tasks_.on_complaint(said);
  }
  void wait() const {
    for (const auto until = steady::now() + config_.retry; stop_ == 0 && steady::now() < until;)
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }

  const supervisor_config config_;
  const supervisor_tasks& tasks_;
  const volatile std::sig_atomic_t& stop_;
  const std::unique_ptr<black_box, unmap> box_ = make_box();
  std::map<const protocol*, unsigned> times_;
  std::uint64_t workers_ = 0;
};

}  // namespace

bool worker_pipe::send(char kind, std::uint64_t sequence, timestamp created, const void* body, std::size_t size) {
  head h;
  h.kind = kind, h.size = static_cast<std::uint32_t>(size), h.sequence = sequence;
  h.created = created.time_since_epoch().count();
  return write_all(descriptor_, &h, sizeof h) && write_all(descriptor_, body, size);
}
bool worker_pipe::batch(bytes encoded, std::uint64_t sequence, timestamp created) {
  return send('b', sequence, created, encoded.data(), encoded.size());
}
bool worker_pipe::statistics(std::string_view json) { return send('s', 0, {}, json.data(), json.size()); }
bool worker_pipe::complaint(std::string_view line) { return send('c', 0, {}, line.data(), line.size()); }

int supervise(const supervisor_config& c, const supervisor_tasks& t, const volatile std::sig_atomic_t& stop) {
  return supervisor{c, t, stop}.run();
}

}  // namespace mw
