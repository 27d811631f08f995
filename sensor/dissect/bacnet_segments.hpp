// Segmented messages of BACnet (ASHRAE 135, clause 5.2): their parts become one again.
#pragma once
#include "sensor/dissect/bacnet_link.hpp"
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <vector>

namespace mw::bacnet {

class segment_store {
public:
  static constexpr std::size_t most_messages = 8, most_octets = 65536;
  struct key {
    side from = side::client;
    std::uint8_t type = 0, invoke = 0;
    std::optional<route> source, destination;
    friend bool operator==(const key&, const key&) = default;
  };
  struct whole {
    std::vector<std::uint8_t> data;
    timestamp first{};      ///< when the first part was sent
    bool complete = false;  ///< else parts of it were missed, and there are no data
  };
  /// The message, when its last part is there.
  std::optional<whole> add(const key& k, std::uint8_t sequence, bool more, bytes data, timestamp at, output& out);
  void expire(timestamp now, output& out);

private:
  struct part {
    key about;
    std::uint8_t next = 0;
    bool broken = false;
    timestamp first{}, last{};
    std::vector<std::uint8_t> data;
  };
  std::deque<part> parts_;  ///< oldest first, which is the one that is forgotten
};

}  // namespace mw::bacnet
