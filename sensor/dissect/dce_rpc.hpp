// DCE/RPC (The Open Group C706, chapter 12): headers of its connectionless (4) and connection-oriented (5) protocols, what a bind
// agrees on, and calls put together from their fragments. Which service is called is the business of who uses this.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mw::dce_rpc {

/// In the order in which it is written, whatever the byte order of the message.
using uuid = std::array<std::uint8_t, 16>;
constexpr uuid make_uuid(std::uint32_t a, std::uint16_t b, std::uint16_t c, std::uint64_t d) {
  uuid u{};
  for (std::size_t i = 0; i < 4; ++i) u[i] = static_cast<std::uint8_t>(a >> (24 - 8 * i));
  for (std::size_t i = 0; i < 2; ++i)
    u[4 + i] = static_cast<std::uint8_t>(b >> (8 - 8 * i)), u[6 + i] = static_cast<std::uint8_t>(c >> (8 - 8 * i));
  for (std::size_t i = 0; i < 8; ++i) u[8 + i] = static_cast<std::uint8_t>(d >> (56 - 8 * i));
  return u;
}
std::string to_string(const uuid& u);
inline constexpr uuid endpoint_mapper = make_uuid(0xe1af8308, 0x5d1f, 0x11c9, 0x91a408002b14a0fa);

enum class kind : std::uint8_t {
  request,
  ping,
  response,
  fault,
  working,
  no_call,
  reject,
  ack,
  cl_cancel,
  fack,
  cancel_ack,
  bind,
  bind_ack,
  bind_nak,
  alter_context,
  alter_context_response,
  auth3,
  shutdown,
  co_cancel,
  orphaned
};

struct header {
  std::uint8_t version = 0, minor = 0;
  dce_rpc::kind type = kind::request;
  bool little = false;             ///< integers of the body are little-endian
  bool first = true, last = true;  ///< of a call's fragments
  std::uint8_t flags = 0;
  uuid object{}, interface_id{}, activity{};      ///< the latter two of version 4 only
  std::uint32_t interface_version = 0, call = 0;  ///< call: sequence number of the activity, or call id
  std::uint16_t operation = 0, context = 0, fragment = 0;
  std::uint32_t status = 0;  ///< of fault and reject
  bytes body;                ///< of request and response the stub, else what follows the common header; without authentication
  bool authenticated = false;

  bool whole() const { return first && last; }
};
/// Size of the first message of version 5 in `head`; 0 = more bytes are needed to say.
result<std::size_t> frame(bytes head);
result<header> read(bytes pdu);

std::uint16_t u16(reader& in, bool little);
std::uint32_t u32(reader& in, bool little);
uuid read_uuid(reader& in, bool little);

struct context {
  std::uint16_t id = 0;
  uuid interface_id{};
  std::uint32_t version = 0;
};
/// What a bind or alter_context offers, in its order, at most 64.
std::vector<context> offered(const header& h);
/// True where the context of the same place was accepted by a bind_ack or alter_context_response.
std::vector<bool> accepted(const header& h);

/// Puts calls together. Holds few calls of bounded size; the oldest goes first and is counted in `dropped`.
class fragments {
public:
  /// The whole stub once its last fragment has come; nothing before.
  std::optional<std::vector<std::uint8_t>> add(const header& h, side from);
  void clear() { calls_.clear(); }
  std::uint64_t dropped = 0;

private:
  static constexpr std::size_t most_calls = 16, most_octets = 256 * 1024, most_fragments = 512;
  struct part {
    std::uint16_t number = 0;
    std::vector<std::uint8_t> data;
  };
  struct call {
    uuid activity{};
    std::uint32_t number = 0;
    side from = side::client;
    std::vector<part> parts;
    std::optional<std::uint16_t> last;
    std::size_t octets = 0;
  };
  std::deque<call> calls_;
};

}  // namespace mw::dce_rpc
