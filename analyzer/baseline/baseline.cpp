// Learning and looking up what is normal at a site.
#include "analyzer/baseline/baseline.hpp"

#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/policy.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace mw {
namespace {

/// Shares of the site's keys, in 1/16; objects and functions are the many.
constexpr std::array<std::size_t, key_classes> shares{1, 3, 1, 3, 5, 1, 1, 1};
constexpr std::size_t objects_per_record = 16;

std::array<bounded_map<std::uint64_t, known_key>, key_classes> make_tables(std::size_t keys) {
  const auto part = [&](std::size_t i) {
    return bounded_map<std::uint64_t, known_key>{std::max<std::size_t>(16, keys * shares.at(i) / 16)};
  };
  return {part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7)};
}

/// What stands for the service below IP: there are no ports.
std::string service_of(const flow_record& f) {
  if (f.transport != transport::ethernet) return {};
  return f.application.empty() ? fmt::format("0x{:04x}", f.ethertype) : f.application;
}

/// Did the two really talk? A scan must not become a habit.
bool conversed(const flow_record& f) {
  if (f.transport == transport::tcp)
    return f.tcp_state != "syn" && f.tcp_state != "rejected" && (f.tcp_state != "reset" || f.server_payload + f.client_payload > 0);
  if (f.transport == transport::icmp) return f.server_packets > 0;
  return true;
}

bool answered(outcome o) { return o == outcome::ok || o == outcome::refused || o == outcome::unpaired || o == outcome::unsolicited; }

}  // namespace

std::string_view to_string(phase p) { return p == phase::learn ? "learn" : p == phase::trial ? "trial" : "detect"; }

std::string key_host(const endpoint& e) { return e.address.is_public() ? "internet" : host_of(e); }

bool is_local_host(const endpoint& e) {
  if (e.address.is_none()) return !e.hardware.is_none() && !e.hardware.is_group();
  return !e.address.is_public() && !e.address.is_multicast() && !e.address.is_broadcast() &&
         e.address.bytes() != ip::v4(0, 0, 0, 0).bytes();
}

bool is_engineering(action a) {
  switch (a) {
    case action::start:
    case action::stop:
    case action::restart:
    case action::program_download:
    case action::program_upload:
    case action::firmware:
    case action::mode_change:
    case action::configure:
    case action::force:
    case action::file_write:
    case action::file_delete: return true;
    default: return false;
  }
}

baseline::baseline(limits l) : limits_{l}, tables_{make_tables(l.keys)} {
  for (std::size_t c = 0; c < key_classes; ++c)
    tables_.at(c).on_forget = [this, c](const std::uint64_t&, const known_key& k) { settled_.at(c) -= k.standing != standing::pending; };
}

template <class Make, class Allowed>
sighting baseline::see(key_class c, std::uint64_t id, timestamp now, bool learn, Make make, Allowed allowed) {
  auto [key, fresh] = tables_.at(static_cast<std::size_t>(c)).touch(id);
  const bool was_pending = fresh || key.standing == standing::pending;
  if (fresh) {
    key = make();
    key.first = key.last = now;
    key.standing = allowed(key) ? standing::approved : learn ? standing::learned : standing::pending;
  } else if (key.standing == standing::pending) {
    if (allowed(key))
      key.standing = standing::approved;
    else if (learn)
      key.standing = standing::learned, key.n = 0, key.first = now;
  }
  const bool was_once = key.n == 1;
  key.n += weight_;
  key.last = std::max(key.last, now);
  settled_.at(static_cast<std::size_t>(c)) += was_pending && key.standing != standing::pending;
  if (c == key_class::edge && key.standing == standing::learned && learn) {
    observations_ += weight_;
    if (key.n == 1)
      ++once_;
    else if (was_once && once_ > 0)
      --once_;
  }
  return {&key, key.standing == standing::approved || (key.standing == standing::learned && trusted(key)), fresh};
}

bool baseline::trusted(const known_key& k) const {
  if (distrusted_.size() == 0) return true;
  const auto* span = distrusted_.find(k.client);
  return !span || k.first < span->first || k.first > span->second;
}

void baseline::distrust(const std::string& host, timestamp from, timestamp until) {
  auto [span, fresh] = distrusted_.touch(host);
  if (fresh) span = {from, until};
  span.first = std::min(span.first, from), span.second = std::max(span.second, until);
}

