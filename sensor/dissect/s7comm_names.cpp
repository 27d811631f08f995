// What the numbers of S7comm mean: functions, program services, error codes, block types, operating modes.
// Error codes and modes are those of Siemens' "System Software for S7-300/400: System and Standard Functions".
#include "sensor/dissect/s7comm_names.hpp"

#include <array>

namespace mw::s7comm {
namespace {

struct job_row {
  std::uint8_t function;
  meaning means;
};
constexpr job_row jobs[] = {
    {job::cpu_services, {"cpu_services", action::diagnose}},
    {job::read, {"read_variable", action::read}},
    {job::write, {"write_variable", action::write}},
    {job::request_download, {"request_download", action::program_download}},
    {job::download_block, {"download_block", action::program_download}},
    {job::download_ended, {"download_ended", action::program_download}},
    {job::start_upload, {"start_upload", action::program_upload}},
    {job::upload, {"upload", action::program_upload}},
    {job::end_upload, {"end_upload", action::program_upload}},
    {job::program_service, {"program_service", action::configure}},
    {job::stop, {"stop", action::stop}},
    {job::setup, {"setup_communication", action::session}},
};

struct userdata_row {
  std::uint8_t group, function;
  meaning means;
};
constexpr userdata_row functions[] = {
    {group::test, 0x01, {"block_status", action::diagnose}},
    {group::test, test::variable_status, {"variable_status", action::read}},
    {group::test, 0x03, {"output_interrupt_stack", action::diagnose}},
    {group::test, 0x04, {"output_block_stack", action::diagnose}},
    {group::test, 0x05, {"output_local_stack", action::diagnose}},
    {group::test, 0x06, {"time_measurement", action::diagnose}},
    {group::test, 0x07, {"force_selection", action::force}},
    {group::test, test::modify, {"modify_variable", action::force}},
    {group::test, test::force, {"force", action::force}},
    {group::test, 0x0a, {"breakpoint", action::control}},
    {group::test, 0x0b, {"exit_hold", action::start}},
    {group::test, 0x0c, {"memory_reset", action::restart}},
    {group::test, test::disable_job, {"disable_job", action::diagnose}},
    {group::test, test::enable_job, {"enable_job", action::diagnose}},
    {group::test, test::delete_job, {"delete_job", action::diagnose}},
    {group::test, 0x10, {"read_job_list", action::diagnose}},
    {group::test, test::read_job, {"read_job", action::diagnose}},
    {group::test, test::replace_job, {"replace_job", action::diagnose}},
    {group::test, 0x13, {"block_status_2", action::diagnose}},
    {group::test, 0x16, {"flash_led", action::identify}},
    {group::cyclic, cyclic::transfer, {"cyclic_transfer", action::subscribe}},
    {group::cyclic, cyclic::unsubscribe, {"unsubscribe", action::subscribe}},
    {group::cyclic, cyclic::change_driven, {"change_driven_transfer", action::subscribe}},
    {group::cyclic, cyclic::modify, {"change_driven_transfer_modify", action::subscribe}},
    {group::cyclic, cyclic::read_record, {"read_record", action::read}},
    {group::block, 1, {"list_blocks", action::identify}},
    {group::block, 2, {"list_blocks_of_type", action::identify}},
    {group::block, 3, {"block_info", action::identify}},
    {group::cpu, cpu::read_szl, {"read_szl", action::identify}},
    {group::cpu, cpu::message_service, {"message_service", action::subscribe}},
    {group::cpu, cpu::diagnostic, {"diagnostic_message", action::report}},
    {group::cpu, cpu::alarm_8, {"alarm_8", action::alarm}},
    {group::cpu, cpu::notify, {"notify", action::alarm}},
    {group::cpu, cpu::lock, {"alarm_lock", action::alarm}},
    {group::cpu, cpu::unlock, {"alarm_unlock", action::alarm}},
    {group::cpu, cpu::scan, {"scan", action::alarm}},
    {group::cpu, cpu::acknowledge, {"alarm_acknowledge", action::alarm}},
    {group::cpu, cpu::acknowledged, {"alarm_acknowledged", action::alarm}},
    {group::cpu, 0x0d, {"alarm_locked", action::alarm}},
    {group::cpu, 0x0e, {"alarm_unlocked", action::alarm}},
    {group::cpu, 0x10, {"ar_send", action::report}},
    {group::cpu, cpu::alarm_sq, {"alarm_sq", action::alarm}},
    {group::cpu, cpu::alarm_s, {"alarm_s", action::alarm}},
    {group::cpu, cpu::query, {"alarm_query", action::alarm}},
    {group::cpu, cpu::notify_8, {"notify_8", action::alarm}},
    {group::security, 1, {"password", action::authenticate}},
    {group::security, 2, {"clear_password", action::authenticate}},
    {group::clock, 1, {"read_clock", action::read}},
    {group::clock, 2, {"set_clock", action::time_sync}},
    {group::clock, 3, {"read_clock_following", action::read}},
    {group::clock, 4, {"set_clock_following", action::time_sync}},
    {group::routing, 1, {"routing_init", action::session}},
    {group::routing, 2, {"routing_finish", action::session}},
    {group::routing, 3, {"routing_data", action::control}},
    {group::nc, 1, {"nc_request_download", action::program_download}},
    {group::nc, 2, {"nc_download_block", action::program_download}},
    {group::nc, 3, {"nc_continue_download", action::program_download}},
    {group::nc, 4, {"nc_download_ended", action::program_download}},
    {group::nc, 6, {"nc_start_upload", action::program_upload}},
    {group::nc, 7, {"nc_upload", action::program_upload}},
    {group::nc, 8, {"nc_continue_upload", action::program_upload}},
};
/// For numbers that the table does not have.
constexpr action group_action(std::uint8_t g) {
  switch (g) {
    case group::mode: return action::mode_change;
    case group::cyclic: return action::subscribe;
    case group::block: return action::identify;
    case group::security: return action::authenticate;
    case group::send: return action::write;
    case group::routing: return action::control;
    default: return action::diagnose;
  }
}

struct service_row {
  std::string_view name;
  mw::action action;
};
constexpr service_row services[] = {
    {"P_PROGRAM", action::start},        {"_INSE", action::program_download}, {"_INS2", action::program_download},
    {"_DELE", action::program_download}, {"_MODU", action::configure},        {"_GARB", action::configure},
    {"_N_LOGIN_", action::authenticate}, {"_N_LOGOUT", action::authenticate}, {"_N_F_DELE", action::file_delete},
    {"_N_F_DELR", action::file_delete},  {"_N_F_COPY", action::file_write},   {"_N_F_RENA", action::file_write},
    {"_N_F_MOVE", action::file_write},   {"_N_F_XFER", action::file_write},   {"_N_F_OPEN", action::file_read},
    {"_N_F_OPER", action::file_read},    {"_N_SELECT", action::control},      {"_N_ASUP__", action::control},
    {"_N_CANCEL", action::control},
};

struct reason_row {
  std::uint16_t code;
  std::string_view name;
};
constexpr reason_row reasons[] = {
    {0x0110, "invalid_block_number"},
    {0x0114, "block_not_found"},
    {0x0115, "block_exists"},
    {0x0116, "block_write_protected"},
    {0x0119, "wrong_password"},
    {0x8001, "block_state"},
    {0x8100, "unknown_service"},
    {0x8104, "not_implemented"},
    {0x8301, "no_memory"},
    {0x8304, "no_resources"},
    {0x8305, "function_not_available"},
    {0x8401, "service_sequence"},
    {0x8402, "object_state"},
    {0x8404, "cannot_be_performed"},
    {0x8500, "wrong_frame"},
    {0x8503, "cancelled"},
    {0x8701, "address"},
    {0x8702, "not_supported"},
    {0x8703, "access_refused"},
    {0xd041, "illegal_szl_id"},
    {0xd081, "not_in_this_mode"},
    {0xd0a1, "protection_level"},
    {0xd201, "block_name"},
    {0xd202, "parameters"},
    {0xd209, "block_not_found"},
    {0xd20e, "no_block"},
    {0xd210, "invalid_block_number"},
    {0xd216, "invalid_program"},
    {0xd240, "coordination"},
    {0xd241, "protection_level"},
    {0xd242, "protection_violation"},
    {0xd401, "not_available"},
    {0xd402, "not_available"},
    {0xd405, "not_supported"},
    {0xd601, "parameters"},
    {0xd602, "wrong_password"},
    {0xd603, "already_legitimate"},
    {0xd604, "already_enabled"},
    {0xd605, "no_password_set"},
    {0xd801, "address"},
    {0xd802, "no_such_job"},
    {0xdc01, "invalid_time"},
};

constexpr std::array<std::string_view, 16> block_types = {"",   "",     "",   "",    "",   "",    "",   "",
                                                          "OB", "CMOD", "DB", "SDB", "FC", "SFC", "FB", "SFB"};

constexpr std::array<std::string_view, 16> szl_modes = {"",    "stop", "stop", "stop",    "stop",   "startup",   "startup",      "startup",
                                                        "run", "run",  "hold", "link_up", "update", "defective", "error_search", "off"};

int digit(std::uint8_t c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

}  // namespace

meaning meaning_of_job(std::uint8_t function) {
  for (const auto& row : jobs)
    if (row.function == function) return row.means;
  return {};
}

meaning meaning_of_userdata(std::uint8_t g, std::uint8_t function, way w) {
  meaning m{"", group_action(g)};
  for (const auto& row : functions)
    if (row.group == g && row.function == function) m = row.means;
  if (g == group::mode) m.name = "mode_transition";
  if (g == group::send) m.name = "bsend";
  if (w == way::indication && g != group::mode && m.action != action::alarm) m.action = action::report;
  return m;
}

action action_of_service(std::string_view service) {
  for (const auto& row : services)
    if (row.name == service) return row.action;
  return action::configure;
}
bool service_has_password(std::string_view service) { return service == "_N_LOGIN_"; }

std::string_view reason_of(std::uint16_t code) {
  for (const auto& row : reasons)
    if (row.code == code) return row.name;
  return {};
}

std::string_view block_type(std::uint8_t type) { return type < block_types.size() ? block_types[type] : std::string_view{}; }

std::string_view block_type(bytes type) {
  if (type.size() != 2 || type[0] != '0') return {};
  const int low = digit(type[1]);
  return low < 0 ? std::string_view{} : block_type(static_cast<std::uint8_t>(low));
}

std::string block_name(bytes type, bytes number) {
  const auto name = block_type(type);
  if (name.empty() || number.empty() || number.size() > 5) return {};
  unsigned n = 0;
  for (const auto c : number) {
    const int d = digit(c);
    if (d < 0 || d > 9) return {};
    n = n * 10 + static_cast<unsigned>(d);
  }
  return std::string{name} + std::to_string(n);
}

std::string_view mode_in_szl(std::uint8_t mode) { return szl_modes[mode & 0x0f]; }

std::string_view mode_in_transition(std::uint8_t mode) {
  switch (mode) {
    case 0: return "stop";
    case 1:
    case 3:
    case 6: return "startup";  // warm, hot, cold restart
    case 2:
    case 9: return "run";
    case 4: return "hold";
    case 11: return "link_up";
    case 12: return "update";
    default: return {};
  }
}

std::string_view mode_after_event(std::uint16_t event) {
  switch (event) {
    case 0x4301: return "startup";
    case 0x4302: return "run";
    case 0x4303:
    case 0x4304:
    case 0x430a:
    case 0x430d:
    case 0x430f: return "stop";
    case 0x4305: return "hold";
    default: return (event & 0xff00) == 0x4500 && event != 0x4520 ? std::string_view{"stop"} : std::string_view{};
  }
}

std::string clock_text(reader& in, bool ten) {
  if (ten) in.skip(2);             // reserved, and a century that some controllers fill with 19 in every year
  std::array<unsigned, 7> part{};  // year, month, day, hour, minute, second, hundredths
  bool decimal = true;
  for (auto& p : part) {
    const auto b = in.u8();
    decimal = decimal && (b >> 4) < 10 && (b & 0x0f) < 10;
    p = (b >> 4) * 10u + (b & 0x0fu);
  }
  const auto last = static_cast<unsigned>(in.u8() >> 4);
  if (!in.ok() || !decimal || last > 9 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31) return {};
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  // the year has two digits: 90 to 99 are of the last century, as in DATE_AND_TIME
  return std::to_string(part[0] < 90 ? 2000 + part[0] : 1900 + part[0]) + '-' + two(part[1]) + '-' + two(part[2]) + 'T' + two(part[3]) +
         ':' + two(part[4]) + ':' + two(part[5]) + '.' + two(part[6]) + std::to_string(last);
}

}  // namespace mw::s7comm
