// What is said in SMTP (RFC 5321 with 1870, 2920, 3030, 3207, 4954): names, logins, who writes to whom and how much. Of a message's
// content only the octets are counted.
#include "sensor/dissect/smtp_session.hpp"

#include "sensor/dissect/http_text.hpp"

#include <array>
#include <charconv>

namespace mw::smtp {
namespace {

constexpr std::size_t most_waiting = 128, most_recipients = 32, most_lines = 40, longest_command = 2048, longest_text = 200;
constexpr std::chrono::minutes patience{10};  // RFC 5321 4.5.3.2.6
constexpr std::uint8_t stated = 70, hinted = 50;

constexpr auto commands = std::to_array<command>({
    {"EHLO", kind::hello, true},         {"HELO", kind::hello, true},  {"LHLO", kind::hello, true},     {"AUTH", kind::login, true},
    {"STARTTLS", kind::start_tls, true}, {"MAIL", kind::mail, true},   {"RCPT", kind::recipient, true}, {"DATA", kind::data, false},
    {"BDAT", kind::chunk, true},         {"VRFY", kind::verify, true}, {"EXPN", kind::verify, true},    {"RSET", kind::other, false},
    {"NOOP", kind::other, false},        {"HELP", kind::other, false}, {"QUIT", kind::other, false},    {"ETRN", kind::other, false},
    {"TURN", kind::other, false},        {"ATRN", kind::other, false}, {"XCLIENT", kind::other, false}, {"XFORWARD", kind::other, false},
    {"SEND", kind::mail, false},         {"SOML", kind::mail, false},  {"SAML", kind::mail, false},
});

/// "<a@b>" of "FROM:<a@b> SIZE=5" (source routes of RFC 821 stay with it).
std::string address_in(std::string_view argument) {
  const auto open = argument.find('<');
  if (open == std::string_view::npos) {
    const auto colon = argument.find(':');
    auto rest = trimmed(argument.substr(colon == std::string_view::npos ? 0 : colon + 1));
    return shown(take_word(rest), 256);
  }
  const auto rest = argument.substr(open + 1);
  return shown(rest.substr(0, rest.find('>')), 256);
}
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  return bad != std::errc{} || stop == text.data() ? std::nullopt : std::optional{n};
}
bool is_name(std::string_view word) {
  return !word.empty() && word[0] != '[' && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  }) && !ip::parse(word);
}
/// The program in a greeting, without the time and the compliments behind it.
std::string_view program_in(std::string_view text) {
  constexpr std::array<std::string_view, 12> ends{" ready", ";",     " #",    " mon,", " tue,",    " wed,",
                                                  " thu,",  " fri,", " sat,", " sun,", " at your", " - "};
  for (const auto e : ends) text = text.substr(0, find_letters(text, e));
  for (const std::string_view word : {"ESMTP", "SMTP"})
    if (same_letters(text.substr(0, word.size()), word)) text.remove_prefix(word.size());
  return trimmed(text);
}

}  // namespace

const command* find_command(std::string_view word) {
  const auto* const at = std::ranges::find_if(commands, [&](const command& c) { return same_letters(c.name, word); });
  return at == commands.end() ? nullptr : at;
}

std::optional<reply_start> read_reply(std::string_view line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !digit(line[1]) || !digit(line[2])) return {};
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return {};
  return reply_start{static_cast<unsigned>(*number(line.substr(0, 3))), line.size() > 3 && line[3] == '-'};
}

verdict conversation::on_message(const message& m, output& out) {
  auto rest = m.data;
  while (!rest.empty() && at_ != where::secured) {
    if (m.from == side::server) {
      if (replies_.next(rest)) on_reply_line(replies_.line(), m, out);
    } else if (at_ == where::content) {
      on_content(rest, m, out);
    } else if (at_ == where::chunk) {
      on_chunk(rest, m);
    } else if (commands_.next(rest)) {
      on_command(commands_.line(), m, out);
    }
  }
  return verdict::taken;
}

