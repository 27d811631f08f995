// Who is who: addresses, cards and routers.
#include "analyzer/assets/inventory.hpp"

#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <tuple>

namespace mw {
namespace {

std::uint64_t address_key(std::string_view site, const ip& a) { return key_of("ip", site, to_string(a)); }
std::uint64_t card_key(std::string_view site, const mac& m) { return key_of("mac", site, to_string(m)); }

bool is_machine(const endpoint& e) {
  if (e.address.is_none()) return !e.hardware.is_none() && !e.hardware.is_group();
  return !e.address.is_public() && !e.address.is_multicast() && !e.address.is_broadcast() && !(e.address == ip::v4(0, 0, 0, 0));
}

void put_first(std::vector<std::string>& list, const std::string& item, std::size_t most) {
  if (!list.empty() && list.front() == item) return;
  std::erase(list, item);
  list.insert(list.begin(), item);
  if (list.size() > most) list.pop_back();
}

}  // namespace

void inventory::forget_with_machine() {
  machines_.on_forget = [this](const std::uint64_t& id, machine& m) {
    for (const auto& text : m.about.addresses)
      if (const auto a = ip::parse(text))
        if (const auto at = addresses_.find(address_key(m.about.site, *a)); at != addresses_.end() && at->second == id)
          addresses_.erase(at);
    if (const auto h = mac::parse(m.about.hardware))
      if (auto* c = cards_.find(card_key(m.about.site, *h))) std::erase(c->machines, id);
  };
}

inventory::machine* inventory::by_address(std::string_view site, const ip& a) {
  const auto at = addresses_.find(address_key(site, a));
  return at == addresses_.end() ? nullptr : &machines_.touch(at->second).first;
}

const asset* inventory::find(std::string_view site, std::string_view host) const {
  const auto about = [&](std::uint64_t id) -> const asset* {
    const auto* m = machines_.find(id);
    return m ? &m->about : nullptr;
  };
  if (const auto a = ip::parse(host)) {
    const auto at = addresses_.find(address_key(site, *a));
    return at == addresses_.end() ? nullptr : about(at->second);
  }
  const auto h = mac::parse(host);
  const auto* c = h ? cards_.find(card_key(site, *h)) : nullptr;
  return c && !c->machines.empty() ? about(c->machines.front()) : nullptr;
}

bool inventory::is_router(std::string_view site, const mac& m) const {
  const auto* c = cards_.find(card_key(site, m));
  return c && c->router;
}

inventory::machine& inventory::make(const endpoint& e, const sight& s) {
  // the same machine at the same first moment has the same id in every run
  std::uint64_t id = key_of("asset", s.site, host_of(e), e.hardware.is_none() ? std::string{} : to_string(e.hardware));
  while (machines_.find(id)) ++id;
  auto& m = machines_.touch(id).first;
  m.about.id = fmt::format("A{:016x}", id);
  m.about.site = s.site, m.about.first = m.about.last = s.now;
  if (s.from) m.about.enterprise = s.from->enterprise;
  return m;
}

void inventory::bind(machine& m, std::uint64_t id, const ip& a, const mac& h, const sight& s) {
  if (!a.is_none()) {
    const auto text = to_string(a);
    if (!m.about.addresses.empty() && m.about.addresses.front() != text &&
        std::find(m.about.addresses.begin(), m.about.addresses.end(), text) == m.about.addresses.end()) {
      m.about.history.push_back({s.now, "", "address", m.about.addresses.front(), text});
      if (m.about.history.size() > 64) m.about.history.erase(m.about.history.begin());
    }
    put_first(m.about.addresses, text, most_addresses);
    addresses_[address_key(s.site, a)] = id;
  }
  if (h.is_none()) return;
  if (m.about.hardware.empty()) {
    m.about.hardware = to_string(h), m.about.vendor = vendors_.vendor(h), m.about.vlan = s.vlan;
    if (s.from) m.about.sensor = s.from->sensor;
    auto& owned = cards_.touch(card_key(s.site, h)).first.machines;
    if (std::find(owned.begin(), owned.end(), id) == owned.end() && owned.size() <= router_addresses) owned.push_back(id);
  }
  m.card_seen = std::max(m.card_seen, s.now);
  m.about.claimed = m.about.claimed || s.claim;
}

void inventory::make_router(card& c, const mac& h, const sight& s) {
  c.router = true;
  const auto behind = std::exchange(c.machines, {});
  std::uint64_t self = 0;
  for (const auto id : behind) {
    auto* m = machines_.find(id);
    if (!m) continue;
    if (m->about.claimed || m->about.addresses.empty())
      self = id;
    else
      m->about.hardware.clear(), m->about.vendor.clear(), m->about.sensor.clear();  // it stands behind the router
  }
  if (self == 0) self = key_of("asset", s.site, to_string(h), to_string(h));
  auto* m = machines_.find(self);
  if (!m) {
    m = &make({{}, {}, h}, s);
    m->about.hardware = to_string(h), m->about.vendor = vendors_.vendor(h);
    self = std::stoull(m->about.id.substr(1), nullptr, 16);
  }
  c.machines = {self};
  m->about.role = asset_role::router, m->about.role_confidence = 100;
  m->about.reasons = {{fmt::format("more than {} addresses stand behind its card", router_addresses),
                       fmt::format("其网卡后出现 {} 个以上地址", router_addresses)}};
}

void inventory::note_card(const ip& a, const mac& h, const sight& s) {
  if (h.is_none() || h.is_group() || a.is_none() || s.claim) return;
  auto& c = cards_.touch(card_key(s.site, h)).first;
  if (c.router) return;
  if (auto* m = by_address(s.site, a); m && m->about.claimed && m->about.hardware == to_string(h)) return;
  c.unclaimed.insert(a);
  if (c.unclaimed.size() > router_addresses) {
    make_router(c, h, s);
    c.unclaimed.clear();
  }
}

inventory::machine* inventory::resolve(const endpoint& e, const sight& s, inventory_news& out) {
  // the internet behind a card counts towards its being a router, and makes no asset
  if (!e.address.is_multicast() && !e.address.is_broadcast()) note_card(e.address, e.hardware, s);
  if (!is_machine(e)) return nullptr;
  const bool has_card = !e.hardware.is_none() && !e.hardware.is_group();
  const auto id_of = [](const machine& m) { return std::stoull(m.about.id.substr(1), nullptr, 16); };
  const auto seen = [&](machine& m) {
    m.about.first = std::min(m.about.first, s.now), m.about.last = std::max(m.about.last, s.now);
    if (!s.zone.empty()) m.about.zone = s.zone;
    return &m;
  };
  if (e.address.is_none()) {
    auto* c = cards_.find(card_key(s.site, e.hardware));
    if (c && !c->machines.empty())
      if (machines_.find(c->machines.front())) return seen(machines_.touch(c->machines.front()).first);
    auto& m = make(e, s);
    bind(m, id_of(m), {}, e.hardware, s);
    return seen(m);
  }
  auto* m = by_address(s.site, e.address);
  const bool own = s.claim || e.address.is_link_local();  // no router forwards a link-local address: the card is its own
  const bool behind_router = has_card && is_router(s.site, e.hardware) && !own;
  const auto hardware = has_card && !behind_router ? e.hardware : mac{};
  if (m && !hardware.is_none() && !m->about.hardware.empty() && m->about.hardware != to_string(hardware)) {
    const auto owner = mac::parse(m->about.hardware);
    const auto silent = s.now - m->card_seen;
    const bool comparable = s.claim || (s.from && m->about.sensor == s.from->sensor && m->about.vlan == s.vlan && m->about.claimed);
    if (owner && is_router(s.site, *owner))
      m->about.hardware.clear();
    else if (silent < reuse_after) {
      if (comparable)
        out.conflicts.push_back({to_string(e.address), m->about.hardware, to_string(hardware), s.claim, s.gratuitous, silent});
      return seen(*m);  // the owner keeps its address while it lives
    } else {
      std::erase(m->about.addresses, to_string(e.address));  // it went to another machine
      m->about.history.push_back({s.now, "", "address", to_string(e.address), ""});
      addresses_.erase(address_key(s.site, e.address));
      m = nullptr;
    }
  }
  if (!m && !hardware.is_none()) {
    // a card that was only seen below IP, or that has a further address of its own
    if (auto* c = cards_.find(card_key(s.site, hardware)))
      for (const auto id : c->machines)
        if (auto* known = machines_.find(id); known && (known->about.addresses.empty() || (own && known->about.claimed && !c->router))) {
          m = &machines_.touch(id).first;
          break;
        }
  }
  if (!m) m = &make({e.address, {}, hardware}, s);
  auto sure = s;
  sure.claim = own;
  bind(*m, id_of(*m), e.address, hardware, sure);
  return seen(*m);
}

void inventory::unite(machine& m, const mac& h, const sight& s) {
  auto* c = cards_.find(card_key(s.site, h));
  if (!c || c->router || !m.about.claimed || m.about.hardware != to_string(h)) return;
  const auto self = std::stoull(m.about.id.substr(1), nullptr, 16);
  const auto all = c->machines;
  for (const auto id : all)
    if (const auto* other = machines_.find(id); other && id != self && other->about.claimed) absorb(m, id);
}

/// Two entries turned out to be one machine; what the other one had that this one lacks is taken over.
void inventory::absorb(machine& into, std::uint64_t from) {
  auto other = std::move(machines_.find(from)->about);
  auto& to = into.about;
  const auto self = std::stoull(to.id.substr(1), nullptr, 16);
  if (const auto h = mac::parse(to.hardware))
    if (auto* c = cards_.find(card_key(to.site, *h))) std::erase(c->machines, from);
  for (const auto& text : other.addresses) {
    if (const auto a = ip::parse(text)) addresses_[address_key(to.site, *a)] = self;
    if (to.addresses.size() < most_addresses && std::ranges::find(to.addresses, text) == to.addresses.end()) to.addresses.push_back(text);
  }
  const auto add = [](auto& list, auto& more, std::size_t most, const auto& same) {
    for (auto& x : more)
      if (list.size() < most && std::ranges::none_of(list, [&](const auto& y) { return same(x, y); })) list.push_back(std::move(x));
  };
  add(to.facts, other.facts, most_facts,
      [](const asset_fact& x, const asset_fact& y) { return x.kind == y.kind && x.protocol == y.protocol; });
  add(to.units, other.units, most_units,
      [](const sub_device& x, const sub_device& y) { return x.unit == y.unit && x.protocol == y.protocol; });
  add(to.services, other.services, most_services,
      [](const service& x, const service& y) { return x.protocol == y.protocol && x.port == y.port && x.serves == y.serves; });
  add(to.asked, other.asked, most_asked, [](std::uint64_t x, std::uint64_t y) { return x == y; });
  to.first = std::min(to.first, other.first), to.last = std::max(to.last, other.last);
  if (to.zone.empty()) to.zone = other.zone;
  if (other.approved && !to.approved)
    to.approved = true, to.role = other.role, to.role_confidence = other.role_confidence, to.level = other.level,
    to.reasons = std::move(other.reasons);
  else
    infer_role(to, to.asked.size());
  machines_.erase(from);
}

void inventory::approve(std::string_view site, const std::string& host, const std::string& role) {
  const auto* known = find(site, host);
  if (!known) return;
  auto& m = *machines_.find(std::stoull(known->id.substr(1), nullptr, 16));
  m.about.approved = true;
  if (const auto r = parse_role(role)) {
    m.about.role = *r, m.about.role_confidence = 100, m.about.level = usual_level(*r);
    m.about.reasons = {{"approved by an operator as " + role, "由操作员确认为 " + role}};
  }
}

std::vector<asset> inventory::all() const {
  std::vector<asset> out;
  for (const auto& [_, m] : machines_) out.push_back(m.about);
  std::sort(out.begin(), out.end(), [](const asset& a, const asset& b) { return std::tie(a.site, a.id) < std::tie(b.site, b.id); });
  for (auto& a : out) {
    std::sort(a.services.begin(), a.services.end(), [](const service& x, const service& y) {
      return std::tie(x.serves, x.protocol, x.port) < std::tie(y.serves, y.protocol, y.port);
    });
    std::sort(a.units.begin(), a.units.end(),
              [](const sub_device& x, const sub_device& y) { return std::tie(x.protocol, x.unit) < std::tie(y.protocol, y.unit); });
  }
  return out;
}

void inventory::restore(asset a) {
  const sight s{a.site, nullptr, a.zone, a.last, a.vlan, false, false};
  const auto id = std::stoull(a.id.substr(1), nullptr, 16);
  auto& m = machines_.touch(id).first;
  for (const auto& text : a.addresses)
    if (const auto address = ip::parse(text)) addresses_.try_emplace(address_key(a.site, *address), id);
  if (const auto h = mac::parse(a.hardware)) {
    auto& c = cards_.touch(card_key(s.site, *h)).first;
    c.machines.push_back(id);
    c.router = c.router || a.role == asset_role::router;
  }
  m.about = std::move(a);
  m.card_seen = m.about.last;
}

}  // namespace mw
