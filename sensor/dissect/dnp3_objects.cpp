// The DNP3 object library as data: what an object header says, and how each group and variation is read
// (IEEE 1815-2012, clauses 4.2.2.7, 11.3 and annex A).
#include "sensor/dissect/dnp3_objects.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace mw::dnp3 {
namespace {

using enum quality;
constexpr auto absolute = stamp::absolute, relative = stamp::relative;

// clang-format off
/// In ascending order of group and variation.
constexpr layout layouts[] = {
    {0, 0, form::attribute},
    {1, 1, form::bit}, {1, 2, form::state, binary},
    {2, 1, form::state, binary}, {2, 2, form::state, binary, absolute}, {2, 3, form::state, binary, relative},
    {3, 1, form::two_bits}, {3, 2, form::two_bit_state, binary},
    {4, 1, form::two_bit_state, binary}, {4, 2, form::two_bit_state, binary, absolute}, {4, 3, form::two_bit_state, binary, relative},
    {10, 1, form::bit}, {10, 2, form::state, output},
    {11, 1, form::state, output}, {11, 2, form::state, output, absolute},
    {12, 1, form::crob, status_after}, {12, 2, form::crob, status_after}, {12, 3, form::bit},
    {13, 1, form::state, status_before}, {13, 2, form::state, status_before, absolute},
    // counters: every second pair is a delta since the last reading, coded alike
    {20, 1, form::u32, counter}, {20, 2, form::u16, counter}, {20, 3, form::u32, counter}, {20, 4, form::u16, counter},
    {20, 5, form::u32}, {20, 6, form::u16}, {20, 7, form::u32}, {20, 8, form::u16},
    {21, 1, form::u32, counter}, {21, 2, form::u16, counter}, {21, 3, form::u32, counter}, {21, 4, form::u16, counter},
    {21, 5, form::u32, counter, absolute}, {21, 6, form::u16, counter, absolute},
    {21, 7, form::u32, counter, absolute}, {21, 8, form::u16, counter, absolute},
    {21, 9, form::u32}, {21, 10, form::u16}, {21, 11, form::u32}, {21, 12, form::u16},
    {22, 1, form::u32, counter}, {22, 2, form::u16, counter}, {22, 3, form::u32, counter}, {22, 4, form::u16, counter},
    {22, 5, form::u32, counter, absolute}, {22, 6, form::u16, counter, absolute},
    {22, 7, form::u32, counter, absolute}, {22, 8, form::u16, counter, absolute},
    {23, 1, form::u32, counter}, {23, 2, form::u16, counter}, {23, 3, form::u32, counter}, {23, 4, form::u16, counter},
    {23, 5, form::u32, counter, absolute}, {23, 6, form::u16, counter, absolute},
    {23, 7, form::u32, counter, absolute}, {23, 8, form::u16, counter, absolute},
    {30, 1, form::s32, analog}, {30, 2, form::s16, analog}, {30, 3, form::s32}, {30, 4, form::s16},
    {30, 5, form::f32, analog}, {30, 6, form::f64, analog},
    {31, 1, form::s32, analog}, {31, 2, form::s16, analog}, {31, 3, form::s32, analog, absolute}, {31, 4, form::s16, analog, absolute},
    {31, 5, form::s32}, {31, 6, form::s16}, {31, 7, form::f32, analog}, {31, 8, form::f64, analog},
    {32, 1, form::s32, analog}, {32, 2, form::s16, analog}, {32, 3, form::s32, analog, absolute}, {32, 4, form::s16, analog, absolute},
    {32, 5, form::f32, analog}, {32, 6, form::f64, analog}, {32, 7, form::f32, analog, absolute}, {32, 8, form::f64, analog, absolute},
    {33, 1, form::s32, analog}, {33, 2, form::s16, analog}, {33, 3, form::s32, analog, absolute}, {33, 4, form::s16, analog, absolute},
    {33, 5, form::f32, analog}, {33, 6, form::f64, analog}, {33, 7, form::f32, analog, absolute}, {33, 8, form::f64, analog, absolute},
    {34, 1, form::u16}, {34, 2, form::u32}, {34, 3, form::f32},
    {40, 1, form::s32, analog}, {40, 2, form::s16, analog}, {40, 3, form::f32, analog}, {40, 4, form::f64, analog},
    {41, 1, form::s32, status_after}, {41, 2, form::s16, status_after}, {41, 3, form::f32, status_after}, {41, 4, form::f64, status_after},
    {42, 1, form::s32, analog}, {42, 2, form::s16, analog}, {42, 3, form::s32, analog, absolute}, {42, 4, form::s16, analog, absolute},
    {42, 5, form::f32, analog}, {42, 6, form::f64, analog}, {42, 7, form::f32, analog, absolute}, {42, 8, form::f64, analog, absolute},
    {43, 1, form::s32, status_before}, {43, 2, form::s16, status_before},
    {43, 3, form::s32, status_before, absolute}, {43, 4, form::s16, status_before, absolute},
    {43, 5, form::f32, status_before}, {43, 6, form::f64, status_before},
    {43, 7, form::f32, status_before, absolute}, {43, 8, form::f64, status_before, absolute},
    {50, 1, form::time}, {50, 2, form::time_interval}, {50, 3, form::time}, {50, 4, form::indexed_time},
    {51, 1, form::time}, {51, 2, form::time},
    {52, 1, form::delay_seconds}, {52, 2, form::delay_milliseconds},
    {60, 1, form::header_only}, {60, 2, form::header_only}, {60, 3, form::header_only}, {60, 4, form::header_only},
    {70, 1, form::opaque}, {70, 2, form::file}, {70, 3, form::file}, {70, 4, form::file},
    {70, 5, form::file}, {70, 6, form::file}, {70, 7, form::file}, {70, 8, form::file},
    {80, 1, form::bit},
    {81, 1, form::storage},
    {82, 1, form::opaque},
    {83, 1, form::registration}, {83, 2, form::opaque},
    {85, 1, form::opaque}, {86, 1, form::opaque}, {86, 2, form::u8}, {86, 3, form::opaque}, {87, 1, form::opaque}, {88, 1, form::opaque},
    {90, 1, form::opaque}, {91, 1, form::opaque},
    {100, 1, form::f32}, {100, 2, form::f64}, {100, 3, form::f80},
    {101, 1, form::bcd_4}, {101, 2, form::bcd_8}, {101, 3, form::bcd_16},
    {102, 1, form::u8},
    {110, 0, form::octets}, {111, 0, form::octets}, {112, 0, form::octets}, {113, 0, form::octets},
    {120, 1, form::security}, {120, 2, form::security}, {120, 3, form::security}, {120, 4, form::security}, {120, 5, form::security},
    {120, 6, form::security}, {120, 7, form::security}, {120, 8, form::security}, {120, 9, form::security}, {120, 10, form::security},
    {120, 11, form::security}, {120, 12, form::security}, {120, 13, form::security}, {120, 14, form::security}, {120, 15, form::security},
    {121, 1, form::statistic, counter},
    {122, 1, form::statistic, counter}, {122, 2, form::statistic, counter, absolute},
};
// clang-format on
constexpr bool before(const layout& a, const layout& b) { return a.group != b.group ? a.group < b.group : a.variation < b.variation; }
static_assert(std::is_sorted(std::begin(layouts), std::end(layouts), before));

using names = std::array<std::string_view, 8>;
constexpr names binary_flags{"online", "restart", "comm_lost", "remote_forced", "local_forced", "chatter_filter", "reserved", ""};
constexpr names counter_flags{"online", "restart", "comm_lost", "remote_forced", "local_forced", "rollover", "discontinuity", "reserved"};
constexpr names analog_flags{"online",       "restart",    "comm_lost",       "remote_forced",
                             "local_forced", "over_range", "reference_error", "reserved"};
constexpr names output_flags{"online", "restart", "comm_lost", "remote_forced", "local_forced", "reserved", "reserved", ""};
constexpr names iin1_names{"all_stations", "class_1_events", "class_2_events", "class_3_events",
                           "need_time",    "local_control",  "device_trouble", "device_restart"};
constexpr names iin2_names{"function_not_supported", "object_unknown",        "parameter_error", "event_buffer_overflow",
                           "already_executing",      "configuration_corrupt", "reserved",        "reserved"};
constexpr std::string_view statuses[] = {"success",
                                         "timeout",
                                         "no_select",
                                         "format_error",
                                         "not_supported",
                                         "already_active",
                                         "hardware_error",
                                         "local",
                                         "too_many_operations",
                                         "not_authorized",
                                         "automation_inhibit",
                                         "processing_limited",
                                         "out_of_range",
                                         "downstream_local",
                                         "already_complete",
                                         "blocked",
                                         "cancelled",
                                         "blocked_other_master",
                                         "downstream_fail"};
constexpr std::string_view operations[] = {"nul", "pulse_on", "pulse_off", "latch_on", "latch_off"};
constexpr std::string_view trip_close[] = {"", "close", "trip", "reserved"};

void append(std::string& to, std::string_view name) {
  if (name.empty()) return;
  if (!to.empty()) to += ',';
  to += name;
}
std::string bit_names(const names& n, unsigned bits) {
  std::string out;
  for (unsigned i = 0; i < n.size(); ++i)
    if ((bits >> i & 1) != 0) append(out, n[i]);
  return out;
}

value signed_of(std::uint64_t raw, unsigned bits) {
  return bits == 16 ? std::int64_t{static_cast<std::int16_t>(raw)} : std::int64_t{static_cast<std::int32_t>(raw)};
}
/// Packed decimal, lowest digits first; hex where a digit is none.
value bcd(bytes octets) {
  std::uint64_t v = 0;
  for (auto b = octets.rbegin(); b != octets.rend(); ++b) {
    if ((*b >> 4) > 9 || (*b & 15) > 9) return hex(octets);
    v = v * 100 + (*b >> 4) * 10u + (*b & 15);
  }
  return v;
}
value text_or_hex(bytes data) {
  auto text = data;
  while (!text.empty() && text.back() == 0) text = text.first(text.size() - 1);
  return !text.empty() && is_text(text) ? printable(text) : hex(data, 256);
}

value read_value(form f, std::uint8_t variation, reader& in) {
  switch (f) {
    case form::u8: return std::uint64_t{in.u8()};
    case form::u16:
    case form::delay_seconds:
    case form::delay_milliseconds: return std::uint64_t{in.u16le()};
    case form::u32: return std::uint64_t{in.u32le()};
    case form::s16: return signed_of(in.u16le(), 16);
    case form::s32: return signed_of(in.u32le(), 32);
    case form::f32: return double{in.f32le()};
    case form::f64: return in.f64le();
    case form::f80: return hex(in.take(10));
    case form::bcd_4: return bcd(in.take(2));
    case form::bcd_8: return bcd(in.take(4));
    case form::bcd_16: return bcd(in.take(8));
    case form::crob: {
      std::string text = std::to_string(in.u8()) + ':';
      text += std::to_string(in.u8()) + ':';
      text += std::to_string(in.u32le()) + ':';
      return text += std::to_string(in.u32le());
    }
    case form::time:
    case form::time_interval:
    case form::indexed_time: {
      const auto seconds = static_cast<double>(in.le_n(6)) / 1000;
      if (f == form::time_interval) in.skip(4);
      if (f == form::indexed_time) in.skip(5);
      return seconds;
    }
    case form::statistic: return in.skip(2), std::uint64_t{in.u32le()};
    case form::storage: {
      const auto full = std::uint64_t{in.u8()};
      return in.skip(2), full;
    }
    case form::octets: return text_or_hex(in.take(variation));
    case form::registration: {
      const auto vendor = printable(in.take(4));
      in.skip(2);
      return in.skip(in.u16le()), vendor;
    }
    case form::opaque: return text_or_hex(in.take(in.left()));
    case form::header_only:
    case form::bit:
    case form::two_bits:
    case form::state:
    case form::two_bit_state:
    case form::attribute:
    case form::file:
    case form::security: break;
  }
  return {};
}

}  // namespace

