// What the folder keeps over a restart, as JSON arrays: one list of members for each type serves both directions.
#include "analyzer/incidents/folder.hpp"

#include "analyzer/baseline/key.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <stdexcept>
#include <type_traits>

namespace mw {
namespace {

using json = nlohmann::ordered_json;

template <class V>
void members(V& v, packet_ref& x) {
  v(x.first), v(x.last);
}
template <class V>
void members(V& v, words& x) {
  v(x.en), v(x.zh);
}
template <class V>
void members(V& v, object& x) {
  v(x.space), v(x.address), v(x.count);
}
template <class V>
void members(V& v, evidence& x) {
  v(x.time), v(x.expected), v(x.observed), v(x.check), v(x.protocol), v(x.action), v(x.function), v(x.function_name), v(x.unit),
      v(x.objects);
  v(x.values), v(x.previous), v(x.outcome), v(x.code), v(x.packets), v(x.flow), v(x.sensor);
}
template <class V>
void members(V& v, detection& x) {
  v(x.id), v(x.rule), v(x.site), v(x.enterprise), v(x.zone), v(x.sensor), v(x.severity), v(x.title), v(x.advice), v(x.actor), v(x.victim);
  v(x.technique), v(x.event_key), v(x.event_code), v(x.stage), v(x.attacker), v(x.family), v(x.deterministic), v(x.trial), v(x.maintenance);
  v(x.result), v(x.p), v(x.count), v(x.first), v(x.last), v(x.incident), v(x.evidence);
}
template <class V>
void members(V& v, incident_part& x) {
  v(x.id), v(x.rule), v(x.family), v(x.severity), v(x.count), v(x.first), v(x.last);
}
template <class V>
void members(V& v, incident& x) {
  v(x.id), v(x.site), v(x.enterprise), v(x.enterprise_name), v(x.zone), v(x.sensor), v(x.first), v(x.last), v(x.severity), v(x.score);
  v(x.title), v(x.advice), v(x.actors), v(x.victims), v(x.techniques), v(x.event_key), v(x.event_code), v(x.stage), v(x.chain),
      v(x.attacker);
  v(x.result), v(x.reliability), v(x.detections), v(x.evidence), v(x.alerts), v(x.open), v(x.deterministic), v(x.below_budget), v(x.state);
}
template <class V>
void members(V& v, scoreboard& x) {
  x.members(v);
}

/// The last value of each closed set.
constexpr severity last_of(severity) { return severity::critical; }
constexpr stage last_of(stage) { return stage::action; }
constexpr attack_side last_of(attack_side) { return attack_side::destination; }
constexpr family last_of(family) { return family::command; }
constexpr disposal last_of(disposal) { return disposal::overdue; }
constexpr attack_result last_of(attack_result) { return attack_result::success; }

struct packing {
  json out = json::array();
  template <class T>
  void operator()(T& x) {
    out.push_back(of(x));
  }
  template <class T>
  static json of(T& x) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<int>(x);
    } else if constexpr (std::is_same_v<T, timestamp>) {
      return x.time_since_epoch().count();
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return x;
    } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
      return x ? json(*x) : json(nullptr);
    } else if constexpr (std::is_same_v<T, value>) {
      return std::visit(
          [&](auto& inner) -> json {
            if constexpr (std::is_same_v<std::decay_t<decltype(inner)>, std::monostate>)
              return json::array({x.index()});
            else
              return json::array({x.index(), inner});
          },
          x);
    } else if constexpr (requires { x.begin(); }) {
      auto list = json::array();
      for (auto& item : x) list.push_back(of(item));
      return list;
    } else {
      packing inner;
      members(inner, x);
      return std::move(inner.out);
    }
  }
};

