// One conversation of SMTP.
#pragma once
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mw::smtp {

enum class kind : std::uint8_t { other, hello, login, start_tls, mail, recipient, data, content, chunk, verify };

struct command {
  std::string_view name;  ///< upper case
  smtp::kind kind;
  bool proves;  ///< with its argument it tells what this is
};
const command* find_command(std::string_view word);

/// The user's name in what a client says to a mechanism (Base64); "" where it holds none. A password in it is not looked at.
std::string user_in(std::string_view mechanism, std::string_view response);

struct reply_start {
  unsigned code;
  bool more;
};
std::optional<reply_start> read_reply(std::string_view line);

class conversation final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override;
  void on_end(timestamp now, output& out) override;

private:
  struct waiting {
    smtp::kind kind = kind::other;
    timestamp at{};
    std::optional<operation> op;
    std::string text;   ///< the address of a recipient
    bool last = false;  ///< of the chunks
  };
  enum class where : std::uint8_t { commands, content, chunk, secured };

  void on_command(std::string_view line, const message& m, output& out);
  void on_login(std::string_view argument, operation&& op, const message& m, output& out);
  void on_response(std::string_view line);
  void on_content(bytes& rest, const message& m, output& out);
  void on_chunk(bytes& rest, const message& m);
  void on_reply_line(std::string_view line, const message& m, output& out);
  void on_reply(const message& m, output& out);
  void on_banner(const message& m, output& out);
  void hello_answered(operation&& op, const message& m, output& out);
  void login_answered(operation&& op, const message& m, output& out);
  void mail_ends(outcome how, output& out, std::optional<timestamp> at = {}, timestamp asked = {});
  void wait_for(waiting&& w, output& out);
  void give_up(output& out);

  line_reader<12288> commands_;
  line_reader<2048> replies_;
  std::deque<waiting> waiting_;
  std::optional<operation> mail_;  ///< a transaction that is open
  std::vector<std::string> reply_;
  unsigned code_ = 0;
  std::uint64_t left_ = 0, octets_ = 0, window_ = 0, recipients_ = 0, refused_ = 0;
  timestamp content_end_{};
  std::string mechanism_, user_;
  where at_ = where::commands;
  bool open_reply_ = false, begun_ = false, lost_ = false, client_lost_ = false, responds_ = false, chunk_last_ = false, smuggled_ = false;
};

}  // namespace mw::smtp
