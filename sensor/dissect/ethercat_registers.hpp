// Registers and commands of EtherCAT (IEC 61158-4-12, IEC 61158-6-12, ETG.1000): what a datagram addresses, in words.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::ethercat {

enum command : std::uint8_t { nop, aprd, apwr, aprw, fprd, fpwr, fprw, brd, bwr, brw, lrd, lwr, lrw, armw, frmw };
std::string_view command_name(std::uint8_t c);  ///< "fprd"; empty where it is not assigned
constexpr bool by_position(std::uint8_t c) { return (c >= aprd && c <= aprw) || c == armw; }
constexpr bool by_address(std::uint8_t c) { return (c >= fprd && c <= fprw) || c == frmw; }
constexpr bool to_all(std::uint8_t c) { return c >= brd && c <= brw; }
constexpr bool logical(std::uint8_t c) { return c >= lrd && c <= lrw; }
constexpr bool reads(std::uint8_t c) { return c == aprd || c == fprd || c == brd; }
constexpr bool writes(std::uint8_t c) { return c == apwr || c == aprw || c == fpwr || c == fprw || c == bwr || c == brw; }
/// Of one datagram to one slave; nothing where it depends on how many slaves there are.
constexpr std::optional<std::uint16_t> full_count(std::uint8_t c) {
  if (c == aprw || c == fprw) return std::uint16_t{3};
  if (c == aprd || c == apwr || c == fprd || c == fpwr) return std::uint16_t{1};
  return {};
}

namespace registers {
inline constexpr std::uint16_t type = 0x0000, station_address = 0x0010, reset = 0x0040, al_control = 0x0120, al_status = 0x0130,
                               eeprom_control = 0x0502, eeprom_address = 0x0504, eeprom_data = 0x0508, first_sync_manager = 0x0800,
                               end_sync_manager = 0x0880, first_clock = 0x0900, end_clock = 0x0a00, memory = 0x1000;
}
/// "al_control", "fmmu_2", "process_memory".
std::string register_name(std::uint16_t offset);
/// What writing it does to the plant.
action meaning_of_write(std::uint16_t offset);
std::string al_state_name(std::uint16_t word);                             ///< of AL control or status: "safe_operational"
constexpr bool al_flag(std::uint16_t word) { return (word & 0x10) != 0; }  ///< of status: an error; of control: its acknowledgement
std::string_view vendor_name(std::uint32_t id);                            ///< by ETG; empty where it is not in the table

std::string hex_text(std::uint32_t v, int digits);

}  // namespace mw::ethercat
