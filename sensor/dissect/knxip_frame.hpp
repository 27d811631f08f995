// Frames of KNXnet/IP (ISO 22510, EN 13321-2): header, services, endpoints (HPAI), descriptions of devices (DIB).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::knxip {

enum service : std::uint16_t {
  search_request = 0x0201,
  search_response = 0x0202,
  description_request = 0x0203,
  description_response = 0x0204,
  connect_request = 0x0205,
  connect_response = 0x0206,
  state_request = 0x0207,
  state_response = 0x0208,
  disconnect_request = 0x0209,
  disconnect_response = 0x020a,
  search_request_extended = 0x020b,
  search_response_extended = 0x020c,
  configuration_request = 0x0310,
  configuration_ack = 0x0311,
  tunnelling_request = 0x0420,
  tunnelling_ack = 0x0421,
  feature_get = 0x0422,
  feature_response = 0x0423,
  feature_set = 0x0424,
  feature_info = 0x0425,
  routing_indication = 0x0530,
  routing_lost = 0x0531,
  routing_busy = 0x0532,
  routing_system_broadcast = 0x0533,
  diagnostic_request = 0x0740,
  diagnostic_response = 0x0741,
  configure_request = 0x0742,
  reset_request = 0x0743,
  secure_wrapper = 0x0950,
  session_request = 0x0951,
  session_response = 0x0952,
  session_authenticate = 0x0953,
  session_status = 0x0954,
  timer_notify = 0x0955,
};
struct service_info {
  std::uint16_t number;
  std::string_view name;
  action what;
};
const service_info* find_service(std::uint16_t number);

constexpr std::size_t header_size = 6;
struct header {
  std::uint16_t service = 0, length = 0;
};
/// Nothing where it is no header of version 1.0, whole or so far.
std::optional<header> read_header(bytes head);

std::string_view status_name(std::uint8_t status);          ///< of connections, "ok" for 0
std::string_view connection_name(std::uint8_t type);        ///< what a connection is for
std::string_view layer_name(std::uint8_t layer);            ///< of a tunnel
std::string_view feature_name(std::uint8_t feature);        ///< of a tunnel
std::string_view session_status_name(std::uint8_t status);  ///< of a secure session

std::string individual(std::uint16_t address);  ///< "1.1.5"
std::string group(std::uint16_t address);       ///< "1/2/3"

struct endpoint_info {
  std::string text;  ///< "udp 10.0.0.1:3671"
};
/// An endpoint; fails `in` where it is none.
endpoint_info read_endpoint(reader& in);

/// Kind and value of facts.
using described = std::vector<std::pair<std::string_view, std::string>>;
/// The blocks that describe a device, up to the end of `in`. False where a block ends outside.
bool read_description(reader& in, described& d);

}  // namespace mw::knxip
