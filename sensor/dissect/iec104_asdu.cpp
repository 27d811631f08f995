// Information objects of IEC 60870-5-101:2003 clause 7.2.6 and IEC 60870-5-104:2006 clause 8.
#include "sensor/dissect/iec104_asdu.hpp"

#include "sensor/dissect/iec104_time.hpp"

#include <algorithm>

namespace mw::iec104 {
namespace {

struct named {
  unsigned code;
  std::string_view name;
};
template <std::size_t N>
std::string name_in(const named (&table)[N], unsigned code) {
  const auto* at = std::ranges::find(table, code, &named::code);
  return at == std::end(table) ? std::to_string(code) : std::string{at->name};
}

constexpr named command_qualifiers[] = {{0, "none"}, {1, "short_pulse"}, {2, "long_pulse"}, {3, "persistent"}};
constexpr named freezes[] = {{0, "read"}, {1, "freeze"}, {2, "freeze_and_reset"}, {3, "reset"}};
constexpr named resets[] = {{1, "process"}, {2, "event_buffer"}};
constexpr named initialisations[] = {{0, "local_power_on"}, {1, "local_manual_reset"}, {2, "remote_reset"}};
constexpr named parameter_kinds[] = {{1, "threshold"}, {2, "smoothing"}, {3, "low_limit"}, {4, "high_limit"}};
constexpr named parameter_activations[] = {{1, "parameters_loaded"}, {2, "object_parameter"}, {3, "cyclic_transmission"}};
constexpr named file_calls[] = {{0, "default"},     {1, "select_file"},    {2, "request_file"},    {3, "deactivate_file"},
                                {4, "delete_file"}, {5, "select_section"}, {6, "request_section"}, {7, "deactivate_section"}};
constexpr named lasts[] = {{1, "file"}, {2, "file_deactivated"}, {3, "section"}, {4, "section_deactivated"}};
constexpr named acknowledgements[] = {{1, "file"}, {2, "file_refused"}, {3, "section"}, {4, "section_refused"}};
constexpr named file_errors[] = {
    {1, "no_memory"}, {2, "checksum"}, {3, "unexpected_service"}, {4, "unexpected_file"}, {5, "unexpected_section"}};

/// Bits of quality descriptors (SIQ, DIQ, QDS, QDP), one place for all.
constexpr struct {
  std::uint8_t bit;
  std::string_view name;
} quality_bits[] = {{0x01, "overflow"},    {0x08, "elapsed_invalid"}, {0x10, "blocked"},
                    {0x20, "substituted"}, {0x40, "not_topical"},     {0x80, "invalid"}};
constexpr std::uint8_t of_point = 0xf0, of_measurement = 0xf1, of_protection = 0xf8;

std::string quality(unsigned bits) {
  std::string out;
  for (const auto& q : quality_bits)
    if ((bits & q.bit) != 0) out.append(out.empty() ? "" : "+").append(q.name);
  return out.empty() ? "good" : out;
}

/// What is said beside the values, per object. A field holds it once where all objects agree, else a list in their order.
class notes {
public:
  void add(std::string_view name, value v) {
    auto at = std::ranges::find(lists_, name, &entry::first);
    if (at == lists_.end()) at = lists_.insert(lists_.end(), {name, {}});
    at->second.push_back(std::move(v));
  }
  void move_to(std::vector<field>& fields) {
    for (auto& [name, list] : lists_) {
      value all = list.front();
      if (std::ranges::any_of(list, [&](const value& v) { return v != list.front(); })) {
        std::string text;
        for (const auto& v : list) text.append(text.empty() ? "" : ",").append(to_string(v));
        all = std::move(text);
      }
      fields.emplace_back(std::string{name}, std::move(all));
    }
  }

private:
  using entry = std::pair<std::string_view, std::vector<value>>;
  std::vector<entry> lists_;
};

value number(std::uint64_t n) { return value{n}; }
value fraction(std::uint16_t raw) { return static_cast<double>(static_cast<std::int16_t>(raw)) / 32768; }
value whole(std::uint16_t raw) { return std::int64_t{static_cast<std::int16_t>(raw)}; }

void command_bits(std::uint8_t octet, asdu& a, notes& more) {
  a.select = (octet & 0x80) != 0;
  a.qualifier = static_cast<std::uint8_t>(octet >> 2 & 0x1f);
  more.add("select_execute", std::string{*a.select ? "select" : "execute"});
  more.add("qualifier", name_in(command_qualifiers, *a.qualifier));
}
void set_point_bits(std::uint8_t octet, asdu& a, notes& more) {
  a.select = (octet & 0x80) != 0;
  a.qualifier = static_cast<std::uint8_t>(octet & 0x7f);
  more.add("select_execute", std::string{*a.select ? "select" : "execute"});
  more.add("qualifier", number(*a.qualifier));
}
void parameter_bits(std::uint8_t octet, notes& more) {
  more.add("parameter_kind", name_in(parameter_kinds, octet & 0x3fu));
  if ((octet & 0x40) != 0) more.add("parameter_changed_locally", true);
  if ((octet & 0x80) != 0) more.add("parameter_not_in_operation", true);
}
std::string group_name(unsigned qoi) {
  if (qoi == 20) return "station";
  if (qoi > 20 && qoi <= 36) return "group_" + std::to_string(qoi - 20);
  return std::to_string(qoi);
}
std::string counter_group(unsigned rqt) {
  if (rqt == 5) return "general";
  if (rqt >= 1 && rqt <= 4) return "group_" + std::to_string(rqt);
  return std::to_string(rqt);
}
/// Lower nibble: what is acknowledged or called; upper: why not.
template <std::size_t N>
void nibbles(const named (&table)[N], std::string_view name, std::uint8_t octet, notes& more) {
  more.add(name, name_in(table, octet & 0x0fu));
  if (octet >> 4 != 0) more.add("file_error", name_in(file_errors, static_cast<unsigned>(octet >> 4)));
}

void tell_clock(reader& in, timestamp sent, std::vector<value>& values, notes& more) {
  const auto t = read_cp56(in);
  if (!in.ok()) return;
  more.add("clock", t.text);
  if (!t.condition.empty()) more.add("clock_condition", t.condition);
  if (!t.when) return values.push_back({});
  values.emplace_back(to_seconds(*t.when));
  more.add("clock_difference", std::chrono::duration<double>(*t.when - sent).count());
}

/// The octets of one information object between its address and its time tag.
void read_element(const type_info& type, reader& in, timestamp sent, asdu& a, notes& more) {
  const auto say = [&](value v) { a.values.push_back(std::move(v)); };
  const auto judge = [&](std::uint8_t octet, std::uint8_t mask) { more.add("quality", quality(octet & mask)); };
  switch (type.shape) {
    case shape::single_point: {
      const auto siq = in.u8();
      say((siq & 1) != 0), judge(siq, of_point);
      break;
    }
    case shape::double_point: {
      const auto diq = in.u8();
      say(number(diq & 3u)), judge(diq, of_point);
      break;
    }
    case shape::step: {
      const auto vti = in.u8();
      say(std::int64_t{(vti & 0x7f) - ((vti & 0x40) != 0 ? 128 : 0)});
      if ((vti & 0x80) != 0) more.add("transient", true);
      judge(in.u8(), of_measurement);
      break;
    }
    case shape::bits: say(number(in.u32le())), judge(in.u8(), of_measurement); break;
    case shape::normalised: say(fraction(in.u16le())), judge(in.u8(), of_measurement); break;
    case shape::bare_normalised: say(fraction(in.u16le())); break;
    case shape::scaled: say(whole(in.u16le())), judge(in.u8(), of_measurement); break;
    case shape::real: say(double{in.f32le()}), judge(in.u8(), of_measurement); break;
    case shape::counter: {
      say(std::int64_t{static_cast<std::int32_t>(in.u32le())});
      const auto octet = in.u8();
      more.add("quality", quality(octet & 0x80u));
      more.add("counter_sequence", number(octet & 0x1fu));
      if ((octet & 0x20) != 0) more.add("carry", true);
      if ((octet & 0x40) != 0) more.add("adjusted", true);
      break;
    }
    case shape::protection_event: {
      const auto sep = in.u8();
      say(number(sep & 3u)), judge(sep, of_protection);
      more.add("elapsed_ms", number(in.u16le()));
      break;
    }
    case shape::protection_start:
    case shape::protection_output: {
      say(number(in.u8())), judge(in.u8(), of_protection);
      more.add(type.shape == shape::protection_start ? "duration_ms" : "operating_ms", number(in.u16le()));
      break;
    }
    case shape::packed_points: {
      say(number(in.u16le()));
      more.add("changed_bits", number(in.u16le()));
      judge(in.u8(), of_measurement);
      break;
    }
    case shape::single_command: {
      const auto sco = in.u8();
      say((sco & 1) != 0), command_bits(sco, a, more);
      break;
    }
    case shape::double_command:
    case shape::step_command: {
      const auto dco = in.u8();
      say(number(dco & 3u)), command_bits(dco, a, more);
      break;
    }
    case shape::set_normalised: say(fraction(in.u16le())), set_point_bits(in.u8(), a, more); break;
    case shape::set_scaled: say(whole(in.u16le())), set_point_bits(in.u8(), a, more); break;
    case shape::set_real: say(double{in.f32le()}), set_point_bits(in.u8(), a, more); break;
    case shape::set_bits: say(number(in.u32le())); break;
    case shape::initialised: {
      const auto coi = in.u8();
      more.add("initialisation", name_in(initialisations, coi & 0x7fu));
      if ((coi & 0x80) != 0) more.add("parameters_changed", true);
      break;
    }
    case shape::interrogate: {
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier)), more.add("interrogated", group_name(*a.qualifier));
      break;
    }
    case shape::interrogate_counters: {
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier)), more.add("interrogated", counter_group(*a.qualifier & 0x3fu));
      more.add("freeze", name_in(freezes, static_cast<unsigned>(*a.qualifier >> 6)));
      break;
    }
    case shape::reset: {
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier)), more.add("reset", name_in(resets, *a.qualifier));
      break;
    }
    case shape::clock: tell_clock(in, sent, a.values, more); break;
    case shape::fixed_test: {
      const auto pattern = in.u16le();
      more.add("test_pattern_right", pattern == 0x55aa);
      break;
    }
    case shape::counted_test: more.add("test_counter", number(in.u16le())); break;
    case shape::delay: more.add("delay_ms", number(in.u16le())); break;
    case shape::parameter_normalised: say(fraction(in.u16le())), parameter_bits(in.u8(), more); break;
    case shape::parameter_scaled: say(whole(in.u16le())), parameter_bits(in.u8(), more); break;
    case shape::parameter_real: say(double{in.f32le()}), parameter_bits(in.u8(), more); break;
    case shape::parameter_activate: {
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier)), more.add("parameter_activation", name_in(parameter_activations, *a.qualifier));
      break;
    }
    case shape::file_ready: {
      more.add("file", number(in.u16le())), more.add("file_length", number(in.le_n(3)));
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier));
      break;
    }
    case shape::section_ready: {
      more.add("file", number(in.u16le())), more.add("section", number(in.u8())), more.add("section_length", number(in.le_n(3)));
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier));
      break;
    }
    case shape::file_call:
    case shape::file_ack: {
      more.add("file", number(in.u16le())), more.add("section", number(in.u8()));
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier));
      if (type.shape == shape::file_call)
        nibbles(file_calls, "file_call", *a.qualifier, more);
      else
        nibbles(acknowledgements, "acknowledged", *a.qualifier, more);
      break;
    }
    case shape::last_section: {
      more.add("file", number(in.u16le())), more.add("section", number(in.u8()));
      a.qualifier = in.u8();
      more.add("qualifier", number(*a.qualifier)), more.add("last_of", name_in(lasts, *a.qualifier));
      more.add("checksum", number(in.u8()));
      break;
    }
    case shape::segment: {
      more.add("file", number(in.u16le())), more.add("section", number(in.u8()));
      const auto size = in.u8();
      more.add("segment_length", number(size));
      in.skip(size);  // file contents stay out of records
      break;
    }
    case shape::directory: {
      const auto file = in.u16le();
      more.add("file", number(file)), more.add("file_length", number(in.le_n(3)));
      const auto sof = in.u8();
      more.add("file_status", number(sof & 0x1fu)), more.add("last_of_directory", (sof & 0x20) != 0);
      more.add("is_directory", (sof & 0x40) != 0), more.add("file_active", (sof & 0x80) != 0);
      break;
    }
    case shape::query_log: {
      more.add("file", number(in.u16le()));
      more.add("from", read_cp56(in).text), more.add("until", read_cp56(in).text);
      break;
    }
    case shape::nothing:
    case shape::opaque: break;
  }
}

