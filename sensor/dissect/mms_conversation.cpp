// The PDUs of MMS (ISO 9506-2, clause 7) and the services of ACSE that carry its association, paired with their answers.
#include "sensor/dissect/mms_conversation.hpp"

#include <utility>

namespace mw::mms {
namespace {

/// PDUs of MMS by their tag.
enum class pdu : std::uint32_t {
  confirmed_request,
  confirmed_response,
  confirmed_error,
  unconfirmed,
  reject,
  cancel_request,
  cancel_response,
  cancel_error,
  initiate_request,
  initiate_response,
  initiate_error,
  conclude_request,
  conclude_response,
  conclude_error,
};

/// The parts of a confirmed PDU: its number, and the service with what it says.
struct confirmed {
  std::optional<std::uint64_t> invoke;
  std::optional<ber::element> service;
  bool modified = false;
};
confirmed read_confirmed(bytes content, reader& in) {
  constexpr std::uint32_t detail = 79;
  confirmed c;
  each(content, in, [&](const ber::element& e) {
    if (e.universal(ber::integer) && !c.invoke) c.invoke = number(e.content, in);
    if (e.universal(ber::sequence)) c.modified = true;
    if (e.kind == ber::tag_class::context && e.number != detail && !c.service) c.service = e;
  });
  in.expect(c.invoke.has_value(), "a confirmed PDU has an invoke id");
  return c;
}

constexpr std::size_t index(side s) { return s == side::client ? 0 : 1; }

}  // namespace

void conversation::on_gap(side from) {
  memory_.from_the_start = false;
  memory_.reports.erase_if([&](const auto& key) { return key.owner == from; });
}

operation conversation::start(std::string_view word, action what, const said& s) const {
  operation op;
  op.time = s.time;
  op.action = what;
  op.function = op.function_name = word;
  if (memory_.profile != profile::unknown) put(op, "profile", std::string_view{memory_.profile == profile::tase2 ? "tase2" : "iec61850"});
  return op;
}
operation conversation::start(std::uint32_t number, const said& s) const {
  auto op = start(describe(number).name, describe(number).action, s);
  op.function = std::to_string(number);
  return op;
}

/// The request that is answered, or one that stands for it.
conversation::waiting::request conversation::asked(asked_for what, std::uint64_t invoke, std::string_view word, bool& paired,
                                                   const said& s) {
  auto found = pending_.take({what, other(s.from), invoke});
  paired = found.has_value();
  if (found) return std::move(*found);
  return {{what, other(s.from), invoke}, start(word, action::session, s), other(s.from), 0};
}
void conversation::finish(waiting::request&& r, bool paired, outcome how, const said& s) {
  if (paired) return answer(std::move(r), s.time, how, s.out);
  r.op.outcome = outcome::unpaired;
  s.out.emit(std::move(r.op), r.asker);
}

void conversation::begin_association(std::vector<agreed> contexts, bool whole, const said& s) {
  pending_.finish(s.out);
  memory_.forget();
  memory_.from_the_start = whole;
  contexts_ = std::move(contexts);
}
void conversation::end_association(operation&& op, const said& s) {
  s.out.emit(std::move(op), s.from);
  pending_.finish(s.out);
  memory_.forget();
}

void conversation::on_payload(bytes payload, const said& s) {
  reader in{bytes{}};
  const auto e = read_envelope(payload, in);
  s.check(in, "session");
  if (e.what == step::connect) {
    begin_association(e.contexts, in.ok(), s);
  }
  for (const auto& v : e.values) on_value(v, s);
  if (e.what == step::refuse) {
    bool paired = false;
    auto r = asked(asked_for::association, 0, "initiate", paired, s);
    if (!paired && !e.values.empty()) return;  // the association was answered with a reason of its own
    if (e.reason) r.op.code = std::to_string(*e.reason), put(r.op, "reason", std::string_view{"session_refused"});
    finish(std::move(r), paired, outcome::refused, s);
  }
  if (e.what == step::abort && e.values.empty()) end_association(start("abort", action::session, s), s);
}

void conversation::on_value(const presented& v, const said& s) {
  if (v.content.empty()) return s.broken("presentation", "a presentation value is empty");
  reader in{v.content};
  const auto e = ber::next(in);
  s.check(in, "layout");
  if (!in.ok()) return;
  if (in.left()) s.broken("layout", "octets follow the end of a PDU");
  const bool association = e.kind == ber::tag_class::application && e.number <= most_acse;
  if (!association && e.kind != ber::tag_class::context) return s.broken("presentation", "a presentation value is neither ACSE nor MMS");
  const auto known = std::ranges::find(contexts_, v.context, &agreed::context);
  const bool agreed_on = known != contexts_.end() && known->meaning == (association ? syntax::acse : syntax::mms);
  if (!contexts_.empty() && v.context != 0 && !agreed_on)
    s.broken("presentation_context", "a value comes in a context that was not agreed on for it");
  if (association) return on_acse(e, s);
  on_pdu(e, s);
}

void conversation::on_acse(const ber::element& apdu, const said& s) {
  reader in{bytes{}};
  const auto a = read_acse(apdu, in);
  s.check(in, "association");
  s.out.count("mms", "acse", apdu.number);
  const auto learn = [&](side who, std::string_view title, std::uint8_t confidence) {
    if (!title.empty()) s.out.learn(who, {}, "ap_title", title, confidence);
  };
  const auto inside = [&](pdu which) -> ber::element {
    for (const auto& v : a.values)
      if (const auto e = first(v.content, in); in.ok() && e.context(static_cast<std::uint32_t>(which))) return e;
    return {};
  };
  bool paired = false;
  switch (a.kind) {
    case acse_kind::request: {
      auto op = start("initiate", action::session, s);
      put_association(a, op);
      learn(s.from, a.calling_title, 80);
      learn(other(s.from), a.called_title, 50);
      if (const auto e = inside(pdu::initiate_request); e.constructed) {
        s.out.count("mms", "pdu", e.number);
        put_initiate(e.content, true, op, in);
      }
      s.check(in, "layout");
      return ask(asked_for::association, 0, std::move(op), s);
    }
    case acse_kind::response: {
      auto r = asked(asked_for::association, 0, "initiate", paired, s);
      put_association(a, r.op);
      learn(s.from, a.responding_title, 80);
      auto how = a.result == 0 ? outcome::ok : outcome::refused;
      if (const auto e = inside(pdu::initiate_response); e.constructed) {
        s.out.count("mms", "pdu", e.number);
        put_initiate(e.content, false, r.op, in);
      } else if (const auto error = inside(pdu::initiate_error); error.constructed) {
        s.out.count("mms", "pdu", error.number);
        read_service_error(error.content, r.op, in);
        how = outcome::refused;
      }
      s.check(in, "layout");
      return finish(std::move(r), paired, how, s);
    }
    case acse_kind::release_request: return ask(asked_for::release, 0, start("release", action::session, s), s);
    case acse_kind::release_response: {
      auto r = asked(asked_for::release, 0, "release", paired, s);
      return finish(std::move(r), paired, outcome::ok, s);
    }
    case acse_kind::abort: {
      auto op = start("abort", action::session, s);
      put(op, "source", std::string_view{a.abort_source == 0 ? "user" : "provider"});
      return end_association(std::move(op), s);
    }
  }
}

void conversation::on_pdu(const ber::element& e, const said& s) {
  s.out.count("mms", "pdu", e.number);
  reader in{bytes{}};
  bool paired = false;
  switch (static_cast<pdu>(e.number)) {
    case pdu::confirmed_request: return on_request(e.content, s);
    case pdu::confirmed_response: return on_response(e.content, s);
    case pdu::confirmed_error: return on_error(e.content, asked_for::service, s);
    case pdu::cancel_error: return on_error(e.content, asked_for::cancel, s);
    case pdu::initiate_error: return on_error(e.content, asked_for::association, s);
    case pdu::conclude_error: return on_error(e.content, asked_for::conclude, s);
    case pdu::unconfirmed: return on_unconfirmed(e.content, s);
    case pdu::reject: return on_reject(e.content, s);
    case pdu::cancel_request: {
      auto op = start("cancel", action::session, s);
      const auto invoke = number(e.content, in);
      s.check(in, "layout");
      put(op, "invoke_id", invoke);
      return ask(asked_for::cancel, invoke, std::move(op), s);
    }
    case pdu::cancel_response: {
      auto r = asked(asked_for::cancel, number(e.content, in), "cancel", paired, s);
      s.check(in, "layout");
      return finish(std::move(r), paired, outcome::ok, s);
    }
    case pdu::initiate_request: {  // without ACSE
      begin_association({}, true, s);
      auto op = start("initiate", action::session, s);
      put_initiate(e.content, true, op, in);
      s.check(in, "layout");
      return ask(asked_for::association, 0, std::move(op), s);
    }
    case pdu::initiate_response: {
      auto r = asked(asked_for::association, 0, "initiate", paired, s);
      put_initiate(e.content, false, r.op, in);
      s.check(in, "layout");
      return finish(std::move(r), paired, outcome::ok, s);
    }
    case pdu::conclude_request: return ask(asked_for::conclude, 0, start("conclude", action::session, s), s);
    case pdu::conclude_response: {
      auto r = asked(asked_for::conclude, 0, "conclude", paired, s);
      return finish(std::move(r), paired, outcome::ok, s);
    }
  }
  s.broken("pdu", "a PDU of a kind that MMS does not have");
}

void conversation::tell(const exchange& x, bool granted, const said& s) {
  const auto who = other(x.asker);
  auto& told = told_[index(who)];
  for (const auto& f : x.facts)
    if (told.fresh({}, {}, f.kind, f.value, s.time, "mms", s.out)) s.out.learn(who, {}, f.kind, f.value, f.confidence);
  if (!granted || memory_.profile == profile::unknown || std::exchange(memory_.role_told, true)) return;
  if (memory_.profile == profile::iec61850) return s.out.learn(who, {}, "role", "ied", 60);
  for (const auto each_side : {side::client, side::server}) s.out.learn(each_side, {}, "role", "control_center", 60);
}

void conversation::on_request(bytes content, const said& s) {
  reader in{bytes{}};
  const auto c = read_confirmed(content, in);
  if (!in.ok() || !c.service) return s.broken("layout", in.ok() ? "a request names no service" : in.why().what);
  const auto number = c.service->number;
  s.out.count("mms", "confirmed_request", number);
  if (number > 78) s.broken("service", "a service that MMS does not have");
  if (pending_.find({asked_for::service, s.from, *c.invoke}) != nullptr)
    s.broken("invoke_id_reused", "a request has the invoke id of one that still waits");
  auto op = start(number, s);
  if (c.modified) put_flag(op, "modified", true);
  exchange x{memory_, s.from, s.out, in};
  read_request(number, *c.service, op, x);
  s.check(in, "layout");
  ask(asked_for::service, *c.invoke, std::move(op), s, number);
}

void conversation::on_response(bytes content, const said& s) {
  reader in{bytes{}};
  const auto c = read_confirmed(content, in);
  if (!in.ok()) return s.broken("layout", in.why().what);
  if (c.service) s.out.count("mms", "confirmed_response", c.service->number);
  auto found = pending_.take({asked_for::service, other(s.from), *c.invoke});
  if (!c.service) s.broken("layout", "a response names no service");
  if (!found && memory_.from_the_start) s.broken("unpaired_response", "a response to a request that was not made");
  if (!found && !c.service) return;
  const bool paired = found.has_value();
  const bool fits = !paired || !c.service || c.service->number == found->extra;
  if (!fits) s.broken("service_mismatch", "the response is that of another service");
  if (!paired) found = {{}, start(c.service->number, s), other(s.from), c.service->number};
  auto how = outcome::ok;
  exchange x{memory_, other(s.from), s.out, in};
  if (c.service && fits) how = read_response(c.service->number, *c.service, found->op, x);
  s.check(in, "layout");
  tell(x, how == outcome::ok, s);
  finish(std::move(*found), paired, how, s);
}

void conversation::on_error(bytes content, asked_for what, const said& s) {
  reader in{bytes{}};
  std::uint64_t invoke = 0;
  bytes error = what == asked_for::association || what == asked_for::conclude ? content : bytes{};
  if (what == asked_for::service || what == asked_for::cancel)
    each(content, in, [&](const ber::element& e) {
      if (e.context(0)) invoke = number(e.content, in);
      if (e.context(what == asked_for::service ? 2 : 1)) error = e.content;
    });
  constexpr std::array<std::string_view, 5> words{"error", "initiate", "release", "conclude", "cancel"};
  bool paired = false;
  auto r = asked(what, invoke, words.at(static_cast<std::size_t>(what)), paired, s);
  read_service_error(error, r.op, in);
  s.check(in, "layout");
  finish(std::move(r), paired, outcome::refused, s);
}

void conversation::on_unconfirmed(bytes content, const said& s) {
  reader in{bytes{}};
  const auto e = first(content, in);
  if (!in.ok()) return s.broken("layout", in.why().what);
  s.out.count("mms", "unconfirmed", e.number);
  auto op = start("unknown", action::report, s);
  op.function = "unconfirmed/" + std::to_string(e.number);
  op.outcome = outcome::unsolicited;
  exchange x{memory_, other(s.from), s.out, in};
  switch (e.number) {
    case 0:
      op.function_name = "information_report";
      read_report(e.content, op, x);
      break;
    case 1:
      op.function_name = "unsolicited_status";
      read_status(e.content, op, x);
      break;
    case 2:
      op.function_name = "event_notification";
      op.action = action::alarm;
      read_event(e.content, op, x);
      break;
    default: s.broken("service", "an unconfirmed service that MMS does not have");
  }
  s.check(in, "layout");
  tell(x, true, s);
  s.out.emit(std::move(op), other(s.from));
}

void conversation::on_reject(bytes content, const said& s) {
  reader in{bytes{}};
  std::uint64_t invoke = 0, reason = 0;
  std::uint32_t which = 0;
  each(content, in, [&](const ber::element& e) {
    if (e.context(0))
      invoke = number(e.content, in);
    else if (e.kind == ber::tag_class::context)
      which = e.number, reason = number(e.content, in);
  });
  s.check(in, "layout");
  const auto what = which == 6 ? asked_for::cancel : which == 9 ? asked_for::conclude : asked_for::service;
  bool paired = false;
  auto r = asked(what, invoke, "reject", paired, s);
  r.op.code = std::to_string(which) + '/' + std::to_string(reason);
  put(r.op, "reason", std::string{rejected_pdu(which)} + '/' + std::string{reject_reason(which, reason)});
  finish(std::move(r), paired, outcome::refused, s);
}

}  // namespace mw::mms
