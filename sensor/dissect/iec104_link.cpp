// Sequence numbers, windows and timers of IEC 60870-5-104:2006 clauses 5.1 to 5.3 and 9.6, as an onlooker can judge them.
#include "sensor/dissect/iec104_link.hpp"

#include <chrono>
#include <string>

namespace mw::iec104 {
namespace {

constexpr std::uint16_t modulus = 0x8000;
constexpr std::uint16_t window = 12;                             // k: I-frames that may be under way without an acknowledgement
constexpr nanoseconds send_patience = std::chrono::seconds{15};  // t1
constexpr nanoseconds start_patience = std::chrono::seconds{30};
constexpr nanoseconds disorder = send_patience;  // that a lossy tap may show the two directions apart

enum control : std::uint8_t {
  startdt_act = 0x07,
  startdt_con = 0x0b,
  stopdt_act = 0x13,
  stopdt_con = 0x23,
  testfr_act = 0x43,
  testfr_con = 0x83
};

std::uint16_t after(std::uint16_t n, unsigned by = 1) { return static_cast<std::uint16_t>((n + by) % modulus); }
/// How far b is after a, counted forward; more than half the circle means behind.
std::uint16_t distance(std::uint16_t a, std::uint16_t b) { return static_cast<std::uint16_t>((b + modulus - a) % modulus); }
bool is_behind(std::uint16_t a, std::uint16_t b) { return distance(a, b) >= modulus / 2; }
std::string numbers(std::string_view what, std::uint16_t got, std::string_view expected, std::uint16_t wanted) {
  return std::string{what} + std::to_string(got) + std::string{expected} + std::to_string(wanted);
}

operation session_operation(std::uint8_t control, timestamp at) {
  operation op;
  op.time = at, op.action = action::session;
  op.function = "U" + std::to_string(control);
  op.function_name = control == startdt_act ? "start_data_transfer" : "stop_data_transfer";
  return op;
}

}  // namespace

void link::information(side from, std::uint16_t sent, std::uint16_t received, timestamp at, output& out) {
  if (!std::exchange(begun_, true) && sent == 0 && received == 0)
    early_ = early{0, at}, early_side_ = from;
  else if (early_ && early_side_ != from)
    early_.reset();  // it was answered: the start came before what we see
  check_started(from, out);
  check_sent(from, sent, at, out);
  auto& mine = of(from);
  if (!mine.unacknowledged) mine.unacknowledged = at;
  acknowledge(from, received, at, out);
  if (mine.next && mine.acknowledged) {
    const auto open = distance(*mine.acknowledged, *mine.next);
    if (open <= window || open >= modulus / 2)
      mine.window_told = false;
    else if (!std::exchange(mine.window_told, true))
      out.violate(from, "window", numbers("I-frames sent without an acknowledgement: ", open, ", allowed ", window));
  }
}

void link::check_started(side from, output& out) {
  auto& mine = of(from);
  if (transfer_ == transfer::unknown || transfer_ == transfer::started) return;
  if (!std::exchange(mine.start_told, true))
    out.violate(from, "not_started",
                transfer_ == transfer::starting ? "I-frame before STARTDT was confirmed" : "I-frame while data transfer is stopped");
}

void link::tell_early(output& out) {
  if (!std::exchange(early_, {})) return;
  transfer_ = transfer::stopped;
  of(early_side_).start_told = true;
  out.violate(early_side_, "not_started", "I-frame before STARTDT at the beginning of the connection");
}

void link::check_sent(side from, std::uint16_t sent, timestamp at, output& out) {
  auto& mine = of(from);
  if (!mine.next) {
    mine.next = after(sent);
    return;
  }
  const auto expected = *mine.next;
  if (sent == expected) {
    if (mine.ahead && (mine.ahead->number == after(sent) || is_behind(after(sent), mine.ahead->number))) mine.ahead.reset();
    if (mine.ahead && at - mine.ahead->since > disorder) {  // nothing was lost since, so it really had not been sent
      out.violate(other(from), "sequence", numbers("N(R) ", mine.ahead->number, " acknowledges more than was sent, N(S) ", sent));
      mine.ahead.reset();
    }
    mine.next = after(sent), mine.behind.reset();
  } else if (after(sent) == expected) {
    out.violate(from, "sequence", numbers("duplicate N(S) ", sent, ", expected ", expected));
  } else if (is_behind(expected, sent)) {
    if (mine.behind == sent) {  // it counts on from there: a fresh start, told once
      mine.next = after(sent), mine.behind.reset(), mine.acknowledged.reset();
    } else {
      out.violate(from, "sequence", numbers("out of order N(S) ", sent, ", expected ", expected));
      mine.behind = after(sent);
    }
  } else {
    out.violate(from, "sequence", numbers("gap before N(S) ", sent, ", expected ", expected));
    mine.next = after(sent), mine.behind.reset(), mine.ahead.reset();
  }
}

void link::acknowledge(side from, std::uint16_t received, timestamp at, output& out) {
  auto& theirs = of(other(from));
  if (theirs.next && received != *theirs.next && !is_behind(*theirs.next, received)) {
    theirs.unacknowledged.reset();
    // What it acknowledges was lost on the way to us, or it is made up: the next I-frames tell.
    theirs.ahead = early{received, theirs.ahead ? theirs.ahead->since : at};
    return;
  }
  if (theirs.acknowledged && is_behind(*theirs.acknowledged, received)) {
    out.violate(from, "sequence", numbers("N(R) ", received, " goes back behind ", *theirs.acknowledged));
    return;
  }
  if (theirs.acknowledged != received) theirs.late_told = false;
  const bool moved = theirs.acknowledged != received;
  theirs.acknowledged = received;
  if (theirs.next == received)
    theirs.unacknowledged.reset();
  else if (moved && theirs.unacknowledged)
    theirs.unacknowledged = at;  // when the next one left is not kept: in its favour
}

void link::supervisory(side from, std::uint16_t received, timestamp at, output& out) {
  begun_ = true;
  if (early_ && early_side_ != from && received != 0) early_.reset();
  acknowledge(from, received, at, out);
}

void link::unnumbered(side from, std::uint8_t control, timestamp at, output& out) {
  const bool first = !std::exchange(begun_, true);
  switch (control) {
    case startdt_act:
      tell_early(out);
      if (first) transfer_ = transfer::stopped;
      if (transfer_ == transfer::stopped) transfer_ = transfer::starting;
      ask(start_, control, from, at, out);
      break;
    case startdt_con:
      transfer_ = transfer::started;
      for (auto& d : directions_) d.start_told = false;
      confirm(start_, startdt_act, from, at, out);
      break;
    case stopdt_act: ask(stop_, control, from, at, out); break;
    case stopdt_con:
      transfer_ = transfer::stopped;
      for (auto& d : directions_) d.start_told = false;
      confirm(stop_, stopdt_act, from, at, out);
      break;
    case testfr_act: of(from).testing = at; break;
    case testfr_con: of(other(from)).testing.reset(); break;
    default: out.violate(from, "u_function", "a U-frame bears none or several functions"); break;
  }
}

void link::ask(std::optional<request>& place, std::uint8_t control, side from, timestamp at, output& out) {
  give_up(place, out);
  place = request{session_operation(control, at), from};
}

void link::confirm(std::optional<request>& place, std::uint8_t control, side from, timestamp at, output& out) {
  if (!place || place->asker == from) {
    auto op = session_operation(control, at);
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(from));
  }
  place->op.outcome = outcome::ok, place->op.latency = at - place->op.time;
  out.emit(std::move(place->op), place->asker);
  place.reset();
}

