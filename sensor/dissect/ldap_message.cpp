// LDAP messages as values (RFC 4511 4).
#include "sensor/dissect/ldap_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/ldap_names.hpp"
#include "sensor/dissect/lines.hpp"

#include <array>

namespace mw::ldap {
namespace {

constexpr std::size_t longest_text = 512, deepest_filter = 16;
constexpr std::uint8_t sequence_octet = 0x30, integer_octet = 2;
enum filter : std::uint32_t {
  all = 0,
  any = 1,
  no = 2,
  equal = 3,
  substrings = 4,
  at_least = 5,
  at_most = 6,
  present = 7,
  about = 8,
  extensible = 9
};

std::string text(const ber::element& e) { return printable(e.content, longest_text); }
std::optional<std::int64_t> number(const ber::element& e) { return ber::to_signed(e.content); }
void join(std::string& list, std::string_view more) {
  if (list.size() + more.size() < longest_text) (list += list.empty() ? "" : ",") += more;
}

/// A filter as text (RFC 4515), as far as there is room.
void filter_text(const ber::element& f, parsed& to, std::size_t depth, reader& in) {
  auto& out = to.filter;
  if (out.size() > longest_text) return;
  in.expect(depth < deepest_filter && f.kind == ber::tag_class::context && f.number <= extensible, "a filter is one of RFC 4511");
  reader r{f.content};
  const auto of = [&](std::string_view sign) {
    const auto name = printable(ber::next(r).content, longest_text);
    const auto value = ber::next(r);
    const auto shown = escaped(value.content);
    if (same_letters(name, "Host")) to.host = shown;
    if (same_letters(name, "User")) to.account = shown;
    out += name + std::string{sign} + shown;
    in.expect(r.ok(), "a filter ends inside a value");
  };
  out += '(';
  switch (f.number) {
    case all:
    case any:
    case no:
      out += f.number == all ? '&' : f.number == any ? '|' : '!';
      while (r.left() && in.ok() && out.size() <= longest_text) filter_text(ber::next(r), to, depth + 1, in);
      break;
    case equal: of("="); break;
    case at_least: of(">="); break;
    case at_most: of("<="); break;
    case about: of("~="); break;
    case present: out += printable(f.content, longest_text) + "=*"; break;
    case substrings: {
      out += text(ber::next(r)) + '=';
      reader parts{ber::next(r).content};
      constexpr std::uint32_t initial = 0, final = 2;
      std::string begin, middle = "*", end;
      while (parts.left()) {
        const auto p = ber::next(parts);
        if (middle.size() > longest_text) continue;
        (p.number == initial ? begin : p.number == final ? end : middle) += escaped(p.content) + (p.number == 1 ? "*" : "");
      }
      out += begin + middle + end;
      in.expect(r.ok() && parts.ok(), "a filter ends inside a value");
      break;
    }
    default: {  // extensible
      std::string rule, name, value;
      while (r.left()) {
        const auto p = ber::next(r);
        if (p.number == 1) rule = text(p);
        if (p.number == 2) name = text(p);
        if (p.number == 3) value = escaped(p.content);
      }
      out += name + (rule.empty() ? "" : ':' + rule) + ":=" + value;
      break;
    }
  }
  out += ')';
  in.expect(r.ok(), "a filter ends inside a part");
}

void bind(reader& in, parsed& p) {
  constexpr std::uint32_t simple = 0, sasl = 3, sicily_first = 9, sicily_last = 11;
  p.version = number(ber::next(in)).value_or(0);
  p.name = text(ber::next(in));
  const auto how = ber::next(in);
  in.expect(how.kind == ber::tag_class::context, "a bind has a choice of authentication");
  if (how.number == simple) {
    p.method = bind_method::simple;
    p.credentials = how.content;
  } else if (how.number == sasl) {
    reader r{how.content};
    p.method = bind_method::sasl;
    p.mechanism = printable(ber::next(r).content, 32);
    if (r.left()) p.credentials = ber::next(r).content;
    in.expect(r.ok(), "the SASL credentials end inside a field");
  } else {
    in.expect(how.number >= sicily_first && how.number <= sicily_last, "a bind has a choice of authentication");
    p.method = bind_method::sicily;
    p.mechanism = "sicily";
    p.more_to_come = how.number != sicily_last;
    p.credentials = how.content;
  }
}

void search(reader& in, parsed& p) {
  p.name = text(ber::next(in));
  const auto scope = number(ber::next(in));
  ber::next(in);  // aliases
  p.scope = scope.value_or(-1);
  p.size_limit = number(ber::next(in)).value_or(0);
  ber::next(in), ber::next(in);  // time limit, types only
  filter_text(ber::next(in), p, 0, in);
  if (p.filter.size() > longest_text) p.filter.resize(longest_text);
  reader names{ber::next(in).content};
  while (names.left()) join(p.attributes, text(ber::next(names)));
  in.expect(names.ok(), "the list of attributes ends inside a name");
}

void modify(reader& in, parsed& p) {
  constexpr std::array<std::string_view, 4> changes{"add", "delete", "replace", "increment"};
  p.name = text(ber::next(in));
  reader list{ber::next(in).content};
  while (list.left()) {
    reader change{ber::next(list).content};
    const auto what = number(ber::next(change)).value_or(-1);
    reader attribute{ber::next(change).content};
    const auto name = text(ber::next(attribute));
    in.expect(change.ok() && attribute.ok(), "a change ends inside a field");
    const bool known = what >= 0 && static_cast<std::size_t>(what) < changes.size();
    join(p.attributes, std::string{known ? changes[static_cast<std::size_t>(what)] : "other"} + ':' + name);
  }
  in.expect(list.ok(), "the changes end inside one");
}

void add(reader& in, parsed& p) {
  p.name = text(ber::next(in));
  reader list{ber::next(in).content};
  while (list.left()) {
    reader attribute{ber::next(list).content};
    join(p.attributes, text(ber::next(attribute)));
  }
  in.expect(list.ok(), "the attributes end inside one");
}

void rename(reader& in, parsed& p) {
  p.name = text(ber::next(in));
  p.attributes = text(ber::next(in));  // its new name
  ber::next(in);
}

void compare(reader& in, parsed& p) {
  p.name = text(ber::next(in));
  reader assertion{ber::next(in).content};
  p.attributes = text(ber::next(assertion));
}

void extended(reader& in, parsed& p) {
  while (in.left()) {
    const auto e = ber::next(in);
    if (e.context(0)) p.extension = text(e);
  }
}

void urls(bytes content, parsed& p, reader& in) {
  reader r{content};
  while (r.left()) join(p.referral, text(ber::next(r)));
  in.expect(r.ok(), "a referral ends inside an address");
}

void answer(reader& in, parsed& p) {
  constexpr std::uint32_t referral = 3, sasl = 7, extension = 10;
  const auto code = ber::next(in);
  p.result = number(code);
  in.expect(code.universal(ber::enumerated) && p.result, "an answer begins with its result");
  p.name = text(ber::next(in));
  p.diagnostic = text(ber::next(in));
  while (in.left()) {
    const auto e = ber::next(in);
    if (e.context(referral)) urls(e.content, p, in);
    if (e.context(sasl)) p.credentials = e.content;
    if (e.context(extension)) p.extension = text(e);
  }
}

}  // namespace

std::string escaped(bytes value, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : value) {
    if (out.size() >= most) break;
    const bool plain = b >= ' ' && b < 0x7f && b != '(' && b != ')' && b != '*' && b != '\\';
    if (plain)
      out += static_cast<char>(b);
    else
      ((out += '\\') += digits[b >> 4]) += digits[b & 15];
  }
  return out;
}

