// HTTP/1.0 and 1.1 (RFC 9110, RFC 9112): method, host, path, status, programs on both ends, basic authentication. Bodies are counted,
// never kept; what stands behind "?" in a path is not kept either, because it may hold credentials and process values.
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <charconv>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 5> ports{80, 8000, 8008, 8080, 8888};
constexpr std::size_t longest_path = 256, most_told = 16, longest_start = 8192;
constexpr std::uint8_t stated = 60;

struct method {
  std::string_view name;
  mw::action action;
};
/// RFC 9110 9.3, RFC 5789 and WebDAV (RFC 4918 9).
constexpr std::array<method, 17> methods{{{"GET", action::read},
                                          {"HEAD", action::read},
                                          {"POST", action::write},
                                          {"PUT", action::file_write},
                                          {"DELETE", action::file_delete},
                                          {"OPTIONS", action::read},
                                          {"TRACE", action::diagnose},
                                          {"CONNECT", action::session},
                                          {"PATCH", action::write},
                                          {"PROPFIND", action::read},
                                          {"PROPPATCH", action::write},
                                          {"MKCOL", action::file_write},
                                          {"COPY", action::file_write},
                                          {"MOVE", action::file_write},
                                          {"LOCK", action::session},
                                          {"UNLOCK", action::session},
                                          {"REPORT", action::read}}};

const method* method_of(std::string_view word) {
  const auto* const at = std::ranges::find(methods, word, &method::name);
  return at == methods.end() ? nullptr : at;
}
bool is_version(std::string_view s) { return s == "HTTP/1.1" || s == "HTTP/1.0"; }

struct start_line {
  const method* asked = nullptr;  ///< of a request
  std::string_view target;
  unsigned status = 0;  ///< of an answer
};
/// Nothing where the line begins no HTTP message.
std::optional<start_line> parse_start(std::string_view line) {
  start_line s;
  const auto first = take_word(line);
  if (is_version(first)) {
    const auto code = take_word(line);
    if (code.size() != 3 || std::from_chars(code.data(), code.data() + 3, s.status).ec != std::errc{} || s.status < 100) return {};
    return s;
  }
  s.asked = method_of(first);
  if (s.asked == nullptr) return {};
  const auto blank = line.rfind(' ');
  if (blank == std::string_view::npos || blank == 0 || !is_version(line.substr(blank + 1))) return {};
  s.target = line.substr(0, blank);
  return s;
}

match probe(bytes head, transport) {
  line_reader<longest_start> lines;
  auto rest = head;
  const bool whole = lines.next(rest);
  const auto line = lines.line();
  if (!whole) {
    auto begin = line;
    const auto word = take_word(begin);
    const bool may = std::string_view{"HTTP/1."}.starts_with(line.substr(0, 7)) || std::ranges::any_of(methods, [&](const method& m) {
                       return begin.empty() ? m.name.starts_with(word) : m.name == word;
                     });
    return may && head.size() < longest_start ? match::unsure : match::no;
  }
  return parse_start(line) ? match::certain : match::no;
}

/// Any bytes: where a message ends is known only to who read its head, so the session cuts for itself.
result<std::size_t> frame(bytes head) { return head.size(); }

struct head_fields {
  std::string host, user_agent, server, content_type, soap_action;
  std::optional<std::uint64_t> length;
  bool chunked = false, authorization = false, basic = false, upgrade = false;
};

/// Without what a terminal would obey.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_path)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

void take_field(std::string_view line, head_fields& to) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const auto name = line.substr(0, colon), text = trimmed(line.substr(colon + 1));
  const auto keep = [&](std::string& where) { where = plain(text); };
  if (same_letters(name, "host")) keep(to.host);
  if (same_letters(name, "user-agent")) keep(to.user_agent);
  if (same_letters(name, "server")) keep(to.server);
  if (same_letters(name, "content-type")) keep(to.content_type);
  if (same_letters(name, "soapaction")) keep(to.soap_action);
  if (same_letters(name, "upgrade")) to.upgrade = true;
  if (same_letters(name, "transfer-encoding")) to.chunked = text.size() >= 7 && same_letters(text.substr(text.size() - 7), "chunked");
  if (same_letters(name, "authorization")) to.authorization = true, to.basic = text.size() > 6 && same_letters(text.substr(0, 6), "basic ");
  std::uint64_t n = 0;
  if (same_letters(name, "content-length") && std::from_chars(text.data(), text.data() + text.size(), n).ec == std::errc{}) to.length = n;
}

