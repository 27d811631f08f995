// Which ASDU of IEC 60870-5-104 answers which: activation, confirmation and termination become one operation.
#pragma once
#include "sensor/dissect/iec104_asdu.hpp"
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <optional>

namespace mw::iec104 {

class exchange {
public:
  void on_asdu(asdu&& a, const layout& l, side from, timestamp at, output& out);
  void on_gap();
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  /// What an answer repeats of the activation.
  struct subject {
    std::uint8_t type = 0;
    std::uint32_t common = 0, object = 0;
    side asker = side::client;
    friend bool operator==(const subject&, const subject&) = default;
  };
  enum class step : std::uint8_t { activate, deactivate };
  struct activation {
    subject about;
    step what = step::activate;
    operation op;
    bool everybody = false;   ///< addressed to all stations: each answers under its own address
    bool terminates = false;  ///< a termination follows the confirmation
    bool confirmed = false;
    std::uint64_t stations = 0;
  };
  /// Select before operate on one point.
  struct selection {
    enum class stage : std::uint8_t { unknown, none, selected, refused } now = stage::unknown;
    std::uint32_t common = 0, object = 0;
    std::uint8_t type = 0;
    std::optional<std::uint8_t> qualifier;
    value wanted;
  };

  void on_command(asdu& a, const layout& l, side from, timestamp at, output& out);
  void on_activation(asdu& a, const layout& l, side from, timestamp at, output& out);
  void on_confirmation(asdu& a, side from, timestamp at, output& out);
  void on_termination(asdu& a, side from, timestamp at, output& out);
  void on_rejection(asdu& a, side from, timestamp at, output& out);
  void on_monitor(asdu& a, side from, timestamp at, output& out);
  void on_file(asdu& a, side from, timestamp at, output& out);
  void tell_station(const asdu& a, side from, output& out);
  void check_select(const asdu& a, side from, output& out);
  void settle_select(const asdu& a, bool granted);

  static subject about(const asdu& a, side asker) { return {a.id, a.common, a.first_address, asker}; }
  std::deque<activation>::iterator find(const subject& s, std::optional<step> what);
  std::deque<activation>::iterator find_broadcast(const subject& s);
  selection* find_selection(const asdu& a);
  void conclude(std::deque<activation>::iterator w, outcome how, output& out);
  void lapse(std::deque<activation>::iterator w, output& out);
  void emit_unpaired(asdu& a, side from, timestamp at, output& out);
  void expect_termination(const subject& s);

  std::deque<activation> waiting_;
  std::deque<subject> terminating_;  ///< confirmed and already told: their terminations are no news
  std::deque<selection> selections_;
  std::vector<std::uint32_t> stations_;  ///< common addresses that were told as outstations; the first ones suffice
  bool master_told_ = false;
  side controlling_ = side::client;  ///< who commands, as far as the traffic has told
};

}  // namespace mw::iec104