void conversation::on_gap(side from) {
  lost_ = true;
  if (from == side::server) {
    replies_.clear();
    open_reply_ = false;
    // an answer to DATA may be among what is missing: what the client says is content until the server speaks again
    if (!waiting_.empty() && waiting_.back().kind == kind::data) {
      waiting_.back().kind = kind::content;
      at_ = where::content;
      client_lost_ = smuggled_ = false;
      window_ = 0x0d0a;
    }
    return;
  }
  commands_.clear();
  client_lost_ = at_ != where::commands;  // where the content ends is told by the server's next reply only
}
void conversation::on_time(timestamp now, output& out) {
  while (!waiting_.empty() && now - waiting_.front().at > patience) give_up(out);
}
void conversation::on_end(timestamp, output& out) {
  while (!waiting_.empty()) give_up(out);
  mail_ends(outcome::none, out);
}

void conversation::wait_for(waiting&& w, output& out) {
  if (waiting_.size() >= most_waiting) {
    out.count("smtp", "forgotten", "command");
    give_up(out);
  }
  waiting_.push_back(std::move(w));
}
void conversation::give_up(output& out) {
  auto w = std::move(waiting_.front());
  waiting_.pop_front();
  if (w.kind == kind::content || w.kind == kind::mail) mail_ends(outcome::timeout, out);
  if (!w.op) return;
  w.op->outcome = outcome::timeout;
  out.emit(std::move(*w.op));
}

// ---- the client

