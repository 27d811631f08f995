// One message of sampled values (IEC 61850-9-2, savPdu): its ASDUs, each a sample of one stream.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <optional>

namespace mw::sv {

constexpr std::size_t most_asdus = 16;

/// Absent on the wire = nothing; octets are those of the message.
struct asdu {
  bytes id, data_set, refreshed, sample, grandmaster;
  std::optional<std::uint16_t> count, synchronized, rate, mode;
  std::optional<std::uint32_t> configuration;
};
struct message_of {
  std::optional<std::uint64_t> announced;  ///< noASDU
  std::array<asdu, most_asdus> asdus{};
  std::size_t size = 0;
};

/// Reads what it can and says by `out.violate` what is wrong. False where nothing of it can be believed.
bool read_message(bytes content, message_of& to, side from, output& out);

/// The channels of a sample where it is laid out as pairs of a value and a quality (IEC 61869-9, and 9-2LE before it), as fields; that is
/// told by the quality words, of which only 14 bits are in use.
void tell_channels(bytes sample, operation& op);

}  // namespace mw::sv
