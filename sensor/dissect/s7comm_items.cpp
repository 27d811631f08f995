// What an S7 message addresses and what it carries: variable specifications and data items of S7comm (protocol id 0x32).
// Siemens publishes no specification; the layouts are those that its own tools and controllers speak.
#include "sensor/dissect/s7comm_items.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::s7comm {
namespace {

constexpr std::uint8_t variable_specification = 0x12;

/// How an address is written, by its syntax id.
enum class syntax : std::uint8_t {
  any = 0x10,
  nck = 0x82,
  nck_metric = 0x83,
  nck_inch = 0x84,
  drive = 0xa2,
  data_blocks = 0xb0,
  symbolic = 0xb2
};

struct area_name {
  std::uint8_t code;
  std::string_view name;
};
constexpr std::uint8_t record_area = 0x01, block_area = 0x84, instance_area = 0x85, counter_area = 0x1c, timer_area = 0x1d;
constexpr area_name areas[] = {
    {0x03, "SI"}, {0x05, "SF"}, {0x06, "AI"}, {0x07, "AQ"}, {counter_area, "C"}, {timer_area, "T"},     {0x1e, "C200"}, {0x1f, "T200"},
    {0x80, "P"},  {0x81, "I"},  {0x82, "Q"},  {0x83, "M"},  {block_area, "DB"},  {instance_area, "DI"}, {0x86, "L"},    {0x87, "V"},
};
constexpr area_name symbolic_areas[] = {{0x50, "I"}, {0x51, "Q"}, {0x52, "M"}, {0x53, "C"}, {0x54, "T"}};
/// The test functions have areas of their own, in the high half of the octet.
constexpr area_name test_areas[] = {{0, "M"}, {1, "I"}, {2, "Q"}, {3, "P"}, {5, "T"}, {6, "C"}, {7, "DB"}};

template <std::size_t N>
std::string name_in(const area_name (&table)[N], std::uint8_t code) {
  for (const auto& a : table)
    if (a.code == code) return std::string{a.name};
  return "area/" + std::to_string(code);
}

/// Sizes of elements and of data; what is missing has no fixed element.
constexpr std::size_t element_size(type t) {
  switch (t) {
    case type::bit:
    case type::byte: return 1;
    case type::word:
    case type::integer: return 2;
    case type::dword:
    case type::dinteger:
    case type::real: return 4;
    default: return 0;
  }
}

/// Transport sizes of data.
namespace data_size {
constexpr std::uint8_t bits = 3, bytes = 4, integers = 5, dintegers = 6, reals = 7, address_1 = 0x11, address_2 = 0x12;
constexpr bool counts_bits(std::uint8_t s) { return s == bits || s == bytes || s == integers; }
constexpr type own_type(std::uint8_t s) {
  switch (s) {
    case bits: return type::bit;
    case integers: return type::integer;
    case dintegers: return type::dinteger;
    case reals: return type::real;
    default: return type::unknown;
  }
}
}  // namespace data_size

std::string bit_address(std::uint32_t byte, unsigned bit) { return std::to_string(byte) + '.' + std::to_string(bit); }

object one(std::string space, std::string address, std::uint32_t count = 1) {
  object o;
  o.space = std::move(space);
  o.address = std::move(address);
  o.count = count;
  return o;
}

void read_any(reader& in, item& to) {
  to.type = static_cast<type>(in.u8());
  const auto count = in.u16();
  const auto block = in.u16();
  const auto area = in.u8();
  const auto address = static_cast<std::uint32_t>(in.be_n(3));
  if (!in.ok()) return;
  if (area == record_area) {
    to.type = type::unknown;
    to.objects.push_back(one("record", std::to_string(address) + '/' + std::to_string(block), count));
    return;
  }
  auto space = name_in(areas, area);
  if (area == block_area || area == instance_area) space += std::to_string(block);
  const bool numbered = area == counter_area || area == timer_area;
  to.objects.push_back(one(std::move(space), numbered ? std::to_string(address) : bit_address(address / 8, address % 8), count));
}

void read_data_blocks(reader& in, item& to) {
  in.skip(1);  // how many follow; the length of the specification says it, too
  to.areas = true;
  while (in.left()) {
    const auto count = in.u8();
    const auto block = in.u16();
    const auto start = in.u16();
    if (in.ok()) to.objects.push_back(one("DB" + std::to_string(block), bit_address(start, 0), count));
  }
}

/// The symbol is known to the controller by a checksum of its declaration and the local ids on the way to it.
void read_symbolic(reader& in, item& to) {
  constexpr std::uint16_t in_block = 0x8a0e;
  in.skip(1);
  const auto root = in.u16();
  const auto detail = in.u16();
  auto address = hex(in.take(4));
  while (in.left()) address += '.' + std::to_string(in.u32() & 0x0fffffff);
  if (!in.ok()) return;
  auto space = root == in_block              ? "DB" + std::to_string(detail)
               : root == 0 && detail <= 0xff ? name_in(symbolic_areas, static_cast<std::uint8_t>(detail))
                                             : "symbol/" + std::to_string(root) + '/' + std::to_string(detail);
  to.objects.push_back(one(std::move(space), std::move(address)));
}

void read_nck(reader& in, item& to) {
  const auto where = in.u8();
  const auto column = in.u16();
  const auto line = in.u16();
  const auto module = in.u8();
  const auto lines = in.u8();
  if (!in.ok()) return;
  to.objects.push_back(one(
      "nck/" + std::to_string(module),
      std::to_string(where >> 5) + '/' + std::to_string(where & 0x1f) + '/' + std::to_string(column) + '/' + std::to_string(line), lines));
}

void read_drive(reader& in, item& to) {
  in.skip(5);
  const auto number = in.u16();
  const auto index = in.u16();
  if (in.ok()) to.objects.push_back(one("drive", std::to_string(number) + '[' + std::to_string(index) + ']'));
}

void append_values(std::vector<value>& to, bytes data, type t) {
  const auto size = element_size(t);
  if (size == 0 || data.size() % size != 0 || data.empty()) {
    to.push_back(hex(data));
    return;
  }
  reader in{data};
  while (in.left() && to.size() < list_limit) {
    switch (t) {
      case type::bit: to.push_back((in.u8() & 1) != 0); break;
      case type::byte: to.push_back(std::uint64_t{in.u8()}); break;
      case type::word: to.push_back(std::uint64_t{in.u16()}); break;
      case type::dword: to.push_back(std::uint64_t{in.u32()}); break;
      case type::integer: to.push_back(std::int64_t{static_cast<std::int16_t>(in.u16())}); break;
      case type::dinteger: to.push_back(std::int64_t{static_cast<std::int32_t>(in.u32())}); break;
      case type::real: to.push_back(double{in.f32()}); break;
      default: return;
    }
  }
}

/// One value for each area, nothing for those that did not change; false where the data is not so.
bool append_areas(std::vector<value>& to, bytes data, const item& about) {
  std::vector<value> values;
  reader in{data};
  for (const auto& o : about.objects) {
    if (in.u8() == success)
      values.emplace_back(hex(in.take(o.count)));
    else
      values.emplace_back();
  }
  if (!in.ok() || in.left()) return false;
  to = std::move(values);
  return true;
}

item_data read_one(reader& in, const item* about, bool pad) {
  item_data d;
  d.code = in.u8();
  const bool refused = d.code != success && d.code != 0;  // 0: what a write or a test function sends has no code yet
  if (refused && in.left() < 3) {                         // some controllers shorten the last item to its code
    in.skip(in.left());
    return d;
  }
  const auto size = in.u8();
  const std::size_t length = in.u16();
  if (refused || !in.ok()) return d;
  const auto octets = data_size::counts_bits(size) ? (length + 7) / 8 : length;
  const auto data = in.take(octets);
  if (pad && octets % 2 != 0 && in.left()) in.skip(1);
  if (!in.ok() || size == 0) return d;
  if (about != nullptr && about->areas && append_areas(d.values, data, *about)) return d;
  const bool typed = about != nullptr && about->type != type::unknown;
  append_values(d.values, data, typed ? about->type : data_size::own_type(size));
  return d;
}

std::vector<item_data> read_list(reader& in, std::size_t announced, std::span<const item> items, bool pad_last) {
  std::vector<item_data> all;
  while (in.left() && all.size() < announced && all.size() < list_limit) {
    const auto n = all.size();
    all.push_back(read_one(in, n < items.size() ? &items[n] : nullptr, pad_last || n + 1 < announced));
  }
  return all;
}

}  // namespace

