// One sensor over one spoiled capture: what it must keep to, whatever it is given.
#pragma once
#include "sensor/condense/condenser.hpp"
#include "sensor/engine.hpp"
#include "sensor/identify/ndpi.hpp"

#include <malloc.h>

#include <algorithm>
#include <stdexcept>

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // g++ comes without the header that declares it
#endif

namespace mw::test {

inline constexpr std::size_t most_live = 24u << 20;  // octets that one sensor may hold of so little input

inline std::size_t live_octets() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

struct broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline void require(bool holds, const std::string& promise) {
  if (!holds) throw broken{promise};
}

/// What comes out, looked at and forgotten.
struct counting final : record_sink {
  std::uint64_t records = 0;
  std::size_t most_flows = 0;
  void on_record(record&& r) override {
    ++records;
    const auto* s = std::get_if<status>(&r);
    if (s == nullptr) return;
    require(s->flows_active <= most_flows, "more flows than may be held");
    for (const auto& stage : s->ledger) require(stage.balanced(), "a heartbeat says that " + stage.stage + " does not balance");
  }
};

class trial {
public:
  trial(bool tight, const std::shared_ptr<ndpi_engine>& ndpi) : before_{live_octets()} {
    if (tight) {  // caps that so little traffic reaches
      limits_.most_flows = 8;
      condensing_.keys = 12, condensing_.channels = 6, condensing_.points = 2000, condensing_.budget = 20'000;
    }
    to_.most_flows = limits_.most_flows;
    condensed_ = std::make_unique<condenser>(condensing_, to_);
    engine_ = std::make_unique<engine>(limits_, *condensed_, std::string{}, ndpi);
  }
  void on_frame(const frame& f) {
    engine_->on_frame(f);
    condensed_->on_time(f.time);
    ++frames_;
    if (frames_ % 64 == 0) watch();
  }
  void finish(const source_counts& counts) {
    watch();
    engine_->finish(counts);
    const auto& said = engine_->stats();
    require(said.ledger.capture.in == frames_, "a frame is not in the ledger");
    for (const auto& s : said.ledger.all()) check(s);
    std::uint64_t made = 0;
    for (const auto n : said.records) made += n;
    condensed_->finish();
    check(condensed_->ledger());
    require(condensed_->ledger().in == made, "a record was lost before the condenser");
    require(to_.records == condensed_->ledger().out + condensed_->counts().summaries, "a record was lost in the condenser");
    engine_.reset();
    condensed_.reset();
  }
  std::uint64_t frames() const { return frames_; }
  std::size_t most() const { return most_; }

private:
  static void check(const ledger_stage& s) {
    require(s.balanced(), s.stage + " does not balance");
    require(s.held == 0, s.stage + " holds something at the end");
  }
  void watch() {
    const auto now = live_octets();
    most_ = std::max(most_, now > before_ ? now - before_ : 0);
    require(most_ <= most_live, "the sensor holds " + std::to_string(most_) + " octets");
    const auto held = condensed_->counts();
    require(held.keys <= condensing_.keys && held.channels <= condensing_.channels, "the condenser remembers more than it may");
    require(held.points <= std::max(condensing_.points, condensing_.points_per_key), "the condenser watches more points than it may");
  }

  std::size_t before_, most_ = 0;
  engine_config limits_;
  condense_config condensing_;
  counting to_;
  std::unique_ptr<condenser> condensed_;
  std::unique_ptr<engine> engine_;
  std::uint64_t frames_ = 0;
};

}  // namespace mw::test
