// Session (ISO 8327-1), presentation (ISO 8823-1) and association (ISO 8650-1) below MMS, as far as RFC 1006 hosts use them.
#include "sensor/dissect/mms_layers.hpp"

#include "common/text.hpp"
#include "sensor/dissect/mms_data.hpp"

#include <algorithm>
#include <array>

namespace mw::mms {
namespace {

// session
constexpr std::uint8_t give_tokens = 1, data_transfer = 1, long_length = 0xff;
constexpr std::uint8_t reason_code = 50, user_data = 193, extended_user_data = 194;
// presentation
constexpr std::uint32_t simply_encoded = 0, fully_encoded = 1;
constexpr std::size_t most_values_of_message = 64, most_contexts = 32;

constexpr std::array<std::uint8_t, 4> acse_syntax{0x52, 0x01, 0x00, 0x01};  // 2.2.1.0.1
constexpr std::array<std::uint8_t, 3> mms_syntax{0x28, 0xca, 0x22};         // 1.0.9506 and what follows

bool begins(bytes content, bytes prefix) {
  return content.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), content.begin());
}
syntax meaning_of(bytes oid) {
  if (oid.size() == acse_syntax.size() && begins(oid, acse_syntax)) return syntax::acse;
  return begins(oid, mms_syntax) ? syntax::mms : syntax::other;
}

/// A length of session: one octet, or 255 and two.
std::size_t session_length(reader& in) {
  const auto n = in.u8();
  return n == long_length ? in.u16() : n;
}

constexpr bool is_spdu(std::uint8_t si) {
  switch (static_cast<step>(si)) {
    case step::data:
    case step::not_finished:
    case step::finish:
    case step::disconnect:
    case step::refuse:
    case step::connect:
    case step::accept:
    case step::abort:
    case step::abort_accept: return true;
    case step::direct: return false;
  }
  return false;
}
/// Tags of MMS PDUs: 0 to 13 of the context class; those that are a number or empty are primitive.
constexpr bool is_pdu_tag(std::uint8_t octet) {
  const auto n = octet & 0x1f;
  const bool primitive = n == 5 || n == 6 || n == 11 || n == 12;
  return (octet & 0xc0) == 0x80 && n <= 13 && primitive == ((octet & 0x20) == 0);
}

// ---- presentation
void read_values(bytes content, envelope& to, reader& in) {
  each(content, in, [&](const ber::element& list) {
    presented v;
    each(list.content, in, [&](const ber::element& e) {
      if (e.universal(ber::integer)) v.context = static_cast<std::uint32_t>(number(e.content, in));
      if (e.kind == ber::tag_class::context && e.number <= 2) v.content = e.content;
    });
    in.expect(to.values.size() < most_values_of_message, "a message carries at most 64 values");
    if (in.ok()) to.values.push_back(v);
  });
}
void read_context(bytes content, envelope& to, reader& in) {
  agreed a;
  bool named = false;
  each(content, in, [&](const ber::element& e) {
    if (e.universal(ber::integer)) a.context = static_cast<std::uint32_t>(number(e.content, in));
    if (e.universal(ber::object_identifier) && !std::exchange(named, true)) a.meaning = meaning_of(e.content);
  });
  if (in.ok() && to.contexts.size() < most_contexts) to.contexts.push_back(a);
}
/// A presentation PDU: its user data, wherever in it they stand, and the contexts that are proposed.
void read_presentation(const ber::element& ppdu, envelope& to, reader& in) {
  if (ppdu.is(ber::tag_class::application, fully_encoded)) return read_values(ppdu.content, to, in);
  if (ppdu.is(ber::tag_class::application, simply_encoded)) {
    in.expect(to.values.size() < most_values_of_message, "a message carries at most 64 values");
    if (in.ok()) to.values.push_back({0, ppdu.content});
    return;
  }
  const bool known = ppdu.universal(ber::set) || ppdu.universal(ber::sequence) || ppdu.kind == ber::tag_class::context;
  in.expect(known, "user data of session are a presentation PDU");
  if (!in.ok() || !ppdu.constructed) return;
  each(ppdu.content, in, [&](const ber::element& e) {
    if (e.is(ber::tag_class::application, fully_encoded)) return read_values(e.content, to, in);
    if (!e.context(2) || !e.constructed) return;
    each(e.content, in, [&](const ber::element& parameter) {  // of normal mode
      if (parameter.is(ber::tag_class::application, fully_encoded)) read_values(parameter.content, to, in);
      if (parameter.context(4)) each(parameter.content, in, [&](const ber::element& item) { read_context(item.content, to, in); });
    });
  });
}

// ---- session
void read_parameters(reader& part, envelope& to, reader& in) {
  while (part.left()) {
    const auto code = part.u8();
    const auto content = part.take(session_length(part));
    if (!part.ok()) return in.fail(part.why());
    if (code == reason_code && !content.empty()) {
      to.reason = content.front();
      if (content.size() > 1) read_presentation(first(content.subspan(1), in), to, in);
    }
    if ((code == user_data || code == extended_user_data) && !content.empty()) read_presentation(first(content, in), to, in);
  }
}
/// The user data of data transfer go on to the end; some hosts put the next message behind them.
void read_data(reader& all, envelope& to, reader& in) {
  while (all.left() && in.ok()) {
    while (all.left() >= 2 && all.rest().front() == data_transfer) {
      all.skip(1);
      all.skip(session_length(all));
    }
    if (!all.ok()) return in.fail(all.why());
    if (!all.left()) return;
    const auto ppdu = ber::next(all);
    if (!all.ok()) return in.fail(all.why());
    read_presentation(ppdu, to, in);
  }
}