const layout* find_layout(std::uint8_t group, std::uint8_t variation) {
  for (const std::uint8_t v : {variation, std::uint8_t{0}}) {
    const auto* at = std::lower_bound(std::begin(layouts), std::end(layouts), layout{group, v}, before);
    if (at != std::end(layouts) && at->group == group && at->variation == v) return variation == 0 ? nullptr : at;
  }
  return nullptr;
}

bool known_group(std::uint8_t group) {
  const auto* at = std::lower_bound(std::begin(layouts), std::end(layouts), layout{group, 0}, before);
  return at != std::end(layouts) && at->group == group;
}

item read_item(const layout& l, std::uint8_t variation, reader& in) {
  item out;
  if (l.what == form::state || l.what == form::two_bit_state) {
    const auto octet = in.u8();
    const bool one = l.what == form::state;
    if (one)
      out.what = (octet & 0x80) != 0;
    else
      out.what = std::uint64_t{octet} >> 6;
    (l.flags == status_before ? out.status : out.flags) = static_cast<std::uint8_t>(octet & (one ? 0x7f : 0x3f));
  } else {
    if (l.flags == status_before)
      out.status = static_cast<std::uint8_t>(in.u8() & 0x7f);
    else if (l.flags != none && l.flags != status_after)
      out.flags = in.u8();
    out.what = read_value(l.what, variation, in);
    if (l.flags == status_after) out.status = static_cast<std::uint8_t>(in.u8() & 0x7f);
  }
  if (l.time != stamp::none) out.time = in.le_n(l.time == stamp::absolute ? 6 : 2);
  return out;
}

