// One direction of a TCP connection as an ordered stream: survives gaps, overlaps, reordering and mid-stream pickup.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <vector>

namespace mw {

/// A run of bytes with the packet that brought its first one.
struct chunk {
  bytes data;
  timestamp time{};
  std::uint64_t packet = 0;
};

/// Hands out each byte of a direction once, in order. Where a hole will not be filled it says so and goes on behind it.
/// The first copy of a byte wins. At most `most_segments` segments and `most_bytes` octets wait behind a hole.
class reassembly {
public:
  static constexpr std::size_t most_segments = 64, most_bytes = 256 * 1024;
  struct counts {
    std::uint64_t in = 0, delivered = 0, repeated = 0, held = 0, lost = 0;  ///< octets; lost: dropped here (reset of the stream)
    std::uint64_t retransmits = 0, gaps = 0, gap_bytes = 0;                 ///< segments, holes, octets never seen
    std::uint64_t conflicts = 0;                                            ///< overlaps whose octets differ
  };
  /// References, so that a packet costs no allocation: name the lambdas, they must outlive the listener.
  struct listener {
    absl::FunctionRef<void(const chunk&)> data;
    absl::FunctionRef<void(std::uint64_t missing)> gap;
  };

  /// A SYN: the stream begins behind it.
  void start(std::uint32_t sequence);
  /// A segment's payload. `to` is called for each run of bytes that is now in order.
  void add(std::uint32_t sequence, const chunk& c, const listener& to);
  /// The other side acknowledged up to here, at this time: what is missing before it was received but not captured.
  /// `answers`: with data, which may be the answer to what waits here, so that must be read first.
  void acknowledged(std::uint32_t sequence, timestamp now, bool answers, const listener& to);
  /// Nothing more is expected: gives memory back. What comes all the same is read as before.
  void rest() {
    if (waiting_.empty()) recent_ = {};
  }
  /// The conversation ends: holes are given up and what waits behind them is handed out.
  void finish(const listener& to);

  bool started() const { return started_; }
  bool waiting() const { return !waiting_.empty(); }
  const counts& count() const { return counts_; }

private:
  struct segment {
    std::uint32_t sequence;
    timestamp time;
    std::uint64_t packet;
    std::vector<std::uint8_t> data;
  };
  void in_order(const chunk& c, std::uint32_t sequence, const listener& to);
  void drain(const listener& to);
  void give_up_hole(const listener& to);

  bool started_ = false;
  std::uint32_t next_ = 0;
  std::vector<segment> waiting_;      ///< sorted by sequence; most streams never have one, so it must cost nothing when empty
  std::vector<std::uint8_t> recent_;  ///< the last octets handed out, at most 1 KiB, to notice retransmissions that differ
  counts counts_;
};

}  // namespace mw
