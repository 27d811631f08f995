// What the numbers of PROFINET mean (IEC 61158-6-10): vendors, alarms, errors, records. Shared by the dissectors of its parts.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mw::profinet {

/// The four octets with which every service of PROFINET IO says how it went.
struct status {
  std::uint8_t code = 0, decode = 0, code1 = 0, code2 = 0;
  bool good() const { return code == 0 && decode == 0 && code1 == 0 && code2 == 0; }
  std::uint32_t number() const {
    return static_cast<std::uint32_t>(code) << 24 | static_cast<std::uint32_t>(decode) << 16 | static_cast<std::uint32_t>(code1) << 8 |
           code2;
  }
};
status status_of(std::uint32_t number);
/// "iod_write_response: pnio: cm_rpc 1"; of an aborted relation the reason stands in words.
std::string to_text(const status& s);

/// Empty where the vendor is not in the table.
std::string_view vendor_name(std::uint16_t id);
std::string_view alarm_name(std::uint16_t type);
std::string_view channel_error_name(std::uint16_t type);
/// Of a record that is read or written: "im0", "diagnosis", "multiple_write", …; "record" where the device's own.
std::string record_name(std::uint16_t index);

std::string hex16(std::uint16_t v);  ///< "0x8000"
std::string hex32(std::uint32_t v);  ///< "0x00000001"
mac read_mac(reader& in);
ip read_ip4(reader& in);
std::string read_uuid(reader& in);  ///< big-endian, as PROFINET's own blocks hold it
bool is_host(const ip& a);          ///< an address that one machine can have

}  // namespace mw::profinet
