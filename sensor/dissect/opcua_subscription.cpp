// Subscriptions of OPC UA (OPC 10000-4, 5.12 and 5.13): who watches what, and what is reported of it.
#include "sensor/dissect/opcua_message.hpp"

#include <algorithm>
#include <array>

namespace mw::opcua {
namespace {

/// Properties of a device (OPC 10000-100, 4.5.2) and the facts that they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> identifying{{
    {"Manufacturer", "vendor"},
    {"Model", "model"},
    {"SerialNumber", "serial"},
    {"HardwareRevision", "hardware"},
    {"SoftwareRevision", "software"},
    {"DeviceRevision", "firmware"},
    {"ProductCode", "order_number"},
    {"DeviceClass", "device_type"},
    {"AssetId", "asset_id"},
    {"ComponentName", "product_name"},
    {"SoftwareVersion", "software"},
}};

std::string join(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const auto n : numbers) {
    if (!text.empty()) text += ',';
    text += std::to_string(n);
  }
  return text;
}

std::vector<std::uint32_t> read_numbers(reader& in) {
  std::vector<std::uint32_t> out;
  each(
      in,
      [&] {
        const auto n = in.u32le();
        if (out.size() < most_objects) out.push_back(n);
      },
      4);
  return out;
}

struct read_value_id {
  std::string node;
  std::uint32_t attribute = 0;
};
read_value_id read_item(reader& in) {
  read_value_id v;
  v.node = read_node(in).text;
  v.attribute = in.u32le();
  read_octets(in);  // index range
  read_qualified(in);
  return v;
}
/// Gives the handle.
std::uint32_t read_parameters(reader& in, double& sampling) {
  const auto handle = in.u32le();
  sampling = in.f64le();
  read_extension(in);  // filter
  in.skip(5);          // size of the queue, discard oldest
  return handle;
}

void create_request(exchange& x) {
  auto& in = x.in;
  x.kept.subscription = in.u32le();
  in.skip(4);
  double sampling = 0;
  each(
      in,
      [&] {
        const auto item = read_item(in);
        in.skip(4);  // monitoring mode
        const auto handle = read_parameters(in, sampling);
        if (!in.ok()) return;
        add_object(x.op, std::to_string(item.attribute), item.node);
        if (x.kept.numbers.size() < most_objects) x.kept.numbers.push_back(handle);
      },
      20);
  x.op.fields.emplace_back("subscription", std::uint64_t{x.kept.subscription});
  if (!x.kept.numbers.empty()) x.op.fields.emplace_back("sampling_interval", sampling);
}

void create_response(exchange& x) {
  std::vector<std::uint32_t> statuses;
  std::size_t at = 0;
  each(
      x.in,
      [&] {
        const auto status = x.in.u32le(), id = x.in.u32le();
        x.in.skip(12);         // revised interval and queue
        read_extension(x.in);  // what the filter came to
        if (!x.in.ok()) return;
        statuses.push_back(status);
        if (!is_bad(status) && at < x.kept.numbers.size() && at < x.op.objects.size())
          x.known.watch(x.kept.subscription, x.kept.numbers[at], {x.op.objects[at], id});
        ++at;
      },
      20);
  say_statuses(x.op, statuses);
}

/// Pairs of item id and new handle are kept one behind the other.
void modify_request(exchange& x) {
  auto& in = x.in;
  x.kept.subscription = in.u32le();
  in.skip(4);
  double sampling = 0;
  std::vector<std::uint32_t> ids;
  each(
      in,
      [&] {
        const auto id = in.u32le(), handle = read_parameters(in, sampling);
        if (!in.ok() || ids.size() >= most_objects) return;
        ids.push_back(id);
        x.kept.numbers.push_back(id), x.kept.numbers.push_back(handle);
      },
      24);
  x.op.fields.emplace_back("subscription", std::uint64_t{x.kept.subscription});
  x.op.fields.emplace_back("items", join(ids));
}

void modify_response(exchange& x) {
  std::vector<std::uint32_t> statuses;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> renamed;
  each(
      x.in,
      [&] {
        statuses.push_back(x.in.u32le());
        x.in.skip(12);
        read_extension(x.in);
        const auto at = 2 * (statuses.size() - 1);
        if (x.in.ok() && !is_bad(statuses.back()) && at + 1 < x.kept.numbers.size())
          renamed.emplace_back(x.kept.numbers[at], x.kept.numbers[at + 1]);
      },
      19);
  x.known.rename(x.kept.subscription, std::move(renamed));
  say_statuses(x.op, statuses);
}

