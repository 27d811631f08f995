// Headers of the MC protocol: subheader, access route, length (SH-080008 3.1 and appendix, SH-080956 3).
#include "sensor/dissect/melsec_frame.hpp"

#include "sensor/dissect/melsec_codec.hpp"
#include "sensor/dissect/melsec_commands.hpp"

#include <algorithm>
#include <array>

namespace mw::melsec {
namespace {

constexpr std::uint16_t request_3e = 0x5000, response_3e = 0xd000, request_4e = 0x5400, response_4e = 0xd400;
constexpr std::size_t longest = 8192, shortest_request = 6, shortest_response = 2;

/// Which frame, by the subheader of 3E and 4E; nothing where it is none of these.
std::optional<frame> subheader(std::uint16_t v) {
  frame f;
  switch (v) {
    case request_3e: return f;
    case response_3e: f.response = true; return f;
    case request_4e: f.form = form::e4; return f;
    case response_4e: f.form = form::e4, f.response = true; return f;
    default: return {};
  }
}
/// The first octet tells text from binary, and 1E from the others.
constexpr bool is_text_frame(std::uint8_t first) {
  return first == '5' || first == 'D' || first == '0' || first == '1' || first == '8' || first == '9';
}
constexpr bool has_length(std::uint8_t first) {
  return first == 0x50 || first == 0x54 || first == 0xd0 || first == 0xd4 || first == '5' || first == 'D';
}

/// The whole head, and the length that it announces.
std::size_t read_head(coded& c, frame& f) {
  if (f.form == form::e4) f.serial = c.u16(), c.in().expect(c.u16() == 0, "zeros after the serial number");
  f.network = c.u8(), f.pc = c.u8(), f.io = c.u16(), f.station = c.u8();
  return c.u16();
}
constexpr std::size_t head_size(const frame& f) { return (f.form == form::e4 ? 13 : 9) * (f.ascii ? 2u : 1u); }

/// 1E: what follows the command, the PC number and the timer, in octets; of text, nibbles are characters.
std::optional<std::size_t> size_of_1e(coded& c, std::uint8_t command) {
  const std::size_t unit = c.ascii() ? 2 : 1;
  const auto device_and_count = [&]() -> std::size_t {
    c.in().skip(6 * unit);
    const auto n = c.u8();
    return n == 0 ? 256 : n;
  };
  const std::size_t head = 4 * unit;
  switch (command) {
    case 0x00:
    case 0x01: return head + 8 * unit;
    case 0x02: {
      const auto n = device_and_count();
      return head + 8 * unit + (c.ascii() ? n : (n + 1) / 2);
    }
    case 0x03: {
      const auto n = device_and_count();
      return head + 8 * unit + n * 2 * unit;
    }
    case 0x04: return head + 2 * unit + c.u8() * std::size_t{7} * unit;
    case 0x05: return head + 2 * unit + c.u8() * std::size_t{8} * unit;
    case 0x06:
    case 0x07: return head + 2 * unit + c.u8() * std::size_t{6} * unit;
    case 0x08:
    case 0x09:
    case 0x13:
    case 0x14:
    case 0x15: return head;
    case 0x16: return head + unit + c.u8() * unit;
    default: return {};
  }
}

/// 1E has no length: it is what the command makes it.
result<std::size_t> size_1e(bytes head, bool ascii) {
  reader in{head};
  coded c{in, ascii};
  const auto command = c.u8();
  if (!in.ok()) return std::size_t{0};
  if ((command & 0x80) != 0) {
    if (meaning_of_1e(command & 0x7f).name.empty()) return fail(fault::malformed, "a subheader that is not known");
    return head.size() < (ascii ? 4u : 2u) ? std::size_t{0} : head.size();
  }
  if (meaning_of_1e(command).name.empty()) return fail(fault::malformed, "a subheader that is not known");
  in.skip(ascii ? 6 : 3);
  const auto size = size_of_1e(c, command);
  if (!size) return fail(fault::malformed, "a subheader that is not known");
  if (!in.ok()) return std::size_t{0};
  return *size;
}

}  // namespace

std::string frame::unit() const {
  if (form == form::e1) return std::to_string(pc);
  return std::to_string(network) + '.' + std::to_string(pc) + '.' + std::to_string(io) + '.' + std::to_string(station);
}

result<std::size_t> size_of(bytes head) {
  if (head.empty()) return std::size_t{0};
  const bool ascii = is_text_frame(head[0]);
  if (!has_length(head[0])) return size_1e(head, ascii);
  if (head.size() < (ascii ? 4u : 2u)) return std::size_t{0};
  reader in{head};
  coded c{in, ascii};
  auto f = subheader(ascii ? c.u16() : in.u16());
  if (!f || !in.ok()) return fail(fault::malformed, "a subheader that is not known");
  f->ascii = ascii;
  if (head.size() < head_size(*f)) return std::size_t{0};
  const auto length = read_head(c, *f);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  const auto unit = ascii ? 2u : 1u;
  if (length < unit * (f->response ? shortest_response : shortest_request) || length > unit * longest)
    return fail(fault::malformed, "a length that no frame has");
  return head_size(*f) + length;
}

result<frame> parse(bytes data) {
  const auto size = size_of(data);
  if (!size) return tl::unexpected<error>{size.error()};
  if (*size == 0 || *size > data.size()) return fail(fault::truncated, "ends inside a frame", data.size());
  reader in{data.first(*size)};
  coded c{in, is_text_frame(data[0])};
  frame f;
  if (has_length(data[0])) {
    auto known = subheader(c.ascii() ? c.u16() : in.u16());
    if (!known || !in.ok()) return fail(fault::malformed, "a subheader that is not known");
    f = *known;
    f.ascii = c.ascii();
    (void)read_head(c, f);
  } else {
    f.form = form::e1;
    f.ascii = c.ascii();
    const auto command = c.u8();
    f.response = (command & 0x80) != 0;
    f.command_1e = command & 0x7f;
    if (!f.response) f.pc = c.u8();
  }
  f.body = in.rest();
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return f;
}

bool convincing(bytes data) {
  const auto f = parse(data);
  if (!f) return false;
  reader in{f->body};
  coded c{in, f->ascii};
  if (f->form == form::e1) {
    // the short ones and the responses could be anything
    if (f->response || f->command_1e > 0x03 || (f->pc != 0xff && f->pc > 0x40)) return false;
    in.skip(f->ascii ? 4 : 2);
    const auto device = c.ascii() ? c.u16() : (c.u32(), c.u16());
    return in.ok() && is_device_1e(static_cast<std::uint16_t>(device));
  }
  constexpr std::array<std::uint16_t, 9> cpus{0x03ff, 0x03d0, 0x03d1, 0x03d2, 0x03d3, 0x03e0, 0x03e1, 0x03e2, 0x03e3};
  if (std::ranges::find(cpus, f->io) == cpus.end() && f->io > 0x01ff && f->io != 0x03e4) return false;
  if (f->station > 120 && f->station != 0xff) return false;
  if (f->response) return f->network <= 239 || f->network == 0xff;
  in.skip(f->ascii ? 4 : 2);
  const auto command = c.u16(), sub = c.u16();
  return in.ok() && !meaning_of(command).name.empty() && sub <= 0x00c3;
}

}  // namespace mw::melsec
