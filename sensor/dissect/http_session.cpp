// What is said in HTTP/1.x: each request with its answer, and what both bodies tell of themselves.
#include "sensor/dissect/http_session.hpp"

#include "sensor/dissect/http_identity.hpp"
#include "sensor/dissect/http_text.hpp"

#include <charconv>

namespace mw::http {
namespace {

constexpr std::size_t most_open = 64;
constexpr std::chrono::minutes patience{2};
constexpr std::uint8_t seen = 40, hinted = 30;

/// A message that begins within a line: after a gap the rest of a body stands before it.
std::string_view within(std::string_view line) {
  for (auto at = line.rfind("HTTP/1."); at != std::string_view::npos && at != 0; at = line.rfind("HTTP/1.", at - 1))
    if (parse_start(line.substr(at))) return line.substr(at);
  if (line.size() < 9 || !line.substr(line.size() - 9).starts_with(" HTTP/1.")) return line;
  unsigned tries = 0;
  for (auto at = line.rfind(" /"); at != std::string_view::npos && at != 0 && ++tries < 8; at = line.rfind(" /", at - 1)) {
    for (std::size_t n = 3; n <= std::min<std::size_t>(at, 16); ++n)
      if (parse_start(line.substr(at - n))) return line.substr(at - n);
  }
  return line;
}

}  // namespace

verdict conversation::on_message(const message& m, output& out) {
  auto& s = of(m.from);
  if (gap_in_answer_) {
    gap_in_answer_ = false;
    finish_answer(out, false);
  }
  if (s.at == where::start && s.lost && !s.lines.line().empty()) {
    // messages begin with segments, more often than not
    line_reader<longest_line> first;
    auto data = m.data;
    if (first.next(data) && parse_start(first.line())) s.lines.clear();
  }
  auto rest = m.data;
  while (!rest.empty()) step(s, rest, m, out);
  return verdict::taken;
}

void conversation::on_gap(side from) {
  auto& s = of(from);
  s.lines.clear();
  if (s.at == where::socket) return s.socket.lose();
  if (s.at == where::tunnel) return;
  s.body.lose();
  s.lost = true;
  if (s.at == where::rest) return;  // up to the end of the connection, whatever is missing
  s.at = where::start;              // looked for from here on; bytes of a body are no start line
  if (answer_ && from == answerer_)
    gap_in_answer_ = true;
  else if (from == side::server)
    unanswered_ = true;
}

void conversation::on_time(timestamp now, output& out) {
  while (!open_.empty() && now - open_.front().op.time > patience) give_up(out);
  if (answer_ && now - answered_at_ > patience) finish_answer(out, false);
}
void conversation::on_end(timestamp, output& out) {
  if (answer_) finish_answer(out, of(answerer_).at == where::rest);
  while (!open_.empty()) give_up(out);
  const auto& client = of(side::client).socket;
  const auto& server = of(side::server).socket;
  if (client.frames() + server.frames() == 0) return;
  out.describe("websocket_frames", std::to_string(client.frames()) + '/' + std::to_string(server.frames()));
  out.describe("websocket_bytes", std::to_string(client.octets()) + '/' + std::to_string(server.octets()));
  if (const auto code = client.closed() ? client.closed() : server.closed()) out.describe("websocket_close", std::to_string(*code));
}

void conversation::give_up(output& out) {
  auto e = std::move(open_.front());
  open_.pop_front();
  e.op.outcome = outcome::timeout;
  out.emit(std::move(e.op), e.asker);
}

void conversation::step(direction& s, bytes& rest, const message& m, output& out) {
  switch (s.at) {
    case where::tunnel: rest = {}; return;
    case where::socket:
      s.socket.add(rest, m.from, out);
      rest = {};
      return;
    case where::rest:
      s.body.add(rest);
      rest = {};
      return;
    case where::body:
    case where::chunk: {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(s.left, rest.size()));
      s.body.add(rest.first(n));
      rest = rest.subspan(n);
      s.left -= n;
      if (s.left != 0) return;
      if (s.at == where::chunk)
        s.at = where::chunk_end;
      else
        end_body(s, m, out);
      return;
    }
    default: break;
  }
  if (s.at == where::start && s.lines.line().empty()) s.began = m.time;
  if (!s.lines.next(rest)) return;
  const auto line = s.lines.line();
  switch (s.at) {
    case where::start: begin(s, line, m, out); break;
    case where::head:
      if (!line.empty())
        say_broken(out, m.from, take_field(line, s.head));
      else if (s.asked)
        asked(s, m, out);
      else
        answered(s, m, out);
      break;
    case where::chunk_size: {
      std::uint64_t n = 0;
      const auto [stop, bad] = std::from_chars(line.data(), line.data() + line.size(), n, 16);
      const auto behind = line.substr(static_cast<std::size_t>(stop - line.data()));
      if (bad != std::errc{} || (!trimmed(behind).empty() && !trimmed(behind).starts_with(';'))) {
        out.violate(m.from, "chunk", "a chunk does not begin with its size");
        s.body.lose();
        end_body(s, m, out);
        s.lost = true;
      } else {
        s.left = n, s.at = n == 0 ? where::trailer : where::chunk;
      }
      break;
    }
    case where::chunk_end: s.at = where::chunk_size; break;
    case where::trailer:
      if (line.empty()) end_body(s, m, out);
      break;
    default: break;
  }
}

