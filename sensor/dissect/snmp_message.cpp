// One SNMP message: versions, security, PDUs, variable bindings.
#include "sensor/dissect/snmp_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::snmp {
namespace {

using ber::element;
using ber::tag_class;

constexpr std::array<std::string_view, pdu_count> names{"get",      "get_next", "response", "set",   "trap",
                                                        "get_bulk", "inform",   "trap",     "report"};
constexpr std::array<std::string_view, 19> statuses{"no_error",
                                                    "too_big",
                                                    "no_such_name",
                                                    "bad_value",
                                                    "read_only",
                                                    "general_error",
                                                    "no_access",
                                                    "wrong_type",
                                                    "wrong_length",
                                                    "wrong_encoding",
                                                    "wrong_value",
                                                    "no_creation",
                                                    "inconsistent_value",
                                                    "resource_unavailable",
                                                    "commit_failed",
                                                    "undo_failed",
                                                    "authorization_error",
                                                    "not_writable",
                                                    "inconsistent_name"};
constexpr std::array<std::string_view, 7> generic_traps{
    "cold_start", "warm_start", "link_down", "link_up", "authentication_failure", "egp_neighbor_loss", "enterprise_specific"};
/// Words that products are shipped with.
constexpr std::string_view shipped[] = {
    "public",    "private",    "",     "admin",        "administrator", "cisco",    "community", "default", "manager", "monitor", "read",
    "read-only", "read-write", "rmon", "rmon_admin",   "secret",        "security", "snmp",      "snmpd",   "system",  "test",    "trap",
    "write",     "openview",   "ilmi", "cable-docsis", "internal",      "root",     "0",         "1234",    "password"};

/// Objects whose values are keys, passwords or communities.
constexpr std::string_view secrets[] = {
    "1.3.6.1.6.3.18.1.1.1.2.",        // snmpCommunityName
    "1.3.6.1.6.3.15.1.2.2.1.6.",      // usmUserAuthKeyChange
    "1.3.6.1.6.3.15.1.2.2.1.7.",      // usmUserOwnAuthKeyChange
    "1.3.6.1.6.3.15.1.2.2.1.9.",      // usmUserPrivKeyChange
    "1.3.6.1.6.3.15.1.2.2.1.10.",     // usmUserOwnPrivKeyChange
    "1.3.6.1.4.1.9.9.96.1.1.1.1.8.",  // ccCopyUserPassword
};

constexpr std::size_t most_bindings = 256, longest_text = 256, longest_octets = 128;
constexpr std::uint8_t authenticated = 1, private_ = 2;
enum application : std::uint32_t { ip_address = 0, counter32 = 1, gauge32 = 2, time_ticks = 3, opaque = 4, counter64 = 6 };

void note(parsed& m, std::string_view rule, std::string_view what) {
  if (m.rule.empty()) m.rule = rule, m.wrong = what;
}

std::int64_t read_integer(reader& in) {
  const auto e = ber::next(in);
  const auto v = ber::to_signed(e.content);
  in.expect(e.universal(ber::integer) && v.has_value(), "an integer");
  return v.value_or(0);
}
bytes read_octets(reader& in) {
  const auto e = ber::next(in);
  in.expect(e.universal(ber::octet_string), "an octet string");
  return e.content;
}
reader read_sequence(reader& in) {
  const auto e = ber::next(in);
  in.expect(e.universal(ber::sequence) && e.constructed, "a sequence");
  return reader{in.ok() ? e.content : bytes{}};
}

value text_or_hex(bytes b) {
  if (is_text(b)) return printable(b, longest_text);
  // a description has line ends
  const bool lines = std::ranges::all_of(b, [](std::uint8_t c) { return (c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n' || c == '\t'; });
  if (!lines) return hex(b, longest_octets);
  std::string out;
  for (const auto c : b.first(std::min(b.size(), longest_text))) out += c < 0x20 ? ' ' : static_cast<char>(c);
  return out;
}

/// Nothing for what is absent; `known` is cleared where the type is not one of SNMP's (RFC 2578, 7.1).
value value_of(const element& e, bool& known) {
  if (e.kind == tag_class::universal) switch (e.number) {
      case ber::integer:
        if (const auto v = ber::to_signed(e.content)) return *v;
        break;
      case ber::octet_string: return text_or_hex(e.content);
      case ber::null: return {};
      case ber::object_identifier: return ber::to_oid(e.content);
      default: break;
    }
  if (e.kind == tag_class::application) switch (e.number) {
      case ip_address:
        if (e.content.size() == 4) return to_string(ip::v4(e.content[0], e.content[1], e.content[2], e.content[3]));
        break;
      case counter32:
      case gauge32:
      case time_ticks:
      case counter64:
        if (const auto v = ber::to_unsigned(e.content)) return *v;
        break;
      default: return hex(e.content, longest_octets);
    }
  if (e.kind == tag_class::context && e.number <= 2) return {};  // no such object, no such instance, end of the view
  known = false;
  return {};
}

void read_bindings(reader& in, parsed& m) {
  auto list = read_sequence(in);
  if (!in.ok()) return;
  while (list.left() != 0) {
    auto one = read_sequence(list);
    const auto name = ber::next(one), value = ber::next(one);
    if (!list.ok() || !one.ok() || one.left() != 0 || !name.universal(ber::object_identifier)) {
      note(m, "binding", "a variable binding is not a name and a value");
      return;
    }
    if (m.bindings.size() >= most_bindings) {
      ++m.more;
      continue;
    }
    binding b{.oid = ber::to_oid(name.content), .value = {}};
    if (b.oid.empty()) note(m, "binding", "the name of a variable is no object identifier");
    bool known = true;
    b.value = value_of(value, known);
    if (!known) note(m, "binding", "a variable has a value of a type that SNMP does not have");
    if (std::ranges::any_of(secrets, [&](std::string_view s) { return b.oid.starts_with(s); })) b.value = {};
    m.bindings.push_back(std::move(b));
  }
}

void read_trap_v1(reader& in, parsed& m) {
  const auto enterprise = ber::next(in), agent = ber::next(in);
  in.expect(enterprise.universal(ber::object_identifier), "an enterprise");
  in.expect(agent.is(tag_class::application, ip_address) && agent.content.size() == 4, "an agent's address");
  m.enterprise = ber::to_oid(enterprise.content);
  m.generic_trap = read_integer(in), m.specific_trap = read_integer(in);
  const auto ticks = ber::next(in);
  in.expect(ticks.is(tag_class::application, time_ticks), "a time stamp");
  if (!in.ok()) return;
  m.agent = to_string(ip::v4(agent.content[0], agent.content[1], agent.content[2], agent.content[3]));
  m.uptime = static_cast<std::int64_t>(ber::to_unsigned(ticks.content).value_or(0));
  read_bindings(in, m);
}

/// False where what comes is no PDU.
bool read_pdu(reader& in, parsed& m) {
  const auto e = ber::next(in);
  if (!in.ok() || e.kind != tag_class::context || !e.constructed || e.number >= pdu_count) return false;
  m.pdu = static_cast<std::uint8_t>(e.number);
  reader body{e.content};
  if (m.pdu == trap_v1) {
    read_trap_v1(body, m);
  } else {
    m.request_id = read_integer(body), m.error_status = read_integer(body), m.error_index = read_integer(body);
    read_bindings(body, m);
  }
  if (!body.ok()) note(m, "pdu", "the PDU has not the parts of its kind");
  if (body.ok() && body.left() != 0) note(m, "length", "more than it can hold stands in the PDU");
  const bool of_v1 = m.pdu <= trap_v1;
  if (m.version == 0 ? !of_v1 : m.pdu == trap_v1) note(m, "pdu", "a PDU that this version does not have");
  return true;
}

/// The parameters of the user-based security model (RFC 3414, 2.4).
void read_user(bytes data, parsed& m) {
  reader in{data};
  auto usm = read_sequence(in);
  m.engine = read_octets(usm);
  m.engine_boots = read_integer(usm), m.engine_time = read_integer(usm);
  m.user = printable(read_octets(usm), 64);
  (void)read_octets(usm), (void)read_octets(usm);  // digest and salt
  if (!in.ok() || !usm.ok()) note(m, "security", "the security parameters have not the parts of their model");
}

bool read_v3(reader& in, parsed& m) {
  auto head = read_sequence(in);
  m.message_id = read_integer(head);
  (void)read_integer(head);  // the largest message
  const auto flags = read_octets(head);
  m.security_model = read_integer(head);
  const auto security = read_octets(in);
  const auto data = ber::next(in);
  if (!in.ok() || !head.ok() || flags.size() != 1) return false;
  m.flags = flags[0];
  if ((m.flags & private_) != 0 && (m.flags & authenticated) == 0) note(m, "security_level", "encrypted, but not authenticated");
  if (m.security_model == 3) read_user(security, m);
  m.encrypted = data.universal(ber::octet_string);
  if (m.encrypted != ((m.flags & private_) != 0)) note(m, "security_level", "the flags and the form of the data do not agree");
  if (m.encrypted) return true;
  if (!data.universal(ber::sequence)) return false;
  reader scoped{data.content};
  (void)read_octets(scoped);  // the engine of the context
  m.context = printable(read_octets(scoped), 64);
  return scoped.ok() && read_pdu(scoped, m);
}

}  // namespace

std::optional<parsed> read(bytes data) {
  reader all{data};
  auto in = read_sequence(all);
  parsed m;
  m.version = read_integer(in);
  if (!all.ok() || !in.ok() || (m.version != 0 && m.version != 1 && m.version != 3)) return {};
  if (all.left() != 0) note(m, "length", "octets follow the message");
  if (m.version == 3) {
    if (!read_v3(in, m)) return {};
    return m;
  }
  const auto community = read_octets(in);
  m.default_community = std::ranges::any_of(shipped, [&](std::string_view s) { return std::ranges::equal(community, s); });
  if (!in.ok() || !read_pdu(in, m)) return {};
  return m;
}

std::string_view name_of(std::uint8_t pdu) { return names.at(pdu < pdu_count ? pdu : std::uint8_t{report}); }
std::string_view status_name(std::int64_t s) {
  return s >= 0 && static_cast<std::size_t>(s) < statuses.size() ? statuses.at(static_cast<std::size_t>(s)) : "unknown";
}
std::string_view generic_trap_name(std::int64_t n) {
  return n >= 0 && static_cast<std::size_t>(n) < generic_traps.size() ? generic_traps.at(static_cast<std::size_t>(n)) : "unknown";
}
std::string_view security_level(std::uint8_t flags) {
  return (flags & private_) != 0 ? "auth_priv" : (flags & authenticated) != 0 ? "auth_no_priv" : "no_auth_no_priv";
}

}  // namespace mw::snmp
