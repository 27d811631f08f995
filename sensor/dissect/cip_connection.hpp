// Connections of CIP: how they are opened and closed, and which messages belong to which (CIP Specification Volume 1, 3-5.4).
#pragma once
#include "sensor/dissect/cip_path.hpp"
#include "sensor/dissect/protocol.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace mw::cip {

/// Who opened a connection: unique in the network.
struct connection_name {
  std::uint16_t serial = 0, vendor = 0;
  std::uint32_t originator = 0;
  friend bool operator==(const connection_name&, const connection_name&) = default;
};

/// What a Forward Open asks for and gets.
struct forward_open {
  connection_name name;
  std::uint32_t to_target = 0, to_originator = 0;  ///< connection ids
  std::string route;                               ///< of the connection path
};
/// The request's data; what it says stands in the operation's fields. False where it is cut.
bool read_forward_open(reader& in, bool large, operation& op, forward_open& into);
/// The answer's data, of a success or of a failure.
bool read_forward_open_answer(reader& in, bool success, operation& op, forward_open& into);
bool read_forward_close(reader& in, operation& op, connection_name& into);

/// The connections of one conversation, oldest forgotten first. Those that were open before the capture began are learned
/// from the traffic: a request's id and the id of its answer belong together.
class connection_table {
public:
  struct connection {
    std::uint32_t to_target = 0;
    std::optional<std::uint32_t> to_originator;
    std::optional<connection_name> name;
    std::string route;
    side originator = side::client;
    bool guessed = false;  ///< its two ids were put together by what the traffic looks like
  };
  void open(const forward_open& f, side originator);
  void close(const connection_name& n);
  connection& of_request(std::uint32_t id, side from);
  connection* of_answer(std::uint32_t id, side from);
  std::deque<connection>& all() { return known_; }

private:
  static constexpr std::size_t capacity = 64;
  connection& add(connection c);
  std::deque<connection> known_;
};

}  // namespace mw::cip
