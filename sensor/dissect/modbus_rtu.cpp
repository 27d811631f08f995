// Modbus RTU frames in a TCP stream, as serial gateways pass them on (MODBUS over Serial Line Specification V1.02, 2.5.1).
#include "common/checksum.hpp"
#include "sensor/dissect/modbus_conversation.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::size_t shortest = 4, longest = 256;  ///< unit, function, CRC; unit, the largest PDU, CRC
constexpr std::uint8_t last_unit = 247;

/// Over a frame with its own CRC at the end it comes to 0.
bool right(bytes frame) { return crc16_modbus(frame) == 0; }

/// What the length of a frame can be, by its function. The direction is not known: often two answers.
struct lengths {
  std::array<std::size_t, 2> whole{};  ///< 0: none
  bool more = false;                   ///< a length stands in octets that have not come yet
  bool free = false;                   ///< the function does not tell: only the CRC does
};
lengths lengths_of(bytes head) {
  const auto at = [&](std::size_t offset, std::size_t width, std::size_t rest) -> std::size_t {
    reader in{head};
    in.skip(offset);
    const auto n = static_cast<std::size_t>(in.be_n(width));
    return in.ok() ? n + rest : 0;
  };
  const auto either = [](std::size_t a, std::size_t b) { return lengths{{a, b}, a == 0 || b == 0, false}; };
  reader in{head};
  in.skip(1);
  const auto function = in.u8();
  if ((function & modbus::error_bit) != 0) return {{5, 0}};
  switch (function) {
    case 1:
    case 2:
    case 3:
    case 4: return either(8, at(2, 1, 5));
    case 5:
    case 6: return {{8, 0}};
    case 7: return {{4, 5}};
    case 11: return {{4, 8}};
    case 12:
    case 17: return either(4, at(2, 1, 5));
    case 15:
    case 16: return either(8, at(6, 1, 9));
    case 20:
    case 21: return either(at(2, 1, 5), at(2, 1, 5));
    case 22: return {{10, 0}};
    case 23: return either(at(2, 1, 5), at(10, 1, 13));
    case 24: return either(6, at(2, 2, 6));
    default: return {{}, false, true};
  }
}

/// The first frame of `head` whose CRC is right: its size; 0 where there is none.
std::size_t sound(bytes head, const lengths& l) {
  if (!l.free) {
    for (const auto n : l.whole)
      if (n >= shortest && n <= longest && n <= head.size() && right(head.first(n))) return n;
    return 0;
  }
  const auto all = head.first(std::min(head.size(), longest));
  if (all.size() < shortest) return 0;
  auto crc = crc16_modbus(all.first(shortest - 1));
  for (auto n = shortest; n <= all.size(); ++n) {
    crc = crc16_modbus(all.subspan(n - 1, 1), crc);
    if (crc == 0) return n;
  }
  return 0;
}
/// Whether more octets can still make a frame of it.
bool hopeful(bytes head, const lengths& l) {
  if (l.free) return head.size() < longest;
  return l.more || std::ranges::any_of(l.whole, [&](std::size_t n) { return n <= longest && n > head.size(); });
}

std::uint8_t code_of(bytes head) {
  reader in{head};
  in.skip(1);
  return static_cast<std::uint8_t>(in.u8() & ~modbus::error_bit);
}
/// Whether these octets are, or may become, a frame that is worth a claim. Where only the CRC tells the length, nearly
/// everything may become one: then the function must be one that is used.
bool promising(bytes head) {
  if (head.size() < 2) return true;
  const auto unit = reader{head}.u8();
  const auto code = code_of(head);
  const auto l = lengths_of(head);
  if (unit > last_unit || code == 0 || !modbus::describe(code).assigned) return false;
  const bool in_use = !l.free || code == modbus::diagnostics || code == modbus::encapsulated || code == modbus::unity;
  return sound(head, l) != 0 || (in_use && hopeful(head, l));
}

/// ROC Plus ends in the same CRC and has the length of its data in the sixth octet: what it could have said as well.
bool like_roc_plus(bytes frame) {
  reader in{frame};
  in.skip(5);
  const std::size_t data = in.u8();
  return in.ok() && data + 8 == frame.size();
}

match probe(bytes head, transport) {
  for (;;) {
    if (head.size() < shortest) return promising(head) ? match::unsure : match::no;
    const auto code = code_of(head);
    if (reader{head}.u8() > last_unit || code == 0) return match::no;
    const auto l = lengths_of(head);
    const auto n = sound(head, l);
    // where only the CRC tells the length, one of 253 lengths is soon right by chance: it must be that of the whole head
    if (n == 0 || (l.free && n != head.size())) return promising(head) ? match::unsure : match::no;
    if (like_roc_plus(head.first(n))) {  // proves nothing: the next frame may
      head = head.subspan(n);
      continue;
    }
    if (!modbus::shape_of(head.subspan(1, n - 3)).any()) return modbus::describe(code).assigned ? match::yes : match::unsure;
    // function 90 has no shape to speak of, and what follows a frame must not refute it
    return code != modbus::unity && promising(head.subspan(n)) ? match::certain : match::yes;
  }
}

result<std::size_t> frame(bytes head) {
  if (head.size() < shortest) return 0U;
  const auto l = lengths_of(head);
  if (const auto n = sound(head, l); n != 0) return n;
  // a frame with a wrong CRC is reported as one where the next frame, or the end of what was sent, confirms its border
  for (const auto n : l.whole)
    if (n >= shortest && n < head.size() && sound(head.subspan(n), lengths_of(head.subspan(n))) != 0) return n;
  if (modbus::describe(code_of(head)).assigned && hopeful(head, l)) return 0U;
  for (const auto n : l.whole)
    if (n >= shortest && n == head.size()) return n;
  return fail(fault::malformed, "no frame with a valid CRC", 0);
}

class modbus_rtu_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.data.size() < shortest) {
      out.violate(m.from, "length", "a frame shorter than unit, function and CRC");
      return verdict::taken;
    }
    if (!right(m.data)) {
      out.violate(m.from, "crc", "the CRC of a frame is wrong");
      return verdict::taken;
    }
    reader in{m.data};
    const auto unit = in.u8();
    talk_.on_adu({.transaction = 0, .unit = unit, .pdu = in.take(in.left() - 2), .from = m.from, .time = m.time}, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { talk_.on_time(now, out); }
  void on_end(timestamp, output& out) override { talk_.on_end(out); }

private:
  modbus::conversation talk_{modbus::conversation::framing::rtu};
};

const protocol modbus_rtu{{
    .name = "modbus_rtu",
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<modbus_rtu_session>(); },
}};

}  // namespace
}  // namespace mw
