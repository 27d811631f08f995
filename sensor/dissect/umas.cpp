// UMAS, the engineering protocol of Schneider Modicon controllers: the payload of Modbus function 90. There is no public
// specification; layouts follow what has been published about it and what controllers were seen to say.
#include "sensor/dissect/umas.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw::umas {
namespace {

using modbus::asked;
using modbus::remarks;

struct code_info {
  std::uint8_t code;
  std::string_view name;
  action what;
};
/// Programs are named by where they go, as incident responders do: a download goes to the controller.
constexpr std::array codes{
    code_info{0x01, "init_comm", action::session},
    code_info{0x02, "read_id", action::identify},
    code_info{0x03, "read_project_info", action::identify},
    code_info{0x04, "read_plc_info", action::identify},
    code_info{0x05, "read_loader_info", action::identify},
    code_info{0x06, "read_card_info", action::identify},
    code_info{0x07, "read_block_info", action::read},
    code_info{0x0a, "repeat", action::diagnose},
    code_info{0x10, "take_plc_reservation", action::session},
    code_info{0x11, "release_plc_reservation", action::session},
    code_info{0x12, "keep_alive", action::session},
    code_info{0x20, "read_memory_block", action::read},
    code_info{0x21, "write_memory_block", action::write},
    code_info{0x22, "read_variables", action::read},
    code_info{0x23, "write_variables", action::write},
    code_info{0x24, "read_coils_registers", action::read},
    code_info{0x25, "write_coils_registers", action::write},
    code_info{0x26, "data_dictionary", action::read},
    code_info{0x27, "data_dictionary_preload", action::read},
    code_info{0x28, "read_physical_address", action::read},
    code_info{0x29, "write_physical_address", action::write},
    code_info{0x2a, "browse_events", action::read},
    code_info{0x30, "initialize_program_download", action::program_download},
    code_info{0x31, "program_download_block", action::program_download},
    code_info{0x32, "end_program_download", action::program_download},
    code_info{0x33, "initialize_program_upload", action::program_upload},
    code_info{0x34, "program_upload_block", action::program_upload},
    code_info{0x35, "end_program_upload", action::program_upload},
    code_info{0x36, "backup", action::configure},
    code_info{0x37, "preload_blocks", action::program_download},
    code_info{0x38, "signed", action::diagnose},
    code_info{0x39, "read_ethernet_master_data", action::read},
    code_info{0x40, "start_plc", action::start},
    code_info{0x41, "stop_plc", action::stop},
    code_info{0x42, "init_plc", action::restart},
    code_info{0x43, "swap_blocks", action::program_download},
    code_info{0x50, "monitor_plc", action::read},
    code_info{0x51, "get_auto_modifications", action::read},
    code_info{0x52, "get_forced_bits", action::read},
    code_info{0x53, "get_selected_blocks", action::read},
    code_info{0x58, "check_plc", action::diagnose},
    code_info{0x60, "set_breakpoint", action::mode_change},
    code_info{0x61, "delete_breakpoint", action::mode_change},
    code_info{0x62, "step_over", action::mode_change},
    code_info{0x63, "step_in", action::mode_change},
    code_info{0x64, "step_out", action::mode_change},
    code_info{0x65, "get_call_stack", action::diagnose},
    code_info{0x66, "check_debug_allowed", action::diagnose},
    code_info{0x6c, "process_message", action::diagnose},
    code_info{0x6d, "private_message", action::diagnose},
    code_info{0x6e, "reservation_nonces", action::authenticate},
    code_info{0x70, "read_io_object", action::read},
    code_info{0x71, "write_io_object", action::write},
    code_info{0x72, "read_rack", action::identify},
    code_info{0x73, "get_module_status", action::diagnose},
    code_info{0x74, "read_device_data", action::read},
};
constexpr std::uint8_t in_envelope = 0x38;
constexpr std::size_t signature = 32;

code_info describe(std::uint8_t code) {
  const auto it = std::find_if(codes.begin(), codes.end(), [&](const code_info& c) { return c.code == code; });
  return it != codes.end() ? *it : code_info{code, "unknown", action::diagnose};
}

object block(std::uint16_t number, std::optional<std::uint32_t> offset, std::uint32_t count) {
  auto address = std::to_string(number);
  if (offset) address += ':' + std::to_string(*offset);
  return {.space = "block", .address = std::move(address), .count = count, .property = {}, .index = {}};
}
void carries(operation& op, bool to_controller, std::size_t size) {
  op.fields.emplace_back("payload_direction", std::string{to_controller ? "to_controller" : "from_controller"});
  op.fields.emplace_back("payload_size", std::uint64_t{size});
}
void keep_raw(operation& op, std::string_view name, bytes data) {
  if (!data.empty()) op.fields.emplace_back(std::string{name}, hex(data, 64));
}

/// Range, block, offset, size; a write has its data behind them.
void read_memory_request(reader& in, bool write, operation& op, asked& kept, remarks& notes) {
  in.skip(1);
  const auto number = in.u16le();
  const auto offset = in.u32le();
  const auto size = in.u16le();
  if (!in.ok()) return notes.breaks("length", "the memory block request is cut short");
  op.objects.push_back(block(number, offset, size));
  kept.quantity = size;
  if (!write) return;
  if (in.left() != size) notes.breaks("byte_count", "the size of the memory block does not match the data that follows");
  op.values.emplace_back(hex(in.take(std::min<std::size_t>(size, in.left()))));
}

/// A transfer of a program block: two octets, the block's number, and on the side that carries it a size and data.
void read_block_request(reader& in, operation& op) {
  in.skip(2);
  const auto number = in.u16le();
  if (!in.ok()) return;
  op.objects.push_back(block(number, {}, 0));
  if (in.left() < 2) return;
  const auto size = in.u16le();
  const auto data = in.take(std::min<std::size_t>(size, in.left()));
  if (data.empty()) return;
  op.objects.back().count = static_cast<std::uint32_t>(data.size());
  op.values.emplace_back(hex(data));
  carries(op, true, data.size());
}

/// Variables by block and offset: their number, then for each its size class, block, offsets and, of arrays, the length.
void read_variables(reader in, bool write, operation& op) {
  constexpr std::array<std::uint32_t, 4> sizes{1, 1, 2, 4};
  std::vector<object> objects;
  std::vector<value> values;
  in.skip(4);  // checksum of the project
  const auto announced = in.u8();
  while (in.left() && objects.size() < announced) {
    const auto type = in.u8();
    const auto number = in.u16le();
    if (!write) in.skip(1);
    const auto base = in.u16le();
    const std::uint32_t offset = write ? in.u16le() : in.u8();
    const std::uint32_t length = type >> 4 != 0 ? in.u16le() : 1;
    in.expect((type & 0x0f) < sizes.size(), "a size class that is known");
    if (!in.ok()) return;
    const auto size = sizes.at(type & 0x0f) * length;
    if (write) values.emplace_back(hex(in.take(size)));
    objects.push_back(block(number, base + offset, size));
  }
  // what does not fit to the last octet is another dialect: better nothing than wrong addresses
  if (!in.ok() || in.left() || objects.size() != announced) return;
  op.objects = std::move(objects);
  op.values = std::move(values);
}

/// Who takes the controller: a number, and the name of the engineering station.
void read_reservation(reader in, operation& op, remarks& notes) {
  in.skip(4);
  const auto name = in.take(in.u8());
  if (!in.ok() || name.empty() || !is_text(name)) return;
  op.fields.emplace_back("owner", printable(name));
  notes.findings.push_back({"host_name", printable(name), 70, true});
}

void read_data(std::uint8_t code, reader& in, operation& op, asked& kept, remarks& notes) {
  switch (code) {
    case 0x10: read_reservation(in, op, notes); break;
    case 0x20: return read_memory_request(in, false, op, kept, notes);
    case 0x21: return read_memory_request(in, true, op, kept, notes);
    case 0x22: read_variables(in, false, op); break;
    case 0x23: read_variables(in, true, op); break;
    case 0x31:
    case 0x34: return read_block_request(in, op);
    default: break;
  }
  keep_raw(op, "data", in.rest());
}

/// Answer to 0x01: the largest frame, and who holds the controller.
void read_greeting(reader in, operation& op) {
  const auto frame = in.u16le();
  in.skip(10);
  const auto owner = in.take(in.u8());
  if (!in.ok()) return;
  op.fields.emplace_back("max_frame_size", std::uint64_t{frame});
  if (!owner.empty() && is_text(owner)) op.fields.emplace_back("owner", printable(owner));
}

std::string version(std::uint16_t v) {  // 0x0270 is 2.70
  constexpr std::string_view digits = "0123456789abcdef";
  return std::to_string(v >> 8) + '.' + digits[v >> 4 & 15] + digits[v & 15];
}
std::string word_text(std::uint32_t v) {
  std::array<std::uint8_t, 4> octets{};
  for (auto& o : octets) o = static_cast<std::uint8_t>(v >> 24), v <<= 8;
  return hex(octets);
}

/// Answer to 0x02: which controller this is.
void read_identity(reader in, operation& op, remarks& notes) {
  in.skip(2);
  const auto hardware_id = in.u32le();
  in.skip(2);
  const auto firmware = in.u16le(), patch = in.u16le(), internal = in.u16le(), hardware = in.u16le();
  in.skip(6);
  const auto name = in.take(in.u8());
  if (!in.ok() || !is_text(name)) return;
  const auto text = printable(name);
  op.values.emplace_back(text);
  op.fields.emplace_back("hardware_id", word_text(hardware_id));
  op.fields.emplace_back("internal_code", std::uint64_t{internal});
  op.fields.emplace_back("patch", std::uint64_t{patch});
  notes.findings.push_back({"vendor", "Schneider Electric", 85});
  if (!text.empty()) notes.findings.push_back({"model", text, 90});
  notes.findings.push_back({"product_code", word_text(hardware_id), 80});
  if (firmware != 0) notes.findings.push_back({"firmware", version(firmware), 80});
  if (hardware != 0) notes.findings.push_back({"hardware", std::to_string(hardware), 50});
}

/// Weekday, second, minute, hour, day, month, year; empty where that is no date.
std::string date(reader& in) {
  const auto weekday = in.u8(), second = in.u8(), minute = in.u8(), hour = in.u8(), day = in.u8(), month = in.u8();
  const auto year = in.u16le();
  if (!in.ok() || weekday > 7 || second > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12) return {};
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(year) + '-' + two(month) + '-' + two(day) + ' ' + two(hour) + ':' + two(minute) + ':' + two(second);
}

/// Answer to 0x03: the project in the controller. Other sub-codes have other layouts, in which no dates stand here.
void read_project(reader in, operation& op, remarks& notes) {
  in.skip(18);
  const auto created = date(in), modified = date(in);
  const auto build = in.u8(), minor = in.u8(), major = in.u8();
  in.skip(1);
  const auto name = in.take(in.u8());
  if (!in.ok() || created.empty() || modified.empty()) return;
  const auto text = printable(name);
  op.fields.emplace_back("created", created);
  op.fields.emplace_back("modified", modified);
  op.fields.emplace_back("project_version", std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build));
  if (text.empty() || text.find('?') != std::string::npos) return;
  op.values.emplace_back(text);
  notes.findings.push_back({"user_application", text, 80});
}

