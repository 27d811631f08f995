// Microsoft SQL Server ([MS-TDS]) on TCP, also where several requests share a connection ([MC-SMP]), and its browser on UDP ([MC-SQLR]):
// who logs in from where with which program, and what kind of statements run. Historians and SCADA systems keep their data there.
#include "sensor/dissect/mssql_browser.hpp"
#include "sensor/dissect/mssql_login.hpp"
#include "sensor/dissect/mssql_packet.hpp"
#include "sensor/dissect/mssql_query.hpp"
#include "sensor/dissect/ntlmssp_facts.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/spnego.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>

namespace mw {
namespace {

using namespace mssql;

constexpr std::array<std::uint16_t, 2> tcp_ports{1433, 14330};
constexpr std::array<std::uint16_t, 1> udp_ports{1434};
constexpr std::size_t longest_kept = 64 * 1024, most_channels = 32;
constexpr std::chrono::minutes patience{2};

match probe(bytes head, transport t) {
  if (t == transport::udp) return probe_browser(head) ? match::yes : match::no;
  if (t != transport::tcp || head.empty() || is_tls(head) || is_shared(head)) return match::no;
  const auto size = mssql::frame(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) return match::unsure;
  reader in{head.first(*size)};
  const auto h = read_header(in);
  if (!h) return match::no;
  switch (h->type) {
    case prelogin_packet: return read_prelogin(in.rest()) ? match::certain : match::no;
    case login_packet: return !h->last() || read_login(in.rest()) ? match::yes : match::no;
    case batch: return read_batch(in.rest()).keyword != "other" ? match::yes : match::no;
    case call: return read_call(in.rest()) ? match::yes : match::no;
    case tabular: return read_prelogin(in.rest()) ? match::certain : h->last() && read_done(in.rest(), true) ? match::yes : match::no;
    default: return match::no;
  }
}

class mssql_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::udp)
      browser_.on_message(m, out);
    else if (is_shared(m.data))
      on_shared(m, out);
    else if (is_tls(m.data))
      on_sealed(m, out);
    else
      on_packet(m.data, 0, m, out);
    return verdict::taken;
  }
  void on_gap(side from) override {
    for (auto& c : channels_) {
      auto& d = c.sides[static_cast<std::size_t>(from)];
      d.kept.clear();
      d.open = d.skipping = true;
    }
  }
  void on_time(timestamp now, output& out) override {
    for (auto& c : channels_)
      if (c.asked && now - c.asked->time > patience) close(c, outcome::timeout, out);
    browser_.on_time(now, out);
  }
  void on_end(timestamp, output& out) override {
    for (auto& c : channels_)
      if (c.asked) close(c, outcome::timeout, out);
    browser_.on_end(out);
  }

