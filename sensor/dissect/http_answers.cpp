// Answers of HTTP/1.x: how a request ended, what the answer's body is, what it tells of the server, and what the connection becomes.
#include "sensor/dissect/http_identity.hpp"
#include "sensor/dissect/http_session.hpp"
#include "sensor/dissect/http_text.hpp"

namespace mw::http {
namespace {

constexpr std::uint8_t stated = 60, seen = 40, hinted = 30;

struct carried {
  std::string_view port, name;
};
/// What goes through a tunnel, by the port that is asked for.
constexpr auto tunnels = std::to_array<carried>({{"443", "tls"},
                                                 {"8443", "tls"},
                                                 {"4433", "tls"},
                                                 {"465", "tls"},
                                                 {"636", "tls"},
                                                 {"993", "tls"},
                                                 {"995", "tls"},
                                                 {"8883", "tls"},
                                                 {"22", "ssh"}});

/// A type of what is kept as a file rather than shown.
bool is_file(std::string_view type) {
  constexpr std::array<std::string_view, 9> kinds{"octet-stream", "zip",   "x-msdownload", "x-dosexec", "x-executable",
                                                  "java-archive", "x-tar", "x-7z",         "x-rar"};
  return std::ranges::any_of(kinds, [&](std::string_view k) { return find_letters(type, k) != std::string_view::npos; });
}
}  // namespace

void put(operation& op, std::string_view name, const std::string& text) {
  if (!text.empty()) op.fields.emplace_back(name, text);
}
void put_octets(operation& op, std::string_view name, std::uint64_t n) {
  op.fields.emplace_back(name, static_cast<std::int64_t>(std::min<std::uint64_t>(n, 1ull << 62)));
}
void say_broken(output& out, side from, std::string_view rule) {
  struct words {
    std::string_view rule, detail;
  };
  static constexpr auto known = std::to_array<words>({{"header_fold", "a field goes on in a second line"},
                                                      {"header_syntax", "a line of the head is no field"},
                                                      {"host_differs", "a request names two hosts"},
                                                      {"length_syntax", "the length of a body is no number"},
                                                      {"length_differs", "two lengths of one body differ"},
                                                      {"length_conflict", "a body has both a length and a transfer coding"},
                                                      {"encoding", "the transfer coding leaves open where the body ends"}});
  const auto* const at = std::ranges::find(known, rule, &words::rule);
  if (at != known.end()) out.violate(from, at->rule, at->detail);
}

void conversation::answered(direction& s, const message& m, output& out) {
  if (s.status < 200 && s.status != 101) {  // 100 and its like: the answer is still to come
    s.at = where::start;
    return;
  }
  if (answer_) finish_answer(out, false);
  say_broken(out, m.from, conflict(s.head, false));
  const bool paired = !open_.empty();
  exchange e;
  if (paired) {
    e = std::move(open_.front());
    open_.pop_front();
    e.op.latency = m.time - e.op.time;
  } else {
    e.asker = other(m.from);
    e.op.time = m.time;
    e.op.action = action::read;
    e.op.function_name = "answer";
    e.op.function = "0";
  }
  const auto& h = s.head;
  auto& op = e.op;
  const bool denied = s.status == 401 || s.status == 403 || s.status == 407;
  if (e.credentials && denied) op.action = action::authenticate;
  op.outcome = !paired ? outcome::unpaired : s.status < 400 ? outcome::ok : outcome::refused;
  op.fields.emplace_back("status", std::int64_t{s.status});
  if (s.status >= 400) op.code = std::to_string(s.status);
  if (h.length) put_octets(op, "response_bytes", *h.length);
  put(op, "response_type", h.content_type);
  put(op, "response_encoding", h.encoding);  // the digest is of what was sent, which is packed
  put(op, "realm", h.realm);
  if (op.function == "GET" && s.status < 300 && (!h.file_name.empty() || is_file(h.content_type))) op.action = action::file_read;
  if (!h.file_name.empty() && std::ranges::find(op.fields, "file_name", &field::first) == op.fields.end())
    put(op, "file_name", h.file_name);
  if (s.status == 206) put(op, "content_range", h.content_range);
  tell(s, m, out);
  answer_ = std::move(e);
  answerer_ = m.from;
  answered_at_ = m.time;
  if (s.status == 101 || (paired && answer_->op.function == "CONNECT" && s.status < 300)) {
    if (s.status == 101) upgrade(s, *answer_, out);
    const auto upgraded = s.status == 101 ? h.upgrade : std::string{};
    const auto where_to = answer_->op.objects.empty() ? std::string{} : answer_->op.objects[0].address;
    finish_answer(out, true);
    if (upgraded == "websocket" && h.accepts_socket) {
      for (auto& d : sides_) d.at = where::socket;
      return;
    }
    std::string_view next;
    if (upgraded.starts_with("tls/")) next = "tls";
    if (upgraded.empty())
      if (const auto* const at = std::ranges::find(tunnels, std::string_view{where_to}.substr(where_to.rfind(':') + 1), &carried::port);
          at != tunnels.end())
        next = at->name;
    return tunnel(next, out);
  }
  const bool no_body = s.status == 204 || s.status == 304 || answer_->op.function == "HEAD";
  if (!no_body) return begin_body(s, true, m, out);
  s.body.begin(false);
  end_body(s, m, out);
}

void conversation::upgrade(const direction& s, exchange& e, output& out) {
  auto& op = e.op;
  const auto& h = s.head;
  op.action = action::session;
  put(op, "upgrade", h.upgrade);
  if (!h.upgrade.empty()) out.describe("upgrade", h.upgrade);
  put(op, "subprotocol", h.subprotocol);
  put(op, "subprotocols_offered", e.expects);
  if (!h.subprotocol.empty()) out.describe("websocket_protocol", h.subprotocol);
}

void conversation::tunnel(std::string_view next, output& out) {
  for (auto& d : sides_) d.at = where::tunnel;
  if (!next.empty()) out.become(next);
}

void conversation::finish_answer(output& out, bool whole) {
  if (!answer_) return;
  auto e = std::move(*answer_);
  answer_.reset();
  auto& s = of(answerer_);
  auto& op = e.op;
  if (s.body.lost()) whole = false;
  if (s.body.octets() != 0) {
    if (!s.head.length) put_octets(op, "response_bytes", s.body.octets());
    if (whole) put(op, "response_sha256", s.body.digest());
    const auto is = [&](std::string_view word) { return find_letters(s.head.content_type, word) != std::string_view::npos; };
    if (is("json")) put(op, "rpc_error", rpc_error(s.body.beginning()));
    if (const auto title = is("html") ? title_in(s.body.beginning()) : std::string{}; !title.empty() && op.outcome == outcome::ok) {
      put(op, "title", title);
      learn(answerer_, "description", title, hinted, answered_at_, out);
      learn(answerer_, "vendor", vendor_in(title), hinted, answered_at_, out);
    }
  }
  if (!whole) op.fields.emplace_back("response_incomplete", true);
  out.emit(std::move(op), e.asker);
}

/// What the head of an answer tells of the server.
void conversation::tell(const direction& s, const message& m, output& out) {
  const auto& h = s.head;
  learn(m.from, "software", h.server, stated, m.time, out);
  learn(m.from, "software", h.powered_by, seen, m.time, out);
  learn(m.from, "vendor", vendor_in(h.server + ' ' + h.realm), seen, m.time, out);
  if (names_something(h.realm)) learn(m.from, "model", h.realm, hinted, m.time, out);
}
void conversation::learn(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, timestamp now, output& out) {
  if (!value.empty() && told_.fresh({}, {}, kind, value, now, "http", out, true)) out.learn(who, {}, kind, value, confidence);
}

}  // namespace mw::http
