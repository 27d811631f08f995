// Answers of BACnet's confirmed services and its errors (ASHRAE 135, clauses 13 to 18 and 21).
#include "common/text.hpp"
#include "sensor/dissect/bacnet_names.hpp"
#include "sensor/dissect/bacnet_services.hpp"

#include <algorithm>
#include <array>

namespace mw::bacnet {
namespace {

using choice = confirmed_choice;

void give_up(remarks& notes) { notes.breaks("parameters", "the answer has not the parameters of its service"); }
void cut(operation& op) {
  if (op.values.size() < most_values) return;
  op.fields.emplace_back("values_cut", true);
}

void read_one(reader& in, bool asked, std::uint8_t at, operation& op, remarks& notes) {
  const auto id = parameter(in, 0);
  const auto object = id ? as_object(id->data) : std::nullopt;
  const auto what = small(parameter(in, 1));
  const auto index = small(parameter(in, 2));
  if (!object || !what) return give_up(notes);
  if (asked && !op.objects.empty()) {
    const auto& wanted = op.objects.front();
    const bool anybody = wanted.address == std::to_string(object_id::any_instance);
    if (wanted.property != what || wanted.space != std::to_string(object->type) ||
        (!anybody && wanted.address != std::to_string(object->instance)))
      notes.breaks("mismatch", "the answer is about another property than was asked for");
  } else {
    add_object(op, *object, what, index);
  }
  if (object->type == object_id::device) notes.instance = object->instance;
  if (at != 3) {  // of a range: which of its ends are in the answer, how many items, then they themselves
    if (const auto flags = parameter(in, 3)) op.fields.emplace_back("result_flags", as_bits(flags->data));
    add_number(op, "item_count", parameter(in, 4));
  }
  const auto data = parameter(in, at);
  if (!data || !data->constructed) return give_up(notes);
  if (!flatten(data->data, op.values) && op.values.size() < most_values) give_up(notes);
  if (at != 3) add_number(op, "first_sequence", parameter(in, 6));
  if (!index) learn_property(*object, *what, data->data, notes);
  cut(op);
}

/// The error of one property stands where its value would.
bool read_result(reader& in, const object_id& object, bool list_them, operation& op, std::uint64_t& errors, remarks& notes) {
  const auto what = small(parameter(in, 2));
  const auto index = small(parameter(in, 3));
  if (!what) return false;
  if (list_them && op.returned.size() < most_objects)
    op.returned.push_back(
        {.space = std::to_string(object.type), .address = std::to_string(object.instance), .count = 1, .property = what, .index = index});
  if (const auto data = parameter(in, 4)) {
    if (!flatten(data->data, op.values) && op.values.size() < most_values) return false;
    if (!index) learn_property(object, *what, data->data, notes);
    return true;
  }
  if (!parameter(in, 5)) return false;
  ++errors;
  if (op.values.size() < most_values) op.values.emplace_back();
  return true;
}

void read_many(reader& in, bool asked, operation& op, remarks& notes) {
  const bool list_them = !asked || std::ranges::any_of(op.objects, [](const auto& o) {
    return o.property == property::all || o.property == property::required_ones || o.property == property::optional_ones;
  });
  std::uint64_t errors = 0;
  while (in.left()) {
    const auto id = parameter(in, 0);
    const auto object = id ? as_object(id->data) : std::nullopt;
    const auto list = parameter(in, 1);
    if (!object || !list || !list->constructed) return give_up(notes);
    if (object->type == object_id::device) notes.instance = object->instance;
    reader each{list->data};
    while (each.left())
      if (!read_result(each, *object, list_them, op, errors, notes)) return give_up(notes);
  }
  if (errors != 0) op.fields.emplace_back("property_errors", errors);
  if (!asked) op.objects = std::exchange(op.returned, {});
  cut(op);
}

void read_file(reader& in, operation& op, remarks& notes) {
  const auto end = application(in, boolean);
  const auto way = next(in);
  if (!end || !way || !way->constructed) return give_up(notes);
  op.fields.emplace_back("end_of_file", end->truth);
  reader inside{way->data};
  (void)application(inside, signed_integer);
  (void)application(inside, unsigned_integer);
  std::size_t size = 0;
  while (const auto data = application(inside, octets)) {
    size += data->data.size();
    if (op.values.size() < most_values) op.values.emplace_back(hex(data->data));
  }
  op.fields.emplace_back("payload_size", std::uint64_t{size});
}

/// Lists of (object, state, …): the objects are told as returned, everything else as values.
void read_summary(reader& in, operation& op) {
  while (const auto e = next(in)) {
    if (op.values.size() >= most_values) break;
    const auto object = !e->context && e->number == object_identifier ? as_object(e->data) : std::nullopt;
    if (!object)
      op.values.push_back(plain(*e));
    else if (op.returned.size() < most_objects)
      op.returned.push_back(
          {.space = std::to_string(object->type), .address = std::to_string(object->instance), .count = 1, .property = {}, .index = {}});
  }
  cut(op);
}

void read_event_information(reader& in, operation& op, remarks& notes) {
  const auto list = parameter(in, 0);
  if (!list || !list->constructed) return give_up(notes);
  reader each{list->data};
  while (each.left()) {
    const auto id = parameter(each, 0);
    const auto object = id ? as_object(id->data) : std::nullopt;
    const auto state = small(parameter(each, 1));
    if (!object || !state) return give_up(notes);
    (void)parameter(each, 2), (void)parameter(each, 3), (void)parameter(each, 4), (void)parameter(each, 5), (void)parameter(each, 6);
    if (op.returned.size() >= most_objects) break;
    op.returned.push_back(
        {.space = std::to_string(object->type), .address = std::to_string(object->instance), .count = 1, .property = {}, .index = {}});
    op.values.emplace_back(std::uint64_t{*state});
  }
  if (const auto more = small(parameter(in, 1))) op.fields.emplace_back("more_events", *more != 0);
}

struct device_fact {
  std::uint32_t property;
  std::string_view kind;
  std::uint8_t confidence;
};
/// What a device says of itself: properties of its device object (clause 12.11).
constexpr std::array device_facts{
    device_fact{property::object_name, "host_name", 85},
    device_fact{property::vendor_name, "vendor", 85},
    device_fact{property::model, "model", 90},
    device_fact{property::firmware, "firmware", 90},
    device_fact{property::application_software, "software", 90},
    device_fact{property::serial, "serial", 90},
    device_fact{property::location, "location", 70},
    device_fact{property::description, "description", 70},
};

}  // namespace

void learn_property(const object_id& from, std::uint32_t what, bytes data, remarks& notes) {
  if (from.type != object_id::device) return;
  reader in{data};
  const auto e = next(in);
  if (!e || e->context || in.left() != 0) return;
  if (what == property::system_status && e->number == enumerated) {
    const auto state = small(e);
    if (const auto name = state ? system_status_name(*state) : std::string_view{}; !name.empty())
      notes.learn("run_state", std::string{name}, 85);
    return;
  }
  if (what == property::vendor_identifier) {
    if (const auto id = small(e)) notes.learn("vendor_id", std::to_string(*id), 90);
    return;
  }
  const auto it = std::ranges::find(device_facts, what, &device_fact::property);
  if (it == device_facts.end() || e->number != text) return;
  auto said = as_text(e->data);
  if (!said.empty()) notes.learn(it->kind, std::move(said), it->confidence);
}

void read_answer(std::uint8_t service, bytes data, bool asked, operation& op, remarks& notes) {
  reader in{data};
  switch (service) {
    case choice::read_property: read_one(in, asked, 3, op, notes); break;
    case choice::read_range: read_one(in, asked, 5, op, notes); break;
    case choice::read_multiple: read_many(in, asked, op, notes); break;
    case choice::read_file: read_file(in, op, notes); break;
    case choice::write_file:
      if (const auto start = next(in))
        if (const auto at = as_signed(start->data)) op.fields.emplace_back("written_at", *at);
      break;
    case choice::alarm_summary:
    case choice::enrollment_summary: read_summary(in, op); break;
    case choice::event_information: read_event_information(in, op, notes); break;
    case choice::create_object: {
      const auto id = application(in, object_identifier);
      const auto object = id ? as_object(id->data) : std::nullopt;
      if (!object) return give_up(notes);
      if (op.objects.empty() || op.objects.front().address.empty()) {
        op.objects.clear();
        add_object(op, *object);
      }
      break;
    }
    case choice::private_transfer: {
      operation answer;
      read_private(data, answer, notes);
      if (!asked) op.fields = answer.fields;
      op.returned = std::move(answer.returned);
      for (auto& v : answer.values)
        if (op.values.size() < most_values) op.values.push_back(std::move(v));
      break;
    }
    default: break;
  }
  if (!asked) name_property(op);
}

void read_error(std::uint8_t service, bytes data, operation& op, remarks& notes) {
  reader in{data};
  if (const auto wrapped = parameter(in, 0); wrapped && wrapped->constructed) {  // the error of a service that says more
    if (service == choice::write_multiple)
      if (const auto first = parameter(in, 1); first && first->constructed) {
        reader failed{first->data};
        const auto id = parameter(failed, 0);
        if (const auto object = id ? as_object(id->data) : std::nullopt) op.fields.emplace_back("first_failed", object->text());
      }
    in = reader{wrapped->data};
  }
  const auto kind = small(application(in, enumerated));
  const auto code = small(application(in, enumerated));
  if (!kind || !code) return notes.breaks("parameters", "an error without class and code");
  op.code = std::to_string(*code);
  op.fields.emplace_back("refusal", std::string{"error"});
  add_name(op, "error_class", error_class_name(*kind), *kind);
  add_name(op, "error_code", error_code_name(*code), *code);
}

}  // namespace mw::bacnet
