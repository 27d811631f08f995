// Kerberos messages as values (RFC 4120 5, RFC 3244 2).
#include "sensor/dissect/kerberos_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"

namespace mw::kerberos {
namespace {

constexpr std::size_t longest_name = 256, most_listed = 32;
constexpr std::int64_t version_5 = 5, netbios_address = 20;
constexpr std::uint32_t ticket_tag = 1, general_string = 27;

/// The element inside of an explicit tag.
ber::element inside(const ber::element& outer, reader& in) {
  reader r{outer.content};
  const auto e = ber::next(r);
  in.expect(r.ok() && r.left() == 0, "a tagged field holds one element");
  return e;
}
/// The fields of a sequence, by their context tags.
template <class F>
void each(bytes content, reader& in, F take) {
  reader r{content};
  while (r.left()) {
    const auto e = ber::next(r);
    if (r.ok() && e.kind == ber::tag_class::context) take(e);
  }
  in.expect(r.ok(), "a sequence ends inside a field");
}
std::int64_t number(const ber::element& outer, reader& in) {
  const auto e = inside(outer, in);
  const auto v = ber::to_signed(e.content);
  in.expect(e.universal(ber::integer) && v, "a number is an integer");
  return v.value_or(0);
}
std::string text(const ber::element& outer, reader& in) {
  const auto e = inside(outer, in);
  in.expect(e.universal(general_string) || e.universal(ber::utf8_string) || e.universal(ber::ia5_string), "a name is a string");
  return printable(e.content, longest_name);
}
std::string time(const ber::element& outer, reader& in) {
  const auto e = inside(outer, in);
  in.expect(e.universal(ber::generalized_time), "a time is a time");
  return printable(e.content, 20);
}
/// "krbtgt/REALM".
std::string principal(const ber::element& outer, reader& in) {
  std::string name;
  each(inside(outer, in).content, in, [&](const ber::element& e) {
    if (!e.context(1)) return;
    reader r{inside(e, in).content};
    while (r.left()) {
      const auto part = ber::next(r);
      if (name.size() < longest_name) (name += name.empty() ? "" : "/") += printable(part.content, longest_name);
    }
    in.expect(r.ok(), "a name ends inside a part");
  });
  return name;
}
std::int64_t etype_of(const ber::element& outer, reader& in) {
  std::int64_t etype = 0;
  each(inside(outer, in).content, in, [&](const ber::element& e) {
    if (e.context(0)) etype = number(e, in);
  });
  return etype;
}
void ticket(bytes content, parsed& to, reader& in) {
  reader r{content};
  const auto outer = ber::next(r);
  in.expect(outer.is(ber::tag_class::application, ticket_tag), "a ticket has its tag");
  reader sequence{outer.content};
  each(ber::next(sequence).content, in, [&](const ber::element& e) {
    if (e.context(2)) to.ticket_service = principal(e, in);
    if (e.context(3)) to.ticket_etype = etype_of(e, in);
  });
}

void pre_authentication(std::int64_t type, bytes value, parsed& to) {
  reader in{value};
  if (type == tgs_preauth) {  // the ticket that the client shows
    if (const auto ap = read(value)) to.ticket_etype = ap->ticket_etype;
  } else if (type == for_user) {
    each(ber::next(in).content, in, [&](const ber::element& e) {
      if (e.context(0)) to.impersonated = principal(e, in);
    });
  } else if (type == etype_info2) {
    reader list{ber::next(in).content};
    while (list.left()) {
      each(ber::next(list).content, in, [&](const ber::element& e) {
        if (e.context(0) && to.etypes.size() < most_listed) to.etypes.push_back(number(e, in));
      });
    }
  }
}
void pre_authentications(bytes content, parsed& to, reader& in) {
  reader r{content};
  while (r.left()) {
    std::int64_t type = 0;
    bytes value;
    each(ber::next(r).content, in, [&](const ber::element& e) {
      if (e.context(1)) type = number(e, in);
      if (e.context(2)) value = inside(e, in).content;
    });
    if (to.preauth.size() < most_listed) to.preauth.push_back(type);
    pre_authentication(type, value, to);
  }
  in.expect(r.ok(), "the pre-authentication ends inside a part");
}

void addresses(bytes content, parsed& to, reader& in) {
  reader r{content};
  while (r.left()) {
    std::int64_t type = 0;
    bytes value;
    each(ber::next(r).content, in, [&](const ber::element& e) {
      if (e.context(0)) type = number(e, in);
      if (e.context(1)) value = inside(e, in).content;
    });
    if (type == netbios_address) to.host = printable(value, longest_name);
  }
  in.expect(r.ok(), "the addresses end inside one");
}

void request_body(bytes content, parsed& to, reader& in) {
  each(content, in, [&](const ber::element& e) {
    switch (e.number) {
      case 0: to.options = ber::to_bits(inside(e, in).content, 32); break;
      case 1: to.client = principal(e, in); break;
      case 2: to.realm = text(e, in); break;
      case 3: to.service = principal(e, in); break;
      case 5: to.till = time(e, in); break;
      case 7: to.nonce = number(e, in); break;
      case 8: {
        reader r{inside(e, in).content};
        while (r.left()) {
          const auto etype = ber::to_signed(ber::next(r).content);
          if (etype && to.etypes.size() < most_listed) to.etypes.push_back(*etype);
        }
        in.expect(r.ok(), "the list of encryption types ends inside one");
        break;
      }
      case 9: addresses(inside(e, in).content, to, in); break;
      default: break;
    }
  });
  in.expect(!to.realm.empty() && to.nonce, "a request has a realm and a nonce");
}

void versions(const ber::element& e, std::uint32_t at, parsed& to, reader& in) {
  if (e.context(at)) to.version_right = number(e, in) == version_5;
  if (e.context(at + 1)) to.type_right = number(e, in) == to.type;
}
void request(const ber::element& e, parsed& to, reader& in) {
  versions(e, 1, to, in);
  if (e.context(3)) pre_authentications(inside(e, in).content, to, in);
  if (e.context(4)) request_body(inside(e, in).content, to, in);
}
void reply(const ber::element& e, parsed& to, reader& in) {
  versions(e, 0, to, in);
  if (e.context(2)) pre_authentications(inside(e, in).content, to, in);
  if (e.context(3)) to.client_realm = text(e, in);
  if (e.context(4)) to.client = principal(e, in);
  if (e.context(5)) ticket(e.content, to, in);
  if (e.context(6)) to.reply_etype = etype_of(e, in);
}
/// What is told beside the code: a list of pre-authentications; of Windows its own status (MS-KILE 2.2.2); when a password is changed
/// a result in two octets with a text. What is none of these is let be.
void refusal_data(bytes data, parsed& to) {
  constexpr std::int64_t extended = 3;
  reader in{data};
  if (data.empty() || data[0] != 0x30) {
    if (data.size() >= 2) to.password_result = in.u16();
    return;
  }
  const auto list = ber::next(in).content;
  if (list.empty() || list[0] == 0x30) return pre_authentications(list, to, in);
  std::int64_t kind = 0;
  each(list, in, [&](const ber::element& e) {
    if (e.context(1)) kind = number(e, in);
    if (e.context(2) && kind == extended) {
      reader value{inside(e, in).content};
      const auto status = value.u32le();
      if (value.ok()) to.windows_status = status;
    }
  });
}
void refusal(const ber::element& e, parsed& to, reader& in) {
  versions(e, 0, to, in);
  switch (e.number) {
    case 6: to.code = number(e, in); break;
    case 7: to.client_realm = text(e, in); break;
    case 8: to.client = principal(e, in); break;
    case 9: to.realm = text(e, in); break;
    case 10: to.service = principal(e, in); break;
    case 11: to.text = text(e, in); break;
    case 12: refusal_data(inside(e, in).content, to); break;
    default: break;
  }
}
void presented(const ber::element& e, parsed& to, reader& in) {
  versions(e, 0, to, in);
  if (to.type == ap_request && e.context(3)) ticket(e.content, to, in);
  if (to.type == ap_request && e.context(2)) to.options = ber::to_bits(inside(e, in).content, 32);
}

}  // namespace

result<parsed> read(bytes message) {
  reader in{message};
  const auto outer = ber::next(in);
  if (!in.ok() || in.left() != 0) return fail(fault::malformed, "the message is not one element");
  if (outer.kind != ber::tag_class::application || !outer.constructed || !is_known(outer.number))
    return fail(fault::malformed, "the message has no type of RFC 4120");
  parsed p;
  p.type = static_cast<std::uint8_t>(outer.number);
  reader content{outer.content};
  const auto sequence = ber::next(content);
  content.expect(sequence.universal(ber::sequence), "a message is a sequence");
  reader errors{message};
  each(sequence.content, errors, [&](const ber::element& e) {
    switch (p.type) {
      case as_request:
      case tgs_request: request(e, p, errors); break;
      case as_reply:
      case tgs_reply: reply(e, p, errors); break;
      case refused: refusal(e, p, errors); break;
      default: presented(e, p, errors); break;
    }
  });
  if (!content.ok()) return tl::unexpected<error>{content.why()};
  if (!errors.ok()) return tl::unexpected<error>{errors.why()};
  return p;
}

std::optional<password_message> read_password(bytes message) {
  constexpr std::uint16_t change = 1, set = 0xff80;
  reader in{message};
  password_message p;
  const auto size = in.u16();
  p.version = in.u16();
  const auto ap = in.u16();
  if (!in.ok() || size != message.size() || (p.version != change && p.version != set) || ap > in.left()) return {};
  p.ap = in.take(ap);
  p.rest = in.rest();
  const auto tag = [](bytes b) { return b.empty() ? 0 : b[0] & 0x1f; };
  const bool request = tag(p.ap) == ap_request && tag(p.rest) == priv;
  const bool reply = (tag(p.ap) == ap_reply && tag(p.rest) == priv) || (ap == 0 && tag(p.rest) == refused);
  if (!request && !reply) return {};
  return p;
}

}  // namespace mw::kerberos
