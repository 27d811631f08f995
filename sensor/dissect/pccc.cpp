// PCCC commands (Rockwell Automation 1770-6.5.16, "DF1 Protocol and Command Set", chapter 7).
#include "sensor/dissect/pccc.hpp"

#include "common/text.hpp"
#include "sensor/dissect/pccc_files.hpp"

#include <algorithm>
#include <array>

namespace mw::pccc {
namespace {

constexpr std::uint8_t answer_bit = 0x40, extended = 0xf0;
constexpr std::size_t shortest_requester = 7;  ///< its length, vendor id and serial number
constexpr std::size_t data_limit = 64;         ///< octets of a program that a record may carry

struct command_info {
  std::uint8_t command;
  int function;  ///< -1: the command has none
  std::string_view name;
  action what;
};
constexpr std::array commands{
    command_info{0x00, -1, "protected_write", action::write},
    command_info{0x01, -1, "unprotected_read", action::read},
    command_info{0x02, -1, "protected_bit_write", action::write},
    command_info{0x04, -1, "physical_read", action::read},
    command_info{0x05, -1, "unprotected_bit_write", action::write},
    command_info{0x08, -1, "unprotected_write", action::write},
    command_info{0x06, 0x00, "echo", action::diagnose},
    command_info{0x06, 0x01, "read_diagnostic_counters", action::diagnose},
    command_info{0x06, 0x02, "set_variables", action::configure},
    command_info{0x06, 0x03, "diagnostic_status", action::identify},
    command_info{0x06, 0x04, "set_timeout", action::configure},
    command_info{0x06, 0x05, "set_naks", action::configure},
    command_info{0x06, 0x06, "set_enqs", action::configure},
    command_info{0x06, 0x07, "reset_diagnostic_counters", action::diagnose},
    command_info{0x06, 0x08, "set_data_table_size", action::configure},
    command_info{0x06, 0x09, "read_link_parameters", action::read},
    command_info{0x06, 0x0a, "set_link_parameters", action::configure},
    command_info{0x07, 0x00, "disable_outputs", action::control},
    command_info{0x07, 0x01, "enable_outputs", action::control},
    command_info{0x07, 0x03, "enable_plc_scanning", action::start},
    command_info{0x07, 0x04, "enter_download_mode", action::program_download},
    command_info{0x07, 0x05, "exit_download_upload_mode", action::session},
    command_info{0x07, 0x06, "enter_upload_mode", action::program_upload},
    command_info{0x0f, 0x00, "word_range_write", action::write},
    command_info{0x0f, 0x01, "word_range_read", action::read},
    command_info{0x0f, 0x02, "bit_write", action::write},
    command_info{0x0f, 0x03, "file_write", action::file_write},
    command_info{0x0f, 0x04, "file_read", action::file_read},
    command_info{0x0f, 0x05, "download_request", action::program_download},
    command_info{0x0f, 0x06, "upload_request", action::program_upload},
    command_info{0x0f, 0x07, "shutdown", action::stop},
    command_info{0x0f, 0x08, "physical_write", action::write},
    command_info{0x0f, 0x09, "physical_read", action::read},
    command_info{0x0f, 0x0a, "restart_request", action::restart},
    command_info{0x0f, 0x11, "get_edit_resource", action::session},
    command_info{0x0f, 0x12, "return_edit_resource", action::session},
    command_info{0x0f, 0x17, "read_bytes_physical", action::program_upload},
    command_info{0x0f, 0x18, "write_bytes_physical", action::program_download},
    command_info{0x0f, 0x26, "read_modify_write", action::write},
    command_info{0x0f, 0x29, "read_section_size", action::read},
    command_info{0x0f, 0x3a, "set_cpu_mode", action::mode_change},
    command_info{0x0f, 0x41, "disable_forces", action::force},
    command_info{0x0f, 0x50, "download_all_request", action::program_download},
    command_info{0x0f, 0x52, "download_completed", action::program_download},
    command_info{0x0f, 0x53, "upload_all_request", action::program_upload},
    command_info{0x0f, 0x55, "upload_completed", action::program_upload},
    command_info{0x0f, 0x57, "initialize_memory", action::program_download},  // it wipes the program
    command_info{0x0f, 0x5e, "modify_plc2_compatibility_file", action::configure},
    command_info{0x0f, 0x67, "typed_write", action::write},
    command_info{0x0f, 0x68, "typed_read", action::read},
    command_info{0x0f, 0x79, "read_modify_write_n", action::write},
    command_info{0x0f, 0x80, "change_mode", action::mode_change},
    command_info{0x0f, 0x81, "open_file", action::session},
    command_info{0x0f, 0x82, "close_file", action::session},
    command_info{0x0f, 0x88, "execute_multiple_commands", action::control},
    command_info{0x0f, 0x8f, "apply_port_configuration", action::configure},
    command_info{0x0f, 0xa1, "protected_typed_logical_read", action::read},
    command_info{0x0f, 0xa2, "protected_typed_logical_read", action::read},
    command_info{0x0f, 0xa3, "read_many_addresses", action::read},
    command_info{0x0f, 0xa7, "protected_typed_file_read", action::file_read},
    command_info{0x0f, 0xa9, "protected_typed_logical_write", action::write},
    command_info{0x0f, 0xaa, "protected_typed_logical_write", action::write},
    command_info{0x0f, 0xab, "protected_typed_logical_masked_write", action::write},
    command_info{0x0f, 0xaf, "protected_typed_file_write", action::file_write},
};
constexpr bool has_function(std::uint8_t command) { return command == 0x06 || command == 0x07 || command == 0x0f; }

const command_info* find(std::uint8_t command, int function) {
  const auto it =
      std::find_if(commands.begin(), commands.end(), [&](const command_info& c) { return c.command == command && c.function == function; });
  return it == commands.end() ? nullptr : &*it;
}

/// Typed commands on files that are no data: the program itself, forces, the clock, the ports.
action weigh(action what, std::uint8_t file_type) {
  const bool writes = what == action::write;
  switch (file_type) {
    case 0x22:
    case 0x65: return writes ? action::program_download : action::program_upload;
    case 0xa1:
    case 0xa2: return writes ? action::force : what;
    case 0xe4: return writes ? action::time_sync : what;
    case 0x49:
    case 0x4a: return writes ? action::configure : what;
    default: return what;
  }
}

std::string_view mode_name(std::uint8_t function, std::uint8_t mode) {
  if (function == 0x80) {
    switch (mode) {
      case 1: return "program";
      case 6: return "run";
      case 7: return "test_continuous";
      case 8: return "test_single_scan";
      case 9: return "test_debug";
      default: return "unknown";
    }
  }
  return mode == 2 ? "run" : mode == 0 ? "program" : "unknown";  // 1 is test on a PLC-5 and program on a MicroLogix 1000
}

void rest_as_hex(reader& in, operation& op) {
  const auto limit = op.action == action::write || op.action == action::read ? std::size_t{256} : data_limit;
  if (in.left()) op.values.emplace_back(hex(in.take(in.left()), limit));
}
/// What a request says beyond its command: values only where it changes something.
void request_rest(reader& in, operation& op) {
  if (is_change(op.action)) return rest_as_hex(in, op);
  if (in.left()) op.fields.emplace_back("request", hex(in.take(in.left()), data_limit));
}

void logical(reader& in, operation& op, asked& a, std::uint8_t function) {
  const bool writes = function >= 0xa9;
  const auto where = read_logical_address(in, function != 0xa1 && function != 0xa9);
  if (!in.ok()) return;
  a.file_type = where.type;
  a.sub_element = static_cast<std::uint8_t>(std::min<std::uint16_t>(where.sub_element, 255));
  a.answer = writes ? asked::data::octets : asked::data::elements;
  op.objects.push_back(to_object(where));
  op.action = weigh(op.action, where.type);
  if (function == 0xab) op.fields.emplace_back("mask", std::uint64_t{in.u16le()});
  if (writes) {
    auto data = in.part(where.size);
    read_elements(where.type, where.sub_element, data, op.values);
  }
}

/// Offset and total of a transfer in packets, then a PLC-5 address.
void ranged(reader& in, operation& op) {
  const auto offset = in.u16le();
  const auto total = in.u16le();
  auto where = read_system_address(in);
  if (!in.ok()) return;
  if (offset != 0) op.fields.emplace_back("offset", std::uint64_t{offset});
  where.count = std::max<std::uint32_t>(1, total);
  op.objects.push_back(std::move(where));
}

void extended_command(reader& in, operation& op, asked& a, std::uint8_t function) {
  switch (function) {
    case 0xa1:
    case 0xa2:
    case 0xa9:
    case 0xaa:
    case 0xab: return logical(in, op, a, function);
    case 0x00: ranged(in, op); return read_words(in, op.values);
    case 0x01: ranged(in, op), a.answer = asked::data::words; return in.skip(std::min<std::size_t>(in.left(), 1));
    case 0x67:
      ranged(in, op);
      if (in.ok() && !read_typed(in, op.values)) in.fail({fault::truncated, "typed data end inside a value", in.at()});
      return;
    case 0x68: ranged(in, op), a.answer = asked::data::typed; return in.skip(std::min<std::size_t>(in.left(), 2));
    case 0x02:
    case 0x26: {
      auto where = read_system_address(in);
      const auto keep = in.u16le(), set = in.u16le();
      if (!in.ok()) return;
      op.objects.push_back(std::move(where));
      op.values = {std::uint64_t{keep}, std::uint64_t{set}};
      return;
    }
    case 0x3a:
    case 0x80: {
      const auto mode = in.u8();
      if (!in.ok()) return;
      op.values = {std::uint64_t{mode}};
      op.fields.emplace_back("mode", std::string{mode_name(function, mode)});
      return;
    }
    default: return request_rest(in, op);
  }
}

/// Basic commands: an address of two octets, as the PLC-2 has it.
void basic_command(reader& in, operation& op, std::uint8_t command) {
  object where;
  where.space = "plc2";
  where.address = std::to_string(in.u16le());
  if (command == 0x01 || command == 0x04)
    where.count = std::max<std::uint32_t>(1, in.u8());
  else
    where.count = static_cast<std::uint32_t>(std::max<std::size_t>(1, in.left()));
  if (!in.ok()) return;
  op.objects.push_back(std::move(where));
  rest_as_hex(in, op);
}

bool read_requester(reader& in, operation* op) {
  const auto size = in.u8();
  if (size < shortest_requester) return false;
  auto id = in.part(size - 1U);
  const auto vendor = id.u16le();
  const auto serial = id.u32le();
  if (!id.ok()) return false;
  if (op != nullptr) {
    op->fields.emplace_back("requester_vendor", std::uint64_t{vendor});
    op->fields.emplace_back("requester_serial", std::uint64_t{serial});
  }
  return true;
}

/// The status of an SLC 500 or MicroLogix: what it is, and what its program does.
void diagnostic_status(reader in, operation& op, std::vector<finding>& found) {
  constexpr std::uint8_t of_slc = 0xee;  // in place of a PLC-5's type
  in.skip(1);
  if (in.u8() != of_slc) return;
  in.skip(2);  // kinds of interface and of processor
  const auto revision = in.u8();
  const auto name = printable(in.take(11));
  const auto major_error = in.u16le();
  const auto mode = in.u16le();
  if (!in.ok() || name.empty()) return;
  found.push_back({"vendor", "Rockwell Automation", 70});
  found.push_back({"model", name, 90});
  std::string hardware = "series ";
  hardware += static_cast<char>('A' + (revision >> 5));
  hardware += ", revision ";
  hardware += static_cast<char>('A' + std::min(revision & 31, 25));
  found.push_back({"hardware", hardware, 80});
  op.fields.emplace_back("major_error", std::uint64_t{major_error});
  op.fields.emplace_back("forces_enabled", (mode & 0x20) != 0);
  const auto state = mode & 0x1f;
  const bool runs = state == 0x06 || state == 0x1e, programs = state == 0x01 || state == 0x11;
  if (runs) found.push_back({"run_state", "run", 70});
  if (programs) found.push_back({"run_state", "program", 70});
  if (state == 0x07 || state == 0x08 || state == 0x09) found.push_back({"run_state", "test", 70});
  if (state == 0x1e || state == 0x11)
    found.push_back({"key_switch", state == 0x1e ? "run" : "program", 70});
  else if (runs || programs)
    found.push_back({"key_switch", "remote", 60});
  if (in.left() >= 2) op.fields.emplace_back("program_id", std::uint64_t{in.u16le()});
}

}  // namespace

std::optional<asked> read_request(reader& in, operation& op, bool& whole) {
  whole = false;
  if (!read_requester(in, &op)) return {};
  asked a;
  a.command = in.u8() & 0x0f;
  in.skip(1);  // status: of answers only
  a.transaction = in.u16le();
  if (!in.ok()) return {};
  op.function = "75/" + std::to_string(a.command);
  op.fields.emplace_back("transaction", std::uint64_t{a.transaction});
  if (has_function(a.command)) {
    if (!in.left()) return a;
    a.function = in.u8();
    op.function += '/' + std::to_string(*a.function);
  }
  const auto* known = find(a.command, a.function ? *a.function : -1);
  op.function_name = known != nullptr ? known->name : "pccc_command";
  op.action = known != nullptr ? known->what : action::control;
  if (a.command == 0x0f)
    extended_command(in, op, a, *a.function);
  else if (!has_function(a.command) && known != nullptr)
    basic_command(in, op, a.command);
  else
    request_rest(in, op);
  whole = in.ok();
  return a;
}

bool read_answer(reader& in, const asked* to, operation& op, std::vector<finding>& found) {
  if (!read_requester(in, nullptr)) return false;
  const auto command = in.u8();
  const auto status = in.u8();
  const auto transaction = in.u16le();
  if (!in.ok() || (command & answer_bit) == 0) return false;
  if (to == nullptr) {
    op.function = "75/" + std::to_string(command & 0x0f);
    op.function_name = "pccc_command";
    op.fields.emplace_back("transaction", std::uint64_t{transaction});
  }
  if (status != 0) {
    op.outcome = outcome::refused;
    op.code = std::to_string(status);
    if (status == extended) op.fields.emplace_back("extended_status", std::uint64_t{in.u8()});
    return in.ok();
  }
  if (to == nullptr) {
    rest_as_hex(in, op);
    return true;
  }
  switch (to->answer) {
    case asked::data::elements: read_elements(to->file_type.value_or(0), to->sub_element, in, op.values); break;
    case asked::data::words: read_words(in, op.values); break;
    case asked::data::typed: return !in.left() || read_typed(in, op.values);
    case asked::data::octets:
      if (op.action == action::identify) diagnostic_status(in, op, found);
      if (!is_change(op.action)) rest_as_hex(in, op);
      break;
  }
  return true;
}

bool looks_like_answer(bytes data) {
  reader in{data};
  if (!read_requester(in, nullptr)) return false;
  const auto command = in.u8();
  in.skip(3);
  return in.ok() && (command & 0xf0) == answer_bit;
}

std::optional<std::uint16_t> transaction_of_answer(bytes data) {
  reader in{data};
  if (!read_requester(in, nullptr)) return {};
  in.skip(2);
  const auto transaction = in.u16le();
  if (!in.ok()) return {};
  return transaction;
}

}  // namespace mw::pccc
