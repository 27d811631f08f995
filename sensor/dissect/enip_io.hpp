// Implicit messages of EtherNet/IP: cyclic I/O data on UDP 2222 (CIP Specification Volume 2, 2-6 and 3-2).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <cstdint>
#include <deque>

namespace mw::enip {

/// What one datagram says: a sequenced address item and a connected data item.
struct io_datagram {
  std::uint32_t connection = 0, sequence = 0;
  bytes data;
};
/// Nothing else starts like this.
bool read_io(bytes datagram, io_datagram& into);

/// Rate, size and losses of each connection; one operation per connection, not one per datagram.
class io_watch {
public:
  void on_datagram(const io_datagram& d, const message& m, output& out);
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  static constexpr std::size_t capacity = 256;
  struct connection {
    std::uint32_t id = 0;
    side from = side::client;
    timestamp first{}, last{};
    std::uint64_t datagrams = 0, octets = 0, missing = 0, out_of_order = 0;
    std::size_t smallest = 0, largest = 0;
    std::uint32_t sequence = 0;
    bool told = false;
  };
  void tell(connection& c, output& out);
  std::deque<connection> seen_;  ///< oldest forgotten first
};

}  // namespace mw::enip
