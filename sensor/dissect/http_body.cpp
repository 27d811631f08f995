// The body of an HTTP message. What it asks is taken from its beginning: the SOAP 1.1/1.2 method, the method of JSON-RPC 2.0 or XML-RPC,
// the file of a form (RFC 7578), who logs in by a form. Nothing else of it is kept.
#include "sensor/dissect/http_body.hpp"

#include "sensor/dissect/http_head.hpp"
#include "sensor/dissect/http_text.hpp"
#include "sensor/dissect/lines.hpp"

#include <array>

namespace mw::http {
namespace {

struct verb {
  std::string_view begins;
  mw::action action;
};
/// What a method's name begins with, in small letters, when all names are the maker's own.
constexpr auto verbs = std::to_array<verb>({
    {"get", action::read},
    {"read", action::read},
    {"query", action::read},
    {"list", action::read},
    {"browse", action::read},
    {"find", action::read},
    {"is", action::read},
    {"has", action::read},
    {"system.listmethods", action::identify},
    {"probe", action::identify},
    {"subscribe", action::subscribe},
    {"unsubscribe", action::subscribe},
    {"login", action::authenticate},
    {"logon", action::authenticate},
    {"authenticate", action::authenticate},
    {"api.login", action::authenticate},
    {"plcprogram.read", action::read},
    {"plcprogram.browse", action::read},
    {"plc.readoperatingmode", action::read},
    {"plc.requestchangeoperatingmode", action::mode_change},
    {"reboot", action::restart},
    {"restart", action::restart},
    {"set", action::write},
    {"write", action::write},
    {"put", action::write},
    {"plcprogram.write", action::write},
    {"upload", action::file_write},
    {"download", action::file_read},
    {"delete", action::file_delete},
    {"api.browse", action::identify},
    {"api.version", action::identify},
    {"api.ping", action::session},
    {"ping", action::session},
    {"notify", action::report},
});
action meaning(std::string_view name) {
  const auto* const at =
      std::ranges::find_if(verbs, [&](const verb& v) { return same_letters(name.substr(0, v.begins.size()), v.begins); });
  return at == verbs.end() ? action::control : at->action;
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == ':' ||
         c == '/' || c == '$';
}
std::string name_at(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && n < 128 && in_name(text[n])) ++n;
  return std::string{text.substr(0, n)};
}

/// The text of member `key`, where it is a string; the first, at whatever depth.
std::string json_text(std::string_view text, std::string_view key) {
  const auto quoted = '"' + std::string{key} + '"';
  for (auto at = text.find(quoted); at != std::string_view::npos; at = text.find(quoted, at + 1)) {
    auto rest = text.substr(at + quoted.size());
    const auto colon = rest.find_first_not_of(" \t\r\n");
    if (colon == std::string_view::npos || rest[colon] != ':') continue;
    rest.remove_prefix(colon + 1);
    const auto quote = rest.find_first_not_of(" \t\r\n");
    if (quote == std::string_view::npos || rest[quote] != '"') continue;
    return name_at(rest.substr(quote + 1));
  }
  return {};
}

/// The name of the first element within SOAP's Body, without its prefix.
std::string soap_method(std::string_view text) {
  for (auto at = text.find("Body"); at != std::string_view::npos; at = text.find("Body", at + 1)) {
    if (at == 0 || (text[at - 1] != '<' && text[at - 1] != ':')) continue;
    const auto end = text.find('>', at);
    if (end == std::string_view::npos) return {};
    const auto open = text.find('<', end);
    if (open == std::string_view::npos) return {};
    auto name = name_at(text.substr(open + 1));
    name = name.substr(0, name.find('/'));
    return name.substr(name.rfind(':') + 1);
  }
  return {};
}

void put(operation& op, std::string_view name, value what) {
  if (std::ranges::find(op.fields, name, &field::first) == op.fields.end()) op.fields.emplace_back(name, std::move(what));
}

void read_form(std::string_view text, operation& op) {
  constexpr std::array<std::string_view, 8> passwords{"password",   "passwd", "pass",         "pwd",
                                                      "passphrase", "psw",    "userpassword", "j_password"};
  constexpr std::array<std::string_view, 9> users{"user", "username", "login", "usr", "userid", "account", "j_username", "name", "uname"};
  std::string user;
  bool given = false;
  for (unsigned n = 0; n < 32 && !text.empty(); ++n) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto name = pair.substr(0, pair.find('='));
    const auto is = [&](std::string_view s) { return same_letters(s, name); };
    given = given || std::ranges::any_of(passwords, is);
    if (user.empty() && name.size() < pair.size() && std::ranges::any_of(users, is))
      user = shown(decoded(pair.substr(name.size() + 1).substr(0, 256)), 128);
  }
  if (!given) return;
  op.action = action::authenticate;
  put(op, "form_login", true);
  put(op, "password_given", true);
  if (!user.empty()) put(op, "user", user);
}

}  // namespace

