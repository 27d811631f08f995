// Which Modbus answer belongs to which request, for both framings (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 4.3).
#include "sensor/dissect/modbus_conversation.hpp"

#include "sensor/dissect/umas.hpp"

#include <algorithm>
#include <utility>

namespace mw::modbus {
namespace {

using std::chrono::milliseconds;

/// A number that is used again while its request is open: within this time requests may be pipelined under one number,
/// after it the client has given the older one up. On a serial line there is never more than one request.
constexpr nanoseconds patience_with_reuse = milliseconds{500};
/// What is to be silent may still refuse within this time.
constexpr nanoseconds silence_lasts = std::chrono::seconds{1};

constexpr std::uint8_t plain(std::uint8_t function) { return function & static_cast<std::uint8_t>(~error_bit); }

void report(const remarks& notes, const adu& a, side asks, output& out) {
  const auto unit = std::to_string(a.unit);
  for (const auto& b : notes.breaches) out.violate(a.from, b.rule, b.detail, unit);
  for (const auto& f : notes.findings) {
    if (f.of_asker)
      out.learn(asks, {}, f.kind, f.value, f.confidence);
    else
      out.learn(other(asks), unit, f.kind, f.value, f.confidence);
  }
}

}  // namespace

/// Ports tell who asks, except where a capture begins in the midst of a conversation between unknown ports, or where a
/// field device calls its master. Only what can be nothing but a request counts, and two of them turn the direction: so
/// an attacker cannot, from his side, have his requests taken for answers.
void conversation::weigh(const adu& a) {
  const auto fits = shape_of(a.pdu);
  if (fits.request && !fits.response) lean_ = std::clamp(lean_ + (a.from == side::client ? 1 : -1), -2, 2);
}

void conversation::on_adu(const adu& a, output& out) {
  if (a.pdu.empty()) return out.violate(a.from, "length", "a message without a function code", std::to_string(a.unit));
  weigh(a);
  const bool exception = (reader{a.pdu}.u8() & error_bit) != 0;  // there is no request with this bit, whoever sends it
  if (a.from == asker() && !exception)
    request(a, out);
  else
    response(a, out);
}

void conversation::request(const adu& a, output& out) {
  operation op;
  asked kept;
  remarks notes;
  op.protocol = "modbus";  // whatever the name of the framing
  op.time = a.time;
  op.unit = std::to_string(a.unit);
  const auto function = reader{a.pdu}.u8();
  out.count("modbus", "request", plain(function));
  if (function == unity && umas::code_of(a.pdu)) {
    umas::read_request(a.pdu, op, kept, notes);
    out.count("umas", "request", *umas::code_of(a.pdu));
  } else {
    read_request(a.pdu, op, kept, notes);
    if (function == unity) notes.breaks("length", "the request is shorter than its function requires");
    if (function == diagnostics && kept.sub) out.count("modbus", "diagnostic_request", *kept.sub);
    if (function == encapsulated && kept.sub) out.count("modbus", "mei_request", *kept.sub);
  }
  report(notes, a, a.from, out);

  const key about{a.transaction, a.unit, function};
  last_ = about;
  close_silent(out);
  if (framing_ == framing::rtu && a.unit == 0) {  // a broadcast
    op.outcome = outcome::none;
    return out.emit(std::move(op), a.from);
  }
  if (function == diagnostics && kept.sub == force_listen_only) {
    silent_ = silence{about, std::move(op), a.from, std::move(kept)};
    return;
  }
  const auto patience = framing_ == framing::rtu ? nanoseconds{0} : patience_with_reuse;
  for (auto* older = open_.find(about); older != nullptr && a.time - older->op.time >= patience; older = open_.find(about)) {
    auto given_up = open_.take(about);
    given_up->op.outcome = outcome::timeout;
    out.emit(std::move(given_up->op), given_up->asker);
  }
  open_.add(about, std::move(op), out, a.from, std::move(kept));
}

void conversation::response(const adu& a, output& out) {
  const auto function = reader{a.pdu}.u8();
  const bool refused = (function & error_bit) != 0;
  out.count("modbus", "response", plain(function));
  if (refused) out.count("modbus", "exception", plain(function));
  const auto code = function == unity ? umas::code_of(a.pdu) : std::nullopt;
  if (code) out.count("umas", "response", *code);

  const key about{a.transaction, a.unit, plain(function)};
  std::optional<waiting::request> found;
  if (silent_ && silent_->about == about) {
    found = waiting::request{about, std::move(silent_->op), silent_->asker, std::move(silent_->kept)};
    silent_.reset();
  } else {
    found = open_.take(about);
  }
  if (!found) return unpaired(a, out);

  remarks notes;
  auto how = refused ? outcome::refused : outcome::ok;
  if (refused)
    read_exception(a.pdu, found->op, notes);
  else if (code)
    how = umas::read_response(a.pdu, found->op, &found->extra, notes);
  else
    read_response(a.pdu, found->op, &found->extra, notes);
  if (function == unity && !code) notes.breaks("length", "the answer is shorter than its function requires");
  report(notes, a, found->asker, out);
  answer(std::move(*found), a.time, how, out);
}

void conversation::unpaired(const adu& a, output& out) {
  operation op;
  remarks notes;
  op.protocol = "modbus";  // whatever the name of the framing
  op.time = a.time;
  op.unit = std::to_string(a.unit);
  const auto function = reader{a.pdu}.u8();
  if ((function & error_bit) != 0) {
    const auto about = describe(plain(function));
    op.action = about.what;
    op.function = std::to_string(about.code);
    op.function_name = about.name;
    read_exception(a.pdu, op, notes);
  } else if (function == unity && umas::code_of(a.pdu)) {
    (void)umas::read_response(a.pdu, op, nullptr, notes);
  } else {
    read_response(a.pdu, op, nullptr, notes);
  }
  op.outcome = outcome::unpaired;
  const bool same = last_ && last_->transaction == a.transaction && last_->unit == a.unit;
  if (same && last_->function != plain(function) && open_.find(*last_) != nullptr)
    notes.breaks("mismatch", "the answer is to another function than was asked for");
  else
    notes.breaks("unpaired_response", "an answer to a request that was not seen");
  report(notes, a, other(a.from), out);
  out.emit(std::move(op), other(a.from));
}

void conversation::close_silent(output& out) {
  if (!silent_) return;
  silent_->op.outcome = outcome::none;
  out.emit(std::move(silent_->op), silent_->asker);
  silent_.reset();
}

void conversation::on_time(timestamp now, output& out) {
  if (silent_ && now - silent_->op.time > silence_lasts) close_silent(out);
  open_.expire(now, out);
}

void conversation::on_end(output& out) {
  close_silent(out);
  open_.finish(out);
}

}  // namespace mw::modbus
