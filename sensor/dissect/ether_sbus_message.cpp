// SAIA S-Bus: parameters of requests and the answers to them, laid out as the public dissectors and drivers read them.
#include "sensor/dissect/ether_sbus_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mw::ether_sbus {
namespace {

constexpr std::size_t longest_name = 24, most_raw = 64;
constexpr std::uint8_t configuration_file = 0x20, program_file = 0x21, extended = 0xff, first_refusal = 0x80;
constexpr std::uint8_t stated = 85;

object at(std::string_view space, std::string address, std::uint32_t count = 1) {
  return {.space = std::string{space}, .address = std::move(address), .count = count, .property = {}, .index = {}};
}
void keep_raw(operation& op, std::string_view name, bytes data) {
  if (!data.empty()) op.fields.emplace_back(std::string{name}, hex(data, most_raw));
}
void say(operation& op, std::string_view name, std::string_view text) {
  if (!text.empty()) op.fields.emplace_back(std::string{name}, std::string{text});
}

void read_words(reader& in, operation& op) {
  while (in.left() >= 4) op.values.emplace_back(std::uint64_t{in.u32()});
}
void read_bits(reader& in, std::uint32_t count, operation& op) {
  std::uint8_t octet = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i % 8 == 0) octet = in.u8();
    if (!in.ok()) return;
    op.values.emplace_back((octet >> (i % 8) & 1) != 0);
  }
}
/// Week, weekday, year, month, day, hour, minute, second, each BCD.
void read_clock(reader& in, operation& op) {
  in.skip(2);
  const auto d = in.take(6);
  if (!in.ok()) return;
  std::string text = "20";
  constexpr std::string_view between = "-- ::";
  for (std::size_t i = 0; i < d.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    if ((d[i] >> 4) > 9 || (d[i] & 15) > 9) return;
    text += digits[d[i] >> 4];
    text += digits[d[i] & 15];
    if (i < between.size()) text += between[i];
  }
  op.values.emplace_back(std::move(text));
}

/// A length that counts the octets behind it, less one, then an address.
struct written {
  std::uint32_t address = 0;
  std::size_t octets = 0;  ///< behind the address
};
written read_written(reader& in, std::size_t address_size, remarks& notes) {
  const std::size_t announced = std::size_t{in.u8()} + 1;
  const auto address = static_cast<std::uint32_t>(in.be_n(address_size));
  if (in.ok() && in.left() + address_size != announced)
    notes.breaks("byte_count", "the count of octets does not match the data that follows");
  return {address, in.left()};
}

std::string file_name(reader& in) {
  const auto rest = in.rest();
  const auto size = std::min(static_cast<std::size_t>(std::ranges::find(rest, std::uint8_t{0}) - rest.begin()), longest_name);
  const auto name = printable(in.take(size));
  if (in.left()) in.skip(1);
  return name;
}
bool is_file(std::uint8_t type) { return type == configuration_file || type == program_file; }

/// Files have a name where blocks have a number, and it stands behind the sizes.
void read_block_target(reader& in, operation& op, bool address, bool size) {
  const auto type = in.u8();
  const auto kind = block_type(type);
  auto where = kind.empty() ? std::to_string(type) : std::string{kind};
  std::uint32_t number = 0;
  if (!is_file(type)) number = in.u16();
  const auto offset = address ? in.u32() : 0, octets = size ? in.u32() : 0;
  const auto name = is_file(type) ? file_name(in) : std::to_string(number);
  if (!in.ok()) return;
  op.objects.push_back(at(is_file(type) ? "file" : "block", is_file(type) ? name : where + ' ' + name));
  if (is_file(type)) say(op, "block_type", kind);
  if (address) op.fields.emplace_back("offset", std::uint64_t{offset});
  if (size) op.fields.emplace_back("size", std::uint64_t{octets});
  if (type == configuration_file && op.action == action::program_download) op.action = action::configure;
}

