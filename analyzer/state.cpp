// The analyzer's memory as JSON: baselines, approvals and assets. Times are nanoseconds, so that nothing is lost.
#include "analyzer/machinery.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

using json = nlohmann::ordered_json;
constexpr int version = 1;

std::int64_t ns(timestamp t) { return t.time_since_epoch().count(); }
timestamp from_ns(const json& n) { return timestamp{nanoseconds{n.get<std::int64_t>()}}; }

json pack(const asset_fact& f) { return json::array({f.kind, f.value, f.protocol, f.confidence, ns(f.first), ns(f.last)}); }
asset_fact unpack_fact(const json& j) { return {j.at(0), j.at(1), j.at(2), j.at(3), from_ns(j.at(4)), from_ns(j.at(5))}; }

json pack(const std::vector<asset_fact>& facts) {
  auto out = json::array();
  for (const auto& f : facts) out.push_back(pack(f));
  return out;
}

json pack(const asset& a) {
  json out{{"id", a.id},
           {"site", a.site},
           {"enterprise", a.enterprise},
           {"zone", a.zone},
           {"addresses", a.addresses},
           {"hardware", a.hardware},
           {"vendor", a.vendor},
           {"vlan", a.vlan},
           {"role", to_string(a.role)},
           {"confidence", a.role_confidence},
           {"level", a.level},
           {"approved", a.approved},
           {"first", ns(a.first)},
           {"last", ns(a.last)},
           {"facts", pack(a.facts)},
           {"sensor", a.sensor},
           {"claimed", a.claimed},
           {"asked", a.asked}};
  for (const auto& r : a.reasons) out["reasons"].push_back({r.en, r.zh});
  for (const auto& u : a.units) out["units"].push_back({u.unit, u.protocol, ns(u.first), ns(u.last), pack(u.facts)});
  for (const auto& s : a.services) out["services"].push_back({s.protocol, s.port, s.serves, ns(s.first), ns(s.last), s.count, s.actions});
  for (const auto& h : a.history) out["history"].push_back({ns(h.when), h.unit, h.kind, h.from, h.to});
  return out;
}

const json& list_of(const json& j, const char* name) {
  static const json none = json::array();
  return j.contains(name) ? j.at(name) : none;
}

asset unpack_asset(const json& j) {
  asset a;
  a.id = j.at("id"), a.site = j.at("site"), a.enterprise = j.at("enterprise"), a.zone = j.at("zone");
  if (a.id.size() != 17 || a.id[0] != 'A' || a.id.find_first_not_of("0123456789abcdef", 1) != std::string::npos)
    throw std::invalid_argument{"an asset has no valid id: " + a.id};
  a.addresses = j.at("addresses").get<std::vector<std::string>>();
  a.hardware = j.at("hardware"), a.vendor = j.at("vendor"), a.vlan = j.at("vlan");
  a.role = parse_role(j.at("role").get<std::string>()).value_or(asset_role::unknown), a.role_confidence = j.at("confidence");
  a.level = j.at("level"), a.approved = j.at("approved"), a.first = from_ns(j.at("first")), a.last = from_ns(j.at("last"));
  for (const auto& f : j.at("facts")) a.facts.push_back(unpack_fact(f));
  a.sensor = j.at("sensor"), a.claimed = j.at("claimed"), a.asked = j.at("asked").get<std::vector<std::uint64_t>>();
  for (const auto& r : list_of(j, "reasons")) a.reasons.push_back({r.at(0), r.at(1)});
  for (const auto& u : list_of(j, "units")) {
    sub_device d{u.at(0), u.at(1), from_ns(u.at(2)), from_ns(u.at(3)), {}};
    for (const auto& f : u.at(4)) d.facts.push_back(unpack_fact(f));
    a.units.push_back(std::move(d));
  }
  for (const auto& s : list_of(j, "services"))
    a.services.push_back({s.at(0), s.at(1), s.at(2), from_ns(s.at(3)), from_ns(s.at(4)), s.at(5), s.at(6)});
  for (const auto& h : list_of(j, "history")) a.history.push_back({from_ns(h.at(0)), h.at(1), h.at(2), h.at(3), h.at(4)});
  return a;
}

