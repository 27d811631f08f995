// The head of an HTTP message: methods, targets, fields, and what in them lets two readers see different messages.
#include "sensor/dissect/http_head.hpp"

#include "sensor/dissect/http_text.hpp"
#include "sensor/dissect/lines.hpp"

#include <array>
#include <charconv>

namespace mw::http {
namespace {

/// RFC 9110 9.3, 5789 (PATCH), 4918, 3253, 3744, 5323, 5842, 4791 (WebDAV and its extensions), 2068 (LINK); UPnP's events; what caches and
/// Microsoft's RPC over HTTP add.
constexpr auto methods = std::to_array<method>({{"GET", action::read},
                                                {"HEAD", action::read},
                                                {"POST", action::write},
                                                {"PUT", action::file_write},
                                                {"DELETE", action::file_delete},
                                                {"OPTIONS", action::read},
                                                {"TRACE", action::diagnose},
                                                {"TRACK", action::diagnose},
                                                {"CONNECT", action::session},
                                                {"PATCH", action::write},
                                                {"QUERY", action::read},
                                                {"PROPFIND", action::read},
                                                {"PROPPATCH", action::write},
                                                {"MKCOL", action::file_write},
                                                {"COPY", action::file_write},
                                                {"MOVE", action::file_write},
                                                {"LOCK", action::session},
                                                {"UNLOCK", action::session},
                                                {"REPORT", action::read},
                                                {"SEARCH", action::read},
                                                {"ACL", action::configure},
                                                {"BIND", action::file_write},
                                                {"REBIND", action::file_write},
                                                {"UNBIND", action::file_delete},
                                                {"VERSION-CONTROL", action::configure},
                                                {"CHECKIN", action::file_write},
                                                {"CHECKOUT", action::session},
                                                {"UNCHECKOUT", action::session},
                                                {"MERGE", action::file_write},
                                                {"UPDATE", action::file_write},
                                                {"LABEL", action::write},
                                                {"MKACTIVITY", action::file_write},
                                                {"MKWORKSPACE", action::file_write},
                                                {"MKCALENDAR", action::file_write},
                                                {"BASELINE-CONTROL", action::configure},
                                                {"ORDERPATCH", action::write},
                                                {"LINK", action::write},
                                                {"UNLINK", action::write},
                                                {"SUBSCRIBE", action::subscribe},
                                                {"UNSUBSCRIBE", action::subscribe},
                                                {"NOTIFY", action::report},
                                                {"PURGE", action::configure},
                                                {"RPC_IN_DATA", action::session},
                                                {"RPC_OUT_DATA", action::session}});

constexpr std::size_t longest_method = 24;

bool is_version(std::string_view s) { return s == "HTTP/1.1" || s == "HTTP/1.0"; }
/// RFC 9110 5.6.2.
bool is_token(std::string_view s) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !s.empty() && std::ranges::all_of(s, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
  });
}

std::string small(std::string_view text, std::size_t limit) {
  auto out = plain(text, limit);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Names of what is secret in a query or a form.
constexpr std::array<std::string_view, 12> secrets{"password", "passwd", "pass",    "pwd",  "passphrase",   "secret",
                                                   "token",    "apikey", "api_key", "auth", "access_token", "psw"};

bool has_secret(std::string_view query) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto name = query.substr(0, std::min(query.find('='), end));
    if (std::ranges::any_of(secrets, [&](std::string_view s) { return same_letters(s, name); })) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

/// RFC 7617: user-id ":" password; RFC 7616: username="…".
void take_authorization(std::string_view text, fields& to) {
  auto rest = text;
  to.scheme = small(take_word(rest), 16);
  if (to.scheme == "basic") {
    const auto said = from_base64(trimmed(rest));
    if (said) to.user = shown(std::string_view{*said}.substr(0, said->find(':')), 128);
  }
  if (to.scheme == "digest") to.user = parameter(rest, "username");
}

std::string_view take_length(std::string_view text, fields& to) {
  std::uint64_t n = 0;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (bad != std::errc{} || stop != text.data() + text.size()) return "length_syntax";
  const bool differs = to.length && *to.length != n;
  to.length = n;
  return differs ? "length_differs" : "";
}

std::string_view take_encoding(std::string_view text, fields& to) {
  const auto last = trimmed(text.substr(text.rfind(',') + 1));
  const bool again = to.encoded;
  to.encoded = true;
  to.chunked = same_letters(last, "chunked");
  if (again) return "encoding";
  if (to.chunked || same_letters(last, "identity") || same_letters(last, "gzip") || same_letters(last, "deflate")) return "";
  return "encoding";  // "xchunked", "chunked " with odd blanks: one reader takes it for chunked, the next does not
}

}  // namespace

const method* method_of(std::string_view word) {
  const auto* const at = std::ranges::find(methods, word, &method::name);
  return at == methods.end() ? nullptr : at;
}
bool begins_method(std::string_view word) {
  return std::ranges::any_of(methods, [&](const method& m) { return m.name.starts_with(word); });
}

