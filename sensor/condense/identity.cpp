// Hashes and comparisons of operations, made of their fields in place: no text is built for an operation.
#include "sensor/condense/identity.hpp"

#include <absl/hash/hash.h>

#include <algorithm>
#include <utility>

namespace mw {
namespace {

const value* cause_of(const operation& o) {
  for (const auto& [name, v] : o.fields)
    if (name == "cause") return &v;
  return nullptr;
}

template <class H>
H ends(H h, const operation& o) {
  h = H::combine(std::move(h), o.client.address.bytes(), o.client.hardware.octets);
  h = H::combine(std::move(h), o.server.address.bytes(), o.server.port.number, o.server.hardware.octets);
  return H::combine(std::move(h), o.vlan, o.transport, o.protocol, o.unit);
}
template <class H>
H list(H h, const std::vector<object>& all) {
  for (const auto& x : all) h = H::combine(std::move(h), x.space, x.address, x.count, x.property.value_or(~0u), x.index.value_or(~0u));
  return H::combine(std::move(h), all.size());
}

struct whole {
  const operation& o;
  template <class H>
  friend H AbslHashValue(H h, const whole& w) {
    const auto& o = w.o;
    h = H::combine(ends(std::move(h), o), o.action, o.outcome, o.function, o.code, o.values.size());
    h = list(list(std::move(h), o.objects), o.returned);
    for (const auto& f : o.fields) h = H::combine(std::move(h), f.first);
    if (const auto* cause = cause_of(o)) h = H::combine(std::move(h), *cause);
    return h;
  }
};
struct conversation {
  const operation& o;
  template <class H>
  friend H AbslHashValue(H h, const conversation& c) {
    return ends(std::move(h), c.o);
  }
};

bool same_end(const endpoint& a, const endpoint& b) { return a.address == b.address && a.hardware == b.hardware; }

}  // namespace

std::uint64_t identity_of(const operation& o) { return absl::Hash<whole>{}(whole{o}); }
std::uint64_t channel_of(const operation& o) { return absl::Hash<conversation>{}(conversation{o}); }

bool same_identity(const operation& a, const operation& b) {
  const auto* x = cause_of(a);
  const auto* y = cause_of(b);
  const auto same_name = [](const field& l, const field& r) { return l.first == r.first; };
  return a.action == b.action && a.outcome == b.outcome && a.transport == b.transport && a.vlan == b.vlan &&
         a.values.size() == b.values.size() && a.function == b.function && a.unit == b.unit && a.protocol == b.protocol &&
         same_end(a.client, b.client) && same_end(a.server, b.server) && a.server.port == b.server.port && a.code == b.code &&
         a.objects == b.objects && a.returned == b.returned && (x == nullptr) == (y == nullptr) && (x == nullptr || *x == *y) &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same_name);
}

operation shape_of(const operation& o) {
  operation s = o;
  for (auto& v : s.values) v = std::monostate{};
  for (auto& [name, v] : s.fields)
    if (name != "cause") v = std::monostate{};
  return s;
}

void symbol::set(const operation& o) {
  function = o.function;
  objects = static_cast<std::uint32_t>(o.objects.size());
  if (o.objects.empty()) {
    space.clear(), address.clear(), count = 0;
    return;
  }
  space = o.objects.front().space, address = o.objects.front().address, count = o.objects.front().count;
}

std::uint64_t symbol::id() const { return absl::HashOf(function, space, address, count, objects); }

std::string symbol::text() const {
  auto out = function;
  if (objects == 0) return out;
  out += ' ';
  out += space;
  out += ':';
  out += address;
  out += 'x';
  out += std::to_string(count);
  if (objects > 1) out += '+', out += std::to_string(objects - 1);
  return out;
}

}  // namespace mw
