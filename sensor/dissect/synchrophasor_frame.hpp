// The frame that all messages of IEEE C37.118.2 have in common.
#pragma once
#include "common/reader.hpp"

#include <optional>

namespace mw::synchrophasor {

enum class kind : std::uint8_t { data = 0, header = 1, configuration_1 = 2, configuration_2 = 3, command = 4, configuration_3 = 5 };
constexpr std::size_t kinds = 6;

struct frame {
  synchrophasor::kind kind = kind::data;
  std::uint8_t version = 0;
  std::uint16_t stream = 0;  ///< IDCODE of whose stream this is, or whom a command is for
  std::uint32_t second = 0, fraction = 0;
  std::uint8_t time_quality = 0;
  bool sound = false;  ///< its checksum is right
  bytes body;
};
/// Size of the first frame in `head`; 0 = more bytes are needed to say.
result<std::size_t> size_of(bytes head);
/// Reads one whole frame; nothing where it is none.
std::optional<frame> read_frame(bytes whole);

/// CRC-CCITT (polynomial 0x1021, begun with all ones).
std::uint16_t crc(bytes data);

}  // namespace mw::synchrophasor
