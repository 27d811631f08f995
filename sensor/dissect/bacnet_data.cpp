// Tagged data of BACnet (ASHRAE 135, clause 20.2).
#include "sensor/dissect/bacnet_data.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::bacnet {
namespace {

constexpr std::uint8_t opening = 6, closing = 7, extended = 5, extended_number = 15;
constexpr int deepest = 16;

struct head {
  std::uint8_t number = 0, form = 0;
  bool context = false;
  std::size_t length = 0;
};

head read_head(reader& in) {
  const auto first = in.u8();
  head h{.number = static_cast<std::uint8_t>(first >> 4), .form = static_cast<std::uint8_t>(first & 7), .context = (first & 8) != 0};
  if (h.number == extended_number) h.number = in.u8();
  h.length = h.form;
  if (h.context && (h.form == opening || h.form == closing)) {
    h.length = 0;
    return h;
  }
  in.expect(h.form <= extended, "a tag with a length");
  if (h.form == extended) {
    h.length = in.u8();
    if (h.length == 254)
      h.length = in.u16();
    else if (h.length == 255)
      h.length = in.u32();
  }
  if (!h.context && h.number == boolean) {
    in.expect(h.form <= 1, "a boolean is 0 or 1");
    h.length = 0;
  }
  return h;
}
bool opens(const head& h) { return h.context && h.form == opening; }
bool closes(const head& h) { return h.context && h.form == closing; }

void append_utf8(std::string& to, std::uint32_t c) {
  const auto put = [&](std::uint32_t b) { to += static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80)
    put(c);
  else if (c < 0x800)
    put(0xc0 | c >> 6), put(0x80 | (c & 63));
  else if (c < 0x10000)
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  else
    put(0xf0 | (c >> 18 & 7)), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
}
std::string two(unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); }
std::string two_or_any(unsigned n) { return n == 255 ? std::string{"*"} : two(n); }

}  // namespace

std::optional<element> next(reader& in) {
  if (in.left() == 0) return {};
  const auto h = read_head(in);
  in.expect(!closes(h), "a closing tag has its opening tag");
  if (!in.ok()) return {};
  element e{.number = h.number, .context = h.context};
  if (!opens(h)) {
    e.truth = h.form == 1;
    e.data = in.take(h.length);
    return in.ok() ? std::optional{e} : std::nullopt;
  }
  e.constructed = true;
  auto ahead = in;
  std::size_t size = 0;
  for (int depth = 1; depth > 0;) {
    size = ahead.at() - in.at();
    if (ahead.left() == 0) break;
    const auto inner = read_head(ahead);
    ahead.skip(inner.length);
    depth += opens(inner) ? 1 : closes(inner) ? -1 : 0;
    ahead.expect(depth > 0 || inner.number == h.number, "a closing tag has the number of its opening tag");
    ahead.expect(depth <= deepest, "tags are not nested without end");
    if (depth == 0 && ahead.ok()) {
      e.data = in.take(size);
      in = ahead;
      return e;
    }
    if (!ahead.ok()) break;
  }
  in.fail(
      {ahead.ok() ? fault::truncated : ahead.why().kind, ahead.ok() ? "an opening tag has its closing tag" : ahead.why().what, ahead.at()});
  return {};
}

std::optional<element> parameter(reader& in, std::uint8_t number) {
  auto ahead = in;
  const auto h = read_head(ahead);
  if (!ahead.ok() || !h.context || closes(h) || h.number != number) return {};
  return next(in);
}
std::optional<element> application(reader& in, std::uint8_t number) {
  auto ahead = in;
  const auto h = read_head(ahead);
  if (!ahead.ok() || h.context || h.number != number) return {};
  return next(in);
}

std::optional<std::uint64_t> as_unsigned(bytes data) {
  if (data.empty() || data.size() > 8) return {};
  return reader{data}.be_n(data.size());
}
std::optional<std::int64_t> as_signed(bytes data) {
  const auto raw = as_unsigned(data);
  if (!raw) return {};
  const auto unused = 64 - 8 * data.size();
  return static_cast<std::int64_t>(*raw << unused) >> unused;
}
std::optional<std::uint32_t> small(const std::optional<element>& e) {
  if (!e || e->constructed) return {};
  const auto n = as_unsigned(e->data);
  return n && *n <= 0xffffffff ? std::optional{static_cast<std::uint32_t>(*n)} : std::nullopt;
}
std::optional<object_id> as_object(bytes data) {
  if (data.size() != 4) return {};
  const auto raw = reader{data}.u32();
  return object_id{raw >> 22, raw & object_id::any_instance};
}

