// The sensor of one box on its own thread: from a source to parcels in a mailbox.
#pragma once
#include "common/mailbox.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/uplink.hpp"

#include <exception>
#include <stop_token>
#include <thread>

namespace mw {

struct parcel {
  std::vector<std::uint8_t> encoded;
};

class capture_thread {
public:
  /// `live`: the wall clock goes on when no frame comes. `speed` as in run_options. Inert until start().
  capture_thread(const sensor_config& c, std::unique_ptr<source> from, std::uint64_t first_sequence, mailbox<parcel>& to, bool live,
                 double speed);
  void start();
  void stop() { stop_.request_stop(); }                           ///< asks it to end its flows and its last batch, and to close the mailbox
  std::stop_token closed() const { return closed_.get_token(); }  ///< for the mailbox's receiver
  void join();                                                    ///< rethrows what went wrong

  // after join()
  const sensor_stats& stats() const { return *stats_; }
  std::vector<ledger_stage> ledger() const { return ledger_; }
  std::vector<std::string> warnings() const { return from_->warnings(); }
  bool source_ended() const { return ended_; }

private:
  void work();
  sensor_config config_;
  std::unique_ptr<source> from_;
  std::uint64_t first_;
  mailbox<parcel>& to_;
  bool live_, ended_ = false;
  double speed_;
  std::stop_source stop_, closed_, never_;
  std::exception_ptr wrong_;
  std::unique_ptr<sensor_stats> stats_;
  std::vector<ledger_stage> ledger_;
  std::thread thread_;
};

}  // namespace mw
