// Remote database access of BSAP (Bristol Babcock D4052): signals by name and by address.
#include "sensor/dissect/bsap_rdb.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace mw::bsap {
namespace {

struct row {
  std::uint16_t code;
  std::string_view name;
  action what;
};
constexpr row applications[] = {
    {0x03, "pei_pc", action::session},
    {0x40, "pei_rtu", action::session},
    {0x48, "diagnostics", action::diagnose},
    {0x50, "transmitter_request", action::diagnose},
    {0x51, "transmitter_response", action::report},
    {0x60, "cbo", action::diagnose},
    {0x68, "flash_download", action::firmware},
    {0x6a, "flash_configuration", action::configure},
    {0x70, "command_handler", action::control},
    {0x71, "command_handler_response", action::report},
    {0x78, "download", action::program_download},
    {0x88, "time_sync_and_routing_table", action::time_sync},
    {0x89, "request_time_sync_and_routing_table", action::read},
    {0xa0, "remote_database", action::read},
    {0xa1, "remote_database_extension", action::diagnose},
    {0xa2, "report_by_exception_firmware", action::report},
    {0xa3, "report_by_exception_manager", action::report},
    {0xa8, "alarm_acknowledge", action::alarm},
    {0xa9, "alarm_initialization", action::alarm},
    {0xaa, "alarm_report", action::alarm},
    {0xb0, "peer_to_peer_master", action::write},
    {0xb1, "peer_to_peer_slave", action::report},
    {0xbf, "tunnel", action::diagnose},
};
constexpr row database[] = {
    {0x00, "read_signal_by_address", action::read},      {0x02, "read_logical_by_address", action::read},
    {0x04, "read_signal_by_name", action::read},         {0x06, "read_logical_by_name", action::read},
    {0x0c, "read_signal_by_list_start", action::read},   {0x0d, "read_signal_by_list_continue", action::read},
    {0x0e, "read_logical_by_list_start", action::read},  {0x0f, "read_logical_by_list_continue", action::read},
    {0x80, "write_signal_by_address", action::write},    {0x84, "write_signal_by_name", action::write},
    {0x8c, "write_signal_by_list_start", action::write}, {0x8d, "write_signal_by_list_continue", action::write},
};
constexpr row extensions[] = {
    {0x0101, "reset_system", action::restart},
    {0x0102, "reset_diagnostics", action::configure},
    {0x0201, "read_date_and_time", action::read},
    {0x0202, "read_date", action::read},
    {0x0203, "read_time", action::read},
    {0x0281, "write_date_and_time", action::time_sync},
    {0x0400, "change_node_address", action::configure},
};
constexpr std::uint8_t link_functions[] = {0x81, 0x83, 0x85, 0x86, 0x87, 0x8a, 0x8b, 0x95};
constexpr std::uint8_t read_by_address = 0x00, read_by_name = 0x04, write_by_address = 0x80, write_by_name = 0x84;
constexpr std::uint8_t set_true = 9, set_false = 10, set_analog = 11;
constexpr std::size_t most_signals = 255, longest_name = 64;
constexpr std::uint8_t logical = 0, analog = 2;

template <class Rows>
function find(const Rows& rows, std::uint16_t code) {
  const auto it = std::ranges::find(rows, code, &row::code);
  return it == std::end(rows) ? function{"unknown"} : function{it->name, it->what};
}

selection read_selection(reader& in) {
  constexpr std::uint8_t has_type = 0x80, has_value = 0x40, has_address = 0x10, has_version = 0x01;
  const auto present = in.u8();
  selection s{.known = (present & ~3U) == 0};
  if ((present & 1) != 0) {
    const auto first = in.u8();
    s.type = (first & has_type) != 0, s.value = (first & has_value) != 0, s.address = (first & has_address) != 0;
    s.known = s.known && (first & ~(has_type | has_value | has_address)) == 0 && (s.type || !s.value);
  }
  if ((present & 2) != 0) {
    const auto second = in.u8();
    s.version = (second & has_version) != 0;
    s.known = s.known && (second & ~has_version) == 0;
  }
  return s;
}
std::optional<std::string> read_name(reader& in) {
  std::vector<std::uint8_t> name;
  while (in.left()) {
    const auto c = in.u8();
    if (c == 0) return printable(name);
    if (name.size() >= longest_name) break;
    name.push_back(c);
  }
  return {};
}
void add(operation& op, std::string_view space, std::string address) {
  op.objects.push_back({.space = std::string{space}, .address = std::move(address), .count = 1, .property = {}, .index = {}});
}
/// What is written stands behind a code that says how.
value read_written(reader& in, std::string& codes) {
  const auto code = in.u8();
  (codes += codes.empty() ? "" : " ") += std::to_string(code);
  if (code == set_true || code == set_false) return code == set_true;
  if (code == set_analog) return static_cast<double>(in.f32le());
  return {};
}

bool read_names(reader& in, bool written, operation& op) {
  const auto security = in.u8();
  const std::size_t count = in.u8();
  std::string codes;
  for (std::size_t i = 0; i < count && i < most_signals; ++i) {
    auto name = read_name(in);
    if (!name || name->empty()) return false;
    add(op, "signal", std::move(*name));
    if (written) op.values.push_back(read_written(in, codes));
  }
  if (!in.ok() || in.left() != 0) return false;
  op.fields.emplace_back("security_level", std::uint64_t{security});
  if (written) op.fields.emplace_back("write_codes", codes);
  return true;
}
bool read_addresses(reader& in, bool written, operation& op) {
  const auto version = in.u16le();
  const auto security = in.u8();
  const std::size_t count = in.u8();
  std::string codes;
  for (std::size_t i = 0; i < count; ++i) {
    add(op, "address", std::to_string(in.u16le()));
    if (written) op.values.push_back(read_written(in, codes));
    if (!in.ok()) return false;
  }
  if (!in.ok() || in.left() != 0) return false;
  op.fields.emplace_back("database_version", std::uint64_t{version});
  op.fields.emplace_back("security_level", std::uint64_t{security});
  if (written) op.fields.emplace_back("write_codes", codes);
  return true;
}

}  // namespace

