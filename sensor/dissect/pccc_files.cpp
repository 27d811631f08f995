// Data tables of Allen-Bradley controllers (Rockwell Automation 1770-6.5.16, chapter 13; file types of SLC 500 and MicroLogix).
#include "sensor/dissect/pccc_files.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace mw::pccc {
namespace {

enum class form : std::uint8_t { bits, number, structure, real, long_number, text, octets };
struct file_info {
  std::uint8_t type;
  std::string_view letter;
  form as;
  std::uint16_t size;  ///< octets of an element
  std::array<std::string_view, 3> parts{};
};
constexpr std::array files{
    file_info{0x82, "O", form::bits, 2},
    file_info{0x83, "I", form::bits, 2},
    file_info{0x84, "S", form::bits, 2},
    file_info{0x85, "B", form::bits, 2},
    file_info{0x86, "T", form::structure, 6, {"", "PRE", "ACC"}},
    file_info{0x87, "C", form::structure, 6, {"", "PRE", "ACC"}},
    file_info{0x88, "R", form::structure, 6, {"", "LEN", "POS"}},
    file_info{0x89, "N", form::number, 2},
    file_info{0x8a, "F", form::real, 4},
    file_info{0x8b, "O", form::bits, 2},
    file_info{0x8c, "I", form::bits, 2},
    file_info{0x8d, "ST", form::text, 84},
    file_info{0x8e, "A", form::bits, 2},
    file_info{0x8f, "D", form::bits, 2},
    file_info{0x91, "L", form::long_number, 4},
    file_info{0x92, "MG", form::octets, 50},
    file_info{0x93, "PD", form::octets, 46},
    file_info{0x94, "PLS", form::octets, 12},
    file_info{0x22, "LAD", form::octets, 1},
    file_info{0xa1, "OF", form::bits, 2},
    file_info{0xa2, "IF", form::bits, 2},
    file_info{0xe2, "STI", form::octets, 1},
    file_info{0xe3, "EII", form::octets, 1},
    file_info{0xe4, "RTC", form::octets, 1},
    file_info{0xe5, "BHI", form::octets, 1},
    file_info{0xe6, "MMI", form::octets, 1},
};
const file_info* find(std::uint8_t type) {
  const auto it = std::find_if(files.begin(), files.end(), [&](const file_info& f) { return f.type == type; });
  return it == files.end() ? nullptr : &*it;
}

/// A number in one octet, or in the two after an octet of ones.
std::uint16_t compact(reader& in) {
  const auto first = in.u8();
  return first == 0xff ? in.u16le() : first;
}

value signed_word(reader& in) { return std::int64_t{static_cast<std::int16_t>(in.u16le())}; }

/// A string element: its length, then characters with the octets of each word exchanged.
std::string text_element(reader in) {
  const std::size_t length = std::min<std::size_t>(in.u16le(), 82);
  std::string text;
  while (in.left() >= 2 && text.size() < length) {
    const auto word = in.u16();
    text += static_cast<char>(word & 0xff);
    text += static_cast<char>(word >> 8);
  }
  text.resize(std::min(text.size(), length));
  for (auto& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

/// A field of a typed data descriptor: three bits, or the number of octets that hold it.
std::uint32_t descriptor_field(reader& in, std::uint8_t nibble) {
  if ((nibble & 8) == 0) return nibble;
  const std::size_t octets = nibble & 7;
  if (octets > 4) in.fail({fault::malformed, "a data descriptor wider than four octets", in.at()});
  return static_cast<std::uint32_t>(in.le_n(octets));
}

}  // namespace

logical_address read_logical_address(reader& in, bool with_sub_element) {
  logical_address a;
  a.size = in.u8();
  a.file = compact(in);
  a.type = in.u8();
  a.element = compact(in);
  if (with_sub_element) a.sub_element = compact(in);
  return a;
}

object to_object(const logical_address& a) {
  object o;
  o.space = "file";
  const auto* known = find(a.type);
  if (known != nullptr) {
    o.address = known->letter;
  } else {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "0x%02x/", static_cast<unsigned>(a.type));
    o.address = text.data();
  }
  o.address += std::to_string(a.file) + ':' + std::to_string(a.element);
  const bool part = known != nullptr && known->as == form::structure && a.sub_element < 3;
  if (part && a.sub_element > 0)
    o.address.append(".").append(known->parts[a.sub_element]);
  else if (a.sub_element > 0)
    o.address += '.' + std::to_string(a.sub_element);
  const auto element = known == nullptr ? 1U : part && a.size == 2 ? 2U : known->size;
  o.count = std::max<std::uint32_t>(1, a.size / element);
  return o;
}

object read_system_address(reader& in) {
  object o;
  o.space = "file";
  const auto levels = in.u8();
  if (levels == 0) {  // logical ASCII: '$', text, NUL
    if (in.u8() != '$') in.fail({fault::malformed, "a symbolic address without its dollar sign", in.at()});
    std::string text;
    while (in.left()) {
      const auto c = in.u8();
      if (c == 0) break;
      text += c > 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
    }
    o.address = text;
    return o;
  }
  for (unsigned level = 0; level < 8; ++level) {
    if ((levels >> level & 1) == 0) continue;
    const auto v = compact(in);
    if (level == 0) continue;  // the area: always the data table
    if (!o.address.empty()) o.address += level == 2 ? ':' : '.';
    o.address += std::to_string(v);
  }
  return o;
}

void read_elements(std::uint8_t type, std::uint16_t sub_element, reader& in, std::vector<value>& out) {
  const auto* known = find(type);
  const auto as = known != nullptr ? known->as : form::octets;
  if (as == form::octets) {
    if (in.left()) out.emplace_back(hex(in.take(in.left())));
    return;
  }
  const std::size_t size = as == form::structure ? 2 : known->size;
  for (unsigned part = sub_element; in.left() >= size && out.size() < most_values; ++part) {
    switch (as) {
      case form::bits: out.emplace_back(std::uint64_t{in.u16le()}); break;
      case form::number: out.push_back(signed_word(in)); break;
      case form::structure:  // control bits, then two numbers
        if (part % 3 == 0)
          out.emplace_back(std::uint64_t{in.u16le()});
        else
          out.push_back(signed_word(in));
        break;
      case form::real: out.emplace_back(static_cast<double>(in.f32le())); break;
      case form::long_number: out.emplace_back(std::int64_t{static_cast<std::int32_t>(in.u32le())}); break;
      case form::text: out.emplace_back(text_element(in.part(size))); break;
      case form::octets: break;
    }
  }
  if (in.left()) out.emplace_back(hex(in.take(in.left())));
}

bool read_typed(reader& in, std::vector<value>& out) {
  constexpr std::uint32_t integer = 4, real = 8, array = 9;
  const auto descriptor = [&](std::uint32_t& type, std::uint32_t& size) {
    const auto flag = in.u8();
    type = descriptor_field(in, static_cast<std::uint8_t>(flag >> 4));
    size = descriptor_field(in, flag & 15);
  };
  std::uint32_t type = 0, size = 0;
  descriptor(type, size);
  auto data = in.part(type == array ? std::min<std::size_t>(size, in.left()) : in.left());
  if (type == array) {
    reader inner{data.rest()};
    std::swap(in, inner);
    descriptor(type, size);
    data = in.part(in.left());
    const bool fine = in.ok();
    std::swap(in, inner);
    if (!fine) return false;
  }
  if (!in.ok()) return false;
  while (data.left() && out.size() < most_values) {
    if (type == integer && size == 2)
      out.push_back(signed_word(data));
    else if (type == integer && size == 4)
      out.emplace_back(std::int64_t{static_cast<std::int32_t>(data.u32le())});
    else if (type == real && size == 4)
      out.emplace_back(static_cast<double>(data.f32le()));
    else
      out.emplace_back(hex(data.take(data.left())));
    if (!data.ok()) {
      out.pop_back();
      return false;
    }
  }
  return true;
}

void read_words(reader& in, std::vector<value>& out) {
  while (in.left() >= 2 && out.size() < most_values) out.emplace_back(std::uint64_t{in.u16le()});
}

}  // namespace mw::pccc
