// The tables of S7comm-plus: as its tools and controllers use the numbers; there is no public specification.
#include "sensor/dissect/s7plus_names.hpp"

#include <algorithm>
#include <array>

namespace mw::s7plus {
namespace {

struct named_function {
  std::uint16_t number;
  meaning what;
};
constexpr std::array functions{
    named_function{function::error, {"error", action::diagnose}},
    named_function{function::explore, {"explore", action::identify}},
    named_function{function::create_object, {"create_object", action::configure}},
    named_function{function::delete_object, {"delete_object", action::configure}},
    named_function{function::set_variable, {"set_variable", action::write}},
    named_function{function::get_variable, {"get_variable", action::read}},
    named_function{function::add_link, {"add_link", action::configure}},
    named_function{function::remove_link, {"remove_link", action::configure}},
    named_function{function::get_link, {"get_link", action::read}},
    named_function{function::set_multi, {"set_multi_variables", action::write}},
    named_function{function::get_multi, {"get_multi_variables", action::read}},
    named_function{function::begin_sequence, {"begin_sequence", action::session}},
    named_function{function::end_sequence, {"end_sequence", action::session}},
    named_function{function::invoke, {"invoke", action::control}},
    named_function{function::set_substreamed, {"set_var_substreamed", action::write}},
    named_function{function::get_substreamed, {"get_var_substreamed", action::read}},
    named_function{function::get_addresses, {"get_variables_address", action::read}},
    named_function{function::abort, {"abort", action::diagnose}},
    named_function{function::error_2, {"error_2", action::diagnose}},
    named_function{function::init_ssl, {"init_ssl", action::session}},
};

struct named_class {
  std::uint32_t number;
  std::string_view name;
  bool block = false;
};
constexpr std::array classes{
    named_class{287, "server_session"},
    named_class{511, "type_info"},
    named_class{1001, "subscription"},
    named_class{1006, "object_reference"},
    named_class{1010, "attribute_reference"},
    named_class{2445, "additional_document"},
    named_class{2491, "folder"},
    named_class{2496, "hw_configuration"},
    named_class{2520, "plc_program"},
    named_class{2538, "block", true},
    named_class{2554, "data_type", true},
    named_class{2574, "db", true},
    named_class{2578, "fb", true},
    named_class{2579, "fc", true},
    named_class{2592, "functional_object", true},
    named_class{2610, "ob", true},
    named_class{2637, "acc_communication_ob", true},
    named_class{2638, "application_event_ob", true},
    named_class{2639, "cpu_redundancy_error_ob", true},
    named_class{2640, "cyclic_ob", true},
    named_class{2641, "diagnostic_error_ob", true},
    named_class{2642, "io_access_error_ob", true},
    named_class{2643, "io_redundancy_error_ob", true},
    named_class{2644, "peripheral_access_error_ob", true},
    named_class{2645, "process_event_ob", true},
    named_class{2646, "profile_event_ob", true},
    named_class{2647, "program_cycle_ob", true},
    named_class{2648, "programming_error_ob", true},
    named_class{2649, "pull_plug_event_ob", true},
    named_class{2650, "rack_station_failure_ob", true},
    named_class{2651, "startup_ob", true},
    named_class{2652, "status_event_ob", true},
    named_class{2653, "synchronous_cycle_ob", true},
    named_class{2654, "technology_event_ob", true},
    named_class{2655, "time_delay_ob", true},
    named_class{2656, "time_error_ob", true},
    named_class{2657, "time_of_day_ob", true},
    named_class{2658, "update_event_ob", true},
    named_class{2662, "alarm_subscription"},
    named_class{2681, "alarm"},
    named_class{2708, "continuing_tis_job"},
    named_class{2709, "session_tis_job"},
    named_class{2712, "tis_subscription"},
    named_class{3002, "functional_object_with_db", true},
};

struct named_method {
  std::uint32_t number;
  meaning what;
};
constexpr std::array methods{
    named_method{1387, {"resolve_address", action::read}},
    named_method{18667, {"check_compatibility", action::identify}},
    named_method{18827, {"begin_runtime_update", action::firmware}},
    named_method{18829, {"finish_runtime_update", action::firmware}},
    named_method{18878, {"uninstall_addon", action::firmware}},
    named_method{15000009, {"pre_full_download", action::program_download}},
    named_method{15000011, {"post_full_download", action::program_download}},
    named_method{15000013, {"check_full_download", action::program_download}},
    named_method{15000016, {"activate_download", action::program_download}},
    named_method{15000019, {"abort_full_download", action::program_download}},
};

struct named_result {
  std::int16_t code;
  std::string_view name;
};
constexpr std::array results{
    named_result{17, "session_pre_legitimated"},
    named_result{18, "ignored"},
    named_result{19, "partial_error"},
    named_result{21, "too_many_notifications"},
    named_result{22, "session_delegitimated"},
    named_result{23, "end_of_file"},
    named_result{24, "subscription_disabled"},
    named_result{25, "legitimated_for_level_2"},
    named_result{26, "legitimated_for_level_3"},
    named_result{33, "legitimated_for_level_1"},
    named_result{34, "transaction_aborted"},
    named_result{35, "blob_reallocated"},
    named_result{37, "temporarily_out_of_resources"},
    named_result{38, "legitimation_level_disabled"},
    named_result{40, "blob_end_reached"},
    named_result{-1, "unknown_error"},
    named_result{-2, "invalid_value_type"},
    named_result{-3, "invalid_argument_value"},
    named_result{-4, "not_enough_memory"},
    named_result{-118, "session_delegitimated"},
};

struct named_source {
  std::uint8_t number;
  std::string_view name;
};
constexpr std::array sources{
    named_source{0, "object_management"}, named_source{1, "operating_state"}, named_source{3, "load_memory"},
    named_source{4, "work_memory"},       named_source{7, "test_and_debug"},  named_source{8, "alarms"},
    named_source{13, "onboard_compiler"}, named_source{14, "kernel"},         named_source{25, "object_model"},
    named_source{26, "hw_configuration"}, named_source{32, "file_system"},    named_source{33, "communication"},
    named_source{64, "execution_levels"}, named_source{91, "t_blocks"},       named_source{92, "ie_configuration"},
};

constexpr std::array<std::string_view, 5> areas{"I", "Q", "M", "C", "T"};
constexpr std::uint32_t first_area = 80, data_blocks = 0x8a0e;

const named_class* find_class(std::uint32_t number) {
  const auto at = std::ranges::lower_bound(classes, number, {}, &named_class::number);
  return at != classes.end() && at->number == number ? &*at : nullptr;
}

}  // namespace

meaning meaning_of(std::uint16_t number) {
  const auto at = std::ranges::find(functions, number, &named_function::number);
  return at != functions.end() ? at->what : meaning{};
}

std::string_view class_name(std::uint32_t class_id) {
  const auto* at = find_class(class_id);
  return at != nullptr ? at->name : std::string_view{};
}

bool is_block_class(std::uint32_t class_id) {
  const auto* at = find_class(class_id);
  return at != nullptr && at->block;
}

bool is_code(std::uint32_t attribute) { return attribute == id::body_description || attribute == id::code; }

bool is_secret(std::uint32_t attribute) {
  constexpr std::array secrets{id::challenge, id::response, id::client_password, id::session_key, id::legitimate, id::payload_password};
  return std::ranges::find(secrets, attribute) != secrets.end();
}

std::string area_name(std::uint32_t rid) {
  if (rid >> 16 == data_blocks) return "DB" + std::to_string(rid & 0xffff);
  if (rid >= first_area && rid - first_area < areas.size()) return std::string{areas[rid - first_area]};
  return {};
}

meaning meaning_of_method(std::uint32_t method) {
  const auto at = std::ranges::find(methods, method, &named_method::number);
  return at != methods.end() ? at->what : meaning{{}, action::control};
}

meaning meaning_of_state(std::int64_t state) {
  switch (state) {
    case 1: return {"stop", action::stop};
    case 2: return {"reset_retentive", action::restart};
    case 3: return {"run", action::start};
    case 4: return {"run_redundant", action::start};
    default: return {};
  }
}

std::string_view result_name(std::int16_t code) {
  const auto at = std::ranges::find(results, code, &named_result::code);
  return at != results.end() ? at->name : std::string_view{};
}

std::string_view result_source(std::uint64_t v) {
  const auto at = std::ranges::find(sources, static_cast<std::uint8_t>(v >> 32), &named_source::number);
  return at != sources.end() ? at->name : std::string_view{};
}

}  // namespace mw::s7plus
