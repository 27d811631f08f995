// Fox, the protocol of Tridium Niagara stations (building automation), on TCP: messages of text in several channels. There is no public
// specification; see fox_message.cpp. With TLS (port 4911) nothing of it is seen.
#include "sensor/dissect/fox_assembly.hpp"
#include "sensor/dissect/fox_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{1911};
constexpr std::size_t most_told = 32, most_circuits = 64;
constexpr std::uint8_t stated = 80, hinted = 50;

struct type_name {
  char type;
  std::string_view name;
};
constexpr auto types = std::to_array<type_name>({{'s', "synchronous"},
                                                 {'a', "asynchronous"},
                                                 {'r', "reply"},
                                                 {'e', "error"},
                                                 {'n', "empty_reply"},
                                                 {'k', "keep_alive"},
                                                 {'c', "close"}});

struct verb {
  std::string_view channel, command;  ///< "" = whatever
  action what;
};
/// What a command means; the first that fits.
constexpr auto verbs = std::to_array<verb>({
    {"sys", "stationCall", action::control},
    {"sys", "niagaraRpc", action::control},
    {"sys", "navEvent", action::report},
    {"sys", "stationEvent", action::report},
    {"sys", "subNavEvents", action::subscribe},
    {"sys", "unsubNavEvents", action::subscribe},
    {"sys", "makeBrokerChannel", action::session},
    {"sys", "", action::identify},
    {"broker", "invoke", action::control},
    {"broker", "sync", action::write},
    {"broker", "subscribe", action::subscribe},
    {"broker", "unsubscribe", action::subscribe},
    {"broker", "", action::read},
    {"station", "invoke", action::control},
    {"station", "sync", action::write},
    {"station", "", action::read},
    {"data", "", action::read},
    {"file", "", action::file_read},
    {"user", "", action::configure},
    {"fox", "", action::session},
    {"circuit", "", action::session},
});
action meaning(std::string_view channel, std::string_view command) {
  const auto it =
      std::ranges::find_if(verbs, [&](const verb& v) { return v.channel == channel && (v.command.empty() || v.command == command); });
  return it == verbs.end() ? action::diagnose : it->what;
}

/// The steps between hello and welcome are one login.
constexpr std::array<std::string_view, 11> login_steps{
    "kerberos",    "username",    "challenge", "response", "clientKeyExchangeMethod", "authMessage1", "authMessage2",
    "srp6ClientA", "srp6ServerB", "srp6M1",    "srp6M2"};
constexpr std::array<std::string_view, 5> addresses{"ord", "path", "slotPath", "fileName", "target"};

std::string snake(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z' && !out.empty()) out += '_';
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '.' ? '_' : c;
  }
  return out;
}

/// The end of a message shows when all of it was read: the session looks for it, so that no octet is read twice.
result<std::size_t> frame(bytes head) { return head.size(); }

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto m = fox::parse(head);
  if (m) return match::certain;
  return m.error().kind == fault::truncated ? match::unsure : match::no;
}

/// What waits: a hello, a login, or a request with its number.
struct key {
  char kind = 0;  ///< 'h', 'l' or 's'
  side asker = side::client;
  std::int64_t number = 0;
  bool operator==(const key&) const = default;
};

