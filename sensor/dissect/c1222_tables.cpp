// Tables and procedures of ANSI C12.19-2008 (decades 0 and 4, clause 9 and annex).
#include "sensor/dissect/c1222_tables.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::c1222 {
namespace {

constexpr std::uint16_t number_bits = 0x07ff, manufacturer_bit = 0x0800, pending_bit = 0x1000;
constexpr std::uint16_t manufacturer_identity = 1, device_identity = 5, procedure_start = 7, security_table = 42, key_table = 45;
constexpr std::size_t longest_parameters = 256;

struct procedure {
  std::string_view name;
  mw::action what;
  bool secret = false;
};
constexpr std::array<procedure, 22> procedures{{
    {"cold_start", action::restart},
    {"warm_start", action::restart},
    {"save_configuration", action::configure},
    {"clear_data", action::control},
    {"reset_list_pointers", action::control},
    {"update_last_read_entry", action::control},
    {"change_end_device_mode", action::mode_change},
    {"clear_standard_status_flags", action::control},
    {"clear_manufacturer_status_flags", action::control},
    {"remote_reset", action::control},
    {"set_date_or_time", action::time_sync},
    {"execute_diagnostics", action::diagnose},
    {"activate_all_pending_tables", action::configure},
    {"activate_specific_pending_table", action::configure},
    {"clear_all_pending_tables", action::configure},
    {"clear_specific_pending_table", action::configure},
    {"start_load_profile", action::control},
    {"stop_load_profile", action::control},
    {"log_in", action::authenticate, true},
    {"log_out", action::session},
    {"initiate_immediate_call", action::control},
    {"direct_load_control", action::control},
}};

}  // namespace

std::string table_name(std::uint16_t table) {
  std::string out = (table & pending_bit) != 0 ? "P" : "";
  return (out += (table & manufacturer_bit) != 0 ? "MT-" : "ST-") += std::to_string(table & number_bits);
}

bool is_secret(std::uint16_t table) {
  const auto standard = (table & manufacturer_bit) == 0;
  const auto number = table & number_bits;
  // what starts a procedure may be a log-in, read back or written in parts
  return standard && (number == procedure_start || number == security_table || number == key_table);
}

bool is_procedure(std::uint16_t table) { return (table & (manufacturer_bit | number_bits)) == procedure_start; }

void read_procedure(bytes data, operation& op) {
  reader in{data};
  const auto first = in.u8(), second = in.u8();
  const auto sequence = in.u8();
  if (!in.ok()) return;
  // most meters write the least octet first; where that gives no procedure but the other order does, it is the other
  const auto least_first = static_cast<std::uint16_t>(second << 8 | first), most_first = static_cast<std::uint16_t>(first << 8 | second);
  const auto is_known = [](std::uint16_t id) { return (id & manufacturer_bit) == 0 && (id & number_bits) < procedures.size(); };
  const auto id = !is_known(least_first) && most_first < procedures.size() ? most_first : least_first;
  const std::size_t number = id & number_bits;
  const bool standard = (id & manufacturer_bit) == 0;
  // the parameters of a procedure that is not known may be a password
  const auto about = is_known(id) ? procedures.at(number) : procedure{standard ? "unknown" : "manufacturer", action::control, true};
  op.action = about.what;
  op.fields.emplace_back("procedure", (standard ? "SF-" : "MF-") + std::to_string(number));
  op.fields.emplace_back("procedure_name", std::string{about.name});
  op.fields.emplace_back("sequence", std::uint64_t{sequence});
  if (about.secret)
    op.fields.emplace_back("secret_left_out", true);
  else if (in.left() != 0)
    op.values.emplace_back(hex(in.rest(), longest_parameters));
}

void read_identity(std::uint16_t table, bytes data, std::vector<finding>& findings) {
  reader in{data};
  const auto add = [&](std::string_view kind, std::string value) {
    if (!value.empty() && value.find('?') == std::string::npos) findings.push_back({kind, std::move(value)});
  };
  if (table == device_identity) {
    if (is_text(data)) add("asset_id", printable(data));
    return;
  }
  if (table != manufacturer_identity) return;
  const auto vendor = in.take(4), model = in.take(8), versions = in.take(4), serial = in.take(16);
  if (!in.ok() || !is_text(vendor)) return;
  const auto version = [&](std::size_t i) { return std::to_string(versions[i]) + '.' + std::to_string(versions[i + 1]); };
  add("vendor", printable(vendor));
  add("model", printable(model));
  add("hardware", version(0));
  add("firmware", version(2));
  add("serial", printable(serial));
}

}  // namespace mw::c1222
