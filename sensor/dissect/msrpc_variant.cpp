// wireVARIANT ([MS-OAUT] 2.2.29.2): a head with its size in units of eight octets, then the value by its type.
#include "sensor/dissect/msrpc_variant.hpp"

#include <bit>

namespace mw::msrpc {
namespace {

/// [MS-OAUT] 2.2.7.
enum type : std::uint16_t {
  vt_empty = 0,
  vt_null = 1,
  vt_i2 = 2,
  vt_i4 = 3,
  vt_r4 = 4,
  vt_r8 = 5,
  vt_cy = 6,
  vt_date = 7,
  vt_bstr = 8,
  vt_error = 10,
  vt_bool = 11,
  vt_i1 = 16,
  vt_ui1 = 17,
  vt_ui2 = 18,
  vt_ui4 = 19,
  vt_i8 = 20,
  vt_ui8 = 21,
  vt_int = 22,
  vt_uint = 23,
};
constexpr double days_to_1970 = 25569, seconds_of_day = 86400;

}  // namespace

value read_variant(ndr& in) {
  in.align(8);
  const auto begin = in.at();
  const std::size_t size = std::size_t{in.u32()} * 8;
  (void)in.u32();
  const auto kind = in.u16();
  (void)in.u16(), (void)in.u16(), (void)in.u16();
  (void)in.u32();  // the kind once more, as the discriminant
  value v;
  switch (kind) {
    case vt_empty:
    case vt_null: break;
    case vt_i1: v = std::int64_t{static_cast<std::int8_t>(in.u8())}; break;
    case vt_ui1: v = std::uint64_t{in.u8()}; break;
    case vt_i2: v = std::int64_t{static_cast<std::int16_t>(in.u16())}; break;
    case vt_ui2: v = std::uint64_t{in.u16()}; break;
    case vt_bool: v = in.u16() != 0; break;
    case vt_int:
    case vt_i4: v = std::int64_t{static_cast<std::int32_t>(in.u32())}; break;
    case vt_uint:
    case vt_error:
    case vt_ui4: v = std::uint64_t{in.u32()}; break;
    case vt_i8: v = static_cast<std::int64_t>(in.u64()); break;
    case vt_ui8: v = in.u64(); break;
    case vt_r4: v = double{std::bit_cast<float>(in.u32())}; break;
    case vt_r8: v = std::bit_cast<double>(in.u64()); break;
    case vt_cy: v = static_cast<double>(static_cast<std::int64_t>(in.u64())) / 10000; break;
    case vt_date: v = (std::bit_cast<double>(in.u64()) - days_to_1970) * seconds_of_day; break;  // epoch seconds
    case vt_bstr: {
      if (!in.pointer()) break;
      (void)in.size();
      (void)in.u32();
      const std::size_t characters = in.u32();
      in.skip(characters > in.left() / 2 ? in.left() + 1 : 0);
      v = ntlmssp::from_utf16(in.take(in.ok() ? characters * 2 : 0));
      break;
    }
    default:  // by its size over what is not read
      if (const auto end = begin + size; end > in.at()) in.skip(end - in.at());
  }
  if (!in.ok()) return {};
  return v;
}

std::vector<value> read_variants(ndr& in, std::size_t count, std::size_t most) {
  std::vector<bool> there;
  for (std::size_t i = 0; i < count && in.left() && there.size() < most; ++i) there.push_back(in.pointer());
  if (count > there.size()) in.skip(in.left() + 1);
  std::vector<value> out;
  for (const bool t : there) out.push_back(t && in.ok() ? read_variant(in) : value{});
  return out;
}

}  // namespace mw::msrpc