private:
  struct direction {
    bool open = false;      ///< a message is not whole yet
    bool skipping = false;  ///< its beginning is lost
    std::vector<std::uint8_t> kept;
  };
  struct channel {
    std::uint16_t id = 0;
    std::array<direction, 2> sides;
    std::optional<operation> asked;
    std::uint8_t type = 0;  ///< packet type of what was asked
    side asker = side::client;
    std::optional<std::uint32_t> error;
    bool answered = false;  ///< the first packet of the answer was read
  };

  channel& channel_of(std::uint16_t id, output& out) {
    const auto at = std::ranges::find(channels_, id, &channel::id);
    if (at != channels_.end()) return *at;
    if (channels_.size() >= most_channels) {
      if (channels_.front().asked) close(channels_.front(), outcome::timeout, out);
      channels_.pop_front();
      out.count("mssql", "forgotten", "channel");
    }
    channels_.push_back({});
    channels_.back().id = id;
    return channels_.back();
  }

  void on_shared(const message& m, output& out) {
    reader in{m.data};
    in.skip(1);
    const auto flags = in.u8();
    const auto id = in.u16le();
    in.skip(4 + 4 + 4);
    out.count("mssql", "shared", std::uint32_t{flags});
    if (!in.ok() || flags != multiplexed_data) return;
    on_packet(in.rest(), static_cast<std::uint16_t>(id + 1), m, out);
  }
  void on_sealed(const message& m, output& out) {
    out.count("mssql", "sealed", m.from == side::client ? std::string_view{"client"} : std::string_view{"server"});
    out.describe("encrypted", "yes");
    if (sealed_ || m.data[0] != tls_last) return;
    sealed_ = true;  // the login, at least
    operation op;
    op.time = m.time;
    op.action = action::authenticate;
    op.function = std::to_string(login_packet), op.function_name = "login";
    op.fields.emplace_back("encrypted", true);
    auto& c = channel_of(0, out);
    if (!c.asked && m.from == side::client) ask(c, login_packet, std::move(op), m.from, out);
  }

  void on_packet(bytes data, std::uint16_t id, const message& m, output& out) {
    reader in{data};
    const auto h = read_header(in);
    if (!h || in.left() + head_size != h->size) return out.violate(m.from, "packet", "the bytes are no whole packet");
    auto& c = channel_of(id, out);
    auto& d = c.sides[static_cast<std::size_t>(m.from)];
    if (d.skipping && h->number <= 1) d.open = d.skipping = false;
    const bool first = !d.open;
    d.open = !h->last();
    if (d.skipping) {
      if (h->last()) d.skipping = false;
      if (h->type == tabular && h->last()) on_answer({}, in.rest(), *h, c, m, out);
      return;
    }
    if (first) out.count("mssql", "packet", std::uint32_t{h->type});
    if (h->type == tabular) return on_answer(first ? in.rest() : bytes{}, in.rest(), *h, c, m, out);
    const bool keep = h->type == login_packet || h->type == prelogin_packet || h->type == security_packet;
    if (!keep) {
      if (first) on_request(h->type, in.rest(), c, m, out);
      return;
    }
    if (first && h->last()) return on_meeting(h->type, in.rest(), c, m, out);
    if (first) d.kept.clear();
    if (d.kept.size() + in.left() > longest_kept) {
      d.kept.clear();
      if (h->last()) out.violate(m.from, "login_size", "a login is longer than 64 KiB");
      return;
    }
    const auto rest = in.rest();
    d.kept.insert(d.kept.end(), rest.begin(), rest.end());
    if (h->last()) on_meeting(h->type, std::exchange(d.kept, {}), c, m, out);
  }

  static operation start(std::uint8_t type, std::string_view name, mw::action what, const message& m) {
    operation op;
    op.time = m.time;
    op.action = what;
    op.function = std::to_string(type), op.function_name = name;
    return op;
  }
  static void put(operation& op, std::string_view name, const std::string& text) {
    if (!text.empty()) op.fields.emplace_back(name, text);
  }
  void ask(channel& c, std::uint8_t type, operation&& op, side asker, output& out) {
    if (c.asked) close(c, outcome::timeout, out);
    c.asked = std::move(op);
    c.type = type, c.asker = asker;
    c.error.reset(), c.answered = false;
  }
  static void close(channel& c, outcome how, output& out) {
    c.asked->outcome = how;
    out.emit(std::move(*c.asked), c.asker);
    c.asked.reset();
  }

  void on_meeting(std::uint8_t type, bytes data, channel& c, const message& m, output& out) {
    constexpr std::uint8_t tls_handshake = 0x16;
    if (type == security_packet) {
      if (c.asked && c.type == login_packet) token(data, *c.asked, m, out);
      return;
    }
    if (type == login_packet) return on_login(data, c, m, out);
    if (!data.empty() && data[0] == tls_handshake) return out.count("mssql", "sealed", "handshake");
    const auto p = read_prelogin(data);
    if (!p) return out.violate(m.from, "prelogin", "the options of a prelogin do not point into it");
    auto op = start(type, "prelogin", action::session, m);
    put(op, "client_library_version", p->version);
    if (p->encryption) put(op, "client_encryption", std::string{encryption_name(*p->encryption)});
    put(op, "instance", p->instance);
    if (p->mars) op.fields.emplace_back("mars", true);
    if (p->federated) op.fields.emplace_back("federated_authentication", true);
    ask(c, type, std::move(op), m.from, out);
  }

  void on_login(bytes data, channel& c, const message& m, output& out) {
    const auto l = read_login(data);
    if (!l) return out.violate(m.from, "login", "the parts of a login do not lie inside of it");
    long_counts_ = l->version >= 0x72000000;
    auto op = start(login_packet, "login", action::authenticate, m);
    if (!l->user.empty()) op.objects.push_back({"user", l->user, 1, {}, {}});
    put(op, "user", l->user);
    put(op, "host", l->host);
    put(op, "application", l->application);
    put(op, "server_name", l->server);
    put(op, "database", l->database);
    put(op, "library", l->library);
    put(op, "language", l->language);
    put(op, "attached_file", l->attached_file);
    put(op, "tds_version", version_name(l->version));
    if (!l->client.is_none()) put(op, "client_id", to_string(l->client));
    op.fields.emplace_back("integrated", l->integrated);
    op.fields.emplace_back("password_given", l->password_given);
    if (l->password_given) op.fields.emplace_back("clear_text", true);  // it is only shuffled
    if (l->new_password) op.fields.emplace_back("password_change", true);
    if (l->read_only) op.fields.emplace_back("read_only", true);
    for (const auto& [name, text] : {std::pair{"user", &l->user}, {"application", &l->application}, {"database", &l->database}})
      if (!text->empty()) out.describe(name, *text);
    tell(m.from, "host_name", l->host, 60, m, out);
    tell(m.from, "software", l->application, 40, m, out);
    token(l->security_token, op, m, out);
    clear_password_ = l->password_given;
    ask(c, login_packet, std::move(op), m.from, out);
  }

  static void token(bytes data, operation& op, const message& m, output& out) {
    if (data.empty()) return;
    const auto t = spnego::read(data);
    if (!t) return;
    if (t->kerberos && !t->service.empty()) put(op, "service", t->service);
    if (t->ntlm.empty()) return;
    const auto ntlm = ntlmssp::read(t->ntlm);
    if (!ntlm) return out.violate(m.from, "ntlm", ntlm.error().what);
    ntlmssp::learn_from(*ntlm, m.from, out);
    if (ntlm->type == ntlmssp::kind::authenticate) ntlmssp::add_to(op, *ntlm);
  }

  void on_request(std::uint8_t type, bytes data, channel& c, const message& m, output& out) {
    if (type == attention) return;
    if (type == federated_token && c.asked) return;
    query q;
    if (type == batch) {
      q = read_batch(data);
    } else if (type == call) {
      const auto found = read_call(data);
      if (!found) return out.violate(m.from, "call", "a call names no procedure");
      q = *found;
    } else {
      q.keyword = type == bulk ? "BULK" : type == transaction ? "TRANSACTION" : "TOKEN";
      q.action = type == bulk ? action::write : action::session;
    }
    out.count("mssql", "keyword", q.keyword);
    auto op = start(type, q.keyword, q.action, m);
    if (!q.procedure.empty()) op.objects.push_back({"procedure", q.procedure, 1, {}, {}});
    put(op, "mentions", std::string{q.mentions});
    ask(c, type, std::move(op), m.from, out);
  }

  void on_answer(bytes first, bytes last, const header& h, channel& c, const message& m, output& out) {
    if (c.asked && c.type == prelogin_packet) return on_prelogin_answer(first, c, m, out);
    answer_words a;
    if (!first.empty() || c.answered) a = read_answer(first, long_counts_);
    if (!first.empty()) on_words(a, c, m, out);
    if (!h.last() || !c.asked) {
      if (h.last()) out.count("mssql", "answer", "unpaired");
      return;
    }
    auto& op = *c.asked;
    const auto end = read_done(last, long_counts_);
    const bool login = c.type == login_packet;
    if (login && !c.error && !a.login_accepted && !a.security_token.empty()) return;  // another round
    op.latency = m.time - op.time;
    if (c.error) op.code = std::to_string(*c.error);
    if (end && end->rows && !login) op.fields.emplace_back("rows", *end->rows);
    const bool failed = (c.error || (end && end->failed)) && !(login && a.login_accepted);
    if (login && !failed && clear_password_) tell(m.from, "insecure_configuration", "accepts passwords in clear text", 80, m, out);
    close(c, failed ? outcome::refused : outcome::ok, out);
  }

  void on_words(const answer_words& a, channel& c, const message& m, output& out) {
    c.answered = true;
    if (a.error) c.error = a.error;
    tell(m.from, "role", "database_server", 80, m, out);
    tell(m.from, "host_name", a.server.substr(0, a.server.find('\\')), 70, m, out);
    if (a.login_accepted) tell(m.from, "software", a.program + ' ' + a.program_version, 80, m, out);
    if (!c.asked || c.type != login_packet) return;
    if (a.error) put(*c.asked, "error", a.message);
    put(*c.asked, "database_given", a.database);
    token(a.security_token, *c.asked, m, out);
  }

  void on_prelogin_answer(bytes data, channel& c, const message& m, output& out) {
    const auto p = read_prelogin(data);
    auto& op = *c.asked;
    op.latency = m.time - op.time;
    if (!p) {
      out.violate(m.from, "prelogin", "the options of a prelogin do not point into it");
      return close(c, outcome::none, out);
    }
    put(op, "server_version", p->version);
    if (p->encryption) {
      put(op, "encryption", std::string{encryption_name(*p->encryption)});
      out.describe("encryption", encryption_name(*p->encryption));
      constexpr std::uint8_t not_supported = 2;
      if (*p->encryption == not_supported) tell(m.from, "insecure_configuration", "does not encrypt logins", 80, m, out);
    }
    const auto product = product_of(p->major, p->minor);
    if (!product.empty()) tell(m.from, "software", std::string{product} + ' ' + p->version, 80, m, out);
    tell(m.from, "role", "database_server", 80, m, out);
    close(c, outcome::ok, out);
  }

  void tell(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, const message& m, output& out) {
    if (!value.empty() && told_.fresh(m.source.address, {}, kind, value, m.time, "mssql", out, kind == "software"))
      out.learn(who, {}, kind, value, confidence);
  }

  std::deque<channel> channels_;
  bool long_counts_ = true, sealed_ = false, clear_password_ = false;
  browser browser_;
  told_facts<32> told_;
};

const protocol here{{
    .name = "mssql",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = mssql::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<mssql_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
