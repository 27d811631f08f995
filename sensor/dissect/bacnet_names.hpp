// What the numbers of BACnet (ASHRAE 135) mean: services, messages of the lower layers, types, properties, errors, vendors.
#pragma once
#include "common/record.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace mw::bacnet {

struct service {
  std::string_view name;
  action what = action::diagnose;
};

service confirmed_service(std::uint8_t choice);
service unconfirmed_service(std::uint8_t choice);
service link_function(std::uint8_t function);   ///< BVLC, Annex J
service link6_function(std::uint8_t function);  ///< BVLC, Annex U
service network_message(std::uint8_t type);     ///< clause 6.2.4

// Empty where the standard has not given the number away.
std::string_view object_type_name(std::uint32_t type);
std::string_view property_name(std::uint32_t property);
std::string_view error_class_name(std::uint32_t number);
std::string_view error_code_name(std::uint32_t number);
std::string_view reject_name(std::uint32_t reason);
std::string_view abort_name(std::uint32_t reason);
std::string_view event_type_name(std::uint32_t type);
std::string_view event_state_name(std::uint32_t state);
std::string_view reinitialize_name(std::uint32_t state);
std::string_view communication_name(std::uint32_t state);
std::string_view life_safety_name(std::uint32_t operation);
std::string_view system_status_name(std::uint32_t status);
std::string_view segmentation_name(std::uint32_t support);
std::string_view network_reject_name(std::uint32_t reason);
std::string_view vendor_name(std::uint32_t id);

/// The parts of a list that stands in one literal, so that a long table stays short to read; a hyphen is no name.
template <std::size_t Count>
consteval std::array<std::string_view, Count> split(std::string_view list, char by) {
  std::array<std::string_view, Count> parts{};
  for (std::size_t i = 0; i < Count; ++i) {
    const auto end = list.find(by);
    if ((end == std::string_view::npos) != (i + 1 == Count)) throw "the list has not as many parts as it says";
    const auto part = list.substr(0, end);
    if (part != "-") parts[i] = part;
    if (end != std::string_view::npos) list.remove_prefix(end + 1);
  }
  return parts;
}
inline std::string_view at(std::span<const std::string_view> names, std::uint32_t number) {
  return number < names.size() ? names[number] : std::string_view{};
}

}  // namespace mw::bacnet
