// Wires a source, a run, a spool and, for a network card, the supervisor.
#include "sensor/watch.hpp"

#include "sensor/guard/sandbox.hpp"
#include "sensor/guard/supervisor.hpp"
#include "sensor/run.hpp"
#include "sensor/spool/spool.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mw {
namespace {

void complain(std::string_view line) { std::cerr << "millwatch-sensor: " << line << '\n'; }

/// The spool, where one is asked for.
class outlet {
public:
  outlet(const std::string& folder, bool live) : folder_{folder} {
    if (folder.empty()) return;
    spool_config sc;
    sc.directory = folder;
    // numbers must not come again when the disk is replaced; captures begin with 1, so that the same input gives the same spool
    if (live)
      sc.first_sequence = static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
    auto opened = spool::open(sc);
    if (!opened)
      throw std::runtime_error{"--spool " + folder + ": " + std::string{opened.error().what} +
                               ": check the folder, its rights, and that no other sensor uses it"};
    spool_.emplace(std::move(*opened));
  }
  bool used() const { return spool_.has_value(); }
  std::uint64_t next_sequence() const { return spool_->next_sequence(); }
  bool append(bytes encoded, std::uint64_t sequence, timestamp created) {
    const auto done = spool_->append(encoded, sequence, created);
    if (done) return true;
    wrong_ = done.error().what;
    return false;
  }
  void skip() { spool_->skip(); }
  void on_time(timestamp now) {
    if (!spool_) return;
    if (const auto done = spool_->expire(now); !done) wrong_ = done.error().what;
  }
  /// False, with a complaint, where records were lost.
  bool finish() {
    if (!spool_) return true;
    if (const auto done = spool_->sync(); !done) wrong_ = done.error().what;
    if (wrong_.empty()) return true;
    complain("--spool " + folder_ + ": " + wrong_ + ": records were lost (see the ledger): is the disk full?");
    return false;
  }
  std::optional<ledger_stage> ledger() const { return spool_ ? std::optional{spool_->ledger()} : std::nullopt; }

private:
  const std::string folder_;
  std::optional<spool> spool_;
  std::string wrong_;
};

bool write_statistics(const std::string& path, const std::string& json) {
  if (path.empty()) return true;
  const auto text = json + '\n';
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "w");
  const bool ok = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (file != nullptr && file != stdout) std::fclose(file);
  if (!ok) complain("--stats " + path + ": cannot be written: name a file in a folder that exists");
  return ok;
}

bool complain_of_records(const run_end& end, const std::string& path) {
  if (!end.written) complain("--records " + path + ": write failed: is the disk full?");
  return end.written;
}

/// In this process, with all its rights.
int watch_unguarded(const sensor_config& c, source& from, record_writer& to, const watch_tasks& tasks) {
  outlet out{tasks.spool, !tasks.interface.empty()};
  run_tasks r;
  r.interface = tasks.interface, r.stop = tasks.stop;
  if (out.used()) {
    r.first_sequence = out.next_sequence();
    r.carry = [&](std::vector<std::uint8_t>&& encoded, std::uint64_t sequence, timestamp created) {
      return out.append(encoded, sequence, created);
    };
    r.on_time = [&](timestamp now) { out.on_time(now); };
  }
  auto end = run(from, c, to, r);
  const bool spooled = out.finish();
  for (const auto& w : from.warnings()) complain(w);
  if (!complain_of_records(end, tasks.records)) return 1;
  if (const auto l = out.ledger()) end.stats.ledger.more.push_back(*l);
  if (!write_statistics(tasks.stats, end.stats.to_json()) || !spooled) return 1;
  if (!tasks.interface.empty() && end.source_ended) {
    complain(tasks.interface + ": the network card went away: check the cable and the name, then start again");
    return 1;
  }
  return 0;
}

