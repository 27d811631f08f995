// What an SNMP agent says that it is.
#include "sensor/dissect/snmp_identity.hpp"

#include "common/net.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mw::snmp {
namespace {

constexpr std::string_view system_group = "1.3.6.1.2.1.1.", uptime = "1.3.6.1.2.1.1.3", enterprises = "1.3.6.1.4.1.",
                           physical = "1.3.6.1.2.1.47.1.1.1.1.";
constexpr std::pair<std::string_view, std::string_view> of_system[] = {
    {"1.0", "description"}, {"2.0", "object_id"}, {"4.0", "contact"}, {"5.0", "host_name"}, {"6.0", "location"}};
/// Columns of entPhysicalTable.
constexpr std::pair<std::string_view, std::string_view> of_entity[] = {{"2", "module"},    {"8", "hardware"}, {"9", "firmware"},
                                                                       {"10", "software"}, {"11", "serial"},  {"12", "vendor"},
                                                                       {"13", "model"},    {"15", "asset_id"}};

/// IANA, Private Enterprise Numbers: makers of what stands in plants and their networks.
constexpr std::pair<std::uint32_t, std::string_view> vendors[] = {
    {2, "IBM"},
    {9, "Cisco"},
    {11, "Hewlett-Packard"},
    {95, "Rockwell Automation"},
    {171, "D-Link"},
    {207, "Allied Telesis"},
    {248, "Hirschmann"},
    {311, "Microsoft"},
    {318, "APC"},
    {343, "Intel"},
    {476, "Vertiv"},
    {534, "Eaton"},
    {674, "Dell"},
    {705, "Merlin Gerin"},
    {850, "Tripp Lite"},
    {890, "ZyXEL"},
    {1588, "Brocade"},
    {1916, "Extreme Networks"},
    {1991, "Brocade"},
    {2011, "Huawei"},
    {2606, "Rittal"},
    {2636, "Juniper Networks"},
    {3375, "F5"},
    {3808, "Cyber Power"},
    {3833, "Schneider Electric"},
    {4196, "Siemens"},
    {4329, "Siemens"},
    {4346, "Phoenix Contact"},
    {4526, "Netgear"},
    {6876, "VMware"},
    {8691, "Moxa"},
    {12356, "Fortinet"},
    {13576, "WAGO"},
    {14988, "MikroTik"},
    {15004, "RuggedCom"},
    {16177, "Westermo"},
    {25461, "Palo Alto Networks"},
    {25506, "H3C"},
    {30065, "Arista Networks"},
    {41112, "Ubiquiti"},
};

template <class Table>
std::string_view look_up(const Table& table, std::string_view key) {
  const auto at = std::ranges::find(table, key, [](const auto& p) { return p.first; });
  return at != std::end(table) ? at->second : std::string_view{};
}

}  // namespace

std::optional<subject> subject_of(std::string_view oid) {
  if (oid.starts_with(system_group)) {
    const auto kind = look_up(of_system, oid.substr(system_group.size()));
    if (kind.empty()) return {};
    return subject{kind, {}};
  }
  if (!oid.starts_with(physical)) return {};
  const auto column = oid.substr(physical.size());
  const auto dot = column.find('.');
  if (dot == std::string_view::npos) return {};
  const auto kind = look_up(of_entity, column.substr(0, dot));
  const auto index = column.substr(dot + 1);
  if (kind.empty() || index.empty() || index.find('.') != std::string_view::npos) return {};
  return subject{kind, index == "1" ? std::string{} : std::string{index}, true};
}

bool is_identity(std::string_view oid) { return (oid.starts_with(system_group) && !oid.starts_with(uptime)) || oid.starts_with(physical); }

std::string_view vendor_of(std::uint32_t enterprise) {
  const auto at = std::ranges::find(vendors, enterprise, &std::pair<std::uint32_t, std::string_view>::first);
  return at != std::end(vendors) ? at->second : std::string_view{};
}

std::uint32_t enterprise_in(std::string_view oid) {
  if (!oid.starts_with(enterprises)) return 0;
  const auto rest = oid.substr(enterprises.size());
  const auto arc = rest.substr(0, rest.find('.'));
  std::uint32_t n = 0;
  std::from_chars(arc.data(), std::next(arc.data(), static_cast<std::ptrdiff_t>(arc.size())), n);
  return n;
}

/// RFC 3411, 5, SnmpEngineID: an enterprise with its high bit set, then what the rest is made from.
engine_name read_engine(bytes id) {
  engine_name e;
  if (id.empty() || id.size() > 32) return e;
  e.text = hex(id).substr(2);
  reader in{id};
  const auto enterprise = in.u32();
  if (!in.ok()) return e;
  e.enterprise = enterprise & 0x7fffffffu;
  if ((enterprise & 0x80000000u) == 0) return e;
  constexpr std::uint8_t by_mac = 3;
  const bool is_mac = in.u8() == by_mac;
  // Cisco puts one octet, the kind of entity, in front of the address
  if (in.left() == 7) in.skip(1);
  if (!is_mac || in.left() != 6) return e;
  mac m;
  std::ranges::copy(in.rest(), m.octets.begin());
  if (!m.is_none() && !m.is_group()) e.hardware = to_string(m);
  return e;
}

std::string_view part_of(std::string_view description, std::string_view key) {
  const auto at = description.find(key);
  if (at == std::string_view::npos) return {};
  auto part = description.substr(at + key.size());
  constexpr std::string_view word = "Version ";
  if (part.starts_with(word)) part.remove_prefix(word.size());
  return part.substr(0, part.find(','));
}

}  // namespace mw::snmp
