// Blocks of the context manager (IEC 61158-6-10, 5.2.3): relations, communication relations, expected modules, control.
#include "sensor/dissect/profinet_cm_blocks.hpp"

#include "common/text.hpp"
#include "sensor/dissect/profinet_rt.hpp"

#include <algorithm>
#include <array>

namespace mw::profinet {
namespace {

enum block : std::uint16_t {
  write_request = 0x0008,
  read_request = 0x0009,
  ar_request = 0x0101,
  iocr_request = 0x0102,
  alarm_cr_request = 0x0103,
  expected_submodules = 0x0104,
  first_control = 0x0110,
  last_control = 0x0118,
  write_response = 0x8008,
  read_response = 0x8009,
  ar_response = 0x8101,
  iocr_response = 0x8102,
  alarm_cr_response = 0x8103,
  module_diff = 0x8104,
  ar_server = 0x8106,
  first_control_response = 0x8110,
  last_control_response = 0x8118,
};
constexpr std::uint16_t multiple_write = 0xe040;
constexpr std::size_t most_objects = 128, most_fields = 512, most_values = 1024;

std::string_view ar_name(std::uint16_t type) {
  switch (type) {
    case 0x0001: return "io_controller";
    case 0x0003: return "io_controller_continuous";
    case 0x0004: return "io_controller_redundant";
    case 0x0005: return "io_device_redundant";
    case 0x0006: return "io_supervisor";
    case 0x0010: return "io_controller_isochronous";
    case 0x0020: return "io_controller_system_redundant";
    default: return "reserved";
  }
}
std::string_view iocr_name(std::uint16_t type) {
  constexpr std::array<std::string_view, 5> names{"reserved", "input", "output", "multicast_provider", "multicast_consumer"};
  return type < names.size() ? names[type] : names[0];
}

void read_ar(reader& in, cm_reading& r) {
  const auto type = in.u16();
  const auto relation = read_uuid(in);
  const auto session_key = in.u16();
  const auto card = read_mac(in);
  if (r.response) {
    in.skip(2);
    if (!in.ok()) return;
    r.device = card;
  } else {
    in.skip(16);  // the initiator's object
    const auto properties = in.u32();
    const auto timeout = in.u16();
    in.skip(2);
    const auto name = printable(in.take(in.u16()));
    if (!in.ok()) return;
    r.controller = card;
    r.op.fields.emplace_back("controller_name", name);
    r.op.fields.emplace_back("ar_properties", hex32(properties));
    r.op.fields.emplace_back("activity_timeout_ms", std::uint64_t{timeout} * 100);
    r.learn(party::controller, {}, "station_name", name);
    r.learn(party::controller, {}, "role", type == 0x0006 ? "io_supervisor" : "io_controller");
    r.learn(party::device, {}, "role", "io_device");
  }
  r.learn(r.response ? party::device : party::controller, {}, "mac", to_string(card));
  r.op.fields.emplace_back("ar_type", std::string{ar_name(type)});
  r.op.fields.emplace_back("ar", relation);
  r.op.fields.emplace_back("session_key", std::uint64_t{session_key});
}

/// Input is what the device provides. The response has the last word on frame ids.
void tell_frame(std::uint16_t type, std::uint16_t id, cm_reading& r) {
  r.op.fields.emplace_back(std::string{iocr_name(type)} + "_frame_id", hex16(id));
  if (!r.response || id == 0xffff) return;
  const bool device_provides = type == 1 || type == 3;
  r.learn(party::device, {}, "frame_id", hex16(id) + (device_provides ? " provider" : " consumer"));
}

void read_iocr(reader& in, cm_reading& r) {
  const auto type = in.u16();
  in.skip(2);
  if (r.response) {
    const auto id = in.u16();
    if (in.ok()) tell_frame(type, id, r);
    return;
  }
  in.skip(2);  // EtherType
  const auto properties = in.u32();
  const auto size = in.u16(), id = in.u16(), clock = in.u16(), reduction = in.u16();
  in.skip(8);  // phase, sequence, offset
  const auto watchdog = in.u16(), hold = in.u16();
  if (!in.ok()) return;
  tell_frame(type, id, r);
  const auto name = std::string{iocr_name(type)};
  r.op.fields.emplace_back(name + "_cycle_us", static_cast<double>(clock) * reduction * 31.25);
  r.op.fields.emplace_back(name + "_size", std::uint64_t{size});
  r.op.fields.emplace_back(name + "_rt_class", std::uint64_t{properties & 15u});
  r.op.fields.emplace_back(name + "_watchdog_factor", std::uint64_t{watchdog});
  r.op.fields.emplace_back(name + "_hold_factor", std::uint64_t{hold});
  if (clock == 0 || clock > 128 || reduction == 0) r.breaks("iocr", "a send clock or reduction that none may have");
}

void read_expected(reader& in, cm_reading& r) {
  for (auto apis = in.u16(); apis != 0 && in.left() != 0; --apis) {
    const auto api = in.u32();
    const auto slot = in.u16();
    const auto module = in.u32();
    in.skip(2);
    for (auto n = in.u16(); n != 0 && in.left() != 0; --n) {
      const auto subslot = in.u16();
      const auto submodule = in.u32();
      const auto descriptions = (in.u16() & 3) == 3 ? 2u : 1u;
      in.skip(descriptions * 6);
      if (!in.ok()) return;
      if (r.op.objects.size() >= most_objects) continue;
      r.op.objects.push_back(
          {.space = std::to_string(api), .address = std::to_string(slot) + '/' + std::to_string(subslot), .property = {}, .index = {}});
      r.op.values.emplace_back(hex32(submodule));
    }
    if (in.ok() && module != 0) r.learn(party::device, std::to_string(slot), "expected_module", hex32(module));
  }
}

void read_alarm_cr(reader& in, cm_reading& r) {
  if (r.response) in.skip(2);
  if (!r.response) in.skip(8);
  const auto timeout = r.response ? std::uint16_t{0} : in.u16(), retries = r.response ? std::uint16_t{0} : in.u16();
  const auto reference = in.u16(), longest = in.u16();
  if (!in.ok()) return;
  if (!r.response) {
    r.op.fields.emplace_back("alarm_timeout_ms", std::uint64_t{timeout} * 100);
    r.op.fields.emplace_back("alarm_retries", std::uint64_t{retries});
  }
  r.op.fields.emplace_back("alarm_reference", std::uint64_t{reference});
  r.op.fields.emplace_back("alarm_size", std::uint64_t{longest});
}

/// Modules that are not what the controller expects.
void read_diff(reader& in, cm_reading& r) {
  constexpr std::array<std::string_view, 4> states{"no_module", "wrong", "proper", "substitute"};
  std::size_t most = 64;
  for (auto apis = in.u16(); apis != 0 && in.left() != 0; --apis) {
    in.skip(4);
    for (auto modules = in.u16(); modules != 0 && in.left() != 0; --modules) {
      const auto slot = in.u16();
      const auto module = in.u32();
      const auto state = in.u16(), submodules = in.u16();
      in.skip(std::size_t{submodules} * 8);
      if (!in.ok() || most-- == 0) return;
      const auto name = state < states.size() ? states[state] : std::string_view{"reserved"};
      r.op.fields.emplace_back("module_diff", std::to_string(slot) + ": " + hex32(module) + ' ' + std::string{name});
      if (state != 0) r.learn(party::device, std::to_string(slot), "module", hex32(module), 85);
    }
  }
}

void read_control(reader& in, cm_reading& r) {
  constexpr std::array<std::string_view, 7> names{"parameter_end",   "application_ready", "release",        "done",
                                                  "ready_companion", "ready_isochronous", "parameter_begin"};
  in.skip(2);
  const auto relation = read_uuid(in);
  const auto session_key = in.u16();
  in.skip(2);  // an alarm's sequence where it follows a plug
  const auto command = in.u16(), properties = in.u16();
  if (!in.ok()) return;
  if (r.response) {
    r.op.fields.emplace_back("done", (command & 8) != 0);
    return;
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if ((command >> i & 1u) != 0) {
      r.op.function_name = names[i];
      break;
    }
  r.op.fields.emplace_back("ar", relation);
  r.op.fields.emplace_back("session_key", std::uint64_t{session_key});
  if (properties != 0) r.op.fields.emplace_back("control_properties", hex16(properties));
}

struct record_head {
  std::uint16_t slot = 0, subslot = 0, index = 0;
  std::uint32_t api = 0, length = 0;
};
record_head read_head(reader& in, cm_reading& r, bool relation_too) {
  record_head h;
  in.skip(2);  // sequence
  const auto relation = read_uuid(in);
  h.api = in.u32();
  h.slot = in.u16(), h.subslot = in.u16();
  in.skip(2);
  h.index = in.u16();
  h.length = in.u32();
  if (in.ok() && relation_too) r.op.fields.emplace_back("ar", relation);
  return h;
}
void add_object(const record_head& h, cm_reading& r) {
  if (r.op.objects.size() >= most_objects) return;
  r.op.objects.push_back({.space = hex16(h.index),
                          .address = std::to_string(h.slot) + '/' + std::to_string(h.subslot),
                          .count = h.length,
                          .property = {},
                          .index = {}});
}

/// A write carries its data behind its block; a multiple one has whole writes as its data.
void read_write(reader& body, reader& in, cm_reading& r, bool outermost) {
  const auto h = read_head(body, r, outermost);
  if (!body.ok()) return;
  if (h.length > in.left()) r.breaks("record_length", "the record is longer than the message");
  auto data = in.part(std::min<std::size_t>(h.length, in.left()));
  if (h.index != multiple_write || !outermost) {
    if (outermost) r.op.fields.emplace_back("record", record_name(h.index));
    add_object(h, r);
    if (outermost && h.index < 0x8000) r.op.action = action::write;
    return read_record(h.index, unit_of(h.slot, h.subslot), data.rest(), r);
  }
  r.op.fields.emplace_back("record", record_name(h.index));
  while (data.left() > 5) {
    const auto before = data.left();
    const auto type = data.u16(), length = data.u16();
    data.skip(2);
    if (type != write_request || length < 2) return r.breaks("block", "a multiple write holds something else");
    auto inner = data.part(length - 2u);
    if (!data.ok()) return r.breaks("block_length", "a write within a multiple write is cut");
    read_write(inner, data, r, false);
    data.skip(std::min((4 - (before - data.left()) % 4) % 4, data.left()));
  }
}

void read_results(reader& body, reader& in, bool written, cm_reading& r) {
  const auto h = read_head(body, r, r.op.objects.empty());
  const auto extra1 = body.u16(), extra2 = body.u16();
  const auto how = written ? status_of(body.u32()) : status{};
  if (!body.ok()) return;
  if (r.op.objects.empty()) {
    add_object(h, r);
    r.op.fields.emplace_back("record", record_name(h.index));
  }
  if (extra1 != 0) r.op.fields.emplace_back("additional_1", std::uint64_t{extra1});
  if (extra2 != 0) r.op.fields.emplace_back("additional_2", std::uint64_t{extra2});
  if (!how.good()) r.op.fields.emplace_back("record_status", std::to_string(h.index) + ": " + to_text(how));
  if (written) return;
  if (h.length > in.left()) r.breaks("record_length", "the record is longer than the message");
  auto data = in.part(std::min<std::size_t>(h.length, in.left()));
  read_record(h.index, unit_of(h.slot, h.subslot), data.rest(), r);
}

}  // namespace

void read_cm_blocks(reader& in, cm_reading& r, output& out) {
  while (in.left() > 5) {
    const auto type = in.u16(), length = in.u16();
    in.skip(2);  // version
    if (length < 2 || length - 2u > in.left()) return r.breaks("block_length", "a block is longer than the message");
    auto body = in.part(length - 2u);
    out.count("profinet_cm", "block", type);
    switch (type) {
      case ar_request:
      case ar_response: read_ar(body, r); break;
      case iocr_request:
      case iocr_response: read_iocr(body, r); break;
      case alarm_cr_request:
      case alarm_cr_response: read_alarm_cr(body, r); break;
      case expected_submodules: read_expected(body, r); break;
      case module_diff: read_diff(body, r); break;
      case ar_server: {
        const auto name = printable(body.take(body.u16()));
        if (!body.ok()) break;
        r.op.fields.emplace_back("device_name", name);
        r.learn(party::device, {}, "station_name", name);
        break;
      }
      case write_request: read_write(body, in, r, true); break;
      case read_request: {
        const auto h = read_head(body, r, true);
        if (!body.ok()) break;
        add_object(h, r);
        r.op.fields.emplace_back("record", record_name(h.index));
        const auto name = record_name(h.index);
        if (name.starts_with("im") || name.find("identification") != std::string::npos) r.op.action = action::identify;
        if (name.starts_with("diagnosis") || name.starts_with("maintenance") || name == "log_data") r.op.action = action::diagnose;
        return;  // what may follow is a question in the device's own words
      }
      case write_response: read_results(body, in, true, r); break;
      case read_response: read_results(body, in, false, r); break;
      default:
        if ((type >= first_control && type <= last_control) || (type >= first_control_response && type <= last_control_response))
          read_control(body, r);
        break;
    }
    if (!body.ok()) r.breaks("block_length", "a block is shorter than its fields");
    if (r.op.fields.size() <= most_fields && r.op.values.size() <= most_values) continue;
    out.count("profinet_cm", "forgotten", "fields");
    r.op.fields.resize(std::min(r.op.fields.size(), most_fields));
    r.op.values.resize(std::min(r.op.values.size(), most_values));
  }
}

}  // namespace mw::profinet
