// Command transmission, station interrogation, reading and file transfer of IEC 60870-5-5 as operations.
#include "sensor/dissect/iec104_exchange.hpp"

#include <algorithm>
#include <chrono>

namespace mw::iec104 {
namespace {

constexpr std::size_t waiting_limit = 256, terminating_limit = 128, selection_limit = 256, station_limit = 64;
constexpr nanoseconds patience = std::chrono::seconds{30};
constexpr nanoseconds interrogation_patience = std::chrono::seconds{120};  // a large station answers at length

operation to_operation(asdu& a, timestamp at) {
  operation op;
  op.time = at;
  op.unit = std::to_string(a.common);
  op.function = std::to_string(a.id);
  op.function_name = a.type != nullptr ? std::string{a.type->function} : a.space();
  op.action = a.type != nullptr ? a.type->action : action::control;
  op.objects = std::move(a.objects), op.values = std::move(a.values), op.fields = std::move(a.fields);
  return op;
}

bool is_interrogation(std::uint8_t type) { return type == 100 || type == 101; }
bool is_process_command(const asdu& a) { return a.type != nullptr && a.type->action == action::control; }
/// Only what runs for a while says when it is over (IEC 60870-5-101, 7.3).
bool terminates(const asdu& a) { return is_interrogation(a.id) || (is_process_command(a) && !a.select.value_or(false)); }

}  // namespace

void exchange::on_asdu(asdu&& a, const layout& l, side from, timestamp at, output& out) {
  const auto k = a.type != nullptr ? a.type->kind : kind::command;
  switch (k) {
    case kind::monitor: return on_monitor(a, from, at, out);
    case kind::file: return on_file(a, from, at, out);
    case kind::security: {
      auto op = to_operation(a, at);
      op.outcome = outcome::none;
      return out.emit(std::move(op), controlling_);
    }
    case kind::command:
    case kind::parameter: return on_command(a, l, from, at, out);
  }
}

void exchange::on_command(asdu& a, const layout& l, side from, timestamp at, output& out) {
  if (a.is(cause::activation) || a.is(cause::deactivation) || a.is(cause::requested)) return on_activation(a, l, from, at, out);
  if (a.is(cause::activation_confirmation) || a.is(cause::deactivation_confirmation)) return on_confirmation(a, from, at, out);
  if (a.is(cause::activation_termination)) return on_termination(a, from, at, out);
  if (a.unknown_mirrored()) return on_rejection(a, from, at, out);
  auto op = to_operation(a, at);  // a station tells its clock or its parameters
  op.action = action::report;
  op.outcome = outcome::none;
  out.emit(std::move(op), other(from));
}

void exchange::on_activation(asdu& a, const layout& l, side from, timestamp at, output& out) {
  controlling_ = from;
  if (!std::exchange(master_told_, true)) out.learn(from, {}, "role", "master", 80);
  if (a.select) check_select(a, from, out);
  if (waiting_.size() >= waiting_limit) lapse(waiting_.begin(), out);
  activation w;
  w.about = about(a, from);
  w.what = a.is(cause::deactivation) ? step::deactivate : step::activate;
  w.everybody = a.common == l.everybody();
  w.terminates = w.what == step::activate && terminates(a);
  w.op = to_operation(a, at);
  waiting_.push_back(std::move(w));
}

void exchange::on_confirmation(asdu& a, side from, timestamp at, output& out) {
  settle_select(a, !a.negative);
  const auto s = about(a, other(from));
  const auto what = a.is(cause::deactivation_confirmation) ? step::deactivate : step::activate;
  auto w = std::ranges::find_if(waiting_, [&](const activation& x) { return x.about == s && x.what == what && !x.confirmed; });
  if (w == waiting_.end()) {
    if (!a.negative && what == step::activate && terminates(a)) expect_termination(s);
    w = find_broadcast(s);
    if (w == waiting_.end()) return emit_unpaired(a, from, at, out);
    ++w->stations;
    if (!std::exchange(w->confirmed, true)) w->op.latency = at - w->op.time;
    a.fields.emplace_back("answers", "broadcast");  // the station's own part of a command to all
    return emit_unpaired(a, from, at, out);
  }
  w->confirmed = true;
  w->op.latency = at - w->op.time;
  if (a.negative) {
    w->op.code = std::to_string(a.cause);
    w->op.fields.emplace_back("negative", true);
    return conclude(w, outcome::refused, out);
  }
  if (!w->terminates) conclude(w, outcome::ok, out);
}

void exchange::on_termination(asdu& a, side from, timestamp at, output& out) {
  const auto s = about(a, other(from));
  if (const auto w = find(s, step::activate); w != waiting_.end()) {
    if (!w->op.latency) w->op.latency = at - w->op.time;
    w->op.fields.emplace_back("terminated_after", std::chrono::duration<double>(at - w->op.time).count());
    if (!a.negative) return conclude(w, outcome::ok, out);
    w->op.code = std::to_string(a.cause);
    return conclude(w, outcome::refused, out);
  }
  if (const auto known = std::ranges::find(terminating_, s); known != terminating_.end())
    terminating_.erase(known);
  else
    emit_unpaired(a, from, at, out);
}

void exchange::on_rejection(asdu& a, side from, timestamp at, output& out) {
  settle_select(a, false);
  const auto s = about(a, other(from));
  auto w = find(s, {});
  if (w == waiting_.end()) w = find_broadcast(s);
  if (w == waiting_.end()) return emit_unpaired(a, from, at, out);
  w->op.latency = at - w->op.time;
  w->op.code = std::to_string(a.cause);
  w->op.fields.emplace_back("refused_because", std::string{cause_name(a.cause)});
  conclude(w, outcome::refused, out);
}

void exchange::on_monitor(asdu& a, side from, timestamp at, output& out) {
  controlling_ = other(from);
  tell_station(a, from, out);
  if (a.is(cause::requested)) {  // the value that a read asked for; it is told as a report as well, so that points have one source
    auto w = find({102, a.common, a.first_address, other(from)}, step::activate);
    if (w != waiting_.end()) {
      w->op.latency = at - w->op.time;
      w->op.returned = a.objects, w->op.values = a.values;
      conclude(w, outcome::ok, out);
    }
  }
  if (a.id == 70) std::erase_if(selections_, [&](const selection& x) { return x.common == a.common; });  // the station began anew
  auto op = to_operation(a, at);
  if (a.negative) op.fields.emplace_back("negative", true);
  op.outcome = outcome::none;
  out.emit(std::move(op), other(from));
}

void exchange::tell_station(const asdu& a, side from, output& out) {
  if (stations_.size() >= station_limit || std::ranges::find(stations_, a.common) != stations_.end()) return;
  stations_.push_back(a.common);
  out.learn(from, std::to_string(a.common), "role", "outstation", 80);
}

void exchange::on_file(asdu& a, side from, timestamp at, output& out) {
  const auto what = a.type->shape;
  const auto q = a.qualifier.value_or(0);
  // Calls and acknowledgements go to where the file is, everything else comes from there.
  const bool to_source = what == shape::file_call || what == shape::file_ack || what == shape::query_log;
  const bool mirrored = a.unknown_mirrored();
  const bool source_controls = ((from == controlling_) != to_source) != mirrored;
  auto op = to_operation(a, at);
  op.action = what == shape::file_call && (q & 0x0f) == 4 ? action::file_delete : source_controls ? action::file_write : action::file_read;
  op.outcome = outcome::none;
  const bool not_ready = (what == shape::file_ready || what == shape::section_ready) && (q & 0x80) != 0;
  const bool not_accepted = what == shape::file_ack && ((q & 0x0f) == 2 || (q & 0x0f) == 4);
  if (mirrored || a.negative)
    op.code = std::to_string(a.cause);
  else if (not_ready || not_accepted)
    op.code = std::to_string(q);
  if (op.code) op.outcome = outcome::refused;
  out.emit(std::move(op), controlling_);
}

void exchange::check_select(const asdu& a, side from, output& out) {
  const auto tell = [&](std::string_view detail) { out.violate(from, "select_before_operate", detail, std::to_string(a.common)); };
  auto* s = find_selection(a);
  if (a.is(cause::deactivation)) {
    if (s != nullptr) s->now = selection::stage::none;
    return;
  }
  const auto wanted = a.values.empty() ? value{} : a.values.front();
  if (*a.select) {
    if (s == nullptr) {
      if (selections_.size() >= selection_limit) selections_.pop_front();
      s = &selections_.emplace_back();
    }
    *s = {selection::stage::selected, a.common, a.first_address, a.id, a.qualifier, wanted};
    return;
  }
  if (s == nullptr) return;  // nothing says that this point is used with select
  switch (std::exchange(s->now, selection::stage::none)) {
    case selection::stage::none: return tell("a command is executed without the select that this point is used with");
    case selection::stage::refused: return tell("a command is executed though its select was refused");
    case selection::stage::selected:
      if (s->type != a.id)
        tell("a command is executed with another type than was selected");
      else if (s->wanted != wanted)
        tell("a command is executed with another value than was selected");
      else if (s->qualifier != a.qualifier)
        tell("a command is executed with another qualifier than was selected");
      return;
    case selection::stage::unknown: return;
  }
}

void exchange::settle_select(const asdu& a, bool granted) {
  if (granted || !a.select.value_or(false)) return;
  if (auto* s = find_selection(a)) s->now = selection::stage::refused;
}

exchange::selection* exchange::find_selection(const asdu& a) {
  const auto is_point = [&](const selection& x) { return x.common == a.common && x.object == a.first_address; };
  const auto at = std::ranges::find_if(selections_, is_point);
  return at == selections_.end() ? nullptr : &*at;
}

std::deque<exchange::activation>::iterator exchange::find(const subject& s, std::optional<step> what) {
  return std::ranges::find_if(waiting_, [&](const activation& x) { return x.about == s && (!what || x.what == *what); });
}

std::deque<exchange::activation>::iterator exchange::find_broadcast(const subject& s) {
  return std::ranges::find_if(waiting_, [&](const activation& x) {
    return x.everybody && x.about.type == s.type && x.about.object == s.object && x.about.asker == s.asker;
  });
}

void exchange::conclude(std::deque<activation>::iterator w, outcome how, output& out) {
  auto done = std::move(*w);
  waiting_.erase(w);
  done.op.outcome = how;
  if (done.stations != 0) done.op.fields.emplace_back("stations", done.stations);
  out.emit(std::move(done.op), done.about.asker);
}

void exchange::lapse(std::deque<activation>::iterator w, output& out) {
  if (w->confirmed && w->terminates) expect_termination(w->about);
  conclude(w, w->confirmed ? outcome::ok : outcome::timeout, out);
}

void exchange::emit_unpaired(asdu& a, side from, timestamp at, output& out) {
  const bool refused = a.negative || a.unknown_mirrored();
  if (refused) a.fields.emplace_back("negative", true);
  auto op = to_operation(a, at);
  if (refused) op.code = std::to_string(a.cause);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), other(from));
}

void exchange::expect_termination(const subject& s) {
  if (terminating_.size() >= terminating_limit) terminating_.pop_front();
  terminating_.push_back(s);
}

void exchange::on_gap() {
  for (auto& s : selections_) s.now = selection::stage::unknown;
}

void exchange::on_time(timestamp now, output& out) {
  for (std::size_t i = 0; i < waiting_.size();) {
    const auto limit = is_interrogation(waiting_[i].about.type) && waiting_[i].confirmed ? interrogation_patience : patience;
    if (now - waiting_[i].op.time > limit)
      lapse(waiting_.begin() + static_cast<std::ptrdiff_t>(i), out);
    else
      ++i;
  }
}

void exchange::on_end(output& out) {
  while (!waiting_.empty()) lapse(waiting_.begin(), out);
}

}  // namespace mw::iec104
