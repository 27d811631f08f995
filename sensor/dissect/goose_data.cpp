// The data of a GOOSE publication: MMS Data (ISO 9506-2 clause 14.4.2, IEC 61850-8-1 annex A).
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/goose_pdu.hpp"

namespace mw::goose {
namespace {

constexpr std::size_t deepest = 8, most_values = 1024, longest = 256;
constexpr std::uint8_t single_exponent = 8, double_exponent = 11;  // bits of the exponent, in front of the number
constexpr double days_1970_to_1984 = 5113, seconds_per_day = 86400;

enum kind : std::uint32_t {
  array = 1,
  structure = 2,
  boolean = 3,
  bit_string = 4,
  integer = 5,
  unsigned_integer = 6,
  floating_point = 7,
  real = 8,
  octet_string = 9,
  visible_string = 10,
  binary_time = 12,
  bcd = 13,
  boolean_array = 14,
  object_id = 15,
  mms_string = 16,
  utc = 17,
};

std::optional<value> floating(bytes content) {
  reader in{content};
  const auto exponent = in.u8();
  if (exponent == single_exponent && in.left() == 4) return value{double{in.f32()}};
  if (exponent == double_exponent && in.left() == 8) return value{in.f64()};
  return {};
}

/// Milliseconds since midnight, then the days since 1984 where the date is told, too.
std::optional<value> time_of_day(bytes content) {
  reader in{content};
  const double seconds = in.u32() / 1000.0;
  if (content.size() == 4) return value{seconds};
  const double days = in.u16();
  if (content.size() != 6) return {};
  return value{(days + days_1970_to_1984) * seconds_per_day + seconds};
}

template <class T>
std::optional<value> given(const std::optional<T>& v) {
  return v ? std::optional<value>{value{*v}} : std::nullopt;
}
std::optional<value> given(std::string&& text) { return text.empty() ? std::nullopt : std::optional<value>{value{std::move(text)}}; }

/// Nothing where the content has not the form of its kind.
std::optional<value> read_one(const ber::element& e) {
  switch (e.number) {
    case boolean: return e.content.size() == 1 ? std::optional<value>{e.content.front() != 0} : std::nullopt;
    case bit_string:
    case boolean_array:
      if (e.content.size() == 1 && e.content.front() == 0) return value{std::string{}};
      return given(ber::to_bits(e.content));
    case integer:
    case bcd: return given(ber::to_signed(e.content));
    case unsigned_integer: return given(ber::to_unsigned(e.content));
    case floating_point: return floating(e.content);
    case visible_string:
    case mms_string: return value{printable(e.content, longest)};
    case binary_time: return time_of_day(e.content);
    case object_id: return given(ber::to_oid(e.content));
    case utc: return given(utc_time(e.content));
    case real:
    case octet_string: return value{hex(e.content, longest)};
    default: return {};
  }
}

std::size_t read_level(bytes all, std::vector<value>& to, bool& at_fault, std::size_t depth) {
  reader in{all};
  std::size_t count = 0;
  for (; in.left() != 0; ++count) {
    const auto e = ber::next(in);
    if (!in.ok()) {
      at_fault = true;
      return count;
    }
    const auto is_group = e.kind == ber::tag_class::context && e.constructed && (e.number == array || e.number == structure);
    if (is_group && depth < deepest) {
      read_level(e.content, to, at_fault, depth + 1);
      continue;
    }
    if (to.size() >= most_values) continue;
    auto v = e.kind == ber::tag_class::context && !e.constructed ? read_one(e) : std::nullopt;
    if (!v) at_fault = true;
    to.push_back(v ? std::move(*v) : value{hex(e.content, longest)});
  }
  return count;
}

}  // namespace

std::optional<double> utc_time(bytes eight) {
  if (eight.size() != 8) return {};
  reader in{eight};
  const double seconds = in.u32();
  return seconds + static_cast<double>(in.be_n(3)) / 16777216.0;  // 24 bits of fraction; the last octet is the quality
}

std::size_t read_data(bytes all, std::vector<value>& to, bool& at_fault) { return read_level(all, to, at_fault, 0); }

}  // namespace mw::goose
