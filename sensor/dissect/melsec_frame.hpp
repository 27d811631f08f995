// Frames of the MC protocol and of SLMP: 3E, 4E and 1E, in binary and in text (SH-080008, SH-080956).
#pragma once
#include "common/reader.hpp"
#include "common/result.hpp"

#include <string>

namespace mw::melsec {

enum class form : std::uint8_t { e1, e3, e4 };

struct frame {
  melsec::form form = form::e3;
  bool ascii = false, response = false;
  std::uint16_t serial = 0;                          ///< of 4E
  std::uint8_t network = 0, station = 0, pc = 0xff;  ///< access route
  std::uint16_t io = 0;
  std::uint8_t command_1e = 0;  ///< without the response bit
  bytes body;                   ///< from the monitoring timer or the end code on; of 1E, from the end code or the timer on
  std::string unit() const;
};

/// Size of the first frame; 0 = more is needed. Responses of 1E do not say how long they are: all there is.
result<std::size_t> size_of(bytes head);
/// One whole frame.
result<frame> parse(bytes data);
/// A frame that keeps the rules further than its length.
bool convincing(bytes data);

}  // namespace mw::melsec