double baseline::unseen_mass() const { return observations_ == 0 ? 1.0 : static_cast<double>(once_) / static_cast<double>(observations_); }

phase baseline::phase_of(const endpoint& client, const endpoint& server, phase site, timestamp now) const {
  if (!limits_.devices_learn || site != phase::detect) return site;
  auto out = phase::detect;
  for (const auto* end : {&client, &server}) {
    if (!is_local_host(*end)) continue;
    const auto* host = tables_[0].find(key_of("host", host_of(*end)));
    if (host ? host->standing != standing::pending : host_allowed(host_of(*end))) continue;
    const auto age = host ? now - host->first : nanoseconds{0};  // its very first record already belongs to its learning
    out = std::min(out, age < limits_.learn_for                       ? phase::learn
                        : age < limits_.learn_for + limits_.trial_for ? phase::trial
                                                                      : phase::detect);
  }
  return out;
}

std::optional<sighting> baseline::see_host(const endpoint& e, timestamp now) {
  if (!is_local_host(e)) return {};
  const auto name = host_of(e);
  const auto make = [&](const std::string& client) {
    return [&] {
      known_key k;
      k.client = client;
      return k;
    };
  };
  const auto allowed = [&](const known_key& k) { return host_allowed(k.client); };
  // a device that appears later learns its habits, but that it is here at all is for people to approve
  const bool learn = learning_ && site_learns_;
  if (learn && !e.address.is_none() && !e.hardware.is_none() && !e.hardware.is_group()) {
    const auto hardware = to_string(e.hardware);  // the same machine also speaks below IP
    see(key_class::host, key_of("host", hardware), now, true, make(hardware), allowed);
  }
  return see(key_class::host, key_of("host", name), now, learn, make(name), allowed);
}

sighting baseline::see_edge(const endpoint& client, const endpoint& server, std::string_view over, std::string_view service,
                            timestamp now) {
  const auto c = key_host(client), s = key_host(server);
  const std::uint64_t number = server.port.number;
  const auto id = key_of("edge", c, s, over, service, number);
  auto& edges = tables_[static_cast<std::size_t>(key_class::edge)];
  if (!learning_ && !edges.find(id)) {
    // a conversation that was joined in the middle may stand the wrong way round
    const auto back = key_of("edge", s, c, over, service, std::uint64_t{client.port.number});
    if (const auto* k = edges.find(back); k && k->standing != standing::pending) return {k, trusted(*k), false};
  }
  return see(
      key_class::edge, id, now, learning_,
      [&] {
        known_key k;
        k.client = c, k.server = s, k.transport = over, k.protocol = service, k.port = server.port.number;
        return k;
      },
      [&](const known_key& k) {
        if (edge_allowed(k, true)) return true;
        auto turned = k;  // an approved connection that was joined in the middle
        std::swap(turned.client, turned.server), turned.port = client.port.number;
        return edge_allowed(turned, true);
      });
}

void baseline::see_flow(const flow_record& f, timestamp now, news& out) {
  out.client = see_host(f.client, now);
  if (f.server_packets > 0) out.server = see_host(f.server, now);
  const auto service = service_of(f);
  if (!conversed(f)) {
    // not a habit, but if it was one, then this is a server that went away
    const auto id =
        key_of("edge", key_host(f.client), key_host(f.server), to_string(f.transport), service, std::uint64_t{f.server.port.number});
    if (const auto* k = tables_[static_cast<std::size_t>(key_class::edge)].find(id); k && k->standing != standing::pending)
      out.edge = sighting{k, trusted(*k), false};
    return;
  }
  out.edge = see_edge(f.client, f.server, to_string(f.transport), service, now);
  if (f.certainty != certainty::confirmed || f.application.empty() || f.transport == transport::ethernet) return;
  out.protocol = see(
      key_class::protocol,
      key_of("protocol", out.edge->key->client, out.edge->key->server, to_string(f.transport), std::uint64_t{out.edge->key->port},
             f.application),
      now, learning_,
      [&] {
        auto k = *out.edge->key;
        k.protocol = f.application;
        return k;
      },
      [&](const known_key& k) { return edge_allowed(k, false); });
}

