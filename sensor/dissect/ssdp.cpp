// SSDP, the discovery of UPnP (UPnP Device Architecture 2.0, 1): who announces or looks for which devices, and what they say they are.
#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{1900};
constexpr std::size_t longest_value = 256, most_lines = 64, most_told = 64;
constexpr std::uint8_t stated = 70, hinted = 50;

enum class kind : std::uint8_t { notify, search, answer };
struct start_line {
  std::string_view text;
  kind is;
};
constexpr std::array<start_line, 4> starts{{{"NOTIFY * HTTP/1.1", kind::notify},
                                            {"M-SEARCH * HTTP/1.1", kind::search},
                                            {"HTTP/1.1 200 OK", kind::answer},
                                            {"HTTP/1.0 200 OK", kind::answer}}};

struct content {
  kind is = kind::notify;
  std::string target, sub_type, usn, location, server, agent, man;  ///< target: NT or ST
  std::optional<std::uint32_t> age, wait;                           ///< seconds: CACHE-CONTROL, MX
  bool has_host = false, ended = false;
};

std::string safe(std::string_view text) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  return printable(octets, longest_value);
}
std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t n = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), n).ec != std::errc{}) return {};
  return n;
}

/// Nothing where the datagram does not begin as one of them.
std::optional<content> parse(bytes data) {
  line_reader<1024> lines;
  if (!lines.next(data)) return {};
  const auto* const start = std::ranges::find(starts, trimmed(lines.line()), &start_line::text);
  if (start == starts.end()) return {};
  content c;
  c.is = start->is;
  for (std::size_t n = 0; n < most_lines && lines.next(data); ++n) {
    const auto line = lines.line();
    if (line.empty()) {
      c.ended = true;
      break;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = trimmed(line.substr(0, colon)), text = trimmed(line.substr(colon + 1));
    const auto is = [&](std::string_view word) { return same_letters(name, word); };
    if (is("nt") || is("st")) c.target = safe(text);
    if (is("nts")) c.sub_type = safe(text);
    if (is("usn")) c.usn = safe(text);
    if (is("location") || is("al")) c.location = safe(text.substr(0, text.find('?')));  // a query may hold anything
    if (is("server")) c.server = safe(text);
    if (is("user-agent")) c.agent = safe(text);
    if (is("man")) c.man = safe(text);
    if (is("mx")) c.wait = number_in(text);
    if (is("host")) c.has_host = true;
    if (is("cache-control"))
      if (const auto at = text.find("max-age"); at != std::string_view::npos)
        if (const auto digits = text.find_first_of("0123456789", at); digits != std::string_view::npos)
          c.age = number_in(text.substr(digits));
  }
  return c;
}

match probe(bytes head, transport) {
  const auto c = parse(head);
  if (!c) return match::no;
  if (c->is == kind::answer) return !c->target.empty() && !c->usn.empty() ? match::certain : match::no;
  return !c->target.empty() ? match::certain : match::yes;
}

/// The host of a location: "192.0.2.7" of "http://192.0.2.7:80/x.xml"; brackets of IPv6 taken off.
std::string_view host_of_location(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  if (const auto at = url.substr(0, url.find('/')).rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (url.starts_with('[')) return url.substr(1, url.find_first_of("]%") - 1);
  return url.substr(0, url.find_first_of(":/"));
}

class ssdp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto c = parse(m.data);
    if (!c) {
      out.violate(m.from, "start_line", "a datagram that begins with none of the three messages");
      return verdict::taken;
    }
    check(*c, m, out);
    operation op;
    op.time = m.time;
    if (!c->target.empty()) op.objects.push_back({"target", c->target});
    const auto put = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) op.fields.emplace_back(name, text);
    };
    put("usn", c->usn);
    put("location", c->location);
    put("server", c->server);
    put("user_agent", c->agent);
    if (c->age) op.fields.emplace_back("max_age", std::int64_t{*c->age});
    switch (c->is) {
      case kind::notify: {
        constexpr std::string_view prefix = "ssdp:";
        op.action = action::report;
        op.function = "NOTIFY";
        op.function_name = c->sub_type.starts_with(prefix) ? c->sub_type.substr(prefix.size()) : "notify";
        out.count("ssdp", "message", std::string_view{"NOTIFY"});
        out.emit(std::move(op), m.from);
        if (c->sub_type != "ssdp:byebye") learn(*c, m, out);
        break;
      }
      case kind::search: {
        op.action = action::identify;
        op.function = "M-SEARCH";
        op.function_name = "search";
        if (c->wait) op.fields.emplace_back("mx", std::int64_t{*c->wait});
        out.count("ssdp", "message", std::string_view{"M-SEARCH"});
        if (!c->agent.empty()) say(m.from, m, "software", c->agent, hinted, out);
        const bool to_all = m.target.address.is_multicast() || m.target.address.is_broadcast();
        if (to_all)
          out.emit(std::move(op), m.from);  // answers come in conversations of their own
        else
          pending_.add(m.from, std::move(op), out, m.from);
        break;
      }
      case kind::answer: {
        out.count("ssdp", "message", std::string_view{"response"});
        learn(*c, m, out);
        if (auto asked = pending_.take(other(m.from))) {
          for (auto& f : op.fields) asked->op.fields.push_back(std::move(f));
          answer(*asked, m.time, outcome::ok, out);
          break;
        }
        op.action = action::report;
        op.function = "M-SEARCH";
        op.function_name = "response";
        op.outcome = outcome::unsolicited;
        out.emit(std::move(op), other(m.from));
        break;
      }
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// What UPnP requires of each message (1.2.2, 1.3.2, 1.3.3).
  static void check(const content& c, const message& m, output& out) {
    if (!c.ended) out.violate(m.from, "end_of_head", "the head of a message does not end with an empty line");
    if (c.is == kind::notify && (c.target.empty() || c.sub_type.empty() || c.usn.empty()))
      out.violate(m.from, "notify", "NOTIFY without NT, NTS or USN");
    if (c.is == kind::search && c.man != "\"ssdp:discover\"") out.violate(m.from, "search", "M-SEARCH without MAN \"ssdp:discover\"");
    if (c.is == kind::search && c.target.empty()) out.violate(m.from, "search_target", "M-SEARCH without ST");
    if (c.is == kind::answer && (c.target.empty() || c.usn.empty())) out.violate(m.from, "response", "an answer without ST or USN");
    if (c.is == kind::search || c.location.empty()) return;
    const auto host = ip::parse(host_of_location(c.location));
    if (host && m.source.address != *host && host->is_v4() == m.source.address.is_v4() && !m.source.address.is_none())
      out.violate(m.from, "location", "a description is on another machine than its announcement");
  }

  void say(side who, const message& m, std::string_view fact, std::string_view value, std::uint8_t confidence, output& out,
           bool several = false) {
    if (!value.empty() && told_.fresh(m.source.address, {}, fact, value, m.time, "ssdp", out, several))
      out.learn(who, {}, fact, value, confidence);
  }
  void learn(const content& c, const message& m, output& out) {
    say(m.from, m, "software", c.server, stated, out);
    const auto os = c.server.substr(0, c.server.find_first_of(" ,"));  // "OS/version UPnP/1.0 product/version"
    if (os.find('/') != std::string::npos && !os.starts_with("UPnP")) say(m.from, m, "os", os, hinted, out);
    constexpr std::string_view uuid = "uuid:", device = ":device:";
    if (c.usn.starts_with(uuid))
      say(m.from, m, "uuid", std::string_view{c.usn}.substr(uuid.size(), c.usn.find("::") - uuid.size()), stated, out, true);
    if (const auto at = c.target.find(device); c.target.starts_with("urn:") && at != std::string::npos) {
      auto type = std::string_view{c.target}.substr(at + device.size());
      type = type.substr(0, type.find(':'));
      say(m.from, m, "device_type", type, stated, out, true);
      if (type == "InternetGatewayDevice") say(m.from, m, "role", "router", hinted, out);
    }
    say(m.from, m, "description_url", c.location, stated, out, true);
  }

  pending_requests<side, std::monostate, 32> pending_;
  told_facts<most_told> told_;
};

const protocol here{{
    .name = "ssdp",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ssdp_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