/// The worker's part: everything behind the card.
worker_end work(const sensor_config& c, const outlet& out, record_writer& to, const watch_tasks& tasks, black_box& box, worker_pipe& pipe,
                bool first) {
  std::unique_ptr<source> from;
  try {
    from = open_interface(tasks.interface, static_cast<int>(c.snaplen), static_cast<int>(c.buffer_mib << 20));
  } catch (const std::exception& e) {
    if (!first) return worker_end::interface_gone;  // it was there before
    pipe.complaint(e.what());
    return worker_end::failed;
  }
  run_tasks r;
  r.interface = tasks.interface, r.stop = tasks.stop, r.box = &box;
  if (out.used()) {
    r.first_sequence = out.next_sequence();
    r.carry = [&](std::vector<std::uint8_t>&& encoded, std::uint64_t sequence, timestamp created) {
      return pipe.batch(encoded, sequence, created);
    };
  }
  r.before_first = [&] { enter_sandbox({c.user, from->descriptor()}); };
  const auto end = run(*from, c, to, r);
  for (const auto& w : from->warnings()) pipe.complaint(w);
  if (!end.written) pipe.complaint("--records " + tasks.records + ": write failed: is the disk full?");
  if (end.source_ended) return worker_end::interface_gone;
  if (!tasks.stats.empty() && !pipe.statistics(end.stats.to_json())) return worker_end::failed;
  return end.written ? worker_end::done : worker_end::failed;
}

int watch_guarded(const sensor_config& c, record_writer& to, const watch_tasks& tasks) {
  outlet out{tasks.spool, true};
  bool first = true;
  std::string statistics;
  std::uint64_t refused = 0;  ///< batches in a row
  ledger_stage handed{.stage = "handover_batches", .dropped = {{"spool_failed", 0}}};
  supervisor_tasks t;
  t.work = [&](black_box& box, worker_pipe& pipe) { return work(c, out, to, tasks, box, pipe, first); };
  t.on_start = [&](std::uint64_t workers) { first = workers == 1; };
  t.on_batch = [&](std::vector<std::uint8_t>&& encoded, std::uint64_t sequence, timestamp created) {
    ++handed.in;
    const bool kept = out.append(encoded, sequence, created);
    if (!kept) {
      out.skip();  // the worker has gone on behind it
      if (refused++ == 0)
        complain("--spool " + tasks.spool + ": the disk refuses batches: make room; what it refuses is lost, and counted");
    } else if (refused != 0) {
      complain("--spool " + tasks.spool + ": the disk takes batches again; lost: " + std::to_string(std::exchange(refused, 0)));
    }
    ++(kept ? handed.out : handed.dropped.front().second);
    out.on_time(created);
    return kept;
  };
  t.on_statistics = [&](std::string&& json) { statistics = std::move(json); };
  t.on_complaint = complain;
  int status = supervise(c.guarding, t, *tasks.stop);
  if (!out.finish()) status = std::max(status, 1);
  if (!tasks.stats.empty() && !statistics.empty()) {
    auto j = nlohmann::json::parse(statistics);
    const auto add = [&](const ledger_stage& s) { j["ledger"].push_back(to_json(s)); };
    if (const auto l = out.ledger()) add(handed), add(*l);
    if (!write_statistics(tasks.stats, j.dump())) status = 1;
  }
  return status;
}

}  // namespace

int read_files(const sensor_config& c, const std::vector<std::string>& paths, const watch_tasks& tasks) {
  const auto from = open_files(paths);
  record_writer to{tasks.records};
  auto quiet = tasks;
  quiet.interface.clear();
  return watch_unguarded(c, *from, to, quiet);
}

int watch_card(const sensor_config& c, const watch_tasks& tasks) {
  record_writer to{tasks.records};
  if (c.guard) return watch_guarded(c, to, tasks);
  const auto from = open_interface(tasks.interface, static_cast<int>(c.snaplen), static_cast<int>(c.buffer_mib << 20));
  return watch_unguarded(c, *from, to, tasks);
}

}  // namespace mw
