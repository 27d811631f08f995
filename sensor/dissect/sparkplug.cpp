// Sparkplug B on MQTT: topics, metrics by name and number, births and deaths, sequence numbers.
#include "sensor/dissect/sparkplug.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace mw::sparkplug {
namespace {

constexpr std::size_t most_nodes = 64, most_definitions = 8192, most_objects = 512;
constexpr std::size_t most_metrics = 16384;  ///< of one message that are looked at
constexpr unsigned deepest = 4;              ///< templates in templates
constexpr std::size_t longest_name = 256;
constexpr std::string_view space = "sparkplug", ns = "spBv1.0", old_state = "STATE";

struct kind_info {
  std::string_view word, name;  ///< in the topic, and as the function's name
  action what;
  bool of_device;  ///< has a device in its topic
};
constexpr std::array<kind_info, 9> kinds{{
    {"NBIRTH", "nbirth", action::report, false},
    {"NDEATH", "ndeath", action::report, false},
    {"DBIRTH", "dbirth", action::report, true},
    {"DDEATH", "ddeath", action::report, true},
    {"NDATA", "ndata", action::report, false},
    {"DDATA", "ddata", action::report, true},
    {"NCMD", "ncmd", action::control, false},
    {"DCMD", "dcmd", action::control, true},
    {"STATE", "state", action::report, false},
}};
const kind_info& about(kind k) { return kinds.at(static_cast<std::size_t>(k)); }
bool is_birth(kind k) { return k == kind::nbirth || k == kind::dbirth; }
bool is_command(kind k) { return k == kind::ncmd || k == kind::dcmd; }

/// Metrics of a birth that say what a machine is, as 6.4.21 proposes them and gateways write them.
constexpr std::pair<std::string_view, std::string_view> properties[] = {
    {"hardware make", "vendor"},
    {"manufacturer", "vendor"},
    {"vendor", "vendor"},
    {"hardware model", "model"},
    {"model", "model"},
    {"os", "os"},
    {"os version", "software"},
    {"firmware", "firmware"},
    {"firmware version", "firmware"},
    {"fw version", "firmware"},
    {"serial", "serial"},
    {"serial number", "serial"},
    {"hardware version", "hardware"},
    {"software version", "software"},
    {"host name", "host_name"},
    {"hostname", "host_name"},
};

std::string lower(std::string_view s) {
  std::string out{s};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
/// The kind of fact that a metric is; empty where it is a process value. Its folder must say so: "Pump/Model" may be anything.
std::string_view property_of(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash == std::string_view::npos) return {};
  const auto folder = lower(name.substr(0, slash)), last = lower(name.substr(slash + 1));
  if (folder.find("propert") == std::string::npos && folder.find("info") == std::string::npos) return {};
  const auto found = std::ranges::find(properties, std::string_view{last}, &std::pair<std::string_view, std::string_view>::first);
  return found != std::end(properties) ? found->second : std::string_view{};
}

/// Sequence of births and deaths: a metric of that name.
std::optional<std::uint64_t> read_bd_seq(bytes data) {
  reader in{data};
  while (in.left() != 0) {
    const auto f = next_field(in);
    if (!in.ok()) break;
    if (f.number != metrics_field) continue;
    const auto m = read_metric(f.data);
    if (m && m->is == metric::form::number && std::ranges::equal(m->name, std::string_view{"bdSeq"})) return m->number;
  }
  return {};
}

}  // namespace

std::string topic::path() const {
  std::string out;
  for (const auto part : {group, node, device})
    if (!part.empty()) (out += out.empty() ? "" : "/") += part;
  return out;
}

