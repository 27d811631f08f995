// What the numbers of FANUC FOCAS2 mean: functions, errors, states.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::focas {

enum class layout : std::uint8_t {
  other,
  range,    ///< first and last number
  macros,   ///< the same, answered by numbers with a decimal point
  numbers,  ///< answered by numbers with a decimal point
  program,  ///< a program's number
  clock,    ///< date or time
  set_clock,
  system,     ///< answered by what the control is
  status,     ///< answered by how it is
  programs,   ///< answered by numbers of programs
  directory,  ///< with a path behind it
  pmc,        ///< range, kind of address, width
};

struct function {
  std::uint16_t device = 1, number = 0;  ///< 1 the control, 2 its PMC
  std::string_view name = "unknown";
  action what = action::diagnose;
  focas::layout layout = focas::layout::other;
  std::string_view space = {};
  bool known() const { return name != "unknown"; }
};
function describe(std::uint16_t device, std::uint16_t number);

std::string_view error_name(std::int16_t code);  ///< "" where not known
std::string_view mode_name(std::uint16_t aut);
std::string_view run_name(std::uint16_t run);
char pmc_letter(std::uint32_t kind);  ///< '?' where not known

}  // namespace mw::focas
