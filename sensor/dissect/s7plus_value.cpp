// Values of S7comm-plus: flags, a type, then what the type says, which can be a structure that ends with the member number 0.
#include "sensor/dissect/s7plus_value.hpp"

#include "common/text.hpp"
#include "sensor/dissect/s7plus_names.hpp"

#include <algorithm>

namespace mw::s7plus {
namespace {

enum type : std::uint8_t {
  null = 0x00,
  boolean = 0x01,
  usint = 0x02,
  uint = 0x03,
  udint = 0x04,
  ulint = 0x05,
  sint = 0x06,
  integer = 0x07,
  dint = 0x08,
  lint = 0x09,
  byte = 0x0a,
  word = 0x0b,
  dword = 0x0c,
  lword = 0x0d,
  real = 0x0e,
  lreal = 0x0f,
  time_stamp = 0x10,
  time_span = 0x11,
  rid = 0x12,
  aid = 0x13,
  blob = 0x14,
  text = 0x15,
  structure = 0x17,
};
constexpr std::uint8_t array_flag = 0x10, address_flag = 0x20, sparse_flag = 0x40;
constexpr std::uint32_t second_count = 1u << 10;  // of a packed structure's flags
constexpr unsigned deepest = 16;
constexpr std::uint32_t longest_listed = 16;  // octets of an array that are told one by one

constexpr bool is_packed(std::uint32_t id) { return id >> 28 == 0x9 || id >> 24 == 0x02; }

void one_value(reader& in, std::uint8_t kind, std::uint32_t id, leaves& out, unsigned depth);
void any_value(reader& in, std::uint32_t id, leaves& out, unsigned depth);

/// Structures of the system come in one piece, as they lie in memory.
void packed_structure(reader& in, std::uint32_t id, leaves& out) {
  in.skip(8);  // time stamp of the interface
  const auto flags = vlq32(in);
  auto size = vlq32(in);
  if ((flags & second_count) != 0) size = vlq32(in);
  const auto data = in.take(size);
  if (in.ok()) out.add(id, hex(data), data);
}

void members(reader& in, leaves& out, unsigned depth) {
  if (depth >= deepest) return in.fail({fault::over_limit, "a structure nested too deep", in.at()});
  while (in.left()) {
    const auto member = vlq32(in);
    if (member == 0) return;
    any_value(in, member, out, depth + 1);
  }
  in.expect(false, "a structure that ends");
}

void one_value(reader& in, std::uint8_t kind, std::uint32_t id, leaves& out, unsigned depth) {
  switch (kind) {
    case null: return out.add(id, {});
    case boolean: {
      const auto v = in.u8();
      if (in.ok()) out.add(id, v != 0);
      return;
    }
    case usint:
    case byte: return out.add(id, std::uint64_t{in.u8()});
    case uint:
    case word: return out.add(id, std::uint64_t{in.u16()});
    case udint:
    case aid: return out.add(id, std::uint64_t{vlq32(in)});
    case dword:
    case rid: return out.add(id, std::uint64_t{in.u32()});
    case ulint: return out.add(id, vlq64(in));
    case lword: return out.add(id, in.u64());
    case sint: return out.add(id, std::int64_t{static_cast<std::int8_t>(in.u8())});
    case integer: return out.add(id, std::int64_t{static_cast<std::int16_t>(in.u16())});
    case dint: return out.add(id, std::int64_t{signed_vlq32(in)});
    case lint:
    case time_span: return out.add(id, signed_vlq64(in));
    case real: return out.add(id, double{in.f32()});
    case lreal: return out.add(id, in.f64());
    case time_stamp: return out.add(id, static_cast<double>(in.u64()) / 1e9);
    case blob: {
      if (vlq32(in) != 0) return in.fail({fault::unsupported, "a blob of an object", in.at()});
      const auto data = in.take(vlq32(in));
      out.payload += data.size();
      if (in.ok()) out.add(id, hex(data), data);
      return;
    }
    case text: {
      const auto data = in.take(vlq32(in));
      if (in.ok()) out.add(id, printable(data), data);
      return;
    }
    case structure: {
      const auto which = in.u32();
      if (is_packed(which)) return packed_structure(in, id, out);
      return members(in, out, depth);
    }
    default: return in.fail({fault::unsupported, "a type of value that is not known", in.at()});
  }
}

void any_value(reader& in, std::uint32_t id, leaves& out, unsigned depth) {
  const auto flags = in.u8(), kind = in.u8();
  const auto outer = out.attribute;
  if (outer == 0 || is_secret(id)) out.attribute = id;
  if ((flags & sparse_flag) != 0) {
    while (in.left()) {
      if (vlq32(in) == 0) break;
      one_value(in, kind, id, out, depth);
    }
  } else if ((flags & (array_flag | address_flag)) != 0) {
    const auto count = vlq32(in);
    if (kind == structure && count > 1) in.fail({fault::unsupported, "an array of structures", in.at()});
    in.expect(kind == null || count <= in.left(), "as many elements as the array says");
    if ((kind == usint || kind == byte) && count > longest_listed) {
      const auto data = in.take(count);
      if (in.ok()) out.add(id, hex(data), data);
      out.attribute = outer;
      return;
    }
    for (std::uint32_t i = 0; i < count && in.left() && kind != null; ++i) one_value(in, kind, id, out, depth);
  } else {
    one_value(in, kind, id, out, depth);
  }
  out.attribute = outer;
}

/// The description of a variable, in controllers that have no lists of types: flags, name, type, attributes, number, and
/// where it lies, in as many numbers as there are up to the end.
void skip_description(reader& in) {
  in.skip(1);
  in.skip(vlq32(in));
  in.skip(1 + 1 + 1 + 4);
  (void)vlq32(in);
  (void)vlq32(in);
  in.skip(2);
  while (in.left() && in.rest().front() != 0xa8) (void)vlq32(in);
  in.skip(1);
}

/// Types and names of variables: blocks, each after its length; the last has none.
void skip_blocks(reader& in) {
  while (in.left()) {
    const auto size = in.u16();
    if (size == 0) return;
    in.skip(size);
  }
}

}  // namespace

std::uint32_t vlq32(reader& in) {
  std::uint32_t v = 0;
  for (int i = 0; i < 5; ++i) {
    const auto octet = in.u8();
    v = v << 7 | (octet & 0x7f);
    if ((octet & 0x80) == 0) return v;
  }
  in.expect(false, "a number of at most five octets");
  return 0;
}

std::int32_t signed_vlq32(reader& in) {
  std::uint32_t v = 0;
  for (int i = 0; i < 5; ++i) {
    const auto octet = in.u8();
    if (i == 0 && (octet & 0x40) != 0) v = ~std::uint32_t{0};
    v = v << 7 | (octet & 0x7f);
    if ((octet & 0x80) == 0) return static_cast<std::int32_t>(v);
  }
  in.expect(false, "a number of at most five octets");
  return 0;
}

std::uint64_t vlq64(reader& in) {
  std::uint64_t v = 0;
  for (int i = 0; i < 8; ++i) {
    const auto octet = in.u8();
    v = v << 7 | (octet & 0x7f);
    if ((octet & 0x80) == 0) return v;
  }
  return v << 8 | in.u8();
}

std::int64_t signed_vlq64(reader& in) {
  std::uint64_t v = 0;
  for (int i = 0; i < 8; ++i) {
    const auto octet = in.u8();
    if (i == 0 && (octet & 0x40) != 0) v = ~std::uint64_t{0};
    v = v << 7 | (octet & 0x7f);
    if ((octet & 0x80) == 0) return static_cast<std::int64_t>(v);
  }
  return static_cast<std::int64_t>(v << 8 | in.u8());
}

void leaves::add(std::uint32_t of, value&& v, bytes raw) {
  if (is_secret(of) || is_secret(attribute)) {
    credential = true;
    return;
  }
  if (list.size() >= value_limit) {
    ++dropped;
    return;
  }
  list.push_back({of, std::move(v), raw});
}

const leaf* leaves::find(std::uint32_t which) const {
  const auto at = std::ranges::find(list, which, &leaf::id);
  return at != list.end() ? &*at : nullptr;
}

void read_value(reader& in, std::uint32_t of, leaves& out) { any_value(in, of, out, 0); }

void read_bare_value(reader& in, std::uint32_t of, leaves& out) { one_value(in, in.u8(), of, out, 0); }

void read_objects(reader& in, std::vector<thing>& things, leaves& out) {
  std::vector<std::size_t> open;  // indices into things, or beyond them where those are full
  do {
    const auto mark = in.u8();
    switch (mark) {
      case 0xa1: {
        if (open.size() >= deepest) return in.fail({fault::over_limit, "objects nested too deep", in.at()});
        thing t;
        t.rid = in.u32();
        t.class_id = vlq32(in);
        (void)vlq32(in);
        if (vlq32(in) != 0) in.skip(1);  // an attribute, with flags
        t.first = out.list.size();
        open.push_back(things.size());
        if (things.size() < thing_limit)
          things.push_back(std::move(t));
        else
          open.back() = thing_limit;
        break;
      }
      case 0xa2:
        if (open.empty()) return in.fail({fault::malformed, "an object that began", in.at()});
        if (open.back() < things.size()) things[open.back()].end = out.list.size();
        open.pop_back();
        break;
      case 0xa3: {
        const auto attribute = vlq32(in);
        const auto before = out.list.size();
        read_value(in, attribute, out);
        if (attribute == id::object_name && out.list.size() > before && !open.empty() && open.back() < things.size())
          things[open.back()].name = to_string(out.list[before].content);
        break;
      }
      case 0xa4:
        (void)vlq32(in);
        in.skip(4);
        break;
      case 0xa7: skip_description(in); break;
      case 0xab:
      case 0xac: skip_blocks(in); break;
      default: return in.fail({fault::malformed, "an element of an object that is not known", in.at()});
    }
  } while (in.left() && (!open.empty() || in.rest().front() == 0xa1));
  in.expect(open.empty(), "an object that ends");
}

object make_object(std::uint32_t area, std::uint32_t sub_area, const std::string& path) {
  object o;
  o.space = area_name(area);
  if (!o.space.empty() && !path.empty() && (sub_area == id::db_actual || sub_area == id::area_actual)) {
    o.address = path;
    return o;
  }
  if (o.space.empty()) o.space = "object", o.address = std::to_string(area);
  if (!o.address.empty()) o.address += '/';
  o.address += std::to_string(sub_area);
  if (!path.empty()) o.address += '.' + path;
  return o;
}

object read_address(reader& in, std::vector<std::uint32_t>& symbols) {
  const auto symbol = vlq32(in), area = vlq32(in);
  const auto depth = vlq32(in), sub_area = vlq32(in);
  std::string path;
  in.expect(depth >= 1 && depth - 1 <= in.left(), "as many numbers as the address says");
  for (std::uint32_t i = 1; i < depth && in.left(); ++i) {
    const auto number = vlq32(in);
    if (i > deepest) continue;
    if (!path.empty()) path += '.';
    path += std::to_string(number);
  }
  if (symbol != 0 && symbols.size() < deepest) symbols.push_back(symbol);
  return make_object(area, sub_area, path);
}

}  // namespace mw::s7plus