result<std::size_t> message_size(bytes head) {
  constexpr std::size_t longest = 1024 * 1024 - 8;
  reader in{head};
  if (head.size() < 2) {
    if (!head.empty() && head[0] != sequence_octet) return fail(fault::malformed, "a message is a sequence", 0);
    return std::size_t{0};
  }
  if (in.u8() != sequence_octet) return fail(fault::malformed, "a message is a sequence", 0);
  std::size_t size = in.u8(), octets = 0;
  if ((size & 0x80) != 0) {
    octets = size & 0x7f;
    if (octets == 0 || octets > 4) return fail(fault::malformed, "a message has a definite length", 1);
    if (in.left() < octets) return std::size_t{0};
    size = static_cast<std::size_t>(in.be_n(octets));
  }
  if (size < 5 || size > longest) return fail(fault::malformed, "a message is of no possible size", 1);
  if (in.left() != 0 && in.u8() != integer_octet) return fail(fault::malformed, "a message begins with its number", 2 + octets);
  return 2 + octets + size;
}

result<parsed> read(bytes message) {
  reader all{message};
  const auto outer = ber::next(all);
  if (!all.ok() || all.left() != 0 || !outer.universal(ber::sequence)) return fail(fault::malformed, "the message is not one sequence");
  reader in{outer.content};
  const auto id = ber::next(in);
  const auto operation = ber::next(in);
  parsed p;
  const auto number = ber::to_signed(id.content);
  in.expect(id.universal(ber::integer) && number && *number >= 0 && *number <= 0x7fffffff, "a message has a number");
  in.expect(operation.kind == ber::tag_class::application && !operation_name(operation.number).empty(),
            "a message is an operation of RFC 4511");
  if (in.left()) {
    const auto controls = ber::next(in);
    in.expect(controls.context(0), "only controls follow an operation");
    p.controls = controls.content.size();
  }
  in.expect(in.left() == 0, "nothing follows the controls");
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  p.id = *number;
  p.tag = operation.number;
  p.body = operation.content;
  reader body{operation.content};
  switch (p.tag) {
    case bind_request: bind(body, p); break;
    case search_request: search(body, p); break;
    case modify_request: modify(body, p); break;
    case add_request: add(body, p); break;
    case delete_request: p.name = printable(operation.content, longest_text); break;
    case rename_request: rename(body, p); break;
    case compare_request: compare(body, p); break;
    case extended_request: extended(body, p); break;
    case search_entry: p.name = text(ber::next(body)); break;
    case search_reference: urls(operation.content, p, body); break;
    case unbind_request:
    case abandon_request:
    case intermediate_response: break;
    default: answer(body, p); break;
  }
  if (!body.ok()) return tl::unexpected<error>{body.why()};
  return p;
}

void each_attribute(bytes entry, const attribute_taker& take) {
  reader in{entry};
  ber::next(in);
  reader list{ber::next(in).content};
  while (list.left()) {
    reader attribute{ber::next(list).content};
    const auto name = printable(ber::next(attribute).content, longest_text);
    reader values{ber::next(attribute).content};
    bytes first;
    std::size_t count = 0;
    for (; values.left(); ++count) {
      const auto v = ber::next(values);
      if (count == 0) first = v.content;
    }
    if (attribute.ok() && values.ok()) take(name, first, count);
  }
}

}  // namespace mw::ldap
