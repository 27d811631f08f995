// Answers and notifications of S7comm-plus: results, values, and what they tell of the controller.
#include "sensor/dissect/s7plus_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::s7plus {

object named(std::string space, std::uint32_t number) {
  object o;
  o.space = std::move(space);
  o.address = std::to_string(number);
  return o;
}
void put(operation& op, object&& o) {
  if (op.objects.size() < object_limit) op.objects.push_back(std::move(o));
}
void put(operation& op, leaves& read) {
  for (auto& l : read.list) op.values.push_back(std::move(l.content));
  if (read.dropped != 0) op.fields.emplace_back("values_not_kept", read.dropped);
  if (read.credential) op.fields.emplace_back("credential_given", true);
}

namespace {

/// "1;6ES7 214-1HE30-0XB0 ;V2.2": a number, the order number, the firmware.
void read_system_string(std::string_view text, std::vector<learned>& facts) {
  const auto first = text.find(';');
  const auto second = first == std::string_view::npos ? first : text.find(';', first + 1);
  if (second == std::string_view::npos) return;
  auto order = text.substr(first + 1, second - first - 1), firmware = text.substr(second + 1);
  while (!order.empty() && order.back() == ' ') order.remove_suffix(1);
  if (firmware.starts_with('V')) firmware.remove_prefix(1);
  if (order.empty() || firmware.empty()) return;
  facts.push_back({"vendor", "Siemens", 85, false});
  facts.push_back({"order_number", std::string{order}, 90, false});
  facts.push_back({"firmware", std::string{firmware}, 85, false});
}

/// Identification and maintenance data 0 (IEC 61158-6-10): order number, serial number, revisions.
void read_maintenance(bytes raw, std::vector<learned>& facts) {
  reader in{raw};
  const bool head = in.u16() == 0x0020 && in.u16() == 0x0038 && in.u16() == 0x0100;
  const auto vendor = in.u16();
  const auto order = printable(in.take(20)), serial = printable(in.take(16));
  const auto hardware = in.u16();
  const auto kind = in.u8(), major = in.u8(), minor = in.u8(), patch = in.u8();
  if (!in.ok() || !head || order.empty() || order.find('?') != std::string::npos) return;
  if (vendor == 0x002a) facts.push_back({"vendor", "Siemens", 85, false});
  facts.push_back({"order_number", order, 90, false});
  auto number = serial;
  while (!number.empty() && (number.front() == ' ')) number.erase(0, 1);
  if (!number.empty() && number.find('?') == std::string::npos) facts.push_back({"serial", number, 90, false});
  facts.push_back({"hardware", std::to_string(hardware), 60, false});
  if (kind == 'V')
    facts.push_back({"firmware", std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch), 90, false});
}

void learn(const leaves& all, std::vector<learned>& facts) {
  for (const auto& l : all.list) {
    if (l.id == id::system_string)
      if (const auto* text = std::get_if<std::string>(&l.content)) read_system_string(*text, facts);
    if (l.id == id::operating_state)
      if (const auto* state = std::get_if<std::int64_t>(&l.content); state != nullptr && (*state == 4 || *state == 8))
        facts.push_back({"run_state", *state == 8 ? "run" : "stop", 60, false});
    if (l.raw.size() >= 54 && l.raw[0] == 0x00 && l.raw[1] == 0x20) read_maintenance(l.raw, facts);
  }
}

struct item_results {
  std::size_t failed = 0;
  std::int16_t first = 0;
};
/// Numbers of items, each with what went wrong; in the order of their numbers.
item_results read_item_errors(reader& in, operation& op) {
  item_results all;
  std::string text;
  while (in.left()) {
    const auto number = vlq32(in);
    if (number == 0) break;
    const auto code = result_code(vlq64(in));
    if (all.failed++ == 0) all.first = code;
    if (all.failed <= 64) text += (text.empty() ? "" : ",") + std::to_string(number) + ':' + std::to_string(code);
  }
  if (!text.empty()) op.fields.emplace_back("item_errors", std::move(text));
  return all;
}

void refuse(operation& op, answered& a, std::int16_t code) {
  a.how = outcome::refused;
  op.code = std::to_string(code);
  if (const auto name = result_name(code); !name.empty()) op.fields.emplace_back("reason", std::string{name});
}

/// Item numbers and values up to the number 0. An item that is not there is one that could not be read.
void read_items(reader& in, operation& op, std::size_t expected, std::vector<learned>& facts) {
  std::uint32_t next = 1;
  leaves all;
  while (in.left()) {
    const auto number = vlq32(in);
    if (number == 0) break;
    for (; next < number && next <= expected; ++next) all.add(0, {});
    leaves one;
    read_value(in, 0, one);
    learn(one, facts);
    for (auto& l : one.list) all.add(0, std::move(l.content));
    all.dropped += one.dropped;
    all.credential = all.credential || one.credential;
    next = std::max(next, number) + 1;
  }
  for (; next <= expected && in.ok() && all.list.size() < value_limit; ++next) all.add(0, {});
  if (in.ok()) put(op, all);
}

}  // namespace