void conversation::on_command(std::string_view line, const message& m, output& out) {
  if (responds_) return on_response(line);
  auto argument = line;
  const auto word = take_word(argument);
  const auto* c = find_command(word);
  if (c == nullptr) {
    if (lost_) return;  // the rest of something
    out.count("smtp", "command", "unknown");
    const bool letters =
        !word.empty() && std::ranges::all_of(word, [](char x) { return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z'); });
    if (!letters) out.violate(m.from, "command_syntax", "a line begins with no command");
    return wait_for({.kind = kind::other, .at = m.time, .op = {}, .text = {}}, out);
  }
  out.count("smtp", "command", c->name);
  if (line.size() > longest_command && c->kind != kind::login)
    out.violate(m.from, "command_length", "a command is longer than any that has a use");
  if (std::ranges::any_of(waiting_, [](const waiting& w) { return w.kind == kind::start_tls; }))
    out.violate(m.from, "starttls_injection", "a command follows STARTTLS before its answer");
  if (lost_) {
    while (!waiting_.empty()) give_up(out);
    lost_ = false;
  }
  waiting w{.kind = c->kind, .at = m.time, .op = {}, .text = {}};
  operation op;
  op.time = m.time;
  op.function = c->name;
  op.action = action::session;
  switch (c->kind) {
    case kind::hello: {
      op.function_name = "hello";
      const auto name = take_word(argument);
      op.objects.push_back({"host", shown(name, 255)});
      out.describe("helo", op.objects[0].address);
      if (is_name(name)) out.learn(side::client, {}, "host_name", op.objects[0].address, hinted);
      w.op = std::move(op);
      break;
    }
    case kind::login: return on_login(argument, std::move(op), m, out);
    case kind::start_tls:
      op.function_name = "start_tls";
      w.op = std::move(op);
      break;
    case kind::verify:
      op.function_name = c->name == "VRFY" ? "verify" : "expand";
      op.action = action::identify;
      op.objects.push_back({"user", address_in(argument)});
      w.op = std::move(op);
      break;
    case kind::mail:
      mail_ends(outcome::none, out);
      op.function_name = "mail";
      op.action = action::report;
      op.objects.push_back({"sender", address_in(argument)});
      if (const auto at = find_letters(argument, " size="); at != std::string_view::npos)
        if (const auto n = number(argument.substr(at + 6))) op.fields.emplace_back("declared_bytes", *n);
      if (!user_.empty()) op.fields.emplace_back("user", user_);
      mail_ = std::move(op);
      octets_ = recipients_ = refused_ = 0;
      break;
    case kind::recipient:
      if (!mail_ && begun_) out.violate(m.from, "command_order", "a recipient without a sender");
      w.text = address_in(argument);
      break;
    case kind::chunk: {
      const auto size = number(take_word(argument));
      if (!size) out.violate(m.from, "chunk", "a chunk without its size");
      left_ = size.value_or(0);
      w.last = same_letters(trimmed(argument), "LAST");
      chunk_last_ = w.last;
      if (left_ != 0) at_ = where::chunk;
      break;
    }
    case kind::data:
      if (!mail_ && begun_) out.violate(m.from, "command_order", "content without a sender");
      break;
    default:
      if (c->name == "RSET" || c->name == "QUIT")
        if (mail_ && waiting_.empty()) mail_ends(refused_ != 0 && recipients_ == 0 ? outcome::refused : outcome::none, out);
      break;
  }
  wait_for(std::move(w), out);
}

void conversation::on_login(std::string_view argument, operation&& op, const message& m, output& out) {
  mechanism_ = shown(take_word(argument), 32);
  for (auto& c : mechanism_) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  user_.clear();
  op.function_name = "login";
  op.action = action::authenticate;
  op.fields.emplace_back("mechanism", mechanism_);
  wait_for({.kind = kind::login, .at = m.time, .op = std::move(op), .text = {}}, out);
  if (!argument.empty() && argument != "=") on_response(argument);
}

/// A word of the client within a login. Only a name is kept of it.
void conversation::on_response(std::string_view line) {
  responds_ = false;
  if (user_.empty() && line != "*") user_ = user_in(mechanism_, line);
}

/// Up to CR LF "." CR LF. A lone LF around the dot is where servers disagree, which hides one message in another.
void conversation::on_content(bytes& rest, const message& m, output& out) {
  if (client_lost_) {
    octets_ += rest.size();
    rest = {};
    return;
  }
  for (std::size_t i = 0; i < rest.size(); ++i) {
    window_ = window_ << 8 | rest[i];
    if (rest[i] != '\n') continue;
    const auto last = [&](unsigned n) { return window_ & ((1ull << 8 * n) - 1); };
    if (last(5) == 0x0d0a2e0d0a) {
      octets_ += i + 1;
      octets_ -= std::min<std::uint64_t>(octets_, 3);  // the dot's line
      rest = rest.subspan(i + 1);
      at_ = where::commands;
      content_end_ = m.time;
      return;
    }
    if ((last(3) == 0x0a2e0a || last(4) == 0x0a2e0d0a) && !smuggled_) {
      smuggled_ = true;
      out.violate(m.from, "smuggling", "a dot stands between line ends that are not all CR LF");
    }
  }
  octets_ += rest.size();
  rest = {};
}

void conversation::on_chunk(bytes& rest, const message& m) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
  rest = client_lost_ ? bytes{} : rest.subspan(n);
  left_ -= n;
  octets_ += n;
  if (left_ != 0 || client_lost_) return;
  at_ = where::commands;
  content_end_ = m.time;
}

// ---- the server

void conversation::on_reply_line(std::string_view line, const message& m, output& out) {
  const auto start = read_reply(line);
  if (!start) return lost_ ? void() : out.violate(m.from, "reply_syntax", "a line begins with no reply code");
  if (!open_reply_) reply_.clear();
  code_ = start->code;
  open_reply_ = start->more;
  if (reply_.size() < most_lines) reply_.push_back(shown(line.size() > 4 ? line.substr(4) : "", longest_text));
  if (!open_reply_) on_reply(m, out);
}

void conversation::on_reply(const message& m, output& out) {
  out.count("smtp", "reply", code_);
  const bool refused = code_ >= 400;
  if (waiting_.empty()) {
    if (!begun_ && (code_ == 220 || code_ == 554)) on_banner(m, out);
    if (code_ == 421 || code_ == 554) out.describe("closed", reply_[0]);
    return;
  }
  begun_ = true;
  if (waiting_.front().kind == kind::login && code_ == 334) {
    responds_ = true;
    return;
  }
  if (waiting_.front().kind == kind::content && code_ == 354) return;  // was thought to be lost
  auto w = std::move(waiting_.front());
  waiting_.pop_front();
  responds_ = responds_ && w.kind != kind::login;
  const auto refuse = [&] {
    if (!mail_) return;
    mail_->code = std::to_string(code_);
    mail_ends(outcome::refused, out, m.time, w.at);
  };
  if (w.op) {
    w.op->latency = m.time - w.at;
    w.op->outcome = refused ? outcome::refused : outcome::ok;
    if (refused) w.op->code = std::to_string(code_);
    w.op->fields.emplace_back("reply", std::int64_t{code_});
  }
  switch (w.kind) {
    case kind::hello: return hello_answered(std::move(*w.op), m, out);
    case kind::login: return login_answered(std::move(*w.op), m, out);
    case kind::start_tls:
      out.emit(std::move(*w.op));
      if (refused) return;
      at_ = where::secured;
      out.describe("starttls", "yes");
      return out.become("tls");
    case kind::mail:
      if (refused) refuse();
      return;
    case kind::recipient:
      if (!mail_) return;
      ++(refused ? refused_ : recipients_);
      if (refused) mail_->code = std::to_string(code_);
      if (mail_->objects.size() <= most_recipients) mail_->objects.push_back({refused ? "refused_recipient" : "recipient", w.text});
      return;
    case kind::data:
      if (code_ != 354) return refuse();
      at_ = where::content;
      client_lost_ = smuggled_ = false;
      window_ = 0x0d0a;
      waiting_.push_front({.kind = kind::content, .at = m.time, .op = {}, .text = {}});
      return;
    case kind::content:
      if (at_ == where::content) at_ = where::commands, content_end_ = m.time;
      [[fallthrough]];
    case kind::chunk:
      if (client_lost_) at_ = where::commands;
      if (refused)
        refuse();
      else if (w.kind == kind::content || w.last)
        mail_ends(outcome::ok, out, m.time, content_end_);
      client_lost_ = false;
      return;
    default:
      if (w.op) out.emit(std::move(*w.op));
  }
}

void conversation::on_banner(const message& m, output& out) {
  begun_ = true;
  std::string_view text{reply_[0]};
  out.describe("banner", text);
  const auto name = take_word(text);
  if (is_name(name)) out.learn(m.from, {}, "host_name", name, stated);
  if (const auto program = program_in(text); !program.empty()) out.learn(m.from, {}, "software", program, stated);
}

void conversation::hello_answered(operation&& op, const message&, output& out) {
  std::string all;
  for (std::size_t i = 1; i < reply_.size() && all.size() < 512; ++i) (all += all.empty() ? "" : ",") += reply_[i];
  if (!all.empty()) op.fields.emplace_back("extensions", std::move(all));
  out.emit(std::move(op));
}

void conversation::login_answered(operation&& op, const message&, output& out) {
  if (!user_.empty()) {
    op.objects.push_back({"user", user_});
    out.describe("user", user_);
    if (op.outcome == outcome::ok) out.learn(side::client, {}, "user", user_, hinted);
  }
  out.describe("login", op.outcome == outcome::ok ? "ok" : "refused");
  if (op.outcome != outcome::ok) user_.clear();
  out.emit(std::move(op));
}

void conversation::mail_ends(outcome how, output& out, std::optional<timestamp> at, timestamp asked) {
  if (!mail_) return;
  auto op = std::move(*mail_);
  mail_.reset();
  if (how == outcome::none && refused_ != 0 && recipients_ == 0) how = outcome::refused;
  if (how != outcome::refused) op.code.reset();
  op.outcome = how;
  if (at && asked != timestamp{} && *at >= asked) op.latency = *at - asked;
  op.fields.emplace_back("recipients", recipients_);
  if (refused_ != 0) op.fields.emplace_back("refused_recipients", refused_);
  if (octets_ != 0) op.fields.emplace_back("bytes", octets_);
  if (client_lost_) op.fields.emplace_back("incomplete", true);
  out.emit(std::move(op));
}

}  // namespace mw::smtp