class http_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto& s = sides_[static_cast<std::size_t>(m.from)];
    auto rest = m.data;
    while (!rest.empty()) step(s, rest, m, out);
    return verdict::taken;
  }
  void on_gap(side from) override {
    auto& s = sides_[static_cast<std::size_t>(from)];
    s.lines.clear();
    if (s.at != where::tunnel) s.at = where::start;  // looked for from here on; bytes of a body are no start line
    s.lost = true;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out, std::chrono::minutes{2}); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  enum class where : std::uint8_t { start, head, body, chunk_size, chunk, chunk_end, trailer, rest, tunnel };
  struct direction {
    where at = where::start;
    line_reader<longest_start> lines;
    std::uint64_t left = 0;  ///< octets of the body or chunk
    bool lost = false;
    timestamp began{};
    std::optional<operation> asked;  ///< request whose head is being read
    unsigned status = 0;
    head_fields head;
  };

  void step(direction& s, bytes& rest, const message& m, output& out) {
    switch (s.at) {
      case where::tunnel:
      case where::rest: rest = {}; return;
      case where::body:
      case where::chunk: {
        const auto n = std::min<std::uint64_t>(s.left, rest.size());
        rest = rest.subspan(static_cast<std::size_t>(n));
        s.left -= n;
        if (s.left == 0) s.at = s.at == where::body ? where::start : where::chunk_end;
        return;
      }
      default: break;
    }
    if (s.at == where::start && s.lines.line().empty()) s.began = m.time;
    if (!s.lines.next(rest)) return;
    const auto line = s.lines.line();
    switch (s.at) {
      case where::start: begin(s, line, m, out); break;
      case where::head: line.empty() ? end_of_head(s, m, out) : take_field(line, s.head); break;
      case where::chunk_size: {
        std::uint64_t n = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), n, 16).ec != std::errc{}) {
          out.violate(m.from, "chunk", "a chunk does not begin with its size");
          s.at = where::start, s.lost = true;
        } else {
          s.left = n, s.at = n == 0 ? where::trailer : where::chunk;
        }
        break;
      }
      case where::chunk_end: s.at = where::chunk_size; break;
      case where::trailer:
        if (line.empty()) s.at = where::start;
        break;
      default: break;
    }
  }

  void begin(direction& s, std::string_view line, const message& m, output& out) {
    if (line.empty()) return;  // RFC 9112 2.2 allows empty lines before a request
    const auto start = parse_start(line);
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
    if (start->asked == nullptr) return out.count("http", "response", start->status);
    out.count("http", "request", start->asked->name);
    operation op;
    op.time = s.began;
    op.action = start->asked->action;
    op.function = op.function_name = start->asked->name;
    auto path = start->target.substr(0, std::min(start->target.find('?'), longest_path));
    op.objects.push_back({"url", plain(path)});
    if (start->target.find('?') != std::string_view::npos) op.fields.emplace_back("query", true);
    s.asked = std::move(op);
  }

  void end_of_head(direction& s, const message& m, output& out) {
    if (s.asked)
      asked(s, m, out);
    else
      answered(s, m, out);
  }

  void asked(direction& s, const message& m, output& out) {
    auto& op = *s.asked;
    const auto put = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) op.fields.emplace_back(name, text);
    };
    put("host", s.head.host);
    put("user_agent", s.head.user_agent);
    put("content_type", s.head.content_type);
    put("soap_action", s.head.soap_action);
    if (s.head.authorization) op.fields.emplace_back("authorization", std::string{s.head.basic ? "basic" : "other"});
    if (s.head.length)
      op.fields.emplace_back("request_bytes", static_cast<std::int64_t>(std::min<std::uint64_t>(*s.head.length, 1ull << 62)));
    const auto& path = op.objects[0].address;
    constexpr std::string_view resolver = "/api/handles/";  // the Handle.Net proxy's interface
    if (const auto at = path.find(resolver); at != std::string::npos) {
      const auto identifier = path.substr(at + resolver.size());
      op.fields.emplace_back("identifier_system", std::string{"handle"});
      op.fields.emplace_back("identifier", identifier);
      op.fields.emplace_back("identifier_prefix", identifier.substr(0, identifier.find('/')));
    }
    if (!s.head.host.empty()) out.describe("host", s.head.host);
    if (!s.head.user_agent.empty()) out.describe("user_agent", s.head.user_agent);
    if (s.head.basic) out.describe("basic_authentication", "yes");
    body_of(s, false);
    pending_.add(0, std::move(op), out, m.from, s.head.authorization);
    s.asked.reset();
  }

  void answered(direction& s, const message& m, output& out) {
    if (s.status < 200) {  // 100 and its like: the answer is still to come; 101 hands the connection over
      s.at = where::start;
      if (s.status == 101) sides_[0].at = sides_[1].at = where::tunnel;
      if (s.status != 101) return;
    }
    auto request = pending_.take(0);
    const bool no_body = s.status == 204 || s.status == 304 || s.status == 101 || (request && request->op.function == "HEAD");
    if (!s.head.server.empty() && told_.fresh(m.source.address, {}, "software", s.head.server, m.time, "http", out))
      out.learn(m.from, {}, "software", s.head.server, stated);
    operation op;
    if (request) {
      op = std::move(request->op);
      op.latency = m.time - op.time;
    } else {
      op.time = m.time;
      op.action = action::read;
      op.function_name = "answer";
      op.function = "0";
    }
    const bool denied = s.status == 401 || s.status == 403;
    if (request && request->extra && denied) op.action = action::authenticate;
    op.outcome = !request ? outcome::unpaired : s.status < 400 ? outcome::ok : outcome::refused;
    op.fields.emplace_back("status", std::int64_t{s.status});
    if (s.status >= 400) op.code = std::to_string(s.status);
    if (s.head.length)
      op.fields.emplace_back("response_bytes", static_cast<std::int64_t>(std::min<std::uint64_t>(*s.head.length, 1ull << 62)));
    if (!s.head.content_type.empty()) op.fields.emplace_back("response_type", s.head.content_type);
    const bool tunnel = request && op.function == "CONNECT" && s.status < 300;
    out.emit(std::move(op), other(m.from));
    if (tunnel) sides_[0].at = sides_[1].at = where::tunnel;
    if (tunnel || s.status == 101) return;
    if (no_body)
      s.at = where::start;
    else
      body_of(s, true);
  }

  /// RFC 9112 6.3: chunked, by length, or, of an answer, up to the end of the connection.
  static void body_of(direction& s, bool answer) {
    s.left = s.head.length.value_or(0);
    if (s.head.chunked)
      s.at = where::chunk_size;
    else if (s.left != 0)
      s.at = where::body;
    else
      s.at = answer && !s.head.length ? where::rest : where::start;
  }

  std::array<direction, 2> sides_;
  pending_requests<int, bool, 64> pending_;  ///< answers come in the order of their requests (RFC 9112 9.3.2)
  told_facts<most_told> told_;
};

const protocol here{{
    .name = "http",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<http_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
