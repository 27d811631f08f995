// SDO of Ethernet POWERLINK (EPSG DS 301 V1.5, 6.3): the sequence layer, which repeats what got lost, and commands on objects.
#include "sensor/dissect/powerlink_sdo.hpp"

#include "common/text.hpp"
#include "sensor/dissect/powerlink_names.hpp"

#include <algorithm>

namespace mw::powerlink {
namespace {

constexpr std::size_t most_objects = 64, most_octets = 256;
constexpr std::uint8_t stated = 90;
enum connection : std::uint8_t { none = 0, initialise = 1, valid = 2, special = 3 };
enum segmentation : std::uint8_t { expedited = 0, initiate = 1, segment = 2, complete = 3 };
enum code : std::uint8_t {
  write_by_index = 1,
  read_by_index = 2,
  write_all = 3,
  read_all = 4,
  write_by_name = 5,
  read_by_name = 6,
  file_write = 0x20,
  file_read = 0x21,
  write_multiple = 0x31,
  read_multiple = 0x32
};

std::string node_text(std::uint8_t node) { return node == 0 ? std::string{} : std::to_string(node); }

std::string hex4(std::uint16_t v) {
  const std::array octets{static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v & 0xff)};
  return hex(octets);
}
object entry(std::uint16_t index, std::optional<std::uint8_t> sub) {
  return {.space = "object", .address = hex4(index) + (sub ? '/' + std::to_string(*sub) : ""), .property = {}, .index = {}};
}

/// Numbers of the sizes that numbers have; else octets.
value value_of(bytes data) {
  reader in{data};
  switch (data.size()) {
    case 1: return std::uint64_t{in.u8()};
    case 2: return std::uint64_t{in.u16le()};
    case 4: return std::uint64_t{in.u32le()};
    default: return hex(data, most_octets);
  }
}

bool is_write(std::uint8_t c) { return c == write_by_index || c == write_all; }

}  // namespace

void sdo_channel::on_frame(bytes data, const message& m, std::uint8_t from_node, std::uint8_t to_node, output& out) {
  reader in{data};
  const auto received = in.u8(), sent = in.u8();
  in.skip(2);
  if (!in.ok()) return out.violate(m.from, "length", "SDO without a sequence layer", node_text(from_node));
  const auto receives = static_cast<std::uint8_t>(received & 3), sends = static_cast<std::uint8_t>(sent & 3);
  auto& last = last_[static_cast<std::size_t>(m.from)];
  const bool same_peer = last.seen && last.node == to_node;
  const auto before = last;
  last = {to_node, received, sent, true};
  if (sends == initialise || (receives == none && sends == none)) {
    if (same_peer && before.received == received && before.sent == sent) return;  // repeated until it is answered
    if (sends == initialise && receives != none) return;                          // the answer
    operation op;
    op.time = m.time;
    op.unit = node_text(to_node);
    op.action = action::session;
    op.function = "5";
    op.function_name = sends == initialise ? "sdo_open" : "sdo_close";
    op.outcome = outcome::none;
    return out.emit(std::move(op), m.from);
  }
  if (in.left() < 8) return;  // an acknowledgement alone
  if (same_peer && before.sent >> 2 == sent >> 2) {
    const reader command{in.rest()};
    if (command.rest()[3] != 0) out.count("powerlink", "sdo", "repeated");
    return;
  }
  on_command(in.rest(), m, node_text(to_node), from_node, to_node, out);
}

