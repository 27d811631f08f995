// AMQP 0-9-1 (and its forerunners) and 1.0 (OASIS, ISO/IEC 19464) on TCP port 5672: frames, and what begins a conversation.
#include "sensor/dissect/amqp_session.hpp"
#include "sensor/dissect/http_text.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{5672};
constexpr std::uint8_t frame_end = 0xce;

bool is_version(bytes head) {
  constexpr std::array<std::uint8_t, 4> mark{'A', 'M', 'Q', 'P'};
  return head.size() >= 4 && std::ranges::equal(head.first(4), mark);
}

/// 0-9-1: a type that is never 0. 1.0: a size, whose first octet is 0 below 16 MiB.
result<std::size_t> frame(bytes head) {
  if (is_version(head)) return 8u;
  constexpr std::array<std::uint8_t, 7> begins{0, 1, 2, 3, 4, 8, 'A'};
  if (!head.empty() && std::ranges::find(begins, head[0]) == begins.end())
    return fail(fault::malformed, "a frame of a type that there is not");
  if (head.size() < 8) return 0u;
  reader in{head};
  if (head[0] == 0) {
    const std::size_t size = in.u32();
    const std::size_t words = in.u8();
    if (size < 8 || words < 2 || words * 4 > size || in.u8() > 1) return fail(fault::malformed, "no frame of AMQP 1.0");
    return size;
  }
  const auto type = in.u8();
  in.u16();
  const std::size_t size = std::size_t{in.u32()} + 8;
  if (type == 'A') return fail(fault::malformed, "a frame of a type that there is not");
  if (head.size() >= size && head[size - 1] != frame_end) return fail(fault::malformed, "a frame without its end");
  return size;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp || head.empty()) return match::no;
  if (is_version(head)) return head.size() < 8 ? match::unsure : amqp::read_version(head).name.empty() ? match::no : match::certain;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) {
    const bool may =
        std::string_view{
            "\x00\x01\x02\x03\x08"
            "A",
            6}
                .find(static_cast<char>(head[0])) != std::string_view::npos &&
        *size <= 1024 * 1024;
    return may ? match::unsure : match::no;
  }
  reader in{head.first(*size)};
  if (head[0] == 0) {
    in.skip(5);
    const auto type = in.u8();
    if (*size == 8) return match::unsure;  // a heartbeat
    in.skip(std::size_t{head[4]} * 4 - 6);
    const auto descriptor = in.u8(), format = in.u8(), code = in.u8();
    const bool fits = type == 0 ? code >= 0x10 && code <= 0x18 : code >= 0x40 && code <= 0x44;
    return in.ok() && descriptor == 0 && format == 0x53 && fits ? match::yes : match::no;
  }
  const auto type = in.u8();
  const auto channel = in.u16();
  if (type == 8) return *size == 8 && channel == 0 ? match::yes : match::no;
  if (type != 1) return match::unsure;
  in.skip(4);
  const auto kind = in.u16(), method = in.u16();
  constexpr std::array<std::uint16_t, 8> kinds{10, 20, 30, 40, 50, 60, 85, 90};
  const bool fits =
      in.ok() && std::ranges::find(kinds, kind) != kinds.end() && method >= 10 && method <= 120 && (kind == 10) == (channel == 0);
  return fits ? match::yes : match::no;
}

const protocol here{{
    .name = "amqp",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<amqp::conversation>(); },
    .risks_by_ndpi = true,
}};

}  // namespace

