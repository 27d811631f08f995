// What applications send each other in MQTT and CoAP, as a value of a record.
#include "sensor/dissect/mqtt_text.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw {

std::string payload_text(bytes payload) {
  constexpr std::size_t most = 256;
  auto rest = payload;
  bool text = true;
  while (text && !rest.empty()) {  // between line ends
    const auto n = std::ranges::find_if(rest, [](std::uint8_t c) { return c == '\t' || c == '\n' || c == '\r'; }) - rest.begin();
    const auto line = static_cast<std::size_t>(n);
    text = is_text(rest.first(line));
    rest = rest.subspan(std::min(line + 1, rest.size()));
  }
  if (!text) return hex(payload, most);
  if (payload.size() <= most) return {payload.begin(), payload.end()};
  auto cut = most;
  while (cut > 0 && (payload[cut] & 0xc0) == 0x80) --cut;  // not inside a character
  const auto head = payload.first(cut);
  return std::string{head.begin(), head.end()} + "…";
}

}  // namespace mw
