// Prompts and messages of login programs: util-linux, BusyBox, VxWorks, Cisco IOS, Huawei VRP, the Telnet server of Windows and others.
#include "sensor/dissect/telnet_prompts.hpp"

#include "sensor/dissect/lines.hpp"

#include <algorithm>
#include <array>

namespace mw::terminal {
namespace {

/// All in lower case; other alphabets in both cases, since only US-ASCII is folded.
constexpr std::array<std::string_view, 34> names{
    "login",        "logon",          "username",     "user name",   "user",        "userid",      "user id",     "account", "login name",
    "benutzername", "benutzer",       "anmeldung",    "anmeldename", "identifiant", "utilisateur", "usuario",     "usuário", "utente",
    "nome utente",  "gebruikersnaam", "användarnamn", "brugernavn",  "użytkownik",  "uživatel",    "kullanıcı",   "用户名",  "用户",
    "登录",         "账号",           "ユーザー名",   "ログイン",    "логин",       "Логин",       "пользователь"};
constexpr std::array<std::string_view, 31> passwords{
    "password",   "passwd",     "passcode", "passphrase",    "passwort", "kennwort",   "mot de passe", "contraseña",
    "contrasena", "clave",      "senha",    "palavra-passe", "parola",   "wachtwoord", "lösenord",     "adgangskode",
    "passord",    "salasana",   "hasło",    "heslo",         "şifre",    "jelszó",     "密码",         "密碼",
    "口令",       "パスワード", "пароль",   "Пароль",        "비밀번호", "secret",     "pin"};
constexpr std::array<std::string_view, 33> refusals{
    "incorrect",    "invalid",     "failed",     "failure",  "denied",   "bad password", "bad secret",   "bad login", "wrong",
    "unknown user", "not allowed", "locked",     "too many", "rejected", "unauthorized", "no such user", "falsch",    "fehlgeschlagen",
    "ungültig",     "verweigert",  "incorrecto", "inválid",  "échoué",   "refusé",       "erreur",       "fallido",   "错误",
    "失败",         "非法",        "неверн",     "Неверн",   "отказ",    "エラー"};
constexpr std::array<std::string_view, 11> welcomes{
    "last login",       "last failed login", "failed login attempts since", "welcome to",     "logged in",
    "login successful", "login ok",          "last successful login",       "built-in shell", "microsoft telnet server.",
    "willkommen"};

struct mark {
  std::string_view text;  // lower case
  system is;
};
constexpr std::array<mark, 21> marks{{{"user access verification", {"Cisco", "IOS"}},
                                      {"cisco", {"Cisco", ""}},
                                      {"vxworks", {"Wind River", "VxWorks"}},
                                      {"microsoft telnet", {"Microsoft", "Windows"}},
                                      {"mikrotik", {"MikroTik", "RouterOS"}},
                                      {"huawei", {"Huawei", "VRP"}},
                                      {"h3c", {"H3C", "Comware"}},
                                      {"comware", {"H3C", "Comware"}},
                                      {"moxa", {"Moxa", ""}},
                                      {"scalance", {"Siemens", ""}},
                                      {"hirschmann", {"Hirschmann", ""}},
                                      {"openwrt", {"", "OpenWrt"}},
                                      {"ubuntu", {"", "Ubuntu"}},
                                      {"raspbian", {"", "Raspbian"}},
                                      {"debian", {"", "Debian"}},
                                      {"red hat", {"Red Hat", "Linux"}},
                                      {"centos", {"", "CentOS"}},
                                      {"freebsd", {"", "FreeBSD"}},
                                      {"sunos", {"", "SunOS"}},
                                      {"qnx", {"", "QNX"}},
                                      {"busybox", {"", "Linux"}}}};

std::string small(std::string_view s) {
  std::string out{s};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
template <class Table>
bool any_in(const Table& words, std::string_view line) {
  return std::ranges::any_of(words, [&](std::string_view w) { return line.find(w) != std::string_view::npos; });
}

}  // namespace

prompt prompt_of(std::string_view line) {
  auto text = small(trimmed(line));
  if (text.empty()) return prompt::none;
  constexpr std::string_view wide_colon = "：";
  const bool wide = text.ends_with(wide_colon);
  if (wide || text.back() == ':') {
    text.resize(text.size() - (wide ? wide_colon.size() : 1));
    while (!text.empty() && (text.back() == ' ' || text.back() == ')' || text.back() == '>')) text.pop_back();
    if (text.size() <= 96 && any_in(passwords, text)) return prompt::password;
    // a name prompt ends with its word: "plc7 login", "please enter your user name"
    if (text.size() <= 96 && std::ranges::any_of(names, [&](std::string_view w) { return text.ends_with(w); })) return prompt::name;
    return prompt::none;
  }
  const auto last = text.back();
  if (text.size() <= 96 && (last == '#' || last == '>' || last == '$' || last == '%')) return prompt::shell;
  return prompt::none;
}
bool says_refused(std::string_view line) { return any_in(refusals, small(line)); }
bool says_welcome(std::string_view line) { return any_in(welcomes, small(line)); }

system system_of(std::string_view greeting) {
  const auto text = small(greeting);
  const auto* const at = std::ranges::find_if(marks, [&](const mark& m) { return text.find(m.text) != std::string::npos; });
  return at == marks.end() ? system{} : at->is;
}

std::string host_of_prompt(std::string_view line) {
  line = trimmed(line);
  constexpr std::string_view login = " login:";
  std::string_view name;
  if (line.ends_with(login)) {
    name = line.substr(0, line.size() - login.size());
  } else if (const auto at = line.find('@'); at != std::string_view::npos && prompt_of(line) == prompt::shell) {
    name = line.substr(at + 1, line.find_first_of(": ~]#$>%", at + 1) - at - 1);
  }
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (name.empty() || name.size() > 64 || !std::ranges::all_of(name, good)) return {};
  return std::string{name};
}

}  // namespace mw::terminal
