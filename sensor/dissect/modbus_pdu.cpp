// Function codes and shapes of Modbus PDUs (MODBUS Application Protocol Specification V1.1b3, chapters 4 to 6).
#include "sensor/dissect/modbus_pdu.hpp"

#include <algorithm>
#include <array>

namespace mw::modbus {
namespace {

constexpr std::array functions{
    function_info{1, "read_coils", action::read},
    function_info{2, "read_discrete_inputs", action::read},
    function_info{3, "read_holding_registers", action::read},
    function_info{4, "read_input_registers", action::read},
    function_info{5, "write_single_coil", action::write},
    function_info{6, "write_single_register", action::write},
    function_info{7, "read_exception_status", action::diagnose},
    function_info{8, "diagnostics", action::diagnose},
    function_info{9, "program_484", action::program_download},
    function_info{10, "poll_484", action::diagnose},
    function_info{11, "get_comm_event_counter", action::diagnose},
    function_info{12, "get_comm_event_log", action::diagnose},
    function_info{13, "program_controller", action::program_download},
    function_info{14, "poll_controller", action::diagnose},
    function_info{15, "write_multiple_coils", action::write},
    function_info{16, "write_multiple_registers", action::write},
    function_info{17, "report_server_id", action::identify},
    function_info{18, "program_884", action::program_download},
    function_info{19, "reset_communication_link", action::restart},
    function_info{20, "read_file_record", action::file_read},
    function_info{21, "write_file_record", action::file_write},
    function_info{22, "mask_write_register", action::write},
    function_info{23, "read_write_multiple_registers", action::write},
    function_info{24, "read_fifo_queue", action::read},
    function_info{40, "program_concept", action::program_download},
    function_info{41, "reserved_41", action::diagnose},
    function_info{42, "reserved_42", action::diagnose},
    function_info{43, "encapsulated_interface_transport", action::diagnose},
    function_info{90, "unity", action::diagnose},
    function_info{91, "reserved_91", action::diagnose},
    function_info{125, "firmware_replacement", action::firmware},
    function_info{126, "program_584", action::program_download},
    function_info{127, "report_local_address", action::identify},
};

constexpr std::array<std::string_view, 12> exceptions{"",
                                                      "illegal_function",
                                                      "illegal_data_address",
                                                      "illegal_data_value",
                                                      "server_device_failure",
                                                      "acknowledge",
                                                      "server_device_busy",
                                                      "negative_acknowledge",
                                                      "memory_parity_error",
                                                      "",
                                                      "gateway_path_unavailable",
                                                      "gateway_target_failed_to_respond"};

constexpr bool user_defined(std::uint8_t code) { return (code >= 65 && code <= 72) || (code >= 100 && code <= 110); }

/// A request of address and quantity, and the most that the specification lets it ask for.
bool asks(bytes body, std::uint16_t most) {
  reader in{body};
  const auto address = in.u16(), quantity = in.u16();
  return in.ok() && in.left() == 0 && quantity >= 1 && quantity <= most && std::uint32_t{address} + quantity <= 0x10000;
}
/// A byte count and exactly as many bytes.
bool counts_itself(bytes body, std::size_t least, std::size_t unit = 1) {
  reader in{body};
  const auto n = in.u8();
  return in.ok() && n == in.left() && n >= least && n % unit == 0;
}
/// Address, quantity, byte count and the data to write.
bool writes(reader in, std::uint16_t most, bool coils) {
  in.skip(2);
  const auto quantity = in.u16();
  const auto n = in.u8();
  return in.ok() && quantity >= 1 && quantity <= most && n == in.left() && n == (coils ? (quantity + 7) / 8 : quantity * 2);
}
shape shape_of_file(bytes body, std::uint8_t function) {
  if (function == 21) return {counts_itself(body, 9), counts_itself(body, 9)};
  return {counts_itself(body, 7, 7), counts_itself(body, 2)};
}
shape shape_of_fifo(bytes body) {
  reader in{body};
  const auto n = in.u16(), entries = in.u16();
  return {body.size() == 2, in.ok() && n == body.size() - 2 && n == 2 + entries * 2 && entries <= 31};
}
shape shape_of_encapsulated(bytes body) {
  reader in{body};
  const auto type = in.u8();
  if (type == 13) return {in.left() > 0, in.left() > 0};
  const auto level = in.u8(), second = in.u8();
  const bool device = in.ok() && type == read_device_identification && level >= 1 && level <= 4;
  const auto grade = second & 0x7f;  // an answer has the conformity level here, a request the object
  return {device && in.left() == 0, device && in.left() >= 3 && grade >= 0 && grade <= 4};
}

}  // namespace

function_info describe(std::uint8_t code) {
  const auto it = std::find_if(functions.begin(), functions.end(), [&](const function_info& f) { return f.code == code; });
  if (it != functions.end()) return *it;
  if (user_defined(code)) return {code, "user_defined", action::diagnose};
  return {code, "unassigned", action::diagnose, false};
}

shape shape_of(bytes pdu) {
  reader in{pdu};
  const auto function = in.u8();
  const auto body = in.rest();
  const auto n = body.size();
  if (function & error_bit) {
    const auto code = in.u8();
    return {false, n == 1 && function != error_bit && code >= 1 && code < exceptions.size() && !exceptions.at(code).empty()};
  }
  switch (function) {
    case 1:
    case 2: return {asks(body, 2000), counts_itself(body, 1)};
    case 3:
    case 4: return {asks(body, 125), counts_itself(body, 2, 2)};
    case 5: {
      in.skip(2);
      const auto state = in.u16();
      const bool fits = n == 4 && (state == 0xff00 || state == 0);
      return {fits, fits};
    }
    case 6: return {n == 4, n == 4};
    case 7: return {n == 0, n == 1};
    case 8: return {n >= 4 && n % 2 == 0, n >= 4 && n % 2 == 0};
    case 11: return {n == 0, n == 4};
    case 12: return {n == 0, counts_itself(body, 6)};
    case 15: return {writes(in, 1968, true), asks(body, 1968)};
    case 16: return {writes(in, 123, false), asks(body, 123)};
    case 17: return {n == 0, counts_itself(body, 1)};
    case 20:
    case 21: return shape_of_file(body, function);
    case 22: return {n == 6, n == 6};
    case 23: {
      auto write = in;
      write.skip(4);
      return {asks(body.first(std::min<std::size_t>(n, 4)), 125) && writes(write, 121, false), counts_itself(body, 2, 2)};
    }
    case 24: return shape_of_fifo(body);
    case encapsulated: return shape_of_encapsulated(body);
    case unity: {
      in.skip(1);
      const auto code = in.u8();  // an answer says only whether it went well
      return {in.ok() && code != 0 && code < 0xfd, in.ok() && (code == 0xfd || code == 0xfe)};
    }
    default: return {};
  }
}

void read_words(bytes data, std::size_t most, std::vector<value>& to) {
  for (reader in{data}; in.left() >= 2 && most > 0; --most) to.emplace_back(std::uint64_t{in.u16()});
}

void read_bits(bytes data, std::size_t most, std::vector<value>& to) {
  for (reader in{data}; in.left() && most > 0;) {
    const unsigned octet = in.u8();
    for (unsigned bit = 0; bit < 8 && most > 0; ++bit, --most) to.emplace_back((octet >> bit & 1U) != 0);
  }
}

object addressed(std::uint8_t function, std::uint16_t address, std::uint32_t count) {
  const auto space = [&] {
    switch (function) {
      case 1:
      case 5:
      case 15: return "coil";
      case 2: return "discrete";
      case 4: return "input";
      default: return "holding";
    }
  };
  return {.space = space(), .address = std::to_string(address), .count = count, .property = {}, .index = {}};
}

bytes counted(reader& in, std::size_t announced, remarks& notes) {
  if (in.ok() && announced != in.left()) notes.breaks("byte_count", "the byte count does not match the data that follows");
  const auto data = in.take(std::min(announced, in.left()));
  in.skip(in.left());  // what lies beyond has been reported
  return data;
}

void read_exception(bytes pdu, operation& op, remarks& notes) {
  reader in{pdu};
  in.skip(1);
  const auto code = in.u8();
  if (!in.ok()) return notes.breaks("length", "an exception without its code");
  if (in.left()) notes.breaks("length", "an exception is longer than its code");
  op.code = std::to_string(code);
  if (code < exceptions.size() && !exceptions.at(code).empty())
    op.fields.emplace_back("exception", std::string{exceptions.at(code)});
  else
    notes.breaks("exception_code", "the exception code is not one of the specification's");
}

}  // namespace mw::modbus