/// One value for each item that changed; a handle that is not known leaves the names out altogether.
struct notified {
  std::uint32_t subscription = 0;
  std::vector<object> nodes;
  std::vector<std::uint32_t> handles, statuses;
  bool all_known = true;
  std::uint64_t changes = 0, events = 0;

  void name(const memory& known, std::uint32_t handle) {
    if (handles.size() >= most_objects) return;
    handles.push_back(handle);
    const auto* item = known.find(subscription, handle);
    if (item != nullptr)
      nodes.push_back(item->node);
    else
      all_known = false;
  }
};

void read_changes(exchange& x, reader& in, notified& n) {
  values to{x.op.values};
  each(
      in,
      [&] {
        const auto handle = in.u32le();
        const auto v = read_data_value(in, to);
        if (!in.ok()) return;
        ++n.changes;
        n.name(x.known, handle);
        n.statuses.push_back(v.status);
      },
      5);
  skip_diagnostics(in);
}
void read_events(exchange& x, reader& in, notified& n) {
  values to{x.op.values};
  each(
      in,
      [&] {
        const auto handle = in.u32le();
        each(in, [&] { read_variant(in, to); });
        if (!in.ok()) return;
        ++n.events;
        n.name(x.known, handle);
      },
      8);
}

void read_notification(exchange& x, std::uint32_t subscription) {
  auto& in = x.in;
  notified n;
  n.subscription = subscription;
  const auto sequence = in.u32le();
  in.skip(8);
  each(
      in,
      [&] {
        const auto data = read_extension(in);
        reader body{data.body};
        if (data.type.is(811)) read_changes(x, body, n);
        if (data.type.is(916)) read_events(x, body, n);
        if (data.type.is(820)) add_repeated(x.op, "subscription_status", status_name(body.u32le()));
        if (!body.ok()) x.notes.breaks("encoding", "a notification ends inside a field");
      },
      3);
  x.op.fields.emplace_back("subscription", std::uint64_t{subscription});
  x.op.fields.emplace_back("notification", std::uint64_t{sequence});
  if (n.events != 0) x.op.fields.emplace_back("events", n.events);
  if (n.all_known)
    x.op.objects = std::move(n.nodes);
  else
    x.op.fields.emplace_back("handles", join(n.handles));
  say_statuses(x.op, n.statuses);
}

void publish_response(exchange& x) {
  auto& in = x.in;
  const auto subscription = in.u32le();
  read_numbers(in);  // that may be asked for again
  const bool more = in.u8() != 0;
  read_notification(x, subscription);
  if (more) x.op.fields.emplace_back("more_notifications", true);
  read_statuses(in);  // of the acknowledgements
  skip_diagnostics(in);
}

}  // namespace