std::optional<start_line> parse_start(std::string_view line, bool any_method) {
  start_line s;
  const auto first = take_word(line);
  if (is_version(first)) {
    const auto code = take_word(line);
    if (code.size() != 3 || std::from_chars(code.data(), code.data() + 3, s.status).ec != std::errc{} || s.status < 100) return {};
    return s;
  }
  s.known = method_of(first);
  s.asks = first;
  if (s.known == nullptr && (!any_method || !is_token(first) || first.size() > longest_method)) return {};
  const auto blank = line.rfind(' ');
  if (blank == std::string_view::npos || blank == 0 || !is_version(line.substr(blank + 1))) return {};
  s.target = line.substr(0, blank);
  return s;
}

std::string plain(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text.substr(0, limit)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

target read_target(std::string_view text) {
  target t;
  if (const auto at = text.find_first_of("?#"); at != std::string_view::npos) {
    t.query = text[at] == '?';
    t.credentials = has_secret(text.substr(at + 1));
    text = text.substr(0, at);
  }
  const auto scheme = text.find("://");
  if (scheme != std::string_view::npos && scheme < 8) {  // absolute form: what a proxy is asked
    t.proxy = true;
    auto authority = text.substr(scheme + 3);
    authority = authority.substr(0, authority.find('/'));
    const auto path = text.substr(scheme + 3 + authority.size());
    std::string cleaned{text.substr(0, scheme + 3)};
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      t.user = plain(authority.substr(0, std::min(authority.find(':'), at)), 128);
      t.credentials = true;
      authority.remove_prefix(at + 1);
    }
    t.host = plain(authority);
    t.path = plain(cleaned += std::string{authority}.append(path));
  } else {
    t.path = plain(text);
  }
  if (const auto at = find_letters(t.path, ";jsessionid="); at != std::string::npos) t.path.resize(at);
  return t;
}

std::string parameter(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const auto found = find_letters(text.substr(at), name);
    if (found == std::string_view::npos) return {};
    const auto begin = at + found, end = begin + name.size();
    at = end;
    const bool word = begin == 0 || text[begin - 1] == ' ' || text[begin - 1] == ';' || text[begin - 1] == ',' || text[begin - 1] == '\t';
    if (!word || end >= text.size() || text[end] != '=') continue;
    auto rest = text.substr(end + 1);
    if (rest.starts_with('"')) return plain(rest.substr(1, rest.find('"', 1) - 1), 128);
    return plain(rest.substr(0, rest.find_first_of("; ,\r\n")), 128);
  }
  return {};
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned n = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, n, 16).ptr == text.data() + i + 3)
      out += static_cast<char>(n), i += 2;
    else
      out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

std::string_view take_field(std::string_view line, fields& to) {
  if (line.starts_with(' ') || line.starts_with('\t')) return "header_fold";  // RFC 9112 5.2
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return "header_syntax";
  const auto name = trimmed(line.substr(0, colon)), text = trimmed(line.substr(colon + 1));
  const auto is = [&](std::string_view other) { return same_letters(name, other); };
  const auto keep = [&](std::string& where) { where = plain(text); };
  std::string_view rule = is_token(line.substr(0, colon)) ? "" : "header_syntax";  // RFC 9112 5.1: no blank before the colon
  if (is("content-length")) {
    if (const auto r = take_length(text, to); !r.empty()) rule = r;
  } else if (is("transfer-encoding")) {
    if (const auto r = take_encoding(text, to); !r.empty()) rule = r;
  } else if (is("host")) {
    if (!to.host.empty() && to.host != plain(text)) rule = "host_differs";
    keep(to.host);
  } else if (is("user-agent")) {
    keep(to.user_agent);
  } else if (is("server")) {
    keep(to.server);
  } else if (is("x-powered-by")) {
    keep(to.powered_by);
  } else if (is("content-type")) {
    keep(to.content_type);
    if (to.soap_action.empty()) to.soap_action = parameter(text, "action");  // SOAP 1.2
  } else if (is("content-encoding")) {
    if (!same_letters(text, "identity")) to.encoding = small(text, 32);
  } else if (is("content-range")) {
    keep(to.content_range);
  } else if (is("content-disposition")) {
    to.file_name = parameter(text, "filename");
  } else if (is("soapaction")) {
    keep(to.soap_action);
  } else if (is("x-forwarded-for") || is("forwarded")) {
    keep(to.forwarded);
  } else if (is("via")) {
    keep(to.via);
  } else if (is("www-authenticate")) {
    if (to.realm.empty()) to.realm = parameter(text, "realm");
  } else if (is("authorization") || is("proxy-authorization")) {
    take_authorization(text, to);
  } else if (is("upgrade")) {
    to.upgrade = small(text, 64);
  } else if (is("sec-websocket-protocol")) {
    keep(to.subprotocol);
  } else if (is("sec-websocket-accept")) {
    to.accepts_socket = true;
  }
  return rule;
}

std::string_view conflict(const fields& f, bool request) {
  if (f.length && f.encoded) return "length_conflict";        // RFC 9112 6.1: may be an attempt to smuggle a request
  if (request && f.encoded && !f.chunked) return "encoding";  // RFC 9112 6.3
  return {};
}

}  // namespace mw::http
