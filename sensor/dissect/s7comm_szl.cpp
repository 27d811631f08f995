// System status lists (SZL): what an S7 controller says about itself when it is asked. The lists follow Siemens'
// "System Software for S7-300/400: System and Standard Functions", chapter on the system status list.
#include "sensor/dissect/s7comm_szl.hpp"

#include "common/text.hpp"
#include "sensor/dissect/s7comm_names.hpp"

#include <algorithm>

namespace mw::s7comm {
namespace {

/// The lower octet of a list's number is the list, the rest says which extract of it.
namespace list {
constexpr std::uint8_t module = 0x11, components = 0x1c, leds_old = 0x19, modes = 0x24, communication = 0x32, leds = 0x74,
                       diagnostics = 0xa0;
}
constexpr std::uint16_t header_only = 0x0f00, extract_mask = 0x0fff;
constexpr std::uint16_t last_transition = 0x0124, current_mode = 0x0424;
constexpr std::uint16_t protection_index = 4;

std::string hex_word(std::uint16_t n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[n >> 12], digits[n >> 8 & 15], digits[n >> 4 & 15], digits[n & 15]};
}

void put_object(operation& op, std::uint16_t id, std::uint16_t index) {
  object o;
  o.space = "szl";
  o.address = hex_word(id) + '/' + hex_word(index);
  if (op.objects.empty()) op.objects.push_back(std::move(o));
}

void learn(std::vector<learned>& facts, std::string_view kind, std::string value, std::uint8_t confidence) {
  if (!value.empty()) facts.push_back({kind, std::move(value), confidence});
}

/// Versions are "V", major, minor, patch as octets; older modules have a plain number.
std::string version_text(std::uint16_t first, std::uint16_t second) {
  if (first >> 8 == 'V') return std::to_string(first & 0xff) + '.' + std::to_string(second >> 8) + '.' + std::to_string(second & 0xff);
  return first < 0x100 && first != 0 ? std::to_string(first) : std::string{};
}

void read_module(reader& in, std::vector<learned>& facts) {
  constexpr std::uint8_t module = 1, hardware = 6, firmware = 7;
  const auto index = static_cast<std::uint8_t>(in.u16());
  auto order_number = printable(in.take(20));
  in.skip(2);
  const auto first = in.u16();
  const auto second = in.u16();
  if (!in.ok()) return;
  if (index == module) {
    if (order_number.starts_with("6ES7") || order_number.starts_with("6AG1") || order_number.starts_with("6GK"))
      learn(facts, "vendor", "Siemens", 90);
    learn(facts, "order_number", std::move(order_number), 95);
  }
  if (index == hardware) learn(facts, "hardware", version_text(first, second), 90);
  if (index == firmware) learn(facts, "firmware", version_text(first, second), 95);
}

void read_component(reader& in, operation& op, std::vector<learned>& facts) {
  enum : std::uint8_t {
    station = 1,
    module = 2,
    plant = 3,
    copyright = 4,
    serial = 5,
    type = 7,
    memory_card = 8,
    manufacturer = 9,
    location = 11
  };
  constexpr std::uint16_t siemens = 0x002a;
  const auto index = static_cast<std::uint8_t>(in.u16());
  if (index == manufacturer) {
    if (in.u16() == siemens && in.ok()) learn(facts, "vendor", "Siemens", 95);
    return;
  }
  const auto whole = in.take(std::min<std::size_t>(in.left(), 32));
  // reserved octets behind a name are zero: the name ends at the first
  auto text = printable(whole.first(static_cast<std::size_t>(std::find(whole.begin(), whole.end(), 0) - whole.begin())));
  if (text.empty()) return;
  switch (index) {
    case station: learn(facts, "host_name", std::move(text), 80); break;
    case module: learn(facts, "module", std::move(text), 90); break;
    case plant: learn(facts, "plant", std::move(text), 90); break;
    case serial: learn(facts, "serial", std::move(text), 95); break;
    case type: learn(facts, "model", std::move(text), 95); break;
    case copyright: op.fields.emplace_back("copyright", std::move(text)); break;
    case memory_card: op.fields.emplace_back("memory_card", std::move(text)); break;
    case location: op.fields.emplace_back("location", std::move(text)); break;
    default: break;
  }
}

void read_mode(reader& in, operation& op, std::vector<learned>& facts) {
  const auto event = in.u16();
  in.skip(1);
  const auto modes = in.u8();
  if (!in.ok()) return;
  op.fields.emplace_back("event", hex_word(event));
  learn(facts, "run_state", std::string{mode_in_szl(modes)}, 95);
}

void read_protection(reader& in, operation& op, std::vector<learned>& facts) {
  constexpr std::uint16_t checksums_valid = 0x5656;
  constexpr std::string_view switches[] = {"", "run", "run_p", "stop", "mres"};
  in.skip(4);
  const auto level = in.u16();
  const auto position = in.u16();
  in.skip(4);
  const auto valid = in.u16();
  const auto hardware = in.u32();
  const auto program = in.u32();
  if (!in.ok()) return;
  op.fields.emplace_back("protection_level", std::uint64_t{level});
  if (position < std::size(switches)) learn(facts, "key_switch", std::string{switches[position]}, 95);
  if (valid == checksums_valid) {
    op.fields.emplace_back("hardware_checksum", std::uint64_t{hardware});
    op.fields.emplace_back("program_checksum", std::uint64_t{program});
  }
}

/// The state of the controller as its lamps show it.
struct lamps {
  bool run = false, stop = false, flashing = false;
  void read(reader& in) {
    constexpr std::uint8_t run_lamp = 4, stop_lamp = 5;
    const auto lamp = static_cast<std::uint8_t>(in.u16());
    const bool on = in.u8() != 0;
    const bool flashes = in.u8() != 0;
    if (!in.ok()) return;
    if (lamp == run_lamp) run = on, flashing = flashing || flashes;
    if (lamp == stop_lamp) stop = on, flashing = flashing || flashes;
  }
  std::string state() const { return flashing || run == stop ? "" : run ? "run" : "stop"; }
};

}  // namespace

