// BACnet's unconfirmed services, and the notices that come confirmed and unconfirmed (ASHRAE 135, clauses 13, 16 and 21).
#include "common/text.hpp"
#include "sensor/dissect/bacnet_names.hpp"
#include "sensor/dissect/bacnet_services.hpp"

namespace mw::bacnet {
namespace {

using choice = unconfirmed_choice;

void give_up(remarks& notes) { notes.breaks("parameters", "the notice has not the parameters of its service"); }
std::optional<object_id> object_of(const std::optional<element>& e) { return e ? as_object(e->data) : std::nullopt; }

/// {property, index, value, …} one after the other.
bool read_changes(bytes list, const object_id& object, operation& op) {
  reader in{list};
  while (in.left()) {
    const auto what = small(parameter(in, 0));
    const auto index = small(parameter(in, 1));
    const auto now = parameter(in, 2);
    (void)parameter(in, 3);  // the priority, or the time of change
    if (!what || !now) return false;
    add_object(op, object, what, index);
    if (!flatten(now->data, op.values)) return false;
  }
  return true;
}

void read_i_am(reader& in, operation& op, remarks& notes) {
  const auto id = object_of(application(in, object_identifier));
  const auto largest = small(application(in, unsigned_integer));
  const auto segments = small(application(in, enumerated));
  const auto vendor = small(application(in, unsigned_integer));
  if (!id || !largest || !segments || !vendor) return give_up(notes);
  if (id->type != object_id::device) notes.breaks("object", "an I-Am is about a device");
  if (id->instance == object_id::any_instance) notes.breaks("instance", "the instance that means every device is no device's own");
  add_object(op, *id);
  op.fields.emplace_back("largest_apdu", std::uint64_t{*largest});
  add_name(op, "segmentation", segmentation_name(*segments), *segments);
  op.fields.emplace_back("vendor_id", std::uint64_t{*vendor});
  notes.instance = id->instance;
  notes.findings.push_back({"device_instance", std::to_string(id->instance), 90});
  notes.findings.push_back({"vendor_id", std::to_string(*vendor), 90});
  if (const auto name = vendor_name(*vendor); !name.empty()) {
    op.fields.emplace_back("vendor", std::string{name});
    notes.findings.push_back({"vendor", std::string{name}, 80});
  }
}

void read_who(reader& in, bool object_too, operation& op, remarks& notes) {
  const auto low = small(parameter(in, 0));
  const auto high = small(parameter(in, 1));
  if (low.has_value() != high.has_value()) return give_up(notes);
  if (low) {
    op.fields.emplace_back("low", std::uint64_t{*low});
    op.fields.emplace_back("high", std::uint64_t{*high});
    if (*low > *high || *high > object_id::any_instance) notes.breaks("range", "the range of devices is empty or too large");
  }
  if (!object_too) return;
  if (const auto id = object_of(parameter(in, 2)))
    add_object(op, *id);
  else if (const auto name = parameter(in, 3))
    op.fields.emplace_back("object_name", as_text(name->data));
  else
    give_up(notes);
}

/// Who-Am-I and You-Are: a device that has no instance yet is known by vendor, model and serial number.
void read_assignment(reader& in, bool assigns, operation& op, remarks& notes) {
  const auto vendor = small(application(in, unsigned_integer));
  const auto model = application(in, text), serial = application(in, text);
  if (!vendor || !model || !serial) return give_up(notes);
  op.fields.emplace_back("vendor_id", std::uint64_t{*vendor});
  op.fields.emplace_back("model", as_text(model->data));
  op.fields.emplace_back("serial", as_text(serial->data));
  if (assigns) {
    if (const auto id = object_of(application(in, object_identifier))) add_object(op, *id);
    if (const auto address = application(in, octets)) op.fields.emplace_back("address", hex(address->data));
    return;
  }
  if (const auto name = vendor_name(*vendor); !name.empty()) notes.findings.push_back({"vendor", std::string{name}, 80});
  notes.findings.push_back({"model", as_text(model->data), 90});
  notes.findings.push_back({"serial", as_text(serial->data), 90});
}

void read_group(reader& in, operation& op, remarks& notes) {
  const auto group = small(parameter(in, 0));
  const auto priority = small(parameter(in, 1));
  const auto list = parameter(in, 2);
  if (!group || !list) return give_up(notes);
  op.fields.emplace_back("group", std::uint64_t{*group});
  if (priority) op.fields.emplace_back("priority", std::uint64_t{*priority}), notes.priority = priority;
  reader each{list->data};
  while (each.left()) {
    const auto channel = small(parameter(each, 0));
    (void)parameter(each, 1);
    const auto to = next(each);
    if (!channel || !to) return give_up(notes);
    if (op.objects.size() >= most_objects) break;
    op.objects.push_back({.space = "channel", .address = std::to_string(*channel), .count = 1, .property = {}, .index = {}});
    op.values.push_back(plain(*to));
  }
}

}  // namespace

void add_object(operation& op, const object_id& id, std::optional<std::uint32_t> what, std::optional<std::uint32_t> index) {
  if (op.objects.size() >= most_objects) return;
  if (op.objects.empty())
    if (const auto name = object_type_name(id.type); !name.empty()) op.fields.emplace_back("object_type", std::string{name});
  op.objects.push_back(
      {.space = std::to_string(id.type), .address = std::to_string(id.instance), .count = 1, .property = what, .index = index});
}
void add_number(operation& op, std::string_view name, const std::optional<element>& e) {
  if (const auto n = e && !e->constructed ? as_unsigned(e->data) : std::nullopt) op.fields.emplace_back(name, *n);
}
void add_name(operation& op, std::string_view name, std::string_view word, std::uint64_t number) {
  op.fields.emplace_back(name, word.empty() ? std::to_string(number) : std::string{word});
}
void name_property(operation& op) {
  if (op.objects.size() != 1 || !op.objects.front().property) return;
  if (const auto name = property_name(*op.objects.front().property); !name.empty())
    op.fields.emplace_back("property_name", std::string{name});
}

void read_notification(bytes data, operation& op, remarks& notes) {
  reader in{data};
  const auto process = parameter(in, 0);
  const auto device = object_of(parameter(in, 1)), object = object_of(parameter(in, 2));
  const auto left = parameter(in, 3), list = parameter(in, 4);
  if (!device || !object || !list) return give_up(notes);
  add_number(op, "process", process);
  op.fields.emplace_back("device", std::uint64_t{device->instance});
  add_number(op, "time_remaining", left);
  notes.instance = device->instance;
  if (!read_changes(list->data, *object, op)) give_up(notes);
}

void read_multiple_notifications(bytes data, operation& op, remarks& notes) {
  reader in{data};
  const auto process = parameter(in, 0);
  const auto device = object_of(parameter(in, 1));
  const auto left = parameter(in, 2), when = parameter(in, 3), list = parameter(in, 4);
  if (!device || !list) return give_up(notes);
  add_number(op, "process", process);
  op.fields.emplace_back("device", std::uint64_t{device->instance});
  add_number(op, "time_remaining", left);
  if (when) {
    reader moment{when->data};
    op.fields.emplace_back("changed_at", as_moment(moment));
  }
  notes.instance = device->instance;
  reader each{list->data};
  while (each.left()) {
    const auto object = object_of(parameter(each, 0));
    const auto changes = parameter(each, 1);
    if (!object || !changes || !read_changes(changes->data, *object, op)) return give_up(notes);
  }
}

void read_event(bytes data, operation& op, remarks& notes) {
  reader in{data};
  const auto process = parameter(in, 0);
  const auto device = object_of(parameter(in, 1)), object = object_of(parameter(in, 2));
  const auto when = parameter(in, 3), category = parameter(in, 4), priority = parameter(in, 5);
  const auto type = small(parameter(in, 6));
  const auto message = parameter(in, 7);
  const auto kind = small(parameter(in, 8)), acknowledge = small(parameter(in, 9)), from = small(parameter(in, 10)),
             to = small(parameter(in, 11));
  if (!device || !object || !type || !kind) return give_up(notes);
  constexpr auto kinds = split<3>("alarm event ack_notification", ' ');
  notes.instance = device->instance;
  add_object(op, *object);
  add_number(op, "process", process);
  op.fields.emplace_back("device", std::uint64_t{device->instance});
  if (when) op.fields.emplace_back("event_time", as_time_stamp(when->data));
  add_number(op, "notification_class", category);
  add_number(op, "event_priority", priority);
  add_name(op, "event_type", event_type_name(*type), *type);
  if (message) op.fields.emplace_back("message", as_text(message->data));
  add_name(op, "notify_type", at(kinds, *kind), *kind);
  if (acknowledge) op.fields.emplace_back("acknowledge_required", *acknowledge != 0);
  if (from) add_name(op, "from_state", event_state_name(*from), *from);
  if (!to) return;
  add_name(op, "to_state", event_state_name(*to), *to);
  op.values.emplace_back(std::uint64_t{*to});
}

void read_private(bytes data, operation& op, remarks& notes) {
  reader in{data};
  const auto vendor = small(parameter(in, 0)), number = small(parameter(in, 1));
  if (!vendor || !number) return give_up(notes);
  op.fields.emplace_back("vendor_id", std::uint64_t{*vendor});
  if (const auto name = vendor_name(*vendor); !name.empty()) op.fields.emplace_back("vendor", std::string{name});
  op.fields.emplace_back("service_number", std::uint64_t{*number});
  if (const auto rest = parameter(in, 2)) op.values.emplace_back(hex(rest->data, 256));
}

void read_text_message(bytes data, operation& op, remarks& notes) {
  reader in{data};
  const auto device = object_of(parameter(in, 0));
  const auto group = parameter(in, 1);
  const auto urgent = small(parameter(in, 2));
  const auto message = parameter(in, 3);
  if (!device || !message) return give_up(notes);
  op.fields.emplace_back("device", std::uint64_t{device->instance});
  if (group) {
    reader inside{group->data};
    if (const auto number = small(parameter(inside, 0)))
      op.fields.emplace_back("message_class", std::to_string(*number));
    else if (const auto word = parameter(inside, 1))
      op.fields.emplace_back("message_class", as_text(word->data));
  }
  if (urgent) op.fields.emplace_back("urgent", *urgent != 0);
  op.values.emplace_back(as_text(message->data));
}

void read_unconfirmed(std::uint8_t service, bytes data, operation& op, remarks& notes) {
  reader in{data};
  switch (service) {
    case choice::i_am: read_i_am(in, op, notes); break;
    case choice::i_have: {
      const auto device = object_of(application(in, object_identifier)), object = object_of(application(in, object_identifier));
      const auto name = application(in, text);
      if (!device || !object) return give_up(notes);
      notes.instance = device->instance;
      add_object(op, *object);
      op.fields.emplace_back("device", std::uint64_t{device->instance});
      if (name) op.values.emplace_back(as_text(name->data));
      if (name && object->type == object_id::device) notes.findings.push_back({"host_name", as_text(name->data), 85});
      break;
    }
    case choice::cov_notification: read_notification(data, op, notes); break;
    case choice::event_notification: read_event(data, op, notes); break;
    case choice::private_transfer: read_private(data, op, notes); break;
    case choice::text_message: read_text_message(data, op, notes); break;
    case choice::time_sync:
    case choice::utc_time_sync:
      if (auto moment = as_moment(in); !moment.empty())
        op.values.emplace_back(std::move(moment));
      else
        give_up(notes);
      break;
    case choice::who_has: read_who(in, true, op, notes); break;
    case choice::who_is: read_who(in, false, op, notes); break;
    case choice::write_group: read_group(in, op, notes); break;
    case choice::cov_multiple: read_multiple_notifications(data, op, notes); break;
    case choice::who_am_i: read_assignment(in, false, op, notes); break;
    case choice::you_are: read_assignment(in, true, op, notes); break;
    default: break;
  }
  name_property(op);
}

}  // namespace mw::bacnet
