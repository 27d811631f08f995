// Get, set and action of DLMS on objects by logical name (IEC 62056-5-3, 6 and 9.5): single, in lists and in blocks.
#include "sensor/dissect/dlms_message.hpp"

#include <algorithm>

namespace mw::dlms {
namespace {

descriptor take_descriptor(reader& in, operation& op, asked& kept, bool is_method) {
  auto d = read_descriptor(in);
  if (in.ok() && kept.what.size() < most_objects) {
    op.objects.push_back(as_object(d, is_method));
    kept.what.push_back(d);
  }
  return d;
}

/// A selector of rows, and what it selects.
void read_selection(reader& in, operation& op) {
  if (in.u8() == 0) return;
  const auto selector = in.u8();
  std::vector<value> by;
  read_data(in, by);
  if (in.ok()) op.fields.emplace_back("selector", std::uint64_t{selector});
}

void add_block(std::uint32_t number, bytes data, asked& kept, remarks& notes) {
  if (kept.count != 0 && number != kept.last_block + 1) notes.breaks("block", "a block is missing or comes twice");
  kept.last_block = number;
  ++kept.count;
  if (kept.blocks.size() + data.size() > asked::longest)
    kept.overflow = true;
  else
    kept.blocks.insert(kept.blocks.end(), data.begin(), data.end());
}
/// Adds the contents of a block; true where it is the last.
bool read_block(reader& in, asked& kept, remarks& notes) {
  const bool last = in.u8() != 0;
  const auto number = in.u32();
  const auto data = read_octets(in);
  if (in.ok()) add_block(number, data, kept, notes);
  return last && in.ok();
}
/// The value that all blocks make up.
void finish_blocks(operation& op, asked& kept, remarks& notes, bool is_list) {
  set_field(op, "blocks", kept.count);
  set_field(op, "octets", std::uint64_t{kept.blocks.size()});
  if (kept.overflow) return;
  reader in{kept.blocks};
  const auto n = is_list ? read_count(in) : 1;
  for (std::size_t i = 0; i < n && in.ok(); ++i) {
    const auto from = op.values.size();
    read_data(in, op.values);
    if (in.ok() && i < kept.what.size()) learn_from_value(kept.what[i], op.values, from, notes);
  }
  if (!in.ok()) notes.breaks("encoding", "the blocks do not make up a value");
  kept.blocks = {};
}

void set_meaning(operation& op, const asked& kept) {
  if (kept.what.empty()) return;
  const auto& d = kept.what.front();
  if (kept.tag == get_request) op.action = meaning_of_get(d);
  if (kept.tag == set_request) op.action = meaning_of_set(d);
  if (kept.tag == action_request) op.action = meaning_of_action(d);
}

void read_list(reader& in, operation& op, asked& kept) {
  for (auto n = read_count(in); n > 0 && in.ok(); --n) {
    take_descriptor(in, op, kept, kept.tag == action_request);
    if (kept.tag != action_request) read_selection(in, op);
  }
}
void read_values(reader& in, operation& op) {
  for (auto n = read_count(in); n > 0 && in.ok(); --n) read_data(in, op.values);
}

state get(std::uint8_t choice, reader& in, operation& op, asked& kept) {
  switch (choice) {
    case 1:
      take_descriptor(in, op, kept, false);
      read_selection(in, op);
      return state::complete;
    case 2: in.skip(4); return state::continues;
    case 3: read_list(in, op, kept); return state::complete;
    default: in.fail({fault::malformed, "a kind of get that is not known", in.at()}); return state::complete;
  }
}

void hide_secrets(operation& op, const asked& kept) {
  if (op.values.empty()) return;
  if (std::ranges::none_of(kept.what, [&](const descriptor& d) { return carries_secret(d, kept.tag == action_request); })) return;
  op.values.clear();
  set_field(op, "secret_given", true);
}

state set(std::uint8_t choice, reader& in, operation& op, asked& kept, remarks& notes) {
  switch (choice) {
    case 1:
      take_descriptor(in, op, kept, false);
      read_selection(in, op);
      read_data(in, op.values);
      return state::complete;
    case 2:
      take_descriptor(in, op, kept, false);
      read_selection(in, op);
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, false);
      return state::complete;
    case 3:
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, kept.what.size() > 1);
      return state::continues;
    case 4:
      read_list(in, op, kept);
      read_values(in, op);
      return state::complete;
    case 5:
      read_list(in, op, kept);
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, true);
      return state::complete;
    default: in.fail({fault::malformed, "a kind of set that is not known", in.at()}); return state::complete;
  }
}

