// What is known of BACnet devices from what they say: where they are, what they are, which priority commands their outputs, and
// which networks lie behind whom (ASHRAE 135, clauses 6.4, 16.10 and 19.2).
#include "sensor/dissect/bacnet_exchange.hpp"

#include <algorithm>
#include <array>

namespace mw::bacnet {
namespace {

constexpr std::size_t most_places = 256, most_commands = 256, most_networks = 64;
constexpr std::uint32_t lowest_priority = 16, minimum_time_priority = 6, relinquished = lowest_priority + 1;

enum message : std::uint8_t {
  who_is_router = 0,
  i_am_router = 1,
  i_could_be_router = 2,
  reject_message = 3,
  router_busy = 4,
  router_available = 5,
  initialize_table = 6,
  initialize_table_ack = 7,
  establish = 8,
  disconnect = 9,
  number_is = 19,
};

void add_network(operation& op, std::uint16_t network) {
  if (op.objects.size() < most_networks)
    op.objects.push_back({.space = "network", .address = std::to_string(network), .count = 1, .property = {}, .index = {}});
}

}  // namespace

operation exchange::begin(const envelope& e, std::string_view family, std::uint8_t number, const service& what) const {
  operation op;
  op.time = e.at;
  op.function = std::string{family} + std::to_string(number);
  op.function_name = what.name;
  op.action = what.what;
  op.unit = unit_of(other(e.from), e.destination);
  if (e.source) op.fields.emplace_back("source", e.source->text());
  if (e.destination) op.fields.emplace_back("destination", e.destination->text());
  if (e.origin) op.fields.emplace_back("origin", to_string(*e.origin));
  return op;
}

std::string exchange::unit_of(side at, const std::optional<route>& behind) const {
  if (behind && behind->size == 0) return {};  // everybody there
  const auto it = std::ranges::find_if(places_, [&](const place& p) { return p.at == at && p.behind == behind; });
  if (it != places_.end()) return std::to_string(it->instance);
  return behind ? behind->text() : std::string{};
}

void exchange::place_device(const envelope& e, std::uint32_t instance, output& out) {
  if (e.origin || instance == object_id::any_instance) return;
  const auto it = std::ranges::find_if(places_, [&](const place& p) { return p.at == e.from && p.behind == e.source; });
  if (it != places_.end()) {
    if (it->instance != instance) out.violate(e.from, "instance_changed", "one address says to be two devices", unit_of(e.from, e.source));
    it->instance = instance;
    return;
  }
  if (places_.size() >= most_places) {
    places_.pop_front();
    out.count("bacnet", "forgotten", "device");
  }
  places_.push_back({e.from, e.source, instance});
}

void exchange::tell(const envelope& e, std::string_view kind, std::string_view value, std::uint8_t confidence, output& out, bool several) {
  if (e.origin) {
    if (e.source) return;  // behind a router that is not on this flow
    if (told_.fresh(e.origin->address, {}, kind, value, e.at, "bacnet", out, several))
      out.learn_about(e.origin->address, {}, kind, value, confidence);
    return;
  }
  const auto unit = e.source ? unit_of(e.from, e.source) : std::string{};
  const auto& host = e.sender;
  const auto key = unit.empty() ? std::string{value} : unit + ' ' + std::string{value};
  if (told_.fresh(host.address, host.address.is_none() ? host.hardware : mac{}, kind, key, e.at, "bacnet", out, several || !unit.empty()))
    out.learn(e.from, unit, kind, value, confidence);
}

/// Facts and violations of a message, once it was read.
void exchange::settle(const envelope& e, const remarks& notes, output& out) {
  if (notes.instance) place_device(e, *notes.instance, out);
  for (const auto& f : notes.findings) tell(e, f.kind, f.value, f.confidence, out);
  if (notes.left_out) out.count("bacnet", "forgotten", "finding");
  if (!notes.wrong.empty()) out.violate(e.from, notes.wrong.front().first, notes.wrong.front().second, unit_of(e.from, e.source));
}

exchange::command* exchange::find_command(side at, const std::optional<route>& behind, const object& what) {
  const auto it = std::ranges::find_if(commands_, [&](const command& c) {
    return c.at == at && c.behind == behind && c.what.space == what.space && c.what.address == what.address;
  });
  return it == commands_.end() ? nullptr : &*it;
}
void exchange::set_command(side at, const std::optional<route>& behind, const object& what, std::uint32_t priority, output& out) {
  if (auto* known = find_command(at, behind, what)) {
    known->priority = priority;
    return;
  }
  if (commands_.size() >= most_commands) {
    commands_.pop_front();
    out.count("bacnet", "forgotten", "command");
  }
  commands_.push_back({at, behind, what, priority});
}

/// A present value is written over whoever commanded it with a weaker priority (clause 19.2).
void exchange::check_priority(const envelope& e, operation& op, const remarks& notes, output& out) {
  if (notes.priority) {
    if (*notes.priority < 1 || *notes.priority > lowest_priority) {
      out.violate(e.from, "priority", "the priority of a command is 1 to 16", op.unit);
      return;
    }
    if (*notes.priority == minimum_time_priority)
      out.violate(e.from, "reserved_priority", "priority 6 is the device's own, for minimum on and off times", op.unit);
  }
  if (op.action != action::write || op.objects.size() != 1 || op.values.size() != 1) return;
  const auto& what = op.objects.front();
  if (what.property != property::present_value) return;
  const bool gives_back = std::holds_alternative<std::monostate>(op.values.front());
  if (gives_back) op.fields.emplace_back("relinquish", true);
  const auto priority = notes.priority.value_or(lowest_priority);
  const auto* ruling = find_command(other(e.from), e.destination, what);
  if (gives_back || ruling == nullptr || ruling->priority > lowest_priority || priority >= ruling->priority) return;
  op.fields.emplace_back("takes_over_priority", std::uint64_t{ruling->priority});
}

void exchange::note_command(const envelope& e, const requests::request& r, output& out) {
  if (r.op.objects.size() != 1) return;
  const auto& what = r.op.objects.front();
  if (r.extra.service == confirmed_choice::read_property && what.property == property::priority_array && !what.index &&
      r.op.values.size() == lowest_priority) {
    const auto it = std::ranges::find_if(r.op.values, [](const value& v) { return !std::holds_alternative<std::monostate>(v); });
    const auto ruling = it == r.op.values.end() ? relinquished : static_cast<std::uint32_t>(it - r.op.values.begin()) + 1;
    return set_command(e.from, e.source, what, ruling, out);
  }
  if (r.extra.service != confirmed_choice::write_property || what.property != property::present_value || r.op.values.size() != 1) return;
  const auto priority = r.extra.priority.value_or(lowest_priority);
  auto* known = find_command(e.from, e.source, what);
  if (std::holds_alternative<std::monostate>(r.op.values.front())) {  // what rules now is not told, except that this does not
    if (known != nullptr && known->priority == priority)
      commands_.erase(std::ranges::find_if(commands_, [&](const command& c) { return &c == known; }));
  } else if (known == nullptr || priority < known->priority) {
    set_command(e.from, e.source, what, priority, out);
  }
}

void exchange::on_network(const envelope& e, const npdu& n, output& out) {
  const auto type = *n.message;
  out.count("bacnet", "network_message", type);
  auto op = begin(e, "network/", type, network_message(type));
  reader in{n.data};
  switch (type) {
    case who_is_router:
      if (in.left() != 0) add_network(op, in.u16());
      break;
    case i_am_router: tell(e, "role", "bacnet_router", 90, out); [[fallthrough]];
    case router_busy:
    case router_available:
      while (in.left()) {
        const auto network = in.u16();
        if (!in.ok()) break;
        add_network(op, network);
        if (type == i_am_router && op.objects.size() < most_networks) tell(e, "network", std::to_string(network), 90, out, true);
      }
      break;
    case i_could_be_router:
      add_network(op, in.u16());
      op.fields.emplace_back("performance", std::uint64_t{in.u8()});
      break;
    case reject_message: {
      const auto reason = in.u8();
      add_network(op, in.u16());
      op.code = std::to_string(reason);
      add_name(op, "reason", network_reject_name(reason), reason);
      break;
    }
    case initialize_table:
    case initialize_table_ack: {
      const auto ports = in.u8();
      op.fields.emplace_back("ports", std::uint64_t{ports});
      while (in.left()) {
        const auto network = in.u16();
        in.skip(1);
        in.skip(in.u8());
        if (in.ok()) add_network(op, network);
      }
      if (ports == 0) op.action = type == initialize_table ? action::read : action::identify;  // it only asks for the table
      break;
    }
    case establish:
      add_network(op, in.u16());
      op.fields.emplace_back("seconds", std::uint64_t{in.u8()});
      break;
    case disconnect: add_network(op, in.u16()); break;
    case number_is: {
      add_network(op, in.u16());
      op.fields.emplace_back("configured", in.u8() != 0);
      break;
    }
    default:
      if (n.vendor != 0) op.fields.emplace_back("vendor_id", std::uint64_t{n.vendor});
      break;
  }
  if (!in.ok()) out.violate(e.from, "length", "the network layer message is shorter than its parameters");
  out.emit(std::move(op), e.from);
}

}  // namespace mw::bacnet