std::string title(bytes content, reader& in) {
  const auto e = first(content, in);
  if (e.universal(ber::object_identifier)) return oid(e.content);
  return in.ok() ? hex(e.content, 64) : std::string{};  // a distinguished name
}
std::string qualifier(bytes content, reader& in) {
  const auto e = first(content, in);
  if (const auto n = ber::to_signed(e.content); n && e.universal(ber::integer)) return std::to_string(*n);
  return in.ok() ? hex(e.content, 64) : std::string{};
}
void read_user_information(bytes content, acse& a, reader& in) {
  each(content, in, [&](const ber::element& external) {
    presented v;
    each(external.content, in, [&](const ber::element& e) {
      if (e.universal(ber::integer)) v.context = static_cast<std::uint32_t>(number(e.content, in));
      if (e.kind == ber::tag_class::context && e.number <= 2) v.content = e.content;
    });
    if (in.ok() && a.values.size() < most_values_of_message) a.values.push_back(v);
  });
}

}  // namespace

bool begins_message(bytes payload) {
  if (payload.empty()) return false;
  return is_spdu(payload[0]) || is_pdu_tag(payload[0]);
}

envelope read_envelope(bytes payload, reader& in) {
  envelope e;
  reader all{payload};
  if (!payload.empty() && is_pdu_tag(payload[0])) {
    e.what = step::direct;
    e.values.push_back({0, payload});
    return e;
  }
  const auto si = all.u8();
  in.expect(is_spdu(si), "a session message is of a known kind");
  e.what = static_cast<step>(si);
  auto parameters = all.part(session_length(all));
  if (!all.ok()) in.fail(all.why());
  if (!in.ok()) return e;
  if (si == give_tokens)
    read_data(all, e, in);
  else
    read_parameters(parameters, e, in);
  return e;
}

acse read_acse(const ber::element& apdu, reader& in) {
  acse a;
  a.kind = static_cast<acse_kind>(apdu.number);
  const bool response = a.kind == acse_kind::response;
  const bool association = a.kind == acse_kind::request || response;
  each(apdu.content, in, [&](const ber::element& e) {
    if (e.kind != ber::tag_class::context) return;
    if (e.number == 30) return read_user_information(e.content, a, in);
    if (a.kind == acse_kind::abort && e.number == 0) a.abort_source = number(e.content, in);
    if (!association) return;
    switch (e.number) {
      case 1: a.context_name = oid(first(e.content, in).content); break;
      case 2:
        if (response)
          a.result = number(first(e.content, in).content, in);
        else
          a.called_title = title(e.content, in);
        break;
      case 3:
        if (response)
          a.diagnostic = number(first(first(e.content, in).content, in).content, in);
        else
          a.called_qualifier = qualifier(e.content, in);
        break;
      case 4:
        if (response) a.responding_title = title(e.content, in);
        break;
      case 5:
        if (response) a.responding_qualifier = qualifier(e.content, in);
        break;
      case 6:
        if (!response) a.calling_title = title(e.content, in);
        break;
      case 7:
        if (!response) a.calling_qualifier = qualifier(e.content, in);
        break;
      case 9:
        if (response) a.mechanism = oid(e.content);
        break;
      case 10:
        if (response) a.credentials = true;
        break;
      case 11:
        if (!response) a.mechanism = oid(e.content);
        break;
      case 12:
        if (!response) a.credentials = true;
        break;
      default: break;
    }
  });
  return a;
}

bool is_pdu(bytes content) {
  if (content.empty() || !is_pdu_tag(content.front())) return false;
  reader in{content};
  const auto pdu = ber::next(in);
  if (!in.ok() || in.left()) return false;
  reader inside{pdu.content};
  const auto head = pdu.constructed && inside.left() ? ber::next(inside) : ber::element{};
  switch (pdu.number) {
    case 0:
    case 1: return inside.ok() && head.universal(ber::integer) && !head.content.empty() && head.content.size() <= 5;
    case 2:
    case 7:
      return inside.ok() && head.context(0) && !head.constructed && !head.content.empty() && head.content.size() <= 5 && inside.left();
    case 3: return inside.ok() && head.kind == ber::tag_class::context && head.number <= 3 && head.constructed;
    case 4:
      return inside.ok() && head.kind == ber::tag_class::context && head.number <= 11 && !head.constructed && head.content.size() <= 5;
    case 5:
    case 6: return !pdu.content.empty() && pdu.content.size() <= 5;
    case 8:
    case 9: return inside.ok() && head.kind == ber::tag_class::context && head.number <= 1 && !head.constructed && inside.left();
    case 10:
    case 13: return inside.ok() && head.context(0) && head.constructed;
    default: return pdu.content.empty();
  }
}

}  // namespace mw::mms
