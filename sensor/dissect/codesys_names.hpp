// What the numbers of CODESYS V3 mean: components of the runtime and what they are asked for.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mw::codesys {

enum component : std::uint8_t { device = 1, application = 2, file_transfer = 8, shell = 0x11 };

struct command_info {
  std::string name;  ///< "app_download"; the component's name and a number where the command is not known
  action what = action::diagnose;
  bool known = false;
};
command_info describe(std::uint8_t component, std::uint16_t command);

/// What a line typed into the controller's shell does, by its first word.
action meaning_of_line(std::string_view line);

}  // namespace mw::codesys
