// TACACS+ (RFC 8907) on TCP: logins to network devices, the commands that are allowed there, and whether all of it is readable.
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/tacacs_body.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>

namespace mw {
namespace {

using namespace tacacs;

constexpr std::array<std::uint16_t, 1> ports{49};
constexpr std::size_t head_size = 12, longest_body = 0xffff;
constexpr std::uint8_t unencrypted = 1, single_connection = 4;
constexpr std::chrono::minutes patience{1};

struct header {
  std::uint8_t version = 0, type = 0, sequence = 0, flags = 0;
  std::uint32_t session = 0, size = 0;
};
header read_header(reader& in) {
  header h;
  h.version = in.u8(), h.type = in.u8(), h.sequence = in.u8(), h.flags = in.u8();
  h.session = in.u32(), h.size = in.u32();
  return h;
}

result<std::size_t> frame(bytes head) {
  constexpr std::uint8_t major = 0xc0;
  if (head.empty()) return std::size_t{0};
  if (head[0] != major && head[0] != (major | 1)) return fail(fault::malformed, "the version is not that of TACACS+", 0);
  if (head.size() < head_size) return std::size_t{0};
  reader in{head};
  const auto h = read_header(in);
  if (type_name(h.type).empty()) return fail(fault::malformed, "the packet has no type of RFC 8907", 1);
  if (h.sequence == 0 || (h.flags & ~(unencrypted | single_connection)) != 0 || h.size > longest_body)
    return fail(fault::malformed, "the head of the packet is not possible", 2);
  return head_size + h.size;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) return match::unsure;
  reader in{head};
  const auto h = read_header(in);
  const bool small = h.size < (h.type == accounting ? 5u : 6u) && !(h.type == authentication && h.size == 5);
  if (h.sequence > 8 || small) return match::no;
  if ((h.flags & unencrypted) == 0) return match::yes;
  const auto body = head.subspan(head_size, h.size);
  return (h.sequence % 2 == 1 ? read_request(h.type, h.sequence, body).has_value() : read_reply(h.type, body).has_value()) ? match::yes
                                                                                                                           : match::no;
}

action action_of(std::uint8_t type) {
  return type == authentication ? action::authenticate : type == authorization ? action::control : action::session;
}

class tacacs_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_header(in);
    if (!in.ok() || in.left() != h.size || type_name(h.type).empty()) {
      out.violate(m.from, "header", "the packet is not of the size that its head says");
      return verdict::taken;
    }
    out.count("tacacs", "type", std::uint32_t{h.type});
    const bool clear = (h.flags & unencrypted) != 0;
    if (clear && !told_clear_) {
      told_clear_ = true;
      out.violate(m.from, "unencrypted", "a packet is sent without obfuscation");
      out.learn(m.from, {}, "insecure_configuration", "TACACS+ without obfuscation", 90);
    }
    // odd numbers are the client's (RFC 8907 4.1)
    const bool asks = h.sequence % 2 == 1;
    const auto asker = asks ? m.from : other(m.from);
    auto at = std::ranges::find_if(open_, [&](const exchange& e) { return e.session == h.session && e.type == h.type; });
    if (at == open_.end()) {
      if (open_.size() >= most_open) close(open_.begin(), out), out.count("tacacs", "forgotten", "session");
      open_.push_back(begin(h, m, asker, clear));
      at = std::prev(open_.end());
      if (!asks || h.sequence != 1) at->began = false;
      if (h.sequence == 1 && asks && !told_server_) told_server_ = true, out.learn(other(m.from), {}, "role", "tacacs_server", 60);
    } else if (h.sequence != at->sequence + 1 || asker != at->asker) {
      if (!lost_) out.violate(m.from, "sequence", "a packet does not follow the one before it");
    }
    lost_ = false;
    at->sequence = h.sequence;
    if (!asks) ++at->replies, at->op.latency = m.time - at->op.time;
    if (clear)
      on_clear(h, in.rest(), asks, at, m, out);
    else if (!asks && h.type != authentication)
      close(at, out);  // one question, one answer
    return verdict::taken;
  }
  void on_gap(side) override { lost_ = true; }
  void on_time(timestamp now, output& out) override {
    while (!open_.empty() && now - open_.front().op.time > patience) close(open_.begin(), out);
  }
  void on_end(timestamp, output& out) override {
    while (!open_.empty()) close(open_.begin(), out);
  }

