// What the numbers of S7comm mean: functions, program services, error codes, block types, operating modes.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string>
#include <string_view>

namespace mw::s7comm {

/// Which way a userdata message goes; the upper two bits of its group octet.
enum class way : std::uint8_t { indication = 0, request = 1, response = 2 };

namespace job {
constexpr std::uint8_t cpu_services = 0x00, read = 0x04, write = 0x05, request_download = 0x1a, download_block = 0x1b,
                       download_ended = 0x1c, start_upload = 0x1d, upload = 0x1e, end_upload = 0x1f, program_service = 0x28, stop = 0x29,
                       setup = 0xf0;
}
namespace group {
constexpr std::uint8_t mode = 0, test = 1, cyclic = 2, block = 3, cpu = 4, security = 5, send = 6, clock = 7, routing = 0x20, nc = 0x3f;
}
/// Subfunctions that are read further than their name.
namespace test {
constexpr std::uint8_t variable_status = 0x02, modify = 0x08, force = 0x09, disable_job = 0x0d, enable_job = 0x0e, delete_job = 0x0f,
                       read_job = 0x11, replace_job = 0x12;
}
namespace cyclic {
constexpr std::uint8_t transfer = 1, unsubscribe = 4, change_driven = 5, modify = 7, read_record = 8;
}
namespace cpu {
constexpr std::uint8_t read_szl = 1, message_service = 2, diagnostic = 3, alarm_8 = 5, notify = 6, lock = 7, unlock = 8, scan = 9,
                       acknowledge = 0x0b, acknowledged = 0x0c, alarm_sq = 0x11, alarm_s = 0x12, query = 0x13, notify_8 = 0x16;
}

struct meaning {
  std::string_view name;  ///< "" = unknown number
  mw::action action = mw::action::diagnose;
};
meaning meaning_of_job(std::uint8_t function);
/// `w`: what the controller pushes is a report, whatever started it.
meaning meaning_of_userdata(std::uint8_t group, std::uint8_t function, way w);
/// Of a program invocation ("P_PROGRAM", "_INSE", "_N_SELECT").
mw::action action_of_service(std::string_view service);
/// True where an argument of the service is a password.
bool service_has_password(std::string_view service);

/// Of an error class and code, or of the error of a userdata answer; "" where it is not a common one.
std::string_view reason_of(std::uint16_t code);

/// "DB10" of the two hex digits of a type and the digits of a number, as file names have them; "" if they are not such.
std::string block_name(bytes type, bytes number);
/// "DB" of "0A"; "" if there is none.
std::string_view block_type(bytes type);
std::string_view block_type(std::uint8_t type);
/// Of the mode number that SZL 0x0424 has, of that in a mode transition, and of a diagnostic event; "" where it says nothing.
std::string_view mode_in_szl(std::uint8_t mode);
std::string_view mode_in_transition(std::uint8_t mode);
std::string_view mode_after_event(std::uint16_t event);

/// A clock value in binary coded decimals ("2014-08-20T11:59:43.912"); ten octets with century, eight without. "" if invalid.
std::string clock_text(reader& in, bool ten);

}  // namespace mw::s7comm