void read_objects(reader& in, const type_info& type, const layout& l, unsigned count, bool sequence, timestamp sent, asdu& a) {
  notes more;
  std::uint32_t address = 0;
  for (unsigned i = 0; i < count && in.left() != 0; ++i) {
    if (i == 0 || !sequence)
      address = static_cast<std::uint32_t>(in.le_n(l.address));
    else
      ++address;
    if (!in.ok()) break;
    if (i == 0) a.first_address = address;
    if (in.left() < object_size(type)) {  // cut: the address was said, the rest was not
      a.objects.push_back({a.space(), std::to_string(address), 1, {}, {}});
      if (!a.values.empty()) a.values.push_back({});
      in.fail({fault::truncated, "the ASDU ends inside an information object", in.at()});
      break;
    }
    read_element(type, in, sent, a, more);
    if (type.tag != tag::none) {
      const auto t = type.tag == tag::cp56 ? read_cp56(in) : read_cp24(in);
      more.add("time_tag", t.text);
      if (!t.condition.empty()) more.add("time_condition", t.condition);
    }
    a.objects.push_back({a.space(), std::to_string(address), 1, {}, {}});
  }
  if (!in.ok())
    a.wrong = "the ASDU ends inside an information object";
  else if (a.objects.size() < count)
    a.wrong = "the ASDU holds fewer information objects than it says";
  else if (count == 0)
    a.wrong = "the ASDU announces no information object";
  else if (in.left() != 0)
    a.wrong = "the ASDU is longer than its information objects";
  more.move_to(a.fields);
}

