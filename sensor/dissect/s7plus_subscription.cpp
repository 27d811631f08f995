// Subscriptions of S7comm-plus: made by CreateObject, changed by SetMultiVariables, reported by notifications.
#include "sensor/dissect/s7plus_subscription.hpp"

#include <algorithm>

namespace mw::s7plus {

subscriptions::entry& subscriptions::at(std::uint32_t id, output& out) {
  const auto found = std::ranges::find(entries_, id, &entry::id);
  if (found != entries_.end()) return *found;
  if (entries_.size() >= most) {
    entries_.pop_front();
    out.count("s7comm_plus", "forgotten", "subscription");
  }
  entries_.push_back({id, {}, {}});
  return entries_.back();
}

void subscriptions::add(std::uint32_t id, std::vector<reference>&& references, output& out) {
  auto& e = at(id, out);
  for (auto& r : references) {
    const auto known = std::ranges::find(e.references, r.number, &reference::number);
    if (known != e.references.end()) {
      known->what = std::move(r.what);
    } else {
      if (e.references.size() >= most_references) {
        e.references.erase(e.references.begin());
        out.count("s7comm_plus", "forgotten", "reference");
      }
      e.references.push_back(std::move(r));
    }
  }
}

void subscriptions::remove(std::uint32_t id) {
  std::erase_if(entries_, [&](const entry& e) { return e.id == id; });
}

void subscriptions::report(notification&& n, operation& op) const {
  const auto e = std::ranges::find(entries_, n.subscription, &entry::id);
  for (auto& [number, values] : n.items) {
    object o;
    o.space = "reference";
    o.address = std::to_string(number);
    if (e != entries_.end()) {
      const auto r = std::ranges::find(e->references, number, &reference::number);
      if (r != e->references.end()) o = r->what;
    }
    op.objects.push_back(std::move(o));
    for (auto& v : values)
      if (op.values.size() < value_limit) op.values.push_back(std::move(v));
  }
}

bool subscriptions::in_sequence(const notification& n, output& out) {
  auto& e = at(n.subscription, out);
  const std::uint64_t now = n.counted ? n.sequence : n.tick;
  const auto last = std::exchange(e.last, now);
  // the short counter starts again from the beginning; one that stands still is not used
  return !last || now == *last + 1 || now <= *last;
}

void subscriptions::gap() {
  for (auto& e : entries_) e.last.reset();
}

}  // namespace mw::s7plus
