// Logins on a terminal: a state machine over what the machine writes and what is typed.
#include "sensor/dissect/telnet_login.hpp"

#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"

#include <vector>

namespace mw::terminal {
namespace {

constexpr std::size_t longest_line = 256, longest_user = 64, longest_word = 32, longest_echo = 512;
constexpr std::uint32_t greeting_lines = 24, most_commands = 10'000;
constexpr std::uint8_t stated = 50, hinted = 40;
constexpr std::uint8_t backspace = 0x08, line_feed = 0x0a, carriage_return = 0x0d, escape = 0x1b, erase = 0x7f;

std::string safe(std::string_view text, std::size_t limit) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  return printable(octets, limit);
}
std::string_view first_word(std::string_view line) {
  line = trimmed(line);
  return line.substr(0, line.find_first_of(" \t;|&"));
}

}  // namespace

void watcher::typed(std::uint8_t octet, timestamp at, output& out) {
  if (std::exchange(after_return_, false) && (octet == line_feed || octet == 0)) return;
  if (line_.empty() && empty_line_) line_at_ = at;
  if (octet == carriage_return || octet == line_feed) {
    after_return_ = octet == carriage_return;
    escape_ = false;
    line_typed(at, out);
    line_.clear(), empty_line_ = true;
    return;
  }
  if (octet == escape) escape_ = true;
  if (escape_) {  // arrow keys and their like end with a letter or "~"
    if ((octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z' && octet != 'O') || octet == '~') escape_ = false;
    return;
  }
  empty_line_ = false;
  if (stage_ == stage::password) return;
  if (octet == backspace || octet == erase) {
    if (!line_.empty()) line_.pop_back();
  } else if (octet >= ' ' && line_.size() < longest_line) {
    line_.push_back(static_cast<char>(octet));
  }
}

void watcher::line_typed(timestamp at, output& out) {
  screen_.clear();  // the prompt has its answer; its line ends only now
  switch (stage_) {
    case stage::name:
      user_ = safe(trimmed(line_), longest_user);
      if (!user_.empty()) out.describe("user", user_);
      stage_ = stage::before;
      break;
    case stage::password: {
      operation op;
      op.time = at;
      op.action = action::authenticate;
      op.function = op.function_name = inside_ ? "privilege" : "login";
      if (!user_.empty()) op.fields.emplace_back("user", user_);
      op.fields.emplace_back("password_given", !empty_line_);
      op.fields.emplace_back("clear_text", true);
      login_ = std::move(op);
      silent_lines_ = 0;
      stage_ = stage::verdict;
      break;
    }
    case stage::verdict:
      // who goes on with commands and is not contradicted is in: menus and prompts that no table has
      if (!empty_line_ && ++silent_lines_ >= 3) decide(outcome::ok, at, out);
      break;
    case stage::before:
    case stage::in: {
      command(out);
      if (stage_ != stage::in || first_word(line_).empty()) break;
      operation op;
      op.time = line_at_;
      op.action = action::control;
      op.function = "command";
      op.function_name = first_word(line_).substr(0, longest_word);
      if (!user_.empty()) op.fields.emplace_back("user", user_);
      command_ = std::move(op);
      if (!echo_ && !std::exchange(at_shell_, false)) command_->function_name = "command";  // an answer to something, for all we know
      if (!echo_) command(out);
      break;
    }
  }
}

void watcher::shown(std::uint8_t octet, timestamp at, output& out) {
  if (octet == line_feed || octet == carriage_return) {
    if (!screen_.empty()) line_shown(screen_, at, out);
    screen_.clear();
    return;
  }
  if (octet == backspace && !screen_.empty()) screen_.pop_back();
  if (octet < ' ' || screen_.size() >= longest_line) return;
  screen_.push_back(static_cast<char>(octet));
  if (stage_ == stage::in && echoed_.size() < longest_echo) echoed_.push_back(static_cast<char>(octet));
}

void watcher::line_shown(std::string_view line, timestamp at, output& out) {
  if (prompt_of(line) == prompt::name || prompt_of(line) == prompt::password) screen(prompt_of(line), line, at, out);
  if (stage_ == stage::verdict && login_) {
    if (says_welcome(line))  // asked first: "last failed login" greets who is in
      decide(outcome::ok, at, out);
    else if (says_refused(line))
      decide(outcome::refused, at, out);
  }
  if (lines_ < greeting_lines) ++lines_, greeting(line, out);
}

void watcher::shown_all(timestamp at, output& out) {
  if (stage_ == stage::in && command_) command(out);
  if (!screen_.empty()) screen(prompt_of(screen_), screen_, at, out);
}

void watcher::screen(prompt p, std::string_view line, timestamp at, output& out) {
  if (p == prompt::none) return;
  if (host_.empty() && p != prompt::password)
    if (host_ = host_of_prompt(line); !host_.empty()) out.learn(side::server, {}, "host_name", host_, stated);
  if (p == prompt::shell) {
    if (login_) decide(outcome::ok, at, out);
    at_shell_ = true;
    if (stage_ == stage::before && !inside_) {
      if (fresh_) out.describe("no_authentication", "yes");
      stage_ = stage::in, inside_ = true;
    }
    if ((stage_ == stage::password && inside_) || stage_ == stage::in) stage_ = stage::in, echoed_.clear();
    return;
  }
  if (stage_ == stage::in && p == prompt::name) return;  // a command's own question
  if (login_) decide(outcome::refused, at, out);         // it asks again
  if (stage_ == stage::in) command(out);
  line_.clear();
  if (p == prompt::name) inside_ = false;
  stage_ = p == prompt::name ? stage::name : stage::password;
}

void watcher::decide(outcome how, timestamp at, output& out) {
  if (!login_) return;
  auto op = std::move(*login_);
  login_.reset();
  op.outcome = how;
  op.latency = at - op.time;
  out.count(protocol_, "login", how == outcome::ok ? std::string_view{"ok"} : std::string_view{"refused"});
  if (op.function == "login") out.describe("login", how == outcome::ok ? "ok" : "refused");
  if (how == outcome::ok) inside_ = true;
  stage_ = inside_ ? stage::in : stage::before;
  echoed_.clear();
  out.emit(std::move(op));
}

/// Tells the command that waits for its echo.
void watcher::command(output& out) {
  if (!command_) return;
  auto op = std::move(*command_);
  command_.reset();
  if (echo_ && echoed_.find(op.function_name) == std::string::npos) op.function_name = "command";
  echoed_.clear();
  op.function_name = safe(op.function_name, longest_word);
  op.fields.emplace_back("number", std::uint64_t{++commands_});
  out.describe("commands", std::to_string(commands_));
  if (commands_ > most_commands) return out.count(protocol_, "forgotten", "command");
  out.emit(std::move(op));
}

/// The first line that says something is what the machine calls itself; systems may be named in any of the first lines.
void watcher::greeting(std::string_view line, output& out) {
  line = trimmed(line);
  const auto letters = std::ranges::count_if(line, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (letters < 4 || prompt_of(line) != prompt::none || stage_ == stage::verdict) return;
  const auto is = system_of(line);
  const bool shell = line.find("BusyBox v") != std::string_view::npos;
  if ((!greeted_ && stage_ == stage::before && lines_ < greeting_lines / 2) || shell) {
    const auto text = safe(line, longest_line);
    if (!greeted_) out.describe("banner", text);
    greeted_ = true;
    out.learn(side::server, {}, "software", text, hinted);
  }
  if (stage_ == stage::in && !shell) return;  // what commands write says little about the machine
  if (!is.vendor.empty()) out.learn(side::server, {}, "vendor", is.vendor, hinted);
  if (!is.os.empty()) out.learn(side::server, {}, "os", is.os, hinted);
}

void watcher::lost(side from) {
  (from == side::client ? line_ : screen_).clear();
  fresh_ = at_shell_ = false;
  if (from == side::client && stage_ == stage::password) stage_ = stage::before;  // what comes may be the password's rest or a command
}

void watcher::end(output& out) {
  command(out);
  if (!login_) return;
  login_->outcome = outcome::timeout;
  out.emit(std::move(*login_));
  login_.reset();
}

}  // namespace mw::terminal