function application_function(std::uint8_t code) { return find(applications, code); }
function database_function(std::uint8_t code) { return find(database, code); }
function extension_function(std::uint16_t code) { return find(extensions, code); }
bool is_link_function(std::uint8_t code) { return std::ranges::find(link_functions, code) != std::end(link_functions); }

selection read_request(std::uint8_t function, bytes data, operation& op) {
  reader in{data};
  selection s;
  bool fits = false;
  switch (function) {
    case read_by_name: s = read_selection(in), fits = read_names(in, false, op); break;
    case read_by_address: s = read_selection(in), fits = read_addresses(in, false, op); break;
    case write_by_name: fits = read_names(in, true, op); break;
    case write_by_address: fits = read_addresses(in, true, op); break;
    default: break;
  }
  if (fits) return s;
  op.objects.clear(), op.values.clear();
  if (!data.empty()) op.fields.emplace_back("data", hex(data, 64));
  return {};
}

std::optional<std::vector<element>> read_elements(const selection& s, std::size_t count, bytes data) {
  if (!s.known) return {};
  std::vector<element> all;
  reader in{data};
  for (std::size_t i = 0; i < count && in.left(); ++i) {
    element e;
    const auto type = s.type ? in.u8() & 3 : logical;
    if (s.value && type == logical) e.now = in.u8() != 0;
    if (s.value && type == analog) e.now = static_cast<double>(in.f32le());
    if (s.value && !e.now) return {};  // text, whose length is not told here
    if (s.address) e.address = in.u16le();
    if (s.version) in.skip(2);
    all.push_back(std::move(e));
  }
  if (!in.ok() || in.left() != 0 || all.size() != count) return {};
  return all;
}

}  // namespace mw::bsap
