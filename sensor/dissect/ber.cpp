// Basic Encoding Rules of ASN.1 (ITU-T X.690).
#include "sensor/dissect/ber.hpp"

namespace mw::ber {
namespace {

constexpr std::size_t deepest = 32;  // elements of indefinite length in one another
constexpr std::uint8_t more = 0x80, long_tag = 0x1f;

struct head {
  element what;
  std::optional<std::size_t> size;  ///< nothing: indefinite
};

head read_head(reader& in) {
  head h;
  const auto first = in.u8();
  h.what.kind = static_cast<tag_class>(first >> 6);
  h.what.constructed = (first & 0x20u) != 0;
  h.what.number = first & long_tag;
  if (h.what.number == long_tag) {
    h.what.number = 0;
    std::uint8_t octet = more;
    for (std::size_t i = 0; in.ok() && (octet & more) != 0; ++i) {
      octet = in.u8();
      in.expect(i < 4, "a tag number has at most 28 bits");
      h.what.number = h.what.number << 7 | (octet & 0x7fu);
    }
  }
  const auto length = in.u8();
  if (length == more) {
    in.expect(h.what.constructed, "only a constructed element may have an indefinite length");
    return h;
  }
  if ((length & more) == 0) {
    h.size = length;
    return h;
  }
  const std::size_t octets = length & 0x7fu;
  in.expect(octets <= 8, "a length has at most eight octets");
  h.size = in.ok() ? static_cast<std::size_t>(in.be_n(octets)) : 0;
  return h;
}

/// Moves `in` behind the end of contents that closes an element whose head was read; gives the octets before it.
bytes until_end(reader& in) {
  const auto all = in.rest();
  const auto begin = in.at();
  std::size_t open = 1;
  while (in.ok()) {
    const auto before = in.at();
    const auto h = read_head(in);
    if (!in.ok()) break;
    if (!h.size) {
      in.expect(++open <= deepest, "too many elements of indefinite length in one another");
    } else if (h.what.universal(0) && !h.what.constructed && *h.size == 0) {
      if (--open == 0) return all.first(before - begin);
    } else {
      in.skip(*h.size);
    }
  }
  return {};
}

}  // namespace

element next(reader& in) {
  auto h = read_head(in);
  h.what.content = !in.ok() ? bytes{} : h.size ? in.take(*h.size) : until_end(in);
  return in.ok() ? h.what : element{};
}

std::optional<std::int64_t> to_signed(bytes content) {
  if (content.empty() || content.size() > 8) return {};
  std::uint64_t v = (content.front() & 0x80u) != 0 ? ~std::uint64_t{0} : 0;
  for (const auto b : content) v = v << 8 | b;
  return static_cast<std::int64_t>(v);
}

std::optional<std::uint64_t> to_unsigned(bytes content) {
  if (content.size() == 9 && content.front() == 0) content = content.subspan(1);
  if (content.empty() || content.size() > 8) return {};
  std::uint64_t v = 0;
  for (const auto b : content) v = v << 8 | b;
  return v;
}

std::string to_oid(bytes content) {
  std::string out;
  std::uint64_t arc = 0;
  bool first = true, open = false;
  for (const auto b : content) {
    arc = arc << 7 | (b & 0x7fu);
    if (arc > 0xffffffffu) return {};
    open = (b & more) != 0;
    if (open) continue;
    if (first) {
      const auto top = arc < 40 ? 0u : arc < 80 ? 1u : 2u;
      out = std::to_string(top) + '.' + std::to_string(arc - top * 40u);
      first = false;
    } else {
      out += '.' + std::to_string(arc);
    }
    arc = 0;
  }
  return open ? std::string{} : out;
}

std::string to_bits(bytes content, std::size_t most) {
  if (content.empty() || content.front() > 7 || (content.size() == 1 && content.front() != 0)) return {};
  const auto total = (content.size() - 1) * 8 - content.front();
  std::string out;
  for (std::size_t i = 0; i < total && i < most; ++i) out += (content[1 + i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  return out;
}

}  // namespace mw::ber
