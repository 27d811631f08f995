// Payloads of Sparkplug B: the wire format of Protocol Buffers, metrics and their values.
#include "sensor/dissect/sparkplug_payload.hpp"

#include "common/text.hpp"

#include <array>
#include <bit>

namespace mw::sparkplug {
namespace {

constexpr std::array<std::string_view, 35> types{
    "unknown",       "int8",         "int16",         "int32",        "int64",        "uint8",           "uint16",      "uint32",
    "uint64",        "float",        "double",        "boolean",      "string",       "datetime",        "text",        "uuid",
    "dataset",       "bytes",        "file",          "template",     "propertyset",  "propertysetlist", "int8_array",  "int16_array",
    "int32_array",   "int64_array",  "uint8_array",   "uint16_array", "uint32_array", "uint64_array",    "float_array", "double_array",
    "boolean_array", "string_array", "datetime_array"};
enum type : std::uint8_t { int8 = 1, int16 = 2, int32 = 3, int64 = 4, boolean = 11, datetime = 13 };

constexpr std::size_t longest_text = 256, longest_octets = 64;

std::uint64_t read_varint(reader& in) {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const auto b = in.u8();
    v |= shift < 64 ? static_cast<std::uint64_t>(b & 0x7f) << shift : 0;
    if ((b & 0x80) == 0) return v;
  }
  in.fail({fault::malformed, "a varint has more than ten octets", in.at()});
  return 0;
}

/// A message whose fields are all well formed, each handed to `take`.
template <class Take>
bool each_field(bytes data, const Take& take) {
  reader in{data};
  while (in.left() != 0) {
    const auto f = next_field(in);
    if (!in.ok()) return false;
    take(f);
  }
  return in.ok();
}

}  // namespace

wire_field next_field(reader& in) {
  wire_field f;
  const auto key = read_varint(in);
  f.number = static_cast<std::uint32_t>(key >> 3);
  in.expect(f.number != 0 && key >> 3 <= 0x1fffffff, "a field number from 1 to 2^29-1");
  switch (key & 7) {
    case 0: f.value = read_varint(in); break;
    case 1: f.value = in.u64le(); break;
    case 2: {
      const auto size = read_varint(in);
      in.expect(size <= in.left(), "a field that ends within its message");
      f.data = in.take(static_cast<std::size_t>(in.ok() ? size : 0));
      break;
    }
    case 5: f.value = in.u32le(); break;
    default: in.fail({fault::malformed, "a wire type that is not in use", in.at()});
  }
  return f;
}

std::optional<metric> read_metric(bytes data) {
  metric m;
  const auto number = [&](metric::form form, std::uint64_t v) { m.is = form, m.number = v; };
  const auto octets = [&](metric::form form, bytes b) { m.is = form, m.data = b; };
  const auto take = [&](const wire_field& f) {
    switch (f.number) {
      case 1: m.name = f.data; break;
      case 2: m.alias = f.value; break;
      case 4: m.type = static_cast<std::uint8_t>(f.value < types.size() ? f.value : 0); break;
      case 5: m.historical = f.value != 0; break;
      case 7: m.null = f.value != 0; break;
      case 10:
      case 11: number(metric::form::number, f.value); break;
      case 12: number(metric::form::single, f.value); break;
      case 13: number(metric::form::wide, f.value); break;
      case 14: number(metric::form::flag, f.value); break;
      case 15: octets(metric::form::text, f.data); break;
      case 16: octets(metric::form::octets, f.data); break;
      case 17: octets(metric::form::dataset, f.data); break;
      case 18: octets(metric::form::members, f.data); break;
      default: break;  // time, metadata, properties
    }
  };
  if (!each_field(data, take)) return {};
  return m;
}

value value_of(const metric& m, std::uint8_t type) {
  if (m.null) return {};
  switch (m.is) {
    case metric::form::none:
    case metric::form::members: return {};
    case metric::form::single: return double{std::bit_cast<float>(static_cast<std::uint32_t>(m.number))};
    case metric::form::wide: return std::bit_cast<double>(m.number);
    case metric::form::flag: return m.number != 0;
    case metric::form::text: return printable(m.data, longest_text);
    case metric::form::octets:
    case metric::form::dataset: return hex(m.data, longest_octets);
    case metric::form::number: break;
  }
  switch (type) {  // negative numbers are written as unsigned ones of the field's width
    case int8: return std::int64_t{static_cast<std::int8_t>(m.number)};
    case int16: return std::int64_t{static_cast<std::int16_t>(m.number)};
    case int32: return std::int64_t{static_cast<std::int32_t>(m.number)};
    case int64: return static_cast<std::int64_t>(m.number);
    case boolean: return m.number != 0;
    case datetime: return static_cast<double>(m.number) / 1000.0;
    default: return m.number;
  }
}

std::optional<payload> read_payload(bytes data) {
  payload p;
  const auto take = [&](const wire_field& f) {
    switch (f.number) {
      case 1: p.timestamp = f.value; break;
      case metrics_field: ++p.metrics; break;
      case 3: p.sequence = f.value; break;
      case 4: p.uuid = f.data; break;
      case 5: p.body = true; break;
      default: break;
    }
  };
  if (!each_field(data, take)) return {};
  return p;
}

std::string_view type_name(std::uint8_t type) { return type < types.size() ? types.at(type) : types[0]; }

}  // namespace mw::sparkplug
