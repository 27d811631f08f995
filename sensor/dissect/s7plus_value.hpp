// How S7comm-plus writes numbers, values and objects.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string>
#include <vector>

namespace mw::s7plus {

inline constexpr std::size_t value_limit = 1024;  ///< values in one message; the rest is read and not kept

/// Numbers of seven bits an octet, the most significant first; of 64 bits, the ninth octet has eight.
std::uint32_t vlq32(reader& in);
std::int32_t signed_vlq32(reader& in);
std::uint64_t vlq64(reader& in);
std::int64_t signed_vlq64(reader& in);

/// One elementary value, and what it belongs to: an attribute, a member of a structure or an item of a list.
struct leaf {
  std::uint32_t id = 0;
  value content;
  bytes raw;  ///< of octets and text, as long as the message lives
};
struct leaves {
  std::vector<leaf> list;
  std::uint64_t dropped = 0;    ///< beyond the limit
  std::size_t payload = 0;      ///< octets of all blobs
  std::uint32_t attribute = 0;  ///< innermost attribute that is being read; secrets below it stay secret
  bool credential = false;      ///< a secret was seen, and is not among the leaves
  void add(std::uint32_t id, value&& v, bytes raw = {});
  const leaf* find(std::uint32_t id) const;
};

/// Flags, type, value. `id` is what it is the value of.
void read_value(reader& in, std::uint32_t id, leaves& out);
/// A value without flags, which is a structure (in the filter of an exploration).
void read_bare_value(reader& in, std::uint32_t id, leaves& out);

struct thing {  ///< an object as a message describes it
  std::uint32_t rid = 0, class_id = 0;
  std::string name;
  std::size_t first = 0, end = 0;  ///< its own leaves; those of what it contains are in between
};
inline constexpr std::size_t thing_limit = 256;
/// Objects with what they contain, as long as one begins here.
void read_objects(reader& in, std::vector<thing>& things, leaves& out);

/// An address: an area, what of it, and the path below it.
object read_address(reader& in, std::vector<std::uint32_t>& symbols);
/// "DB7" "10.2", "object" "50/3451".
object make_object(std::uint32_t area, std::uint32_t sub_area, const std::string& path);

}  // namespace mw::s7plus
