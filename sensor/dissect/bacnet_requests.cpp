// Requests of BACnet's confirmed services (ASHRAE 135, clauses 13 to 17).
#include "common/text.hpp"
#include "sensor/dissect/bacnet_names.hpp"
#include "sensor/dissect/bacnet_services.hpp"

#include <algorithm>

namespace mw::bacnet {
namespace {

using choice = confirmed_choice;

constexpr std::size_t most_fields = 64;

void give_up(remarks& notes) { notes.breaks("parameters", "the parameters are not those of the service"); }

void add_values(operation& op, bytes data, remarks& notes) {
  if (flatten(data, op.values)) return;
  if (op.values.size() < most_values) return give_up(notes);
  if (std::ranges::find(op.fields, "values_cut", &field::first) == op.fields.end()) op.fields.emplace_back("values_cut", true);
}

/// Object, property, index: the head of most services. False where it is not there.
bool read_reference(reader& in, operation& op, bool with_property, remarks& notes) {
  const auto id = parameter(in, 0);
  const auto what = with_property ? parameter(in, 1) : std::nullopt;
  const auto index = with_property ? parameter(in, 2) : std::nullopt;
  const auto object = id ? as_object(id->data) : std::nullopt;
  if (!object || (with_property && !small(what))) {
    give_up(notes);
    return false;
  }
  add_object(op, *object, small(what), small(index));
  return true;
}

/// {property, index, value, priority} one after the other, as create-object and write-property-multiple carry them.
void read_assignments(bytes list, const object_id& id, operation& op, remarks& notes) {
  reader in{list};
  while (in.left()) {
    const auto what = small(parameter(in, 0));
    const auto index = small(parameter(in, 1));
    const auto to = parameter(in, 2);
    const auto priority = small(parameter(in, 3));
    if (!what || !to) return give_up(notes);
    add_object(op, id, what, index);
    add_values(op, to->data, notes);
    if (priority && op.fields.size() < most_fields) op.fields.emplace_back("priority", std::uint64_t{*priority});
    if (priority) notes.priority = priority;
  }
}

void read_property_list(reader& in, operation& op, remarks& notes) {
  while (in.left()) {
    const auto id = parameter(in, 0);
    const auto object = id ? as_object(id->data) : std::nullopt;
    const auto list = parameter(in, 1);
    if (!object || !list || !list->constructed) return give_up(notes);
    reader each{list->data};
    while (each.left()) {
      const auto what = small(parameter(each, 0));
      if (!what) return give_up(notes);
      add_object(op, *object, what, small(parameter(each, 1)));
    }
  }
}

void read_file(reader& in, bool write, operation& op, remarks& notes) {
  const auto id = application(in, object_identifier);
  const auto object = id ? as_object(id->data) : std::nullopt;
  const auto way = next(in);
  if (!object || !way || !way->constructed || way->number > 1) return give_up(notes);
  add_object(op, *object);
  reader inside{way->data};
  const auto start = application(inside, signed_integer);
  op.fields.emplace_back("access", std::string{way->number == 0 ? "stream" : "record"});
  if (const auto at = start ? as_signed(start->data) : std::nullopt) op.fields.emplace_back("start", *at);
  if (!write || way->number == 1) {
    if (const auto count = small(application(inside, unsigned_integer))) {
      op.objects.back().count = *count;
      op.fields.emplace_back("requested_count", std::uint64_t{*count});
    }
  }
  std::size_t size = 0;
  while (const auto data = write ? application(inside, octets) : std::nullopt) {
    size += data->data.size();
    if (op.values.size() < most_values) op.values.emplace_back(hex(data->data));
  }
  if (!write) return;
  if (way->number == 0) op.objects.back().count = static_cast<std::uint32_t>(size);
  op.fields.emplace_back("payload_size", std::uint64_t{size});
}

void read_subscription(std::uint8_t service, reader& in, operation& op, remarks& notes) {
  const auto process = parameter(in, 0);
  const auto id = parameter(in, 1);
  const auto object = id ? as_object(id->data) : std::nullopt;
  if (!object) return give_up(notes);
  add_object(op, *object);
  add_number(op, "process", process);
  const auto confirmed = parameter(in, 2);
  const auto lifetime = parameter(in, 3);
  if (const auto on = small(confirmed)) op.fields.emplace_back("confirmed_notifications", *on != 0);
  add_number(op, "lifetime", lifetime);
  if (!confirmed && !lifetime) op.fields.emplace_back("cancellation", true);
  if (service != choice::subscribe_property) return;
  const auto reference = parameter(in, 4);
  if (!reference) return give_up(notes);
  reader inside{reference->data};
  op.objects.back().property = small(parameter(inside, 0));
  op.objects.back().index = small(parameter(inside, 1));
  if (const auto step = parameter(in, 5); step && step->data.size() == 4)
    op.fields.emplace_back("increment", static_cast<double>(reader{step->data}.f32()));
}

void read_multiple_subscription(reader& in, operation& op, remarks& notes) {
  add_number(op, "process", parameter(in, 0));
  if (const auto on = small(parameter(in, 1))) op.fields.emplace_back("confirmed_notifications", *on != 0);
  add_number(op, "lifetime", parameter(in, 2));
  add_number(op, "most_delay", parameter(in, 3));
  const auto list = parameter(in, 4);
  if (!list) return give_up(notes);
  reader each{list->data};
  while (each.left()) {
    const auto id = parameter(each, 0);
    const auto object = id ? as_object(id->data) : std::nullopt;
    const auto what = parameter(each, 1);
    if (!object || !what) return give_up(notes);
    reader reference{what->data};
    while (const auto one = next(reference)) {
      if (one->number != 0 || !one->constructed) continue;
      reader inside{one->data};
      const auto property = small(parameter(inside, 0));
      add_object(op, *object, property, small(parameter(inside, 1)));
    }
  }
}

void read_acknowledgement(reader& in, operation& op, remarks& notes) {
  const auto process = parameter(in, 0);
  const auto id = parameter(in, 1);
  const auto state = small(parameter(in, 2));
  const auto when = parameter(in, 3);
  const auto source = parameter(in, 4);
  const auto object = id ? as_object(id->data) : std::nullopt;
  if (!object || !state) return give_up(notes);
  add_object(op, *object);
  add_number(op, "process", process);
  add_name(op, "state", event_state_name(*state), *state);
  if (when) op.fields.emplace_back("event_time", as_time_stamp(when->data));
  if (source) op.fields.emplace_back("operator", as_text(source->data));
}

/// The password itself is never kept.
void read_device_control(std::uint8_t service, reader& in, operation& op, remarks& notes) {
  if (service == choice::reinitialize) {
    const auto state = small(parameter(in, 0));
    if (!state) return give_up(notes);
    add_name(op, "state", reinitialize_name(*state), *state);
    op.fields.emplace_back("password_given", parameter(in, 1).has_value());
    return;
  }
  const auto minutes = parameter(in, 0);
  const auto state = small(parameter(in, 1));
  if (!state) return give_up(notes);
  add_name(op, "state", communication_name(*state), *state);
  add_number(op, "duration_minutes", minutes);
  op.fields.emplace_back("password_given", parameter(in, 2).has_value());
}

void read_range_request(reader& in, operation& op, remarks& notes) {
  enum : std::uint8_t { by_position = 3, by_sequence = 6, by_time = 7 };
  if (!read_reference(in, op, true, notes)) return;
  const auto range = next(in);
  if (!range) return;
  reader inside{range->data};
  if (range->number == by_time) {
    op.fields.emplace_back("range", std::string{"by_time"});
    op.fields.emplace_back("reference_time", as_moment(inside));
  } else {
    op.fields.emplace_back("range", std::string{range->number == by_position ? "by_position" : "by_sequence"});
    add_number(op, "reference", application(inside, unsigned_integer));
  }
  if (const auto count = application(inside, signed_integer))
    if (const auto n = as_signed(count->data)) op.fields.emplace_back("requested_count", *n);
}

void read_creation(reader& in, operation& op, remarks& notes) {
  const auto specifier = parameter(in, 0);
  if (!specifier) return give_up(notes);
  reader inside{specifier->data};
  const auto type = small(parameter(inside, 0));
  const auto given = parameter(inside, 1);
  const auto id = given ? as_object(given->data) : std::nullopt;
  if (!type && !id) return give_up(notes);
  if (id)
    add_object(op, *id);
  else
    op.objects.push_back({.space = std::to_string(*type), .address = {}, .count = 1, .property = {}, .index = {}});
  const auto object = id ? *id : object_id{*type, object_id::any_instance};
  if (const auto list = parameter(in, 1)) read_assignments(list->data, object, op, notes);
}

}  // namespace

void read_confirmed(std::uint8_t service, bytes data, operation& op, remarks& notes) {
  reader in{data};
  switch (service) {
    case choice::acknowledge_alarm: read_acknowledgement(in, op, notes); break;
    case choice::cov_notification: read_notification(data, op, notes); break;
    case choice::event_notification: read_event(data, op, notes); break;
    case choice::subscribe_cov:
    case choice::subscribe_property: read_subscription(service, in, op, notes); break;
    case choice::subscribe_multiple: read_multiple_subscription(in, op, notes); break;
    case choice::read_file: read_file(in, false, op, notes); break;
    case choice::write_file: read_file(in, true, op, notes); break;
    case choice::add_element:
    case choice::remove_element:
      if (!read_reference(in, op, true, notes)) break;
      if (const auto list = parameter(in, 3)) add_values(op, list->data, notes);
      break;
    case choice::create_object: read_creation(in, op, notes); break;
    case choice::delete_object: {
      const auto id = application(in, object_identifier);
      const auto object = id ? as_object(id->data) : std::nullopt;
      object ? add_object(op, *object) : give_up(notes);
      break;
    }
    case choice::read_property: read_reference(in, op, true, notes); break;
    case choice::read_multiple: read_property_list(in, op, notes); break;
    case choice::write_property: {
      if (!read_reference(in, op, true, notes)) break;
      const auto to = parameter(in, 3);
      if (!to) return give_up(notes);
      add_values(op, to->data, notes);
      notes.priority = small(parameter(in, 4));
      if (notes.priority) op.fields.emplace_back("priority", std::uint64_t{*notes.priority});
      break;
    }
    case choice::write_multiple:
      while (in.left()) {
        const auto id = parameter(in, 0);
        const auto object = id ? as_object(id->data) : std::nullopt;
        const auto list = parameter(in, 1);
        if (!object || !list) return give_up(notes);
        read_assignments(list->data, *object, op, notes);
      }
      break;
    case choice::communication:
    case choice::reinitialize: read_device_control(service, in, op, notes); break;
    case choice::private_transfer: read_private(data, op, notes); break;
    case choice::text_message: read_text_message(data, op, notes); break;
    case choice::vt_open:
      if (const auto kind = small(application(in, enumerated))) op.fields.emplace_back("terminal_class", std::uint64_t{*kind});
      add_number(op, "session", application(in, unsigned_integer));
      break;
    case choice::vt_close:
    case choice::vt_data:  // what is typed may be a password
      add_number(op, "session", application(in, unsigned_integer));
      break;
    case choice::read_range: read_range_request(in, op, notes); break;
    case choice::life_safety: {
      const auto process = parameter(in, 0), source = parameter(in, 1);
      const auto what = small(parameter(in, 2));
      const auto id = parameter(in, 3);
      if (!what) return give_up(notes);
      add_name(op, "operation", life_safety_name(*what), *what);
      add_number(op, "process", process);
      if (source) op.fields.emplace_back("operator", as_text(source->data));
      if (const auto object = id ? as_object(id->data) : std::nullopt) add_object(op, *object);
      break;
    }
    case choice::event_information:
      if (const auto last = parameter(in, 0))
        if (const auto object = as_object(last->data)) op.fields.emplace_back("last_received", object->text());
      break;
    case choice::cov_multiple: read_multiple_notifications(data, op, notes); break;
    default: break;
  }
  name_property(op);
}

}  // namespace mw::bacnet
