// The Handle system protocol (RFC 3652), the wire of identifier resolution: which identifier was resolved or changed, and with what result.
// Values are not kept, only their types; credentials are never read.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{2641};
constexpr std::size_t envelope = 20, head_size = 24, longest_message = 262'144, longest_identifier = 256, most_types = 16;
constexpr std::uint16_t compressed = 0x8000, encrypted = 0x4000, truncated = 0x2000, known_flags = 0xe000;
constexpr std::uint32_t digest_wanted = 0x00800000;  // RFC 3652 2.2.2.3, RD: the answer carries a digest of its request
constexpr std::uint32_t resolution = 1, success = 1;

struct code_name {
  std::uint32_t code;
  std::string_view name;
  mw::action action;
};
/// RFC 3652 2.2.2.1
constexpr std::array<code_name, 16> operations{{{0, "reserved", action::session},
                                                {1, "resolution", action::read},
                                                {2, "get_site_info", action::identify},
                                                {100, "create_handle", action::write},
                                                {101, "delete_handle", action::write},
                                                {102, "add_value", action::write},
                                                {103, "remove_value", action::write},
                                                {104, "modify_value", action::write},
                                                {105, "list_handles", action::identify},
                                                {106, "list_prefixes", action::identify},
                                                {200, "challenge_response", action::authenticate},
                                                {201, "verify_response", action::authenticate},
                                                {300, "home_prefix", action::configure},
                                                {301, "unhome_prefix", action::configure},
                                                {400, "session_setup", action::session},
                                                {401, "session_terminate", action::session}}};
const code_name* name_of(std::uint32_t code) {
  const auto* const at = std::ranges::find(operations, code, &code_name::code);
  return at == operations.end() ? nullptr : at;
}

struct outer {
  std::uint16_t flags = 0;
  std::uint32_t session = 0, request = 0, sequence = 0, length = 0;
};
outer read_envelope(reader& in) {
  outer e;
  const auto major = in.u8();
  in.skip(1);
  in.expect(major == 2 || major == 3, "the version of the Handle protocol is 2");
  e.flags = in.u16();
  in.expect((e.flags & ~known_flags) == 0 || major == 3, "the flags are those of RFC 3652");
  e.session = in.u32(), e.request = in.u32(), e.sequence = in.u32(), e.length = in.u32();
  in.expect(e.length >= head_size && e.length <= longest_message, "the length of a message has room for its head");
  return e;
}

match probe(bytes head, transport t) {
  reader in{head};
  const auto e = read_envelope(in);
  const auto code = in.u32(), answer = in.u32();
  in.skip(4 + 2 + 1 + 1 + 4);
  const auto body = in.u32();
  if (!in.ok()) return in.why().kind == fault::truncated && t == transport::tcp ? match::unsure : match::no;
  if ((e.flags & (compressed | encrypted)) != 0) return match::no;  // may be ours, but proves nothing
  if (name_of(code) == nullptr || answer > 999 || body > e.length - head_size) return match::no;
  if (t == transport::udp && (e.flags & truncated) == 0 && head.size() != envelope + e.length) return match::no;
  return match::yes;
}

result<std::size_t> frame(bytes head) {
  if (head.size() < envelope) return std::size_t{0};
  reader in{head};
  const auto e = read_envelope(in);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return envelope + e.length;
}

std::string text(reader& in) { return printable(in.take(in.u32()), longest_identifier); }

class handle_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto e = read_envelope(in);
    if (!in.ok()) return wrong(m, in, out);
    if ((e.flags & (compressed | encrypted)) != 0) {
      out.count("handle", "opaque", (e.flags & encrypted) != 0 ? "encrypted" : "compressed");
      return verdict::taken;
    }
    if (e.sequence != 0) {  // a further part of a message that did not fit a datagram
      out.count("handle", "part", "continuation");
      return verdict::taken;
    }
    const auto code = in.u32(), answer = in.u32(), options = in.u32();
    in.skip(2 + 1 + 1 + 4);
    const std::size_t length = in.u32();
    const bool cut = (e.flags & truncated) != 0;
    auto body = cut ? in.part(std::min(length, in.left())) : in.part(length);
    if (!in.ok()) return wrong(m, in, out);
    const auto* const what = name_of(code);
    out.count("handle", answer == 0 ? "request" : "response", code);
    if (answer == 0)
      asked(m, e, code, what, body, out);
    else
      answered(m, e, code, what, answer, options, body, out);
    if (!body.ok() && !cut) return wrong(m, body, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  static verdict wrong(const message& m, const reader& in, output& out) {
    out.violate(m.from, in.why().kind == fault::truncated ? "length" : "header", in.why().what);
    return verdict::taken;
  }
  static void name(operation& op, std::uint32_t code, const code_name* what) {
    op.function = std::to_string(code);
    op.function_name = what != nullptr ? what->name : "unknown";
    op.action = what != nullptr ? what->action : action::session;
  }
  static void identify(operation& op, std::string identifier) {
    if (identifier.empty()) return;
    op.fields.emplace_back("identifier_system", std::string{"handle"});
    op.fields.emplace_back("identifier_prefix", identifier.substr(0, identifier.find('/')));
    op.objects.push_back({"identifier", std::move(identifier)});
  }

  void asked(const message& m, const outer& e, std::uint32_t code, const code_name* what, reader& body, output& out) {
    operation op;
    op.time = m.time;
    name(op, code, what);
    const bool names_one = code == resolution || (code >= 100 && code <= 106) || code == 300 || code == 301;
    if (names_one && body.left()) identify(op, text(body));
    pending_.add({e.request, m.from}, std::move(op), out, m.from);
  }

  void answered(const message& m, const outer& e, std::uint32_t code, const code_name* what, std::uint32_t answer, std::uint32_t options,
                reader& body, output& out) {
    auto request = pending_.take({e.request, other(m.from)});
    operation op;
    if (request) {
      op = std::move(request->op);
      op.latency = m.time - op.time;
    } else {
      op.time = m.time;
      name(op, code, what);
    }
    if ((options & digest_wanted) != 0) {
      const auto algorithm = body.u8();
      body.skip(algorithm == 1 ? 16u : algorithm == 2 ? 20u : 32u);
    }
    if (answer == success && code == resolution) {
      auto identifier = text(body);
      if (!request) identify(op, std::move(identifier));
      const auto count = body.u32();
      for (std::uint32_t i = 0; i < count && body.left() && op.values.size() < most_types; ++i) {
        body.skip(4 + 4 + 1 + 4 + 1);  // index, time, kind of life time, life time, permissions
        auto type = text(body);
        body.skip(body.u32());
        const auto references = body.u32();
        for (std::uint32_t r = 0; r < references && body.left(); ++r) {
          (void)text(body);
          body.skip(4);
        }
        if (body.ok()) op.values.emplace_back(std::move(type));
      }
      if (body.ok()) op.fields.emplace_back("value_count", std::int64_t{count});
    }
    op.outcome = !request ? outcome::unpaired : answer == success ? outcome::ok : outcome::refused;
    if (answer != success) op.code = std::to_string(answer);
    out.emit(std::move(op), other(m.from));
  }

  pending_requests<std::pair<std::uint32_t, side>> pending_;
};

const protocol here{{
    .name = "handle",
    .tcp_ports = ports,
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<handle_session>(); },
}};

}  // namespace
}  // namespace mw
