// The data of TriStation commands, as far as their layouts have been published; the rest is kept as octets.
#include "sensor/dissect/tristation_data.hpp"

#include "common/checksum.hpp"
#include "common/text.hpp"
#include "sensor/dissect/tristation_names.hpp"

#include <algorithm>
#include <array>

namespace mw::tristation {
namespace {

constexpr std::size_t name_size = 10, most_raw = 64, slots = 16, word = 4;

std::string c_text(bytes b) { return printable(b.first(static_cast<std::size_t>(std::ranges::find(b, 0) - b.begin()))); }

struct project {
  std::string name;
  std::uint16_t minor = 0, major = 0;
  std::uint32_t time = 0;
  std::string version() const { return std::to_string(major) + '.' + std::to_string(minor); }
};
void read_version(reader& in, project& p) { p.minor = in.u16le(), p.major = in.u16le(), p.time = in.u32le(); }

void tell(const project& p, operation& op, remarks* notes) {
  if (p.name.empty()) return;
  op.fields.emplace_back("project", p.name);
  op.fields.emplace_back("project_version", p.version());
  op.fields.emplace_back("project_time", std::uint64_t{p.time});
  if (notes != nullptr) notes->findings.push_back({"user_application", p.name + ' ' + p.version()});
}
void tell_states(std::uint8_t run, std::uint8_t key, operation& op, remarks& notes) {
  const auto say = [&](std::string_view kind, std::string_view word, std::uint8_t number) {
    op.fields.emplace_back(kind, word.empty() ? std::to_string(number) : std::string{word});
    if (!word.empty()) notes.findings.push_back({kind, std::string{word}});
  };
  say("run_state", run_state(run), run);
  say("key_switch", key_switch(key), key);
}
void keep_raw(operation& op, std::string_view name, bytes data) {
  if (!data.empty()) op.fields.emplace_back(name, hex(data, most_raw));
}

/// 1: the project that is to be changed, and its new version.
void read_start_change(reader in, operation& op) {
  project p;
  p.name = c_text(in.take(name_size));
  read_version(in, p);
  if (in.ok()) tell(p, op, nullptr);
}
/// 59
void read_start_ts2(reader in, operation& op) {
  project p;
  in.skip(6);
  p.time = in.u32le();
  p.name = c_text(in.take(name_size));
  const auto functions = in.u16le(), programs = in.u16le();
  if (!in.ok()) return;
  op.fields.emplace_back("project", p.name);
  op.fields.emplace_back("project_time", std::uint64_t{p.time});
  op.fields.emplace_back("functions", std::uint64_t{functions});
  op.fields.emplace_back("programs", std::uint64_t{programs});
}
/// 65, 66: which, an unknown word, from where on
void read_upload(reader in, bool program, operation& op, remarks& notes) {
  const auto id = in.u16le();
  in.skip(4);
  const auto offset = in.u16le();
  if (!in.ok()) {
    notes.rule = "length", notes.detail = "the request for a program is cut short";
    return;
  }
  op.objects.push_back({.space = program ? "program" : "function", .address = std::to_string(id), .property = {}, .index = {}});
  op.fields.emplace_back("offset", std::uint64_t{offset});
}
void tell_part(std::uint8_t command, bytes data, bool to_controller, operation& op, remarks& notes) {
  const auto p = read_part(command, data);
  if (!p) {
    notes.rule = "length", notes.detail = p.error().what;
    return;
  }
  const auto size = static_cast<std::uint32_t>(p->code.size());
  object what{.space = p->program ? "program" : "function", .address = std::to_string(p->id), .count = size, .property = {}, .index = {}};
  if (!op.objects.empty() && op.objects.front().address != what.address)
    notes.rule = "mismatch", notes.detail = "the answer holds another program than was asked for";
  if (op.objects.empty() || notes.rule.empty()) op.objects.assign(1, std::move(what));
  if (!p->code.empty()) op.values.emplace_back(hex(p->code));
  if (to_controller) op.fields.emplace_back("offset", std::uint64_t{p->offset});
  op.fields.emplace_back("total", std::uint64_t{p->total});
  op.fields.emplace_back("last", p->offset + p->words >= p->total);
  op.fields.emplace_back("payload_direction", std::string{to_controller ? "to_controller" : "from_controller"});
  op.fields.emplace_back("payload_size", std::uint64_t{size});
}

/// 108
void read_cp_status(reader in, operation& op, remarks& notes) {
  in.skip(2);
  const auto load_in = in.u8(), mod_in = in.u8(), load_state = in.u8(), single_scan = in.u8(), valid = in.u8();
  const auto key = in.u8(), run = in.u8();
  if (!in.ok()) {
    notes.rule = "length", notes.detail = "the state of the control program is cut short";
    return;
  }
  tell_states(run, key, op, notes);
  op.fields.emplace_back("load_in_progress", load_in != 0);
  op.fields.emplace_back("modification_in_progress", mod_in != 0);
  op.fields.emplace_back("load_state", std::uint64_t{load_state});
  op.fields.emplace_back("single_scan", single_scan != 0);
  op.fields.emplace_back("program_valid", valid != 0);
  project p;
  in.skip(49);
  read_version(in, p);
  p.name = c_text(in.take(name_size));
  if (in.ok()) tell(p, op, &notes);
}

/// 119: the controller's states, and of each slot lamps, module type and whether it is what the project wants.
void read_chassis(reader in, operation& op, remarks& notes) {
  const auto node = in.u16le();
  in.skip(1);
  const auto run = in.u8(), key = in.u8();
  in.skip(1);
  project p;
  read_version(in, p);
  const auto requested = in.u32le(), actual = in.u32le();
  in.skip(10);
  p.name = c_text(in.take(name_size));
  const auto clock = in.u32le();
  in.skip(4);
  const auto memory = in.u32le(), free = in.u32le();
  if (!in.ok()) {
    notes.rule = "length", notes.detail = "the state of the chassis is cut short";
    return;
  }
  op.fields.emplace_back("node", std::uint64_t{node});
  tell_states(run, key, op, notes);
  tell(p, op, &notes);
  op.fields.emplace_back("scan_time_requested", std::uint64_t{requested});
  op.fields.emplace_back("scan_time", std::uint64_t{actual});
  op.fields.emplace_back("clock", std::uint64_t{clock});
  op.fields.emplace_back("memory", std::uint64_t{memory});
  op.fields.emplace_back("memory_free", std::uint64_t{free});
  in.skip(8 + 3 * 32 + 4);
  constexpr std::array<std::string_view, 3> processors{"main processor A", "main processor B", "main processor C"};
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const auto lamps = in.u8();
    in.skip(1);
    const auto type = in.u8(), fits = in.u8();
    in.skip(28);
    if (!in.ok()) return;
    if (type == 0) continue;
    const auto unit = std::to_string(slot);
    const auto* m = find_module(type);
    notes.findings.push_back({"module",
                              slot < processors.size() ? std::string{processors.at(slot)}
                              : m != nullptr           ? std::string{m->order_number} + ' ' + std::string{m->does}
                                                       : "type " + std::to_string(type),
                              unit});
    if (lamps > 2) op.fields.emplace_back("slot_" + unit + "_lamps", std::uint64_t{lamps});
    if (fits != 1) op.fields.emplace_back("slot_" + unit + "_mismatch", std::uint64_t{fits});
  }
}

/// Assembly, revision and serial number of a board; nothing where that is no text.
void read_board(reader& in, std::string_view unit, remarks& notes) {
  const auto assembly = in.take(6), revision = in.take(3), serial = in.take(8);
  if (!in.ok() || !is_text(serial) || serial[0] == 0) return;
  if (is_text(assembly))
    notes.findings.push_back({"order_number", printable(assembly.first(3)) + '-' + printable(assembly.subspan(3)), std::string{unit}});
  if (is_text(revision)) notes.findings.push_back({"hardware", printable(revision), std::string{unit}});
  notes.findings.push_back({"serial", printable(serial), std::string{unit}});
}
/// 151
void read_versions(reader in, operation& op, remarks& notes) {
  const auto chassis = in.u8(), present = in.u8();
  if (!in.ok()) return;
  op.fields.emplace_back("chassis", std::uint64_t{chassis});
  if (present != 0xff) return;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const auto type = in.u16le(), first = in.u16le(), second = in.u16le(), third = in.u16le();
    if (!in.ok()) return;
    const auto* m = type <= 0xff ? find_module(static_cast<std::uint8_t>(type)) : nullptr;
    if (type == 0) continue;
    const auto unit = std::to_string(slot);
    notes.findings.push_back({"order_number", m != nullptr ? std::string{m->order_number} : "type " + std::to_string(type), unit});
    if (first != 0) notes.findings.push_back({"firmware", std::to_string(first), unit});
    op.fields.emplace_back("slot_" + unit + "_firmware",
                           std::to_string(first) + '/' + std::to_string(second) + '/' + std::to_string(third));
  }
  read_board(in, "pib", notes);
  in.skip(303);
  read_board(in, "", notes);
}
/// 106: which generation of main processors
void read_attached(reader in, operation& op, remarks& notes) {
  in.skip(3);
  const auto major = in.u8(), minor = in.u8();
  if (!in.ok()) return;
  const bool nine = major == 0 && minor == 0;
  if (!nine && major != 10) return;
  const auto version = nine ? std::string{"9"} : std::to_string(major) + '.' + std::to_string(minor);
  op.fields.emplace_back("version", version);
  notes.findings.push_back({"model", "Tricon"});
  notes.findings.push_back({"firmware", version});
}

}  // namespace

