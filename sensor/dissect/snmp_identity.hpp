// What an SNMP agent says that it is: the system group (RFC 3418), the entity MIB (RFC 6933), its engine's name (RFC 3411).
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::snmp {

struct subject {
  std::string_view kind;  ///< of the fact
  std::string unit;       ///< physical entity, unless it is the first
  bool word = false;      ///< may be empty or "n/a", and is then no word
};
/// What a variable says of the machine; nothing where it is none of these.
std::optional<subject> subject_of(std::string_view oid);
/// True of variables that tell what a machine is rather than how it does.
bool is_identity(std::string_view oid);
/// By IANA's private enterprise number; empty where it is not in the table.
std::string_view vendor_of(std::uint32_t enterprise);
/// The enterprise in "1.3.6.1.4.1.9.1.1"; 0 where there is none.
std::uint32_t enterprise_in(std::string_view oid);

struct engine_name {
  std::string text;  ///< hex, without "0x"
  std::uint32_t enterprise = 0;
  std::string hardware;  ///< address of the card, where the name is made from it
};
engine_name read_engine(bytes id);

/// "Version V2.6" out of "…, HW: Version 3, FW: Version V2.6, …" with key "FW: "; empty where it is not in there.
std::string_view part_of(std::string_view description, std::string_view key);

}  // namespace mw::snmp
