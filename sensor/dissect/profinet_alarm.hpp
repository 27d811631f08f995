// Alarms of PROFINET (IEC 61158-6-10, 4.8 and 5.2.7): what a device reports beside its cyclic data, and how a relation breaks.
#pragma once
#include "sensor/dissect/pending.hpp"

#include <array>
#include <optional>

namespace mw::profinet {

class alarms {
public:
  /// `high`: of high priority (frame id 0xfc01). True where a side ends the relation.
  bool on_frame(bool high, reader& in, const message& m, output& out);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  /// What an acknowledgement has in common with its alarm.
  struct key {
    std::uint16_t type = 0, slot = 0, subslot = 0, specifier = 0;
    std::uint32_t api = 0;
    bool high = false;
    friend bool operator==(const key&, const key&) = default;
  };
  void on_data(bool high, reader& in, const message& m, output& out);
  void on_notification(bool high, reader& in, const message& m, output& out);
  void on_acknowledgement(bool high, reader& in, const message& m, output& out);
  void on_pdu(bool high, std::uint8_t type, std::uint16_t sent, reader& body, const message& m, output& out);
  static void on_error(reader& in, const message& m, output& out);

  pending_requests<key, std::monostate, 64> waiting_;
  std::array<std::array<std::optional<std::uint16_t>, 2>, 2>
      last_sent_;  ///< by side and priority: a number that comes again is a repetition
};

}  // namespace mw::profinet