void read_block_request(reader& in, operation& op, asked& a, remarks& notes) {
  const auto announced = in.u8(), code = in.u8();
  if (!in.ok()) return notes.breaks("length", "a block telegram without its type");
  if (announced != extended && in.left() + 1 != announced)
    notes.breaks("byte_count", "the count of octets does not match the data that follows");
  op.function += '/' + std::to_string(code);
  a.telegram = find_block_telegram(code);
  if (a.telegram == nullptr) {
    notes.breaks("telegram", "a telegram of a block transfer that is not known");
    return keep_raw(op, "data", in.rest());
  }
  op.function_name = a.telegram->name;
  op.action = a.telegram->what;
  switch (code) {
    case 0x00:
      in.skip(1);
      read_block_target(in, op, false, true);
      break;
    case 0x01: in.skip(1), a.carried = in.left(); break;
    case 0x02: in.skip(1), a.carried = in.left() - std::min<std::size_t>(in.left(), 4); break;  // four octets are a checksum
    case 0x08: read_block_target(in, op, true, false), a.carried = in.left(); break;
    case 0x10:
      in.skip(1);
      read_block_target(in, op, false, false);
      break;
    case 0x18: read_block_target(in, op, true, true); break;
    case 0x20:
    case 0x21: read_block_target(in, op, false, false); break;
    default: break;
  }
  if (!in.ok()) notes.breaks("length", "the block telegram is cut short");
}

std::size_t read_block_answer(const asked& a, reader& in, operation& op, remarks& notes) {
  in.skip(1);
  const auto status = in.u8();
  if (!in.ok()) return notes.breaks("length", "an answer of a block transfer without its status"), 0;
  say(op, "status", block_status(status));
  if (status >= first_refusal) {
    op.code = std::to_string(status);
    return 0;
  }
  if (a.telegram == nullptr) return 0;
  switch (a.telegram->code) {
    case 0x10: {
      in.skip(1);
      const auto size = in.u32();
      if (in.ok()) op.fields.emplace_back("size", std::uint64_t{size});
      return in.left();
    }
    case 0x11: in.skip(1); return in.left();
    case 0x18: return in.left();
    case 0x21: {
      const auto size = in.u32();
      if (in.ok()) op.fields.emplace_back("size", std::uint64_t{size});
      return 0;
    }
    case 0x22: read_block_target(in, op, false, true); return 0;
    default: return 0;
  }
}

/// "D2M48" and "020", then a letter or nothing.
void read_version(reader& in, operation& op, remarks& notes) {
  const auto type = in.take(5), firmware = in.take(3);
  if (!in.ok() || !is_text(type) || !is_text(firmware)) return notes.breaks("length", "the firmware version is cut short or no text");
  op.values.emplace_back(printable(type));
  op.values.emplace_back(printable(firmware));
  notes.findings.push_back({"vendor", "Saia-Burgess Controls", stated});
  notes.findings.push_back({"model", "PC" + printable(type), stated});
  notes.findings.push_back({"firmware", printable(firmware), stated});
}

void expect_size(const reader& in, std::size_t size, remarks& notes) {
  if (in.left() != size) notes.breaks("mismatch", "the answer holds another number of octets than was asked for");
}

}  // namespace

