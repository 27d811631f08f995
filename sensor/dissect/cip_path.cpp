// Encoded paths of CIP, padded form (CIP Specification Volume 1, Appendix C-1).
#include "sensor/dissect/cip_path.hpp"

#include "common/text.hpp"

#include <string_view>

namespace mw::cip {
namespace {

/// The kind of a segment: the top three bits of its first octet.
enum class segment : std::uint8_t { port, logical, network, symbolic, data, constructed_type, elementary_type, reserved };
/// The kind of a logical segment: three bits below.
enum class logical : std::uint8_t { class_id, instance, member, connection_point, attribute, special, service, extended };

constexpr std::uint8_t simple_data = 0x80, extended_symbol = 0x91;

void append(std::string& to, std::string_view what, char between) {
  if (!to.empty()) to += between;
  to += what;
}

class path_reader {
public:
  explicit path_reader(reader in) : in_{in}, start_{in.at()} {}

  path read() {
    while (in_.left()) {
      const auto first = in_.u8();
      switch (static_cast<segment>(first >> 5)) {
        case segment::port: port(first); break;
        case segment::logical: logic(first); break;
        case segment::network: network(first); break;
        case segment::symbolic: symbolic(first); break;
        case segment::data: data(first); break;
        default: in_.fail({fault::unsupported, "a segment type that no request uses", in_.at()});
      }
    }
    if (in_member_) out_.tag += ']';
    if (!out_.tag.empty()) append(out_.text, out_.tag, ' ');
    out_.whole = in_.ok();
    return std::move(out_);
  }

private:
  void align() {
    if ((in_.at() - start_) % 2 != 0) in_.skip(1);
  }
  void port(std::uint8_t first) {
    const bool long_link = (first & 0x10) != 0;
    const std::size_t size = long_link ? in_.u8() : 1;
    std::uint32_t number = first & 0x0f;
    if (number == 15) number = in_.u16le();
    const auto link = in_.take(size);
    align();
    if (!in_.ok()) return;
    std::string hop = std::to_string(number);
    hop += '/';
    if (long_link)
      hop += is_text(link) ? printable(link) : hex(link);
    else
      for (auto b : link) hop += std::to_string(b);
    append(out_.route, hop, ',');
    append(out_.text, hop, out_.text.empty() || out_.classes ? ' ' : ',');
  }
  void logic(std::uint8_t first) {
    const auto kind = static_cast<logical>((first >> 2) & 7);
    if (kind == logical::special) return key(first);
    if (kind == logical::extended)
      in_.skip(1);
    else if ((first & 3) != 0)
      align();
    std::uint32_t v = 0;
    switch (first & 3) {
      case 0: v = in_.u8(); break;
      case 1: v = in_.u16le(); break;
      case 2: v = in_.u32le(); break;
      default: in_.fail({fault::malformed, "a logical segment of the reserved format", in_.at()});
    }
    align();
    if (!in_.ok()) return;
    const auto number = std::to_string(v);
    switch (kind) {
      case logical::class_id:
        out_.class_id = v;
        out_.instance = out_.attribute = out_.connection_point = out_.member = {};  // an object inside the one before
        ++out_.classes;
        append(out_.text, "class/" + number, ' ');
        break;
      case logical::instance: out_.instance = v, append(out_.text, number, ' '); break;
      case logical::attribute: out_.attribute = v, append(out_.text, number, '/'); break;
      case logical::connection_point: out_.connection_point = v, append(out_.text, "point/" + number, ' '); break;
      case logical::member: member(v, number); break;
      default: break;
    }
  }
  void member(std::uint32_t v, const std::string& number) {
    out_.member = v;
    if (out_.tag.empty()) {
      append(out_.text, "member/" + number, ' ');
      return;
    }
    out_.tag += in_member_ ? ',' : '[';
    out_.tag += number;
    in_member_ = true;
  }
  /// The key segment: its format tells how much follows; a format we do not know is skipped as a table of words.
  void key(std::uint8_t first) {
    if ((first & 3) != 0) return in_.fail({fault::malformed, "a special logical segment of a reserved format", in_.at()});
    const auto format = in_.u8();
    if (format != 4 && format != 5) return in_.fail({fault::unsupported, "an electronic key of an unknown format", in_.at()});
    electronic_key k;
    k.vendor = in_.u16le();
    k.device_type = in_.u16le();
    k.product_code = in_.u16le();
    k.major = in_.u8() & 0x7f;  // above it: whether a compatible device will do
    k.minor = in_.u8();
    if (format == 5) in_.skip(4);
    if (in_.ok()) out_.key = k;
  }
  void network(std::uint8_t first) {
    const std::size_t n = in_.u8();
    if ((first & 0x10) != 0) in_.skip(2 * n);
  }
  void symbol(bytes name) {
    align();
    if (!in_.ok()) return;
    if (in_member_) out_.tag += ']';
    in_member_ = false;
    append(out_.tag, printable(name), '.');
  }
  void symbolic(std::uint8_t first) {
    if (const std::size_t n = first & 0x1f; n != 0) return symbol(in_.take(n));
    const auto format = in_.u8();  // extended string: double-byte, triple-byte or a number
    const std::size_t n = format & 0x1f;
    switch (format >> 5) {
      case 1: return symbol(in_.take(2 * n));
      case 2: return symbol(in_.take(3 * n));
      case 6: in_.skip(n == 6 ? 1 : n == 7 ? 2 : 4); return align();
      default: in_.fail({fault::unsupported, "a symbol of an unknown format", in_.at()});
    }
  }
  void data(std::uint8_t first) {
    const std::size_t n = in_.u8();
    if (first == extended_symbol) return symbol(in_.take(n));
    if (first == simple_data) return in_.skip(2 * n);
    in_.fail({fault::unsupported, "a data segment of an unknown kind", in_.at()});
  }

  reader in_;
  std::size_t start_;
  path out_;
  bool in_member_ = false;
};

}  // namespace

path read_path(reader in) { return path_reader{in}.read(); }

object to_object(const path& p, std::optional<std::uint32_t> attribute, std::uint32_t count) {
  object o;
  o.count = count;
  if (!p.class_id && !p.tag.empty()) {
    o.space = "tag";
    o.address = p.tag;
    return o;
  }
  o.space = "class/" + std::to_string(p.class_id.value_or(0));
  o.address = std::to_string(p.instance ? *p.instance : p.connection_point.value_or(0));  // without an instance: the class itself
  if (!attribute) attribute = p.attribute;
  if (attribute) o.address += '/' + std::to_string(*attribute);
  if (!p.tag.empty()) o.address += '.' + p.tag;
  o.index = p.member;
  return o;
}

}  // namespace mw::cip
