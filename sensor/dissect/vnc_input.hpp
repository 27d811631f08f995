// What a viewer does once it sees the screen: that keys are pressed, text is copied and files are moved. Neither keys nor text are kept.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <vector>

namespace mw::rfb {

class input {
public:
  void take(bytes data, side viewer, timestamp at, output& out);
  void gap() { head_.clear(), skip_ = 0, lost_ = true; }
  void copied(std::string_view whose, output& out);  ///< a clipboard was passed on
  void end(output& out) const;

private:
  /// Octets of the message at the front of `head_` as far as its counts tell; 0 = more are needed, or an error.
  result<std::size_t> whole_size() const;
  void act(side viewer, timestamp at, output& out);
  void file(mw::action what, bytes name, side viewer, timestamp at, output& out);

  std::vector<std::uint8_t> head_;  ///< of a message that has not ended; at most longest_head octets
  std::size_t skip_ = 0;            ///< octets of a long message that are still to come
  std::uint64_t keys_ = 0, pointers_ = 0;
  bool lost_ = false, client_copied_ = false, server_copied_ = false;
};

}  // namespace mw::rfb