void read_szl_request(reader& in, operation& op) {
  const auto id = in.u16();
  const auto index = in.u16();
  if (in.ok()) put_object(op, id, index);
}

void read_szl_answer(reader& in, operation& op, std::vector<learned>& facts) {
  const auto id = in.u16();
  const auto index = in.u16();
  const std::size_t size = in.u16();
  const auto count = in.u16();
  if (!in.ok()) return;
  put_object(op, id, index);
  const auto which = static_cast<std::uint8_t>(id);
  const auto extract = static_cast<std::uint16_t>(id & extract_mask);
  if (which == list::diagnostics)
    op.fields.emplace_back("diagnostic_entries", std::uint64_t{count});
  else
    op.fields.emplace_back("records", std::uint64_t{count});
  if ((id & header_only) == header_only || count == 0) return;
  in.expect(size != 0, "a status list with records has a record size");

  lamps shown;
  bool first = true;
  for (std::size_t n = 0; n < count && in.left(); ++n, first = false) {
    auto record = in.part(size);
    if (!record.ok()) {
      in.fail(record.why());
      break;
    }
    switch (which) {
      case list::module: read_module(record, facts); break;
      case list::components: read_component(record, op, facts); break;
      case list::modes:
        if (first && (extract == current_mode || extract == last_transition)) read_mode(record, op, facts);
        break;
      case list::communication:
        if (first && record.u16() == protection_index) read_protection(record, op, facts);
        break;
      case list::leds_old:
      case list::leds: shown.read(record); break;
      case list::diagnostics:
        // the newest entry comes first
        if (first) {
          const auto event = record.u16();
          if (record.ok()) op.fields.emplace_back("newest_event", hex_word(event));
        }
        break;
      default: break;
    }
  }
  learn(facts, "run_state", shown.state(), 70);
}

}  // namespace mw::s7comm
