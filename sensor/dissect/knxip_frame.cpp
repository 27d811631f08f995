// Frames of KNXnet/IP: services and their names, endpoints, descriptions of devices.
#include "sensor/dissect/knxip_frame.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::knxip {
namespace {

constexpr std::array services{
    service_info{search_request, "search_request", action::identify},
    service_info{search_response, "search_response", action::identify},
    service_info{description_request, "description_request", action::identify},
    service_info{description_response, "description_response", action::identify},
    service_info{connect_request, "connect_request", action::session},
    service_info{connect_response, "connect_response", action::session},
    service_info{state_request, "connection_state_request", action::session},
    service_info{state_response, "connection_state_response", action::session},
    service_info{disconnect_request, "disconnect_request", action::session},
    service_info{disconnect_response, "disconnect_response", action::session},
    service_info{search_request_extended, "search_request_extended", action::identify},
    service_info{search_response_extended, "search_response_extended", action::identify},
    service_info{configuration_request, "device_configuration_request", action::read},
    service_info{configuration_ack, "device_configuration_ack", action::read},
    service_info{tunnelling_request, "tunnelling_request", action::read},
    service_info{tunnelling_ack, "tunnelling_ack", action::read},
    service_info{feature_get, "tunnelling_feature_get", action::read},
    service_info{feature_response, "tunnelling_feature_response", action::read},
    service_info{feature_set, "tunnelling_feature_set", action::configure},
    service_info{feature_info, "tunnelling_feature_info", action::report},
    service_info{routing_indication, "routing_indication", action::report},
    service_info{routing_lost, "routing_lost_message", action::alarm},
    service_info{routing_busy, "routing_busy", action::report},
    service_info{routing_system_broadcast, "routing_system_broadcast", action::report},
    service_info{diagnostic_request, "remote_diagnostic_request", action::diagnose},
    service_info{diagnostic_response, "remote_diagnostic_response", action::diagnose},
    service_info{configure_request, "remote_basic_configuration_request", action::configure},
    service_info{reset_request, "remote_reset_request", action::restart},
    service_info{secure_wrapper, "secure_wrapper", action::session},
    service_info{session_request, "session_request", action::session},
    service_info{session_response, "session_response", action::session},
    service_info{session_authenticate, "session_authenticate", action::authenticate},
    service_info{session_status, "session_status", action::session},
    service_info{timer_notify, "timer_notify", action::session},
};

using names = std::pair<std::uint8_t, std::string_view>;
constexpr names statuses[] = {{0x00, "ok"},
                              {0x01, "host_protocol_type"},
                              {0x02, "version_not_supported"},
                              {0x04, "sequence_number"},
                              {0x0f, "error"},
                              {0x21, "connection_id"},
                              {0x22, "connection_type"},
                              {0x23, "connection_option"},
                              {0x24, "no_more_connections"},
                              {0x25, "no_more_unique_connections"},
                              {0x26, "data_connection"},
                              {0x27, "knx_connection"},
                              {0x28, "authorisation"},
                              {0x29, "tunnelling_layer"},
                              {0x2d, "no_tunnelling_address"},
                              {0x2e, "connection_in_use"}};
constexpr names connections[] = {
    {0x03, "device_management"}, {0x04, "tunnel"}, {0x06, "remote_logging"}, {0x07, "remote_configuration"}, {0x08, "object_server"}};
constexpr names layers[] = {{0x02, "link_layer"}, {0x04, "raw"}, {0x80, "bus_monitor"}};
constexpr names features[] = {{1, "supported_emi_type"}, {2, "device_descriptor"},  {3, "bus_connection_status"},
                              {4, "manufacturer"},       {5, "active_emi_type"},    {6, "individual_address"},
                              {7, "max_apdu_length"},    {8, "info_service_enable"}};
constexpr names session_statuses[] = {
    {0, "authentication_success"}, {1, "authentication_failed"}, {2, "unauthenticated"}, {3, "timeout"}, {4, "keep_alive"}, {5, "close"}};
constexpr names media[] = {{0x01, "TP0"}, {0x02, "TP1"}, {0x04, "PL110"}, {0x08, "PL132"}, {0x10, "RF"}, {0x20, "KNX IP"}};
constexpr names families[] = {{2, "core"},           {3, "device_management"},    {4, "tunnelling"},    {5, "routing"},
                              {6, "remote_logging"}, {7, "remote_configuration"}, {8, "object_server"}, {9, "security"}};

template <class Table>
std::string_view look_up(const Table& table, std::uint8_t key) {
  const auto at = std::ranges::find(table, key, &names::first);
  return at != std::end(table) ? at->second : "unknown";
}

constexpr std::uint8_t device_info = 1, service_families = 2, secured_families = 6, extended_info = 8, maker_data = 0xfe;

std::string mac_text(bytes b) {
  mac m;
  if (b.size() == m.octets.size()) std::ranges::copy(b, m.octets.begin());
  return m.is_none() ? std::string{} : to_string(m);
}

bool read_device(reader& in, described& d) {
  const auto medium = in.u8(), status = in.u8();
  const auto address = in.u16();
  in.skip(2);  // project and installation
  const auto serial = in.take(6);
  in.skip(4);  // group of the routers
  const auto card = in.take(6), name = in.take(30);
  if (!in.ok()) return false;
  d.emplace_back("medium", std::string{look_up(media, medium)});
  d.emplace_back("programming_mode", (status & 1) != 0 ? "true" : "false");
  d.emplace_back("individual_address", individual(address));
  d.emplace_back("serial", hex(serial).substr(2));
  d.emplace_back("mac", mac_text(card));
  d.emplace_back("host_name", printable(name.first(static_cast<std::size_t>(std::ranges::find(name, 0) - name.begin()))));
  return true;
}
std::string read_families(reader& in) {
  std::string out;
  while (in.left() > 1) {
    const auto family = in.u8(), version = in.u8();
    (out += out.empty() ? "" : " ") += std::string{look_up(families, family)} + ':' + std::to_string(version);
  }
  return out;
}

}  // namespace

