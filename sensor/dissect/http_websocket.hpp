// Frames of WebSocket (RFC 6455 5): counted, their contents passed over.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <optional>

namespace mw::http {

/// One direction.
class websocket {
public:
  void add(bytes data, side from, output& out);
  void lose() { lost_ = true; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t octets() const { return octets_; }
  std::optional<std::uint16_t> closed() const { return closed_; }

private:
  /// The head at the front of `data` with what was kept of it; false where more is needed.
  bool begin(bytes& data, side from, output& out);

  std::array<std::uint8_t, 14> head_{};
  std::size_t held_ = 0;
  std::uint64_t left_ = 0, frames_ = 0, octets_ = 0;
  std::optional<std::uint16_t> closed_;
  bool lost_ = false, continues_ = false;
};

}  // namespace mw::http
