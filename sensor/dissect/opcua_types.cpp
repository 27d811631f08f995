// The built-in types of OPC UA in their binary encoding (OPC 10000-6, 5.2).
#include "sensor/dissect/opcua_types.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace mw::opcua {
namespace {

constexpr unsigned deepest = 16;
constexpr std::size_t longest_value = 1024;

std::string base64(bytes data) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < data.size() ? data[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= data.size() ? letters[three >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string read_guid(reader& in) {
  std::array<std::uint8_t, 16> octets{};
  const auto first = in.u32le();
  const auto second = in.u16le(), third = in.u16le();
  const auto rest = in.take(8);
  for (std::size_t i = 0; i < 4; ++i) octets.at(i) = static_cast<std::uint8_t>(first >> (24 - 8 * i));
  for (std::size_t i = 0; i < 2; ++i) octets.at(4 + i) = static_cast<std::uint8_t>(second >> (8 - 8 * i));
  for (std::size_t i = 0; i < 2; ++i) octets.at(6 + i) = static_cast<std::uint8_t>(third >> (8 - 8 * i));
  std::ranges::copy(rest, octets.begin() + 8);
  auto text = hex(octets).substr(2);
  for (const std::size_t at : {20u, 16u, 12u, 8u}) text.insert(at, 1, '-');
  return text;
}

/// How a node id is encoded (5.2.2.9).
enum form : std::uint8_t { two_octets, four_octets, numeric, string, guid, opaque };

node_id read_id(reader& in, std::uint8_t encoding) {
  std::uint16_t space = 0;
  std::string identifier;
  std::optional<std::uint32_t> number;
  switch (encoding) {
    case two_octets: number = in.u8(); break;
    case four_octets:
      space = in.u8();
      number = in.u16le();
      break;
    case numeric:
      space = in.u16le();
      number = in.u32le();
      break;
    case string:
      space = in.u16le();
      identifier = "s=" + read_text(in);
      break;
    case guid:
      space = in.u16le();
      identifier = "g=" + read_guid(in);
      break;
    case opaque: {
      space = in.u16le();
      const auto octets = read_octets(in);
      identifier = "b=" + base64(octets.first(std::min<std::size_t>(octets.size(), 192)));
      break;
    }
    default: in.fail({fault::malformed, "a node id of an encoding that is not known", in.at()});
  }
  if (number) identifier = "i=" + std::to_string(*number);
  node_id id;
  if (space == 0) id.standard = number;
  if (space != 0) id.text = "ns=" + std::to_string(space) + ';';
  id.text += identifier;
  return id;
}

bool too_deep(reader& in, unsigned depth) {
  if (depth <= deepest) return false;
  in.fail({fault::over_limit, "nested too deep", in.at()});
  return true;
}

void read_scalar(reader& in, std::uint8_t type, values& to, unsigned depth) {
  switch (type) {
    case 1: return to.add(in.u8() != 0);
    case 2: return to.add(std::int64_t{static_cast<std::int8_t>(in.u8())});
    case 3: return to.add(std::uint64_t{in.u8()});
    case 4: return to.add(std::int64_t{static_cast<std::int16_t>(in.u16le())});
    case 5: return to.add(std::uint64_t{in.u16le()});
    case 6: return to.add(std::int64_t{static_cast<std::int32_t>(in.u32le())});
    case 7: return to.add(std::uint64_t{in.u32le()});
    case 8: return to.add(static_cast<std::int64_t>(in.u64le()));
    case 9: return to.add(in.u64le());
    case 10: return to.add(double{in.f32le()});
    case 11: return to.add(in.f64le());
    case 12: return to.add(read_text(in, longest_value));
    case 13: return to.add(to_time(static_cast<std::int64_t>(in.u64le())));
    case 14: return to.add(read_guid(in));
    case 16: return to.add(read_text(in, longest_value));
    case 17: return to.add(read_node(in).text);
    case 18: return to.add(read_expanded(in).text);
    case 19: return to.add(status_name(in.u32le()));
    case 20: return to.add(read_qualified(in));
    case 21: return to.add(read_localized(in));
    case 22: return read_structure(read_extension(in), to, depth + 1);
    case 23: read_data_value(in, to, depth + 1); return;
    case 24: return read_variant(in, to, depth + 1);
    case 25: return to.add(read_diagnostic(in, depth + 1));
    default: return to.add(hex(read_octets(in)));  // 15, and what is reserved: decoders take it for a ByteString (5.2.2.16)
  }
}

void add_build(reader& in, values& to) {
  for (int i = 0; i < 5; ++i) to.add(read_text(in));
  to.add(to_time(static_cast<std::int64_t>(in.u64le())));
}

}  // namespace

value to_time(std::int64_t ticks) {
  constexpr std::int64_t epoch = 116'444'736'000'000'000;  // from 1601 to 1970
  if (ticks <= 0) return {};
  return static_cast<double>(ticks - epoch) / 1e7;
}

std::size_t read_count(reader& in, std::size_t smallest) {
  const auto n = static_cast<std::int32_t>(in.u32le());
  if (n <= 0) return 0;
  in.expect(static_cast<std::size_t>(n) <= in.left() / smallest, "an array that fits into its message");
  return in.ok() ? static_cast<std::size_t>(n) : 0;
}

bytes read_octets(reader& in) {
  const auto n = static_cast<std::int32_t>(in.u32le());
  return n > 0 ? in.take(static_cast<std::size_t>(n)) : bytes{};
}
std::string read_text(reader& in, std::size_t limit) { return printable(read_octets(in), limit); }

std::string read_localized(reader& in) {
  const auto mask = in.u8();
  if ((mask & 1) != 0) read_octets(in);
  return (mask & 2) != 0 ? read_text(in, longest_value) : std::string{};
}
std::string read_qualified(reader& in) {
  const auto space = in.u16le();
  auto name = read_text(in);
  return space == 0 ? name : std::to_string(space) + ':' + name;
}

node_id read_node(reader& in) { return read_expanded(in); }  // the same octets, where the flags are not set

node_id read_expanded(reader& in) {
  const auto encoding = in.u8();
  auto id = read_id(in, encoding & 0x3f);
  if ((encoding & 0x80) != 0) {
    const auto uri = read_text(in);
    if (const auto at = id.text.find(';'); id.text.starts_with("ns=") && at != std::string::npos) id.text.erase(0, at + 1);
    id.text = "nsu=" + uri + ';' + id.text;
    id.standard.reset();
  }
  if ((encoding & 0x40) != 0) {
    if (const auto server = in.u32le(); server != 0) id.text = "svr=" + std::to_string(server) + ';' + id.text, id.standard.reset();
  }
  return id;
}

extension_object read_extension(reader& in) {
  extension_object o;
  o.type = read_node(in);
  const auto encoding = in.u8();
  in.expect(encoding <= 2, "an encoding of an extension object that is known");
  if (encoding == 1) o.body = read_octets(in);
  if (encoding == 2) read_octets(in);
  return o;
}

std::string read_diagnostic(reader& in, unsigned depth) {
  std::string text;
  if (too_deep(in, depth)) return text;
  const auto mask = in.u8();
  constexpr std::array<std::string_view, 4> indices{"symbol", "namespace", "text", "locale"};
  const auto say = [&](std::string_view name, const std::string& what) {
    if (!text.empty()) text += ' ';
    text += name, text += '=', text += what;
  };
  for (std::size_t i = 0; i < indices.size(); ++i)
    if ((mask >> i & 1) != 0) say(indices.at(i), std::to_string(static_cast<std::int32_t>(in.u32le())));
  if ((mask & 0x10) != 0) say("info", read_text(in));
  if ((mask & 0x20) != 0) say("status", status_name(in.u32le()));
  if ((mask & 0x40) != 0) say("inner", read_diagnostic(in, depth + 1));
  return text;
}

data_value read_data_value(reader& in, values& to, unsigned depth) {
  data_value v;
  if (too_deep(in, depth)) return v;
  const auto mask = in.u8();
  const auto before = to.size();
  v.present = (mask & 0x01) != 0;
  if (v.present) read_variant(in, to, depth + 1);
  if ((mask & 0x02) != 0) v.status = in.u32le();
  if ((mask & 0x04) != 0) v.source_time = static_cast<std::int64_t>(in.u64le());
  if ((mask & 0x10) != 0) in.skip(2);
  if ((mask & 0x08) != 0) in.skip(8);
  if ((mask & 0x20) != 0) in.skip(2);
  if (!v.present || is_bad(v.status)) to.cut(before), to.add({});
  return v;
}

void read_variant(reader& in, values& to, unsigned depth) {
  if (too_deep(in, depth)) return;
  const auto mask = in.u8();
  const std::uint8_t type = mask & 0x3f;
  if ((mask & 0x80) == 0) {
    if (type == 0) return to.add({});
    return read_scalar(in, type, to, depth);
  }
  in.expect(type != 0, "an array of something");
  each(in, [&] { read_scalar(in, type, to, depth); });
  if ((mask & 0x40) != 0) each(in, [&] { in.skip(4); }, 4);
}

void read_structure(const extension_object& o, values& to, unsigned depth) {
  reader in{o.body};
  if (o.body.empty()) return to.add(o.type.is_null() ? value{} : value{o.type.text});
  const auto before = to.size();
  if (depth <= deepest) {
    switch (o.type.standard.value_or(0)) {
      case 298:  // Argument
        to.add(read_text(in));
        to.add(read_node(in).text);
        break;
      case 321:  // identity tokens: what they prove identity with stays here
      case 324:
      case 327:
      case 940:
        to.add(read_text(in));
        if (o.type.is(324)) to.add(read_text(in));
        break;
      case 340: add_build(in, to); break;
      case 864:  // ServerStatusDataType
        to.add(to_time(static_cast<std::int64_t>(in.u64le())));
        to.add(to_time(static_cast<std::int64_t>(in.u64le())));
        to.add(std::uint64_t{in.u32le()});
        add_build(in, to);
        to.add(std::uint64_t{in.u32le()});
        to.add(read_localized(in));
        break;
      case 886:  // Range
        to.add(in.f64le());
        to.add(in.f64le());
        break;
      case 889:  // EUInformation: the unit's sign
        read_octets(in);
        in.skip(4);
        to.add(read_localized(in));
        break;
      case 8251:  // EnumValueType
        to.add(static_cast<std::int64_t>(in.u64le()));
        to.add(read_localized(in));
        break;
      default: to.add(hex(o.body, 256));
    }
  }
  if (in.ok()) return;
  to.cut(before);
  to.add(value{});
}

}  // namespace mw::opcua
