// Diagnosis of channels (IEC 61158-6-10, 5.2.7.8): which channel, which error, whether it comes or goes.
#include "sensor/dissect/profinet_diagnosis.hpp"

#include "common/text.hpp"
#include "sensor/dissect/profinet_names.hpp"

#include <array>
#include <string>

namespace mw::profinet {
namespace {

constexpr std::size_t most_items = 32;

/// User structures of an alarm (5.2.7.8): how a channel's error is written.
enum structure : std::uint16_t { channel = 0x8000, multiple = 0x8001, extended = 0x8002, qualified = 0x8003, maintenance = 0x8100 };

std::string error_text(std::uint16_t number, std::uint16_t error, std::uint16_t properties) {
  constexpr std::array<std::string_view, 4> sides{"", " appears", " disappears", " disappears, others remain"};
  const auto name = channel_error_name(error);
  auto out = number == 0x8000 ? std::string{"all: "} : std::to_string(number) + ": ";
  out += name.empty() ? hex16(error) : std::string{name};
  return out + std::string{sides[properties >> 11 & 3u]};
}

}  // namespace

void read_diagnosis(reader& in, operation& op) {
  for (std::size_t n = 0; in.left() > 2 && n < most_items; ++n) {
    const auto kind = in.u16();
    if (kind == channel || kind == extended || kind == qualified) {
      do {
        const auto number = in.u16(), properties = in.u16(), error = in.u16();
        if (kind != channel) in.skip(6);
        if (kind == qualified) in.skip(4);
        if (!in.ok()) return;
        op.fields.emplace_back("channel", error_text(number, error, properties));
      } while (in.left() >= (kind == channel ? 6u : kind == extended ? 12u : 16u) && ++n < most_items);
    } else if (kind == maintenance) {
      in.skip(8);  // the head of a block and padding
      const auto bits = in.u32();
      if (!in.ok()) return;
      op.fields.emplace_back("maintenance", std::string{(bits & 2) != 0 ? "demanded" : (bits & 1) != 0 ? "required" : "none"});
    } else if (kind == multiple) {
      in.skip(18);  // a block like a record of diagnosis; where it belongs stands in the alarm, too
      if (!in.ok()) return;
    } else {
      op.fields.emplace_back("structure", hex16(kind));
      if (in.left() != 0) op.values.emplace_back(hex(in.rest(), 256));
      return;
    }
  }
}

}  // namespace mw::profinet
