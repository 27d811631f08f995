// Mailbox protocols of EtherCAT (ETG.1000.6): CoE, FoE, SoE, AoE and EoE behind one header of six octets.
#include "sensor/dissect/ethercat_mailbox.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ethercat_registers.hpp"

#include <algorithm>
#include <array>

namespace mw::ethercat {
namespace {

enum protocol_type : std::uint8_t { error = 0, aoe = 1, eoe = 2, coe = 3, foe = 4, soe = 5 };
enum coe_service : std::uint8_t {
  emergency = 1,
  sdo_request = 2,
  sdo_response = 3,
  tx_pdo = 4,
  rx_pdo = 5,
  tx_remote = 6,
  rx_remote = 7,
  sdo_info = 8
};
constexpr std::size_t ams_head = 32, shown = 64;
constexpr std::uint8_t stated = 85;

struct head {
  std::size_t length = 0;
  std::uint16_t address = 0;
  std::uint8_t type = 0, counter = 0;
};
head read_head(reader& in) {
  head h;
  h.length = in.u16le();
  h.address = in.u16le();
  in.skip(1);
  const auto kind = in.u8();
  h.type = kind & 0x0f, h.counter = kind >> 4;
  return h;
}

struct abort_info {
  std::uint32_t code;
  std::string_view text;
};
constexpr std::array aborts{
    abort_info{0x05030000, "toggle_bit_not_changed"},
    abort_info{0x05040000, "timeout"},
    abort_info{0x05040001, "command_unknown"},
    abort_info{0x05040005, "out_of_memory"},
    abort_info{0x06010000, "access_unsupported"},
    abort_info{0x06010001, "write_only"},
    abort_info{0x06010002, "read_only"},
    abort_info{0x06010003, "subindex_cannot_be_written"},
    abort_info{0x06010004, "complete_access_unsupported"},
    abort_info{0x06020000, "no_such_object"},
    abort_info{0x06040041, "cannot_be_mapped"},
    abort_info{0x06040042, "mapping_too_long"},
    abort_info{0x06040043, "parameter_incompatible"},
    abort_info{0x06040047, "device_incompatible"},
    abort_info{0x06060000, "hardware_error"},
    abort_info{0x06070010, "type_mismatch"},
    abort_info{0x06070012, "too_long"},
    abort_info{0x06070013, "too_short"},
    abort_info{0x06090011, "no_such_subindex"},
    abort_info{0x06090030, "value_out_of_range"},
    abort_info{0x06090031, "value_too_high"},
    abort_info{0x06090032, "value_too_low"},
    abort_info{0x08000000, "general_error"},
    abort_info{0x08000020, "cannot_transfer"},
    abort_info{0x08000021, "local_control"},
    abort_info{0x08000022, "device_state"},
    abort_info{0x08000023, "no_object_dictionary"},
};
std::string abort_text(std::uint32_t code) {
  const auto it = std::ranges::find(aborts, code, &abort_info::code);
  return it == aborts.end() ? hex_text(code, 8) : std::string{it->text};
}

/// Objects that say what a slave is (ETG.1000.6, 5.6.7).
std::string_view fact_of(std::uint16_t index, std::uint8_t subindex) {
  if (index == 0x1008) return "model";
  if (index == 0x1009) return "hardware";
  if (index == 0x100a) return "firmware";
  if (index != 0x1018) return {};
  constexpr std::array<std::string_view, 5> identity{"", "vendor_id", "product_code", "revision", "serial"};
  return subindex < identity.size() ? identity[subindex] : std::string_view{};
}

value number_or_hex(bytes data) {
  reader in{data};
  if (data.size() == 1 || data.size() == 2 || data.size() == 4) return in.le_n(data.size());
  return hex(data, shown);
}
operation made(const message& m, const std::string& unit, std::string function, std::string_view name, action what) {
  operation op;
  op.time = m.time;
  op.unit = unit;
  op.function = std::move(function);
  op.function_name = name;
  op.action = what;
  return op;
}
object of_dictionary(std::uint16_t index, std::uint8_t subindex) {
  return {.space = "object", .address = hex_text(index, 4) + ':' + std::to_string(subindex), .property = {}, .index = {}};
}
std::uint32_t name_of(std::uint16_t index, std::uint8_t subindex) { return static_cast<std::uint32_t>(index) << 8 | subindex; }

}  // namespace

bool looks_like_mailbox(bytes memory) {
  reader in{memory};
  const auto h = read_head(in);
  if (!in.ok() || h.length < 2 || h.length > in.left() || h.counter > 7) return false;
  auto body = in.part(h.length);
  switch (h.type) {
    case error: return h.length == 4 && body.u16le() == 1;
    case aoe: return h.length >= ams_head;
    case eoe: return h.length >= 4 && (body.u16le() & 0x0f) <= 9;
    case coe: {
      const auto word = body.u16le();
      const auto service = word >> 12;
      return service >= emergency && service <= sdo_info && (word & 0x0e00) == 0 && h.length >= 4;
    }
    case foe: {
      const auto operation = body.u8(), reserved = body.u8();
      return operation >= 1 && operation <= 6 && reserved == 0 && h.length >= 6;
    }
    case soe: {
      const auto first = body.u8();
      return (first & 7) >= 1 && (first & 7) <= 7 && h.length >= 4;
    }
    default: return false;
  }
}

void mailboxes::on_message(bytes memory, bool to_slave, const std::string& unit, const message& m, output& out) {
  reader in{memory};
  const auto h = read_head(in);
  if (!in.ok() || h.length > in.left()) return out.violate(m.from, "mailbox_length", "a mailbox message is longer than its memory", unit);
  auto body = in.part(h.length);
  out.count("ethercat", "mailbox", h.type);
  key k{unit, h.type};
  switch (h.type) {
    case error: {
      body.skip(2);
      const auto code = body.u16le();
      if (body.ok()) out.violate(m.from, "mailbox_error", "a mailbox message was refused with error " + std::to_string(code), unit);
      return;
    }
    case coe: on_coe(body, to_slave, std::move(k), m, out); break;
    case foe: on_foe(body, to_slave, std::move(k), m, out); break;
    case soe: on_soe(body, to_slave, std::move(k), m, out); break;
    case aoe: on_aoe(body, to_slave, std::move(k), m, out); break;
    case eoe: return;  // Ethernet frames in pieces: counted
    default: return out.violate(m.from, "mailbox_type", "a mailbox protocol that is not assigned", unit);
  }
  if (!body.ok()) out.violate(m.from, "mailbox_length", "a mailbox message is shorter than its fields", unit);
}

void mailboxes::ask(key k, operation&& op, const message& m, output& out) { waiting_.add(std::move(k), std::move(op), out, m.from); }

void mailboxes::tell(const std::string& unit, std::string_view kind, std::string_view value, const message& m, output& out) {
  if (!value.empty()) out.learn(m.from, unit, kind, value, stated);
}

void mailboxes::on_coe(reader& in, bool to_slave, key k, const message& m, output& out) {
  const auto service = static_cast<std::uint8_t>(in.u16le() >> 12);
  if (!in.ok()) return;
  out.count("ethercat", "coe", service);
  const auto function = "3/" + std::to_string(service);
  if (service == emergency) {
    const auto code = in.u16le();
    const auto state = in.u8();
    if (!in.ok()) return;
    auto op = made(m, k.unit, function, "emergency", action::alarm);
    op.values.emplace_back(std::uint64_t{code});
    op.fields.emplace_back("error_register", std::uint64_t{state});
    if (in.left() != 0) op.fields.emplace_back("data", hex(in.rest(), 16));
    op.outcome = outcome::unsolicited;
    return out.emit(std::move(op), m.from);
  }
  if (service == sdo_info) {
    const auto operation_code = static_cast<std::uint8_t>(in.u8() & 0x7f);
    if (!in.ok()) return;
    constexpr std::array<std::string_view, 8> names{"",      "list",           "list_response", "description", "description_response",
                                                    "entry", "entry_response", "error"};
    const auto name = operation_code < names.size() && operation_code != 0 ? names[operation_code] : std::string_view{"unknown"};
    if (to_slave) return ask(std::move(k), made(m, k.unit, function, "sdo_info_" + std::string{name}, action::identify), m, out);
    if (auto r = waiting_.take(k)) answer(std::move(*r), m.time, operation_code == 7 ? outcome::refused : outcome::ok, out);
    return;
  }
  if (service != sdo_request && service != sdo_response) return;  // process data in the mailbox, remote requests: counted
  const auto first = in.u8();
  if (service == sdo_response && !to_slave) return on_sdo_answer(in, first, k, m, out);
  const auto kind = first >> 5;
  if (kind == 0 || kind == 3) return;  // a further segment belongs to what has begun
  const auto index = in.u16le();
  const auto subindex = in.u8();
  if (!in.ok()) return;
  if (kind == 4) {  // the master gives up
    const auto code = in.u32le();
    if (auto r = waiting_.take(k)) {
      r->op.code = std::to_string(code);
      r->op.fields.emplace_back("abort", abort_text(code));
      answer(std::move(*r), m.time, outcome::refused, out);
    }
    return;
  }
  if (kind != 1 && kind != 2) return out.violate(m.from, "sdo_command", "a command that no SDO request has", k.unit);
  const bool download = kind == 1;
  auto op = made(m, k.unit, function, download ? "sdo_download" : "sdo_upload", download ? action::write : action::read);
  op.objects.push_back(of_dictionary(index, subindex));
  if ((first & 0x10) != 0) op.fields.emplace_back("complete_access", true);
  if (download) {
    const bool expedited = (first & 2) != 0;
    const auto size = expedited ? ((first & 1) != 0 ? 4u - (first >> 2 & 3u) : 4u) : in.u32le();
    op.fields.emplace_back("size", std::uint64_t{size});
    const auto data = in.take(std::min<std::size_t>(size, in.left()));
    if (!data.empty()) op.values.push_back(number_or_hex(data));
  } else if (!fact_of(index, subindex).empty()) {
    op.action = action::identify;
  }
  waiting_.add(std::move(k), std::move(op), out, m.from, {name_of(index, subindex)});
}

void mailboxes::on_sdo_answer(reader& in, std::uint8_t head, const key& k, const message& m, output& out) {
  const auto kind = head >> 5;
  if (kind == 0 || kind == 1) return;  // segments
  const auto index = in.u16le();
  const auto subindex = in.u8();
  if (!in.ok()) return;
  auto r = waiting_.take(k);
  if (!r) {
    auto op = made(m, k.unit, "3/3",
                   kind == 4   ? "sdo_abort"
                   : kind == 2 ? "sdo_upload_response"
                               : "sdo_download_response",
                   action::diagnose);
    op.objects.push_back(of_dictionary(index, subindex));
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), m.from);
  }
  if (r->extra.object != name_of(index, subindex)) out.violate(m.from, "sdo_mismatch", "the answer is about another object", k.unit);
  if (kind == 4) {
    const auto code = in.u32le();
    r->op.code = std::to_string(code);
    r->op.fields.emplace_back("abort", abort_text(code));
    return answer(std::move(*r), m.time, outcome::refused, out);
  }
  if (kind == 2) {
    const bool expedited = (head & 2) != 0;
    const auto size = expedited ? ((head & 1) != 0 ? 4u - (head >> 2 & 3u) : 4u) : in.u32le();
    const auto data = in.take(std::min<std::size_t>(size, in.left()));
    const auto what = fact_of(index, subindex);
    const bool text = index >= 0x1008 && index <= 0x100a && !data.empty() && is_text(data);
    if (!data.empty()) r->op.values.push_back(text ? value{printable(data)} : number_or_hex(data));
    if (text) tell(k.unit, what, printable(data), m, out);
    if (!text && !what.empty() && data.size() == 4) {
      reader number{data};
      const auto v = number.u32le();
      if (what == "vendor_id") tell(k.unit, "vendor", vendor_name(v), m, out);
      tell(k.unit, what, what == "serial" ? std::to_string(v) : hex_text(v, 8), m, out);
    }
  }
  answer(std::move(*r), m.time, outcome::ok, out);
}