std::string as_text(bytes data) {
  constexpr std::size_t most = 512;
  enum set : std::uint8_t { utf8 = 0, code_page = 1, ucs4 = 3, ucs2 = 4, latin1 = 5 };
  reader in{data};
  const auto set = in.u8();
  if (!in.ok()) return {};
  const std::size_t width = set == ucs2 ? 2 : set == ucs4 ? 4 : set == latin1 ? 1 : 0;
  if (set == utf8) return printable(in.rest(), most);
  if (set == code_page) in.skip(2);
  if (width == 0) return is_text(in.rest()) ? printable(in.rest(), most) : hex(in.rest(), most);
  std::string out;
  while (in.left() >= width && out.size() < most) {
    const auto c = static_cast<std::uint32_t>(in.be_n(width));
    append_utf8(out, c < 0x20 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (c >= 0x7f && c < 0xa0) ? '?' : c);
  }
  return out;
}
std::string as_bits(bytes data) {
  constexpr std::size_t most = 512;
  reader in{data};
  const auto unused = in.u8();
  std::string out;
  while (in.left() && out.size() < most) {
    const auto octet = in.u8();
    const int last = in.left() == 0 && unused < 8 ? unused : 0;
    for (int bit = 7; bit >= last; --bit) out += (octet >> bit & 1) != 0 ? '1' : '0';
  }
  return out;
}
std::string as_date(bytes data) {
  reader in{data};
  const auto year = in.u8(), month = in.u8(), day = in.u8();
  if (!in.ok()) return {};
  return (year == 255 ? std::string{"*"} : std::to_string(1900 + year)) + '-' + two_or_any(month) + '-' + two_or_any(day);
}
std::string as_time(bytes data) {
  reader in{data};
  const auto hour = in.u8(), minute = in.u8(), second = in.u8(), hundredth = in.u8();
  if (!in.ok()) return {};
  return two_or_any(hour) + ':' + two_or_any(minute) + ':' + two_or_any(second) + '.' + two_or_any(hundredth);
}
std::string as_moment(reader& in) {
  const auto d = application(in, date);
  const auto t = application(in, time_of_day);
  return d && t ? as_date(d->data) + ' ' + as_time(t->data) : std::string{};
}
std::string as_time_stamp(bytes data) {
  enum choice : std::uint8_t { time_only = 0, sequence = 1, moment = 2 };
  reader in{data};
  const auto e = next(in);
  if (!e || !e->context) return {};
  if (e->number == moment) {
    reader inside{e->data};
    return as_moment(inside);
  }
  if (e->number == time_only) return as_time(e->data);
  const auto n = as_unsigned(e->data);
  return n ? '#' + std::to_string(*n) : std::string{};
}

value plain(const element& e) {
  if (e.context) return hex(e.data, 128);
  switch (e.number) {
    case null: return {};
    case boolean: return e.truth;
    case unsigned_integer:
    case enumerated:
      if (const auto n = as_unsigned(e.data)) return *n;
      break;
    case signed_integer:
      if (const auto n = as_signed(e.data)) return *n;
      break;
    case real:
      if (e.data.size() == 4) return static_cast<double>(reader{e.data}.f32());
      break;
    case double_real:
      if (e.data.size() == 8) return reader{e.data}.f64();
      break;
    case text: return as_text(e.data);
    case bits: return as_bits(e.data);
    case date: return as_date(e.data);
    case time_of_day: return as_time(e.data);
    case object_identifier:
      if (const auto o = as_object(e.data)) return o->text();
      break;
    default: break;
  }
  return hex(e.data);
}

bool flatten(bytes data, std::vector<value>& to) {
  // tags only open and close here: their numbers were checked when the whole was found
  reader in{data};
  while (in.left()) {
    if (to.size() >= most_values) return false;
    const auto h = read_head(in);
    if (opens(h) || closes(h)) continue;
    const element e{.number = h.number, .context = h.context, .truth = h.form == 1, .data = in.take(h.length)};
    if (in.ok()) to.push_back(plain(e));
  }
  return in.ok();
}

}  // namespace mw::bacnet