std::string flag_names(quality q, std::uint8_t flags) {
  const names* n = q == binary ? &binary_flags : q == counter ? &counter_flags : q == analog ? &analog_flags : nullptr;
  if (q == output) n = &output_flags;
  if (n == nullptr) return {};
  if ((flags & 1) != 0) return bit_names(*n, flags);
  std::string out = "offline";
  append(out, bit_names(*n, flags));
  return out;
}

std::string_view control_status_name(std::uint8_t status) {
  if (status < std::size(statuses)) return statuses[status];
  return status == 126 ? "non_participating" : status == 127 ? "undefined" : "reserved";
}

std::string control_name(std::uint8_t code) {
  const unsigned operation = code & 0x0f;
  std::string out{operation < std::size(operations) ? operations[operation] : "reserved"};
  if (const auto tcc = trip_close[code >> 6]; !tcc.empty()) (out += ':') += tcc;
  if ((code & 0x20) != 0) out += ":clear";
  if ((code & 0x10) != 0) out += ":queue";
  return out;
}

std::string indication_names(std::uint8_t iin1, std::uint8_t iin2) {
  auto out = bit_names(iin1_names, iin1);
  append(out, bit_names(iin2_names, iin2));
  return out;
}

void read_range(object_header& h, reader& in) {
  h.qualifier = in.u8();
  if (!in.ok()) return;
  const unsigned prefix = h.qualifier >> 4 & 7, range = h.qualifier & 15;
  constexpr std::uint8_t width[] = {1, 2, 4};
  in.expect((h.qualifier & 0x80) == 0 && prefix != 7, "reserved: the qualifier of an object header has a reserved prefix code");
  in.expect(range <= 9 || range == 11, "reserved: the qualifier of an object header has a reserved range code");
  if (!in.ok()) return;
  if (prefix >= 1 && prefix <= 3) h.index_size = width[prefix - 1];
  if (prefix >= 4) h.length_size = width[prefix - 4];
  if (range <= 5) {  // 3 to 5 are virtual addresses: start and stop alike
    const auto n = width[range % 3];
    h.kind = object_header::range::indices;
    h.start = static_cast<std::uint32_t>(in.le_n(n));
    const auto stop = static_cast<std::uint32_t>(in.le_n(n));
    in.expect(stop >= h.start, "range: an object header ends before it starts");
    if (in.ok()) h.count = std::uint64_t{stop} - h.start + 1;
  } else if (range == 6) {
    h.kind = object_header::range::all;
  } else {
    h.kind = object_header::range::count;
    h.count = in.le_n(range == 11 ? 1 : width[range - 7]);
  }
}

}  // namespace mw::dnp3
