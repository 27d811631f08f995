// Data of HART commands (FieldComm TS20127 6, TS20151 7): items to values, and a device's identity to facts.
#include "common/text.hpp"
#include "sensor/dissect/hart_ip_commands.hpp"

#include <algorithm>

namespace mw::hart {
namespace {

/// Six bits make a character; bit 6 is the complement of bit 5 (TS20307 5.1.1).
std::string packed(bytes data) {
  std::vector<std::uint8_t> text;
  reader in{data};
  while (in.left() >= 3) {
    const auto group = in.be_n(3);
    for (int shift = 18; shift >= 0; shift -= 6) {
      const auto six = static_cast<std::uint8_t>(group >> shift & 0x3f);
      text.push_back(static_cast<std::uint8_t>(six | ((six & 0x20) != 0 ? 0 : 0x40)));
    }
  }
  return printable(text);
}
/// ISO Latin-1, filled up with NULs.
std::string latin(bytes data) {
  std::string out;
  for (const auto b : data) {
    if (b == 0) break;
    if (b < 0x20 || (b >= 0x7f && b < 0xa0))
      out += '?';
    else if (b < 0x80)
      out += static_cast<char>(b);
    else
      out += static_cast<char>(0xc0 | b >> 6), out += static_cast<char>(0x80 | (b & 0x3f));
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}
std::string two(unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); }
std::string day(reader& in) {
  const auto d = in.u8(), m = in.u8(), y = in.u8();
  return std::to_string(1900 + y) + '-' + two(m) + '-' + two(d);
}

value read_item(item_type type, reader& in) {
  switch (type) {
    case item_type::number8:
    case item_type::units: return std::uint64_t{in.u8()};
    case item_type::number16: return std::uint64_t{in.u16()};
    case item_type::number24: return in.be_n(3);
    case item_type::number32: return std::uint64_t{in.u32()};
    case item_type::real: return static_cast<double>(in.f32());
    case item_type::packed6: return packed(in.take(6));
    case item_type::packed12: return packed(in.take(12));
    case item_type::packed24: return packed(in.take(24));
    case item_type::latin32: return latin(in.take(32));
    case item_type::date: return day(in);
    case item_type::time: return static_cast<double>(in.u32()) / 32000.0;  // seconds
  }
  return {};
}
void add(content& to, std::string_view space, std::string address, value v) {
  to.objects.push_back({.space = std::string{space}, .address = std::move(address), .count = 1, .property = {}, .index = {}});
  to.values.push_back(std::move(v));
}
void learn_item(content& to, std::string_view name, const value& v) {
  const auto text = to_string(v);
  if (text.empty()) return;
  if (name == "tag") to.findings.push_back({"tag", text, 85});
  if (name == "long_tag") to.findings.push_back({"host_name", text, 85});
  if (name == "descriptor") to.findings.push_back({"description", text, 70});
  if (name == "message") to.findings.push_back({"message", text, 50});
  if (name == "final_assembly_number" && text != "0") to.findings.push_back({"assembly_number", text, 70});
}
void read_plain(std::span<const item> layout, reader& in, content& to) {
  for (const auto& i : layout) {
    if (in.left() == 0) return;  // older devices know fewer
    auto v = read_item(i.type, in);
    if (!in.ok()) {
      to.short_of = true;
      return;
    }
    if (i.type == item_type::units)
      to.fields.emplace_back(i.name, std::move(v));
    else
      add(to, "parameter", std::string{i.name}, std::move(v));
  }
}

void read_slots(reader& in, bool with_status, content& to) {
  constexpr std::size_t wide = 8, narrow = 6, most = 8;
  if (with_status) to.fields.emplace_back("extended_status", std::uint64_t{in.u8()});
  std::string statuses;
  for (std::size_t n = 0; n < most && in.left() >= (with_status ? wide : narrow); ++n) {
    const auto code = in.u8();
    if (with_status) in.skip(1);
    const auto unit = in.u8();
    const auto reading = in.f32();
    add(to, "variable", std::to_string(code), static_cast<double>(reading));
    to.fields.emplace_back("units", std::uint64_t{unit});
    if (with_status) (statuses += statuses.empty() ? "" : " ") += std::to_string(in.u8());
  }
  if (with_status && in.left() >= 4) to.fields.emplace_back("data_time", static_cast<double>(in.u32()) / 32000.0);
  if (!statuses.empty()) to.fields.emplace_back("variable_statuses", statuses);
}

/// Command 0 and its like: 12 octets in HART 5, 17 in HART 6, 22 in HART 7.
void read_identity(reader& in, content& to) {
  const auto expansion = in.u8();
  const auto device_type = in.u16();
  in.skip(1);
  const auto major = in.u8(), device = in.u8(), software = in.u8(), hardware = in.u8();
  in.skip(1);
  const auto id = in.take(3);
  if (!in.ok() || expansion != 254) {
    to.short_of = true;
    return;
  }
  std::uint16_t maker = device_type >> 8;
  if (in.left() >= 5) {
    in.skip(2);
    to.fields.emplace_back("configuration_change_counter", std::uint64_t{in.u16()});
    to.fields.emplace_back("extended_status", std::uint64_t{in.u8()});
  }
  if (in.left() >= 2) maker = in.u16();
  const auto serial = hex(id).substr(2);
  const std::array<std::uint8_t, 5> address{static_cast<std::uint8_t>(device_type >> 8 & 0x3f), static_cast<std::uint8_t>(device_type & 0xff),
                                            id[0], id[1], id[2]};
  to.address = hex(address).substr(2);
  to.fields.emplace_back("expanded_device_type", std::uint64_t{device_type});
  to.fields.emplace_back("device_id", serial);
  to.fields.emplace_back("manufacturer_code", std::uint64_t{maker});
  to.fields.emplace_back("hart_revision", std::uint64_t{major});
  const auto vendor = manufacturer_name(maker);
  to.findings.push_back({"vendor_id", std::to_string(maker), 90});
  if (!vendor.empty()) to.findings.push_back({"vendor", std::string{vendor}, 80});
  to.findings.push_back({"device_type", std::to_string(device_type), 90});
  to.findings.push_back({"serial", serial, 90});
  to.findings.push_back({"firmware", std::to_string(software), 80});
  to.findings.push_back({"hardware", std::to_string(hardware >> 3), 80});
  to.findings.push_back({"device_revision", std::to_string(device), 80});
}

}  // namespace

content read_request(const command& c, bytes data) {
  content to;
  reader in{data};
  if (c.asks == shape::codes)
    while (in.left())
      to.objects.push_back({.space = "variable", .address = std::to_string(in.u8()), .count = 1, .property = {}, .index = {}});
  else
    read_plain(c.request, in, to);
  if (in.left() != 0) to.fields.emplace_back("data", hex(in.rest(), 64));
  return to;
}

content read_answer(const command& c, bytes data) {
  content to;
  reader in{data};
  switch (c.answers) {
    case shape::identity: read_identity(in, to); break;
    case shape::slots9: read_slots(in, true, to); break;
    case shape::slots33: read_slots(in, false, to); break;
    default:
      read_plain(c.answer, in, to);
      for (std::size_t i = 0; i < to.objects.size(); ++i) learn_item(to, to.objects[i].address, to.values[i]);
      if (in.left() != 0) to.fields.emplace_back("answer", hex(in.rest(), 64));
      break;
  }
  return to;
}

}  // namespace mw::hart
