// What records tell about machines: services, sub-devices, facts.
#include "analyzer/assets/inventory.hpp"

#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::size_t most_changes = 64;

/// Kinds of which a machine has several at once.
bool is_many(std::string_view kind) {
  return kind == "ip" || kind == "mac" || kind == "gratuitous_arp" || kind == "service" || kind == "route" || kind == "module" ||
         kind == "port_id" || kind == "port_description";
}
/// Kinds that are no properties: bindings, which live in the asset's own fields, and what a machine asked for.
bool is_binding(std::string_view kind) { return kind == "mac" || kind == "gratuitous_arp" || kind == "arp_asked"; }

sub_device* unit_of(asset& a, const std::string& unit, const std::string& protocol, timestamp now, std::size_t most) {
  for (auto& u : a.units)
    if (u.unit == unit && u.protocol == protocol) return u.last = std::max(u.last, now), &u;
  if (a.units.size() >= most) return nullptr;
  return &a.units.emplace_back(sub_device{unit, protocol, now, now, {}});
}

bool answered(outcome o) { return o == outcome::ok || o == outcome::refused || o == outcome::unpaired || o == outcome::unsolicited; }

}  // namespace

void inventory::use(machine& m, std::string_view protocol, std::uint16_t port, bool serves, const action* what, std::uint64_t peer,
                    timestamp now) {
  bool fresh = false;
  auto& list = m.about.services;
  auto at = std::find_if(list.begin(), list.end(),
                         [&](const service& s) { return s.serves == serves && s.port == port && s.protocol == protocol; });
  if (at == list.end()) {
    if (list.size() >= most_services) return;
    list.push_back({std::string{protocol}, port, serves, now, now, 0, 0});
    at = list.end() - 1, fresh = true;
  }
  at->last = std::max(at->last, now), ++at->count;
  const auto bit = what ? 1u << static_cast<unsigned>(*what) : 0u;
  if ((at->actions & bit) != bit) at->actions |= bit, fresh = true;
  if (!serves && is_industrial(protocol) && m.about.asked.size() < most_asked &&
      std::find(m.about.asked.begin(), m.about.asked.end(), peer) == m.about.asked.end())
    m.about.asked.push_back(peer), fresh = true;
  // what it does most may change which role it is; asked at powers of two, not each time
  if (fresh || (at->count & (at->count - 1)) == 0) infer_role(m.about, m.about.asked.size());
}

void inventory::learn(machine& m, const fact& f, inventory_news& out) {
  if (is_binding(f.kind)) return;
  auto* facts = &m.about.facts;
  if (!f.unit.empty()) {
    auto* u = unit_of(m.about, f.unit, f.protocol, f.time, most_units);
    if (!u) return;
    facts = &u->facts;
  }
  for (auto& known : *facts) {
    if (known.kind != f.kind || known.protocol != f.protocol) continue;
    if (known.value == f.value) {
      known.last = std::max(known.last, f.time), known.confidence = std::max(known.confidence, f.confidence);
      return;
    }
    if (is_many(f.kind) || f.confidence + 10 < known.confidence) continue;
    const fact_change change{f.time, f.unit, f.kind, known.value, f.value};
    out.changes.push_back(change);
    if (m.about.history.size() >= most_changes) m.about.history.erase(m.about.history.begin());
    m.about.history.push_back(change);
    known = {f.kind, f.value, f.protocol, f.confidence, f.time, f.time};
    infer_role(m.about, m.about.asked.size());
    return;
  }
  if (facts->size() >= most_facts) return;
  facts->push_back({f.kind, f.value, f.protocol, f.confidence, f.time, f.time});
  if (f.kind == "role" || f.kind == "capability") infer_role(m.about, m.about.asked.size());
}

inventory_news inventory::observe(const attributed& a, timestamp now) {
  inventory_news out;
  sight s;
  s.site = a.from->site, s.from = a.from.get(), s.now = std::min(time_of(a.what), now), s.zone = a.client_zone;
  if (const auto* f = std::get_if<flow_record>(&a.what)) {
    s.vlan = f->vlan;
    auto* client = resolve(f->client, s, out);
    const auto peer = key_of(host_of(f->server));
    if (client) use(*client, f->application, f->server.port.number, false, nullptr, peer, s.now);
    s.zone = a.server_zone;
    // an address that never answered is no machine
    auto* server = f->server_packets > 0 ? resolve(f->server, s, out) : nullptr;
    if (server && f->tcp_state != "rejected") use(*server, f->application, f->server.port.number, true, nullptr, 0, s.now);
    if (client) out.client = &client->about;
    if (server) out.server = &server->about;
  } else if (const auto* o = std::get_if<operation>(&a.what)) {
    s.vlan = o->vlan;
    auto* client = resolve(o->client, s, out);
    if (client) use(*client, o->protocol, o->server.port.number, false, &o->action, key_of(host_of(o->server)), s.now);
    s.zone = a.server_zone;
    auto* server = answered(o->outcome) ? resolve(o->server, s, out) : nullptr;
    if (server) {
      use(*server, o->protocol, o->server.port.number, true, &o->action, 0, s.now);
      if (!o->unit.empty() && o->outcome != outcome::refused) unit_of(server->about, o->unit, o->protocol, s.now, most_units);
    }
    if (client) out.client = &client->about;
    if (server) out.server = &server->about;
  } else if (const auto* f = std::get_if<fact>(&a.what)) {
    s.vlan = f->vlan;
    // a claim binds an address to a card; what DHCP says of a card alone, or of an address alone, binds nothing
    s.claim = f->protocol == "arp" || f->protocol == "ndp" || (f->protocol == "dhcp" && !f->address.is_none() && !f->hardware.is_none());
    s.gratuitous = f->kind == "gratuitous_arp";
    auto* m = resolve({f->address, {}, f->hardware}, s, out);
    if (!m) return out;
    if (s.claim && out.conflicts.empty()) unite(*m, f->hardware, s);
    // a claim that is disputed teaches nothing about the owner
    if (out.conflicts.empty()) learn(*m, *f, out);
    out.client = &m->about;
  }
  return out;
}

}  // namespace mw