void read_memory(reader& in, operation& op, const asked& kept, remarks& notes) {
  in.skip(1);
  const auto size = in.u16le();
  if (!in.ok()) return notes.breaks("length", "the memory block answer is cut short");
  if (size != kept.quantity) notes.breaks("mismatch", "the answer holds another number of octets than was asked for");
  if (in.left() != size) notes.breaks("byte_count", "the size of the memory block does not match the data that follows");
  op.values.emplace_back(hex(in.take(std::min<std::size_t>(size, in.left()))));
}

/// Answer to a block transfer: whether it is the last, then a size and data where the controller sends the block.
void read_block(reader& in, operation& op) {
  const auto last = in.u8();
  in.skip(1);
  const auto size = in.u16le();
  if (!in.ok()) return;
  const auto data = in.take(std::min<std::size_t>(size, in.left()));
  if (data.empty()) return;
  if (!op.objects.empty()) op.objects.back().count = static_cast<std::uint32_t>(data.size());
  op.values.emplace_back(hex(data));
  op.fields.emplace_back("last", last != 0);
  carries(op, false, data.size());
}

void read_answer(std::uint8_t code, reader& in, operation& op, const asked& kept, remarks& notes) {
  switch (code) {
    case 0x01: read_greeting(in, op); break;
    case 0x02: read_identity(in, op, notes); break;
    case 0x03: read_project(in, op, notes); break;
    case 0x10: {
      const auto key = in.u8();
      if (in.ok()) op.fields.emplace_back("session_key_given", std::uint64_t{key});
      break;
    }
    case 0x20: return read_memory(in, op, kept, notes);
    case 0x22:
    case 0x24:
    case 0x28:
      if (in.left()) op.values.emplace_back(hex(in.rest()));
      return;
    case 0x31:
    case 0x34: return read_block(in, op);
    default: break;
  }
  keep_raw(op, "answer", in.rest());
}

}  // namespace

