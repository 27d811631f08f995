// What an S7 message addresses and what it carries: variable specifications and data items of S7comm (protocol id 0x32).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <span>

namespace mw::s7comm {

inline constexpr std::size_t list_limit = 2048;  ///< objects or values in one operation; the rest is not recorded
inline constexpr std::uint8_t success = 0xff;    ///< return code of an item

/// Transport sizes of an address, which say how its data is to be read.
enum class type : std::uint8_t {
  unknown = 0,
  bit = 1,
  byte = 2,
  character = 3,
  word = 4,
  integer = 5,
  dword = 6,
  dinteger = 7,
  real = 8,
  counter = 28,
  timer = 29
};

struct item {
  std::vector<object> objects;  ///< one; several where one specification names several areas (0xb0)
  s7comm::type type = type::unknown;
  bool areas = false;  ///< 0xb0: the data has a return code before each area, and no more where the area has not changed
};

struct item_data {
  std::uint8_t code = success;
  std::vector<value> values;
};

/// One variable specification (0x12, length, syntax, address).
item read_item(reader& in);
/// `announced` of them, each but the last padded to an even length.
std::vector<item> read_items(reader& in, std::size_t announced);
/// The items of a read answer or of a write: return code, transport size, length, data, padding. `items` says how they are
/// typed, where it is known.
std::vector<item_data> read_data(reader& in, std::size_t announced, std::span<const item> items);
/// The items of the test functions, whose padding also follows the last one.
std::vector<item_data> read_test_data(reader& in, std::size_t announced, std::span<const item> items);
/// An address of the test functions (area, repetition or bit, block, offset).
item read_test_item(reader& in);

void put_objects(operation& op, std::span<const item> items);
/// Fills values, `code` and the field "return_codes" from what the items of an answer say, and returns its outcome.
/// `values`: the answer carries what was read.
outcome put_data(operation& op, std::span<const item_data> data, bool values);

}  // namespace mw::s7comm