/// Files: firmware goes this way. The packets between a beginning and its end are not operations of their own.
void mailboxes::on_foe(reader& in, bool to_slave, key k, const message& m, output& out) {
  enum foe_code : std::uint8_t { read = 1, write = 2, data = 3, acknowledge = 4, failed = 5, busy = 6 };
  const auto code = in.u8();
  in.skip(1);
  const auto number = in.u32le();
  if (!in.ok()) return;
  out.count("ethercat", "foe", code);
  if (code == read || code == write) {
    auto op = made(m, k.unit, "4/" + std::to_string(code), code == read ? "foe_read" : "foe_write",
                   code == read ? action::file_read : action::file_write);
    op.objects.push_back({.space = "file", .address = printable(in.rest()), .property = {}, .index = {}});
    op.fields.emplace_back("password_given", number != 0);
    return ask(std::move(k), std::move(op), m, out);
  }
  auto* open = waiting_.find(k);
  if (open == nullptr) return;
  if (code == failed) {
    auto r = *waiting_.take(k);
    r.op.code = std::to_string(number);
    if (in.left() != 0) r.op.fields.emplace_back("error", printable(in.rest()));
    return answer(std::move(r), m.time, outcome::refused, out);
  }
  // the file has begun to move: the other side agreed
  const bool agreed = open->op.action == action::file_read ? code == data && !to_slave : code == acknowledge && !to_slave;
  if (agreed) answer(*waiting_.take(k), m.time, outcome::ok, out);
}