void sdo_channel::on_command(bytes data, const message& m, const std::string& unit, std::uint8_t from, std::uint8_t to, output& out) {
  reader in{data};
  in.skip(1);
  const auto transaction = in.u8();
  const auto flags = in.u8();
  const auto number = in.u8();
  std::size_t size = in.u16le();
  in.skip(2);
  const bool response = (flags & 0x80) != 0, abort = (flags & 0x40) != 0;
  const auto part = static_cast<std::uint8_t>(flags >> 4 & 3);
  std::uint32_t total = static_cast<std::uint32_t>(size);
  if (number == 0 && !abort) return;  // nothing: keeps the connection
  const auto c = sdo_of(number);
  out.count("powerlink", "sdo", number);
  if (c.name.empty()) return out.violate(m.from, "sdo_command", "a command of SDO that is reserved", unit);
  if (part == initiate && !abort) total = in.u32le();
  if (!in.ok() || size > in.left()) return out.violate(m.from, "length", "a command of SDO is longer than its frame", unit);
  auto body = in.part(size);
  const key answered{other(m.from), from, transaction, number};
  const bool goes_on = part == segment || part == complete;  // what it belongs to was told
  if (goes_on && !(response && pending_.find(answered) != nullptr)) return out.count("powerlink", "sdo", "segment");
  if (response) return on_answer(body, answered, abort, total, m, out);
  operation op;
  op.time = m.time;
  op.unit = unit;
  op.action = c.what;
  op.function = "5/" + std::to_string(number);
  op.function_name = c.name;
  op.outcome = outcome::none;
  op.fields.emplace_back("transaction", std::uint64_t{transaction});
  asked what;
  if (abort) {
    op.function_name = "sdo_abort";
    op.action = action::session;
    const auto reason = body.u32le();
    op.code = std::to_string(reason);
    op.fields.emplace_back("reason", std::string{abort_name(reason)});
    return out.emit(std::move(op), m.from);
  }
  switch (number) {
    case write_by_index:
    case read_by_index:
    case write_all:
    case read_all: {
      what.index = body.u16le();
      const bool all = number == write_all || number == read_all;
      what.subindex = body.u8();
      body.skip(1);
      if (!body.ok()) return out.violate(m.from, "length", "a command of SDO without its object", unit);
      op.objects.push_back(entry(what.index, all ? std::nullopt : std::optional{what.subindex}));
      if (const auto name = object_name(what.index); !name.empty()) op.fields.emplace_back("object", std::string{name});
      if (!is_write(number)) break;
      op.action = write_of(what.index);
      op.values.push_back(part == expedited ? value_of(body.rest()) : value{hex(body.rest(), 32)});
      op.fields.emplace_back("size", std::uint64_t{total >= 4 ? total - 4 : 0});
      break;
    }
    case read_multiple:
      while (body.left() >= 4 && op.objects.size() < most_objects) {
        const auto index = body.u16le();
        const auto sub = body.u8();
        body.skip(1);
        op.objects.push_back(entry(index, sub));
      }
      break;
    case write_multiple: {  // the first; where the next one begins is told in a way that could not be verified
      body.skip(4);
      const auto index = body.u16le();
      const auto sub = body.u8();
      if (!body.ok()) return out.violate(m.from, "length", "a command of SDO without its object", unit);
      op.objects.push_back(entry(index, sub));
      op.action = write_of(index);
      break;
    }
    default: op.fields.emplace_back("size", std::uint64_t{total}); break;  // by name, files
  }
  // answers to frames of a group go to the group, too, so another conversation has them
  if (m.transport == transport::ethernet && m.target.hardware.is_group()) return out.emit(std::move(op), m.from);
  pending_.add({m.from, to, transaction, number}, std::move(op), out, m.from, what);
}

void sdo_channel::on_answer(reader data, const key& k, bool abort, std::uint32_t size, const message& m, output& out) {
  const auto reason = abort ? data.u32le() : 0;
  auto r = pending_.take(k);
  const bool paired = r.has_value();
  if (!paired) {
    const auto c = sdo_of(k.command);
    operation op;
    op.time = m.time;
    op.unit = node_text(k.node);
    op.action = c.what;
    op.function = "5/" + std::to_string(k.command);
    op.function_name = c.name;
    op.fields.emplace_back("transaction", std::uint64_t{k.transaction});
    // the group that an answer went to has asked for nothing
    r = {k, std::move(op), m.target.hardware.is_group() ? m.from : k.asker, {}};
  }
  if (abort) {
    r->op.code = std::to_string(reason);
    r->op.fields.emplace_back("reason", std::string{abort_name(reason)});
  } else if (k.command == read_by_index || k.command == read_all) {
    r->op.values.push_back(value_of(data.rest()));
    r->op.fields.emplace_back("size", std::uint64_t{size});
    if (paired && k.command == read_by_index) learn(r->extra, data.rest(), m, out);
  }
  if (paired) return answer(*r, m.time, abort ? outcome::refused : outcome::ok, out);
  r->op.outcome = abort ? outcome::refused : outcome::unpaired;
  out.emit(std::move(r->op), r->asker);
}

void sdo_channel::learn(const asked& what, bytes data, const message& m, output& out) {
  const auto say = [&](std::string_view kind, const std::string& value) {
    if (!value.empty()) out.learn(m.from, {}, kind, value, stated);
  };
  reader in{data};
  if (what.index == 0x1008) say("model", printable(data, 64));
  if (what.index == 0x1009) say("hardware", printable(data, 64));
  if (what.index == 0x100a) say("firmware", printable(data, 64));
  if (what.index != 0x1018 || data.size() != 4) return;
  const auto number = std::to_string(in.u32le());
  if (what.subindex == 1) say("vendor_id", number);
  if (what.subindex == 2) say("product_code", number);
  if (what.subindex == 3) say("revision", number);
  if (what.subindex == 4) say("serial", number);
}

}  // namespace mw::powerlink
