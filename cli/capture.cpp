// The sensor of one box on its own thread.
#include "cli/capture.hpp"

#include "sensor/condense/condenser.hpp"

#include <chrono>

namespace mw {

capture_thread::capture_thread(const sensor_config& c, std::unique_ptr<source> from, std::uint64_t first_sequence, mailbox<parcel>& to,
                               bool live, double speed)
    : config_{c}, from_{std::move(from)}, first_{first_sequence}, to_{to}, live_{live}, speed_{speed} {}

void capture_thread::start() {
  thread_ = std::thread{[this] {
    try {
      work();
    } catch (...) {
      wrong_ = std::current_exception();
    }
    closed_.request_stop();
  }};
}

void capture_thread::join() {
  thread_.join();
  if (wrong_) std::rethrow_exception(wrong_);
}

void capture_thread::work() {
  using clock = std::chrono::system_clock;
  // a full mailbox is waited for with captures; a card cannot wait, so there it costs the batch, counted
  uplink up{config_, first_,
            [this, stop = never_.get_token()](std::vector<std::uint8_t>&& encoded, std::uint64_t, timestamp) {
              return live_ ? to_.send({std::move(encoded)}) : to_.send_when_room({std::move(encoded)}, stop);
            },
            "mailbox_full", true};
  condenser condensed{config_.condensing, up};
  record_sink& records = config_.condense ? static_cast<record_sink&>(condensed) : up;
  engine e{config_.engine, records, live_ ? from_->name() : std::string{}};
  const auto stopped = stop_.get_token();
  frame f;
  timestamp first{}, told{};
  const auto began = std::chrono::steady_clock::now();
  for (auto got = next_frame::got; !stopped.stop_requested();) {
    got = from_->next(f);
    if (got == next_frame::end) {
      ended_ = true;
      break;
    }
    const timestamp now = got == next_frame::got ? f.time : clock::now();
    if (got == next_frame::got) {
      if (first == timestamp{}) first = f.time;
      if (speed_ > 0) {
        const auto due =
            began + std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>((f.time - first).count()) / speed_)};
        while (std::chrono::steady_clock::now() < due && !stopped.stop_requested())
          std::this_thread::sleep_for(
              std::min<std::chrono::nanoseconds>(due - std::chrono::steady_clock::now(), std::chrono::milliseconds{100}));
      }
      e.on_frame(f);
    } else {
      e.on_time(now);
    }
    condensed.on_time(now);
    up.on_time(now);
    if (live_ && now - told >= std::chrono::seconds{1}) {
      e.on_source(from_->counts());
      told = now;
    }
  }
  e.finish(from_->counts());
  condensed.finish();
  up.send();
  ledger_ = e.stats().ledger.all();
  if (config_.condense) ledger_.push_back(condensed.ledger());
  ledger_.push_back(up.ledger());
  stats_ = std::make_unique<sensor_stats>(e.stats());
}

}  // namespace mw
