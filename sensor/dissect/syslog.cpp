// Syslog (RFC 5424, RFC 3164) on UDP and on TCP with counted octets or lines (RFC 6587): who reports what kind of event, how severe it is.
// The text of a message is payload and is not kept.
#include "sensor/dissect/syslog_message.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 4> tcp_ports{514, 601, 1468, 5140};
constexpr std::array<std::uint16_t, 2> udp_ports{514, 5140};
constexpr std::size_t longest_line = 65'536, most_digits = 6, most_told = 64;
constexpr std::uint8_t worst_report = 3;  // up to "error" is an alarm
constexpr std::uint8_t stated = 60, hinted = 40;

struct cut {
  std::size_t begin = 0, size = 0;  ///< of the message within what was framed; size 0 = more bytes are needed
  std::size_t whole = 0;
};
/// RFC 6587 3.4: "123 <34>…", or a message up to the end of its line.
result<cut> cut_stream(bytes head) {
  if (head.empty()) return cut{};
  std::size_t digits = 0, n = 0;
  while (digits < head.size() && digits <= most_digits && head[digits] >= '0' && head[digits] <= '9') n = n * 10 + head[digits++] - '0';
  if (digits != 0) {
    if (digits > most_digits || head[0] == '0' || n > longest_line) return fail(fault::malformed, "octet count", 0);
    if (digits == head.size()) return cut{};
    if (head[digits] != ' ') return fail(fault::malformed, "no blank behind the octet count", digits);
    if (digits + 1 < head.size() && head[digits + 1] != '<') return fail(fault::malformed, "no priority behind the octet count", digits);
    return cut{digits + 1, n, digits + 1 + n};
  }
  if (head[0] != '<') return fail(fault::malformed, "neither an octet count nor a priority", 0);
  const auto end = std::ranges::find_if(head, [](std::uint8_t c) { return c == '\n' || c == 0; });
  const auto size = static_cast<std::size_t>(end - head.begin());
  if (end == head.end()) return head.size() > longest_line ? result<cut>{fail(fault::over_limit, "a line that does not end", 0)} : cut{};
  return cut{0, size, size + 1};
}
result<std::size_t> frame(bytes head) {
  const auto c = cut_stream(head);
  if (!c) return fail(c.error().kind, c.error().what, c.error().at);
  return c->whole;
}

match probe(bytes head, transport t) {
  if (t == transport::tcp) {
    const auto c = cut_stream(head);
    if (!c) return match::no;
    if (c->whole == 0 || c->whole > head.size()) return match::unsure;
    head = head.subspan(c->begin, c->size);
  }
  const auto said = syslog::parse(head);
  if (!said.has_priority || head.size() < 5) return match::no;
  // a priority with a date behind it, or with version, time, host and program, is nothing else
  return said.broken.empty() && said.is != syslog::form::bare ? match::certain : match::yes;
}

class syslog_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto data = m.data;
    if (m.transport == transport::tcp) {
      const auto c = cut_stream(data);
      if (!c || c->whole == 0 || c->whole > data.size()) return verdict::taken;
      data = data.subspan(c->begin, c->size);
    }
    while (!data.empty() && (data.back() == '\n' || data.back() == '\r' || data.back() == 0)) data = data.first(data.size() - 1);
    if (data.empty()) return verdict::taken;
    const auto c = syslog::parse(data);
    if (!c.broken.empty()) out.violate(m.from, c.has_priority ? "header" : "priority", c.broken);
    if (!c.has_priority) {  // RFC 3164 4.3.3: a relay would make it "user.notice"; here it only counts
      out.count("syslog", "message", "without_priority");
      return verdict::taken;
    }
    out.count("syslog", "severity", c.severity);
    out.count("syslog", "facility", c.facility);
    operation op;
    op.time = m.time;
    op.action = c.severity <= worst_report ? action::alarm : action::report;
    op.function = std::to_string(c.severity);
    op.function_name = syslog::severity_name(c.severity);
    op.objects.push_back({std::string{syslog::facility_name(c.facility)}, c.application});
    if (!c.host.empty()) op.fields.emplace_back("host_name", c.host);
    if (!c.message_id.empty()) op.fields.emplace_back("message_id", c.message_id);
    out.emit(std::move(op), m.from);
    learn(c, m, out);
    return verdict::taken;
  }

private:
  void learn(const syslog::content& c, const message& m, output& out) {
    const auto say = [&](side who, std::string_view kind, std::string_view value, std::uint8_t confidence, bool several = false) {
      const auto& end = who == m.from ? m.source : m.target;
      if (!value.empty() && told_.fresh(end.address, end.hardware, kind, value, m.time, "syslog", out, several))
        out.learn(who, {}, kind, value, confidence);
    };
    say(other(m.from), "role", "log_server", hinted);
    if (!c.host.empty() && host_.empty()) host_ = c.host;
    if (!c.host.empty() && host_ != c.host) relay_ = true;
    if (relay_) return say(m.from, "role", "log_relay", hinted);  // what it passes on is not about itself
    const bool address = ip::parse(c.host).has_value();
    if (!address) say(m.from, "host_name", c.host, c.is == syslog::form::ietf ? stated : hinted);  // a short form may have left it out
    say(m.from, "application_name", c.application, hinted, true);
    if (!c.software.empty()) say(m.from, "software", c.version.empty() ? c.software : c.software + ' ' + c.version, stated, true);
    say(m.from, "vendor", c.vendor, stated);
    say(m.from, "model", c.product, stated);
    if (!c.product.empty()) say(m.from, "firmware", c.version, stated);
  }

  told_facts<most_told> told_;
  std::string host_;  ///< the first that was named
  bool relay_ = false;
};

const protocol here{{
    .name = "syslog",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<syslog_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
