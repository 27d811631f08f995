// Telnet (RFC 854) with its options: who logs in and whether that succeeds, the terminal, what the machine calls itself, that commands
// are given. Passwords are never kept.
#include "common/text.hpp"
#include "sensor/dissect/telnet_login.hpp"
#include "sensor/dissect/telnet_options.hpp"

#include <algorithm>
#include <array>
#include <bitset>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 3> ports{23, 2323, 107};
constexpr std::size_t sure_after = 2;  // negotiations in a row that prove the protocol on any port
constexpr std::size_t longest_tail = 160;
constexpr std::uint8_t is = 0, variable = 0, user_variable = 3, value_of = 1, authentication_name_is = 3, encryption_start = 3,
                       tls_follows = 1;

/// The option negotiation that nearly every conversation begins with is the signature. Text alone is ours only where it ends by asking
/// for a login.
match probe(bytes head, transport) {
  telnet::parser in;
  std::size_t negotiations = 0, octets = 0, plain = 0;
  bool text_first = false;
  std::string tail;
  for (const auto octet : head.first(std::min<std::size_t>(head.size(), 1024))) {
    ++octets;
    switch (in.take(octet)) {
      case telnet::parser::event::negotiation:
        if (telnet::option_name(in.option()).empty() && in.option() < 128) return match::unsure;
        ++negotiations;
        break;
      case telnet::parser::event::data:
        text_first = text_first || negotiations == 0;
        ++plain;
        if (in.octet() == '\n' || in.octet() == '\r')
          tail.clear();
        else if (tail.size() < longest_tail)
          tail.push_back(static_cast<char>(in.octet()));
        if (in.octet() > 0x7f && negotiations == 0) return match::unsure;
        break;
      case telnet::parser::event::unknown_command:
      case telnet::parser::event::endless: return match::unsure;
      default: break;
    }
  }
  if (negotiations >= sure_after && !text_first) return match::certain;
  if (negotiations != 0) return match::yes;
  const auto asks = terminal::prompt_of(tail);
  const bool login = plain == octets && (asks == terminal::prompt::name || asks == terminal::prompt::password);
  return login ? match::yes : match::unsure;  // never no: behind a gap any text may follow
}

/// Any bytes: commands stand in the middle of text and may be cut anywhere.
result<std::size_t> frame(bytes head) { return head.size(); }

class telnet_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (!std::exchange(told_, true)) out.describe("clear_text", "yes");
    auto& d = sides_[static_cast<std::size_t>(m.from)];
    for (const auto octet : m.data) {
      if (hidden_) break;
      switch (d.in.take(octet)) {
        case telnet::parser::event::data:
          if (records_) break;  // 3270 screens are EBCDIC
          m.from == side::client ? terminal_.typed(d.in.octet(), m.time, out) : terminal_.shown(d.in.octet(), m.time, out);
          break;
        case telnet::parser::event::negotiation: negotiate(d.in.octet(), d.in.option(), m.from, out); break;
        case telnet::parser::event::suboption: suboption(d.in.option(), d.in.suboption(), m.from, out); break;
        case telnet::parser::event::other: out.count("telnet", "command", d.in.octet()); break;
        case telnet::parser::event::unknown_command: out.violate(m.from, "command", "the octet behind IAC is no command"); break;
        case telnet::parser::event::endless: out.violate(m.from, "suboption", "a suboption does not end"); break;
        case telnet::parser::event::none: break;
      }
    }
    if (m.from == side::server && !hidden_ && !records_) terminal_.shown_all(m.time, out);
    return verdict::taken;
  }
  void on_gap(side from) override {
    sides_[static_cast<std::size_t>(from)].in.clear();
    terminal_.lost(from);
  }
  void on_end(timestamp, output& out) override { terminal_.end(out); }

private:
  struct direction {
    telnet::parser in;
    std::bitset<256> will;  ///< options that this side wants to perform, or was asked to
    bool tls = false;
  };

  void negotiate(std::uint8_t command, std::uint8_t option, side from, output& out) {
    out.count("telnet", "option", command, option);
    if (!std::exchange(began_, true)) terminal_.begins();
    auto& who = sides_[static_cast<std::size_t>(from)];
    if (command == telnet::will) who.will.set(option);
    if (command == telnet::wont) who.will.reset(option);
    if (from == side::server && option == telnet::echo && (command == telnet::will || command == telnet::wont))
      terminal_.echoes(command == telnet::will);
    if (option == telnet::echo && from == side::client && command == telnet::dont) terminal_.echoes(false);
    if (option == telnet::tn3270 && command == telnet::will) records_ = true;
    if (option == telnet::records && command == telnet::will && who.will.test(telnet::binary)) records_ = true;
    if (option == telnet::com_port && command == telnet::will) out.describe("com_port", "yes");
    if (records_) out.describe("terminal_protocol", "tn3270");
  }

  void suboption(std::uint8_t option, bytes content, side from, output& out) {
    out.count("telnet", "suboption", option);
    reader in{content};
    if (option == telnet::window && from == side::client) {
      const auto columns = in.u16(), rows = in.u16();
      if (!in.ok() || in.left() != 0) return out.violate(from, "window_size", "a window size is not four octets");
      return out.describe("window", std::to_string(columns) + 'x' + std::to_string(rows));
    }
    const auto kind = in.u8();
    if (!in.ok()) return;
    if (option == telnet::terminal_type && kind == is) {
      out.describe("terminal_type", printable(in.rest(), 64));
    } else if (option == telnet::x_display && kind == is) {
      out.describe("x_display", printable(in.rest(), 64));
    } else if (option == telnet::environment && kind == is) {
      environment(in.rest(), out);
    } else if (option == telnet::authentication) {
      if (kind == authentication_name_is) return user(in.rest(), out);
      if (kind == is)
        if (const auto name = telnet::authentication_name(in.u8()); !name.empty()) out.describe("authentication", name);
    } else if (option == telnet::encryption && kind == encryption_start) {
      hidden_ = true;
      out.describe("clear_text", "no");
    } else if (option == telnet::start_tls && kind == tls_follows) {
      sides_[static_cast<std::size_t>(from)].tls = true;
      if (!sides_[0].tls || !sides_[1].tls) return;
      hidden_ = true;
      out.describe("clear_text", "no");
      out.become("tls");
    }
  }

  /// RFC 1572: names and values one after the other, each behind an octet that says which it is. Only the user's name is of interest
  /// (and "-f…" in it, with which old login programs were told to ask for no password).
  void environment(bytes content, output& out) {
    while (!content.empty()) {
      const auto part = [&] {
        const auto end = std::ranges::find_if(content, [](std::uint8_t b) { return b <= user_variable; });
        const auto text = content.first(static_cast<std::size_t>(end - content.begin()));
        content = content.subspan(text.size());
        return text;
      };
      const auto type = content.front();
      content = content.subspan(1);
      const auto name = part();
      if ((type != variable && type != user_variable) || content.empty() || content.front() != value_of) continue;
      content = content.subspan(1);
      const auto value = part();
      constexpr std::string_view wanted = "USER";
      if (std::ranges::equal(name, wanted)) user(value, out);
    }
  }
  void user(bytes name, output& out) {
    const auto text = printable(name, 64);
    if (text.empty()) return;
    if (text.starts_with("-f")) out.violate(side::client, "user_option", "a user name that is an option of the login program");
    terminal_.user(text);
    out.describe("user", text);
  }

  std::array<direction, 2> sides_;
  terminal::watcher terminal_{"telnet"};
  bool told_ = false, began_ = false, records_ = false, hidden_ = false;
};

const protocol here{{
    .name = "telnet",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<telnet_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
