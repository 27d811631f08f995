// One control connection of FTP.
#pragma once
#include "sensor/dissect/ftp_commands.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <string>
#include <vector>

namespace mw::ftp {

/// The three digits at the front of a reply's line and whether more lines follow; nothing where it is none.
struct reply_start {
  unsigned code;
  bool more;
};
std::optional<reply_start> read_reply(std::string_view line);
/// A command's line without what Telnet puts in front of an urgent one (RFC 959 4.1.3).
std::string_view without_telnet(std::string_view line);

class control final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override;
  void on_end(timestamp now, output& out) override;

private:
  struct asked {
    const command* what = nullptr;
    std::string path;    ///< of a directory to change to, or of a file to rename
    timestamp at{};      ///< of this very command, where the operation began with another
    bool begun = false;  ///< a preliminary reply came
  };
  struct reply {
    unsigned code = 0;
    std::vector<std::string> lines;  ///< their texts, the first of them
  };
  using request = pending_requests<int, asked, 64>::request;

  void on_command(std::string_view line, const message& m, output& out);
  void on_reply_line(std::string_view line, const message& m, output& out);
  void on_reply(const message& m, output& out);
  void on_preliminary(const message& m);
  void on_banner(const message& m, output& out);
  void on_login(std::string_view word, std::string_view argument, operation&& op, const message& m, output& out);
  void login_answered(request&& r, const message& m, output& out);
  void leave_login(output& out);
  void name_object(operation& op, asked& a, std::string_view argument);
  void on_site(operation& op, std::string_view argument);
  void announce(const endpoint& at, const message& m, output& out);
  void completed(request& r, const message& m, output& out);
  void tell(const message& m, std::string_view kind, std::string_view value, std::uint8_t confidence, output& out);

  line_reader<4096> commands_, replies_;
  pending_requests<int, asked, 64> pending_;
  std::optional<operation> login_;  ///< a name was given, the server wants more
  reply reply_;                     ///< being read
  bool open_reply_ = false;         ///< of several lines, the last has not come
  bool begun_ = false, logged_in_ = false, lost_ = false, secured_ = false, transferring_ = false;
  std::string directory_, rename_from_, user_;
  told_facts<16> told_;
};

}  // namespace mw::ftp
