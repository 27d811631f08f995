// Management of PTP clocks (IEEE 1588-2019, clause 15): what is read, set and commanded, and what a clock says that it is.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/ptp_message.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mw::ptp {

/// Clause 15.4.1.6.
enum class act : std::uint8_t { get = 0, set = 1, response = 2, command = 3, acknowledge = 4 };

struct managed {
  port_identity target;
  act what = act::get;
  std::uint16_t id = 0;
  bytes data;
  std::optional<std::uint16_t> error;  ///< clause 15.5.4.2
};
/// What follows the header; nothing where it is no management message.
std::optional<managed> read_managed(reader& in);

std::string_view management_name(std::uint16_t id);
std::string_view error_name(std::uint16_t error);
action action_of(const managed& m);

/// Kinds and values of facts in a description of a clock.
std::vector<std::pair<std::string_view, std::string>> read_description(bytes data);

}  // namespace mw::ptp
