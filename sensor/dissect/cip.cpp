// The Common Industrial Protocol above its encapsulation (CIP Specification Volume 1, 2-4, 3-5).
#include "sensor/dissect/cip.hpp"

#include "sensor/dissect/cip_services.hpp"

#include <algorithm>
#include <utility>

namespace mw::cip {
namespace {

constexpr unsigned deepest = 4;            ///< wrappers within wrappers
constexpr std::size_t most_members = 512;  ///< of one Multiple Service Packet

/// The parts of a Multiple Service Packet: their offsets count from their number on and must ascend.
std::vector<reader> split(reader& in, bool& whole) {
  const reader start = in;
  const std::size_t count = in.u16le();
  std::vector<std::size_t> offsets;
  whole = true;
  while (in.left() >= 2 && offsets.size() < std::min(count, most_members)) {
    const std::size_t at = in.u16le();
    const auto least = offsets.empty() ? 2 + 2 * count : offsets.back() + 1;
    if (at < least || at >= start.left()) {
      whole = false;
      break;
    }
    offsets.push_back(at);
  }
  if (offsets.size() != count) whole = false;
  std::vector<reader> parts;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    reader part = start;
    part.skip(offsets[i]);
    // the member after a broken offset has no end that could be trusted
    const auto end = i + 1 < offsets.size() ? offsets[i + 1] : start.left();
    parts.push_back(part.part(end - offsets[i]));
  }
  return parts;
}

}  // namespace

void conversation::on_message(bytes data, const origin& o, output& out) {
  key k;
  k.connected = o.connection.has_value();
  k.number = k.connected ? o.sequence : o.context;
  reader in{data};
  if (!is_response(data)) {
    k.asker = o.from;
    k.channel = o.connection.value_or(o.session);
    wrapping w;
    if (o.connection) w.unit = connections_.of_request(*o.connection, o.from).route;
    return request(in, o, k, std::move(w), out);
  }
  k.asker = other(o.from);
  k.channel = o.connection ? channel_of(o, static_cast<std::uint8_t>(data.front() & ~response_bit)).value_or(*o.connection) : o.session;
  response(in, o, k, false, out);
}

// --- requests ------------------------------------------------------------------------------------------------------

void conversation::request(reader in, const origin& o, key& k, wrapping w, output& out) {
  if (in.left() < 2 || is_response(in.rest())) {
    ++k.index;  // the members after it keep their places
    return out.violate(o.from, "service", "what stands in place of a request is none", w.unit);
  }
  asked a;
  a.service = in.u8();
  auto encoded = in.part(2U * in.u8());
  if (!in.ok()) out.violate(o.from, "length", "a request ends inside its path", w.unit);
  a.where = read_path(encoded);
  if (in.ok() && !a.where.whole) out.violate(o.from, "path", "a request path that cannot be read to its end", w.unit);
  out.count("cip", "request", a.service);
  a.wrapped = w.wrapped;
  a.grouped = w.grouped;
  if (w.depth < deepest) {
    const auto& p = a.where;
    if (is(a.service, service::unconnected_send) && is(p.class_id, class_code::connection_manager))
      return unconnected_send(in, o, k, std::move(w), out);
    if (is(a.service, service::multiple_service_packet)) return several_requests(in, o, k, std::move(w), out);
  }
  operation op;
  op.time = o.time;
  op.unit = w.unit;
  const bool fine = in.ok();
  if (!read_request_data(in, op, a) && fine) out.violate(o.from, "length", "a request ends inside its data", op.unit);
  if (op.values.size() == 1 && op.values.front().index() == 0) op.values.clear();
  auto mine = k;
  ++k.index;
  open_.add(mine, std::move(op), out, k.asker, std::move(a));
}

void conversation::unconnected_send(reader& in, const origin& o, key& k, wrapping w, output& out) {
  in.skip(2);  // priority and time tick, time-out ticks
  const std::size_t size = in.u16le();
  const bool cut = size > in.left();
  auto inner = in.part(std::min(size, in.left()));
  in.skip(std::min<std::size_t>(size % 2, in.left()));
  std::string route;
  if (!cut) {
    const std::size_t words = in.u8();
    in.skip(1);
    route = read_path(in.part(2 * words)).route;
  }
  if (cut || !in.ok()) out.violate(o.from, "length", "an Unconnected Send ends before what it announces", w.unit);
  if (!route.empty()) w.unit = w.unit.empty() ? route : w.unit + ',' + route;
  w.wrapped = true;
  ++w.depth;
  if (inner.left()) request(inner, o, k, std::move(w), out);
}

void conversation::several_requests(reader& in, const origin& o, key& k, wrapping w, output& out) {
  bool whole = true;
  const auto parts = split(in, whole);
  if (!whole) out.violate(o.from, "offset", "a Multiple Service Packet whose offsets do not lie in it", w.unit);
  w.grouped = true;
  ++w.depth;
  for (const auto& part : parts) request(part, o, k, w, out);
}

// --- responses -----------------------------------------------------------------------------------------------------

bool conversation::answers(std::uint8_t service, const asked& a, bool member) {
  if (a.wrapped && is(service, service::unconnected_send)) return true;  // a router on the way refused the wrapper
  if (a.grouped && !member) return is(service, service::multiple_service_packet);
  return service == a.service;
}