std::optional<std::uint8_t> code_of(bytes pdu) {
  reader in{pdu};
  in.skip(2);
  const auto code = in.u8();
  if (!in.ok()) return {};
  return code;
}

void read_request(bytes pdu, operation& op, asked& kept, remarks& notes) {
  reader in{pdu};
  in.skip(1);
  const auto key = in.u8(), code = in.u8();
  op.protocol = "umas";
  op.function = std::to_string(code);
  kept.function = modbus::unity;
  kept.sub = code;
  auto about = describe(code);
  op.fields.emplace_back("session_key", std::uint64_t{key});
  op.function_name = about.name;
  op.action = about.what;
  if (code == in_envelope) {
    in.skip(1 + signature);
    const auto wrapped = in.u8();
    in.skip(1);
    const auto inner = in.u8();
    if (!in.ok() || wrapped != modbus::unity) return notes.breaks("length", "a signed request without a request in it");
    about = describe(inner);
    kept.sealed = true;
    kept.sub = inner;
    op.function_name = "signed_" + std::string{about.name};
    op.action = about.what;
    op.fields.emplace_back("signed_function", std::uint64_t{inner});
  }
  if (about.name == "unknown") notes.breaks("function", "a UMAS code that is not known");
  kept.complete = in.ok();
  read_data(about.code, in, op, kept, notes);
}