const service_info* find_service(std::uint16_t number) {
  const auto at = std::ranges::find(services, number, &service_info::number);
  return at != services.end() ? &*at : nullptr;
}

std::optional<header> read_header(bytes head) {
  reader in{head};
  header h;
  if (in.u8() != header_size || in.u8() != 0x10) return {};
  h.service = in.u16(), h.length = in.u16();
  if (!in.ok() || h.length < header_size) return {};
  return h;
}

std::string_view status_name(std::uint8_t status) { return look_up(statuses, status); }
std::string_view connection_name(std::uint8_t type) { return look_up(connections, type); }
std::string_view layer_name(std::uint8_t layer) { return look_up(layers, layer); }
std::string_view feature_name(std::uint8_t feature) { return look_up(features, feature); }
std::string_view session_status_name(std::uint8_t status) { return look_up(session_statuses, status); }

std::string individual(std::uint16_t a) {
  return std::to_string(a >> 12) + '.' + std::to_string(a >> 8 & 15) + '.' + std::to_string(a & 255);
}
std::string group(std::uint16_t a) { return std::to_string(a >> 11) + '/' + std::to_string(a >> 8 & 7) + '/' + std::to_string(a & 255); }

endpoint_info read_endpoint(reader& in) {
  const auto size = in.u8();
  const auto protocol = in.u8();
  const auto a = in.take(4);
  const auto port = in.u16();
  in.expect(size == 8 && (protocol == 1 || protocol == 2), "an endpoint of IPv4");
  if (!in.ok()) return {};
  return {std::string{protocol == 1 ? "udp " : "tcp "} + to_string(ip::v4(a[0], a[1], a[2], a[3])) + ':' + std::to_string(port)};
}

bool read_description(reader& in, described& d) {
  constexpr std::size_t most = 32;
  while (in.left() != 0 && d.size() < most) {
    const auto size = in.u8();
    if (size < 2) return false;
    auto block = in.part(size - std::size_t{1});
    const auto type = block.u8();
    if (!in.ok()) return false;
    switch (type) {
      case device_info:
        if (!read_device(block, d)) return false;
        break;
      case service_families: d.emplace_back("services", read_families(block)); break;
      case secured_families: d.emplace_back("secured_services", read_families(block)); break;
      case extended_info: {
        block.skip(4);
        const auto mask = block.take(2);
        if (block.ok()) d.emplace_back("mask_version", hex(mask).substr(2));
        break;
      }
      case maker_data: {
        const auto maker = block.take(2);
        if (block.ok()) d.emplace_back("manufacturer_id", hex(maker).substr(2));
        break;
      }
      default: break;  // IP configuration, addresses and states of its tunnels
    }
  }
  return true;
}

}  // namespace mw::knxip