void conversation::begin(direction& s, std::string_view line, const message& m, output& out) {
  if (line.empty()) return;  // RFC 9112 2.2 allows empty lines before a request
  auto start = parse_start(line, !s.lost);
  if (!start && s.lost) start = parse_start(within(line));
  if (!start) {
    if (!s.lost) out.violate(m.from, "start_line", "a message begins neither with a method nor with a version");
    s.lost = true;
    return;
  }
  s.lost = false;
  s.head = {};
  s.status = start->status;
  s.asked.reset();
  s.at = where::head;
  if (start->asks.empty()) return out.count("http", "response", start->status);
  out.count("http", "request", start->known != nullptr ? start->known->name : "other");
  operation op;
  op.time = s.began;
  op.action = start->known != nullptr ? start->known->action : action::control;
  op.function = op.function_name = start->asks;
  auto to = read_target(start->target);
  if (auto type = file_type(to.path);
      op.function != "CONNECT" && !type.empty() && to.path.find('/') != std::string::npos && to.path.rfind('/') > to.path.find("//") + 1)
    op.fields.emplace_back("file_type", std::move(type));
  op.objects.push_back({"url", std::move(to.path)});
  if (to.query) op.fields.emplace_back("query", true);
  if (to.proxy) op.fields.emplace_back("proxy", true);
  if (to.credentials) op.fields.emplace_back("credentials_in_url", true), out.describe("credentials_in_url", "yes");
  put(op, "url_user", to.user);
  s.asked = std::move(op);
}

void conversation::asked(direction& s, const message& m, output& out) {
  auto& op = *s.asked;
  const auto& h = s.head;
  say_broken(out, m.from, conflict(h, true));
  put(op, "host", h.host);
  put(op, "user_agent", h.user_agent);
  put(op, "content_type", h.content_type);
  put(op, "content_encoding", h.encoding);
  put(op, "soap_action", h.soap_action);
  put(op, "authorization", h.scheme);
  put(op, "user", h.user);
  put(op, "forwarded_for", h.forwarded);
  put(op, "via", h.via);
  put(op, "content_range", h.content_range);
  put(op, "file_name", h.file_name);
  if (h.length) put_octets(op, "request_bytes", *h.length);
  const auto& path = op.objects[0].address;
  constexpr std::string_view resolver = "/api/handles/";  // the Handle.Net proxy's interface
  if (const auto at = path.find(resolver); at != std::string::npos) {
    const auto identifier = path.substr(at + resolver.size());
    op.fields.emplace_back("identifier_system", std::string{"handle"});
    op.fields.emplace_back("identifier", identifier);
    op.fields.emplace_back("identifier_prefix", identifier.substr(0, identifier.find('/')));
  }
  if (!h.host.empty()) out.describe("host", h.host);
  if (!h.user_agent.empty()) out.describe("user_agent", h.user_agent);
  if (h.scheme == "basic") out.describe("basic_authentication", "yes");
  if (!h.user.empty()) out.describe("user", h.user);
  if (!h.forwarded.empty()) out.describe("forwarded_for", h.forwarded);
  if (!h.user_agent.empty()) {
    learn(m.from, "os", os_in(h.user_agent), hinted, m.time, out);
    if (!is_browser(h.user_agent)) learn(m.from, "software", h.user_agent, seen, m.time, out);
  }
  if (unanswered_) {  // an answer may be among what is missing: nobody is given another's
    while (!open_.empty()) give_up(out);
    unanswered_ = false;
  }
  if (open_.size() >= most_open) {
    out.count("http", "forgotten", "request");
    give_up(out);
  }
  s.number = ++numbers_;
  open_.push_back({std::move(op), m.from, s.number, !h.scheme.empty(), h.subprotocol});
  s.asked.reset();
  begin_body(s, false, m, out);
}

/// RFC 9112 6.3: chunked, by length, or, of an answer, up to the end of the connection.
void conversation::begin_body(direction& s, bool answer, const message& m, output& out) {
  s.body.begin(s.head.encoding.empty() && speaks(s.head.content_type));
  s.left = s.head.length.value_or(0);
  if (s.head.chunked)
    s.at = where::chunk_size;
  else if (s.left != 0)
    s.at = where::body;
  else if (answer && !s.head.length)
    s.at = where::rest;
  else
    end_body(s, m, out);
}

void conversation::end_body(direction& s, const message& m, output& out) {
  s.at = where::start;
  if (answer_ && m.from == answerer_) return finish_answer(out, true);
  operation* op = nullptr;
  if (answer_ && answer_->number == s.number && s.number != 0) op = &answer_->op;
  for (auto& e : open_)
    if (e.number == s.number) op = &e.op;
  if (op == nullptr || s.body.octets() == 0) return;
  if (!s.head.length) put_octets(*op, "request_bytes", s.body.octets());
  put(*op, "request_sha256", s.body.digest());
  read_request(s.head.content_type, s.body.beginning(), *op);
}

}  // namespace mw::http
