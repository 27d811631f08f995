// Values in CIP messages by their data type (CIP Specification Volume 1, Appendix C-6).
#include "sensor/dissect/cip_data.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace mw::cip {
namespace {

enum class form : std::uint8_t { boolean, signed_number, unsigned_number, real, long_string, short_string };
struct type_info {
  std::uint16_t code;
  std::string_view name;
  form as;
  std::size_t size;  ///< octets of an element; 0: it tells itself
};
constexpr std::array types{
    type_info{0xc1, "BOOL", form::boolean, 1},
    type_info{0xc2, "SINT", form::signed_number, 1},
    type_info{0xc3, "INT", form::signed_number, 2},
    type_info{0xc4, "DINT", form::signed_number, 4},
    type_info{0xc5, "LINT", form::signed_number, 8},
    type_info{0xc6, "USINT", form::unsigned_number, 1},
    type_info{0xc7, "UINT", form::unsigned_number, 2},
    type_info{0xc8, "UDINT", form::unsigned_number, 4},
    type_info{0xc9, "ULINT", form::unsigned_number, 8},
    type_info{0xca, "REAL", form::real, 4},
    type_info{0xcb, "LREAL", form::real, 8},
    type_info{0xcc, "STIME", form::signed_number, 4},
    type_info{0xcd, "DATE", form::unsigned_number, 2},
    type_info{0xce, "TIME_OF_DAY", form::unsigned_number, 4},
    type_info{0xd0, "STRING", form::long_string, 0},
    type_info{0xd1, "BYTE", form::unsigned_number, 1},
    type_info{0xd2, "WORD", form::unsigned_number, 2},
    type_info{0xd3, "DWORD", form::unsigned_number, 4},
    type_info{0xd4, "LWORD", form::unsigned_number, 8},
    type_info{0xd6, "FTIME", form::signed_number, 4},
    type_info{0xd7, "LTIME", form::signed_number, 8},
    type_info{0xd8, "ITIME", form::signed_number, 2},
    type_info{0xda, "SHORT_STRING", form::short_string, 0},
    type_info{0xdb, "TIME", form::signed_number, 4},
};
/// A BOOL carries the number of its bit in the octet above the type.
constexpr std::uint16_t plain(std::uint16_t code) { return (code & 0xf8ff) == 0xc1 ? std::uint16_t{0xc1} : code; }

const type_info* find(std::uint16_t code) {
  const auto it = std::find_if(types.begin(), types.end(), [&](const type_info& t) { return t.code == plain(code); });
  return it == types.end() ? nullptr : &*it;
}

std::int64_t sign_extended(std::uint64_t v, std::size_t octets) {
  const auto shift = 64 - 8 * octets;
  return static_cast<std::int64_t>(v << shift) >> shift;
}

value read_one(const type_info& t, reader& in) {
  switch (t.as) {
    case form::boolean: return in.u8() != 0;
    case form::signed_number: return sign_extended(in.le_n(t.size), t.size);
    case form::unsigned_number: return in.le_n(t.size);
    case form::real: return t.size == 4 ? static_cast<double>(in.f32le()) : in.f64le();
    case form::long_string: return printable(in.take(in.u16le()));
    case form::short_string: return printable(in.take(in.u8()));
  }
  return {};
}

std::string hex_number(std::uint16_t v) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", static_cast<unsigned>(v));
  return text.data();
}

}  // namespace

data_type read_type(reader& in) {
  data_type t;
  t.code = in.u16le();
  if (t.code == structure) t.handle = in.u16le();
  return t;
}

bool is_known(std::uint16_t code) { return code == structure || find(code) != nullptr; }

std::string to_string(const data_type& t) {
  if (t.handle) return "structure " + hex_number(*t.handle);
  const auto* known = find(t.code);
  return known != nullptr ? std::string{known->name} : hex_number(t.code);
}

bool read_values(const data_type& t, reader& in, std::vector<value>& out, std::size_t count) {
  const auto* known = find(t.code);
  if (known == nullptr) {
    const auto rest = as_hex(in.take(in.left()));
    out.insert(out.end(), rest.begin(), rest.end());
    return true;
  }
  while (in.left() && count-- > 0 && out.size() < most_values) {
    auto v = read_one(*known, in);
    if (!in.ok()) return false;
    out.push_back(std::move(v));
  }
  return true;
}

std::vector<value> as_hex(bytes data, std::size_t limit) {
  if (data.empty()) return {};
  return {hex(data, limit)};
}

}  // namespace mw::cip