void body::begin(bool look) {
  sum_.clear();
  head_.clear();
  octets_ = 0;
  look_ = look;
  lost_ = false;
}

void body::add(bytes data) {
  octets_ += data.size();
  if (!lost_ && octets_ <= most_digested) sum_.add(data);
  if (!look_ || head_.size() >= longest_beginning) return;
  const auto n = std::min(data.size(), longest_beginning - head_.size());
  head_.append(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
}

std::string body::digest() { return octets_ == 0 || lost_ || octets_ > most_digested ? std::string{} : sum_.text(); }

bool speaks(std::string_view type) {
  return find_letters(type, "xml") != std::string_view::npos || find_letters(type, "json") != std::string_view::npos ||
         find_letters(type, "html") != std::string_view::npos || find_letters(type, "form") != std::string_view::npos;
}

void read_request(std::string_view type, std::string_view text, operation& op) {
  const auto of = [&](std::string_view word) { return find_letters(type, word) != std::string_view::npos; };
  std::string called;
  if (of("json")) {
    const bool rpc = text.find("\"jsonrpc\"") != std::string_view::npos || text.find("\"params\"") != std::string_view::npos;
    if (rpc) called = json_text(text, "method");
    if (!called.empty()) put(op, "rpc_method", called);
  } else if (of("xml")) {
    if (const auto at = text.find("<methodName>"); at != std::string_view::npos)
      called = name_at(text.substr(at + 12));
    else
      called = soap_method(text);
    if (!called.empty()) put(op, text.find("<methodName>") != std::string_view::npos ? "rpc_method" : "soap_method", called);
  } else if (of("multipart/form-data")) {
    const auto name = parameter(text, "filename");
    if (!name.empty()) {
      op.action = action::file_write;
      put(op, "file_name", name);
      if (auto kind = file_type(name); !kind.empty()) put(op, "file_type", std::move(kind));
    }
  } else if (of("urlencoded")) {
    read_form(text, op);
  }
  if (!called.empty() && op.function == "POST") op.action = meaning(called);
}

std::string rpc_error(std::string_view text) {
  const auto at = text.find("\"error\"");
  if (at == std::string_view::npos) return {};
  const auto code = text.find("\"code\"", at);
  const auto end = text.find('}', at);
  if (code == std::string_view::npos || code > end) return {};
  const auto digits = text.find_first_of("-0123456789", code + 6);
  if (digits == std::string_view::npos || digits > end) return {};
  return std::string{text.substr(digits, std::min<std::size_t>(text.find_first_not_of("-0123456789", digits) - digits, 12))};
}

std::string title_in(std::string_view text) {
  const auto at = find_letters(text, "<title");
  if (at == std::string_view::npos) return {};
  const auto begin = text.find('>', at);
  if (begin == std::string_view::npos) return {};
  const auto end = text.find('<', begin);
  if (end == std::string_view::npos) return {};
  const auto inner = text.substr(begin + 1, end - begin - 1);
  const auto first = inner.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return shown(inner.substr(first, inner.find_last_not_of(" \t\r\n") - first + 1), 128);
}

}  // namespace mw::http
