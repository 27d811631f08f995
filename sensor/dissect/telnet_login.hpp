// What is said on a terminal whose characters can be read: logins, and that commands are given. For Telnet and rlogin.
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/telnet_prompts.hpp"

#include <optional>
#include <string>

namespace mw::terminal {

/// What is typed where a password was asked for is not kept, not even its length. Of a command line the first word is told, and only
/// where the machine writes it back (no machine does that with a password) or leaves that to the client.
class watcher {
public:
  explicit watcher(std::string_view protocol) : protocol_{protocol} {}  ///< a literal
  void typed(std::uint8_t octet, timestamp at, output& out);
  void shown(std::uint8_t octet, timestamp at, output& out);
  void shown_all(timestamp at, output& out);  ///< behind the last octet of a message: is this line a prompt?
  void echoes(bool server) { echo_ = server; }
  void user(std::string_view name) { user_ = name; }  ///< told otherwise (rlogin, NEW-ENVIRON)
  void begins() { fresh_ = true; }                    ///< the conversation is seen from its first octet
  void lost(side from);
  void end(output& out);

private:
  enum class stage : std::uint8_t { before, name, password, verdict, in };
  void line_typed(timestamp at, output& out);
  void line_shown(std::string_view line, timestamp at, output& out);
  void screen(prompt p, std::string_view line, timestamp at, output& out);
  void decide(outcome how, timestamp at, output& out);
  void command(output& out);
  void greeting(std::string_view line, output& out);

  std::string_view protocol_;
  stage stage_ = stage::before;
  std::string line_, screen_, user_, echoed_, host_;
  timestamp line_at_{};
  bool empty_line_ = true, after_return_ = false, escape_ = false, echo_ = false, inside_ = false;
  std::optional<operation> login_;    ///< a password was given, the answer is to come
  std::optional<operation> command_;  ///< its first word waits for its echo
  std::uint32_t lines_ = 0, commands_ = 0, silent_lines_ = 0;
  bool greeted_ = false, fresh_ = false, at_shell_ = false;
};

}  // namespace mw::terminal
