// Request and answer data of the MC protocol (SH-080008 chapters 6 to 12) and of SLMP (SH-080956 chapter 5).
#include "sensor/dissect/melsec_message.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::melsec {
namespace {

constexpr std::size_t model_size = 16, password_size = 4;
constexpr std::uint16_t extended = 0x0080, wide = 0x0002, bitwise = 0x0001, conditional = 0x0040;

void put(operation& op, std::string space, std::string address, std::uint32_t count) {
  if (op.objects.size() < list_limit) op.objects.push_back({std::move(space), std::move(address), count, {}, {}});
}
void put(operation& op, value v) {
  if (op.values.size() < list_limit) op.values.push_back(std::move(v));
}

std::string numeral(std::uint32_t v, bool hexadecimal) {
  if (!hexadecimal) return std::to_string(v);
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string s;
  do s.insert(s.begin(), digits[v & 15]);
  while ((v >>= 4) != 0);
  return s;
}

/// In binary the number comes first, in text the letters; newer controllers have longer ones.
void read_device(coded& c, operation& op, std::uint16_t sub, std::uint32_t count = 1) {
  const bool longer = (sub & wide) != 0;
  const device* d = nullptr;
  std::uint32_t number = 0;
  std::string name;
  if (c.ascii()) {
    for (const auto ch : c.in().take(longer ? 4 : 2))
      if (ch != '*' && ch != ' ') name += static_cast<char>(ch);
    d = find_device(name);
    auto text = c.in().take(longer ? 8 : 6);
    while (!text.empty() && text.front() == ' ') text = text.subspan(1);
    number = c.digits(text, d != nullptr && d->hex ? 16 : 10);
  } else {
    number = c.number(longer ? 4 : 3);
    const auto code = longer ? c.u16() : c.u8();
    d = find_device(static_cast<std::uint16_t>(code));
    name = d != nullptr ? std::string{d->name} : "device_" + std::to_string(code);
  }
  if (!c.ok()) return;

  put(op, name, numeral(number, d != nullptr && d->hex), count);
}

/// Bits of one request: half an octet each, or a character.
void read_bits(coded& c, operation& op, std::uint32_t count) {
  if (c.ascii()) {
    for (std::uint32_t i = 0; i < count && c.in().left(); ++i) put(op, c.digits(c.in().take(1), 2) != 0);
    return;
  }
  for (std::uint32_t i = 0; i < count && c.in().left(); i += 2) {
    const auto both = c.in().u8();
    put(op, (both & 0x10) != 0);
    if (i + 1 < count) put(op, (both & 0x01) != 0);
  }
}
void read_numbers(coded& c, operation& op, std::uint32_t count, std::size_t octets) {
  for (std::uint32_t i = 0; i < count && c.in().left(); ++i) {
    const auto v = c.number(octets);
    if (c.ok()) put(op, std::uint64_t{v});
  }
}
void read_piece(coded& c, operation& op, const piece& p) {
  switch (p.what) {
    case piece::shape::bits: return read_bits(c, op, p.count);
    case piece::shape::words: return read_numbers(c, op, p.count, 2);
    case piece::shape::dwords: return read_numbers(c, op, p.count, 4);
  }
}
void put_rest(operation& op, coded& c) {
  if (c.in().left()) put(op, hex(c.in().take(c.in().left()), 256));
}

void batch(bool write, coded& c, operation& op, asked& about) {
  read_device(c, op, about.sub);
  const auto count = c.u16();
  if (!c.ok()) return;
  op.objects.back().count = count;
  about.pieces.push_back({(about.sub & bitwise) != 0 ? piece::shape::bits : piece::shape::words, count});
  if (write) read_piece(c, op, about.pieces.back());
}

void random_read(coded& c, operation& op, asked& about) {
  const auto words = c.u8(), dwords = c.u8();
  for (unsigned i = 0; i < unsigned{words} + dwords && c.in().left(); ++i) read_device(c, op, about.sub);
  about.pieces.push_back({piece::shape::words, words});
  about.pieces.push_back({piece::shape::dwords, dwords});
}

void random_write(coded& c, operation& op, asked& about) {
  if ((about.sub & bitwise) != 0) {
    const auto count = c.u8();
    for (unsigned i = 0; i < count && c.in().left(); ++i) {
      read_device(c, op, about.sub);
      const auto v = (about.sub & wide) != 0 ? c.u16() : c.u8();
      if (c.ok()) put(op, v != 0);
    }
    return;
  }
  const auto words = c.u8(), dwords = c.u8();
  for (unsigned i = 0; i < unsigned{words} + dwords && c.in().left(); ++i) {
    read_device(c, op, about.sub);
    read_numbers(c, op, 1, i < words ? 2 : 4);
  }
}

/// Blocks of words, then blocks of bits by sixteen.
void blocks(bool write, coded& c, operation& op, asked& about) {
  const auto words = c.u8(), bits = c.u8();
  for (unsigned i = 0; i < unsigned{words} + bits && c.in().left(); ++i) {
    read_device(c, op, about.sub);
    const auto count = c.u16();
    if (!c.ok()) return;
    op.objects.back().count = i < words ? count : count * 16u;
    about.pieces.push_back({piece::shape::words, count});
    if (write) read_piece(c, op, about.pieces.back());
  }
}

/// Address and number of words of a buffer; of another module, octets and the module's number.
void buffer(bool write, coded& c, operation& op, asked& about) {
  const auto address = c.u32();
  const auto count = c.u16();
  std::string space = "buffer";
  const bool module = (about.command & 0x0fff) == 0x0601;
  if (module) space = "module_" + std::to_string(c.u16());
  if (!c.ok()) return;
  put(op, std::move(space), std::to_string(address), count);
  about.pieces.push_back({piece::shape::words, module ? count / 2u : count});
  if (write) read_piece(c, op, about.pieces.back());
}

void remote_mode(coded& c, operation& op) {
  if (!c.in().left()) return;
  const auto mode = c.u16();
  if (c.ok()) op.fields.emplace_back("forced", mode == 0x0003);
  if (c.left() >= 1) op.fields.emplace_back("clear_mode", std::uint64_t{c.u8()});
  c.in().skip(c.in().left());
}

void file_name(coded& c, operation& op, asked& about) {
  const auto drive = c.u16(), size = c.u16();
  about.path = printable(c.in().take(size));
  if (c.ok()) put(op, "file", std::to_string(drive) + ':' + about.path, 1);
}
void file_command(coded& c, operation& op, asked& about) {
  switch (about.command) {
    case 0x1827:  // password, mode, drive, name
    case 0x1822: {
      const auto password = c.in().take(password_size);
      op.fields.emplace_back("password_given", std::ranges::any_of(password, [](std::uint8_t b) { return b != ' ' && b != 0; }));
      if (about.command == 0x1827) op.fields.emplace_back("mode", std::uint64_t{c.u16()});
      return file_name(c, op, about);
    }
    case 0x1828:
    case 0x1829: {
      const auto handle = c.u16();
      const auto offset = c.u32();
      const auto size = c.u16();
      if (!c.ok()) return;
      put(op, "file_handle", std::to_string(handle) + ':' + std::to_string(offset), size);
      if (about.command == 0x1829) put_rest(op, c);
      return;
    }
    case 0x182a: put(op, "file_handle", std::to_string(c.u16()), 1); return c.in().skip(c.in().left());
    default: op.fields.emplace_back("data_size", std::uint64_t{c.in().left()}); return c.in().skip(c.in().left());
  }
}

/// Letters and number of 1E; the number first in binary.
void device_1e(coded& c, operation& op, std::uint32_t count = 1) {
  std::uint16_t letters = 0;
  std::uint32_t number = 0;
  if (c.ascii())
    letters = c.u16(), number = c.u32();
  else
    number = c.u32(), letters = c.u16();
  c.in().expect(is_device_1e(letters), "the letters of a device");
  if (!c.ok()) return;
  std::string name{static_cast<char>(letters >> 8)};
  if ((letters & 0xff) != ' ') name += static_cast<char>(letters & 0xff);
  const auto* d = find_device(name);
  put(op, name, numeral(number, d != nullptr && d->hex), count);
}

}  // namespace