item read_item(reader& in) {
  item i;
  const auto kind = in.u8();
  auto address = in.part(in.u8());
  const auto how = address.u8();
  if (!address.ok()) {
    in.fail(address.why());
    return i;
  }
  if (kind == variable_specification) {
    switch (static_cast<syntax>(how)) {
      case syntax::any: read_any(address, i); break;
      case syntax::data_blocks: read_data_blocks(address, i); break;
      case syntax::symbolic: read_symbolic(address, i); break;
      case syntax::nck:
      case syntax::nck_metric:
      case syntax::nck_inch: read_nck(address, i); break;
      case syntax::drive: read_drive(address, i); break;
      default: break;
    }
  }
  if (i.objects.empty()) i.objects.push_back(one("syntax/" + std::to_string(how), hex(address.rest(), 64)));
  if (!address.ok()) in.fail(address.why());
  return i;
}

std::vector<item> read_items(reader& in, std::size_t announced) {
  std::vector<item> all;
  while (in.left() && all.size() < announced && all.size() < list_limit) {
    const auto before = in.at();
    all.push_back(read_item(in));
    if ((in.at() - before) % 2 != 0 && in.left() && all.size() < announced) in.skip(1);
  }
  in.expect(all.size() >= std::min(announced, list_limit), "as many items as the count says");
  return all;
}