namespace amqp {

namespace {
struct known_version {
  std::array<std::uint8_t, 4> octets;
  version means;
};
constexpr auto versions = std::to_array<known_version>({{{0, 0, 9, 1}, {"0-9-1"}},
                                                        {{1, 1, 0, 9}, {"0-9"}},
                                                        {{1, 1, 9, 1}, {"0-9-1"}},
                                                        {{1, 1, 8, 0}, {"0-8"}},
                                                        {{1, 1, 0, 10}, {"0-10"}},
                                                        {{0, 1, 0, 0}, {"1.0"}},
                                                        {{2, 1, 0, 0}, {"1.0", true}},
                                                        {{3, 1, 0, 0}, {"1.0"}}});
}  // namespace

version read_version(bytes head) {
  if (!is_version(head) || head.size() < 8) return {};
  const auto* const at =
      std::ranges::find_if(versions, [&](const known_version& v) { return std::ranges::equal(v.octets, head.subspan(4, 4)); });
  return at == versions.end() ? version{} : at->means;
}

std::string_view find(const properties& p, std::string_view name) {
  const auto at = std::ranges::find_if(p, [&](const auto& e) { return e.first == name; });
  return at == p.end() ? std::string_view{} : std::string_view{at->second};
}

verdict conversation::on_message(const message& m, output& out) {
  if (is_version(m.data))
    on_version(m, out);
  else if (!m.data.empty() && m.data[0] == 0)
    on_frame_10(m, out);
  else
    on_frame_091(m, out);
  return verdict::taken;
}

/// The server says the same version, begins to speak it, or names the one that it speaks and closes.
void conversation::on_version(const message& m, output& out) {
  const auto v = read_version(m.data);
  if (v.name.empty()) return out.violate(m.from, "version", "a version of the protocol that there is not");
  out.count("amqp", "version", v.name);
  if (auto asked = open_.take({0, version_key, {}})) {
    const bool same = v.name == version_ && m.from != asked->asker;
    if (!same) asked->op.fields.emplace_back("supported", std::string{v.name});
    answer(std::move(*asked), m.time, same ? outcome::ok : outcome::refused, out);
    if (same && v.tls) out.become("tls");
    return;
  }
  version_ = v.name;
  out.describe("version", v.name);
  operation op;
  op.time = m.time;
  op.action = action::session;
  op.function = "0";
  op.function_name = "protocol_header";
  op.fields.emplace_back("version", version_);
  open_.add({0, version_key, {}}, std::move(op), out, m.from);
}

void conversation::on_end(timestamp, output& out) {
  open_.finish(out);
  if (published_ != 0) out.describe("published", std::to_string(published_));
  if (delivered_ != 0) out.describe("delivered", std::to_string(delivered_));
  if (content_ != 0) out.describe("content_bytes", std::to_string(content_));
}

bool conversation::answered(std::uint16_t channel, std::uint32_t what, const message& m, output& out, std::string_view name) {
  auto asked = open_.take({channel, what, std::string{name}});
  if (!asked) return false;
  answer(std::move(*asked), m.time, outcome::ok, out);
  return true;
}

/// A message was published or delivered: counted, and told once for each place.
void conversation::moved(std::string_view what, std::string exchange, std::string routing, const message& m, output& out) {
  constexpr std::size_t most_seen = 64;
  const bool publish = what == "publish";
  ++(publish ? published_ : delivered_);
  auto place = std::string{what} + '\n' + exchange + '\n' + routing;
  if (std::ranges::find(seen_, place) != seen_.end()) return;
  if (seen_.size() >= most_seen) {
    out.count("amqp", "forgotten", "place");
    seen_.erase(seen_.begin());
  }
  seen_.push_back(std::move(place));
  operation op;
  op.time = m.time;
  op.action = action::report;
  op.function = publish ? "60/40" : "60/60";
  op.function_name = what;
  op.objects.push_back({"exchange", std::move(exchange)});
  if (!routing.empty()) op.objects.push_back({"routing_key", std::move(routing)});
  out.emit(std::move(op), publish ? m.from : other(m.from));
}

void conversation::tell(const properties& p, side who, const message& m, output& out) {
  constexpr std::uint8_t stated = 80;
  const auto say = [&](std::string_view kind, std::string_view text) {
    const auto both = std::string{who == side::client ? "c" : "s"}.append(text);
    if (!text.empty() && told_.fresh({}, {}, kind, both, m.time, "amqp", out, true)) out.learn(who, {}, kind, text, stated);
  };
  auto program = std::string{find(p, "product")};
  if (const auto v = find(p, "version"); !v.empty() && !program.empty()) program.append(" ").append(v);
  say("software", program);
  say("runtime", find(p, "platform"));
  const auto cluster = find(p, "cluster_name");  // "rabbit@host"
  if (const auto at = cluster.find('@'); at != std::string_view::npos) say("host_name", cluster.substr(at + 1));
}

}  // namespace amqp
}  // namespace mw
