// DNS (RFC 1035), multicast DNS (RFC 6762), LLMNR (RFC 4795) and the NetBIOS name service (RFC 1002): who asked for which name, what
// the answer was, and what hosts say of themselves. Look-ups of identifiers (GS1 ONS, OID, Ecode) are told with their identifier.
#include "sensor/dissect/dns_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::uint16_t plain = 53, multicast = 5353, local = 5355, netbios = 137;
constexpr std::array<std::uint16_t, 2> tcp_ports{plain, local};
constexpr std::array<std::uint16_t, 4> udp_ports{plain, multicast, local, netbios};
constexpr std::size_t header = 12, most_told = 64, longest_values = 16;
constexpr std::uint8_t query = 0, notify = 4, update = 5, release = 6, refresh = 8, refresh_alternate = 9;
constexpr std::uint8_t stated = 80, hinted = 50;
constexpr std::uint16_t type_a = 1, type_aaaa = 28, type_srv = 33, type_hinfo = 13, type_nb = 32;
constexpr std::uint16_t class_mask = 0x7fff;  // the highest bit means something else in multicast DNS
constexpr std::array<std::uint16_t, 5> classes{1, 3, 4, 254, 255};

/// Zones under which an identifier is looked up: GS1 ONS 2.0, ITU-T X.672 (OID), GB/T 36605 (Ecode).
struct resolution {
  std::string_view zone, system;
};
constexpr std::array<resolution, 3> resolutions{{{"onsepc.com", "gs1"}, {"oid-res.org", "oid"}, {"iotroot.com", "ecode"}}};

std::string_view protocol_of(const message& m) {
  const auto is = [&](std::uint16_t number) { return m.source.port.number == number || m.target.port.number == number; };
  if (m.transport == transport::tcp) return "dns";
  return is(multicast) ? "mdns" : is(local) ? "llmnr" : is(netbios) ? "nbns" : "dns";
}

bool plausible(const dns::content& c) {
  const auto op = c.opcode();
  if (op == 3 || op > refresh_alternate || (c.flags & 0x0040u) != 0) return false;
  if (c.questions.size() > 32 || c.question_count + c.answer_count + c.other_count == 0) return false;
  for (const auto& q : c.questions)
    if (std::ranges::find(classes, q.cls & class_mask) == classes.end()) return false;
  return c.is_response() || c.question_count != 0;
}

match probe(bytes head, transport t) {
  if (t == transport::tcp) {
    reader in{head};
    const auto size = in.u16();
    if (!in.ok()) return match::unsure;
    if (size < header) return match::no;
    if (in.left() < size) return match::unsure;
    head = in.take(size);
  }
  if (head.size() < header) return match::no;
  const auto c = dns::parse(head);
  return c && plausible(*c) && (c->question_count == 1 || c->answer_count != 0) ? match::yes : match::no;
}

result<std::size_t> frame(bytes head) {
  reader in{head};
  const auto size = in.u16();
  if (!in.ok()) return std::size_t{0};
  if (size < header) return fail(fault::malformed, "a DNS message is shorter than its header", 0);
  return std::size_t{size} + 2u;
}