class fox_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    parts_[static_cast<std::size_t>(m.from)].add(m.data, m.time,
                                                 {.message =
                                                      [&](bytes whole, timestamp began) {
                                                        auto one = m;
                                                        one.data = whole, one.time = began;
                                                        take(one, out);
                                                      },
                                                  .damage = [&](std::string_view why) { out.violate(m.from, "framing", why); }});
    return verdict::taken;
  }
  void on_gap(side from) override {
    parts_[static_cast<std::size_t>(from)].gap();
    next_[static_cast<std::size_t>(from)] = -1;
  }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  struct circuit {
    side opener = side::client;
    std::string id, channel, command;
  };

  void take(const message& m, output& out) {
    const auto f = fox::parse(m.data);
    if (!f || f->size != m.data.size()) return out.violate(m.from, "syntax", f ? "octets follow the end of a message" : f.error().what);
    const auto it = std::ranges::find(types, f->type, &type_name::type);
    if (it != types.end()) out.count("fox", "message", it->name);
    if (f->type == 'k') return;
    check_sequence(*f, m, out);
    switch (f->type) {
      case 'r':
      case 'n':
      case 'e': on_reply(*f, m, out); break;
      case 'c': emit(begin(*f, m), m.from, outcome::none, out); break;
      default: on_request(*f, m, out);
    }
  }

  static void emit(operation&& op, side asker, outcome how, output& out) {
    op.outcome = how;
    out.emit(std::move(op), asker);
  }
  static operation begin(const fox::message& f, const message& m) {
    operation op;
    op.time = m.time;
    op.action = meaning(f.channel, f.command);
    op.function = f.channel + '.' + f.command;
    op.function_name = f.type == 'c' ? "close" : snake(f.command);
    return op;
  }

  void check_sequence(const fox::message& f, const message& m, output& out) {
    auto& next = next_[static_cast<std::size_t>(m.from)];
    if (f.type == 'c' || f.sequence < 0) return;
    if (next >= 0 && f.sequence != next) out.violate(m.from, "sequence", "a message is not the next of its side");
    next = f.sequence == std::numeric_limits<std::int64_t>::max() ? -1 : f.sequence + 1;
  }

  void on_request(const fox::message& f, const message& m, output& out) {
    if (f.channel == "fox" && on_tuning(f, m, out)) return;
    auto op = begin(f, m);
    for (const auto name : addresses)
      if (const auto* t = f.find(name); t != nullptr && t->type == 's')
        op.objects.push_back({.space = std::string{name}, .address = fox::text_of(*t), .property = {}, .index = {}});
    if (f.channel == "circuit") on_circuit(f, m, op, out);
    if (f.type == 's') return open_.add({'s', m.from, f.reply}, std::move(op), out, m.from);
    emit(std::move(op), m.from, outcome::none, out);
  }

  void on_reply(const fox::message& f, const message& m, output& out) {
    auto asked = open_.take({'s', other(m.from), f.reply});
    if (!asked) {
      auto op = begin(f, m);
      if (f.type == 'e') op.fields.emplace_back("error", true);
      return emit(std::move(op), other(m.from), outcome::unpaired, out);
    }
    if (f.type == 'e')
      for (const auto* name : {"cause", "message", "reason", "type"})
        if (const auto* t = f.find(name); t != nullptr) asked->op.fields.emplace_back("reason", fox::text_of(*t));
    answer(std::move(*asked), m.time, f.type == 'e' ? outcome::refused : outcome::ok, out);
  }

  /// What is said on the channel "fox" before a session stands. False for other commands.
  bool on_tuning(const fox::message& f, const message& m, output& out) {
    if (f.command == "hello") return on_hello(f, m, out), true;
    if (f.command == "redirect" || f.command == "busy") {
      if (auto asked = open_.take({'h', other(m.from)})) {
        asked->op.fields.emplace_back("reason", f.command);
        answer(std::move(*asked), m.time, outcome::refused, out);
        return true;
      }
      return false;
    }
    if (std::ranges::find(login_steps, f.command) != login_steps.end()) return on_login(f, m, out), true;
    if (f.command != "welcome" && f.command != "rejected" && f.command != "retry") return false;
    auto asked = open_.take({'l', other(m.from)});
    if (!asked) return false;
    if (const auto* t = f.find("authfail_reason"); t != nullptr) asked->op.fields.emplace_back("reason", fox::text_of(*t));
    answer(std::move(*asked), m.time, f.command == "welcome" ? outcome::ok : outcome::refused, out);
    return true;
  }

  void on_hello(const fox::message& f, const message& m, output& out) {
    const auto* version = f.find("fox.version");
    if (version == nullptr || !fox::text_of(*version).starts_with("1.0"))
      out.violate(m.from, "version", "a hello of a version that is not known");
    tell(f, m, out);
    if (auto asked = open_.take({'h', other(m.from)})) {
      keep_hello(f, asked->op, "peer_");
      return answer(std::move(*asked), m.time, outcome::ok, out);
    }
    auto op = begin(f, m);
    keep_hello(f, op, "");
    open_.add({'h', m.from}, std::move(op), out, m.from);
  }
  static void keep_hello(const fox::message& f, operation& op, const std::string& prefix) {
    for (const auto* name : {"fox.version", "hostName", "hostAddress", "app.name", "app.version", "station.name", "lang", "timeZone"})
      if (const auto* t = f.find(name); t != nullptr) op.fields.emplace_back(prefix + snake(name), fox::text_of(*t));
  }
  void tell(const fox::message& f, const message& m, output& out) {
    const auto say = [&](std::string_view kind, const std::string& value, std::uint8_t confidence = stated) {
      const auto side_and_value = (m.from == side::client ? "c" : "s") + value;
      if (!value.empty() && told_.fresh({}, {}, kind, side_and_value, m.time, "fox", out, true))
        out.learn(m.from, {}, kind, value, confidence);
    };
    const auto value = [&](std::string_view name) {
      const auto* t = f.find(name);
      return t == nullptr ? std::string{} : fox::text_of(*t);
    };
    const auto both = [&](std::string_view name, std::string_view version) {
      auto text = value(name);
      if (const auto v = value(version); !text.empty() && !v.empty()) text += ' ' + v;
      return text;
    };
    const auto host = value("hostName"), application = value("app.name");
    if (!ip::parse(host)) say("host_name", host);  // many stations have only an address to say
    say("ip", value("hostAddress"), hinted);
    say("station_name", value("station.name"));
    say("software", both("app.name", "app.version"));
    say("os", both("os.name", "os.version"));
    say("runtime", both("vm.name", "vm.version"));
    say("host_id", value("hostId"));
    say("brand", value("brandId"));
    if (application == "Station") say("vendor", "Tridium", hinted), say("role", "niagara_station");
    if (application == "Workbench") say("role", "engineering_station");
  }

  /// The server leads: whose `challenge` or `kerberos` it is has been asked by the other side to let it in.
  void on_login(const fox::message& f, const message& m, output& out) {
    const bool by_server = f.command == "kerberos" || f.command == "challenge" || f.command == "srp6ServerB" || f.command == "srp6M2";
    const bool by_either = f.command.starts_with("authMessage");
    auto who = by_server ? other(m.from) : m.from;
    if (by_either && open_.find({'l', other(m.from)}) != nullptr) who = other(m.from);
    const key wanted{'l', who};
    if (open_.find(wanted) == nullptr) {
      operation op;
      op.time = m.time;
      op.action = action::authenticate;
      op.function = "fox.login";
      op.function_name = "login";
      open_.add(wanted, std::move(op), out, who);
    }
    auto& fields = open_.find(wanted)->op.fields;
    const auto note = [&](std::string_view tuple, std::string_view field) {
      const auto* t = f.find(tuple);
      if (t == nullptr || t->type != 's' ||
          std::ranges::find(fields, field, [](const auto& x) { return std::string_view{x.first}; }) != fields.end())
        return;
      fields.emplace_back(field, fox::text_of(*t));
    };
    note("method", "method");
    note("username", "user");
    note("user", "user");
    if (f.find("password") != nullptr && std::ranges::find(fields, "password_given", &field::first) == fields.end())
      fields.emplace_back("password_given", true);
  }

  /// Streams of octets within the session, opened for another channel's command.
  void on_circuit(const fox::message& f, const message& m, operation& op, output& out) {
    const auto* number = f.find("id");
    if (number == nullptr) return out.violate(m.from, "circuit", "a circuit without number");
    const auto id = fox::text_of(*number);
    op.fields.emplace_back("circuit", id);
    auto at = std::ranges::find(circuits_, id, &circuit::id);
    if (f.command == "open") {
      circuit c{m.from, id, {}, {}};
      if (const auto* t = f.find("channel")) c.channel = fox::text_of(*t);
      if (const auto* t = f.find("command")) c.command = fox::text_of(*t);
      if (at != circuits_.end()) circuits_.erase(at);
      if (circuits_.size() >= most_circuits) {
        out.count("fox", "forgotten", "circuit");
        circuits_.erase(circuits_.begin());
      }
      describe(c, m.from, op);
      circuits_.push_back(std::move(c));
      return;
    }
    if (const auto* data = f.find("data"); data != nullptr) op.fields.emplace_back("payload_size", std::uint64_t{data->value.size()});
    if (at == circuits_.end()) return;
    describe(*at, m.from, op);
    if (f.command == "close") circuits_.erase(at);
  }
  static void describe(const circuit& c, side from, operation& op) {
    op.fields.emplace_back("for", c.channel + '.' + c.command);
    op.action = meaning(c.channel, c.command);
    // who opens a circuit for a file and then sends itself, writes
    if (op.action == action::file_read && c.opener == from && op.function == "circuit.stream") op.action = action::file_write;
  }

  std::array<fox::assembly, 2> parts_;
  pending_requests<key> open_;
  std::array<std::int64_t, 2> next_{-1, -1};
  std::vector<circuit> circuits_;
  told_facts<most_told> told_;
};

const protocol fox_protocol{{
    .name = "fox",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<fox_session>(); },
}};

}  // namespace
}  // namespace mw
