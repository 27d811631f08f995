// The rules of inference: the first that holds decides, the strongest evidence first.
#include "analyzer/assets/roles.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <span>

namespace mw {
namespace {

/// Our own names first, then those of nDPI that differ.
constexpr std::string_view industrial[] = {"abb",
                                           "ads",
                                           "bacnet",
                                           "bsap",
                                           "c1222",
                                           "c37118",
                                           "cclink_ie",
                                           "cip",
                                           "cip_io",
                                           "codesys",
                                           "codesys_v2",
                                           "crimson",
                                           "delta_v",
                                           "dlms",
                                           "dnp3",
                                           "doip",
                                           "egd",
                                           "enip",
                                           "ether_sbus",
                                           "ether_sio",
                                           "ethercat",
                                           "ff_hse",
                                           "fins",
                                           "focas",
                                           "fox",
                                           "ge_srtp",
                                           "genisys",
                                           "goose",
                                           "hart_ip",
                                           "hartip",
                                           "iec101",
                                           "iec104",
                                           "knx",
                                           "knxip",
                                           "kuka",
                                           "lontalk",
                                           "melsec",
                                           "melsoft",
                                           "mms",
                                           "modbus",
                                           "modbus_rtu",
                                           "opcua",
                                           "opcua_pubsub",
                                           "pccc",
                                           "powerlink",
                                           "profinet",
                                           "profinet_alarm",
                                           "profinet_cm",
                                           "profinet_dcp",
                                           "profinet_rt",
                                           "roc",
                                           "roc_plus",
                                           "rtps",
                                           "s7comm",
                                           "s7comm_plus",
                                           "s7commplus",
                                           "sel_mirrored_bits",
                                           "suitelink",
                                           "sv",
                                           "synchrophasor",
                                           "tristation",
                                           "uds",
                                           "umas",
                                           "ur_dashboard",
                                           "ur_primary",
                                           "ur_rtde",
                                           "yaskawa"};
/// What any network speaks. Which function of it is new says nothing about a plant.
constexpr std::string_view everyday[] = {"dns", "mdns",   "llmnr",    "nbns", "http", "handle", "ptp",
                                         "tls", "syslog", "kerberos", "ldap", "ssdp", "smtp"};
/// How people and computers log in, move files and give orders to each other.
constexpr std::string_view office[] = {"amqp",   "ftp", "ftp_data", "msrpc", "mssql",  "radius", "rdp",  "rexec",
                                       "rlogin", "rsh", "smb",      "ssh",   "tacacs", "telnet", "tftp", "vnc"};
constexpr std::array<std::string_view, 7> databases{"mssql", "mssql-tds", "mysql", "oracle", "pi", "postgres", "postgresql"};
constexpr std::array<std::string_view, 4> telecontrol{"dnp3", "iec101", "iec104", "synchrophasor"};

constexpr std::uint32_t bit(action a) { return 1u << static_cast<unsigned>(a); }
constexpr std::uint32_t engineering =
    bit(action::program_download) | bit(action::program_upload) | bit(action::firmware) | bit(action::mode_change) | bit(action::force);

bool one_of(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string lower(std::string_view s) {
  std::string out{s};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

struct opinion {
  asset_role role = asset_role::unknown;
  std::uint8_t confidence = 0;
  words why;
};

opinion from_facts(const asset& a) {
  static constexpr std::pair<std::string_view, asset_role> words_of[] = {
      {"router", asset_role::router},         {"switch", asset_role::network_switch},
      {"bridge", asset_role::network_switch}, {"outstation", asset_role::rtu},
      {"master", asset_role::scada},          {"io_device", asset_role::io_device},
      {"io-device", asset_role::io_device},   {"plc", asset_role::plc},
      {"controller", asset_role::plc},        {"hmi", asset_role::hmi}};
  opinion best;  // the surest
  for (const auto& f : a.facts) {
    if ((f.kind != "role" && f.kind != "capability") || f.confidence <= best.confidence) continue;
    const auto v = lower(f.value);
    for (const auto& [part, role] : words_of) {
      if (v.find(part) == std::string::npos) continue;
      best = {role,
              f.confidence,
              {fmt::format("says of itself ({}): {}", f.protocol, f.value), fmt::format("设备自述（{}）：{}", f.protocol, f.value)}};
      break;
    }
  }
  return best;
}

opinion from_services(const asset& a, std::size_t masters_of) {
  const service *serves = nullptr, *asks = nullptr, *engineers = nullptr, *database = nullptr, *serves_it = nullptr, *asks_it = nullptr;
  for (const auto& s : a.services) {
    const bool plant = is_industrial(s.protocol);
    if (plant && s.serves && (!serves || s.count > serves->count)) serves = &s;
    if (plant && !s.serves && (!asks || s.count > asks->count)) asks = &s;
    if (!s.serves && (s.actions & engineering) != 0) engineers = &s;
    if (s.serves && is_database(s.protocol)) database = &s;
    if (!plant && s.serves && !s.protocol.empty()) serves_it = &s;
    if (!plant && !s.serves && !s.protocol.empty()) asks_it = &s;
  }
  if (serves && (!asks || serves->count >= asks->count)) {
    const words why{fmt::format("serves {} on port {}", serves->protocol, serves->port),
                    fmt::format("在端口 {} 提供 {} 服务", serves->port, serves->protocol)};
    const auto sure = static_cast<std::uint8_t>(std::min<std::uint64_t>(90, 60 + serves->count));
    if (serves->protocol == "profinet_dcp" || serves->protocol == "profinet" || serves->protocol == "ethercat")
      return {asset_role::io_device, 60, why};
    if (serves->protocol == "opcua" && database) return {asset_role::historian, 60, why};
    if (serves->protocol == "opcua") return {asset_role::server, 50, why};
    return {one_of(telecontrol, serves->protocol) ? asset_role::rtu : asset_role::plc, sure, why};
  }
  if (asks && (asks->protocol == "goose" || asks->protocol == "sv"))
    return {asset_role::rtu, 60, {fmt::format("publishes {}", asks->protocol), fmt::format("发布 {} 报文", asks->protocol)}};
  if (engineers)
    return {asset_role::engineering_station,
            75,
            {fmt::format("programs or changes controllers over {}", engineers->protocol),
             fmt::format("通过 {} 对控制器编程或改变其状态", engineers->protocol)}};
  if (asks && database)
    return {asset_role::historian,
            70,
            {fmt::format("asks {} and serves {}", asks->protocol, database->protocol),
             fmt::format("采集 {} 数据并提供 {} 服务", asks->protocol, database->protocol)}};
  if (asks && masters_of >= 4)
    return {asset_role::scada,
            70,
            {fmt::format("asks {} servers over {}", masters_of, asks->protocol),
             fmt::format("通过 {1} 访问 {0} 台服务端", masters_of, asks->protocol)}};
  if (asks)
    return {asset_role::hmi,
            55,
            {fmt::format("asks {} of {} servers", asks->protocol, masters_of),
             fmt::format("向 {1} 台服务端请求 {0}", asks->protocol, masters_of)}};
  if (serves_it)
    return {asset_role::server, 50, {fmt::format("serves {}", serves_it->protocol), fmt::format("提供 {} 服务", serves_it->protocol)}};
  if (asks_it)
    return {
        asset_role::workstation, 30, {fmt::format("only asks: {}", asks_it->protocol), fmt::format("仅作为客户端：{}", asks_it->protocol)}};
  return {};
}

}  // namespace

bool is_industrial(std::string_view protocol) { return one_of(industrial, protocol); }
bool is_everyday(std::string_view protocol) { return one_of(everyday, protocol); }
bool is_office(std::string_view protocol) { return one_of(office, protocol); }
bool is_database(std::string_view protocol) { return one_of(databases, protocol); }

double usual_level(asset_role r) {
  switch (r) {
    case asset_role::io_device: return 0;
    case asset_role::plc:
    case asset_role::rtu: return 1;
    case asset_role::hmi:
    case asset_role::scada:
    case asset_role::engineering_station: return 2;
    case asset_role::historian:
    case asset_role::server: return 3;
    case asset_role::workstation: return 4;
    default: return -1;
  }
}

void infer_role(asset& a, std::size_t masters_of) {
  if (a.approved && a.role != asset_role::unknown) return;
  if (a.role == asset_role::router && a.role_confidence == 100) return;  // the addresses behind it decided
  auto best = from_facts(a);
  if (auto seen = from_services(a, masters_of); seen.confidence > best.confidence) best = std::move(seen);
  if (best.role == asset_role::unknown) return;
  a.role = best.role, a.role_confidence = best.confidence, a.level = usual_level(best.role);
  a.reasons = {std::move(best.why)};
}

}  // namespace mw