state act(std::uint8_t choice, reader& in, operation& op, asked& kept, remarks& notes) {
  switch (choice) {
    case 1:
      take_descriptor(in, op, kept, true);
      if (in.u8() != 0) read_data(in, op.values);
      return state::complete;
    case 2: in.skip(4); return state::continues;
    case 3:
      read_list(in, op, kept);
      read_values(in, op);
      return state::complete;
    case 4:
      take_descriptor(in, op, kept, true);
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, false);
      return state::complete;
    case 5:
      read_list(in, op, kept);
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, true);
      return state::complete;
    case 6:
      if (read_block(in, kept, notes)) finish_blocks(op, kept, notes, kept.what.size() > 1);
      return state::continues;
    default: in.fail({fault::malformed, "a kind of action that is not known", in.at()}); return state::complete;
  }
}

/// Results of a list: all good, or one word for each.
state say_results(const std::vector<std::uint8_t>& results, operation& op) {
  const bool good = std::ranges::all_of(results, [](std::uint8_t r) { return r == 0; });
  if (good) return state::complete;
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(results.size(), 64); ++i) text += (i == 0 ? "" : ",") + result_name(results[i]);
  op.fields.emplace_back("results", text);
  return state::complete;
}
state say_result(std::uint8_t result, operation& op) {
  if (result == 0) return state::complete;
  refuse(op, result, result_name(result));
  return state::refused;
}

/// Data, or the reason why there is none; gives the latter.
std::uint8_t read_data_or_result(reader& in, operation& op, const descriptor* d, remarks& notes) {
  if (in.u8() != 0) {
    const auto result = in.u8();
    return result == 0 ? 250 : result;
  }
  const auto from = op.values.size();
  read_data(in, op.values);
  if (in.ok() && d != nullptr) learn_from_value(*d, op.values, from, notes);
  return 0;
}

state get_answer(std::uint8_t choice, reader& in, operation& op, asked& kept, remarks& notes) {
  const auto asked_for = [&](std::size_t i) { return i < kept.what.size() ? &kept.what[i] : nullptr; };
  switch (choice) {
    case 1: return say_result(read_data_or_result(in, op, asked_for(0), notes), op);
    case 2: {
      const bool last = in.u8() != 0;
      const auto number = in.u32();
      if (in.u8() != 0) return say_result(in.u8(), op);
      const auto data = read_octets(in);
      if (!in.ok()) return state::continues;
      add_block(number, data, kept, notes);
      if (!last) return state::continues;
      finish_blocks(op, kept, notes, kept.what.size() > 1);
      return state::complete;
    }
    case 3: {
      std::vector<std::uint8_t> results;
      for (auto n = read_count(in); n > 0 && in.ok(); --n) {
        const auto before = op.values.size();
        results.push_back(read_data_or_result(in, op, asked_for(results.size()), notes));
        if (in.ok() && op.values.size() == before && results.back() != 0) op.values.emplace_back();
      }
      if (in.ok() && !kept.what.empty() && kept.what.size() < most_objects && results.size() != kept.what.size())
        notes.breaks("mismatch", "the answer holds another number of values than was asked for");
      return say_results(results, op);
    }
    default: in.fail({fault::malformed, "a kind of answer that is not known", in.at()}); return state::complete;
  }
}

