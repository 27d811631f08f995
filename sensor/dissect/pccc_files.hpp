// Data tables of Allen-Bradley controllers: how their files are addressed and what their elements hold (Rockwell Automation
// 1770-6.5.16, chapter 13).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mw::pccc {

inline constexpr std::size_t most_values = 512;  ///< a command carries at most 255 octets

/// The address of a protected typed logical command: size, file, type, element and, in the longer form, sub-element.
struct logical_address {
  std::uint8_t size = 0;  ///< octets to read or write
  std::uint16_t file = 0, element = 0, sub_element = 0;
  std::uint8_t type = 0;
};
logical_address read_logical_address(reader& in, bool with_sub_element);
object to_object(const logical_address& a);  ///< "N7:0", "T4:1.ACC"; "0x3f/2:0" where the type has no letter

/// A PLC-5 system address, logical binary or logical ASCII: "7:0", "N7:0".
object read_system_address(reader& in);

/// Elements of a file of this type, to the end of `in`.
void read_elements(std::uint8_t type, std::uint16_t sub_element, reader& in, std::vector<value>& out);
/// PLC-5 typed data: a flag octet says what follows. False where it is cut.
bool read_typed(reader& in, std::vector<value>& out);
void read_words(reader& in, std::vector<value>& out);

}  // namespace mw::pccc
