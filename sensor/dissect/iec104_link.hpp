// What keeps an IEC 60870-5-104 connection going: start and stop of data transfer, tests, sequence numbers, windows.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <optional>

namespace mw::iec104 {

/// Watches both directions of one connection (IEC 60870-5-104:2006 clause 5). It may be picked up at any point: whatever
/// was not seen from its beginning is not held against anybody.
class link {
public:
  void information(side from, std::uint16_t sent, std::uint16_t received, timestamp at, output& out);
  void supervisory(side from, std::uint16_t received, timestamp at, output& out);
  void unnumbered(side from, std::uint8_t control, timestamp at, output& out);
  void on_gap(side from);
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  enum class transfer : std::uint8_t { unknown, stopped, starting, started };
  struct early {
    std::uint16_t number;
    timestamp since;
  };
  struct direction {
    std::optional<std::uint16_t> next;          ///< N(S) to come
    std::optional<std::uint16_t> acknowledged;  ///< the last N(R) that the other side gave
    std::optional<std::uint16_t> behind;        ///< N(S) to come if a jump back was a fresh start
    std::optional<early> ahead;                 ///< an N(R) of the other side for what we have not seen sent
    std::optional<timestamp> unacknowledged;    ///< since when
    std::optional<timestamp> testing;           ///< TESTFR act is out
    bool window_told = false, late_told = false, start_told = false;
  };
  struct request {
    operation op;
    side asker;
  };
  direction& of(side s) { return directions_[s == side::client ? 0 : 1]; }
  void check_started(side from, output& out);
  void tell_early(output& out);
  void check_sent(side from, std::uint16_t sent, timestamp at, output& out);
  void acknowledge(side from, std::uint16_t received, timestamp at, output& out);
  void ask(std::optional<request>& place, std::uint8_t control, side from, timestamp at, output& out);
  void confirm(std::optional<request>& place, std::uint8_t control, side from, timestamp at, output& out);
  static void give_up(std::optional<request>& place, output& out);

  std::array<direction, 2> directions_;
  transfer transfer_ = transfer::unknown;
  bool begun_ = false;          ///< any message seen
  std::optional<early> early_;  ///< the first message was an I-frame with both numbers 0: no start, or a start that we missed
  side early_side_ = side::client;
  std::optional<request> start_, stop_;
};

}  // namespace mw::iec104