std::vector<item_data> read_data(reader& in, std::size_t announced, std::span<const item> items) {
  // a controller of the NCK family answers with addresses instead of values
  if (const auto rest = in.rest(); rest.size() > 2 && (rest[1] == data_size::address_1 || rest[1] == data_size::address_2)) {
    item_data d;
    d.code = in.u8();
    in.skip(1);
    d.values.push_back(hex(in.take(in.left())));
    return {std::move(d)};
  }
  auto all = read_list(in, announced, items, false);
  in.expect(all.size() >= std::min(announced, list_limit), "as many data items as the count says");
  return all;
}

std::vector<item_data> read_test_data(reader& in, std::size_t announced, std::span<const item> items) {
  auto all = read_list(in, announced, items, true);
  in.expect(all.size() >= std::min(announced, list_limit), "as many data items as the count says");
  return all;
}

item read_test_item(reader& in) {
  item i;
  const auto area = in.u8();
  const auto repetition = in.u8();
  const auto block = in.u16();
  const auto start = in.u16();
  if (!in.ok()) return i;
  const auto high = static_cast<std::uint8_t>(area >> 4);
  auto space = name_in(test_areas, high);
  if (space == "DB") space += std::to_string(block);
  switch (area & 0x0f) {
    case 0: i.type = type::bit; break;
    case 1: i.type = type::byte; break;
    case 2: i.type = type::word; break;
    case 3: i.type = type::dword; break;
    default: break;
  }
  const bool numbered = space == "T" || space == "C";
  const bool single = i.type == type::bit;
  i.objects.push_back(
      one(std::move(space), numbered ? std::to_string(start) : bit_address(start, single ? repetition : 0), single ? 1 : repetition));
  return i;
}

void put_objects(operation& op, std::span<const item> items) {
  for (const auto& i : items)
    for (const auto& o : i.objects)
      if (op.objects.size() < list_limit) op.objects.push_back(o);
}

outcome put_data(operation& op, std::span<const item_data> data, bool values) {
  std::size_t refused = 0;
  std::string codes;
  for (const auto& d : data) {
    const bool bad = d.code != success && d.code != 0;
    refused += bad;
    (codes += codes.empty() ? "" : ",") += std::to_string(d.code);
    if (!values) continue;
    if (bad || d.values.empty()) op.values.push_back(value{});
    for (const auto& v : d.values)
      if (!bad && op.values.size() < list_limit) op.values.push_back(v);
  }
  if (refused == 0) return outcome::ok;
  op.fields.emplace_back("return_codes", std::move(codes));
  if (refused < data.size()) return outcome::ok;
  if (values) op.values.clear();
  op.code = std::to_string(data.front().code);
  return outcome::refused;
}

}  // namespace mw::s7comm
