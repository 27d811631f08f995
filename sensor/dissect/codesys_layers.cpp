// The layers of CODESYS V3. There is no public specification; layouts follow published forensic tools and dissectors.
#include "sensor/dissect/codesys_layers.hpp"

#include "common/checksum.hpp"
#include "common/text.hpp"

#include <algorithm>

namespace mw::codesys {
namespace {

constexpr std::uint8_t datagram_magic = 0xc5;
constexpr std::size_t most_tags = 256, longest_name = 128;
constexpr unsigned deepest = 8;
constexpr std::uint32_t first_parent = 0x80;

/// Text in two octets a letter, and the two zeros behind it.
std::string wide_text(reader& in, std::size_t letters) {
  if (letters > longest_name) in.fail({fault::over_limit, "a name is too long", in.at()});
  std::vector<std::uint8_t> narrow;
  for (std::size_t i = 0; i < letters && in.ok(); ++i) {
    const auto c = in.u16le();
    narrow.push_back(c < 0x80 ? static_cast<std::uint8_t>(c) : std::uint8_t{'?'});
  }
  in.skip(2);
  return printable(narrow);
}

/// Seven bits an octet, the low ones first.
std::uint32_t number(reader& in) {
  std::uint32_t v = 0;
  for (unsigned shift = 0; shift < 32; shift += 7) {
    const auto b = in.u8();
    v |= static_cast<std::uint32_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) return v;
  }
  in.fail({fault::malformed, "a number without end", in.at()});
  return 0;
}

bool read_tags(reader in, std::uint32_t parent, unsigned depth, std::vector<tag>& to) {
  while (in.left() != 0 && to.size() < most_tags) {
    const auto id = number(in);
    const auto value = in.take(number(in));
    if (!in.ok()) return false;
    to.push_back({parent, id, value});
    if (id >= first_parent && depth < deepest && !read_tags(reader{value}, id, depth + 1, to)) return false;
  }
  return true;
}

}  // namespace

result<datagram> parse_datagram(bytes data) {
  reader in{data};
  datagram d;
  in.expect(in.u8() == datagram_magic || !in.ok(), "a datagram begins otherwise");
  const auto hops_and_length = in.u8();
  in.skip(1);
  d.service = in.u8(), d.message = in.u8();
  const auto lengths = in.u8();
  const std::size_t head = (hops_and_length & 7U) * 2U;
  d.hops = static_cast<std::uint8_t>(hops_and_length >> 3);
  in.expect(head >= 6 || !in.ok(), "the head of a datagram is shorter than it can be");
  if (in.ok()) in.skip(head - 6);
  d.receiver = in.take((lengths & 15U) * 2U);
  d.sender = in.take((lengths >> 4) * 2U);
  in.skip((head + d.receiver.size() + d.sender.size()) % 4);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  d.content = in.rest();
  return d;
}

result<name_message> parse_name(bytes content) {
  reader in{content};
  name_message m;
  m.command = in.u16le(), m.version = in.u16le(), m.id = in.u32le();
  if (!in.ok()) return fail(fault::truncated, "a name service message is cut short");
  return m;
}

std::optional<identity> parse_identity(bytes content) {
  constexpr std::size_t fixed = 48;
  reader in{content};
  identity i;
  in.skip(8 + 4);
  const std::size_t offset = in.u16le();
  const std::size_t node = in.u16le(), device = in.u16le(), vendor = in.u16le();
  i.type = in.u16le(), i.id = in.u16le();
  in.skip(4);
  const auto version = in.take(4);
  in.skip(4);
  const std::size_t serial = in.u8();
  if (!in.ok() || content.size() < fixed + offset) return {};
  for (std::size_t k = 4; k-- > 0;) i.firmware += (i.firmware.empty() ? "" : ".") + std::to_string(version[k]);
  reader names{content.subspan(fixed + offset)};
  i.node = wide_text(names, node);
  i.device = wide_text(names, device);
  i.vendor = wide_text(names, vendor);
  if (!names.ok()) return {};
  if (const auto text = names.take(serial); names.ok() && is_text(text)) i.serial = printable(text);
  return i;
}

assembly::step assembly::add(reader in, bool first) {
  const auto number = in.u32le();
  in.skip(4);
  if (first) {
    size_ = in.u32le(), sum_ = in.u32le();
    if (!in.ok()) return drop(), step::broken;
    if (size_ > limit) return drop(), step::over_limit;
    held_.clear();
    open_ = true;
  } else {
    if (!in.ok()) return drop(), step::broken;
    if (!open_ || number == last_) return step::more;  // the beginning was not seen, or the block comes again
    if (number != last_ + 1) return drop(), step::broken;
  }
  last_ = number;
  const auto data = in.rest().first(std::min(in.left(), static_cast<std::size_t>(size_) - held_.size()));
  held_.insert(held_.end(), data.begin(), data.end());
  if (held_.size() < size_) return step::more;
  open_ = false;
  return crc32_iso_hdlc(held_) == sum_ ? step::complete : step::wrong_sum;
}

result<service_head> parse_service(bytes message) {
  reader in{message};
  service_head s;
  s.protocol = in.u16le();
  const std::size_t length = in.u16le();
  const auto component = in.u16le();
  s.component = static_cast<std::uint8_t>(component & 0x7f);
  s.reply = (component & 0x80) != 0;
  s.command = in.u16le();
  s.session = in.u32le(), s.size = in.u32le();
  constexpr std::size_t least = 12;
  in.expect(length >= least || !in.ok(), "the head of a service is shorter than it can be");
  if (in.ok()) in.skip(length - least);
  s.tags = in.take(s.size);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return s;
}

std::vector<tag> parse_tags(bytes data) {
  std::vector<tag> out;
  read_tags(reader{data}, 0, 0, out);
  return out;
}
const tag* find(const std::vector<tag>& tags, std::uint32_t parent, std::uint32_t id) {
  const auto it = std::ranges::find_if(tags, [&](const tag& t) { return t.parent == parent && t.id == id; });
  return it == tags.end() ? nullptr : &*it;
}

}  // namespace mw::codesys
