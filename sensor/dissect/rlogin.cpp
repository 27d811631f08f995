// The remote terminals and commands of 4.2BSD: rlogin (RFC 1282), rsh and rexec (manual pages rshd(8), rexecd(8)). Who, as whom, which
// program, and whether it was let in. Passwords and the rest of a command line are not kept.
#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/telnet_login.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> login_ports{513}, shell_ports{514}, exec_ports{512};
constexpr std::size_t longest_head = 4096, longest_text = 64, heads = 4, longest_port = 5;
constexpr std::uint8_t granted = 0, window_mark = 0xff;
constexpr std::size_t window_size = 12;  // RFC 1282: FF FF "ss", rows, columns, two sizes in pixels

enum class kind : std::uint8_t { login, shell, exec };
constexpr std::string_view name_of(kind k) { return k == kind::login ? "rlogin" : k == kind::shell ? "rsh" : "rexec"; }

/// The strings that the client begins with, each ended by NUL. rlogin: "", local user, remote user, "terminal/speed". rsh: port for
/// errors, local user, remote user, command. rexec: port, user, password, command.
struct head_fields {
  std::array<bytes, heads> text;
  std::size_t count = 0, size = 0;
  bool printable = true;
};
head_fields parse_head(bytes data) {
  head_fields h;
  while (h.count < heads) {
    const auto end = std::ranges::find(data, std::uint8_t{0});
    if (end == data.end()) break;
    const auto text = data.first(static_cast<std::size_t>(end - data.begin()));
    h.printable = h.printable && is_text(text);
    h.text[h.count++] = text;
    h.size += text.size() + 1;
    data = data.subspan(text.size() + 1);
  }
  return h;
}
bool is_number(bytes text) {
  return text.size() <= longest_port && std::ranges::all_of(text, [](std::uint8_t c) { return c >= '0' && c <= '9'; });
}
bool good_head(kind k, const head_fields& h) {
  if (h.count < heads || !h.printable) return false;
  if (k == kind::login) return h.text[0].empty() && !h.text[2].empty() && std::ranges::find(h.text[3], '/') != h.text[3].end();
  return is_number(h.text[0]) && !h.text[1].empty() && !h.text[3].empty() && (k == kind::exec || !h.text[2].empty());
}

template <kind Kind>
match probe(bytes head, transport) {
  return good_head(Kind, parse_head(head.first(std::min(head.size(), longest_head)))) ? match::yes
                                                                                      : match::unsure;  // behind a gap: any text
}

/// Any bytes: behind the head there are no messages.
result<std::size_t> frame(bytes head) { return head.size(); }

/// What a remote command does that is one of the copying programs.
struct copy {
  mw::action action = action::control;
  std::string_view file;
};
copy copy_of(std::string_view command) {
  if (take_word(command) != "rcp") return {};
  while (!command.empty()) {
    const auto word = take_word(command);
    if (word == "-t") return {action::file_write, trimmed(command)};
    if (word == "-f") return {action::file_read, trimmed(command)};
  }
  return {};
}

template <kind Kind>
class remote_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto rest = m.data;
    if (m.from == side::client)
      client(rest, m, out);
    else
      server(rest, m, out);
    return verdict::taken;
  }
  void on_gap(side from) override {
    if (from == side::client) head_.clear(), begun_ = true, window_.clear();
    if (from == side::server) answered_ = answered_ || begun_;
    terminal_.lost(from);
  }
  void on_end(timestamp, output& out) override {
    if (asked_) tell(outcome::timeout, {}, out);
    terminal_.end(out);
  }

