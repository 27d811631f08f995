// One conversation: its key, its counters, and what is being done with its bytes.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/identify/ndpi.hpp"
#include "sensor/stream/framing.hpp"
#include "sensor/stream/reassembly.hpp"

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace mw {

/// Both ends in a fixed order, so that both directions find the same flow. Below IP the MACs and the EtherType.
struct flow_key {
  ip low, high;
  mac low_mac, high_mac;  ///< set only below IP
  std::uint16_t low_port = 0, high_port = 0, ethertype = 0;
  std::uint8_t protocol = 0;
  friend bool operator==(const flow_key&, const flow_key&) = default;
  template <class H>
  friend H AbslHashValue(H h, const flow_key& k) {
    return H::combine(std::move(h), k.low.bytes(), k.high.bytes(), k.low_mac.octets, k.high_mac.octets, k.low_port, k.high_port,
                      k.ethertype, k.protocol);
  }
};

struct flow {
  flow_key key;
  flow_record about;  ///< what the next flow record says; counters are since the record before
  bool handshake_seen = false, oriented = false;
  timestamp syn_at{}, ticked{}, reported{};
  timestamp touched{};                ///< when it last moved in the order of activity
  std::array<reassembly, 2> streams;  ///< by side
  std::array<std::optional<framing>, 2> frames;
  struct opened {
    const protocol* what;
    std::unique_ptr<mw::session> session;
  };
  std::vector<opened> sessions;  ///< the first one frames the stream; others share its transport
  struct early {
    side from;
    timestamp time;
    std::uint64_t packet;
    std::vector<std::uint8_t> data;
  };
  std::vector<early> unidentified;  ///< kept until somebody recognises it
  std::size_t unidentified_bytes = 0;
  std::array<const protocol*, 2> said_yes{};  ///< who recognised each side, on a port that hints at nobody
  const protocol* expected = nullptr;         ///< another conversation announced this one
  std::array<std::uint64_t, 2> valid{};       ///< messages read without violation, by side
  bool given_up = false, closed = false;
  bool quarantined = false;    ///< it brought a worker down: counted, no longer dissected
  std::uint64_t key_hash = 0;  ///< under a supervisor only
  bool patient = false;        ///< in the order of open TCP connections
  std::array<bool, 2> fin{};
  std::uint32_t tries = 0;              ///< datagrams that nobody recognised
  std::unique_ptr<ndpi_flow> ndpi;      ///< while it reads
  std::unique_ptr<ndpi_verdict> found;  ///< what it found, once it has read enough
  bool ndpi_done = false;
  static constexpr std::size_t remembered = 32;
  std::vector<std::pair<timestamp, std::uint64_t>> packets;  ///< recent message times and their packets; empty without messages
  std::size_t packets_at = 0;
  void remember(timestamp time, std::uint64_t packet) {
    if (packets.size() < remembered)
      packets.emplace_back(time, packet);
    else
      packets[packets_at++ % remembered] = {time, packet};
  }
  std::list<flow*>::iterator place;                    ///< in the order of last activity
  std::optional<std::list<flow*>::iterator> below_ip;  ///< its place among the conversations below IP
};

}  // namespace mw
