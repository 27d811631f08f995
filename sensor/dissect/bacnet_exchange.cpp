// APDUs of BACnet (ASHRAE 135, clause 20.1): requests find their answers by invoke identifier and route.
#include "sensor/dissect/bacnet_exchange.hpp"

#include <algorithm>
#include <chrono>

namespace mw::bacnet {
namespace {

enum apdu_type : std::uint8_t {
  confirmed_request = 0,
  unconfirmed_request = 1,
  simple_ack = 2,
  complex_ack = 3,
  segment_ack = 4,
  error_pdu = 5,
  reject_pdu = 6,
  abort_pdu = 7,
};
constexpr std::uint8_t bit_segmented = 8, bit_more = 4, bit_negative = 2, bit_server = 1;
constexpr std::uint8_t widest_window = 127;
constexpr std::chrono::seconds again{5};  ///< an answer that is seen twice: two taps, or a router on the same wire

std::size_t hash_of(bytes data) {
  std::size_t h = 0xcbf29ce484222325u;  // FNV-1a
  for (const auto b : data) h = (h ^ b) * 0x100000001b3u;
  return h;
}

struct segment {
  bool is = false, more = false;
  std::uint8_t sequence = 0, window = 0;
};
segment read_segment(reader& in, std::uint8_t first) {
  segment s{.is = (first & bit_segmented) != 0, .more = (first & bit_more) != 0};
  if (s.is) s.sequence = in.u8(), s.window = in.u8();
  return s;
}

}  // namespace

void exchange::on_apdu(const envelope& e, bytes apdu, output& out) {
  reader in{apdu};
  const auto first = in.u8();
  const auto type = static_cast<std::uint8_t>(first >> 4);
  if (!in.ok()) return out.violate(e.from, "length", "there is no APDU");
  out.count("bacnet", "apdu", type);
  switch (type) {
    case confirmed_request: on_request(e, in, first, out); break;
    case unconfirmed_request: on_notice(e, in, out); break;
    case simple_ack:
    case complex_ack: on_answer(e, in, first, out); break;
    case segment_ack: on_segment_ack(e, in, first, out); break;
    case error_pdu:
    case reject_pdu:
    case abort_pdu: on_refusal(e, in, first, out); return;
    default: return out.violate(e.from, "type", "the type of the APDU is not assigned");
  }
  if (!in.ok()) out.violate(e.from, "length", "the APDU is shorter than its header");
}

void exchange::on_request(const envelope& e, reader& in, std::uint8_t first, output& out) {
  in.skip(1);  // how much the asker can take
  const auto invoke = in.u8();
  const auto s = read_segment(in, first);
  const auto service = in.u8();
  if (!in.ok()) return;
  out.count("bacnet", "confirmed_request", service);
  if (!s.is) return take_request(e, invoke, service, in.rest(), true, out);
  if (s.window == 0 || s.window > widest_window) out.violate(e.from, "window", "the window of segments is 1 to 127");
  auto whole = segments_.add({e.from, confirmed_request, invoke, e.source, e.destination}, s.sequence, s.more, in.rest(), e.at, out);
  if (!whole) return;
  auto began = e;
  began.at = whole->first;
  take_request(began, invoke, service, whole->data, whole->complete, out);
}

void exchange::take_request(const envelope& e, std::uint8_t invoke, std::uint8_t service, bytes data, bool complete, output& out) {
  const auto about = confirmed_service(service);
  if (about.name == "unknown") out.violate(e.from, "service", "a confirmed service that is not assigned");
  auto op = begin(e, "confirmed/", service, about);
  remarks notes;
  if (complete)
    read_confirmed(service, data, op, notes);
  else
    op.fields.emplace_back("segments_missing", true);
  settle(e, notes, out);
  check_priority(e, op, notes, out);
  const key k{e.from, invoke, e.source, e.destination};
  while (auto before = waiting_.take(k)) {  // asked again, or the number is used again: who is answered is the last
    before->op.outcome = outcome::timeout;
    if (before->extra.service == service) before->op.fields.emplace_back("asked_again", true);
    out.emit(std::move(before->op), before->asker);
  }
  waiting_.add(k, std::move(op), out, e.from, {service, notes.priority});
}

void exchange::on_notice(const envelope& e, reader& in, output& out) {
  const auto service = in.u8();
  if (!in.ok()) return;
  out.count("bacnet", "unconfirmed", service);
  const auto about = unconfirmed_service(service);
  if (about.name == "unknown") out.violate(e.from, "service", "an unconfirmed service that is not assigned");
  auto op = begin(e, "unconfirmed/", service, about);
  remarks notes;
  read_unconfirmed(service, in.rest(), op, notes);
  settle(e, notes, out);
  check_priority(e, op, notes, out);
  out.emit(std::move(op), e.from);
}

bool exchange::repeats(const key& k, bytes data, timestamp at) const {
  const auto hash = hash_of(data);
  return std::ranges::any_of(answered_, [&](const done& d) { return d.hash == hash && d.about == k && at - d.at < again; });
}
void exchange::remember(const key& k, bytes data, timestamp at) { answered_[next_answered_++ % answered_.size()] = {k, at, hash_of(data)}; }

operation exchange::unpaired(const envelope& e, std::uint8_t service) const {
  auto op = begin(e, "confirmed/", service, confirmed_service(service));
  op.unit = unit_of(e.from, e.source);
  return op;
}

void exchange::on_answer(const envelope& e, reader& in, std::uint8_t first, output& out) {
  const bool complex = first >> 4 == complex_ack;
  const auto invoke = in.u8();
  const auto s = complex ? read_segment(in, first) : segment{};
  const auto service = in.u8();
  if (!in.ok()) return;
  if (!s.is) return take_answer(e, invoke, service, in.rest(), true, out);
  if (s.window == 0 || s.window > widest_window) out.violate(e.from, "window", "the window of segments is 1 to 127");
  const auto whole = segments_.add({e.from, complex_ack, invoke, e.source, e.destination}, s.sequence, s.more, in.rest(), e.at, out);
  if (whole) take_answer(e, invoke, service, whole->data, whole->complete, out);
}

void exchange::take_answer(const envelope& e, std::uint8_t invoke, std::uint8_t service, bytes data, bool complete, output& out) {
  const key k{other(e.from), invoke, e.destination, e.source};
  auto request = waiting_.take(k);
  if (!request && repeats(k, data, e.at)) return out.count("bacnet", "answer", "repeated");
  remember(k, data, e.at);
  if (request && request->extra.service != service) {
    out.violate(e.from, "mismatch", "the answer is of another service than the request");
    waiting_.add(request->key, std::move(request->op), out, request->asker, request->extra);
    request.reset();
  }
  remarks notes;
  if (request) {
    if (complete) {
      if (service != confirmed_choice::write_property) read_answer(service, data, true, request->op, notes);
    } else {
      request->op.fields.emplace_back("segments_missing", true);
    }
    settle(e, notes, out);
    note_command(e, *request, out);
    return answer(*request, e.at, outcome::ok, out);
  }
  auto op = unpaired(e, service);
  op.outcome = outcome::unpaired;
  if (complete)
    read_answer(service, data, false, op, notes);
  else
    op.fields.emplace_back("segments_missing", true);
  settle(e, notes, out);
  out.emit(std::move(op), other(e.from));
}

void exchange::on_segment_ack(const envelope& e, reader& in, std::uint8_t first, output& out) {
  in.skip(2);
  const auto window = in.u8();
  if (!in.ok()) return;
  if ((first & bit_negative) != 0) out.count("bacnet", "segment", "not_acknowledged");
  if (window == 0 || window > widest_window) out.violate(e.from, "window", "the window of segments is 1 to 127");
}

void exchange::on_refusal(const envelope& e, reader& in, std::uint8_t first, output& out) {
  const auto type = first >> 4;
  const auto invoke = in.u8(), number = in.u8();
  if (!in.ok()) return out.violate(e.from, "length", "the refusal is shorter than its header");
  // an abort may also come from who asked
  const bool asker_gives_up = type == abort_pdu && (first & bit_server) == 0;
  const auto asker = asker_gives_up ? e.from : other(e.from);
  const auto k = asker_gives_up ? key{asker, invoke, e.source, e.destination} : key{asker, invoke, e.destination, e.source};
  auto request = waiting_.take(k);
  auto op = request ? std::move(request->op) : unpaired(e, number);
  remarks notes;
  if (type == error_pdu) {
    out.count("bacnet", "error", number);
    if (!request && repeats(k, in.rest(), e.at)) return out.count("bacnet", "answer", "repeated");
    remember(k, in.rest(), e.at);
    read_error(number, in.rest(), op, notes);
  } else {
    const bool rejected = type == reject_pdu;
    rejected ? out.count("bacnet", "reject", number) : out.count("bacnet", "abort", number);
    op.code = std::to_string(number);
    op.fields.emplace_back("refusal", std::string{rejected ? "reject" : "abort"});
    add_name(op, "reason", rejected ? reject_name(number) : abort_name(number), number);
    if (asker_gives_up) op.fields.emplace_back("given_up_by_asker", true);
  }
  settle(e, notes, out);
  if (request) {
    request->op = std::move(op);
    return answer(*request, e.at, outcome::refused, out);
  }
  if (type != error_pdu) {  // neither says of which service
    op.function = type == reject_pdu ? "reject" : "abort";
    op.function_name = op.function;
    op.action = action::report;
  }
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), asker);
}

void exchange::on_time(timestamp now, output& out) { waiting_.expire(now, out), segments_.expire(now, out); }
void exchange::on_end(output& out) { waiting_.finish(out); }

}  // namespace mw::bacnet
