// What a machine writes on a terminal around a login, in the languages and styles of those who make them.
#pragma once
#include <string>
#include <string_view>

namespace mw::terminal {

enum class prompt : unsigned char { none, name, password, shell };

/// What the last, unfinished line of a screen asks for.
prompt prompt_of(std::string_view line);
/// True where a line says that a login failed.
bool says_refused(std::string_view line);
/// True where a line says that a login succeeded.
bool says_welcome(std::string_view line);

struct system {
  std::string_view vendor, os;
};
/// What a greeting gives away.
system system_of(std::string_view greeting);
/// Of "plc7 login:", "root@plc7:~#"; "" where the line names no machine.
std::string host_of_prompt(std::string_view line);

}  // namespace mw::terminal
