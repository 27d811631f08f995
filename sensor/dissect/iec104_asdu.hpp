// One ASDU of IEC 60870-5-101/104 as values: header, information objects, quality, time tags, qualifiers.
#pragma once
#include "common/reader.hpp"
#include "sensor/dissect/iec104_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::iec104 {

/// Octets of the fields whose width a system chooses. IEC 60870-5-104 fixes them; converters from IEC 101 lines do not care.
struct layout {
  std::uint8_t cause = 2, common = 2, address = 3;
  friend bool operator==(const layout&, const layout&) = default;
  std::uint32_t everybody() const { return common == 1 ? 0xff : 0xffff; }  ///< the common address of all stations
};

struct asdu {
  std::uint8_t id = 0;
  const type_info* type = nullptr;  ///< null: no such type
  std::uint8_t cause = 0, originator = 0;
  bool negative = false, test = false;
  std::uint32_t common = 0;
  std::uint32_t first_address = 0;  ///< of the first information object; 0 where there is none
  std::optional<bool> select;       ///< of commands with an S/E bit: select (true) or execute
  std::optional<std::uint8_t> qualifier;
  std::vector<object> objects;
  std::vector<value> values;
  std::vector<field> fields;
  std::string_view wrong;  ///< what is wrong with its size; "" where nothing is

  bool is(iec104::cause c) const { return cause == static_cast<std::uint8_t>(c); }
  bool unknown_mirrored() const { return cause >= 44 && cause <= 47; }
  std::string space() const { return type != nullptr ? std::string{type->name} : "type_" + std::to_string(id); }
};

/// Reads as much as there is. `sent`: packet time, which clock settings are compared with.
/// Nothing: too short to say anything but its type.
std::optional<asdu> read_asdu(bytes data, const layout& l, timestamp sent);

/// Whether header, number and size of the objects account for every octet under these widths (types with contents of
/// their own: whether they can), and whether the cause may stand in that type.
bool fits(bytes data, const layout& l);

}  // namespace mw::iec104
