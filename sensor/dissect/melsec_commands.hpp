// What the numbers of the MC protocol and SLMP mean: commands, devices, end codes.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mw::melsec {

struct meaning {
  std::string_view name;  ///< "" = unknown
  mw::action action = mw::action::diagnose;
};
meaning meaning_of(std::uint16_t command);
meaning meaning_of_1e(std::uint8_t command);
std::string_view reason_of(std::uint16_t end_code);
std::string_view reason_of_1e(std::uint8_t end_code);

struct device {
  std::uint16_t code = 0;
  std::string_view name;
  bool hex = false;  ///< its numbers are written in hexadecimal
};
const device* find_device(std::uint16_t code);
const device* find_device(std::string_view name);
/// Two letters, as 1E has them.
bool is_device_1e(std::uint16_t letters);

}  // namespace mw::melsec
