// Approvals: what an allow-list covers, what is exported for review, and how keys are saved.
#include "analyzer/baseline/baseline.hpp"

#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/policy.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace mw {
namespace {

bool covers(const std::string& pattern, std::string_view host) {
  if (pattern == "*" || pattern == host) return true;
  const auto p = host_pattern::parse(pattern);
  return p && p->matches(host);
}
bool is_word(const std::string& pattern, std::string_view word) { return pattern == "*" || pattern == word; }
bool holds(const std::vector<std::string>& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(), [&](const auto& x) { return is_word(x, word); });
}

auto order(const known_key& k) { return std::tie(k.client, k.server, k.transport, k.port, k.protocol, k.detail); }

}  // namespace

bool baseline::host_allowed(std::string_view host) const {
  // whoever approves a conversation with a machine by name approves that the machine is there; `*` names nobody
  const auto named = [&](const auto& approved) {
    return (approved.client != "*" && covers(approved.client, host)) || (approved.server != "*" && covers(approved.server, host));
  };
  for (const auto& list : allowed_) {
    for (const auto& h : list.hosts)
      if ((!h.ip.empty() && covers(h.ip, host)) || (!h.mac.empty() && h.mac == host)) return true;
    if (std::any_of(list.edges.begin(), list.edges.end(), named) || std::any_of(list.functions.begin(), list.functions.end(), named))
      return true;
  }
  return false;
}

bool baseline::edge_allowed(const known_key& k, bool any_protocol) const {
  const auto number = std::to_string(k.port);
  for (const auto& list : allowed_)
    for (const auto& e : list.edges)
      if (covers(e.client, k.client) && covers(e.server, k.server) && is_word(e.transport, k.transport) && is_word(e.port, number) &&
          ((any_protocol && k.transport != "ethernet") || is_word(e.protocol, k.protocol)))
        return true;
  return false;
}

bool baseline::function_allowed(const operation& o, const known_key& k) const {
  for (const auto& list : allowed_)
    for (const auto& f : list.functions)
      if (covers(f.client, k.client) && covers(f.server, k.server) && is_word(f.protocol, o.protocol) &&
          (holds(f.requests, o.function) || holds(f.responses, o.function)))
        return true;
  return false;
}

void baseline::approve(const allow_list& list) {
  if (!list.empty() && std::find(allowed_.begin(), allowed_.end(), list) == allowed_.end()) allowed_.push_back(list);
}

std::string baseline::approved_mac(std::string_view address) const {
  for (const auto& list : allowed_)
    for (const auto& h : list.hosts)
      if (h.ip == address && !h.mac.empty()) return h.mac;
  return {};
}

std::optional<std::string> baseline::approved_role(std::string_view host) const {
  for (const auto& list : allowed_)
    for (const auto& h : list.hosts)
      if (!h.role.empty() && ((!h.ip.empty() && h.ip != "*" && covers(h.ip, host)) || h.mac == host)) return h.role;
  return {};
}

allow_list baseline::export_as(std::string_view site, bool with_pending) const {
  allow_list out;
  out.site = site;
  std::set<std::tuple<std::string, std::string, std::string>> hosts;
  std::set<std::tuple<std::string, std::string, std::string, std::string, std::string>> edges;
  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::string>> functions;
  for (const auto& list : allowed_) {
    for (const auto& h : list.hosts) hosts.emplace(h.ip, h.mac, h.role);
    for (const auto& e : list.edges) edges.emplace(e.client, e.server, e.transport, e.port, e.protocol);
  }
  for (const auto& [what, k] : keys()) {
    if (k.standing == standing::approved || (k.standing == standing::pending && !with_pending) || !trusted(k)) continue;
    if (what == key_class::host) {
      if (ip::parse(k.client))
        hosts.emplace(k.client, "", "");
      else
        hosts.emplace("", k.client, "");
    }
    if (what == key_class::edge)
      edges.emplace(k.client, k.server, k.transport, std::to_string(k.port), k.transport == "ethernet" ? k.protocol : "*");
    if (what == key_class::function) functions[{k.client, k.server, k.protocol}].insert(k.detail.substr(0, k.detail.rfind(' ')));
  }
  for (const auto& [address, hardware, role] : hosts) out.hosts.push_back({address, hardware, role});
  for (const auto& [c, s, t, p, protocol] : edges) out.edges.push_back({c, s, t, p, protocol});
  for (const auto& list : allowed_) out.functions.insert(out.functions.end(), list.functions.begin(), list.functions.end());
  for (const auto& [who, codes] : functions)
    out.functions.push_back({std::get<0>(who), std::get<1>(who), std::get<2>(who), {codes.begin(), codes.end()}, {}});
  return out;
}

std::vector<std::pair<key_class, known_key>> baseline::keys() const {
  std::vector<std::pair<key_class, known_key>> out;
  for (std::size_t c = 0; c < key_classes; ++c) {
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    for (const auto& [_, k] : tables_.at(c)) out.emplace_back(static_cast<key_class>(c), k);
    std::sort(out.begin() + begin, out.end(), [](const auto& a, const auto& b) {
      const auto x = order(a.second), y = order(b.second);
      return x != y ? x < y : a.second.first < b.second.first;
    });
  }
  return out;
}

std::vector<std::pair<std::string, std::pair<timestamp, timestamp>>> baseline::distrusted() const {
  std::vector<std::pair<std::string, std::pair<timestamp, timestamp>>> out{distrusted_.begin(), distrusted_.end()};
  std::sort(out.begin(), out.end());
  return out;
}

void baseline::restore(key_class c, known_key k) {
  const std::uint64_t number = k.port;
  const std::string over = k.transport;
  const auto id = [&] {
    switch (c) {
      case key_class::host: return key_of("host", k.client);
      case key_class::edge: return key_of("edge", k.client, k.server, over, k.protocol, number);
      case key_class::protocol: return key_of("protocol", k.client, k.server, over, number, k.protocol);
      case key_class::object: return key_of("object", k.client, k.server, k.protocol, k.detail);
      case key_class::writer: return key_of("writer", k.client, k.server);
      case key_class::engineer: return key_of("engineer", k.client, k.server, k.detail);
      case key_class::function: {
        const auto cut = k.detail.rfind(' ');  // "function action"
        return key_of("function", k.client, k.server, k.protocol, k.detail.substr(0, cut), k.detail.substr(cut + 1));
      }
      case key_class::refusal: {
        const auto cut = k.detail.rfind(' ');
        return key_of("refusal", k.client, k.server, k.protocol, k.detail.substr(0, cut), k.detail.substr(cut + 1));
      }
    }
    return std::uint64_t{0};
  }();
  if (c == key_class::edge && k.standing == standing::learned && k.n == 1) ++once_;
  if (c == key_class::writer && k.standing != standing::pending) writers_.touch(k.client);
  auto [key, fresh] = tables_.at(static_cast<std::size_t>(c)).touch(id);
  settled_.at(static_cast<std::size_t>(c)) += (fresh || key.standing == standing::pending) && k.standing != standing::pending;
  settled_.at(static_cast<std::size_t>(c)) -= !fresh && key.standing != standing::pending && k.standing == standing::pending;
  key = std::move(k);
}

}  // namespace mw
