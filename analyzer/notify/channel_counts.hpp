// What became of the notices of one channel.
#pragma once
#include <cstdint>
#include <string>

namespace mw {

struct channel_counts {
  std::string channel;  ///< "terminal", "webhook", "alertmanager"
  std::uint64_t sent = 0, retried = 0, dropped = 0, waiting = 0;
  std::string last_error;  ///< "" = the last attempt went well
};

}  // namespace mw
