// Modbus requests: what is asked for, and what of it the answer must repeat (MODBUS Application Protocol Specification V1.1b3).
#include "common/text.hpp"
#include "sensor/dissect/modbus_pdu.hpp"

#include <algorithm>
#include <array>

namespace mw::modbus {
namespace {

struct named {
  std::uint16_t code;
  std::string_view name;
};
constexpr std::array sub_functions{
    named{0, "return_query_data"},
    named{1, "restart_communications"},
    named{2, "return_diagnostic_register"},
    named{3, "change_ascii_delimiter"},
    named{4, "force_listen_only_mode"},
    named{10, "clear_counters"},
    named{11, "return_bus_message_count"},
    named{12, "return_bus_communication_error_count"},
    named{13, "return_bus_exception_error_count"},
    named{14, "return_server_message_count"},
    named{15, "return_server_no_response_count"},
    named{16, "return_server_nak_count"},
    named{17, "return_server_busy_count"},
    named{18, "return_bus_character_overrun_count"},
    named{20, "clear_overrun_counter"},
    named{21, "modbus_plus_statistics"},
};

constexpr std::size_t most_values = 2048;

void keep_echo(bytes body, std::size_t n, asked& kept) {
  const auto front = body.first(std::min(n, body.size()));
  kept.echo.assign(front.begin(), front.end());
}

/// Address and quantity; what is out of range is reported and still read.
void read_range(reader& in, std::uint8_t function, std::uint16_t most, operation& op, asked& kept, remarks& notes) {
  const auto address = in.u16(), quantity = in.u16();
  if (!in.ok()) return;
  op.objects.push_back(addressed(function, address, quantity));
  kept.quantity = quantity;
  if (quantity == 0 || quantity > most)
    notes.breaks("quantity", "the quantity is zero or above the maximum of its function");
  else if (std::uint32_t{address} + quantity > 0x10000)
    notes.breaks("address_range", "address and quantity reach beyond 65535");
}

/// The data of a write, behind its byte count.
void read_written(reader& in, std::uint32_t quantity, bool coils, operation& op, remarks& notes) {
  const auto announced = in.u8();
  if (!in.ok()) return;
  if (announced != (coils ? (quantity + 7) / 8 : quantity * 2)) notes.breaks("byte_count", "the byte count does not match the quantity");
  const auto data = counted(in, announced, notes);
  if (coils)
    read_bits(data, std::min<std::size_t>(quantity, most_values), op.values);
  else
    read_words(data, most_values, op.values);
}

void read_single_coil(reader& in, operation& op, remarks& notes) {
  const auto address = in.u16(), state = in.u16();
  if (!in.ok()) return;
  op.objects.push_back(addressed(5, address, 1));
  if (state == 0xff00 || state == 0) {
    op.values.emplace_back(state != 0);
  } else {
    op.values.emplace_back(std::uint64_t{state});
    notes.breaks("value", "a coil is set to neither on (0xff00) nor off (0)");
  }
}

void read_single_register(reader& in, operation& op, std::size_t values) {
  const auto address = in.u16();
  const auto data = in.take(values * 2);
  if (!in.ok()) return;
  op.objects.push_back(addressed(6, address, 1));
  read_words(data, values, op.values);
}

void read_and_write(reader& in, operation& op, asked& kept, remarks& notes) {
  read_range(in, 3, 125, op, kept, notes);
  const auto reads = kept.quantity;
  read_range(in, 16, 121, op, kept, notes);
  const auto written = kept.quantity;
  kept.quantity = reads;
  if (!in.ok()) return;
  // values stand in the order of the objects: what will be read comes first, and is not known yet
  if (reads <= 125) op.values.assign(reads, value{});
  read_written(in, written, false, op, notes);
}

void read_file_request(reader& in, operation& op, asked& kept, remarks& notes) {
  reader groups{counted(in, in.u8(), notes)};
  if (in.ok() && groups.left() == 0) notes.breaks("byte_count", "a file request without a record");
  while (groups.left()) {
    const auto type = groups.u8();
    const auto file = groups.u16(), record = groups.u16(), length = groups.u16();
    const auto data = kept.function == 21 ? groups.take(std::size_t{length} * 2) : bytes{};
    if (!groups.ok()) break;
    if (type != 6) notes.breaks("value", "the reference type of a file record is not 6");
    op.objects.push_back(
        {.space = "file", .address = std::to_string(file) + ':' + std::to_string(record), .count = length, .property = {}, .index = {}});
    kept.quantity += length;
    read_words(data, most_values, op.values);
  }
  if (!groups.ok()) notes.breaks("length", "the request ends inside a file record");
}

void read_diagnostic(reader& in, bytes body, operation& op, asked& kept) {
  const auto sub = in.u16();
  if (!in.ok()) return;
  kept.sub = sub;
  op.function += '/' + std::to_string(sub);
  const auto it = std::find_if(sub_functions.begin(), sub_functions.end(), [&](const named& n) { return n.code == sub; });
  op.function_name = it != sub_functions.end() ? std::string{it->name} : "reserved_diagnostic";
  keep_echo(body, sub == 0 ? largest_pdu : 2, kept);  // only query data must come back as it was sent
  if (in.left() < 2) return in.fail({fault::truncated, "ends before its data", in.at()});
  op.fields.emplace_back("data", hex(in.take(in.left()), 64));
}

void read_encapsulated(reader& in, operation& op, asked& kept, remarks& notes) {
  const auto type = in.u8();
  if (!in.ok()) return;
  kept.sub = type;
  op.function += '/' + std::to_string(type);
  if (type == read_device_identification) {
    op.function_name = "read_device_identification";
    op.action = action::identify;
    const auto level = in.u8(), first = in.u8();
    if (!in.ok()) return;
    if (level < 1 || level > 4) notes.breaks("value", "the device identification code is not 1 to 4");
    op.fields.emplace_back("device_id_code", std::uint64_t{level});
    op.fields.emplace_back("object_id", std::uint64_t{first});
    const std::array<std::uint8_t, 2> front{type, level};
    keep_echo(front, 2, kept);
    return;
  }
  if (type == 13)
    op.function_name = "canopen_general_reference";
  else
    notes.breaks("function", "the encapsulated interface type is not assigned");
  op.fields.emplace_back("data", hex(in.take(in.left()), 64));
}

}  // namespace

void read_request(bytes pdu, operation& op, asked& kept, remarks& notes) {
  reader in{pdu};
  const auto function = in.u8();
  const auto body = in.rest();
  const auto about = describe(function);
  kept.function = function;
  op.action = about.what;
  op.function = std::to_string(function);
  op.function_name = about.name;
  if (!about.assigned) notes.breaks("function", "the function code is not assigned");
  switch (function) {
    case 1:
    case 2: read_range(in, function, 2000, op, kept, notes); break;
    case 3:
    case 4: read_range(in, function, 125, op, kept, notes); break;
    case 5: read_single_coil(in, op, notes), keep_echo(body, 4, kept); break;
    case 6: read_single_register(in, op, 1), keep_echo(body, 4, kept); break;
    case 22: read_single_register(in, op, 2), keep_echo(body, 6, kept); break;
    case 7:
    case 11:
    case 12:
    case 17: break;  // nothing but the function code
    case 15:
      read_range(in, function, 1968, op, kept, notes), keep_echo(body, 4, kept);
      read_written(in, kept.quantity, true, op, notes);
      break;
    case 16:
      read_range(in, function, 123, op, kept, notes), keep_echo(body, 4, kept);
      read_written(in, kept.quantity, false, op, notes);
      break;
    case 20: read_file_request(in, op, kept, notes); break;
    case 21: read_file_request(in, op, kept, notes), keep_echo(body, largest_pdu, kept); break;
    case 23: read_and_write(in, op, kept, notes); break;
    case 24: {
      const auto pointer = in.u16();
      if (in.ok()) op.objects.push_back(addressed(function, pointer, 1));
      break;
    }
    case diagnostics: read_diagnostic(in, body, op, kept); break;
    case encapsulated: read_encapsulated(in, op, kept, notes); break;
    default:
      if (in.left()) op.fields.emplace_back("data", hex(in.take(in.left()), 64));
  }
  kept.complete = in.ok();
  if (!in.ok())
    notes.breaks("length", "the request is shorter than its function requires");
  else if (in.left())
    notes.breaks("length", "the request is longer than its function allows");
}

}  // namespace mw::modbus
