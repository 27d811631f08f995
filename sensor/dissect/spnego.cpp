// GSS-API (RFC 2743), SPNEGO (RFC 4178), Kerberos (RFC 4120 5.2, 5.3, 5.5.1).
#include "sensor/dissect/spnego.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>
#include <array>

namespace mw::spnego {
namespace {

constexpr std::string_view oid_spnego = "1.3.6.1.5.5.2", oid_kerberos = "1.2.840.113554.1.2.2";
constexpr std::size_t most_mechanisms = 16, most_names = 4;
constexpr std::uint16_t ap_request = 0x0100;  // token id of RFC 4121 4.1
constexpr std::uint32_t tag_ap_request = 14, tag_ticket = 1;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names{{
    {"1.3.6.1.4.1.311.2.2.10", "ntlm"},
    {oid_kerberos, "kerberos"},
    {"1.2.840.48018.1.2.2", "kerberos"},
    {"1.2.840.113554.1.2.2.3", "kerberos_user_to_user"},
    {"1.3.6.1.4.1.311.2.2.30", "negoex"},
    {oid_spnego, "spnego"},
}};
std::string name_of(bytes oid) {
  const auto text = ber::to_oid(oid);
  const auto* const at = std::ranges::find(names, text, [](const auto& n) { return n.first; });
  return at != names.end() ? std::string{at->second} : text;
}

/// The content of the element with this context tag, which holds one element.
std::optional<ber::element> inside(bytes sequence, std::uint32_t tag) {
  reader in{sequence};
  while (in.left()) {
    const auto e = ber::next(in);
    if (!e.context(tag)) continue;
    reader inner{e.content};
    const auto held = ber::next(inner);
    if (inner.ok()) return held;
    return {};
  }
  return {};
}

/// The ticket's realm and service stand in the clear (RFC 4120 5.3).
void read_ap_request(bytes data, token& to) {
  reader in{data};
  const auto request = ber::next(in);
  if (!request.is(ber::tag_class::application, tag_ap_request)) return;
  reader body{request.content};
  const auto ticket = inside(ber::next(body).content, 3);
  if (!ticket || !ticket->is(ber::tag_class::application, tag_ticket)) return;
  reader fields{ticket->content};
  const auto sequence = ber::next(fields).content;
  if (const auto realm = inside(sequence, 1)) to.realm = printable(realm->content);
  const auto service = inside(sequence, 2);
  const auto parts = service ? inside(service->content, 1) : std::nullopt;
  if (!parts) return;
  reader list{parts->content};
  for (std::size_t n = 0; list.left() && n < most_names; ++n) {
    const auto part = ber::next(list);
    if (list.ok()) (to.service += to.service.empty() ? "" : "/") += printable(part.content);
  }
}

/// What a mechanism says: NTLM bare, Kerberos with its GSS-API header.
void read_inner(bytes data, token& to) {
  if (ntlmssp::begins(data)) {
    to.ntlm = data;
    return;
  }
  reader in{data};
  const auto outer = ber::next(in);
  if (!in.ok()) return;
  if (outer.is(ber::tag_class::application, tag_ap_request)) {
    to.kerberos = true;
    return read_ap_request(data, to);
  }
  if (!outer.is(ber::tag_class::application, 0)) return;
  reader body{outer.content};
  if (name_of(ber::next(body).content) != "kerberos") return;
  to.kerberos = true;
  if (body.u16() == ap_request) read_ap_request(body.rest(), to);
}

void read_init(bytes sequence, token& to) {
  if (const auto offered = inside(sequence, 0)) {
    reader list{offered->content};
    while (list.left() && to.mechanisms.size() < most_mechanisms) {
      const auto oid = ber::next(list);
      if (list.ok() && oid.universal(ber::object_identifier)) to.mechanisms.push_back(name_of(oid.content));
    }
  }
  if (const auto said = inside(sequence, 2)) read_inner(said->content, to);
}

void read_answer(bytes sequence, token& to) {
  if (const auto how = inside(sequence, 0); how && how->content.size() == 1 && how->content[0] <= 3)
    to.state = static_cast<state>(how->content[0]);
  if (const auto chosen = inside(sequence, 1)) to.mechanisms.push_back(name_of(chosen->content));
  if (const auto said = inside(sequence, 2)) read_inner(said->content, to);
}

}  // namespace

result<token> read(bytes blob) {
  token t;
  if (blob.empty() || ntlmssp::begins(blob)) {
    t.ntlm = blob;
    return t;
  }
  reader in{blob};
  const auto outer = ber::next(in);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  const auto sequence_of = [](bytes content) {
    reader r{content};
    return ber::next(r).content;
  };
  if (outer.is(ber::tag_class::application, 0)) {
    reader body{outer.content};
    const auto oid = ber::next(body);
    if (!body.ok()) return tl::unexpected<error>{body.why()};
    if (name_of(oid.content) != "spnego") {
      read_inner(blob, t);
      return t;
    }
    const auto choice = ber::next(body);
    if (choice.context(0)) read_init(sequence_of(choice.content), t);
  } else if (outer.context(0)) {
    read_init(sequence_of(outer.content), t);
  } else if (outer.context(1)) {
    read_answer(sequence_of(outer.content), t);
  } else {
    read_inner(blob, t);
  }
  return t;
}

}  // namespace mw::spnego
