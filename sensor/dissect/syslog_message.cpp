// Syslog messages: RFC 5424 6, RFC 3164 4; the beginnings of Cisco's messages, of ArcSight CEF and of LEEF.
#include "sensor/dissect/syslog_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mw::syslog {
namespace {

constexpr std::size_t longest_read = 2048, longest_name = 64, longest_tag = 48;
constexpr unsigned most_priority = 191;
constexpr std::array<std::string_view, 24> facilities{"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
                                                      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
                                                      "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array<std::string_view, 8> severities{"emergency", "alert",  "critical",      "error",
                                                     "warning",   "notice", "informational", "debug"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string safe(std::string_view text, std::size_t limit = longest_name) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  return text == "-" ? std::string{} : printable(octets, limit);
}

/// "Mmm dd hh:mm:ss" off the front, with the year that some devices add.
bool take_bsd_time(std::string_view& text) {
  if (text.size() < 15 || std::ranges::find(months, text.substr(0, 3)) == months.end() || text[3] != ' ') return false;
  auto rest = text.substr(4);
  if (!((rest[0] == ' ' || digit(rest[0])) && digit(rest[1]) && rest[2] == ' ')) return false;
  rest.remove_prefix(3);
  if (rest.size() >= 5 && std::ranges::all_of(rest.substr(0, 4), digit) && rest[4] == ' ') rest.remove_prefix(5);
  constexpr std::string_view clock = "dd:dd:dd";
  if (rest.size() < clock.size()) return false;
  for (std::size_t i = 0; i < clock.size(); ++i)
    if (clock[i] == 'd' ? !digit(rest[i]) : rest[i] != clock[i]) return false;
  rest.remove_prefix(clock.size());
  if (!rest.empty() && rest[0] == '.') rest.remove_prefix(std::min(rest.find_first_of(" :", 1), rest.size()));
  text = rest;
  return true;
}
/// "2003-10-11T22:14:15.003Z" or "-" (RFC 5424 6.2.3).
bool is_ietf_time(std::string_view t) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (t == "-") return true;
  if (t.size() < shape.size() + 1) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'd' ? !digit(t[i]) : t[i] != shape[i]) return false;
  const auto zone = t.substr(shape.size());
  return zone.back() == 'Z' || zone.find_first_of("+-") != std::string_view::npos;
}

/// The value of `name` in one structured data element.
std::string parameter(std::string_view element, std::string_view name) {
  const auto at = element.find(' ' + std::string{name} + "=\"");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 3;
  return safe(element.substr(begin, element.find('"', begin) - begin));
}
/// RFC 5424 6.3 off the front; false where it is not structured data.
bool take_structured(std::string_view& text, content& c) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    return true;
  }
  if (!text.starts_with('[')) return false;
  while (text.starts_with('[')) {
    bool quoted = false;
    std::size_t end = 1;
    for (; end < text.size() && (quoted || text[end] != ']'); ++end) {
      if (text[end] == '\\' && quoted)
        ++end;
      else if (text[end] == '"')
        quoted = !quoted;
    }
    if (end >= text.size()) return false;
    const auto element = text.substr(0, end);
    if (element.starts_with("[origin ")) c.software = parameter(element, "software"), c.version = parameter(element, "swVersion");
    text.remove_prefix(end + 1);
  }
  return true;
}

