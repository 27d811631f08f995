// What the numbers of GE SRTP mean: service requests, segment selectors, states and errors.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::ge_srtp {

struct service_info {
  std::uint8_t number = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  bool known() const { return name != "unknown"; }
};
service_info describe(std::uint8_t service);

enum class width : std::uint8_t { bit, byte, word };
struct segment {
  std::uint8_t selector = 0;
  std::string_view name;
  ge_srtp::width width = ge_srtp::width::word;
};
const segment* find_segment(std::uint8_t selector);  ///< nullptr where not known

std::string_view major_error(std::uint8_t code);  ///< "" where not known
std::string_view minor_error(std::uint8_t code);
std::string_view plc_state(std::uint8_t state);

}  // namespace mw::ge_srtp
