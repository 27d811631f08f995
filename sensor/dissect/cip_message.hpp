// One service of CIP, asked and answered: message router requests and responses without their wrappers (CIP Specification
// Volume 1, 2-4).
#pragma once
#include "sensor/dissect/cip_connection.hpp"
#include "sensor/dissect/cip_identity.hpp"
#include "sensor/dissect/cip_path.hpp"
#include "sensor/dissect/pccc.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mw::cip {

/// What the reading of an answer needs of its request.
struct asked {
  std::uint8_t service = 0;
  path where;
  std::vector<std::uint16_t> attributes;  ///< of an attribute list
  std::optional<pccc::asked> pccc;
  std::optional<forward_open> opens;
  std::optional<connection_name> closes;
  bool wrapped = false;  ///< came in an Unconnected Send
  bool grouped = false;  ///< came in a Multiple Service Packet
};
/// What an answer told beside its operation.
struct told {
  std::optional<identity> device;
  std::vector<pccc::finding> controller;
  std::optional<forward_open> opened;
};
/// The head of a response.
struct response_head {
  std::uint8_t service = 0, status = 0;
  std::vector<std::uint16_t> extended;
};
response_head read_response_head(reader& in);
inline constexpr std::uint8_t partial_transfer = 6;  ///< a general status that is no failure: there is more to fetch
constexpr bool is_failure(std::uint8_t status) { return status != 0 && status != partial_transfer; }

/// Fills the operation of a request whose path was read; false where the service's own data are cut.
bool read_request_data(reader& in, operation& op, asked& a);
/// Completes the operation with its response; `a` is unknown where the request was not seen. Sets the outcome. False where
/// the data are cut.
bool read_response_data(const response_head& head, reader& in, const asked* a, operation& op, told& news);

}  // namespace mw::cip
