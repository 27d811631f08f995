// Data of DLMS in A-XDR (IEC 62056-5-3, 9.5).
#include "sensor/dissect/dlms_data.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::dlms {
namespace {

constexpr unsigned deepest = 16;

/// Tags of the common data types (IEC 62056-6-2, 4.1.5).
enum type : std::uint8_t {
  null_data = 0,
  array = 1,
  structure = 2,
  boolean = 3,
  bit_string = 4,
  double_long = 5,
  double_long_unsigned = 6,
  octet_string = 9,
  visible_string = 10,
  utf8_string = 12,
  bcd = 13,
  integer = 15,
  long_integer = 16,
  unsigned_integer = 17,
  long_unsigned = 18,
  compact_array = 19,
  long64 = 20,
  long64_unsigned = 21,
  enumeration = 22,
  float32 = 23,
  float64 = 24,
  date_time = 25,
  date = 26,
  time = 27,
  delta_integer = 28,
  delta_long = 29,
  delta_double_long = 30,
  delta_unsigned = 31,
  delta_long_unsigned = 32,
  delta_double_long_unsigned = 33,
  dont_care = 255,
};

std::string bits(reader& in) {
  const auto n = read_length(in);
  const auto octets = in.take(n / 8 + (n % 8 != 0 ? 1 : 0));
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(n, 8 * octets.size()) && i < 1024; ++i)
    text += (octets[i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  return text;
}

void read_typed(reader& in, std::uint8_t tag, std::vector<value>& to, unsigned depth);

/// What the elements of a compact array are: read from `description` for each of them anew. `steps` bounds the work by the size of the
/// contents, since elements may be without any.
void read_described(reader& description, reader& in, std::vector<value>& to, unsigned depth, unsigned& steps) {
  if (depth > deepest || steps-- == 0) return in.fail({fault::over_limit, "nested too deep", in.at()});
  const auto tag = description.u8();
  if (tag == array) {
    const auto n = description.u16();
    auto element = description;
    for (std::size_t i = 0; i < n && in.left() && to.size() < most_values; ++i) {
      element = description;
      read_described(element, in, to, depth + 1, steps);
    }
    if (n != 0) description = element;
  } else if (tag == structure) {
    for (auto n = read_count(description); n > 0 && description.ok(); --n) read_described(description, in, to, depth + 1, steps);
  } else if (description.ok()) {
    read_typed(in, tag, to, depth + 1);
  }
}

void read_compact(reader& in, std::vector<value>& to, unsigned depth) {
  const auto begin = in;
  // the description ends where its own nesting ends, so it is walked once without contents
  std::size_t open = 1;
  for (unsigned n = 0; open > 0 && in.ok() && n < 256; ++n) {
    --open;
    const auto tag = in.u8();
    if (tag == array) in.skip(2), ++open;
    if (tag == structure) open += read_count(in);
  }
  in.expect(open == 0, "a description of a compact array that ends");
  const auto size = begin.left() - in.left();
  auto contents = in.part(read_length(in));
  if (!in.ok()) return;
  auto steps = static_cast<unsigned>(64 + 8 * std::min<std::size_t>(contents.left(), 65536));
  while (contents.left() && to.size() < most_values) {
    const auto left = contents.left();
    reader description{begin.rest().first(size)};
    read_described(description, contents, to, depth + 1, steps);
    if (contents.left() == left) break;
  }
  if (!contents.ok()) in.fail(contents.why());
  in.expect(contents.left() == 0 || to.size() >= most_values, "contents of a compact array that are all described");
}

void read_typed(reader& in, std::uint8_t tag, std::vector<value>& to, unsigned depth) {
  const auto add = [&](value v) {
    if (in.ok() && to.size() < most_values) to.push_back(std::move(v));
  };
  switch (tag) {
    case null_data:
    case dont_care: return add({});
    case array:
    case structure:
      for (auto n = read_count(in); n > 0 && in.ok(); --n) read_data(in, to, depth + 1);
      return;
    case boolean: return add(in.u8() != 0);
    case bit_string: return add(bits(in));
    case double_long:
    case delta_double_long: return add(std::int64_t{static_cast<std::int32_t>(in.u32())});
    case double_long_unsigned:
    case delta_double_long_unsigned: return add(std::uint64_t{in.u32()});
    case octet_string: return add(hex(read_octets(in)));
    case visible_string:
    case utf8_string: return add(printable(read_octets(in), 1024));
    case bcd:
    case integer:
    case delta_integer: return add(std::int64_t{static_cast<std::int8_t>(in.u8())});
    case long_integer:
    case delta_long: return add(std::int64_t{static_cast<std::int16_t>(in.u16())});
    case unsigned_integer:
    case enumeration:
    case delta_unsigned: return add(std::uint64_t{in.u8()});
    case long_unsigned:
    case delta_long_unsigned: return add(std::uint64_t{in.u16()});
    case compact_array: return read_compact(in, to, depth);
    case long64: return add(static_cast<std::int64_t>(in.u64()));
    case long64_unsigned: return add(in.u64());
    case float32: return add(double{in.f32()});
    case float64: return add(in.f64());
    case date_time: return add(hex(in.take(12)));
    case date: return add(hex(in.take(5)));
    case time: return add(hex(in.take(4)));
    default: in.fail({fault::malformed, "a type of data that is not known", in.at()});
  }
}

}  // namespace

std::size_t read_length(reader& in) {
  const auto first = in.u8();
  if (first < 0x80) return first;
  in.expect(first >= 0x81 && first <= 0x84, "a length of one to four octets");
  return in.ok() ? static_cast<std::size_t>(in.be_n(first & 0x7fu)) : 0;
}
bytes read_octets(reader& in) {
  const auto n = read_length(in);
  return in.take(n);
}
std::size_t read_count(reader& in) {
  const auto n = read_length(in);
  in.expect(n <= in.left(), "a list that fits into its message");
  return in.ok() ? n : 0;
}

void read_data(reader& in, std::vector<value>& to, unsigned depth) {
  if (depth > deepest) return in.fail({fault::over_limit, "nested too deep", in.at()});
  const auto tag = in.u8();
  if (in.ok()) read_typed(in, tag, to, depth);
}

std::string obis_text(bytes six) {
  std::string text;
  for (const auto octet : six) {
    if (!text.empty()) text += '.';
    text += std::to_string(octet);
  }
  return text;
}

descriptor read_descriptor(reader& in) {
  descriptor d;
  d.class_id = in.u16();
  d.obis = obis_text(in.take(6));
  d.number = static_cast<std::int8_t>(in.u8());
  return d;
}

object as_object(const descriptor& d, bool is_method) {
  return {.space = (is_method ? "method/" : "class/") + std::to_string(d.class_id),
          .address = d.obis + '/' + std::to_string(d.number),
          .count = 1,
          .property = {},
          .index = {}};
}

std::string text_of(const value& v) {
  const auto* text = std::get_if<std::string>(&v);
  if (text == nullptr) return {};
  if (!text->starts_with("0x")) return *text;
  std::string out;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 2; i + 1 < text->size(); i += 2) {
    const auto octet = static_cast<char>(digit((*text)[i]) << 4 | digit((*text)[i + 1]));
    if (octet < 0x20 || octet > 0x7e) return {};
    out += octet;
  }
  return out;
}

}  // namespace mw::dlms
