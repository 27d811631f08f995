// UDS (ISO 14229-1:2020): parameters of requests and what is answered to them.
#include "common/text.hpp"
#include "sensor/dissect/uds.hpp"

#include <algorithm>
#include <utility>

namespace mw::uds {
namespace {

constexpr std::uint8_t silence = 0x80;
constexpr std::size_t most_identifiers = 32, most_raw = 64, longest_text = 256;
constexpr std::uint8_t programming_session = 2;

object at(std::string_view space, std::string address, std::uint32_t count = 1) {
  return {.space = std::string{space}, .address = std::move(address), .count = count, .property = {}, .index = {}};
}
value data_value(bytes data) {
  const auto end = std::ranges::find_if(data, [](auto b) { return b == 0; });
  const auto text = data.first(static_cast<std::size_t>(end - data.begin()));
  const bool padded = std::all_of(end, data.end(), [](auto b) { return b == 0; });
  if (!text.empty() && padded && is_text(text)) return printable(text, longest_text);
  return hex(data, most_raw);
}
void keep_raw(operation& op, std::string_view name, bytes data) {
  if (!data.empty()) op.fields.emplace_back(std::string{name}, hex(data, most_raw));
}

void read_sub(reader& in, asked& a, operation& op) {
  const auto octet = in.u8();
  if (!in.ok()) return;
  a.sub = static_cast<std::uint8_t>(octet & ~silence);
  a.silent = (octet & silence) != 0;
  op.function += '/' + std::to_string(a.sub);
  const auto name = sub_function(a.service.id, a.sub);
  if (!name.empty()) op.fields.emplace_back("sub_function", std::string{name});
  if (a.silent) op.fields.emplace_back("answer_suppressed", true);
}

/// How many octets address and length have stands in front of them.
void read_memory(reader& in, operation& op) {
  const auto sizes = in.u8();
  const std::size_t of_address = sizes & 0x0f, of_length = sizes >> 4;
  in.expect(of_address >= 1 && of_address <= 8 && of_length >= 1 && of_length <= 8, "sizes of address and length");
  if (!in.ok()) return;
  const auto address = in.take(of_address);
  const auto length = in.be_n(of_length);
  if (!in.ok()) return;
  op.objects.push_back(at("memory", hex(address), static_cast<std::uint32_t>(std::min<std::uint64_t>(length, 0xffffffffu))));
}

void read_file(reader& in, asked& a, operation& op) {
  a.sub = in.u8();
  const auto path = in.take(in.u16());
  if (!in.ok()) return;
  op.function += '/' + std::to_string(a.sub);
  const auto name = sub_function(a.service.id, a.sub);
  if (!name.empty()) op.fields.emplace_back("sub_function", std::string{name});
  op.objects.push_back(at("file", printable(path, longest_text)));
  constexpr std::uint8_t delete_file = 2, read_file_mode = 4, read_directory = 5;
  if (a.sub == delete_file) op.action = action::file_delete;
  if (a.sub == read_file_mode || a.sub == read_directory) op.action = action::file_read;
}

void read_identifiers(reader& in, asked& a, operation& op) {
  while (in.left() && a.identifiers.size() < most_identifiers) {
    const auto id = in.u16();
    if (!in.ok()) return;
    a.identifiers.push_back(id);
    op.objects.push_back(at("data", address_text(id)));
  }
  if (a.identifiers.size() == 1)
    if (const auto* known = find_identifier(a.identifiers.front())) op.fields.emplace_back("name", std::string{known->name});
  const bool tells = std::ranges::any_of(a.identifiers, [](auto id) {
    const auto* known = find_identifier(id);
    return known != nullptr && !known->fact.empty();
  });
  if (tells) op.action = action::identify;
}

void read_parameters(reader& in, asked& a, operation& op) {
  switch (a.service.layout) {
    case layout::sub_function:
      read_sub(in, a, op);
      if (a.service.id == 0x10 && a.sub == programming_session) op.action = action::mode_change;
      // certificates and challenges are not for records
      if (a.service.id != 0x29) keep_raw(op, "data", in.rest());
      return in.skip(in.left());
    case layout::dtc:
      read_sub(in, a, op);
      keep_raw(op, "data", in.rest());
      return in.skip(in.left());
    case layout::security:
      read_sub(in, a, op);
      op.fields.emplace_back("level", std::uint64_t{(a.sub + 1u) / 2});
      op.fields.emplace_back("step", std::string{(a.sub & 1) != 0 ? "request_seed" : "send_key"});
      if ((a.sub & 1) == 0) op.fields.emplace_back("key_given", in.left() != 0);
      return in.skip(in.left());
    case layout::identifiers: return read_identifiers(in, a, op);
    case layout::identifier_data:
    case layout::identifier_control: {
      const auto id = in.u16();
      if (!in.ok()) return;
      op.objects.push_back(at("data", address_text(id)));
      if (const auto* known = find_identifier(id)) op.fields.emplace_back("name", std::string{known->name});
      if (a.service.layout == layout::identifier_control) {
        a.sub = in.u8();
        op.function += '/' + std::to_string(a.sub);
        const auto name = sub_function(a.service.id, a.sub);
        if (!name.empty()) op.fields.emplace_back("control", std::string{name});
        if (a.sub == 0) op.action = action::control;
      }
      if (in.left()) op.values.emplace_back(data_value(in.take(in.left())));
      return;
    }
    case layout::routine: {
      read_sub(in, a, op);
      const auto id = in.u16();
      if (!in.ok()) return;
      op.objects.push_back(at("routine", address_text(id)));
      constexpr std::uint16_t erase_memory = 0xff00, check_dependencies = 0xff01;
      if (id == erase_memory) op.fields.emplace_back("name", std::string{"erase_memory"});
      if (id == check_dependencies) op.fields.emplace_back("name", std::string{"check_programming_dependencies"});
      if (in.left()) op.values.emplace_back(hex(in.take(in.left()), most_raw));
      return;
    }
    case layout::transfer: {
      const auto format = in.u8();
      op.fields.emplace_back("compression", std::uint64_t{format} >> 4);
      op.fields.emplace_back("encryption", std::uint64_t{format} & 15);
      return read_memory(in, op);
    }
    case layout::memory: return read_memory(in, op);
    case layout::memory_data:
      read_memory(in, op);
      if (in.left()) op.values.emplace_back(hex(in.take(in.left()), most_raw));
      return;
    case layout::transfer_data: a.counter = in.u8(), a.octets = in.left(), in.skip(in.left()); return;
    case layout::file: read_file(in, a, op), in.skip(in.left()); return;
    case layout::group: {
      const auto group = in.take(3);
      if (!in.ok()) return;
      op.objects.push_back(at("dtc_group", hex(group)));
      return in.skip(in.left());
    }
    case layout::other: keep_raw(op, "data", in.rest()), in.skip(in.left()); return;
  }
}

}  // namespace

std::string address_text(std::uint16_t a) {
  const std::array<std::uint8_t, 2> octets{static_cast<std::uint8_t>(a >> 8), static_cast<std::uint8_t>(a)};
  return hex(octets);
}
std::string to_string(const route& r) { return address_text(r.tester) + "->" + address_text(r.unit); }

asked read_request(bytes data, operation& op, remarks& notes) {
  reader in{data};
  asked a;
  a.service = describe(in.u8());
  op.protocol = "uds";
  op.function = std::to_string(a.service.id);
  op.function_name = a.service.name;
  op.action = a.service.what;
  if (!a.service.known()) {
    notes.breaks("service", "a service that the standard does not know");
    keep_raw(op, "data", in.rest());
    return a;
  }
  read_parameters(in, a, op);
  if (!in.ok()) notes.breaks("length", "the parameters of the service are cut short or too long");
  return a;
}

void read_answer(const asked& a, bytes data, operation& op, remarks& notes) {
  reader in{data};
  const bool has_sub = a.service.layout == layout::sub_function || a.service.layout == layout::security || a.service.layout == layout::dtc;
  if (has_sub || a.service.layout == layout::routine) {
    const auto sub = in.u8();
    if (!in.ok()) return notes.breaks("length", "an answer without its sub-function");
    if ((sub & ~silence) != a.sub) return notes.breaks("mismatch", "the answer is about another sub-function");
  }
  switch (a.service.layout) {
    case layout::identifiers: {
      const auto id = in.u16();
      if (!in.ok()) return notes.breaks("length", "an answer without the identifier of its data");
      if (a.identifiers.empty() || id != a.identifiers.front()) return notes.breaks("mismatch", "the answer is about another identifier");
      // of several the lengths are known to the two of them only
      if (a.identifiers.size() > 1) return op.values.emplace_back(hex(in.rest(), most_raw)), void();
      const auto said = data_value(in.rest());
      op.values.push_back(said);
      const auto* known = find_identifier(id);
      const auto* text = std::get_if<std::string>(&said);
      if (known != nullptr && !known->fact.empty() && text != nullptr && !text->starts_with("0x") && text->find('?') == std::string::npos)
        notes.findings.push_back({known->fact, *text});
      return;
    }
    case layout::identifier_data: {
      const auto id = in.u16();
      if (in.ok() && (op.objects.empty() || op.objects.front().address != address_text(id)))
        notes.breaks("mismatch", "the answer is about another identifier");
      return;
    }
    case layout::memory: return op.values.emplace_back(hex(in.rest(), most_raw)), void();
    case layout::security:
      if ((a.sub & 1) == 0) return;
      op.fields.emplace_back("seed_given", in.left() != 0);
      if (in.left() && std::ranges::all_of(in.rest(), [](auto b) { return b == 0; })) op.fields.emplace_back("already_unlocked", true);
      return;
    case layout::transfer: {
      const auto length = in.be_n(in.u8() >> 4 & 15);
      if (in.ok()) op.fields.emplace_back("largest_block", std::uint64_t{length});
      return;
    }
    case layout::transfer_data:
      if (in.left() && in.u8() != a.counter) notes.breaks("mismatch", "the answer is about another block");
      return;
    default:
      if (a.service.id != 0x29) keep_raw(op, "answer", in.rest());
      return;
  }
}

}  // namespace mw::uds