void read_request(coded& c, operation& op, asked& about) {
  // devices of modules, indirect and indexed: another layout, which is left as it is
  const bool device_command = (about.command & 0x0fff) >= 0x0401 && (about.command & 0x0fff) <= 0x0406;
  if ((device_command || about.command == 0x0801) && (about.sub & (extended | conditional)) != 0) {
    op.fields.emplace_back("undecoded", true);
    return c.in().skip(c.in().left());
  }
  switch (about.command) {
    case 0x0401: return batch(false, c, op, about);
    case 0x1401: return batch(true, c, op, about);
    case 0x0403:
    case 0x0801: return random_read(c, op, about);
    case 0x1402: return random_write(c, op, about);
    case 0x0406: return blocks(false, c, op, about);
    case 0x1406: return blocks(true, c, op, about);
    case 0x0802: about.monitors = true; return;
    case 0x0601:
    case 0x0613: return buffer(false, c, op, about);
    case 0x1601:
    case 0x1613: return buffer(true, c, op, about);
    case 0x0619: op.fields.emplace_back("test_size", std::uint64_t{c.u16()}); return c.in().skip(c.in().left());
    case 0x1001:
    case 0x1002:
    case 0x1003:
    case 0x1005:
    case 0x1006: return remote_mode(c, op);
    case 0x1630:
    case 0x1631: op.fields.emplace_back("password_given", c.u16() != 0); return c.in().skip(c.in().left());
    default: return file_command(c, op, about);
  }
}