void mailboxes::on_soe(reader& in, bool to_slave, key k, const message& m, output& out) {
  enum soe_code : std::uint8_t {
    read = 1,
    read_response = 2,
    write = 3,
    write_response = 4,
    notify = 5,
    slave_info = 6,
    soe_emergency = 7
  };
  const auto first = in.u8();
  in.skip(1);  // which elements
  const auto number = in.u16le();
  if (!in.ok()) return;
  const auto code = static_cast<std::uint8_t>(first & 7);
  out.count("ethercat", "soe", code);
  const auto name =
      std::string{(number & 0x8000) != 0 ? "P-" : "S-"} + std::to_string(number >> 12 & 7) + '-' + std::to_string(number & 0x0fff);
  const auto drive = std::uint64_t{first >> 5 & 7u};
  if (code == notify || code == soe_emergency) {
    auto op = made(m, k.unit, "5/" + std::to_string(code), code == notify ? "soe_notification" : "soe_emergency",
                   code == notify ? action::report : action::alarm);
    op.objects.push_back({.space = "idn", .address = name, .property = {}, .index = {}});
    op.fields.emplace_back("drive", drive);
    op.outcome = outcome::unsolicited;
    return out.emit(std::move(op), m.from);
  }
  if (to_slave && (code == read || code == write)) {
    auto op =
        made(m, k.unit, "5/" + std::to_string(code), code == read ? "soe_read" : "soe_write", code == read ? action::read : action::write);
    op.objects.push_back({.space = "idn", .address = name, .property = {}, .index = {}});
    op.fields.emplace_back("drive", drive);
    if (code == write && in.left() != 0) op.values.push_back(number_or_hex(in.rest()));
    return ask(std::move(k), std::move(op), m, out);
  }
  if (to_slave || (code != read_response && code != write_response)) return;
  if (auto r = waiting_.take(k)) {
    const bool refused = (first & 0x10) != 0;
    if (refused && in.left() >= 2) r->op.code = std::to_string(in.u16le());
    if (!refused && code == read_response && in.left() != 0) r->op.values.push_back(number_or_hex(in.rest()));
    answer(std::move(*r), m.time, refused ? outcome::refused : outcome::ok, out);
  }
}

/// ADS in a mailbox: its command and whom it is for.
void mailboxes::on_aoe(reader& in, bool to_slave, key k, const message& m, output& out) {
  in.skip(6);
  const auto port = in.u16le();
  in.skip(8);
  const auto command = in.u16le(), flags = in.u16le();
  in.skip(4);
  const auto failure = in.u32le();
  if (!in.ok()) return;
  out.count("ethercat", "aoe", command);
  if (to_slave && (flags & 1) == 0) {
    constexpr std::array<action, 10> meanings{action::diagnose,    action::identify,  action::read,      action::write,  action::read,
                                              action::mode_change, action::subscribe, action::subscribe, action::report, action::write};
    auto op =
        made(m, k.unit, "1/" + std::to_string(command), "aoe_command", command < meanings.size() ? meanings[command] : action::diagnose);
    op.objects.push_back({.space = "ams_port", .address = std::to_string(port), .property = {}, .index = {}});
    return ask(std::move(k), std::move(op), m, out);
  }
  if (auto r = waiting_.take(k)) {
    if (failure != 0) r->op.code = std::to_string(failure);
    answer(std::move(*r), m.time, failure != 0 ? outcome::refused : outcome::ok, out);
  }
}

}  // namespace mw::ethercat