/// Which connection's requests a connected response answers: by what the Forward Open said, else by what waits for it.
std::optional<std::uint32_t> conversation::channel_of(const origin& o, std::uint8_t service) {
  const auto waits = [&](const connection_table::connection& c) {
    const auto* r = open_.find({.connected = true, .asker = other(o.from), .channel = c.to_target, .number = o.sequence});
    return r != nullptr && answers(service, r->extra, false);
  };
  if (auto* known = connections_.of_answer(*o.connection, o.from)) {
    if (!known->guessed || waits(*known)) return known->to_target;
    known->to_originator.reset();  // a guess that does not hold
    known->guessed = false;
  }
  connection_table::connection* found = nullptr;
  std::size_t candidates = 0;
  for (auto& c : connections_.all()) {
    if (c.originator == o.from || c.to_originator || !waits(c)) continue;
    if (candidates++ == 0) found = &c;
  }
  if (found == nullptr) return {};
  if (candidates == 1) {
    found->to_originator = o.connection;
    found->guessed = true;
  }
  return found->to_target;
}

void conversation::give_up(waiting::request&& r, output& out) {
  r.op.outcome = outcome::timeout;
  out.emit(std::move(r.op), r.asker);
}

/// The request that a response answers. Where a number is in use twice and responses were lost, the older ones get no answer.
std::optional<conversation::waiting::request> conversation::take(const key& k, std::uint8_t service, bool member, output& out) {
  const bool responses_lost = lost_[k.asker == side::client];
  while (const auto* oldest = open_.find(k)) {
    const bool fits = answers(service, oldest->extra, member);
    auto r = open_.take(k);
    const bool another = open_.find(k) != nullptr;
    if (fits && !(another && responses_lost)) {
      if (open_.size() == 0) lost_[k.asker == side::client] = false;
      return r;
    }
    if (!fits && !another) {
      open_.add(r->key, std::move(r->op), out, r->asker, std::move(r->extra));  // still waits; this response is another's
      return {};
    }
    give_up(std::move(*r), out);
  }
  return {};
}

void conversation::response(reader in, const origin& o, key& k, bool member, output& out) {
  if (member && !is_response(in.rest())) {
    ++k.index;
    return out.violate(o.from, "service", "what stands in place of a response is none");
  }
  const auto head = read_response_head(in);
  out.count("cip", "response", head.service);
  if (!in.ok()) return out.violate(o.from, "length", "a response ends inside its head");
  if (!member && is(head.service, service::multiple_service_packet)) return several_responses(head, in, o, k, out);
  auto found = take(k, head.service, member, out);
  ++k.index;
  const bool refused_wrapper = found && found->extra.wrapped && is(head.service, service::unconnected_send) && found->extra.grouped;
  complete(head, in, o, std::move(found), out);
  while (refused_wrapper) {  // and with it everything that the wrapper held
    auto next = take(k, head.service, member, out);
    ++k.index;
    if (!next) break;
    reader nothing{bytes{}};
    complete(head, nothing, o, std::move(next), out);
  }
}

void conversation::several_responses(const response_head& head, reader& in, const origin& o, key& k, output& out) {
  if (in.left() < 2) {  // refused as a whole
    bool any = false;
    while (auto r = take(k, head.service, false, out)) {
      any = true;
      ++k.index;
      reader nothing{bytes{}};
      complete(head, nothing, o, std::move(r), out);
    }
    if (!any) complete(head, in, o, {}, out);
    return;
  }
  bool whole = true;
  const auto parts = split(in, whole);
  if (!whole) out.violate(o.from, "offset", "a Multiple Service Packet whose offsets do not lie in it");
  for (const auto& part : parts) response(part, o, k, true, out);
}

void conversation::complete(const response_head& head, reader& in, const origin& o, std::optional<waiting::request> r, output& out) {
  operation op;
  const asked* a = nullptr;
  const auto asker = other(o.from);
  if (r) {
    op = std::move(r->op);
    op.latency = o.time - op.time;
    a = &r->extra;
  } else {
    op.time = o.time;
    if (o.connection)
      if (const auto* c = connections_.of_answer(*o.connection, o.from)) op.unit = c->route;
  }
  told news;
  if (!read_response_data(head, in, a, op, news)) out.violate(o.from, "length", "a response ends inside its data", op.unit);
  if (news.device) book_.tell(*news.device, o.from, op.unit, out);
  for (const auto& f : news.controller) book_.tell(f.kind, f.value, f.confidence, o.from, op.unit, out);
  if (news.opened) connections_.open(*news.opened, asker);
  if (a != nullptr && a->closes && !is_failure(head.status)) connections_.close(*a->closes);
  out.emit(std::move(op), asker);
}

bool conversation::refuse(const origin& o, std::uint32_t status, output& out) {
  key k{.connected = false, .asker = other(o.from), .channel = o.session, .number = o.context};
  bool any = false;
  while (auto r = open_.take(k)) {
    any = true;
    ++k.index;
    r->op.code = std::to_string(status);
    r->op.fields.emplace_back("encapsulation_status", std::uint64_t{status});
    answer(std::move(*r), o.time, outcome::refused, out);
  }
  return any;
}

}  // namespace mw::cip