void link::give_up(std::optional<request>& place, output& out) {
  if (!place) return;
  place->op.outcome = outcome::timeout;
  out.emit(std::move(place->op), place->asker);
  place.reset();
}

void link::on_gap(side from) {
  auto& lost = of(from);
  const auto told = lost.start_told;
  lost = {};
  lost.start_told = told;
  auto& opposite = of(other(from));  // the acknowledgements for it may be among what was lost
  opposite.unacknowledged.reset(), opposite.testing.reset(), opposite.acknowledged.reset(), opposite.ahead.reset();
  if (transfer_ != transfer::started) transfer_ = transfer::unknown;
  early_.reset();
}

void link::on_time(timestamp now, output& out) {
  if (early_ && now - early_->since > send_patience) tell_early(out);
  for (const auto s : {side::client, side::server}) {
    auto& d = of(s);
    if (d.unacknowledged && now - *d.unacknowledged > send_patience && !std::exchange(d.late_told, true))
      out.violate(other(s), "timeout", "an I-frame was not acknowledged within t1 (15 seconds)");
    if (d.testing && now - *d.testing > send_patience) {
      d.testing.reset();
      out.violate(other(s), "timeout", "TESTFR was not confirmed within t1 (15 seconds)");
    }
  }
  for (auto* waiting : {&start_, &stop_})
    if (*waiting && now - (*waiting)->op.time > start_patience) give_up(*waiting, out);
}

void link::on_end(output& out) {
  tell_early(out);
  give_up(start_, out);
  give_up(stop_, out);
}

}  // namespace mw::iec104
