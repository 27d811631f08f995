// AMQP 1.0: performatives in frames (part 2), their values in the type system of part 1, SASL as in part 5.
#include "sensor/dissect/amqp_session.hpp"
#include "sensor/dissect/http_text.hpp"

#include <array>

namespace mw::amqp {
namespace {

constexpr std::size_t longest_text = 255, most_pairs = 32;

struct named {
  std::uint64_t code;
  std::string_view name;
};
constexpr auto performatives = std::to_array<named>({{0x10, "open"},
                                                     {0x11, "begin"},
                                                     {0x12, "attach"},
                                                     {0x13, "flow"},
                                                     {0x14, "transfer"},
                                                     {0x15, "disposition"},
                                                     {0x16, "detach"},
                                                     {0x17, "end"},
                                                     {0x18, "close"},
                                                     {0x40, "sasl_mechanisms"},
                                                     {0x41, "sasl_init"},
                                                     {0x42, "sasl_challenge"},
                                                     {0x43, "sasl_response"},
                                                     {0x44, "sasl_outcome"}});
std::string_view name_of(std::uint64_t code) {
  const auto* const at = std::ranges::find(performatives, code, &named::code);
  return at == performatives.end() ? std::string_view{} : at->name;
}

/// One value: its format code, and its octets without count and length. Described values are those of what is described.
struct item {
  std::uint8_t format = 0x40;  ///< null
  std::uint64_t descriptor = 0;
  bytes data;
  bool is_null() const { return format == 0x40; }
};
/// Part 1, 1.2: the high half of the format code tells how long a value is.
item take_item(reader& in) {
  item v;
  v.format = in.u8();
  if (v.format == 0) {
    const auto of = in.u8();  // 0x53 smallulong, 0x80 ulong, 0x44 zero; symbols, too, may describe
    if (of == 0x53)
      v.descriptor = in.u8();
    else if (of == 0x80)
      v.descriptor = in.u64();
    else if (of == 0xa3)
      in.skip(in.u8());
    else
      in.expect(of == 0x44, "a value is described by a number or a symbol");
    v.format = in.u8();
    in.expect(v.format != 0, "what is described is not described again");
  }
  switch (v.format >> 4) {
    case 4: break;
    case 5: v.data = in.take(1); break;
    case 6: v.data = in.take(2); break;
    case 7: v.data = in.take(4); break;
    case 8: v.data = in.take(8); break;
    case 9: v.data = in.take(16); break;
    case 0xa:
    case 0xc:
    case 0xe: v.data = in.take(in.u8()); break;
    case 0xb:
    case 0xd:
    case 0xf: v.data = in.take(in.u32()); break;
    default: in.fail({fault::malformed, "a format code that there is not", in.at()});
  }
  return v;
}
/// The elements of a list or map, without their count; an empty reader for all else.
reader elements(const item& v) {
  if (v.format == 0xc0 || v.format == 0xc1) return reader{v.data.size() < 1 ? bytes{} : v.data.subspan(1)};
  if (v.format == 0xd0 || v.format == 0xd1) return reader{v.data.size() < 4 ? bytes{} : v.data.subspan(4)};
  return reader{bytes{}};
}
/// The next element of a list; null where the list has ended, since what is left out at its end is null.
item next(reader& list) { return list.left() == 0 ? item{} : take_item(list); }
std::string text_of(const item& v) {
  const bool text = v.format == 0xa1 || v.format == 0xb1 || v.format == 0xa3 || v.format == 0xb3;
  return text ? printable(v.data, longest_text) : std::string{};
}
/// A symbol or an array of them.
std::string symbols(const item& v) {
  if (v.format != 0xe0 && v.format != 0xf0) return text_of(v);
  reader in{v.data};
  in.skip(v.format == 0xe0 ? 1 : 4);
  const auto of = in.u8();
  std::string out;
  while (in.left() != 0 && out.size() < longest_text) {
    const auto one = in.take(of == 0xa3 ? in.u8() : of == 0xb3 ? in.u32() : in.left());
    (out += out.empty() ? "" : " ") += printable(one, 64);
  }
  return out;
}
properties map_of(const item& v) {
  properties out;
  auto in = elements(v);
  for (std::size_t n = 0; in.left() != 0 && n < most_pairs; ++n) {
    auto name = text_of(take_item(in)), text = text_of(take_item(in));
    if (in.ok() && !name.empty() && !text.empty()) out.emplace_back(std::move(name), std::move(text));
  }
  return out;
}

operation begin(std::uint64_t code, action what, const message& m) {
  operation op;
  op.time = m.time;
  op.action = what;
  op.function = std::to_string(code);
  op.function_name = name_of(code);
  return op;
}

}  // namespace

void conversation::on_frame_10(const message& m, output& out) {
  reader in{m.data};
  auto whole = in.part(in.u32() < m.data.size() ? 0 : m.data.size() - 4);
  const std::size_t words = whole.u8();
  const auto type = whole.u8();
  const auto channel = whole.u16();
  if (!whole.ok() || words < 2) return out.violate(m.from, "length", "a frame is shorter than it says");
  whole.skip(words * 4 - 8);
  if (whole.left() == 0) {
    out.count("amqp", "frame", "heartbeat");
    return;
  }
  const auto body = take_item(whole);
  const auto name = name_of(body.descriptor);
  if (!whole.ok() || name.empty() || (type == 1) != (body.descriptor >= 0x40))
    return out.violate(m.from, "performative", "a frame holds nothing that is known");
  if (version_.empty()) version_ = "1.0", out.describe("version", version_);
  out.count("amqp", "performative", name);
  auto list = elements(body);
  if (type == 1)
    on_sasl(body.descriptor, list, m, out);
  else
    on_performative(body.descriptor, channel, list, m, out);
  if (body.descriptor == 0x14) content_ += whole.left();
  if (!list.ok()) out.violate(m.from, "arguments", list.why().what);
}

void conversation::on_sasl(std::uint64_t code, reader& list, const message& m, output& out) {
  if (code == 0x40) out.describe("mechanisms", symbols(next(list)));
  if (code == 0x41) {
    auto op = begin(code, action::authenticate, m);
    op.function_name = "login";
    const auto mechanism = text_of(next(list));
    const auto response = next(list).data;
    op.fields.emplace_back("mechanism", mechanism);
    user_.clear();
    if (mechanism == "PLAIN") {
      const auto first = std::ranges::find(response, std::uint8_t{0});
      const auto behind = response.subspan(std::min(response.size(), static_cast<std::size_t>(first - response.begin()) + 1));
      user_ = printable(behind.first(static_cast<std::size_t>(std::ranges::find(behind, std::uint8_t{0}) - behind.begin())), 128);
    }
    if (!user_.empty()) op.objects.push_back({"user", user_}), out.describe("user", user_);
    open_.add({0, login_key, {}}, std::move(op), out, m.from);
  }
  if (code != 0x44) return;
  const auto said = next(list);
  const unsigned result = said.data.empty() ? 0u : said.data[0];
  out.describe("login", result == 0 ? "ok" : "refused");
  if (result != 0) return refused_login(std::to_string(result), m, out);
  if (answered(0, login_key, m, out) && !user_.empty()) out.learn(other(m.from), {}, "user", user_, 50);
}

void conversation::on_performative(std::uint64_t code, std::uint16_t channel, reader& list, const message& m, output& out) {
  switch (code) {
    case 0x10: {
      const auto container = text_of(next(list)), host = text_of(next(list));
      for (unsigned i = 0; i < 7; ++i) next(list);
      tell(map_of(next(list)), m.from, m, out);
      if (!list.ok()) return;
      if (auto asked = open_.take({0, 0x10, {}}); asked && asked->asker != m.from) {
        asked->op.fields.emplace_back("peer_container", container);
        return answer(std::move(*asked), m.time, outcome::ok, out);
      }
      auto op = begin(code, action::session, m);
      op.objects.push_back({"container", container});
      if (!host.empty()) op.fields.emplace_back("host", host);
      return open_.add({0, 0x10, {}}, std::move(op), out, m.from);
    }
    case 0x12: return on_attach(channel, list, m, out);
    case 0x14: ++(m.from == side::client ? published_ : delivered_); return;
    case 0x16: return on_error("detach", list, 2, m, out);
    case 0x17: return on_error("end", list, 0, m, out);
    case 0x18: return on_error("close", list, 0, m, out);
    default: return;
  }
}

/// A link stands when both ends have attached it under its name.
void conversation::on_attach(std::uint16_t, reader& list, const message& m, output& out) {
  const auto link = text_of(next(list));
  next(list);
  const auto role = next(list);
  const bool receives = role.format == 0x41 || (role.format == 0x56 && !role.data.empty() && role.data[0] != 0);
  next(list), next(list);
  auto source = elements(next(list)), target = elements(next(list));
  const auto from = text_of(next(source)), to = text_of(next(target));
  if (!list.ok()) return;
  if (const auto* waiting = open_.find({0, 0x12, link}); waiting != nullptr && waiting->asker != m.from) {
    answered(0, 0x12, m, out, link);
    return;
  }
  auto op = begin(0x12, receives ? action::subscribe : action::session, m);
  op.objects.push_back({"address", receives ? from : to});
  op.fields.emplace_back("link", link);
  op.fields.emplace_back("role", std::string{receives ? "receiver" : "sender"});
  open_.add({0, 0x12, link}, std::move(op), out, m.from);
}

/// What ends a link, a session or the connection; with an error it is an operation.
void conversation::on_error(std::string_view what, reader& list, unsigned skipped, const message& m, output& out) {
  for (unsigned i = 0; i < skipped; ++i) next(list);
  const auto error = next(list);
  if (error.is_null() && what != "close") return;
  auto said = elements(error);
  const auto condition = text_of(next(said)), text = text_of(next(said));
  auto op = begin(what == "detach" ? 0x16 : what == "end" ? 0x17 : 0x18, action::session, m);
  op.outcome = condition.empty() ? outcome::ok : outcome::refused;
  op.fields.emplace_back("closed_by", std::string{m.from == side::client ? "client" : "server"});
  if (!condition.empty()) op.code = condition;
  if (!text.empty()) op.fields.emplace_back("reason", text);
  out.emit(std::move(op));
}

}  // namespace mw::amqp