state set_answer(std::uint8_t choice, reader& in, operation& op) {
  std::vector<std::uint8_t> results;
  const auto list = [&] {
    for (auto n = read_count(in); n > 0 && in.ok(); --n) results.push_back(in.u8());
    return say_results(results, op);
  };
  switch (choice) {
    case 1: return say_result(in.u8(), op);
    case 2: in.skip(4); return state::continues;
    case 3: return say_result(in.u8(), op);
    case 4:
    case 5: return list();
    default: in.fail({fault::malformed, "a kind of answer that is not known", in.at()}); return state::complete;
  }
}

/// What a method returned stands in a field, since the values are what was given to it.
std::uint8_t read_action_result(reader& in, operation& op) {
  const auto result = in.u8();
  if (in.u8() == 0) return result;
  if (in.u8() != 0) {
    in.skip(1);
    return result;
  }
  std::vector<value> returned;
  read_data(in, returned);
  if (in.ok() && !returned.empty() && op.action != action::authenticate) op.fields.emplace_back("returned", to_string(returned.front()));
  return result;
}

state act_answer(std::uint8_t choice, reader& in, operation& op, asked& kept, remarks& notes) {
  switch (choice) {
    case 1: return say_result(read_action_result(in, op), op);
    case 2: {
      if (!read_block(in, kept, notes)) return state::continues;
      op.fields.emplace_back("blocks", kept.count);
      return state::complete;
    }
    case 3: {
      std::vector<std::uint8_t> results;
      for (auto n = read_count(in); n > 0 && in.ok(); --n) results.push_back(read_action_result(in, op));
      return say_results(results, op);
    }
    case 4: in.skip(4); return state::continues;
    default: in.fail({fault::malformed, "a kind of answer that is not known", in.at()}); return state::complete;
  }
}

}  // namespace

void refuse(operation& op, std::uint32_t code, std::string name) {
  op.outcome = outcome::refused;
  op.code = std::to_string(code);
  op.fields.emplace_back("status", std::move(name));
}

void set_field(operation& op, std::string_view name, value v) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  if (at != op.fields.end())
    at->second = std::move(v);
  else
    op.fields.emplace_back(name, std::move(v));
}

bool carries_secret(const descriptor& d, bool is_method) {
  constexpr std::uint16_t association_short = 12, association = 15, security = 64;
  if (is_method) return d.class_id == security || d.class_id == association || d.class_id == association_short;
  return d.class_id == association && d.number == 7;
}

void learn_from_value(const descriptor& d, const std::vector<value>& values, std::size_t from, remarks& notes) {
  if (notes.findings.size() >= remarks::most_findings) return;
  const auto kind = fact_of(d);
  if (kind.empty() || from >= values.size()) return;
  const auto text = text_of(values[from]);
  if (text.empty()) return;
  notes.findings.push_back({true, kind, text, 85});
  const bool flagged = text.size() > 3 && std::all_of(text.begin(), text.begin() + 3, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (kind == "logical_device_name" && flagged) notes.findings.push_back({true, "vendor", text.substr(0, 3), 70});
}

state read_request(reader& in, operation& op, asked& kept, remarks& notes) {
  const auto choice = in.u8();
  in.skip(1);  // invoke id and priority
  const auto how = kept.tag == get_request   ? get(choice, in, op, kept)
                   : kept.tag == set_request ? set(choice, in, op, kept, notes)
                                             : act(choice, in, op, kept, notes);
  if (!in.ok()) notes.breaks("encoding", std::string{in.why().what});
  set_meaning(op, kept);
  hide_secrets(op, kept);
  return how;
}

state read_response(reader& in, operation& op, asked& kept, remarks& notes) {
  const auto choice = in.u8();
  in.skip(1);
  const auto how = kept.tag == get_request   ? get_answer(choice, in, op, kept, notes)
                   : kept.tag == set_request ? set_answer(choice, in, op)
                                             : act_answer(choice, in, op, kept, notes);
  if (!in.ok()) notes.breaks("encoding", std::string{in.why().what});
  if (kept.tag == get_request) hide_secrets(op, kept);
  return how;
}

}  // namespace mw::dlms