std::optional<topic> read_topic(std::string_view name, bool& wrong) {
  std::array<std::string_view, 5> levels;
  std::size_t n = 0;
  for (auto rest = name;; ++n) {
    const auto slash = rest.find('/');
    if (n < levels.size()) levels.at(n) = rest.substr(0, slash);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  ++n;
  if (levels[0] == old_state && n == 2 && !levels[1].empty()) return topic{kind::state, {}, levels[1], {}};  // version 2
  if (levels[0] != ns) return {};
  if (levels[1] == old_state && n == 3) return topic{kind::state, {}, levels[2], {}};
  const auto at = std::ranges::find(kinds, levels[2], &kind_info::word);
  wrong = true;
  if (n < 4 || n > 5 || at == kinds.end() || at->of_device != (n == 5)) return {};
  if (std::ranges::any_of(levels, [](auto l) { return l.empty(); }) != (n == 4) || levels[3].empty() || levels[1].empty()) return {};
  wrong = false;
  return topic{static_cast<kind>(at - kinds.begin()), levels[1], levels[3], levels[4]};
}

/// What one message puts into its operation.
struct tracker::writer {
  const publication& p;
  operation& op;
  output& out;
  node* n;
  node* reverse;  ///< the node of this name on the other side: the birth may have gone that way
  std::string path;
  bool birth;
  bool unknown_alias = false;  ///< a metric has a number that nothing explained
};

tracker::node* tracker::find(std::string_view name, side from) {
  const auto it = std::ranges::find_if(nodes_, [&](const node& n) { return n.from == from && n.name == name; });
  return it == nodes_.end() ? nullptr : &*it;
}

tracker::node& tracker::at(const topic& where, side from, output& out) {
  const auto name = topic{where.is, where.group, where.node, {}}.path();
  if (auto* known = find(name, from)) return *known;
  if (nodes_.size() >= most_nodes) {
    out.count("mqtt", "forgotten", "sparkplug_node");
    nodes_.pop_front();
  }
  nodes_.push_back({.name = name, .from = from});
  return nodes_.back();
}

/// The definitions of all nodes have one bound: the node that was met first gives up its own.
void tracker::make_room(const node& keep, output& out) {
  const auto total =
      std::accumulate(nodes_.begin(), nodes_.end(), std::size_t{0}, [](std::size_t s, const node& n) { return s + n.size(); });
  if (total < most_definitions) return;
  const auto oldest = std::ranges::find_if(nodes_, [&](const node& n) { return &n != &keep && n.size() != 0; });
  if (oldest == nodes_.end()) return;
  out.count("mqtt", "forgotten", "sparkplug_definitions");
  oldest->aliases.clear(), oldest->types.clear();
  oldest->whole = false;
}

void tracker::remember(node& n, const metric& m, const std::string& path, output& out) {
  if (m.name.empty() || m.name.size() > longest_name) return;
  if (n.size() >= most_definitions) {
    out.count("mqtt", "forgotten", "sparkplug_definition");
    n.whole = false;
    return;
  }
  const auto type = m.type.value_or(std::uint8_t{0});
  if (m.alias)
    n.aliases[*m.alias] = {printable(m.name, longest_name), type};
  else
    n.types[path + '/' + printable(m.name, longest_name)] = type;
}

/// Name and type, of this message or of the birth.
tracker::definition tracker::look_up(writer& w, const metric& m) {
  definition d{printable(m.name, longest_name), m.type.value_or(std::uint8_t{0})};
  if (!d.name.empty() && m.type) return d;
  for (const auto* known : {w.n, w.reverse}) {
    if (known == nullptr) continue;
    if (m.alias)
      if (const auto it = known->aliases.find(*m.alias); it != known->aliases.end()) {
        if (d.name.empty()) d.name = it->second.name;
        if (!m.type) d.type = it->second.type;
        return d;
      }
    if (const auto it = known->types.find(w.path + '/' + d.name); it != known->types.end()) {
      d.type = it->second;
      return d;
    }
  }
  if (d.name.empty() && m.alias) {
    d.name = "alias:" + std::to_string(*m.alias);
    w.unknown_alias = true;
  }
  return d;
}

void tracker::add(writer& w, const metric& m, const std::string& prefix, unsigned depth) {
  auto d = look_up(w, m);
  auto name = prefix.empty() ? d.name : prefix + '/' + d.name;
  if (m.is == metric::form::members && !m.null && depth < deepest) {
    reader in{m.data};
    while (in.left() != 0 && w.op.objects.size() < most_objects) {
      const auto f = next_field(in);
      if (!in.ok()) break;
      if (f.number != metrics_field) continue;
      if (const auto member = read_metric(f.data)) add(w, *member, name, depth + 1);
    }
    return;
  }
  auto v = value_of(m, d.type);
  if (w.birth && prefix.empty()) tell(w.p, w.path, name, v, w.out);
  if (is_command(w.p.where.is) && v == value{true}) {
    if (name == "Node Control/Rebirth") w.op.fields.emplace_back("rebirth_request", true);
    if (name == "Node Control/Reboot") w.op.action = action::restart;
  }
  if (w.op.objects.size() >= most_objects) return;
  w.op.objects.push_back({.space = std::string{space}, .address = w.path + '/' + name, .property = {}, .index = {}});
  w.op.values.push_back(std::move(v));
}

void tracker::tell(const publication& p, const std::string& unit, const std::string& name, const value& v, output& out) {
  const auto kind = property_of(name);
  const auto* text = std::get_if<std::string>(&v);
  if (kind.empty() || text == nullptr || text->empty()) return;
  if (told_.fresh({}, {}, kind, unit + '\n' + *text, p.time, "mqtt", out, true)) out.learn(p.from, unit, kind, *text, 70);
}

void tracker::check(const publication& p, node& n, const payload& head, std::optional<std::uint64_t> bd_seq, output& out) {
  const auto unit = p.where.path();
  const auto wrong = [&](std::string_view rule, std::string_view detail) { out.violate(p.from, rule, detail, unit); };
  if (p.where.is == kind::nbirth) {
    if (bd_seq && n.will && p.from == n.from && *bd_seq != *n.will)
      wrong("sparkplug_bd_seq", "the birth has another number than the death that was left with the broker");
    n.birth_death = bd_seq;
    n.is = node::life::born, n.whole = true;
    n.aliases.clear(), n.types.clear();
    n.sequence.reset();
  } else if (p.where.is == kind::ndeath) {
    if (bd_seq && n.birth_death && n.is == node::life::born && *bd_seq != *n.birth_death)
      wrong("sparkplug_bd_seq", "the death has another number than the birth");
    n.is = node::life::dead;
    n.sequence.reset();
    return;
  } else if (n.is == node::life::dead) {
    wrong("sparkplug_no_birth", "a node speaks after its death without a birth");
    n.is = node::life::unknown;  // said once
  }
  if (!head.sequence) return wrong("sparkplug_sequence", "the message has no sequence number");
  if (*head.sequence > 255) return wrong("sparkplug_sequence", "the sequence number is above 255");
  const auto now = static_cast<std::uint8_t>(*head.sequence);
  if (p.complete && n.sequence && now != static_cast<std::uint8_t>(*n.sequence + 1))
    wrong("sparkplug_sequence", "the sequence number is " + std::to_string(now) + " after " + std::to_string(*n.sequence));
  n.sequence = now;
}

void tracker::on_publish(const publication& p, operation& op, output& out) {
  const auto& k = about(p.where.is);
  op.function_name = k.name, op.action = k.what;
  out.count("mqtt", "sparkplug", k.name);
  if (p.where.is == kind::state) {
    op.fields.emplace_back("host_application", std::string{p.where.node});
    if (told_.fresh({}, {}, "role", p.where.node, p.time, "mqtt", out, true))
      out.learn(p.from, std::string{p.where.node}, "role", "sparkplug_host", 70);
    return;  // its payload is text
  }
  const auto unit = p.where.path();
  op.fields.emplace_back("group", std::string{p.where.group});
  op.fields.emplace_back("edge_node", std::string{p.where.node});
  if (!p.where.device.empty()) op.fields.emplace_back("device", std::string{p.where.device});
  const auto head = read_payload(p.data);
  if (!head) return out.violate(p.from, "sparkplug_payload", "the payload is not a message of Sparkplug B", unit);
  if (head->timestamp) op.fields.emplace_back("timestamp_ms", *head->timestamp);
  if (head->sequence) op.fields.emplace_back("sequence", *head->sequence);
  const auto bd_seq = p.where.is == kind::nbirth || p.where.is == kind::ndeath ? read_bd_seq(p.data) : std::nullopt;
  if (bd_seq) op.fields.emplace_back("bd_seq", *bd_seq);
  if (head->body) op.fields.emplace_back("compressed", true);
  const auto name = topic{p.where.is, p.where.group, p.where.node, {}}.path();
  node* n = nullptr;
  if (!is_command(p.where.is)) {
    n = &at(p.where, p.from, out);
    if (!p.repeated && !p.retained) check(p, *n, *head, bd_seq, out);
  } else {
    n = find(name, p.from);
  }
  const bool birth = is_birth(p.where.is);
  if (birth) {
    if (head->body) n->whole = false;  // its metrics are packed
    make_room(*n, out);
    const std::string_view role = p.where.device.empty() ? "sparkplug_edge_node" : "sparkplug_device";
    if (told_.fresh({}, {}, "role", unit, p.time, "mqtt", out, true)) out.learn(p.from, unit, "role", role, 70);
  }
  op.objects.clear(), op.values.clear();
  writer w{p, op, out, n, find(name, other(p.from)), unit, birth};
  bool historical = false, malformed = false;
  std::size_t looked_at = 0;
  reader in{p.data};
  while (in.left() != 0) {
    const auto f = next_field(in);
    if (!in.ok()) break;
    if (f.number != metrics_field) continue;
    if (++looked_at > most_metrics) {
      out.count("mqtt", "forgotten", "sparkplug_metrics");
      if (birth) n->whole = false;
      break;
    }
    const auto m = read_metric(f.data);
    malformed = malformed || !m;
    if (!m) continue;
    historical = historical || m->historical;
    if (birth) remember(*n, *m, unit, out);
    add(w, *m, {}, 0);
  }
  if (malformed) out.violate(p.from, "sparkplug_payload", "a metric is malformed", unit);
  if (w.unknown_alias && n != nullptr && n->whole && !birth)
    out.violate(p.from, "sparkplug_alias", "a metric has a number that no birth gave", unit);
  if (historical) op.fields.emplace_back("historical", true);
  if (head->metrics > most_objects) op.fields.emplace_back("metrics", std::uint64_t{head->metrics});
}

void tracker::on_will(const topic& where, bytes data, side from, output& out) {
  if (where.is == kind::ndeath) at(where, from, out).will = read_bd_seq(data);
}

void tracker::on_gap(side from) {
  for (auto& n : nodes_)
    if (n.from == from) n.sequence.reset(), n.whole = false, n.is = node::life::unknown;
}

}  // namespace mw::sparkplug
