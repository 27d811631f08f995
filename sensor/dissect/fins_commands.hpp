// What the numbers of FINS mean: commands, memory areas, end codes (Omron W227, W342, W421).
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::fins {

namespace command {
constexpr std::uint16_t memory_read = 0x0101, memory_write = 0x0102, memory_fill = 0x0103, multiple_read = 0x0104, memory_transfer = 0x0105,
                        parameter_read = 0x0201, parameter_write = 0x0202, parameter_clear = 0x0203, link_table_read = 0x0220,
                        link_table_write = 0x0221, protect = 0x0304, protect_clear = 0x0305, program_read = 0x0306, program_write = 0x0307,
                        program_clear = 0x0308, run = 0x0401, stop = 0x0402, reset = 0x0403, controller_data = 0x0501,
                        connection_data = 0x0502, controller_status = 0x0601, network_status = 0x0602, link_status = 0x0603,
                        cycle_time = 0x0620, clock_read = 0x0701, clock_write = 0x0702, loopback = 0x0801, broadcast_results = 0x0802,
                        broadcast_send = 0x0803, messages = 0x0920, access_acquire = 0x0c01, access_force = 0x0c02, access_release = 0x0c03,
                        error_clear = 0x2101, error_log_read = 0x2102, error_log_clear = 0x2103, file_names = 0x2201, file_read = 0x2202,
                        file_write = 0x2203, format = 0x2204, file_delete = 0x2205, volume_label = 0x2206, file_copy = 0x2207,
                        file_rename = 0x2208, file_check = 0x2209, memory_file = 0x220a, parameter_file = 0x220b, program_file = 0x220c,
                        block_index = 0x220f, block_read = 0x2210, block_write = 0x2211, force = 0x2301, force_cancel = 0x2302,
                        force_status = 0x230a, name_set = 0x2601, name_delete = 0x2602, name_read = 0x2603;
}

struct meaning {
  std::string_view name;  ///< "" = unknown
  mw::action action = mw::action::diagnose;
  std::uint16_t shortest = 0;  ///< octets that a request has after the command at the least
};
meaning meaning_of(std::uint16_t command);

/// Octets of one element of an area: a bit comes in one, a word in two, what is longer or says whether it is forced in four.
std::size_t element_size(std::uint8_t area);
/// True where an element is one bit.
bool is_bit(std::uint8_t area);
std::string_view area_name(std::uint8_t area);  ///< "" = unknown

/// Of an end code without its flags; "" = unknown.
std::string_view reason_of(std::uint16_t code);
std::string_view mode_name(std::uint8_t mode);

}  // namespace mw::fins