struct unpacking {
  const json& in;
  std::size_t at = 0;
  template <class T>
  void operator()(T& x) {
    into(in.at(at++), x);
  }
  template <std::size_t I = 0>
  static void into_value(const json& from, std::size_t index, value& x) {
    if constexpr (I == std::variant_size_v<value>) {
      throw std::invalid_argument{"a value of an unknown kind"};
    } else {
      if (index != I) return into_value<I + 1>(from, index, x);
      using inner = std::variant_alternative_t<I, value>;
      if constexpr (std::is_same_v<inner, std::monostate>)
        x = std::monostate{};
      else
        x.emplace<I>(from.at(1).get<inner>());
    }
  }
  template <class T>
  static void into(const json& from, T& x) {
    if constexpr (std::is_enum_v<T>) {
      const auto n = from.get<int>();
      if (n < 0 || n > static_cast<int>(last_of(T{}))) throw std::invalid_argument{"a word outside its closed set"};
      x = static_cast<T>(n);
    } else if constexpr (std::is_same_v<T, timestamp>) {
      x = timestamp{nanoseconds{from.get<std::int64_t>()}};
    } else if constexpr (std::is_same_v<T, double>) {
      x = from.is_null() ? std::numeric_limits<double>::quiet_NaN() : from.get<double>();  // JSON has no word for it
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      x = from.get<T>();
    } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
      if (from.is_null())
        x.reset();
      else
        x = from.get<std::string>();
    } else if constexpr (std::is_same_v<T, value>) {
      into_value(from, from.at(0).get<std::size_t>(), x);
    } else if constexpr (requires { x.emplace_back(); }) {
      x.clear();
      for (const auto& item : from) into(item, x.emplace_back());
    } else {
      unpacking inner{from};
      members(inner, x);
    }
  }
};

}  // namespace

json folder::save(timestamp now) const {
  json out{{"detections", json::array()}, {"incidents", json::array()}, {"attacks", json::array()}, {"spent", json::array()}};
  // all lists from the oldest to the youngest, so that they are put back in the order in which they grew
  std::vector<json> detections;
  for (const auto& [key, d] : folding_) {
    if (now - d.last > config_.fold_within) continue;  // it can grow no more
    auto copy = d;
    detections.push_back(json::array({key, packing::of(copy)}));
  }
  for (auto i = detections.rbegin(); i != detections.rend(); ++i) out["detections"].push_back(std::move(*i));
  for (auto l = open_.rbegin(); l != open_.rend(); ++l) {
    auto about = l->about;
    auto board = l->board;
    out["incidents"].push_back(json::array({packing::of(about), packing::of(board), l->alerted}));
  }
  std::vector<json> attacks;
  for (const auto& [key, last] : attacks_)
    if (now - last <= config_.attack_window) attacks.push_back(json::array({key, last.time_since_epoch().count()}));
  for (auto a = attacks.rbegin(); a != attacks.rend(); ++a) out["attacks"].push_back(std::move(*a));
  for (const auto& [site, day] : spent_) out["spent"].push_back(json::array({site, day.first, day.second}));
  return out;
}

void folder::load(const json& saved) {
  // everything is read before anything is changed
  std::vector<std::pair<std::uint64_t, detection>> detections;
  for (const auto& j : saved.at("detections")) {
    auto& [key, d] = detections.emplace_back();
    unpacking::into(j.at(0), key), unpacking::into(j.at(1), d);
  }
  std::list<live> incidents;
  for (const auto& j : saved.at("incidents")) {
    auto& l = incidents.emplace_front();
    unpacking::into(j.at(0), l.about), unpacking::into(j.at(1), l.board), unpacking::into(j.at(2), l.alerted);
    if (l.about.id.empty()) throw std::invalid_argument{"an incident without an id"};
  }
  std::vector<std::pair<std::uint64_t, timestamp>> attacks;
  for (const auto& j : saved.at("attacks")) {
    auto& [key, last] = attacks.emplace_back();
    unpacking::into(j.at(0), key), unpacking::into(j.at(1), last);
  }
  decltype(spent_) spent;
  for (const auto& j : saved.at("spent")) spent[j.at(0)] = {j.at(1), j.at(2)};

  folding_.clear(), open_.clear(), by_host_.clear(), ids_.clear(), attacks_.clear();
  for (auto& [key, d] : detections) folding_.touch(key).first = std::move(d);
  for (const auto& [key, last] : attacks) attacks_.touch(key).first = last;
  spent_ = std::move(spent);
  open_ = std::move(incidents);
  for (auto l = open_.begin(); l != open_.end(); ++l) {
    l->self = l;
    ids_[l->about.id] = &*l;
    for (const auto& host : l->about.actors) by_host_[key_of(l->about.site, "actor", host)].push_back(&*l);
    for (const auto& host : l->about.victims) by_host_[key_of(l->about.site, "victim", host)].push_back(&*l);
  }
}

}  // namespace mw