result<part> read_part(std::uint8_t command, bytes data) {
  reader in{data};
  part p{.program = command == 55 || command == 162};
  p.id = in.u16le(), p.next = in.u16le(), p.total = in.u16le(), p.offset = in.u16le(), p.words = in.u16le();
  if (!in.ok()) return fail(fault::truncated, "the head of a program's part is cut short");
  p.code = in.take(std::size_t{p.words} * word);
  if (!in.ok() || in.left() != 0) return fail(fault::malformed, "the size of a program's part does not match the data that follows");
  return p;
}

void read_request(std::uint8_t command, bytes data, operation& op, remarks& notes) {
  const reader in{data};
  switch (command) {
    case 1: return read_start_change(in, op);
    case 55:
    case 56: return tell_part(command, data, true, op, notes);
    case 59: return read_start_ts2(in, op);
    case 65:
    case 66: return read_upload(in, command == 65, op, notes);
    default: return keep_raw(op, "data", data);
  }
}

void read_reply(std::uint8_t reply, bytes data, operation& op, remarks& notes) {
  const reader in{data};
  switch (reply) {
    case 106: return read_attached(in, op, notes);
    case 108: return read_cp_status(in, op, notes);
    case 119: return read_chassis(in, op, notes);
    case 151: return read_versions(in, op, notes);
    case 162:
    case 163: return tell_part(reply, data, false, op, notes);
    default: return keep_raw(op, "answer", data);
  }
}

bool implant_search::add(const part& p) {
  constexpr std::uint32_t constant = 0x7b5241d3;
  constexpr std::size_t tail = 2 * word;  // the mark and the checksum of the whole
  if (p.offset == 0) {
    id_ = p.id, next_ = 0, crc_ = 0;
    open_ = true;
  }
  if (!open_ || p.id != id_ || p.offset != next_) return open_ = false;
  next_ = std::uint32_t{p.offset} + p.words;
  if (next_ < p.total) {
    crc_ = crc32_iso_hdlc(p.code, crc_);
    return false;
  }
  open_ = false;
  if (p.code.size() < tail) return false;
  reader in{p.code.last(tail)};
  return (crc32_iso_hdlc(p.code.first(p.code.size() - tail), crc_) ^ constant) == in.u32le();
}

}  // namespace mw::tristation