outcome read_response(bytes pdu, operation& op, const asked* kept, remarks& notes) {
  reader in{pdu};
  in.skip(2);
  auto code = in.u8();
  if (kept == nullptr) {
    op.protocol = "umas";
    op.function = std::to_string(code);
    op.function_name = code == succeeded ? "response_ok" : code == failed ? "response_error" : "unknown";
    op.action = action::diagnose;
  }
  if (kept != nullptr && kept->sealed && code == succeeded) {
    auto inside = in;
    inside.skip(1 + signature);
    const auto wrapped = inside.u8();
    inside.skip(1);
    const auto inner = inside.u8();
    if (inside.ok() && wrapped == modbus::unity) in = inside, code = inner;
  }
  if (code == failed) {
    const auto data = in.rest();
    const auto error = in.u8();
    if (in.ok()) op.code = std::to_string(error);
    keep_raw(op, "error", data);
    return outcome::refused;
  }
  if (code != succeeded)
    notes.breaks("value", "a UMAS answer that is neither success nor failure");
  else if (kept != nullptr && kept->sub)
    read_answer(static_cast<std::uint8_t>(*kept->sub), in, op, *kept, notes);
  else
    keep_raw(op, "answer", in.rest());
  return outcome::ok;
}

}  // namespace mw::umas