json pack(key_class c, const known_key& k) {
  return json::array({static_cast<int>(c), static_cast<int>(k.standing), k.n, ns(k.first), ns(k.last), k.client, k.server, k.transport,
                      k.protocol, k.port, k.detail});
}

std::pair<key_class, known_key> unpack_key(const json& j) {
  known_key k;
  const auto c = j.at(0).get<int>(), standing = j.at(1).get<int>();
  if (c < 0 || c >= static_cast<int>(key_classes) || standing < 0 || standing > 2) throw std::invalid_argument{"a key of an unknown class"};
  k.standing = static_cast<mw::standing>(standing), k.n = j.at(2), k.first = from_ns(j.at(3)), k.last = from_ns(j.at(4));
  k.client = j.at(5), k.server = j.at(6), k.transport = j.at(7), k.protocol = j.at(8), k.port = j.at(9), k.detail = j.at(10);
  return {static_cast<key_class>(c), std::move(k)};
}

json pack(const std::vector<allow_list>& lists) {
  auto out = json::array();
  for (const auto& l : lists) out.push_back(json::parse(to_json(l)));
  return out;
}

std::vector<allow_list> unpack_lists(const json& j) {
  std::vector<allow_list> out;
  for (const auto& l : j) {
    auto list = parse_allow_list(l.dump());
    if (!list) throw std::invalid_argument{"an approval: " + list.error()};
    out.push_back(std::move(*list));
  }
  return out;
}

}  // namespace

std::string analyzer::machinery::save() const {
  json out{{"version", version}, {"approved", pack(everywhere)}, {"sites", json::object()}, {"assets", json::array()}};
  for (const auto& [name, s] : sites) {
    json x{{"since", ns(s.since)},
           {"phase", to_string(s.reached)},
           {"observations", s.known.observations()},
           {"approved", pack(s.known.approved())},
           {"doubts", json::array()},
           {"keys", json::array()}};
    for (const auto& [host, span] : s.known.distrusted()) x["doubts"].push_back({host, ns(span.first), ns(span.second)});
    for (const auto& [c, k] : s.known.keys()) x["keys"].push_back(pack(c, k));
    out["sites"][name] = std::move(x);
  }
  for (const auto& a : assets.all()) out["assets"].push_back(pack(a));
  out["going_on"] = incidents.save(now);
  return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

tl::expected<void, std::string> analyzer::machinery::load(std::string_view saved) {
  // everything is read before anything is changed: a state that does not fit leaves the analyzer as it was
  try {
    const auto in = json::parse(saved);
    if (in.at("version").get<int>() != version)
      return tl::unexpected<std::string>{
          fmt::format("the saved state has version {}, this program reads {}", in.at("version").get<int>(), version)};
    std::vector<asset> machines;
    for (const auto& a : in.at("assets")) machines.push_back(unpack_asset(a));
    auto lists = unpack_lists(in.at("approved"));
    std::map<std::string, site> restored;
    for (const auto& [name, x] : in.at("sites").items()) {
      auto& s = restored.try_emplace(name, config).first->second;
      s.since = from_ns(x.at("since")), s.started = true;
      const auto p = x.at("phase").get<std::string>();
      s.reached = p == "learn" ? phase::learn : p == "trial" ? phase::trial : phase::detect;
      for (const auto& l : config.allowed)
        if (l.site == "*" || l.site == name) s.known.approve(l);
      for (const auto& l : unpack_lists(x.at("approved"))) s.known.approve(l);
      for (const auto& d : x.at("doubts")) s.known.distrust(d.at(0), from_ns(d.at(1)), from_ns(d.at(2)));
      for (const auto& k : x.at("keys")) {
        auto [c, key] = unpack_key(k);
        s.known.restore(c, std::move(key));
      }
      s.known.restore_observations(x.at("observations"));
    }
    if (in.contains("going_on")) incidents.load(in.at("going_on"));  // not in the states of version 0.1.0's first builds
    sites = std::move(restored);
    everywhere = std::move(lists);
    for (auto& a : machines) assets.restore(std::move(a));
    for (auto& [name, s] : sites) approve_assets(name, s);
    return {};
  } catch (const std::exception& e) {  // the JSON library and the checks above throw; a state is input, so it becomes a value
    return tl::unexpected<std::string>{std::string{"the saved state cannot be read: "} + e.what()};
  }
}

}  // namespace mw
