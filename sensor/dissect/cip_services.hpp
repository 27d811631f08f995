// What the services of CIP are called and what they mean to the plant (CIP Specification Volume 1, Appendix A and chapter 5).
#pragma once
#include "sensor/dissect/cip_path.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mw::cip {

enum class class_code : std::uint32_t {
  identity = 0x01,
  message_router = 0x02,
  assembly = 0x04,
  connection_manager = 0x06,
  file = 0x37,
  pccc = 0x67,
  symbol = 0x6b,
  symbol_template = 0x6c
};
enum class service : std::uint8_t {
  get_attributes_all = 0x01,
  set_attributes_all = 0x02,
  get_attribute_list = 0x03,
  set_attribute_list = 0x04,
  reset = 0x05,
  multiple_service_packet = 0x0a,
  get_attribute_single = 0x0e,
  set_attribute_single = 0x10,
  execute_pccc = 0x4b,  // class 0x67
  forward_close = 0x4e,
  unconnected_send = 0x52,
  forward_open = 0x54,
  large_forward_open = 0x5b,  // class 6
  read_tag = 0x4c,
  write_tag = 0x4d,
  read_modify_write_tag = 0x4e,
  read_tag_fragmented = 0x52,
  write_tag_fragmented = 0x53,
  get_instance_attribute_list = 0x55
};
inline constexpr std::uint8_t response_bit = 0x80;

constexpr bool is(std::uint8_t code, service s) { return code == static_cast<std::uint8_t>(s); }
constexpr bool is(const std::optional<std::uint32_t>& id, class_code c) { return id == static_cast<std::uint32_t>(c); }

struct meaning {
  std::string_view name;
  action what;
};
/// What a service does to what the path addresses. Where the path was not seen: by the service alone.
meaning describe(std::uint8_t code, const path& p);
std::string_view class_name(std::uint32_t id);  ///< "" where unknown

}  // namespace mw::cip