asked read_request(const command& c, reader in, operation& op, remarks& notes) {
  asked a{.command = c};
  const auto counted = [&](std::size_t address_size) {
    a.count = in.u8() + 1u;
    const auto address = in.be_n(address_size);
    if (in.ok()) op.objects.push_back(at(c.space, std::to_string(address), a.count));
  };
  switch (c.layout) {
    case layout::read_words:
    case layout::read_bits: counted(2); break;
    case layout::read_memory:
    case layout::read_octets: counted(3); break;
    case layout::read_eeprom:
      in.skip(1);
      counted(2);
      break;
    case layout::write_words:
    case layout::write_memory: {
      const auto w = read_written(in, c.layout == layout::write_words ? 2 : 3, notes);
      if (!in.ok()) break;
      if (w.octets % 4 != 0) notes.breaks("byte_count", "the data are no whole number of 32-bit values");
      op.objects.push_back(at(c.space, std::to_string(w.address), static_cast<std::uint32_t>(w.octets / 4)));
      if (c.layout == layout::write_words) read_words(in, op);
      if (in.left()) op.values.emplace_back(hex(in.rest()));
      break;
    }
    case layout::write_octets: {
      const auto w = read_written(in, 3, notes);
      if (!in.ok()) break;
      op.objects.push_back(at(c.space, std::to_string(w.address), static_cast<std::uint32_t>(w.octets)));
      if (in.left()) op.values.emplace_back(hex(in.rest()));
      break;
    }
    case layout::write_bits: {
      const auto w = read_written(in, 2, notes);
      const auto count = in.u8() + 1u;
      if (!in.ok()) break;
      op.objects.push_back(at(c.space, std::to_string(w.address), count));
      if (in.left() != (count + 7) / 8) notes.breaks("byte_count", "the number of bits does not match the data that follows");
      read_bits(in, std::min(count, static_cast<std::uint32_t>(in.left() * 8)), op);
      break;
    }
    case layout::write_clock: read_clock(in, op); break;
    case layout::system: {
      const auto number = in.u8();
      if (in.ok()) op.objects.push_back(at(c.space, std::to_string(number)));
      break;
    }
    case layout::block: read_block_request(in, op, a, notes); return a;
    case layout::other: keep_raw(op, "data", in.rest()); return a;
    default:
      if (!c.address.empty()) op.objects.push_back(at(c.space, std::string{c.address}));
      return a;
  }
  if (!in.ok()) notes.breaks("length", "the parameters of the command are cut short");
  return a;
}

std::size_t read_answer(const asked& a, reader in, operation& op, remarks& notes) {
  switch (a.command.layout) {
    case layout::read_words:
    case layout::read_eeprom:
      expect_size(in, std::size_t{a.count} * 4, notes);
      read_words(in, op);
      break;
    case layout::read_bits:
      expect_size(in, (a.count + 7) / 8, notes);
      read_bits(in, std::min(a.count, static_cast<std::uint32_t>(in.left() * 8)), op);
      break;
    case layout::read_memory:
    case layout::read_octets:
      expect_size(in, a.command.layout == layout::read_octets ? a.count : std::size_t{a.count} * 4, notes);
      op.values.emplace_back(hex(in.rest()));
      break;
    case layout::display:
      expect_size(in, 4, notes);
      read_words(in, op);
      break;
    case layout::clock: read_clock(in, op); break;
    case layout::status: {
      const auto state = in.u8();
      const auto name = cpu_state(state);
      if (!in.ok()) break;
      op.values.emplace_back(name.empty() ? std::to_string(state) : std::string{name});
      // of several processors only the one that answers for the station says how it is
      if (!name.empty() && (a.command.address == "own" || a.command.address == "0"))
        notes.findings.push_back({"run_state", std::string{name}, stated});
      break;
    }
    case layout::station: {
      const auto number = in.u8();
      if (in.ok()) op.values.emplace_back(std::uint64_t{number});
      break;
    }
    case layout::version: read_version(in, op, notes); return 0;
    case layout::flags: {
      const auto f = in.u8();
      if (!in.ok()) break;
      constexpr std::string_view names[] = {"accumulator", "error", "negative", "zero"};
      for (unsigned i = 0; i < std::size(names); ++i) op.fields.emplace_back(std::string{names[i]}, (f >> i & 1) != 0);
      break;
    }
    case layout::index:
    case layout::pointer: {
      const auto v = in.be_n(a.command.layout == layout::index ? 2 : 3);
      if (in.ok()) op.values.emplace_back(std::uint64_t{v});
      break;
    }
    case layout::current: {
      const auto type = in.u8();
      const auto number = in.u16();
      if (in.ok()) op.values.emplace_back(std::string{block_type(type)} + ' ' + std::to_string(number));
      break;
    }
    case layout::block: return read_block_answer(a, in, op, notes);
    default: keep_raw(op, "answer", in.rest()); return 0;
  }
  if (!in.ok()) notes.breaks("length", "the answer is cut short");
  return 0;
}

}  // namespace mw::ether_sbus