void memory::watch(std::uint32_t subscription, std::uint32_t handle, item i) {
  const auto k = key(subscription, handle);
  if (!items_.insert_or_assign(k, std::move(i)).second) return;
  order_.push_back(k);
  while (items_.size() > most_items || order_.size() > 2 * most_items) {
    forgotten_ += items_.erase(order_.front());
    order_.pop_front();
  }
}
const memory::item* memory::find(std::uint32_t subscription, std::uint32_t handle) const {
  const auto at = items_.find(key(subscription, handle));
  return at == items_.end() ? nullptr : &at->second;
}
// All that a message changes is changed in one walk: a message can name thousands of the thousands that are known.
void memory::rename(std::uint32_t subscription, std::vector<std::pair<std::uint32_t, std::uint32_t>> handles) {
  std::ranges::stable_sort(handles, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
  std::vector<std::pair<std::uint32_t, item>> moved;
  absl::erase_if(items_, [&](auto& e) {
    if (e.first >> 32 != subscription) return false;
    const auto same = std::ranges::equal_range(handles, e.second.id, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
    if (same.empty() || key(subscription, same.back().second) == e.first) return false;
    moved.emplace_back(same.back().second, std::move(e.second));
    return true;
  });
  for (auto& [handle, i] : moved) watch(subscription, handle, std::move(i));
}
void memory::forget(std::uint32_t subscription, std::vector<std::uint32_t> ids) {
  std::ranges::sort(ids);
  absl::erase_if(items_, [&](const auto& e) { return e.first >> 32 == subscription && std::ranges::binary_search(ids, e.second.id); });
}
void memory::forget(std::vector<std::uint32_t> subscriptions) {
  std::ranges::sort(subscriptions);
  const auto gone = [&](std::uint64_t k) { return std::ranges::binary_search(subscriptions, static_cast<std::uint32_t>(k >> 32)); };
  absl::erase_if(items_, [&](const auto& e) { return gone(e.first); });
  std::erase_if(order_, gone);
}

void memory::name(const std::string& node, std::string_view browse_name, std::string device) {
  if (const auto colon = browse_name.find(':'); colon != std::string_view::npos) browse_name.remove_prefix(colon + 1);
  const auto property = std::ranges::find(identifying, browse_name, [](const auto& p) { return p.first; });
  if (property == identifying.end()) return;
  if (!nodes_.insert_or_assign(node, identity{property->second, std::move(device)}).second) return;
  node_order_.push_back(node);
  if (nodes_.size() <= most_nodes) return;
  nodes_.erase(node_order_.front());
  node_order_.pop_front();
  ++forgotten_;
}
const memory::identity* memory::identifies(const std::string& node) const {
  const auto at = nodes_.find(node);
  return at == nodes_.end() ? nullptr : &at->second;
}

void read_subscription_request(exchange& x) {
  auto& in = x.in;
  auto& fields = x.op.fields;
  switch (x.kept.what->request) {
    case create_items: return create_request(x);
    case modify_items: return modify_request(x);
    case create_subscription: fields.emplace_back("publishing_interval", in.f64le()); break;
    case modify_subscription:
      fields.emplace_back("subscription", std::uint64_t{in.u32le()});
      fields.emplace_back("publishing_interval", in.f64le());
      break;
    case delete_items:
      x.kept.subscription = in.u32le();
      x.kept.numbers = read_numbers(in);
      fields.emplace_back("subscription", std::uint64_t{x.kept.subscription});
      fields.emplace_back("items", join(x.kept.numbers));
      break;
    case set_monitoring_mode:
      fields.emplace_back("subscription", std::uint64_t{in.u32le()});
      fields.emplace_back("monitoring_mode", std::uint64_t{in.u32le()});
      fields.emplace_back("items", join(read_numbers(in)));
      break;
    case set_triggering:
      fields.emplace_back("subscription", std::uint64_t{in.u32le()});
      fields.emplace_back("triggering_item", std::uint64_t{in.u32le()});
      break;
    case set_publishing_mode:
      fields.emplace_back("enabled", in.u8() != 0);
      fields.emplace_back("subscriptions", join(read_numbers(in)));
      break;
    case transfer_subscriptions:
    case delete_subscriptions:
      x.kept.numbers = read_numbers(in);
      fields.emplace_back("subscriptions", join(x.kept.numbers));
      break;
    case republish:
      x.kept.subscription = in.u32le();
      fields.emplace_back("asked_for", std::uint64_t{in.u32le()});
      break;
    default: break;  // publish: only acknowledgements
  }
}

void read_subscription_response(exchange& x) {
  auto& in = x.in;
  switch (x.kept.what->request) {
    case create_items: return create_response(x);
    case modify_items: return modify_response(x);
    case create_subscription:
      x.op.fields.emplace_back("subscription", std::uint64_t{in.u32le()});
      x.op.fields.emplace_back("revised_interval", in.f64le());
      return;
    case modify_subscription: x.op.fields.emplace_back("revised_interval", in.f64le()); return;
    case publish: return publish_response(x);
    case republish: return read_notification(x, x.kept.subscription);
    case delete_items:
    case delete_subscriptions: {
      const auto statuses = read_statuses(in);
      std::vector<std::uint32_t> gone;
      for (std::size_t i = 0; i < std::min(statuses.size(), x.kept.numbers.size()); ++i)
        if (!is_bad(statuses[i])) gone.push_back(x.kept.numbers[i]);
      if (x.kept.what->request == delete_items)
        x.known.forget(x.kept.subscription, std::move(gone));
      else
        x.known.forget(std::move(gone));
      return say_statuses(x.op, statuses);
    }
    case transfer_subscriptions: {
      std::vector<std::uint32_t> statuses;
      each(in, [&] { statuses.push_back(in.u32le()), read_numbers(in); }, 8);
      return say_statuses(x.op, statuses);
    }
    case set_monitoring_mode:
    case set_publishing_mode:
    case set_triggering: return say_statuses(x.op, read_statuses(in));
    default: return;
  }
}

}  // namespace mw::opcua
