// Cyclic data of PROFINET (IEC 61158-6-10, 4.7): what each stream of a frame id says of its provider, and how regular it is.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <optional>
#include <vector>

namespace mw::profinet {

enum class frame_class : std::uint8_t {
  time_sync,
  isochronous,
  cyclic,
  cyclic_group,
  cyclic_udp,
  alarm,
  remote_service,
  dcp,
  fragment,
  reserved
};
frame_class class_of(std::uint16_t frame_id);
std::string_view to_string(frame_class c);

/// The streams between two cards. A frame costs a look-up in a short table and no allocation.
class cyclic {
public:
  void on_frame(std::uint16_t frame_id, bytes payload, const message& m, output& out);
  void on_time(timestamp now, output& out);
  void on_end(timestamp now, output& out);
  void on_gap(side from);
  void on_abort();  ///< the relation is ended: that its streams stop is no surprise

private:
  static constexpr std::size_t most_streams = 32;
  static constexpr unsigned most_doubts = 16;  ///< after so many wrong counters in a row it is no counter that we read
  struct stream {
    side from = side::client;
    std::uint16_t frame_id = 0;
    std::uint8_t data_status = 0, transfer_status = 0;
    std::uint16_t counter = 0;
    std::uint16_t step = 0;  ///< send clock times reduction, in units of 31.25 us; 0 = not learned yet
    unsigned doubts = 0;
    std::size_t size = 0;
    bool after_gap = false, silent = false, aborted = false;
    timestamp first{}, last{};
    std::uint64_t frames = 0, lost = 0, intervals = 0;
    nanoseconds shortest{}, longest{}, sum{};
  };
  stream& of(std::uint16_t frame_id, const message& m, output& out);
  static void count_cycle(stream& s, std::uint16_t counter, const message& m, output& out);
  static void report(const stream& s, std::string_view what, timestamp at, output& out);

  std::vector<stream> streams_;
};

}  // namespace mw::profinet
