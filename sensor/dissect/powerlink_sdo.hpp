// SDO of Ethernet POWERLINK (EPSG DS 301 6.3): reads and writes of objects, in ASnd frames or UDP.
#pragma once
#include "sensor/dissect/pending.hpp"

#include <array>

namespace mw::powerlink {

class sdo_channel {
public:
  /// The sequence layer and what follows it. `unit`: the node that serves, where the request tells it; `server` the same by the answer.
  void on_frame(bytes data, const message& m, std::uint8_t from_node, std::uint8_t to_node, output& out);
  void on_time(timestamp now, output& out) { pending_.expire(now, out); }
  void on_end(output& out) { pending_.finish(out); }
  void on_gap() { last_ = {}; }

private:
  struct key {
    side asker = side::client;
    std::uint8_t node = 0, transaction = 0, command = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    std::uint16_t index = 0;
    std::uint8_t subindex = 0;
  };
  struct sequence {
    std::uint8_t node = 0, received = 0, sent = 0;
    bool seen = false;
  };
  void on_command(bytes data, const message& m, const std::string& unit_of_request, std::uint8_t from, std::uint8_t to, output& out);
  void on_answer(reader data, const key& k, bool abort, std::uint32_t size, const message& m, output& out);
  static void learn(const asked& what, bytes data, const message& m, output& out);

  pending_requests<key, asked, 64> pending_;
  std::array<sequence, 2> last_;  ///< by side
};

}  // namespace mw::powerlink
