// Frames of WebSocket (RFC 6455 5.2): two octets, a longer length, a mask, and the payload.
#include "sensor/dissect/http_websocket.hpp"

#include <array>

namespace mw::http {
namespace {

constexpr std::array<std::string_view, 16> opcodes{"continuation", "text",     "binary",   "reserved", "reserved", "reserved",
                                                   "reserved",     "reserved", "close",    "ping",     "pong",     "reserved",
                                                   "reserved",     "reserved", "reserved", "reserved"};

}  // namespace

void websocket::add(bytes data, side from, output& out) {
  while (!lost_ && !data.empty()) {
    if (left_ == 0 && !begin(data, from, out)) return;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
    data = data.subspan(n);
    left_ -= n;
    octets_ += n;
  }
}

bool websocket::begin(bytes& data, side from, output& out) {
  const auto want = [&](std::size_t n) {
    while (held_ < n && !data.empty()) head_[held_++] = data[0], data = data.subspan(1);
    return held_ >= n;
  };
  if (!want(2)) return false;
  const bool masked = (head_[1] & 0x80) != 0, final = (head_[0] & 0x80) != 0;
  const unsigned opcode = head_[0] & 15u, size = head_[1] & 0x7fu;
  const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (!want(2 + wide + (masked ? 4 : 0))) return false;
  reader in{bytes{head_}.subspan(2)};
  left_ = wide == 0 ? size : in.be_n(wide);
  held_ = 0;
  ++frames_;
  out.count("http", "websocket_frame", opcodes[opcode]);
  const bool control = opcode >= 8;
  if (masked != (from == side::client)) out.violate(from, "websocket_mask", "only frames of the client are masked, and all of them");
  if (opcodes[opcode] == "reserved") out.violate(from, "websocket_opcode", "a frame of a kind that there is not");
  if (control && (!final || left_ > 125)) out.violate(from, "websocket_control", "a control frame is cut or too long");
  if (!control && continues_ != (opcode == 0))
    out.violate(from, "websocket_fragment", "a fragment does not follow a first one, or none follows it");
  if (!control) continues_ = !final;
  if (left_ >> 63 != 0) {
    out.violate(from, "websocket_length", "the length of a frame has its highest bit set");
    lost_ = true;
    return false;
  }
  if (opcode == 8 && !closed_) {
    closed_ = 0;
    // the status stands in the first two octets of the payload, masked with the first two of the key
    const std::size_t key = 2 + wide;
    if (left_ >= 2 && data.size() >= 2) {
      const auto octet = [&](std::size_t i) { return static_cast<unsigned>(data[i] ^ (masked ? head_[key + i] : 0)); };
      closed_ = static_cast<std::uint16_t>(octet(0) << 8 | octet(1));
    }
  }
  return true;
}

}  // namespace mw::http