std::string lower(std::string_view s) {
  std::string out{s};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "1.2.156.1" where the name is "1.156.2.1.oid-res.org": identifiers stand in a name with their last part first.
std::string identifier_of(std::string_view labels) {
  std::string out;
  while (!labels.empty()) {
    const auto dot = labels.rfind('.');
    if (!out.empty()) out += '.';
    out += dot == std::string_view::npos ? labels : labels.substr(dot + 1);
    labels = dot == std::string_view::npos ? std::string_view{} : labels.substr(0, dot);
  }
  return out;
}

class dns_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto spoken = protocol_of(m);
    auto data = m.data;
    if (m.transport == transport::tcp) {
      if (data.size() < 2) return verdict::taken;
      data = data.subspan(2);
    }
    const auto c = dns::parse(data);
    if (!c) {
      out.violate(m.from, c.error().kind == fault::truncated ? "length" : "name", c.error().what);
      return verdict::taken;
    }
    out.count(spoken, c->is_response() ? "response" : "query", c->opcode());
    if (c->is_response()) out.count(spoken, "rcode", c->rcode());
    for (const auto& q : c->questions) out.count(spoken, c->is_response() ? "response_type" : "query_type", q.type);
    const bool to_all = m.target.address.is_multicast() || m.target.address.is_broadcast() || m.target.hardware.is_group();
    if (c->is_response())
      answered(*c, m, spoken, out);
    else
      asked(*c, m, spoken, to_all, out);
    if (spoken != "dns") learn_names(*c, m, spoken, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  static operation describe(const dns::content& c, const dns::question& q, timestamp at, std::string_view spoken) {
    operation op;
    op.time = at;
    op.protocol = spoken;
    const bool nb = spoken == "nbns";
    const auto op_code = c.opcode();
    op.function = std::to_string(q.type);
    op.function_name = nb && q.type == 33 ? "nbstat" : lower(dns::type_name(q.type));
    op.action = action::read;
    if (op_code == update || (nb && (op_code == refresh || op_code == refresh_alternate || op_code == release)))
      op.action = action::configure;
    if (op_code == notify && !nb) op.action = action::report;
    std::string name = q.name;
    if (nb)
      if (auto plain_name = dns::netbios_name(name); !plain_name.empty()) name = std::move(plain_name);
    if (op_code != query) op.fields.emplace_back("opcode", std::int64_t{op_code});
    const auto small = lower(name);
    for (const auto& r : resolutions)
      if (small.size() > r.zone.size() + 1 && small.ends_with(r.zone) && small[small.size() - r.zone.size() - 1] == '.') {
        op.fields.emplace_back("identifier_system", std::string{r.system});
        op.fields.emplace_back("identifier", identifier_of(std::string_view{name}.substr(0, name.size() - r.zone.size() - 1)));
      }
    op.objects.push_back({"name", std::move(name)});
    return op;
  }

  void asked(const dns::content& c, const message& m, std::string_view spoken, bool to_all, output& out) {
    for (std::size_t i = 0; i < c.questions.size(); ++i) {
      auto op = describe(c, c.questions[i], m.time, spoken);
      if (i != 0 || to_all) {  // answers to many come in conversations of their own, if at all
        op.outcome = outcome::none;
        out.emit(std::move(op), m.from);
      } else {
        pending_.add({c.id, m.from}, std::move(op), out, m.from);
      }
    }
  }

  void answered(const dns::content& c, const message& m, std::string_view spoken, output& out) {
    auto request = pending_.take({c.id, other(m.from)});
    operation op;
    const bool paired = request.has_value();
    if (paired) {
      op = std::move(request->op);
      op.latency = m.time - op.time;
    } else {
      dns::question q;
      if (!c.questions.empty())
        q = c.questions.front();
      else if (!c.answers.empty())
        q = {c.answers.front().name, c.answers.front().type, c.answers.front().cls};
      op = describe(c, q, m.time, spoken);
    }
    for (std::size_t i = 0; i < c.answers.size() && i < longest_values; ++i) op.values.emplace_back(c.answers[i].text);
    if (!c.answers.empty()) op.fields.emplace_back("ttl", std::int64_t{std::ranges::min_element(c.answers, {}, &dns::record::ttl)->ttl});
    if (c.answer_count > longest_values) op.fields.emplace_back("answers", std::int64_t{c.answer_count});
    if ((c.flags & 0x0200u) != 0) op.fields.emplace_back("truncated", true);
    const bool said_to_all = spoken == "mdns" || !paired;
    if (said_to_all && c.rcode() == 0 && spoken != "dns") {
      op.action = action::report;
      op.outcome = outcome::unsolicited;
    } else {
      op.outcome = !paired ? outcome::unpaired : c.rcode() == 0 ? outcome::ok : outcome::refused;
    }
    if (c.rcode() != 0) {
      op.code = std::to_string(c.rcode());
      op.fields.emplace_back("error", std::string{dns::rcode_name(c.rcode())});
    }
    out.emit(std::move(op), other(m.from));
  }

  /// A host names itself: in answers of multicast DNS and LLMNR, in registrations and answers of NetBIOS.
  void learn_names(const dns::content& c, const message& m, std::string_view spoken, output& out) {
    const auto say = [&](std::string_view kind, std::string_view value, std::uint8_t confidence, bool several = false) {
      if (!value.empty() && told_.fresh(m.source.address, {}, kind, value, m.time, spoken, out, several))
        out.learn(m.from, {}, kind, value, confidence);
    };
    if (spoken == "nbns") {
      const bool registers = !c.is_response() && (c.opcode() == update || c.opcode() == refresh || c.opcode() == refresh_alternate);
      for (const auto* section : {&c.answers, &c.others})
        for (const auto& r : *section) {
          const auto name = dns::netbios_name(r.name);
          if (name.size() < 5 || r.data.size() < 6 || r.type != type_nb || (!registers && section != &c.answers)) continue;
          const bool group = (r.data[0] & 0x80u) != 0;
          const bool own = ip::v4(r.data[2], r.data[3], r.data[4], r.data[5]) == m.source.address;
          const auto suffix = std::string_view{name}.substr(name.size() - 4), bare = std::string_view{name}.substr(0, name.size() - 4);
          if (!group && own && (suffix == "<00>" || suffix == "<20>")) say("host_name", bare, stated);
          if (group && registers && suffix == "<00>") say("domain", bare, hinted);
        }
      return;
    }
    if (!c.is_response()) return;
    for (const auto* section : {&c.answers, &c.others})
      for (const auto& r : *section) {
        if ((r.type == type_a || r.type == type_aaaa) && r.text == to_string(m.source.address))
          say("host_name", std::string_view{r.name}.substr(0, r.name.find('.')), stated);
        if (spoken != "mdns") continue;
        if (r.type == type_hinfo) say("os", r.text, hinted);
        if (r.type != type_srv) continue;
        const auto service = r.name.find("._");
        const auto end = r.name.rfind(".local");
        if (service != std::string::npos && end != std::string::npos && end > service)
          say("dns_service", std::string_view{r.name}.substr(service + 1, end - service - 1), hinted, true);
      }
  }

  pending_requests<std::pair<std::uint16_t, side>> pending_;
  told_facts<most_told> told_;
};

const protocol here{{
    .name = "dns",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<dns_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
