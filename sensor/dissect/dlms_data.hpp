// Data of DLMS in A-XDR (IEC 62056-5-3, 9.5 and IEC 61334-6): lengths, descriptors and values.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string>
#include <vector>

namespace mw::dlms {

inline constexpr std::size_t most_values = 4096, most_objects = 512;

/// A length or a count: one octet below 128, else that many octets follow.
std::size_t read_length(reader& in);
/// An octet string with its length.
bytes read_octets(reader& in);
/// A count of elements of at least one octet each; what cannot be in the message fails the reader.
std::size_t read_count(reader& in);

/// One value, flattened behind `to`; what is nested too deep fails the reader. What exceeds `most_values` is left out.
void read_data(reader& in, std::vector<value>& to, unsigned depth = 0);

struct descriptor {
  std::uint16_t class_id = 0;
  std::string obis;        ///< "1.0.1.8.0.255"
  std::int8_t number = 0;  ///< of the attribute or method
};
descriptor read_descriptor(reader& in);
object as_object(const descriptor& d, bool is_method);
/// Six octets of a logical name.
std::string obis_text(bytes six);
/// Text of an octet string that was read as "0x…"; empty where it is not text.
std::string text_of(const value& v);

}  // namespace mw::dlms
