// Allow-lists as text: YAML for people, JSON for programs. Both are read by the YAML parser, which accepts JSON.
#include "analyzer/baseline/allow_list.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <iterator>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

using complaint = tl::unexpected<std::string>;

/// Reads one field that may be missing; anything but a scalar is refused.
bool read(const YAML::Node& at, const char* name, std::string& to, std::string& wrong) {
  const auto n = at[name];
  if (!n || n.IsNull()) return true;
  if (!n.IsScalar()) return wrong = fmt::format("line {}: {} must be a word or a number", n.Mark().line + 1, name), false;
  to = n.Scalar();
  return true;
}

bool read(const YAML::Node& at, const char* name, std::vector<std::string>& to, std::string& wrong) {
  const auto n = at[name];
  if (!n || n.IsNull()) return true;
  if (n.IsScalar()) return to.push_back(n.Scalar()), true;
  if (!n.IsSequence()) return wrong = fmt::format("line {}: {} must be a list or \"*\"", n.Mark().line + 1, name), false;
  for (const auto& item : n) {
    if (!item.IsScalar()) return wrong = fmt::format("line {}: {} holds something that is no word", item.Mark().line + 1, name), false;
    to.push_back(item.Scalar());
  }
  return true;
}

template <class F>
bool each(const YAML::Node& root, const char* name, std::string& wrong, F read_one) {
  const auto list = root[name];
  if (!list || list.IsNull()) return true;
  if (!list.IsSequence()) return wrong = fmt::format("{} must be a list", name), false;
  for (const auto& item : list) {
    if (!item.IsMap()) return wrong = fmt::format("line {}: an entry of {} must name its fields", item.Mark().line + 1, name), false;
    if (!read_one(item)) return false;
  }
  return true;
}

/// Reads what the text says; the parser of YAML throws, which is turned into a value by the caller.
tl::expected<allow_list, std::string> interpret(const YAML::Node& root) {
  allow_list out;
  std::string wrong;
  if (!root.IsMap()) return complaint{"an allow-list names hosts, edges and functions"};
  const bool good =
      read(root, "site", out.site, wrong) &&
      each(root, "hosts", wrong,
           [&](const YAML::Node& n) {
             allow_host h;
             if (!read(n, "ip", h.ip, wrong) || !read(n, "mac", h.mac, wrong) || !read(n, "role", h.role, wrong)) return false;
             if (h.ip.empty() && n["address"] && !read(n, "address", h.ip, wrong)) return false;
             if (!h.ip.empty() && h.ip != "*" && !ip::parse(h.ip))
               return wrong = fmt::format("line {}: ip is no address: {}", n.Mark().line + 1, h.ip), false;
             if (!h.mac.empty()) {
               const auto m = mac::parse(h.mac);
               if (!m) return wrong = fmt::format("line {}: mac is no MAC address: {}", n.Mark().line + 1, h.mac), false;
               h.mac = to_string(*m);
             }
             return out.hosts.push_back(std::move(h)), true;
           }) &&
      each(root, "edges", wrong,
           [&](const YAML::Node& n) {
             allow_edge e;
             if (!read(n, "client", e.client, wrong) || !read(n, "server", e.server, wrong) || !read(n, "transport", e.transport, wrong) ||
                 !read(n, "port", e.port, wrong) || !read(n, "protocol", e.protocol, wrong))
               return false;
             return out.edges.push_back(std::move(e)), true;
           }) &&
      each(root, "functions", wrong, [&](const YAML::Node& n) {
        allow_function f;
        if (!read(n, "client", f.client, wrong) || !read(n, "server", f.server, wrong) || !read(n, "protocol", f.protocol, wrong) ||
            !read(n, "requests", f.requests, wrong) || !read(n, "responses", f.responses, wrong))
          return false;
        return out.functions.push_back(std::move(f)), true;
      });
  if (!good) return complaint{wrong};
  return out;
}

}  // namespace

tl::expected<allow_list, std::string> parse_allow_list(std::string_view text) {
  try {
    return interpret(YAML::Load(std::string{text}));
  } catch (const YAML::Exception& e) {
    return complaint{fmt::format("line {}: {}", e.mark.line + 1, e.msg)};
  }
}

std::string to_json(const allow_list& a) {
  nlohmann::ordered_json out{{"site", a.site},
                             {"hosts", nlohmann::ordered_json::array()},
                             {"edges", nlohmann::ordered_json::array()},
                             {"functions", nlohmann::ordered_json::array()}};
  for (const auto& h : a.hosts) out["hosts"].push_back({{"ip", h.ip}, {"mac", h.mac}, {"role", h.role}});
  for (const auto& e : a.edges)
    out["edges"].push_back(
        {{"client", e.client}, {"server", e.server}, {"transport", e.transport}, {"port", e.port}, {"protocol", e.protocol}});
  for (const auto& f : a.functions)
    out["functions"].push_back(
        {{"client", f.client}, {"server", f.server}, {"protocol", f.protocol}, {"requests", f.requests}, {"responses", f.responses}});
  return out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_yaml(const allow_list& a) {
  // every word is quoted: "*" is an alias and 102 a number to YAML
  const auto q = [](const std::string& s) { return nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); };
  const auto list = [&](const std::vector<std::string>& v) {
    std::string out = "[";
    for (const auto& s : v) out += (out.size() > 1 ? ", " : "") + q(s);
    return out + "]";
  };
  std::string out =
      "# Allow-list: review it, delete what is not wanted, then approve it. \"*\" stands for anything.\n"
      "# 白名单：请审阅并删除不需要的条目，然后批准导入。“*”表示任意。\n";
  auto to = std::back_inserter(out);
  fmt::format_to(to, "site: {}\nhosts:\n", q(a.site));
  for (const auto& h : a.hosts) fmt::format_to(to, "  - {{ip: {}, mac: {}, role: {}}}\n", q(h.ip), q(h.mac), q(h.role));
  out += "edges:\n";
  for (const auto& e : a.edges)
    fmt::format_to(to, "  - {{client: {}, server: {}, transport: {}, port: {}, protocol: {}}}\n", q(e.client), q(e.server), q(e.transport),
                   q(e.port), q(e.protocol));
  out += "functions:\n";
  for (const auto& f : a.functions)
    fmt::format_to(to, "  - {{client: {}, server: {}, protocol: {}, requests: {}, responses: {}}}\n", q(f.client), q(f.server),
                   q(f.protocol), list(f.requests), list(f.responses));
  return out;
}

}  // namespace mw
