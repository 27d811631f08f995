// The numbers of ADS (Beckhoff Information System, "ADS specification" and "TwinCAT ADS"): commands, index groups, ports, states, errors.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <array>
#include <string>
#include <string_view>

namespace mw::ads {

enum command : std::uint16_t {
  read_device_info = 1,
  read_data,
  write_data,
  read_state,
  write_control,
  add_notification,
  delete_notification,
  notification,
  read_write
};
std::string_view command_name(std::uint16_t c);  ///< empty where it is not assigned

/// Index groups that have a meaning of their own.
namespace groups {
inline constexpr std::uint32_t handle_by_name = 0xf003, value_by_name = 0xf004, value_by_handle = 0xf005, release_handle = 0xf006,
                               info_by_name = 0xf007, info_by_name_ex = 0xf009, sum_read = 0xf080, sum_write = 0xf081,
                               sum_read_write = 0xf082, sum_read_ex = 0xf083, sum_read_ex2 = 0xf084, sum_add_notification = 0xf085,
                               sum_delete_notification = 0xf086;
}
std::string_view group_name(std::uint16_t port, std::uint32_t group);  ///< empty where it is the device's own
/// What a command does to this group; ports of the system service have files and processes behind theirs.
bool names_a_file(std::uint16_t port, std::uint32_t group);
action meaning(std::uint16_t command, std::uint16_t port, std::uint32_t group);
action meaning_of_state(std::uint16_t state);  ///< of write control

std::string_view state_name(std::uint16_t state);
std::string_view port_name(std::uint16_t port);
std::string error_name(std::uint32_t error);

/// An AMS address: whom a message is for behind its IP address.
struct address {
  std::array<std::uint8_t, 6> net{};
  std::uint16_t port = 0;
  friend bool operator==(const address&, const address&) = default;
};
address read_address(reader& in);
std::string net_text(const address& a);   ///< "5.13.117.96.1.1"
std::string to_string(const address& a);  ///< "5.13.117.96.1.1:851"
std::string hex_text(std::uint32_t v, int digits);

}  // namespace mw::ads