/// "CEF:0|vendor|product|version|…" and "LEEF:1.0|vendor|product|version|…".
void read_product(std::string_view text, content& c) {
  auto at = text.find("CEF:");
  if (at == std::string_view::npos) at = text.find("LEEF:");
  if (at == std::string_view::npos) return;
  std::array<std::string_view, 4> part;
  auto rest = text.substr(at);
  for (auto& p : part) {
    const auto bar = rest.find('|');
    if (bar == std::string_view::npos) return;
    p = rest.substr(0, bar);
    rest.remove_prefix(bar + 1);
  }
  c.vendor = safe(part[1]), c.product = safe(part[2]), c.version = safe(part[3]);
}
/// "%SYS-5-CONFIG_I: …", the mnemonic of Cisco and of those who write like it.
std::string mnemonic(std::string_view text) {
  const auto at = text.find('%');
  if (at == std::string_view::npos || at > 160) return {};
  const auto word = text.substr(at, text.find_first_of(": ", at) - at);
  const auto first = word.find('-');
  if (first == std::string_view::npos || first < 2 || first + 2 >= word.size() || word.size() > longest_name) return {};
  const auto good = [](char c) { return letter(c) || digit(c) || c == '_' || c == '-' || c == '%'; };
  const auto last = word.rfind('-');
  const bool level = last >= 2 && digit(word[last - 1]) && word[last - 2] == '-';
  return level && std::ranges::all_of(word, good) ? std::string{word} : std::string{};
}

void read_ietf(std::string_view text, content& c) {
  c.is = form::ietf;
  const auto time = take_word(text);
  if (!is_ietf_time(time)) c.broken = "a time that is not as RFC 3339 has it";
  c.host = safe(take_word(text), 255);
  c.application = safe(take_word(text));
  take_word(text);  // process
  c.message_id = safe(take_word(text));
  if (!take_structured(text, c)) c.broken = "structured data that does not end, or is missing";
  read_product(text, c);
}
void read_tag(std::string_view text, content& c) {
  const auto good = [](char x) { return letter(x) || digit(x) || x == '-' || x == '_' || x == '/' || x == '.' || x == '(' || x == ')'; };
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, good) - text.begin());
  if (end == 0 || end > longest_tag || end >= text.size() || (text[end] != ':' && text[end] != '[')) return;
  c.application = safe(text.substr(0, end));
}
void read_bsd(std::string_view text, content& c) {
  // Cisco writes a number of its own first, and marks a clock that is not set
  if (const auto end = text.find_first_not_of("0123456789");
      end != 0 && end != std::string_view::npos && text.substr(end).starts_with(": "))
    text.remove_prefix(end + 2);
  if (text.starts_with('*') || text.starts_with('.')) text.remove_prefix(1);
  if (take_bsd_time(text)) {
    c.is = form::bsd;
    if (text.starts_with(' ')) text.remove_prefix(1);
    auto after = text;
    const auto host = take_word(after);
    if (host.ends_with(':') || host.find('[') != std::string_view::npos) {  // no host: the program follows at once
      read_tag(text, c);
    } else {
      c.host = safe(host, 255);
      read_tag(after, c);
    }
  } else {
    read_tag(text, c);
  }
}

}  // namespace

content parse(bytes data) {
  content c;
  const auto head = data.first(std::min(data.size(), longest_read));
  const std::string kept(head.begin(), head.end());
  std::string_view text = kept;
  if (text.starts_with('<')) {
    const auto end = text.find('>');
    unsigned n = 0;
    bool number = end != std::string_view::npos && end >= 2 && end <= 4;
    for (std::size_t i = 1; number && i < end; ++i) number = digit(text[i]), n = n * 10 + static_cast<unsigned>(text[i] - '0');
    if (number && n <= most_priority && (text[1] != '0' || end == 2)) {
      c.has_priority = true;
      c.facility = static_cast<std::uint8_t>(n / 8), c.severity = static_cast<std::uint8_t>(n % 8);
      text.remove_prefix(end + 1);
    } else {
      c.broken = "a priority above 191, or not a number";
    }
  }
  if (!c.has_priority) return c;
  if (text.starts_with("1 ")) {
    text.remove_prefix(2);
    read_ietf(text, c);
    return c;
  }
  read_bsd(text, c);
  read_product(text, c);
  c.message_id = mnemonic(text);
  return c;
}
std::string_view facility_name(std::uint8_t facility) { return facility < facilities.size() ? facilities[facility] : std::string_view{}; }
std::string_view severity_name(std::uint8_t severity) { return severity < severities.size() ? severities[severity] : std::string_view{}; }

}  // namespace mw::syslog
