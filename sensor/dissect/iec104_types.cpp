// The type, shape and cause tables of IEC 60870-5-101:2003 clause 7 and IEC 60870-5-104:2006 clauses 6 and 8.
#include "sensor/dissect/iec104_types.hpp"

#include <algorithm>

namespace mw::iec104 {
namespace {

constexpr std::uint64_t range(unsigned from, unsigned to) { return ((std::uint64_t{2} << to) - 1) & ~((std::uint64_t{1} << from) - 1); }
template <class... N>
constexpr std::uint64_t set(N... n) {
  return ((std::uint64_t{1} << static_cast<unsigned>(n)) | ...);
}
/// Causes of transmission that a type may bear.
namespace why {
constexpr std::uint64_t refusals = range(44, 47);
/// The standard allows single types fewer of these; stations in the field send any of them for any process value.
constexpr std::uint64_t process = set(1, 2, 3, 5, 11, 12) | range(20, 36);
constexpr std::uint64_t counters = set(1, 2, 3, 5) | range(37, 41);
constexpr std::uint64_t event = set(3);
constexpr std::uint64_t command = range(6, 10) | refusals;
constexpr std::uint64_t order = set(6, 7) | refusals;
constexpr std::uint64_t parameter = set(3, 6, 7) | range(20, 36) | refusals;
constexpr std::uint64_t transfer = set(13) | refusals;
constexpr std::uint64_t security = range(1, 47);
}  // namespace why

using k = kind;
using s = shape;
using a = action;
using t = iec104::tag;

constexpr type_info types[] = {
    {1, "M_SP_NA_1", "single_point", k::monitor, a::report, s::single_point, t::none, why::process},
    {2, "M_SP_TA_1", "single_point_cp24", k::monitor, a::report, s::single_point, t::cp24, why::process},
    {3, "M_DP_NA_1", "double_point", k::monitor, a::report, s::double_point, t::none, why::process},
    {4, "M_DP_TA_1", "double_point_cp24", k::monitor, a::report, s::double_point, t::cp24, why::process},
    {5, "M_ST_NA_1", "step_position", k::monitor, a::report, s::step, t::none, why::process},
    {6, "M_ST_TA_1", "step_position_cp24", k::monitor, a::report, s::step, t::cp24, why::process},
    {7, "M_BO_NA_1", "bitstring", k::monitor, a::report, s::bits, t::none, why::process},
    {8, "M_BO_TA_1", "bitstring_cp24", k::monitor, a::report, s::bits, t::cp24, why::process},
    {9, "M_ME_NA_1", "measured_normalised", k::monitor, a::report, s::normalised, t::none, why::process},
    {10, "M_ME_TA_1", "measured_normalised_cp24", k::monitor, a::report, s::normalised, t::cp24, why::process},
    {11, "M_ME_NB_1", "measured_scaled", k::monitor, a::report, s::scaled, t::none, why::process},
    {12, "M_ME_TB_1", "measured_scaled_cp24", k::monitor, a::report, s::scaled, t::cp24, why::process},
    {13, "M_ME_NC_1", "measured_float", k::monitor, a::report, s::real, t::none, why::process},
    {14, "M_ME_TC_1", "measured_float_cp24", k::monitor, a::report, s::real, t::cp24, why::process},
    {15, "M_IT_NA_1", "integrated_totals", k::monitor, a::report, s::counter, t::none, why::counters},
    {16, "M_IT_TA_1", "integrated_totals_cp24", k::monitor, a::report, s::counter, t::cp24, why::counters},
    {17, "M_EP_TA_1", "protection_event_cp24", k::monitor, a::report, s::protection_event, t::cp24, why::event},
    {18, "M_EP_TB_1", "protection_start_events_cp24", k::monitor, a::report, s::protection_start, t::cp24, why::event},
    {19, "M_EP_TC_1", "protection_output_circuits_cp24", k::monitor, a::report, s::protection_output, t::cp24, why::event},
    {20, "M_PS_NA_1", "packed_single_points", k::monitor, a::report, s::packed_points, t::none, why::process},
    {21, "M_ME_ND_1", "measured_normalised_no_quality", k::monitor, a::report, s::bare_normalised, t::none, why::process},
    {30, "M_SP_TB_1", "single_point_cp56", k::monitor, a::report, s::single_point, t::cp56, why::process},
    {31, "M_DP_TB_1", "double_point_cp56", k::monitor, a::report, s::double_point, t::cp56, why::process},
    {32, "M_ST_TB_1", "step_position_cp56", k::monitor, a::report, s::step, t::cp56, why::process},
    {33, "M_BO_TB_1", "bitstring_cp56", k::monitor, a::report, s::bits, t::cp56, why::process},
    {34, "M_ME_TD_1", "measured_normalised_cp56", k::monitor, a::report, s::normalised, t::cp56, why::process},
    {35, "M_ME_TE_1", "measured_scaled_cp56", k::monitor, a::report, s::scaled, t::cp56, why::process},
    {36, "M_ME_TF_1", "measured_float_cp56", k::monitor, a::report, s::real, t::cp56, why::process},
    {37, "M_IT_TB_1", "integrated_totals_cp56", k::monitor, a::report, s::counter, t::cp56, why::counters},
    {38, "M_EP_TD_1", "protection_event_cp56", k::monitor, a::report, s::protection_event, t::cp56, why::event},
    {39, "M_EP_TE_1", "protection_start_events_cp56", k::monitor, a::report, s::protection_start, t::cp56, why::event},
    {40, "M_EP_TF_1", "protection_output_circuits_cp56", k::monitor, a::report, s::protection_output, t::cp56, why::event},
    {41, "S_IT_TC_1", "security_statistics_cp56", k::security, a::authenticate, s::opaque, t::none, why::security},
    {45, "C_SC_NA_1", "single_command", k::command, a::control, s::single_command, t::none, why::command},
    {46, "C_DC_NA_1", "double_command", k::command, a::control, s::double_command, t::none, why::command},
    {47, "C_RC_NA_1", "regulating_step_command", k::command, a::control, s::step_command, t::none, why::command},
    {48, "C_SE_NA_1", "set_point_normalised", k::command, a::control, s::set_normalised, t::none, why::command},
    {49, "C_SE_NB_1", "set_point_scaled", k::command, a::control, s::set_scaled, t::none, why::command},
    {50, "C_SE_NC_1", "set_point_float", k::command, a::control, s::set_real, t::none, why::command},
    {51, "C_BO_NA_1", "bitstring_command", k::command, a::control, s::set_bits, t::none, why::command},
    {58, "C_SC_TA_1", "single_command_cp56", k::command, a::control, s::single_command, t::cp56, why::command},
    {59, "C_DC_TA_1", "double_command_cp56", k::command, a::control, s::double_command, t::cp56, why::command},
    {60, "C_RC_TA_1", "regulating_step_command_cp56", k::command, a::control, s::step_command, t::cp56, why::command},
    {61, "C_SE_TA_1", "set_point_normalised_cp56", k::command, a::control, s::set_normalised, t::cp56, why::command},
    {62, "C_SE_TB_1", "set_point_scaled_cp56", k::command, a::control, s::set_scaled, t::cp56, why::command},
    {63, "C_SE_TC_1", "set_point_float_cp56", k::command, a::control, s::set_real, t::cp56, why::command},
    {64, "C_BO_TA_1", "bitstring_command_cp56", k::command, a::control, s::set_bits, t::cp56, why::command},
    {70, "M_EI_NA_1", "end_of_initialisation", k::monitor, a::report, s::initialised, t::none, set(4)},
    {81, "S_CH_NA_1", "security_challenge", k::security, a::authenticate, s::opaque, t::none, why::security},
    {82, "S_RP_NA_1", "security_reply", k::security, a::authenticate, s::opaque, t::none, why::security},
    {83, "S_AR_NA_1", "security_aggressive_mode", k::security, a::authenticate, s::opaque, t::none, why::security},
    {84, "S_KR_NA_1", "session_key_status_request", k::security, a::authenticate, s::opaque, t::none, why::security},
    {85, "S_KS_NA_1", "session_key_status", k::security, a::authenticate, s::opaque, t::none, why::security},
    {86, "S_KC_NA_1", "session_key_change", k::security, a::authenticate, s::opaque, t::none, why::security},
    {87, "S_ER_NA_1", "security_error", k::security, a::authenticate, s::opaque, t::none, why::security},
    {90, "S_US_NA_1", "user_status_change", k::security, a::authenticate, s::opaque, t::none, why::security},
    {91, "S_UQ_NA_1", "update_key_change_request", k::security, a::authenticate, s::opaque, t::none, why::security},
    {92, "S_UR_NA_1", "update_key_change_reply", k::security, a::authenticate, s::opaque, t::none, why::security},
    {93, "S_UK_NA_1", "update_key_change_symmetric", k::security, a::authenticate, s::opaque, t::none, why::security},
    {94, "S_UA_NA_1", "update_key_change_asymmetric", k::security, a::authenticate, s::opaque, t::none, why::security},
    {95, "S_UC_NA_1", "update_key_change_confirmation", k::security, a::authenticate, s::opaque, t::none, why::security},
    {100, "C_IC_NA_1", "interrogation", k::command, a::read, s::interrogate, t::none, why::command},
    {101, "C_CI_NA_1", "counter_interrogation", k::command, a::read, s::interrogate_counters, t::none, why::command},
    {102, "C_RD_NA_1", "read", k::command, a::read, s::nothing, t::none, set(5) | why::refusals},
    {103, "C_CS_NA_1", "clock_synchronisation", k::command, a::time_sync, s::clock, t::none, why::order | set(3)},
    {104, "C_TS_NA_1", "test", k::command, a::diagnose, s::fixed_test, t::none, why::order},
    {105, "C_RP_NA_1", "reset_process", k::command, a::restart, s::reset, t::none, why::order},
    {106, "C_CD_NA_1", "delay_acquisition", k::command, a::time_sync, s::delay, t::none, why::order | set(3)},
    {107, "C_TS_TA_1", "test_cp56", k::command, a::diagnose, s::counted_test, t::cp56, why::order},
    {110, "P_ME_NA_1", "parameter_normalised", k::parameter, a::configure, s::parameter_normalised, t::none, why::parameter},
    {111, "P_ME_NB_1", "parameter_scaled", k::parameter, a::configure, s::parameter_scaled, t::none, why::parameter},
    {112, "P_ME_NC_1", "parameter_float", k::parameter, a::configure, s::parameter_real, t::none, why::parameter},
    {113, "P_AC_NA_1", "parameter_activation", k::parameter, a::configure, s::parameter_activate, t::none, range(6, 9) | why::refusals},
    {120, "F_FR_NA_1", "file_ready", k::file, a::file_read, s::file_ready, t::none, why::transfer},
    {121, "F_SR_NA_1", "section_ready", k::file, a::file_read, s::section_ready, t::none, why::transfer},
    {122, "F_SC_NA_1", "file_call", k::file, a::file_read, s::file_call, t::none, why::transfer | set(5)},
    {123, "F_LS_NA_1", "last_section_or_segment", k::file, a::file_read, s::last_section, t::none, why::transfer},
    {124, "F_AF_NA_1", "file_acknowledge", k::file, a::file_read, s::file_ack, t::none, why::transfer},
    {125, "F_SG_NA_1", "file_segment", k::file, a::file_read, s::segment, t::none, why::transfer},
    {126, "F_DR_TA_1", "file_directory", k::file, a::file_read, s::directory, t::cp56, why::transfer | set(3, 5)},
    {127, "F_SC_NB_1", "query_log", k::file, a::file_read, s::query_log, t::none, why::transfer | set(5)},
};
static_assert(std::ranges::is_sorted(types, {}, &type_info::id));

constexpr std::size_t element_size(shape what) {
  switch (what) {
    case s::single_point:
    case s::double_point:
    case s::single_command:
    case s::double_command:
    case s::step_command:
    case s::initialised:
    case s::interrogate:
    case s::interrogate_counters:
    case s::reset:
    case s::parameter_activate: return 1;
    case s::step:
    case s::bare_normalised:
    case s::fixed_test:
    case s::counted_test:
    case s::delay: return 2;
    case s::normalised:
    case s::scaled:
    case s::set_normalised:
    case s::set_scaled:
    case s::parameter_normalised:
    case s::parameter_scaled:
    case s::protection_event: return 3;
    case s::protection_start:
    case s::protection_output:
    case s::set_bits:
    case s::file_call:
    case s::file_ack:
    case s::segment: return 4;
    case s::bits:
    case s::real:
    case s::counter:
    case s::packed_points:
    case s::set_real:
    case s::parameter_real:
    case s::last_section: return 5;
    case s::file_ready:
    case s::directory: return 6;
    case s::section_ready:
    case s::clock: return 7;
    case s::query_log: return 16;
    case s::nothing:
    case s::opaque: break;
  }
  return 0;
}

struct named_cause {
  std::uint8_t code;
  std::string_view name;
};
constexpr named_cause causes[] = {{1, "periodic"},
                                  {2, "background_scan"},
                                  {3, "spontaneous"},
                                  {4, "initialised"},
                                  {5, "requested"},
                                  {6, "activation"},
                                  {7, "activation_confirmation"},
                                  {8, "deactivation"},
                                  {9, "deactivation_confirmation"},
                                  {10, "activation_termination"},
                                  {11, "return_remote"},
                                  {12, "return_local"},
                                  {13, "file_transfer"},
                                  {14, "authentication"},
                                  {15, "session_key_maintenance"},
                                  {16, "user_maintenance"},
                                  {20, "interrogated_station"},
                                  {37, "counters_requested_general"},
                                  {44, "unknown_type"},
                                  {45, "unknown_cause"},
                                  {46, "unknown_common_address"},
                                  {47, "unknown_object_address"}};

}  // namespace

const type_info* find_type(std::uint8_t id) {
  const auto at = std::ranges::lower_bound(types, id, {}, &type_info::id);
  return at != std::end(types) && at->id == id ? &*at : nullptr;
}

std::size_t object_size(const type_info& type) {
  return element_size(type.shape) + (type.tag == t::cp56 ? 7u : type.tag == t::cp24 ? 3u : 0u);
}

std::string_view cause_name(std::uint8_t code) {
  if (code > 20 && code <= 36) return "interrogated_group";
  if (code > 37 && code <= 41) return "counters_requested_group";
  const auto* at = std::ranges::find(causes, code, &named_cause::code);
  return at == std::end(causes) ? std::string_view{} : at->name;
}

}  // namespace mw::iec104
