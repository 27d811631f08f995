// The data of MMS (ISO 9506-2), with the UtcTime that IEC 61850-8-1 adds.
#include "sensor/dissect/mms_data.hpp"

#include "common/text.hpp"

#include <chrono>
#include <utility>

namespace mw::mms {
namespace {

constexpr int deepest = 16;                  // structures in one another; a specification proposes 3 to 10
constexpr std::size_t longest_text = 1024;   // of a value, and of a type in words
constexpr std::size_t longest_name = 256;    // of a part of a variable
constexpr std::int64_t days_to_1984 = 5113;  // where TimeOfDay begins to count

std::string text(bytes content, std::size_t limit = longest_text) { return printable(content, limit); }

value floating(bytes content) {
  reader in{content};
  const auto exponent = in.u8();
  if (exponent == 8 && in.left() == 4) return static_cast<double>(in.f32());
  if (exponent == 11 && in.left() == 8) return in.f64();
  return hex(content);
}
value integer(bytes content) {
  if (const auto v = ber::to_signed(content)) return *v;
  return hex(content);
}
value unsigned_integer(bytes content) {
  if (const auto v = ber::to_unsigned(content)) return *v;
  return hex(content);
}

value simple(const ber::element& e) {
  switch (e.number) {
    case 0: return {};  // a failure: its code is told elsewhere
    case 3: return truth(e.content);
    case 4:
    case 14: return ber::to_bits(e.content);
    case 5:
    case 13: return integer(e.content);
    case 6: return unsigned_integer(e.content);
    case 7: return floating(e.content);
    case 10:
    case 16: return text(e.content);
    case 11: return generalized_time(e.content);
    case 12: return e.content.size() == 4 || e.content.size() == 6 ? value{binary_time(e.content)} : value{hex(e.content)};
    case 15: return oid(e.content);
    case 17: return e.content.size() == 8 ? value{utc_time(e.content)} : value{hex(e.content)};
    default: return hex(e.content);
  }
}

void put_nested(const ber::element& e, std::vector<value>& to, reader& in, int depth) {
  in.expect(e.kind == ber::tag_class::context, "data have context tags");
  if (!in.ok() || to.size() >= most_values) return;
  if (e.number != 1 && e.number != 2) return to.push_back(simple(e));
  in.expect(depth < deepest, "data are not nested deeper than sixteen times");
  if (in.ok()) each(e.content, in, [&](const ber::element& inner) { put_nested(inner, to, in, depth + 1); });
}

// ---- parts of variables
void select(bytes content, std::string& to, reader& in, int depth);
void select_one(const ber::element& e, std::string& to, reader& in, int depth) {
  const auto range = [&](bytes content) {
    to += '(';
    bool second = false;
    each(content, in, [&](const ber::element& part) {
      if (to.size() > longest_text) return;
      if (std::exchange(second, true)) to += '+';
      to += std::to_string(number(part.content, in));
    });
    to += ')';
  };
  if (to.size() > longest_text) return;
  switch (e.number) {
    case 0: {  // a part of a part: inside, the choice counts from 0
      bool head = true;
      each(e.content, in, [&](ber::element inner) {
        if (!std::exchange(head, false)) return inner.universal(ber::sequence) ? select(inner.content, to, in, depth + 1) : void();
        inner.number += 1;
        if (inner.number <= 4) select_one(inner, to, in, depth);
      });
      break;
    }
    case 1: to += '$' + identifier(e.content); break;
    case 2: to += '(' + std::to_string(number(e.content, in)) + ')'; break;
    case 3: range(e.content); break;
    case 4: to += "(*)"; break;
    case 5: select(e.content, to, in, depth + 1); break;  // with a name of its own
    default: in.expect(false, "an alternate access is of a known kind");
  }
}
void select(bytes content, std::string& to, reader& in, int depth) {
  in.expect(depth < deepest, "alternate accesses are not nested deeper than sixteen times");
  if (!in.ok() || to.size() > longest_text) return;
  each(content, in, [&](const ber::element& e) {
    if (e.kind == ber::tag_class::context) select_one(e, to, in, depth);
  });
}

object read_address(const ber::element& choice, reader& in) {
  switch (choice.number) {
    case 0: return made("address", std::to_string(number(choice.content, in)));
    case 1: return made("address", identifier(choice.content));
    default: return made("address", hex(choice.content, 64));
  }
}
object read_variable(const ber::element& e, reader& in) {
  switch (e.number) {
    case 0: return read_name(first(e.content, in), in);
    case 1: return read_address(first(e.content, in), in);
    case 2: return read_address(first(e.content, in), in);
    case 3: return made("vmd", "scattered");
    case 4: return made("vmd", "invalidated");
    default: in.expect(false, "a variable is named, addressed or described"); return {};
  }
}

// ---- types
void type_of(const ber::element& e, std::string& to, reader& in, int depth);
void type_of_structure(bytes content, std::string& to, reader& in, int depth) {
  to += '{';
  bool more = false;
  each(content, in, [&](const ber::element& part) {
    if (!part.context(1)) return;
    each(part.content, in, [&](const ber::element& component) {
      if (to.size() > longest_text) return;
      if (std::exchange(more, true)) to += ',';
      each(component.content, in, [&](const ber::element& c) {
        if (to.size() > longest_text) return;
        if (c.context(0)) to += identifier(c.content) + ':';
        if (c.context(1)) type_of(first(c.content, in), to, in, depth + 1);
      });
    });
  });
  to += '}';
}
void type_of(const ber::element& e, std::string& to, reader& in, int depth) {
  in.expect(depth < deepest, "types are not nested deeper than sixteen times");
  if (!in.ok() || to.size() > longest_text) return;
  const auto sized = [&](std::string_view name) {
    const auto size = ber::to_signed(e.content).value_or(0);  // negative: up to so many
    const auto magnitude = static_cast<std::uint64_t>(size);
    to += std::string{name} + '(' + std::to_string(size < 0 ? 0 - magnitude : magnitude) + ')';
  };
  switch (e.number) {
    case 0: to += read_name(first(e.content, in), in).address; break;
    case 1:
      to += "array";
      each(e.content, in, [&](const ber::element& part) {
        if (to.size() > longest_text) return;
        if (part.context(1)) to += '(' + std::to_string(number(part.content, in)) + ')';
        if (part.context(2)) to += " of ", type_of(first(part.content, in), to, in, depth + 1);
      });
      break;
    case 2: type_of_structure(e.content, to, in, depth); break;
    case 3: to += "boolean"; break;
    case 4: sized("bit_string"); break;
    case 5: sized("integer"); break;
    case 6: sized("unsigned"); break;
    case 7: to += "floating_point(" + std::to_string(number(first(e.content, in).content, in)) + ')'; break;
    case 9: sized("octet_string"); break;
    case 10: sized("visible_string"); break;
    case 11: to += "generalized_time"; break;
    case 12: to += "binary_time"; break;
    case 13: sized("bcd"); break;
    case 15: to += "object_identifier"; break;
    case 16: sized("mms_string"); break;
    case 17: to += "utc_time"; break;
    default: to += "type_" + std::to_string(e.number);
  }
}

bool name_parts(const ber::element& e, const std::string& prefix, std::vector<std::string>& to, reader& in, int depth) {
  if (e.context(1) || e.context(0) || depth >= deepest || to.size() >= most_objects) return false;
  if (!e.context(2)) return to.push_back(prefix), true;
  bool all = true;
  each(e.content, in, [&](const ber::element& part) {
    if (!part.context(1) || !all) return;
    each(part.content, in, [&](const ber::element& component) {
      if (!all) return;  // nothing is known then
      std::string name = prefix;
      each(component.content, in, [&](const ber::element& c) {
        if (c.context(0)) (name += name.empty() ? "" : "$") += identifier(c.content);
        all = all && name.size() <= longest_name;
        if (c.context(1) && all) all = name_parts(first(c.content, in), name, to, in, depth + 1);
      });
    });
  });
  return all;
}

}  // namespace

ber::element first(bytes content, reader& in) {
  reader inner{content};
  auto e = ber::next(inner);
  if (!inner.ok()) in.fail(inner.why());
  return e;
}

std::uint64_t number(bytes content, reader& in) {
  if (const auto v = ber::to_unsigned(content)) return *v;
  in.expect(false, "a number has one to eight octets");
  return 0;
}

std::string identifier(bytes content) { return text(content, 129); }
std::string oid(bytes content) {
  constexpr std::size_t longest = 128;
  return content.size() <= longest ? ber::to_oid(content) : hex(content, longest);
}

std::string file_name(bytes content, reader& in) {
  std::string out;
  each(content, in, [&](const ber::element& part) {
    if (out.size() < longest_text) (out += out.empty() ? "" : "/") += text(part.content, 255);
  });
  return out;
}

double binary_time(bytes content) {
  reader in{content};
  const double seconds = in.u32() / 1000.0;
  if (!in.left()) return seconds;
  return static_cast<double>((in.u16() + days_to_1984) * 86400) + seconds;
}

double utc_time(bytes content) {
  reader in{content};
  const double seconds = in.u32();
  return seconds + static_cast<double>(in.be_n(3)) / 16777216.0;
}

value generalized_time(bytes content) {
  reader in{content};
  const auto digits = [&](std::size_t n) {
    int v = 0;
    for (const auto c : in.take(n)) {
      in.expect(c >= '0' && c <= '9', "a digit");
      v = v * 10 + (c - '0');
    }
    return v;
  };
  using namespace std::chrono;
  const int y = digits(4), mo = digits(2), d = digits(2), h = digits(2), mi = digits(2), s = digits(2);
  const auto date = year{y} / month{static_cast<unsigned>(mo)} / day{static_cast<unsigned>(d)};
  if (!in.ok() || !date.ok()) return text(content, 32);
  double fraction = 0;
  if (in.left() && in.rest().front() == '.') {
    in.skip(1);
    for (double weight = 0.1; in.left() && in.rest().front() >= '0' && in.rest().front() <= '9'; weight /= 10)
      fraction += weight * digits(1);
  }
  const auto midnight = duration_cast<seconds>(sys_days{date}.time_since_epoch()).count();
  return static_cast<double>(midnight + h * 3600 + mi * 60 + s) + fraction;
}

object read_name(const ber::element& choice, reader& in) {
  if (choice.context(0)) return made("vmd", identifier(choice.content));
  if (choice.context(2)) return made("aa", identifier(choice.content));
  in.expect(choice.context(1) && choice.constructed, "a name belongs to the device, a domain or the association");
  object o;
  int part = 0;
  if (in.ok())
    each(choice.content, in, [&](const ber::element& e) {
      if (part == 0) o.space = identifier(e.content);
      if (part == 1) o.address = identifier(e.content);
      ++part;
    });
  in.expect(part == 2, "a name in a domain has two parts");
  return o;
}

void read_variables(bytes content, std::vector<object>& to, std::string& selection, reader& in) {
  each(content, in, [&](const ber::element& item) {
    if (to.size() >= most_objects) return;
    bool named = false;
    each(item.content, in, [&](const ber::element& e) {
      if (!std::exchange(named, true)) return to.push_back(read_variable(e, in));
      if (!e.context(5)) return;
      if (!selection.empty()) selection += ' ';
      select(e.content, selection, in, 0);
    });
  });
}

void read_access(const ber::element& choice, std::vector<object>& to, std::string& selection, reader& in) {
  if (choice.context(0)) return read_variables(choice.content, to, selection, in);
  in.expect(choice.context(1), "variables are listed, or a list of them is named");
  if (in.ok()) put_object(to, read_name(first(choice.content, in), in));
}

std::string describe_type(const ber::element& choice, reader& in) {
  std::string out;
  type_of(choice, out, in, 0);
  if (out.size() > longest_text) out.resize(longest_text);
  return out;
}

std::vector<std::string> parts_of_type(const ber::element& choice, reader& in) {
  std::vector<std::string> out;
  if (!name_parts(choice, {}, out, in, 0)) out.clear();
  return out;
}

void put_values(const ber::element& data, std::vector<value>& to, reader& in) { put_nested(data, to, in, 0); }

}  // namespace mw::mms
