// What is said on a control connection of FTP: commands and their replies in order (RFC 959 5.4), the login, the directory, the ports.
// A password is never looked at; what stands behind USER is a name.
#include "sensor/dissect/ftp_session.hpp"

#include "sensor/dissect/http_text.hpp"

#include <charconv>

namespace mw::ftp {
namespace {

constexpr std::size_t longest_command = 1024, most_lines = 40, longest_text = 160;
constexpr std::chrono::minutes patience{2};
constexpr std::chrono::hours transfer_patience{12};
constexpr std::uint8_t stated = 70, hinted = 50;

std::string upper(std::string_view word) {
  std::string out = shown(word, 16);
  for (auto& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

/// "(12345 bytes)" of the reply that opens a transfer: what many servers say of the file.
std::optional<std::uint64_t> size_in(std::string_view text) {
  const auto end = find_letters(text, " bytes");
  const auto open = end == std::string_view::npos ? end : text.rfind('(', end);
  if (open == std::string_view::npos) return {};
  std::uint64_t n = 0;
  const auto [stop, bad] = std::from_chars(text.data() + open + 1, text.data() + end, n);
  if (bad != std::errc{} || stop != text.data() + end) return {};
  return n;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<reply_start> read_reply(std::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '6' || !is_digit(line[1]) || !is_digit(line[2])) return {};
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return {};
  unsigned code = 0;
  std::from_chars(line.data(), line.data() + 3, code);
  return reply_start{code, line.size() > 3 && line[3] == '-'};
}

std::string_view without_telnet(std::string_view line) {
  const auto at = std::ranges::find_if(line, [](char c) { return static_cast<unsigned char>(c) < 0xf0; });
  return line.substr(static_cast<std::size_t>(at - line.begin()));
}

verdict control::on_message(const message& m, output& out) {
  auto rest = m.data;
  auto& lines = m.from == side::client ? commands_ : replies_;
  while (!secured_ && lines.next(rest)) m.from == side::client ? on_command(lines.line(), m, out) : on_reply_line(lines.line(), m, out);
  return verdict::taken;
}

void control::on_gap(side from) {
  (from == side::client ? commands_ : replies_).clear();
  if (from == side::server) open_reply_ = false;
  lost_ = true;  // from here on a reply may belong to a command that was not seen
}
void control::on_time(timestamp now, output& out) { pending_.expire(now, out, transferring_ ? nanoseconds{transfer_patience} : patience); }
void control::on_end(timestamp, output& out) {
  pending_.finish(out);
  leave_login(out);
}

// ---- commands

void control::on_command(std::string_view line, const message& m, output& out) {
  if (line.size() > longest_command) out.violate(m.from, "command_length", "a command is longer than any that has a use");
  line = without_telnet(line);
  auto argument = line;
  const auto word = take_word(argument);
  const bool letters = !word.empty() && word.size() <= 12 &&
                       std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c); });
  if (!letters) return out.violate(m.from, "command_syntax", "a line begins with no command");
  if (lost_) {
    pending_.finish(out);  // commands or replies are missing: who waits from before is not answered by what comes now
    transferring_ = false;
  }
  operation op;
  op.time = m.time;
  asked a{.what = find_command(word), .path = {}, .at = m.time};
  if (a.what == nullptr) {
    out.count("ftp", "command", "unknown");
    op.action = action::diagnose;
    op.function = op.function_name = "unknown";  // the word itself may be the rest of a password whose beginning was lost
    return pending_.add(0, std::move(op), out, m.from, std::move(a));
  }
  out.count("ftp", "command", a.what->name);
  op.action = a.what->action;
  op.function = a.what->name;
  op.function_name = a.what->meaning;
  if (op.function_name == "login") return on_login(a.what->name, argument, std::move(op), m, out);
  name_object(op, a, argument);
  if (a.what->name == "RNTO" && rename_from_.empty() && !lost_)
    out.violate(m.from, "rename_order", "a new name is given without an old one");
  if (a.what->name == "PORT" || a.what->name == "EPRT") {
    const auto at = a.what->name == "PORT" ? read_port(argument) : read_eprt(argument);
    if (!at)
      out.violate(m.from, "data_port", "the address of a data connection cannot be read");
    else
      announce(*at, m, out);
    if (at) op.objects.push_back({"endpoint", to_string(*at)});
  }
  pending_.add(0, std::move(op), out, m.from, std::move(a));
}

void control::name_object(operation& op, asked& a, std::string_view argument) {
  const auto& c = *a.what;
  if (c.name == "SITE") return on_site(op, argument);
  if (c.name == "CDUP" || c.name == "XCUP") {
    a.path = join(directory_, "..");
    op.objects.push_back({"directory", shown(a.path, 512)});
  }
  if (c.takes == argument::text && !argument.empty()) op.fields.emplace_back("argument", shown(argument, 128));
  if (c.takes != argument::file && c.takes != argument::directory) return;
  const bool lists = c.takes == argument::directory && c.action == action::read;
  while (lists && argument.starts_with('-')) take_word(argument);  // what many clients hand to "ls"
  if (argument.empty() && c.name == "STOU") return;
  if (argument.empty() && c.name == "STAT") {
    op.action = action::identify;
    return;
  }
  a.path = join(directory_, argument);
  op.objects.push_back({c.takes == argument::file ? "file" : "directory", shown(a.path, 512)});
  if (c.takes != argument::file) return;
  if (auto type = file_type(a.path); !type.empty()) op.fields.emplace_back("file_type", std::move(type));
  if (c.name == "RNTO" && !rename_from_.empty()) op.fields.emplace_back("from", shown(rename_from_, 512));
}

/// What stands behind the word may be a password (PSWD), so that only paths are kept.
void control::on_site(operation& op, std::string_view argument) {
  const auto word = upper(take_word(argument));
  op.action = site_action(word);
  op.fields.emplace_back("site", word);
  if (word == "CHMOD" || word == "CHOWN" || word == "CHGRP" || word == "UTIME")
    op.fields.emplace_back("argument", shown(take_word(argument), 64));
  if (word == "EXEC" && !argument.empty()) op.objects.push_back({"program", shown(take_word(argument), 256)});
  const bool path = op.action == action::configure ? word != "UMASK" && word != "IDLE" && word != "PSWD"
                                                   : op.action == action::file_read || is_change(op.action);
  if (!path || argument.empty() || op.action == action::control || op.action == action::restart) return;
  op.objects.push_back({"file", shown(join(directory_, argument), 512)});
}

void control::on_login(std::string_view word, std::string_view argument, operation&& op, const message& m, output& out) {
  if (word == "USER") {
    leave_login(out);
    user_ = shown(argument, 128);
    op.objects.push_back({"user", user_});
    op.fields.emplace_back("anonymous", same_letters(argument, "anonymous") || same_letters(argument, "ftp"));
  } else if (login_) {
    op = std::move(*login_);
    login_.reset();
  }
  if (word == "PASS") op.fields.emplace_back("password_given", !argument.empty());
  if (word == "ACCT") op.fields.emplace_back("account_given", true);
  pending_.add(0, std::move(op), out, m.from, {.what = find_command(word), .path = {}, .at = m.time});
}
void control::leave_login(output& out) {
  if (!login_) return;
  login_->outcome = outcome::none;
  out.emit(std::move(*login_));
  login_.reset();
}

/// A data connection to the client. To anybody else it is the bounce attack (RFC 2577 3).
void control::announce(const endpoint& at, const message& m, output& out) {
  if (at.address != m.source.address) return out.violate(m.from, "bounce", "the data connection shall go to a third address");
  if (at.port.number < 1024) return out.violate(m.from, "privileged_port", "the data connection shall go to a port of a service");
  out.expect(at, side::client, transport::tcp, "ftp_data");
}

// ---- replies

void control::on_reply_line(std::string_view line, const message& m, output& out) {
  const auto start = read_reply(line);
  if (open_reply_) {
    const bool last = start && !start->more && start->code == reply_.code;
    if (reply_.lines.size() < most_lines) reply_.lines.push_back(shown(last && line.size() > 4 ? line.substr(4) : line, longest_text));
    if (last) open_reply_ = false, on_reply(m, out);
    return;
  }
  if (!start) return lost_ ? void() : out.violate(m.from, "reply_syntax", "a line begins with no reply code");
  reply_ = {start->code, {shown(line.size() > 4 ? line.substr(4) : "", longest_text)}};
  open_reply_ = start->more;
  if (!open_reply_) on_reply(m, out);
}

void control::on_reply(const message& m, output& out) {
  out.count("ftp", "reply", reply_.code);
  if (reply_.code < 200) return on_preliminary(m);
  auto r = pending_.take(0);
  if (!r && reply_.code == 220) return on_banner(m, out);
  begun_ = begun_ || r.has_value();
  if (!r && reply_.code == 421) return out.describe("closed", reply_.lines[0]);  // the server may say so at any time
  if (!r) {
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = std::to_string(reply_.code);
    op.function_name = "reply";
    op.outcome = outcome::unpaired;
    if (reply_.code == 230 || reply_.code == 530) op.action = action::authenticate;
    if (reply_.code == 230) logged_in_ = true;
    return out.emit(std::move(op), other(m.from));
  }
  transferring_ = false;
  lost_ = false;
  if (r->op.function_name == "login") return login_answered(std::move(*r), m, out);
  const bool refused = reply_.code >= 400;
  if (!refused) completed(*r, m, out);
  auto& op = r->op;
  op.fields.emplace_back("reply", std::int64_t{reply_.code});
  if (refused) op.code = std::to_string(reply_.code);
  op.outcome = refused ? outcome::refused : outcome::ok;
  if (!op.latency) op.latency = m.time - op.time;
  const bool tls = !refused && r->extra.what != nullptr && r->extra.what->name == "AUTH" && reply_.code == 234;
  out.emit(std::move(op), r->asker);
  if (!tls) return;
  secured_ = true;
  out.describe("starttls", "yes");
  out.become("tls");
}

/// 1xx: the transfer begins, and takes its time.
void control::on_preliminary(const message& m) {
  auto* r = pending_.find(0);
  if (r == nullptr) return;  // 120 before the banner
  if (!r->extra.begun) r->op.latency = m.time - r->op.time;
  r->extra.begun = transferring_ = true;
  if (const auto size = size_in(reply_.lines[0])) r->op.fields.emplace_back("announced_bytes", *size);
}

void control::on_banner(const message& m, output& out) {
  if (begun_) return;
  begun_ = true;
  logged_in_ = false;
  const auto named = std::ranges::find_if(reply_.lines, [](const std::string& l) { return find_letters(l, "ftp") != std::string::npos; });
  std::string_view text = named != reply_.lines.end() ? *named : reply_.lines[0];
  if (text.empty()) return;
  out.describe("banner", text);
  // "name FTP server (Version 6.4) ready." is how the oldest of them says it, and "(program 1.0)"
  const auto server = find_letters(text, " ftp server (");
  const auto open = text.find('('), close = text.rfind(')');
  if (server != std::string_view::npos && server != 0 && text.substr(0, server).find(' ') == std::string_view::npos)
    tell(m, "host_name", text.substr(0, server), stated, out);
  if (find_letters(text, "vxworks") != std::string_view::npos) tell(m, "os", "VxWorks", stated, out);
  if (open != std::string_view::npos && close != std::string_view::npos && close > open + 1 &&
      (open == 0 || server != std::string_view::npos))
    text = server != std::string_view::npos && open > server ? text.substr(server + 1, close - server)
                                                             : text.substr(open + 1, close - open - 1);
  tell(m, "software", text, stated, out);
}

void control::login_answered(request&& r, const message& m, output& out) {
  auto& op = r.op;
  if (reply_.code >= 300 && reply_.code < 400) {
    leave_login(out);
    login_ = std::move(op);
    return;
  }
  const bool refused = reply_.code >= 400;
  op.fields.emplace_back("reply", std::int64_t{reply_.code});
  op.outcome = refused ? outcome::refused : outcome::ok;
  if (refused) op.code = std::to_string(reply_.code);
  op.latency = m.time - r.extra.at;
  if (!refused) {
    logged_in_ = true;
    directory_.clear();
    if (!user_.empty()) tell(m, "user", user_, hinted, out);
  }
  if (!user_.empty()) out.describe("user", user_);
  out.describe("login", refused ? "refused" : "ok");
  out.emit(std::move(op), r.asker);
}

/// What an accepted command changes here, and what its reply tells.
void control::completed(request& r, const message& m, output& out) {
  if (r.extra.what == nullptr) return;
  const auto& c = *r.extra.what;
  const auto& text = reply_.lines[0];
  auto& fields = r.op.fields;
  const bool files = c.action == action::file_read || c.action == action::file_write || c.action == action::file_delete;
  if (files && begun_ && !logged_in_ && !lost_) out.violate(m.from, "not_logged_in", "files are served to who has not logged in");
  if (c.meaning == "change_directory" || c.meaning == "change_to_parent_directory") directory_ = r.extra.path;
  if (c.meaning == "print_working_directory")
    if (auto path = quoted(text); !path.empty()) {
      directory_ = join("", path);
      r.op.objects.push_back({"directory", shown(directory_, 512)});
    }
  if (c.name == "RNFR") rename_from_ = r.extra.path;
  if (c.name == "RNTO") rename_from_.clear();
  if (c.name == "REIN") logged_in_ = false, directory_.clear(), user_.clear();
  if (c.name == "CLNT" && !fields.empty()) {
    const auto program = to_string(fields[0].second);
    if (told_.fresh({}, {}, "software", program, m.time, "ftp", out, true)) out.learn(r.asker, {}, "software", program, stated);
  }
  if (c.name == "SYST" && !text.empty()) {
    fields.emplace_back("system", text);
    tell(m, "os", text, hinted, out);
  }
  if (c.name == "FEAT") {
    std::string all;
    for (std::size_t i = 1; i + 1 < reply_.lines.size(); ++i) (all += all.empty() ? "" : ",") += trimmed(reply_.lines[i]);
    fields.emplace_back("features", std::move(all));
  }
  if (c.name == "SIZE") {
    std::uint64_t n = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), n).ec == std::errc{}) r.op.values.emplace_back(n);
  }
  if (c.name == "MDTM") r.op.values.emplace_back(text.substr(0, 24));
  std::optional<port> at;
  if (c.name == "EPSV") at = read_epsv(text);
  if (c.name == "PASV")
    if (const auto told = read_port(text)) {
      at = told->port;
      if (told->address != m.source.address) fields.emplace_back("told_address", to_string(told->address));  // translation, or a lure
    }
  if (!at) return;
  const endpoint place{.address = m.source.address, .port = *at};
  r.op.objects.push_back({"endpoint", to_string(place)});
  if (at->number >= 1024) out.expect(place, side::server, transport::tcp, "ftp_data");
}

void control::tell(const message& m, std::string_view kind, std::string_view value, std::uint8_t confidence, output& out) {
  const auto who = kind == "user" ? other(m.from) : m.from;
  if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, "ftp", out)) out.learn(who, {}, kind, value, confidence);
}

}  // namespace mw::ftp