void read_response(coded& c, operation& op, const asked& about, std::vector<learned>& facts) {
  if (!about.pieces.empty() && (op.action == action::read || about.monitors)) {
    for (const auto& p : about.pieces) read_piece(c, op, p);
    return;
  }
  if (about.form_1e) {
    if (about.command == 0x15) {
      op.values.emplace_back(std::uint64_t{c.u8()});
      c.in().skip(c.in().left());
    }
    return;
  }
  switch (about.command) {
    case 0x0101: {
      const auto name = printable(c.in().take(model_size));
      const auto code = c.u16();
      if (!c.ok() || name.empty() || name.find('?') != std::string::npos) return;
      op.values.emplace_back(name);
      op.values.emplace_back(std::uint64_t{code});
      facts.push_back({"vendor", "Mitsubishi Electric", 80});
      facts.push_back({"model", name, 90});
      facts.push_back({"product_code", std::to_string(code), 80});
      return;
    }
    case 0x1827: op.values.emplace_back(std::uint64_t{c.u16()}); return;
    case 0x1828: {
      const auto size = c.u16();
      op.fields.emplace_back("payload_size", std::uint64_t{size});
      return put_rest(op, c);
    }
    case 0x0619:
    case 0x1401:
    case 0x1402:
    case 0x1406: return;
    default: return put_rest(op, c);
  }
}

void read_request_1e(std::uint8_t command, coded& c, operation& op, asked& about) {
  about.command = command;
  about.form_1e = true;
  const auto points = [&]() -> std::uint32_t {
    const auto n = c.u8();
    c.in().skip(c.ascii() ? 2 : 1);
    return n == 0 ? 256 : n;
  };
  switch (command) {
    case 0x00:
    case 0x01:
    case 0x02:
    case 0x03: {
      device_1e(c, op);
      const auto count = points();
      if (!c.ok()) return;
      op.objects.back().count = count;
      about.pieces.push_back({(command & 1) != 0 ? piece::shape::words : piece::shape::bits, count});
      if (command >= 0x02) read_piece(c, op, about.pieces.back());
      return;
    }
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x07: {
      const auto count = points();
      for (std::uint32_t i = 0; i < count && c.in().left(); ++i) {
        device_1e(c, op);
        if (command == 0x04) put(op, c.u8() != 0);
        if (command == 0x05) put(op, std::uint64_t{c.u16()});
      }
      about.pieces.push_back({(command & 1) != 0 ? piece::shape::words : piece::shape::bits, count});
      return;
    }
    case 0x08:
    case 0x09: about.monitors = true; return;
    default: return;
  }
}

}  // namespace mw::melsec
