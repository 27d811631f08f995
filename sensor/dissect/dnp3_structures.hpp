// DNP3 objects that are structures of their own: device attributes (group 0), files (70), secure authentication (120);
// IEEE 1815-2012, clause 7 and annex A.
#pragma once
#include "sensor/dissect/dnp3_objects.hpp"

#include <vector>

namespace mw::dnp3 {

/// What kind of identity fact an attribute of set 0 is; "" for none.
std::string_view attribute_fact(std::uint8_t variation);
/// One attribute: text, number, seconds since 1970, or octets in hex.
value read_attribute(reader& in);

/// What the structures of a message say beyond their values.
struct file_notes {
  std::string name;
  std::optional<std::uint32_t> handle;
  std::optional<std::uint16_t> mode;   ///< 1 read, 2 write, 3 append
  std::optional<std::uint8_t> status;  ///< 0 success
  std::vector<field> fields;
};
struct security_notes {
  bool challenge = false, reply = false, key_change = false;
  std::optional<std::uint16_t> error;
  std::optional<std::uint8_t> key_status;
  std::vector<field> fields;
};
/// A file object of that variation; its value is the name, the handle's data or the status.
value read_file(std::uint8_t variation, reader& in, file_notes& notes);
/// A secure authentication object; its value is the number of the user it is about. Keys, MACs and challenges stay where they are.
value read_security(std::uint8_t variation, reader& in, security_notes& notes);

std::string file_status_name(std::uint8_t status);
std::string authentication_error_name(std::uint16_t error);

inline constexpr std::uint8_t key_status_ok = 1;

}  // namespace mw::dnp3