struct head {
  std::uint8_t id = 0, count = 0, cause = 0, originator = 0;
  bool sequence = false;
  std::uint32_t common = 0;
};
head read_head(reader& in, const layout& l) {
  head h;
  h.id = in.u8();
  const auto vsq = in.u8();
  h.count = vsq & 0x7f, h.sequence = (vsq & 0x80) != 0;
  h.cause = in.u8();
  if (l.cause == 2) h.originator = in.u8();
  h.common = static_cast<std::uint32_t>(in.le_n(l.common));
  return h;
}

}  // namespace

std::optional<asdu> read_asdu(bytes data, const layout& l, timestamp sent) {
  reader in{data};
  const auto h = read_head(in, l);
  if (!in.ok()) return {};
  asdu a;
  a.id = h.id, a.type = find_type(h.id);
  a.cause = h.cause & 0x3f, a.negative = (h.cause & 0x40) != 0, a.test = (h.cause & 0x80) != 0;
  a.originator = h.originator, a.common = h.common;
  a.fields.emplace_back("cause", std::uint64_t{a.cause});
  if (const auto name = cause_name(a.cause); !name.empty()) a.fields.emplace_back("cause_name", std::string{name});
  if (a.originator != 0) a.fields.emplace_back("originator", std::uint64_t{a.originator});
  if (a.test) a.fields.emplace_back("test", true);
  if (a.type != nullptr && a.type->shape != shape::opaque) {
    read_objects(in, *a.type, l, h.count, h.sequence, sent, a);
  } else if (a.type == nullptr && in.left() >= l.address) {  // every type has an address here, whatever follows
    a.first_address = static_cast<std::uint32_t>(in.le_n(l.address));
    a.objects.push_back({a.space(), std::to_string(a.first_address), 1, {}, {}});
  }
  return a;
}

bool fits(bytes data, const layout& l) {
  reader in{data};
  const auto h = read_head(in, l);
  const auto* type = find_type(h.id);
  if (!in.ok() || type == nullptr || h.count == 0 || !type->allows(h.cause & 0x3fu)) return false;
  if (type->shape == shape::opaque) return true;
  if (type->shape == shape::segment) {
    in.skip(l.address + 3u);
    in.skip(in.u8());
    return in.ok() && in.left() == 0 && h.count == 1;
  }
  const auto one = object_size(*type);
  const std::size_t size = h.sequence ? l.address + h.count * one : h.count * (l.address + one);
  return in.left() == size;
}

}  // namespace mw::iec104
