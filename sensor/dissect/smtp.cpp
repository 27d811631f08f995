// SMTP (RFC 5321) on TCP ports 25 and 587: what is ours, and the protocol's place among the others.
#include "sensor/dissect/http_text.hpp"
#include "sensor/dissect/smtp_session.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ports{25, 587};
constexpr std::size_t longest_line = 2048;

/// What one whole line proves.
match weigh(std::string_view line) {
  if (std::ranges::any_of(line, [](char c) { return c >= 0 && c < ' ' && c != '\t'; })) return match::no;
  if (smtp::read_reply(line)) {
    if (find_letters(line, "ftp") != std::string_view::npos) return match::no;
    return line.size() > 3 ? match::yes : match::unsure;
  }
  const auto* c = smtp::find_command(take_word(line));
  if (c == nullptr) return match::no;
  if (!c->proves) return match::unsure;
  using enum smtp::kind;
  const auto begins = [&](std::string_view word) { return same_letters(line.substr(0, word.size()), word); };
  switch (c->kind) {
    case hello: return line.empty() ? match::unsure : match::yes;
    case mail: return begins("FROM:") ? match::yes : match::no;
    case recipient: return begins("TO:") ? match::yes : match::no;
    case login: return begins("TLS") || begins("SSL") || line.empty() ? match::no : match::yes;  // AUTH TLS is FTP's
    case start_tls: return line.empty() ? match::yes : match::no;
    default: return match::unsure;
  }
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  line_reader<longest_line> lines;
  auto said = match::unsure;
  auto rest = head;
  bool any = false;
  for (unsigned n = 0; n < 4 && said == match::unsure && lines.next(rest); ++n) any = true, said = weigh(lines.line());
  if (any || head.empty()) return said;
  const auto begun = head.first(std::min<std::size_t>(head.size(), 3));
  const auto letter = [](std::uint8_t b) { return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z'); };
  const auto digit = [](std::uint8_t b) { return b >= '0' && b <= '9'; };
  return head.size() < longest_line && (std::ranges::all_of(begun, letter) || std::ranges::all_of(begun, digit)) ? match::unsure
                                                                                                                 : match::no;
}

/// Any bytes: lines and contents are cut by the session.
result<std::size_t> frame(bytes head) { return head.size(); }

const protocol here{{
    .name = "smtp",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<smtp::conversation>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
