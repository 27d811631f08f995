// Messages of Fox out of an ordered stream. Their ends are found line by line, and no octet is looked at twice: senders of small pieces
// cost no more than others.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace mw::fox {

/// One direction. Bounded: what is longer than `largest` is given up.
class assembly {
public:
  struct listener {
    absl::FunctionRef<void(bytes message, timestamp began)> message;
    absl::FunctionRef<void(std::string_view why)> damage;  ///< once until a message begins again
  };
  void add(bytes data, timestamp at, const listener& to);
  /// Octets are missing: what was begun cannot be completed.
  void gap() { held_.clear(), seen_ = 0, lost_ = true; }

private:
  /// Where in a line the next octet stands. Blobs may hold anything, ends of lines too: their size comes first.
  enum class place : std::uint8_t { name, type, colon, size, rest };

  bool find_beginning(bytes& rest, const listener& to);
  bool find_end(bytes rest);
  bool ends(bytes message);

  std::vector<std::uint8_t> held_;   ///< a message that is not complete
  timestamp began_{};                ///< when its first octet came
  std::size_t seen_ = 0, line_ = 0;  ///< octets of it that were looked at; where the line begins
  std::size_t blob_ = 0, left_ = 0;  ///< size of a blob as far as it was read; what is to come of it
  place at_ = place::rest;
  char type_ = 0;
  bool lost_ = false, told_ = false;
};

}  // namespace mw::fox
