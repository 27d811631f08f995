// The numbers of ROC Plus (Emerson, ROC Plus Protocol Specifications Manual, D301180X012), with those of the older ROC protocol that the
// same masters use.
#include "sensor/dissect/roc_plus_names.hpp"

#include <algorithm>
#include <array>

namespace mw::roc_plus {
namespace {

constexpr auto opcodes = std::to_array<opcode_info>({
    {0, "general_update", action::read},
    {2, "send_test_data", action::diagnose},
    {system_configuration, "system_configuration", action::identify},
    {read_clock, "read_clock", action::read},
    {set_clock, "set_clock", action::time_sync},
    {read_table, "read_configurable_opcode", action::read},
    {write_table, "write_configurable_opcode", action::write},
    {login, "login", action::authenticate},
    {18, "log_event", action::diagnose},
    {store_and_forward, "store_and_forward", action::control},
    {io_position, "read_io_positions", action::identify},
    {user_defined, "read_user_defined", action::identify},
    {102, "set_system_variables", action::configure},
    {103, "send_system_information", action::identify},
    {min_max, "read_min_max", action::read},
    {107, "send_history", action::read},
    {history_tags, "read_history_tags", action::read},
    {alarms, "read_alarms", action::read},
    {events, "read_events", action::read},
    {120, "send_log_pointers", action::read},
    {121, "send_alarms", action::read},
    {122, "send_events", action::read},
    {123, "read_user_template", action::read},
    {126, "send_last_hour", action::read},
    {128, "send_history_of_day", action::read},
    {130, "send_history_from_pointer", action::read},
    {131, "send_event_sequence", action::read},
    {132, "clear_event_sequence", action::alarm},
    {133, "send_writable_events", action::read},
    {history_point, "read_history_point", action::read},
    {history_points, "read_history_points", action::read},
    {history_index, "read_history_index", action::read},
    {history_day, "read_history_of_day", action::read},
    {history_information, "read_history_information", action::read},
    {162, "send_single_parameter", action::read},
    {set_parameters, "set_point_parameters", action::write},
    {get_parameters, "read_point_parameters", action::read},
    {read_parameters, "read_parameters", action::read},
    {write_parameters, "write_parameters", action::write},
    {file_transfer, "file_transfer", action::file_read},
    {205, "peer_to_peer", action::diagnose},
    {transactions, "read_transactions", action::read},
    {report_by_exception, "report_by_exception", action::report},
    {report_acknowledged, "acknowledge_report", action::alarm},
    {error_indicator, "error", action::diagnose},
});

struct word {
  std::uint8_t number;
  std::string_view name;
};
constexpr auto errors = std::to_array<word>({
    {1, "invalid_opcode"},
    {2, "invalid_parameter_number"},
    {3, "invalid_logical_number"},
    {4, "invalid_point_type"},
    {5, "too_many_data_bytes"},
    {6, "too_few_data_bytes"},
    {13, "outside_valid_address_range"},
    {14, "invalid_history_request"},
    {15, "invalid_fst_request"},
    {16, "invalid_event_entry"},
    {17, "too_many_alarms_requested"},
    {18, "too_many_events_requested"},
    {19, "write_to_read_only_parameter"},
    {20, "security_error"},
    {21, "invalid_security_logon"},
    {22, "invalid_store_and_forward_path"},
    {23, "flash_programming_error"},
    {24, "history_configuration_in_progress"},
    {63, "access_level_too_high"},
});

constexpr std::array<std::string_view, 7> models{"",      "ROCPAC ROC300", "FloBoss 407", "FlashPAC ROC300", "FloBoss 503", "FloBoss 504",
                                                 "ROC800"};

constexpr std::uint8_t first_point_type = 96;
constexpr auto point_types = std::to_array<std::string_view>({
    "fst",
    "fst_register_tags",
    "soft_points",
    "configurable_opcode_table",
    "power_control",
    "discrete_inputs",
    "discrete_outputs",
    "analog_inputs",
    "analog_outputs",
    "pulse_inputs",
    "rtd",
    "thermocouple",
    "multi_variable_sensor",
    "system_analog_inputs",
    "pid_control",
    "sampler_odorizer",
});

template <std::size_t N>
std::string_view at_or_nothing(const std::array<std::string_view, N>& table, std::size_t i) {
  return i < N ? table.at(i) : std::string_view{};
}

}  // namespace

opcode_info describe(std::uint8_t opcode) {
  const auto it = std::ranges::find(opcodes, opcode, &opcode_info::number);
  return it == opcodes.end() ? opcode_info{.number = opcode} : *it;
}
std::string_view error_name(std::uint8_t code) {
  const auto it = std::ranges::find(errors, code, &word::number);
  return it == errors.end() ? std::string_view{} : it->name;
}
std::string_view model_name(std::uint8_t type) { return at_or_nothing(models, type); }
std::string_view point_type_name(std::uint8_t type) {
  return type < first_point_type ? std::string_view{} : at_or_nothing(point_types, std::size_t{type} - first_point_type);
}

}  // namespace mw::roc_plus