private:
  static constexpr std::size_t most_open = 32;
  struct exchange {
    std::uint32_t session = 0;
    std::uint8_t type = 0, sequence = 0;
    side asker = side::client;
    bool began = true;  ///< its first packet was seen
    std::size_t replies = 0;
    std::optional<outcome> how;
    operation op;
  };
  using place = std::deque<exchange>::iterator;

  static exchange begin(const header& h, const message& m, side asker, bool clear) {
    exchange e;
    e.session = h.session, e.type = h.type, e.asker = asker;
    e.op.time = m.time;
    e.op.action = action_of(h.type);
    e.op.function = std::to_string(h.type), e.op.function_name = type_name(h.type);
    e.op.fields.emplace_back("encrypted", !clear);
    return e;
  }
  /// Whether an obfuscated login was let in is not told.
  void close(place at, output& out) {
    auto& op = at->op;
    op.outcome = at->how ? *at->how : at->replies == 0 ? outcome::timeout : outcome::none;
    if (!at->began) op.outcome = outcome::unpaired;
    if (op.outcome == outcome::timeout) op.latency.reset();
    out.emit(std::move(op), at->asker);
    open_.erase(at);
  }

  static void put(operation& op, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    const auto known = std::ranges::find(op.fields, name, &field::first);
    if (known == op.fields.end())
      op.fields.emplace_back(name, std::string{text});
    else
      known->second = std::string{text};
  }

  void on_clear(const header& h, bytes body, bool asks, place at, const message& m, output& out) {
    if (asks) {
      const auto r = read_request(h.type, h.sequence, body);
      if (!r) return out.violate(m.from, "body", "the lengths in a body do not fit it");
      add(*r, at->op);
      if (r->aborted) at->how = outcome::none, close(at, out);
      return;
    }
    const auto r = read_reply(h.type, body);
    if (!r) return out.violate(m.from, "body", "the lengths in a body do not fit it");
    put(at->op, "status", r->name);
    put(at->op, "message", r->message);
    if (r->is == verdict_kind::goes_on) return;
    at->how = r->is == verdict_kind::pass ? outcome::ok : outcome::refused;
    if (r->is != verdict_kind::pass) at->op.code = std::to_string(r->status);
    close(at, out);
  }

  static void add(const request& r, operation& op) {
    if (r.data_given && op.action == action::authenticate &&
        std::ranges::find(op.fields, "password_given", &field::first) == op.fields.end())
      op.fields.emplace_back("password_given", true);
    if (r.is_continue) return;
    put(op, "user", r.user);
    put(op, "port", r.port);
    put(op, "remote_address", r.address);
    put(op, "kind", r.action);
    put(op, "method", r.method);
    put(op, "authentication", r.kind);
    put(op, "service", r.service);
    op.fields.emplace_back("privilege", std::uint64_t{r.privilege});
    std::string arguments;
    for (const auto& a : r.arguments)
      if (arguments.size() < 512) (arguments += arguments.empty() ? "" : " ") += a;
    put(op, "arguments", arguments);
    if (!r.command.empty()) op.objects.push_back({"command", r.command, 1, {}, {}});
    if (r.command.empty() && !r.user.empty()) op.objects.push_back({"user", r.user, 1, {}, {}});
  }

  std::deque<exchange> open_;
  bool told_clear_ = false, told_server_ = false, lost_ = false;
};

const protocol here{{
    .name = "tacacs",
    .tcp_ports = ports,
    .any_tcp_port = false,  // an obfuscated body proves nothing
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<tacacs_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
