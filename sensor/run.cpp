// The loop around a source.
#include "sensor/run.hpp"

#include <chrono>
#include <optional>

namespace mw {
namespace {

/// Records to the writer, and as batches to a carrier where there is one.
class outputs final : public record_sink {
public:
  outputs(record_writer& to, const sensor_config& c, const run_tasks& tasks) : to_{to} {
    if (tasks.carry) up_.emplace(c, tasks.first_sequence, tasks.carry, "spool_failed", false);
  }
  void on_record(record&& r) override {
    if (!up_) return to_.on_record(std::move(r));
    if (to_.writes()) to_.on_record(record{r});
    up_->on_record(std::move(r));
  }
  void on_time(timestamp now) {
    if (up_) up_->on_time(now);
  }
  void finish() {
    if (up_) up_->send();
  }
  void add_ledger(std::vector<ledger_stage>& to) const {
    if (up_) to.push_back(up_->ledger());
  }

private:
  record_writer& to_;
  std::optional<uplink> up_;
};

}  // namespace

run_end run(source& from, const sensor_config& c, record_writer& to, const run_tasks& tasks) {
  run_end end;
  outputs all{to, c, tasks};
  condenser condensed{c.condensing, all};
  auto settings = c.engine;
  settings.box = tasks.box;
  engine engine{settings, c.condense ? static_cast<record_sink&>(condensed) : all, tasks.interface};
  const auto stop_asked = [&] { return tasks.stop != nullptr && *tasks.stop != 0; };
  if (tasks.before_first) tasks.before_first();
  timestamp told{};
  frame f;
  auto got = from.next(f);
  for (; got != next_frame::end && !stop_asked(); got = from.next(f)) {
    if (got == next_frame::got)
      engine.on_frame(f);
    else if (!to.flush())
      break;
    const timestamp now = tasks.interface.empty() || got == next_frame::got ? f.time : std::chrono::system_clock::now();
    if (got != next_frame::got) engine.on_time(now);
    condensed.on_time(now);
    all.on_time(now);
    if (tasks.on_time) tasks.on_time(now);
    if (tasks.interface.empty() || now - told < std::chrono::seconds{1}) continue;
    engine.on_source(from.counts());
    told = now;
  }
  end.source_ended = got == next_frame::end && !stop_asked();
  engine.finish(from.counts());
  condensed.finish();
  all.finish();
  end.written = to.flush();
  if (c.condense) engine.stats().ledger.more.push_back(condensed.ledger());
  all.add_ledger(engine.stats().ledger.more);
  end.stats = std::move(engine.stats());
  return end;
}

}  // namespace mw
