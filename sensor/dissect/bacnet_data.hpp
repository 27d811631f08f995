// Tagged data of BACnet (ASHRAE 135, clause 20.2): every value carries its tag, and tags can hold tags.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::bacnet {

enum tag : std::uint8_t {
  null = 0,
  boolean = 1,
  unsigned_integer = 2,
  signed_integer = 3,
  real = 4,
  double_real = 5,
  octets = 6,
  text = 7,
  bits = 8,
  enumerated = 9,
  date = 10,
  time_of_day = 11,
  object_identifier = 12,
};

struct element {
  std::uint8_t number = 0;   ///< an application tag, or the number of a parameter
  bool context = false;      ///< the number is a parameter's: what it holds is known from the service only
  bool constructed = false;  ///< data are the elements between an opening and its closing tag
  bool truth = false;        ///< the value of a boolean with an application tag
  bytes data;
};

/// The next element, or nothing: at the end, or where there is no well-formed element; then the reader has failed.
std::optional<element> next(reader& in);
/// The next element if it is parameter `number`; else nothing is consumed.
std::optional<element> parameter(reader& in, std::uint8_t number);
/// The next element if it has application tag `number`; else nothing is consumed.
std::optional<element> application(reader& in, std::uint8_t number);

struct object_id {
  static constexpr std::uint32_t any_instance = 0x3fffff, device = 8;
  std::uint32_t type = 0, instance = 0;
  std::string text() const { return std::to_string(type) + ',' + std::to_string(instance); }
};

// What the data of a primitive element mean; nothing where the size is not the type's.
std::optional<std::uint64_t> as_unsigned(bytes data);
std::optional<std::int64_t> as_signed(bytes data);
/// Of a primitive element, where there is one: a number of up to 32 bits.
std::optional<std::uint32_t> small(const std::optional<element>& e);
std::optional<object_id> as_object(bytes data);
std::string as_text(bytes data);
std::string as_bits(bytes data);
std::string as_date(bytes data);
std::string as_time(bytes data);
/// A date and a time, both with application tags; empty where they are not there.
std::string as_moment(reader& in);
/// A BACnetTimeStamp: a time, a sequence number, or a date and a time.
std::string as_time_stamp(bytes data);

/// One value of an element with an application tag; octets where it has none.
value plain(const element& e);
inline constexpr std::size_t most_values = 4096;
/// Appends every value of what stands between two tags, however deep, in its order. False where it is cut or malformed.
bool flatten(bytes data, std::vector<value>& to);

}  // namespace mw::bacnet