private:
  void client(bytes data, const message& m, output& out) {
    if (!begun_) {
      if (head_.empty()) at_ = m.time;
      const auto room = std::min(data.size(), longest_head - std::min(longest_head, head_.size()));
      head_.insert(head_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(room));
      const auto h = parse_head(head_);
      if (h.count < heads && head_.size() < longest_head) return;
      begun_ = true;
      if (good_head(Kind, h))
        ask(h, out);
      else
        out.violate(m.from, "head", "a conversation does not begin with its four strings");
      const auto before = head_.size() - room;
      data = data.subspan(std::min(data.size(), h.size - std::min(h.size, before)));
      head_.clear();
    }
    if (Kind != kind::login) return;  // what a remote command reads is its own
    for (const auto octet : data)
      if (!window(octet, m, out)) terminal_.typed(octet, m.time, out);
  }

  void ask(const head_fields& h, output& out) {
    operation op;
    op.time = at_;
    op.function = name_of(Kind);
    const auto put = [&](std::string_view name, bytes text) {
      const auto said = printable(text, longest_text);
      op.fields.emplace_back(name, said);
      out.describe(name, said);
      return said;
    };
    if constexpr (Kind == kind::exec)
      put("user", h.text[1]);
    else
      put("client_user", h.text[1]), terminal_.user(put("user", h.text[2]));
    if constexpr (Kind == kind::exec) op.fields.emplace_back("password_given", !h.text[2].empty());
    if constexpr (Kind == kind::login) {
      op.action = action::session;
      op.function_name = "login";
      const auto slash = std::ranges::find(h.text[3], '/');
      out.describe("terminal_type", printable(h.text[3].first(static_cast<std::size_t>(slash - h.text[3].begin())), longest_text));
      terminal_.begins();
      terminal_.echoes(true);
    } else {
      const auto line = printable(h.text[3], longest_head);
      std::string_view command = line;
      const auto does = copy_of(command);
      op.action = does.action;
      if (!does.file.empty()) op.objects.push_back({"file", std::string{does.file.substr(0, 256)}});
      op.function_name = take_word(command).substr(0, longest_text);
    }
    op.fields.emplace_back("clear_text", true);
    out.describe("clear_text", "yes");
    asked_ = std::move(op);
  }

  void server(bytes data, const message& m, output& out) {
    if (!answered_ && asked_ && !data.empty()) {
      answered_ = true;
      const auto first = data.front();
      if (first == granted) {
        data = data.subspan(1);
        tell(outcome::ok, m.time, out);
      } else {
        const auto why = printable(data, longest_text * 2);
        if (terminal::says_refused(why) && Kind == kind::exec) asked_->action = action::authenticate;
        asked_->code = std::to_string(first);
        tell(outcome::refused, m.time, out);
      }
    }
    if (Kind != kind::login) return;
    for (const auto octet : data) terminal_.shown(octet, m.time, out);
    terminal_.shown_all(m.time, out);
  }

  void tell(outcome how, timestamp at, output& out) {
    auto op = std::move(*asked_);
    asked_.reset();
    op.outcome = how;
    if (how != outcome::timeout) op.latency = at - op.time;
    out.count(name_of(Kind), "request", how == outcome::ok ? std::string_view{"ok"} : std::string_view{"refused"});
    out.emit(std::move(op));
  }

  /// True where `octet` belongs to a report of the window's size, which stands among what is typed.
  bool window(std::uint8_t octet, const message& m, output& out) {
    if (window_.empty() && octet != window_mark) return false;
    window_.push_back(octet);
    if (window_.size() == 2 && octet != window_mark) {
      window_.clear();
      return true;
    }
    if (window_.size() < window_size) return true;
    reader in{window_};
    in.skip(4);
    const auto rows = in.u16(), columns = in.u16();
    if (window_[2] == 's' && window_[3] == 's')
      out.describe("window", std::to_string(columns) + 'x' + std::to_string(rows));
    else
      out.violate(m.from, "window_size", "a control sequence that is not a window size");
    window_.clear();
    return true;
  }

  std::vector<std::uint8_t> head_, window_;
  std::optional<operation> asked_;
  timestamp at_{};
  bool begun_ = false, answered_ = false;
  terminal::watcher terminal_{"rlogin"};
};

template <kind Kind>
std::unique_ptr<session> open() {
  return std::make_unique<remote_session<Kind>>();
}

// four strings are no signature: on their own ports only
const protocol login{{
    .name = "rlogin",
    .tcp_ports = login_ports,
    .any_tcp_port = false,
    .probe = probe<kind::login>,
    .frame = frame,
    .open = open<kind::login>,
    .risks_by_ndpi = true,
}};
const protocol shell{{
    .name = "rsh",
    .tcp_ports = shell_ports,
    .any_tcp_port = false,
    .probe = probe<kind::shell>,
    .frame = frame,
    .open = open<kind::shell>,
    .risks_by_ndpi = true,
}};
const protocol exec{{
    .name = "rexec",
    .tcp_ports = exec_ports,
    .any_tcp_port = false,
    .probe = probe<kind::exec>,
    .frame = frame,
    .open = open<kind::exec>,
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
