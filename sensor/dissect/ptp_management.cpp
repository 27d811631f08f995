// Management of PTP clocks.
#include "sensor/dissect/ptp_management.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::ptp {
namespace {

enum id : std::uint16_t { clock_description = 0x0001, initialize = 0x0005, time = 0x200f };

/// Table 59 (and table 40 of the edition of 2008).
constexpr std::pair<std::uint16_t, std::string_view> ids[] = {
    {0x0000, "null"},
    {0x0001, "clock_description"},
    {0x0002, "user_description"},
    {0x0003, "save_in_non_volatile_storage"},
    {0x0004, "reset_non_volatile_storage"},
    {0x0005, "initialize"},
    {0x0006, "fault_log"},
    {0x0007, "fault_log_reset"},
    {0x2000, "default_data_set"},
    {0x2001, "current_data_set"},
    {0x2002, "parent_data_set"},
    {0x2003, "time_properties_data_set"},
    {0x2004, "port_data_set"},
    {0x2005, "priority1"},
    {0x2006, "priority2"},
    {0x2007, "domain"},
    {0x2008, "slave_only"},
    {0x2009, "log_announce_interval"},
    {0x200a, "announce_receipt_timeout"},
    {0x200b, "log_sync_interval"},
    {0x200c, "version_number"},
    {0x200d, "enable_port"},
    {0x200e, "disable_port"},
    {0x200f, "time"},
    {0x2010, "clock_accuracy"},
    {0x2011, "utc_properties"},
    {0x2012, "traceability_properties"},
    {0x2013, "timescale_properties"},
    {0x2014, "unicast_negotiation_enable"},
    {0x2015, "path_trace_list"},
    {0x2016, "path_trace_enable"},
    {0x2017, "grandmaster_cluster_table"},
    {0x2018, "unicast_master_table"},
    {0x2019, "unicast_master_max_table_size"},
    {0x201a, "acceptable_master_table"},
    {0x201b, "acceptable_master_table_enabled"},
    {0x201c, "acceptable_master_max_table_size"},
    {0x201d, "alternate_master"},
    {0x201e, "alternate_time_offset_enable"},
    {0x201f, "alternate_time_offset_name"},
    {0x2020, "alternate_time_offset_max_key"},
    {0x2021, "alternate_time_offset_properties"},
    {0x3000, "external_port_configuration_enabled"},
    {0x3001, "master_only"},
    {0x3002, "holdover_upgrade_enable"},
    {0x3003, "ext_port_config_port_data_set"},
    {0x4000, "transparent_clock_default_data_set"},
    {0x4001, "transparent_clock_port_data_set"},
    {0x4002, "primary_domain"},
    {0x6000, "delay_mechanism"},
    {0x6001, "log_min_pdelay_req_interval"},
};
constexpr std::array<std::string_view, 7> errors{"unknown",     "response_too_big", "no_such_id",   "wrong_length",
                                                 "wrong_value", "not_setable",      "not_supported"};
constexpr std::uint16_t general_error = 0xfffe;

/// PTPText: its length, then UTF-8.
std::string read_text(reader& in) { return printable(in.take(in.u8())); }

/// "maker;model;instance" and the like: what stands between the semicolons.
std::array<std::string, 3> split(const std::string& text) {
  std::array<std::string, 3> out;
  std::string_view rest{text};
  for (auto& part : out) {
    const auto end = std::min(rest.find(';'), rest.size());
    part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::optional<managed> read_managed(reader& in) {
  managed m;
  m.target = read_port(in);
  in.skip(2);  // boundary hops
  const auto what = in.u8() & 15;
  in.skip(1);
  const auto t = read_tlv(in);
  if (!in.ok() || what > static_cast<int>(act::acknowledge)) return {};
  m.what = static_cast<act>(what);
  reader value{t.value};
  if (t.type == management_error) m.error = value.u16();
  if (t.type != management_tlv && t.type != management_error) return {};
  m.id = value.u16();
  if (!value.ok()) return {};
  m.data = value.rest();
  return m;
}

std::string_view management_name(std::uint16_t id) {
  const auto at = std::ranges::find(ids, id, &std::pair<std::uint16_t, std::string_view>::first);
  return at != std::end(ids) ? at->second : "unknown";
}
std::string_view error_name(std::uint16_t error) {
  return error == general_error ? "general_error" : error < errors.size() ? errors.at(error) : "unknown";
}

action action_of(const managed& m) {
  switch (m.what) {
    case act::get: return m.id == clock_description ? action::identify : action::read;
    case act::set: return m.id == time ? action::time_sync : action::configure;
    case act::command: return m.id == initialize ? action::restart : action::configure;
    case act::response:
    case act::acknowledge: break;
  }
  return action::report;
}

/// Clause 15.5.3.1.2.
std::vector<std::pair<std::string_view, std::string>> read_description(bytes data) {
  reader in{data};
  in.skip(2);           // kinds of clock
  (void)read_text(in);  // physical layer
  in.skip(in.u16());    // physical address
  in.skip(2);           // network protocol
  in.skip(in.u16());    // protocol address
  in.skip(4);           // maker's OUI
  const auto product = split(read_text(in)), revision = split(read_text(in)), user = split(read_text(in));
  std::vector<std::pair<std::string_view, std::string>> out;
  if (!in.ok()) return out;
  const std::pair<std::string_view, const std::string&> all[] = {
      {"vendor", product[0]},    {"model", product[1]},     {"serial", product[2]}, {"hardware", revision[0]},
      {"firmware", revision[1]}, {"software", revision[2]}, {"host_name", user[0]}, {"location", user[1]}};
  for (const auto& [kind, value] : all)
    if (!value.empty()) out.emplace_back(kind, value);
  return out;
}

}  // namespace mw::ptp