void baseline::see_operation(const operation& o, timestamp now, news& out) {
  out.client = see_host(o.client, now);
  if (answered(o.outcome) || o.transport == transport::ethernet) out.server = see_host(o.server, now);
  const bool below_ip = o.transport == transport::ethernet;
  const auto over = to_string(o.transport);
  out.edge = see_edge(o.client, o.server, over, below_ip ? o.protocol : std::string{}, now);
  if (is_everyday(o.protocol)) return;
  const auto c = key_host(o.client), s = key_host(o.server);
  const auto make = [&](const std::string& detail) {
    return [&] {
      known_key k;
      k.client = c, k.server = s, k.transport = over, k.protocol = o.protocol, k.port = o.server.port.number, k.detail = detail;
      return k;
    };
  };
  const auto allowed = [&](const known_key& k) { return function_allowed(o, k); };
  const auto by_function = key_of("function", c, s, o.protocol, o.function, to_string(o.action));
  out.function = see(key_class::function, by_function, now, learning_, make(o.function + " " + std::string{to_string(o.action)}), allowed);
  const bool engineering = is_engineering(o.action);
  if (engineering)
    out.engineer = see(key_class::engineer, key_of("engineer", c, s, to_string(o.action)), now, learning_,
                       make(std::string{to_string(o.action)}), allowed);
  if (o.outcome == outcome::refused)
    out.refusal = see(key_class::refusal, key_of("refusal", c, s, o.protocol, o.function, o.code.value_or("")), now, learning_,
                      make(o.function + " " + o.code.value_or("")), [](const known_key&) { return false; });
  if (o.action != action::write && o.action != action::control) return;
  out.writer = see(key_class::writer, key_of("writer", c, s), now, learning_, make({}), allowed);
  if (out.writer->known) writers_.touch(c);
  if (is_office(o.protocol)) return;  // files have new names every day
  for (const auto& object : o.objects) {
    if (out.objects.size() >= objects_per_record) break;
    const auto detail = fmt::format("{}/{}:{}", o.unit, object.space, object.address);
    out.objects.push_back(see(key_class::object, key_of("object", c, s, o.protocol, detail), now, learning_, make(detail), allowed));
  }
}

void baseline::see_fact(const fact& f, timestamp now, news& out) {
  if (f.confidence < 50) return;
  const endpoint subject{f.address, {}, f.hardware};
  out.client = see_host(subject, now);
}

news baseline::observe(const record& r, phase site_phase, timestamp now) {
  news out;
  const endpoint nobody;
  const auto ends = [&]() -> std::pair<const endpoint&, const endpoint&> {
    if (const auto* f = std::get_if<flow_record>(&r)) return {f->client, f->server};
    if (const auto* o = std::get_if<operation>(&r)) return {o->client, o->server};
    if (const auto* v = std::get_if<violation>(&r)) return {v->client, v->server};
    return {nobody, nobody};
  }();
  out.phase = phase_of(ends.first, ends.second, site_phase, now);
  learning_ = out.phase == phase::learn;
  site_learns_ = site_phase == phase::learn;
  out.site_phase = site_phase;
  const auto* o = std::get_if<operation>(&r);
  weight_ = o && o->repeat ? std::max<std::uint64_t>(o->repeat->count, 1) : 1;
  // what a device that appeared later does to controllers is never learned by itself
  if (learning_ && site_phase != phase::learn && o && is_change(o->action)) learning_ = false, out.phase = site_phase;
  if (const auto* f = std::get_if<flow_record>(&r)) see_flow(*f, now, out);
  if (o) see_operation(*o, now, out);
  if (const auto* f = std::get_if<fact>(&r)) see_fact(*f, now, out);
  if (const auto* v = std::get_if<violation>(&r)) {
    // a device that has always broken this rule is defective, not under attack
    const auto c = key_host(v->from_client ? v->client : v->server), s = key_host(v->from_client ? v->server : v->client);
    out.refusal = see(
        key_class::refusal, key_of("refusal", c, s, v->protocol, "violation", v->rule), now, learning_,
        [&] {
          known_key k;
          k.client = c, k.server = s, k.protocol = v->protocol, k.detail = "violation " + v->rule;
          return k;
        },
        [](const known_key&) { return false; });
  }
  out.ready = ready();
  return out;
}

std::uint64_t baseline::count(key_class c, bool pending) const {
  const auto at = static_cast<std::size_t>(c);
  return pending ? tables_.at(at).size() - settled_.at(at) : settled_.at(at);
}

std::uint64_t baseline::forgotten() const {
  std::uint64_t n = distrusted_.forgotten() + writers_.forgotten();
  for (const auto& t : tables_) n += t.forgotten();
  return n;
}

}  // namespace mw
