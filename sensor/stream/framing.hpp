// Whole messages out of an ordered stream: cuts by the protocol's own framing and finds it again after damage.
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/stream/reassembly.hpp"

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <vector>

namespace mw {

/// One direction. Bounded: a message larger than `largest` is damage, not patience.
class framing {
public:
  static constexpr std::size_t largest = 1024 * 1024;
  struct counts {
    std::uint64_t messages = 0, message_bytes = 0, skipped_bytes = 0, resyncs = 0, buffered = 0;
  };
  struct listener {
    absl::FunctionRef<void(const chunk& message)> message;
    absl::FunctionRef<void(const error&)> damage;  ///< framing was lost here; called once until it is found again
    absl::FunctionRef<void()> gap;                 ///< bytes were skipped before the next message
  };

  explicit framing(const protocol& p) : protocol_{&p} {}
  void add(const chunk& c, const listener& to);
  /// From the next octet on this is another protocol's; may be called out of `message`.
  void follow(const protocol& p) { protocol_ = &p; }
  /// Bytes are missing: the message that was open is lost.
  void gap(absl::FunctionRef<void()> to);
  void finish();
  const counts& count() const { return counts_; }

private:
  /// Cuts messages off the front of `data`; returns the octets used up. Sets what it cannot use as left over.
  std::size_t cut(bytes data, const chunk& origin, std::size_t origin_offset, const listener& to);
  chunk locate(bytes data, std::size_t offset, const chunk& newest, std::size_t newest_at) const;

  struct mark {
    std::size_t offset;  ///< into buffer_
    timestamp time;
    std::uint64_t packet;
  };
  const protocol* protocol_;
  std::vector<std::uint8_t> buffer_;
  std::vector<mark> marks_;
  bool lost_ = false;  ///< not at a message border: looking for one
  counts counts_;
};

}  // namespace mw
