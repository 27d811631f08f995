// FANUC FOCAS2: functions as public analyses of the protocol name them, errors and states as the library's manual does.
#include "sensor/dissect/focas_names.hpp"

#include <algorithm>
#include <array>

namespace mw::focas {
namespace {

constexpr auto functions = std::to_array<function>({
    {1, 0x03, "search_program", action::control, layout::program, "program"},
    {1, 0x05, "delete_program", action::file_delete, layout::program, "program"},
    {1, 0x06, "read_program_directory", action::read, layout::program, "program"},
    {1, 0x0e, "read_parameter", action::read, layout::range, "parameter"},
    {1, 0x15, "read_macro", action::read, layout::macros, "macro"},
    {1, 0x16, "write_macro", action::write, layout::range, "macro"},
    {1, 0x18, "read_system_information", action::identify, layout::system},
    {1, 0x19, "read_status", action::diagnose, layout::status},
    {1, 0x1a, "read_alarm", action::diagnose},
    {1, 0x1c, "read_program_number", action::read, layout::programs},
    {1, 0x1d, "read_sequence_number", action::read},
    {1, 0x1f, "rewind", action::control},
    {1, 0x20, "read_executing_program", action::read},
    {1, 0x21, "read_g_codes", action::read},
    {1, 0x23, "read_alarm_information", action::diagnose},
    {1, 0x24, "read_feed_rate", action::read, layout::numbers},
    {1, 0x25, "read_spindle_speed", action::read, layout::numbers},
    {1, 0x26, "read_position", action::read, layout::numbers},
    {1, 0x30, "read_diagnosis", action::diagnose, layout::range, "diagnosis"},
    {1, 0x40, "read_spindle_load", action::read},
    {1, 0x45, "read_clock", action::read, layout::clock},
    {1, 0x46, "set_clock", action::time_sync, layout::set_clock},
    {1, 0x56, "read_servo_load", action::read},
    {1, 0x61, "read_operation_log_name", action::diagnose},
    {1, 0x89, "read_axis_names", action::identify},
    {1, 0x8a, "read_spindle_names", action::identify},
    {1, 0x8b, "read_absolute_axis_names", action::identify},
    {1, 0x8d, "read_parameters", action::read, layout::range, "parameter"},
    {1, 0x96, "read_g_codes", action::read},
    {1, 0xa0, "read_parameter_information", action::read},
    {1, 0xa2, "read_diagnosis_information", action::diagnose},
    {1, 0xa4, "read_axis_count", action::identify},
    {1, 0xa7, "read_macros", action::read, layout::range, "macro"},
    {1, 0xb0, "read_current_directory", action::read},
    {1, 0xb3, "read_directory", action::read, layout::directory, "directory"},
    {1, 0xb4, "read_directory_size", action::read, layout::directory, "directory"},
    {1, 0xb9, "read_main_program_name", action::read},
    {2, 0x8001, "read_pmc", action::read, layout::pmc, "pmc"},
});

constexpr std::array<std::string_view, 18> errors{"",          "function",  "length",   "number",    "attribute", "data",
                                                  "no_option", "protected", "overflow", "parameter", "buffer",    "path",
                                                  "mode",      "rejected",  "server",   "alarm",     "stopped",   "password"};
constexpr std::array<std::string_view, 11> modes{"mdi",       "memory",       "none",      "edit",      "handle", "jog",
                                                 "teach_jog", "teach_handle", "increment", "reference", "remote"};
constexpr std::array<std::string_view, 5> runs{"reset", "stop", "hold", "run", "restart"};
constexpr std::string_view letters = "GFYXARTKCDMNEZ";

}  // namespace

function describe(std::uint16_t device, std::uint16_t number) {
  const auto at = std::ranges::find_if(functions, [&](const function& f) { return f.device == device && f.number == number; });
  return at == functions.end() ? function{.device = device, .number = number} : *at;
}
std::string_view error_name(std::int16_t code) {
  if (code == -1) return "busy";
  return code > 0 && static_cast<std::size_t>(code) < errors.size() ? errors[static_cast<std::size_t>(code)] : std::string_view{};
}
std::string_view mode_name(std::uint16_t aut) { return aut < modes.size() ? modes[aut] : std::string_view{}; }
std::string_view run_name(std::uint16_t run) { return run < runs.size() ? runs[run] : std::string_view{}; }
char pmc_letter(std::uint32_t kind) { return kind < letters.size() ? letters[kind] : '?'; }

}  // namespace mw::focas