answered read_response(std::uint8_t version, reader& in, operation& op, const asked& about, std::vector<learned>& facts) {
  answered a;
  const auto result = vlq64(in);
  const auto code = result_code(result);
  if (!in.ok()) return a;
  if (code < 0) {
    refuse(op, a, code);
    if (const auto source = result_source(result); !source.empty() && result >> 32 != 0)
      op.fields.emplace_back("error_source", std::string{source});
    return a;
  }
  if (code > 0)
    op.fields.emplace_back("result", result_name(code).empty() ? value{std::int64_t{code}} : value{std::string{result_name(code)}});
  leaves all;
  switch (about.function) {
    case function::create_object: {
      const auto count = in.u8();
      for (unsigned i = 0; i < count && in.left(); ++i) a.created.push_back(vlq32(in));
      if (in.ok() && !a.created.empty()) op.fields.emplace_back("created", std::uint64_t{a.created.front()});
      if (version != 1 || in.left() == 0 || in.rest().front() != 0xa1) return a;
      std::vector<thing> things;
      read_objects(in, things, all);
      learn(all, facts);
      return a;
    }
    case function::get_multi: {
      read_items(in, op, about.items, facts);
      const auto errors = read_item_errors(in, op);
      if (errors.failed != 0 && errors.failed >= about.items) op.values.clear(), refuse(op, a, errors.first);
      return a;
    }
    case function::set_multi: {
      const auto errors = read_item_errors(in, op);
      if (errors.failed != 0 && errors.failed >= about.items) refuse(op, a, errors.first);
      return a;
    }
    case function::get_substreamed: in.skip(1); [[fallthrough]];
    case function::get_variable:
      read_value(in, 0, all);
      learn(all, facts);
      if (!op.objects.empty() && op.action == action::program_upload) op.fields.emplace_back("payload_size", std::uint64_t{all.payload});
      if (in.ok()) put(op, all);
      return a;
    case function::get_link: {
      const auto count = in.u8();
      for (unsigned i = 0; i < count && in.left(); ++i) op.values.emplace_back(std::uint64_t{in.u32()});
      return a;
    }
    case function::explore: {
      (void)in.u32();
      if (in.left() && (version == 3 || (version == 2 && in.rest().front() != 0xa1 && in.rest().front() != 0))) (void)vlq32(in);
      if (in.left() == 0 || in.rest().front() != 0xa1) return a;
      std::vector<thing> things;
      read_objects(in, things, all);
      learn(all, facts);
      if (op.action == action::program_upload) op.fields.emplace_back("payload_size", std::uint64_t{all.payload});
      for (std::size_t i = 0; i < things.size() && op.returned.size() < object_limit; ++i) {
        auto o = named(std::string{class_name(things[i].class_id)}, things[i].rid);
        if (o.space.empty()) o.space = "object";
        op.returned.push_back(std::move(o));
        if (!things[i].name.empty() && op.values.size() < value_limit) op.values.emplace_back(things[i].name);
      }
      return a;
    }
    default: return a;
  }
}

namespace {

/// What follows the counters: items, each after a mark that says how, up to 0; then perhaps alarms.
void read_notified(reader& in, notification& n) {
  while (in.left()) {
    const auto mark = in.u8();
    if (mark == 0) break;
    std::uint32_t number = 0;
    leaves all;
    std::vector<thing> things;
    switch (mark) {
      case 0x9b: number = vlq32(in); break;
      case 0x03:
      case 0x13:
      case 0x92:
      case 0x9c: number = in.u32(); break;
      case 0x81: read_objects(in, things, all); continue;
      case 0x83: break;
      default: in.fail({fault::unsupported, "a kind of notified value that is not known", in.at()}); break;
    }
    if (mark == 0x9c) continue;
    if (mark == 0x03 || mark == 0x13) {
      if (n.items.size() < value_limit) n.items.push_back({number, {value{}}});
      if (n.errors.size() < 256) n.errors += (n.errors.empty() ? "" : ",") + std::to_string(number);
      continue;
    }
    read_value(in, 0, all);
    std::vector<value> values;
    for (auto& l : all.list) values.push_back(std::move(l.content));
    if (in.ok() && n.items.size() < value_limit) n.items.emplace_back(number, std::move(values));
  }
  if (in.left() <= 7 || in.rest().front() == 0) return;
  auto second = in;
  second.skip(4 + 2);
  if (second.u8() != 0x81) return;
  in = second;
  leaves all;
  std::vector<thing> things;
  read_objects(in, things, all);
  n.alarm = std::ranges::any_of(things, [](const thing& t) { return t.class_id == id::alarm_class; });
  if (const auto* number = all.find(id::cpu_alarm_id); number != nullptr && in.ok()) n.alarm_id = number->content;
}

/// True where nothing is left but zeros or a digest.
bool ends_well(const reader& in) {
  if (!in.ok()) return false;
  return in.left() > 32 || (in.left() <= 8 && std::ranges::all_of(in.rest(), [](std::uint8_t b) { return b == 0; }));
}

}  // namespace

notification read_notification(std::uint8_t version, reader& in) {
  notification n;
  n.subscription = in.u32();
  in.skip(4);
  if (version == 1) {
    if (in.left() >= 4 && reader{in.rest()}.u32() != 0) in.skip(6);
    read_notified(in, n);
    return n;
  }
  in.skip(2);
  n.tick = in.u8();
  // With a sequence number and a counter of changes in newer controllers (the counter, if 0, as the last octet of a time);
  // with the counter alone in older ones. Nothing says which it is but how well the rest can be read.
  auto newer = in, older = in;
  auto with_number = n;
  with_number.sequence = vlq32(newer), with_number.counted = true;
  if (newer.left() && newer.rest().front() == 0) newer.skip(8);
  newer.skip(1);
  read_notified(newer, with_number);
  if (!ends_well(newer)) {
    older.skip(1);
    read_notified(older, n);
    if (ends_well(older)) {
      in = older;
      return n;
    }
  }
  in = newer;
  return with_number;
}

std::size_t read_stream_part(reader& in) {
  const auto size = vlq32(in);
  return in.take(size).size();
}

}  // namespace mw::s7plus
