// The registers of an EtherCAT slave controller (ETG.1000.4, clause 6) and the commands that reach them.
#include "sensor/dissect/ethercat_registers.hpp"

#include <algorithm>
#include <array>

namespace mw::ethercat {
namespace {

constexpr std::array<std::string_view, 15> commands{"nop", "aprd", "apwr", "aprw", "fprd", "fpwr", "fprw", "brd",
                                                    "bwr", "brw",  "lrd",  "lwr",  "lrw",  "armw", "frmw"};
struct area {
  std::uint16_t first, last;
  std::string_view name;
  action writing = action::configure;
  std::uint16_t each = 0;  ///< octets of one of several
};
constexpr std::array areas{
    area{0x0000, 0x0000, "type"},
    area{0x0001, 0x0001, "revision"},
    area{0x0002, 0x0003, "build"},
    area{0x0004, 0x0004, "fmmus_supported"},
    area{0x0005, 0x0005, "sync_managers_supported"},
    area{0x0006, 0x0006, "ram_size"},
    area{0x0007, 0x0007, "port_descriptor"},
    area{0x0008, 0x0009, "features"},
    area{0x0010, 0x0011, "station_address"},
    area{0x0012, 0x0013, "station_alias"},
    area{0x0020, 0x0021, "register_write_protection"},
    area{0x0030, 0x0031, "controller_write_protection"},
    area{0x0040, 0x0040, "reset", action::restart},
    area{0x0041, 0x0041, "reset_pdi", action::restart},
    area{0x0100, 0x0103, "dl_control"},
    area{0x0108, 0x0109, "physical_offset"},
    area{0x0110, 0x0111, "dl_status"},
    area{0x0120, 0x0121, "al_control", action::mode_change},
    area{0x0130, 0x0131, "al_status"},
    area{0x0134, 0x0135, "al_status_code"},
    area{0x0138, 0x0138, "run_led"},
    area{0x0139, 0x0139, "error_led"},
    area{0x0140, 0x0141, "pdi_control"},
    area{0x0150, 0x0153, "pdi_configuration"},
    area{0x0200, 0x0201, "event_mask"},
    area{0x0204, 0x0207, "pdi_event_mask"},
    area{0x0210, 0x0211, "event_request"},
    area{0x0220, 0x0223, "pdi_event_request"},
    area{0x0300, 0x0307, "receive_errors", action::diagnose},
    area{0x0308, 0x030b, "forwarded_errors", action::diagnose},
    area{0x030c, 0x030c, "processing_unit_errors", action::diagnose},
    area{0x030d, 0x030d, "pdi_errors", action::diagnose},
    area{0x0310, 0x0313, "lost_links", action::diagnose},
    area{0x0400, 0x0401, "watchdog_divider"},
    area{0x0410, 0x0411, "watchdog_pdi"},
    area{0x0420, 0x0421, "watchdog_process_data"},
    area{0x0440, 0x0441, "watchdog_status"},
    area{0x0442, 0x0443, "watchdog_counter", action::diagnose},
    area{0x0500, 0x0501, "eeprom_configuration"},
    area{0x0502, 0x0503, "eeprom_control"},
    area{0x0504, 0x0507, "eeprom_address"},
    area{0x0508, 0x050f, "eeprom_data"},
    area{0x0510, 0x0511, "mii_control"},
    area{0x0512, 0x0512, "mii_phy_address"},
    area{0x0513, 0x0513, "mii_phy_register"},
    area{0x0514, 0x0517, "mii_phy_data"},
    area{0x0600, 0x06ff, "fmmu", action::configure, 16},
    area{0x0800, 0x087f, "sync_manager", action::configure, 8},
    area{0x0900, 0x090f, "dc_receive_time", action::time_sync},
    area{0x0910, 0x0917, "dc_system_time", action::time_sync},
    area{0x0918, 0x091f, "dc_receive_time_unit", action::time_sync},
    area{0x0920, 0x0927, "dc_system_time_offset", action::time_sync},
    area{0x0928, 0x092b, "dc_system_time_delay", action::time_sync},
    area{0x092c, 0x092f, "dc_system_time_difference", action::time_sync},
    area{0x0930, 0x0935, "dc_speed_counter", action::time_sync},
    area{0x0980, 0x0981, "dc_activation", action::time_sync},
    area{0x0982, 0x0983, "dc_pulse_length", action::time_sync},
    area{0x0990, 0x0997, "dc_start_time", action::time_sync},
    area{0x09a0, 0x09a7, "dc_sync_cycle", action::time_sync},
    area{0x0900, 0x09ff, "distributed_clock", action::time_sync},
    area{0x0e00, 0x0eff, "controller_specific"},
    area{0x0f00, 0x0f1f, "digital_io", action::write},
    area{0x0f80, 0x0fff, "user_memory", action::write},
    area{0x1000, 0xffff, "process_memory", action::write},
};
const area* find(std::uint16_t offset) {
  const auto it = std::ranges::find_if(areas, [&](const area& a) { return offset >= a.first && offset <= a.last; });
  return it == areas.end() ? nullptr : &*it;
}

struct vendor {
  std::uint32_t id;
  std::string_view name;
};
constexpr std::array vendors{vendor{0x02, "Beckhoff"}, vendor{0x1b, "HMS"},      vendor{0x44, "Hilscher"}, vendor{0xab, "Copley"},
                             vendor{0xfb, "maxon"},    vendor{0xfe, "Precitec"}, vendor{0x569, "KUNBUS"},  vendor{0x02000089, "Parker"}};

}  // namespace

std::string_view command_name(std::uint8_t c) { return c < commands.size() ? commands[c] : std::string_view{}; }

std::string register_name(std::uint16_t offset) {
  const auto* a = find(offset);
  if (a == nullptr) return "reserved";
  std::string out{a->name};
  if (a->each != 0) out += '_' + std::to_string((offset - a->first) / a->each);
  return out;
}
action meaning_of_write(std::uint16_t offset) {
  const auto* a = find(offset);
  return a == nullptr ? action::configure : a->writing;
}

std::string al_state_name(std::uint16_t word) {
  constexpr std::array<std::string_view, 9> states{"", "init", "pre_operational", "bootstrap", "safe_operational", "",
                                                   "", "",     "operational"};
  const auto state = static_cast<std::size_t>(word & 15);
  return state < states.size() && !states[state].empty() ? std::string{states[state]} : "mixed";
}
std::string_view vendor_name(std::uint32_t id) {
  const auto it = std::ranges::find(vendors, id, &vendor::id);
  return it == vendors.end() ? std::string_view{} : it->name;
}

std::string hex_text(std::uint32_t v, int digits) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += letters[v >> shift & 15];
  return out;
}

}  // namespace mw::ethercat
