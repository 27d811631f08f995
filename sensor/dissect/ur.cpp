// The dashboard server of Universal Robots controllers (TCP 29999; manual "Dashboard Server e-Series"): lines of text that load, start and
// stop programs, switch the arm on and off, and ask for its state. Each line is answered by one.
#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{29999};
constexpr std::size_t longest_line = 1024, longest_text = 256, most_told = 16;
constexpr std::uint8_t stated = 85;
constexpr std::string_view greeting = "Connected: Universal Robots Dashboard Server";

struct command {
  std::string_view words;
  action what = action::diagnose;
  std::string_view space = {};  ///< of the argument
  std::string_view fact = {};   ///< the kind of fact that the answer is
};
/// The longer ones first, so that "load installation" is not a program's name.
constexpr auto commands = std::to_array<command>({
    {"load installation", action::configure, "installation"},
    {"load", action::control, "program"},
    {"play", action::start},
    {"stop", action::stop},
    {"pause", action::stop},
    {"quit", action::session},
    {"shutdown", action::stop},
    {"running", action::diagnose},
    {"robotmode", action::diagnose},
    {"get loaded program", action::read},
    {"popup", action::control, "text"},
    {"close popup", action::control},
    {"close safety popup", action::control},
    {"addtolog", action::control, "text"},
    {"isprogramsaved", action::diagnose},
    {"programstate", action::diagnose},
    {"polyscopeversion", action::identify, {}, "software"},
    {"version", action::identify, {}, "firmware"},
    {"setuserrole", action::authenticate, "role"},
    {"getuserrole", action::identify},
    {"power on", action::control},
    {"power off", action::stop},
    {"brake release", action::control},
    {"unlock protective stop", action::control},
    {"safetymode", action::diagnose},
    {"safetystatus", action::diagnose},
    {"restart safety", action::restart},
    {"is in remote control", action::diagnose},
    {"get serial number", action::identify, {}, "serial"},
    {"get robot model", action::identify, {}, "model"},
    {"get operational mode", action::diagnose},
    {"set operational mode", action::mode_change, "mode"},
    {"clear operational mode", action::mode_change},
    {"generate flight report", action::diagnose, "report"},
    {"generate support file", action::file_write, "file"},
});
/// What a refusal begins with, in any of the versions.
constexpr std::array<std::string_view, 8> refusals{"Failed",          "File not found", "Error",      "Could not",
                                                   "could not under", "Cannot",         "No program", "Command is not allowed"};

struct said {
  const command* what = nullptr;
  std::string_view argument;
};
said understand(std::string_view line) {
  for (const auto& c : commands) {
    if (line.size() < c.words.size() || !same_letters(line.substr(0, c.words.size()), c.words)) continue;
    if (line.size() == c.words.size()) return {&c, {}};
    if (line[c.words.size()] == ' ' && !c.space.empty()) return {&c, trimmed(line.substr(c.words.size()))};
  }
  return {};
}
std::string name_of(const command& c) {
  std::string name{c.words};
  std::ranges::replace(name, ' ', '_');
  return name;
}

result<std::size_t> frame(bytes head) { return head.size(); }

match probe(bytes head, transport t) {
  if (t != transport::tcp || head.empty()) return t == transport::tcp ? match::unsure : match::no;
  const std::string text(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(head.size(), 256)));
  if (text.starts_with(greeting)) return match::certain;
  if (greeting.starts_with(text)) return match::unsure;
  const auto end = text.find('\n');
  if (end == std::string::npos) return text.size() < 64 ? match::unsure : match::no;
  auto line = std::string_view{text}.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return understand(trimmed(line)).what != nullptr ? match::yes : match::no;
}

class ur_dashboard_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto data = m.data;
    auto& lines = m.from == side::client ? asked_ : answered_;
    while (lines.next(data)) {
      if (lines.cut()) out.violate(m.from, "length", "a line of more than a thousand octets");
      const auto line = trimmed(lines.line());
      if (line.empty()) continue;
      if (m.from == side::client)
        on_command(line, m, out);
      else
        on_answer(line, m, out);
    }
    return verdict::taken;
  }
  void on_gap(side from) override {
    (from == side::client ? asked_ : answered_).clear();
    whole_ = false;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  void on_command(std::string_view line, const message& m, output& out) {
    const auto u = understand(line);
    operation op;
    op.time = m.time;
    if (u.what == nullptr) {
      out.count("ur_dashboard", "command", "unknown");
      out.violate(m.from, "command", "a command that is not known");
      op.function = printable_text(line.substr(0, std::min<std::size_t>(line.find(' '), 32)));
      op.function_name = "unknown";
      op.action = action::diagnose;
    } else {
      out.count("ur_dashboard", "command", u.what->words);
      op.function = u.what->words;
      op.function_name = name_of(*u.what);
      op.action = u.what->what;
      if (!u.argument.empty())
        op.objects.push_back({.space = std::string{u.what->space}, .address = printable_text(u.argument), .property = {}, .index = {}});
    }
    waiting_.add(0, std::move(op), out, m.from, u.what);
  }

  void on_answer(std::string_view line, const message& m, output& out) {
    if (line.starts_with(greeting)) {
      say(m, "vendor", "Universal Robots", out), say(m, "role", "robot_controller", out);
      return;
    }
    auto r = waiting_.take(0);
    if (!r) {
      if (whole_) out.violate(m.from, "unpaired_response", "an answer whose command was not seen");
      return;
    }
    const auto text = printable_text(line);
    r->op.values.emplace_back(text);
    const bool refused = std::ranges::any_of(refusals, [&](auto word) { return line.starts_with(word); });
    if (!refused && r->extra != nullptr) tell(*r->extra, text, m, out);
    answer(*r, m.time, refused ? outcome::refused : outcome::ok, out);
  }
  void tell(const command& c, std::string_view text, const message& m, output& out) {
    if (!c.fact.empty()) return say(m, c.fact, text, out);
    constexpr std::string_view mode = "Robotmode: ";
    if (c.words == "robotmode" && text.starts_with(mode)) say(m, "mode", text.substr(mode.size()), out);
    if (c.words == "programstate") say(m, "run_state", text.substr(0, text.find(' ')), out);
    if (c.words == "running") say(m, "run_state", text.ends_with("true") || text.ends_with("True") ? "PLAYING" : "STOPPED", out);
  }

  static std::string printable_text(std::string_view s) {
    const std::vector<std::uint8_t> octets(s.begin(), s.end());
    return printable(octets, longest_text);
  }
  void say(const message& m, std::string_view kind, std::string_view value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, "ur_dashboard", out)) out.learn(m.from, {}, kind, value, stated);
  }

  line_reader<longest_line> asked_, answered_;
  pending_requests<int, const command*, 64> waiting_;  ///< answered in their order
  told_facts<most_told> told_;
  bool whole_ = true;  ///< nothing was missed
};

const protocol ur_dashboard{{
    .name = "ur_dashboard",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ur_dashboard_session>(); },
}};

}  // namespace
}  // namespace mw
