// What is not get, set or action (IEC 62056-5-3, 9.5): services by short name, the access service, and what a meter tells unasked.
#include "common/text.hpp"
#include "sensor/dissect/dlms_message.hpp"

#include <algorithm>

namespace mw::dlms {
namespace {

/// A variable by its short name, perhaps with parameters or a block number.
void read_variable(reader& in, operation& op) {
  enum : std::uint8_t { by_name = 2, parameterized = 4, block = 5, blocks_read = 6, blocks_written = 7 };
  const auto choice = in.u8();
  switch (choice) {
    case by_name:
    case parameterized: {
      const auto name = in.u16();
      if (choice == parameterized) {
        in.skip(1);
        std::vector<value> by;
        read_data(in, by);
      }
      if (in.ok() && op.objects.size() < most_objects)
        op.objects.push_back({.space = "short", .address = std::to_string(name), .count = 1, .property = {}, .index = {}});
      return;
    }
    case block: in.skip(2); return;
    case blocks_read:
      in.skip(3);
      read_octets(in);
      return;
    case blocks_written: in.skip(3); return;
    default: in.fail({fault::malformed, "an access to a variable of a kind that is not known", in.at()});
  }
}
void read_variables(reader& in, operation& op) {
  for (auto n = read_count(in); n > 0 && in.ok(); --n) read_variable(in, op);
}
void read_values(reader& in, operation& op) {
  for (auto n = read_count(in); n > 0 && in.ok(); --n) read_data(in, op.values);
}

}  // namespace

void read_short_request(std::uint8_t tag, reader& in, operation& op) {
  read_variables(in, op);
  if (tag == short_write || tag == unconfirmed_write) read_values(in, op);
}

state read_short_response(std::uint8_t tag, reader& in, operation& op) {
  std::string results;
  bool good = true;
  for (auto n = read_count(in); n > 0 && in.ok(); --n) {
    const auto choice = in.u8();
    std::uint8_t result = 0;
    if (choice == 1)
      result = in.u8();
    else if (tag == short_read_response && choice == 0)
      read_data(in, op.values);
    else if (tag == short_read_response && choice == 2)
      in.skip(3), read_octets(in);  // a block of a longer value
    else if (tag != short_read_response && choice == 2)
      in.skip(2);
    if (result != 0) good = false, op.values.emplace_back();
    if (results.size() < 1024) results += (results.empty() ? "" : ",") + result_name(result);
  }
  if (!good) op.fields.emplace_back("results", results);
  return state::complete;
}

void read_told(std::uint8_t tag, reader& in, operation& op, remarks& notes) {
  switch (tag) {
    case data_notification: {
      op.fields.emplace_back("long_invoke_id", std::uint64_t{in.u32() & 0xffffff});
      const auto time = read_octets(in);
      if (!time.empty()) op.fields.emplace_back("date_time", hex(time, 12));
      read_data(in, op.values);
      break;
    }
    case event_notification: {
      if (in.u8() != 0) op.fields.emplace_back("date_time", hex(read_octets(in), 12));
      const auto d = read_descriptor(in);
      if (in.ok()) op.objects.push_back(as_object(d, false));
      read_data(in, op.values);
      if (in.ok()) learn_from_value(d, op.values, 0, notes);
      break;
    }
    case information_report:
      if (in.u8() != 0) read_octets(in);
      read_variables(in, op);
      read_values(in, op);
      break;
    case unconfirmed_write: read_short_request(tag, in, op); break;
    default: return;
  }
  if (!in.ok()) notes.breaks("encoding", std::string{in.why().what});
}

void read_access_request(reader& in, operation& op, asked& kept) {
  enum : std::uint8_t { get = 1, set = 2, act = 3, get_selected = 4, set_selected = 5 };
  in.skip(4);  // long invoke id
  read_octets(in);
  bool secret = false;
  for (auto n = read_count(in); n > 0 && in.ok(); --n) {
    const auto choice = in.u8();
    in.expect(choice >= get && choice <= set_selected, "a kind of access that is known");
    const auto d = read_descriptor(in);
    if (choice == get_selected || choice == set_selected) {
      in.skip(1);
      std::vector<value> by;
      read_data(in, by);
    }
    secret = secret || carries_secret(d, choice == act);
    if (!in.ok() || kept.what.size() >= most_objects) continue;
    op.objects.push_back(as_object(d, choice == act));
    kept.what.push_back(d);
    const auto meaning = choice == act                             ? meaning_of_action(d)
                         : choice == set || choice == set_selected ? meaning_of_set(d)
                                                                   : meaning_of_get(d);
    if (kept.what.size() == 1 || is_change(meaning)) op.action = meaning;
  }
  std::vector<value> given;
  for (auto n = read_count(in); n > 0 && in.ok(); --n) read_data(in, given);
  if (secret)
    set_field(op, "secret_given", true);
  else if (is_change(op.action) && op.action != action::authenticate)
    op.values = std::move(given);
}

state read_access_response(reader& in, operation& op, asked& kept, remarks& notes) {
  in.skip(4);
  read_octets(in);
  if (in.u8() != 0)  // the request's list once more
    for (auto n = read_count(in); n > 0 && in.ok(); --n) in.skip(1), (void)read_descriptor(in);
  std::size_t i = 0;
  std::vector<value> values;
  for (auto n = read_count(in); n > 0 && in.ok(); --n, ++i) {
    const auto from = values.size();
    read_data(in, values);
    if (in.ok() && i < kept.what.size()) learn_from_value(kept.what[i], values, from, notes);
  }
  std::string results;
  bool good = true;
  for (auto n = read_count(in); n > 0 && in.ok(); --n) {
    in.skip(1);
    const auto result = in.u8();
    good = good && result == 0;
    if (results.size() < 1024) results += (results.empty() ? "" : ",") + result_name(result);
  }
  const bool secret = std::ranges::find(op.fields, "secret_given", &field::first) != op.fields.end();
  if (!is_change(op.action) && !secret) op.values = std::move(values);
  if (!good) op.fields.emplace_back("results", results);
  return state::complete;
}

}  // namespace mw::dlms
