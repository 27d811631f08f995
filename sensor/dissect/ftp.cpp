// FTP (RFC 959 with 2228, 2428, 3659) on TCP port 21: what is ours, and the protocol's place among the others.
#include "sensor/dissect/ftp_session.hpp"
#include "sensor/dissect/http_text.hpp"

#include <array>

namespace mw {
namespace {

using namespace ftp;

constexpr std::array<std::uint16_t, 1> ports{21};
constexpr std::size_t longest_line = 1024;

/// The security mechanisms of AUTH (RFC 2228, 4217): with others it is a mail client's.
bool is_mechanism(std::string_view word) {
  constexpr std::array<std::string_view, 7> known{"TLS", "TLS-C", "TLS-P", "SSL", "GSSAPI", "KERBEROS_V4", "KERBEROS_V5"};
  return std::ranges::any_of(known, [&](std::string_view k) { return same_letters(k, word); });
}

/// What one whole line proves.
match weigh(std::string_view line) {
  if (std::ranges::any_of(line, [](char c) { return c >= 0 && c < ' ' && c != '\t'; })) return match::no;
  if (const auto reply = read_reply(line)) {
    if (find_letters(line, "smtp") != std::string_view::npos || find_letters(line, " nntp") != std::string_view::npos) return match::no;
    return line.size() > 3 && reply->code < 560 ? match::yes : match::unsure;
  }
  line = without_telnet(line);
  const auto* c = find_command(take_word(line));
  if (c == nullptr) return match::no;
  if (c->takes != argument::none && c->takes != argument::directory && c->name != "PASS" && line.empty() && c->proves) return match::no;
  return c->proves || (c->name == "AUTH" && is_mechanism(line)) ? match::yes : match::unsure;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  line_reader<longest_line> lines;
  auto said = match::unsure;
  auto rest = head;
  bool in_reply = false;
  for (unsigned n = 0; n < 8 && said == match::unsure && lines.next(rest); ++n) {
    if (in_reply) return said;
    in_reply = read_reply(lines.line()) && read_reply(lines.line())->more;
    said = weigh(lines.line());
  }
  if (said != match::unsure || !rest.empty()) return said;
  if (head.empty() || std::ranges::find(head, std::uint8_t{'\n'}) != head.end()) return said;
  // no line has ended: a reply code, or the letters of a command, have begun
  const auto begun = head.first(std::min<std::size_t>(head.size(), 3));
  const auto letter = [](std::uint8_t b) { return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z'); };
  const auto digit = [](std::uint8_t b) { return b >= '0' && b <= '9'; };
  const bool may = std::ranges::all_of(begun, letter) || std::ranges::all_of(begun, digit) || begun[0] >= 0xf0;
  return may && head.size() < longest_line ? match::unsure : match::no;
}

/// Any bytes: lines are cut by the session.
result<std::size_t> frame(bytes head) { return head.size(); }

const protocol ftp_protocol{{
    .name = "ftp",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<control>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
