// Evidence and texts from records.
#include "analyzer/detect/proof.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr std::size_t most_objects = 8;

std::string objects_of(const operation& o) {
  std::string out;
  for (std::size_t i = 0; i < o.objects.size() && i < most_objects; ++i) {
    const auto& x = o.objects[i];
    out += fmt::format("{}{} {}", i ? ", " : "", x.space, x.address);
    if (x.count > 1) out += fmt::format(" x{}", x.count);
    if (o.objects.size() == o.values.size()) out += " = " + to_string(o.values[i]);
  }
  if (o.objects.size() == 1 && o.values.size() > 1) {
    out += " = ";
    for (std::size_t i = 0; i < o.values.size() && i < most_objects; ++i) out += (i ? " " : "") + to_string(o.values[i]);
    if (o.values.size() > most_objects) out += " …";
  }
  if (o.objects.size() > most_objects) out += " …";
  return out;
}

finding start(const meta& m, const context& c, timestamp time, const endpoint& actor, const endpoint& victim) {
  finding f;
  f.rule = &m, f.level = m.level, f.time = time;
  f.actor = host_of(actor), f.victim = host_of(victim);
  f.proof.time = time, f.proof.sensor = c.record.from->sensor;
  f.proof.check = {std::string{m.advice.en}, std::string{m.advice.zh}};
  f.maintenance = c.in_window(f.actor, f.victim);
  return f;
}

void say(finding& f, const std::string& where, words expected, words observed) {
  f.title = {fmt::format("{}: {}", f.rule->title.en, where), fmt::format("{}：{}", f.rule->title.zh, where)};
  if (observed.en.empty()) observed = f.title;
  f.proof.expected = std::move(expected), f.proof.observed = std::move(observed);
}

}  // namespace

std::string pair_of(const endpoint& client, const endpoint& server) { return fmt::format("{} -> {}", host_of(client), to_string(server)); }

words describe(const operation& o) {
  const auto what = objects_of(o);
  words out{fmt::format("{} {} ({})", o.protocol, o.function_name, o.function),
            fmt::format("{} {}（{}，功能码 {}）", o.protocol, label(o.action).zh, o.function_name, o.function)};
  if (!o.unit.empty()) out.en += fmt::format(" of unit {}", o.unit), out.zh += fmt::format("，单元 {}", o.unit);
  if (!what.empty()) out.en += ", " + what, out.zh += "，对象 " + what;
  if (o.outcome == outcome::refused)
    out.en += fmt::format("; refused, code {}", o.code.value_or("none")), out.zh += fmt::format("；被拒绝，代码 {}", o.code.value_or("无"));
  return out;
}

finding about(const meta& m, const operation& o, const context& c, words expected, words observed) {
  auto f = start(m, c, o.repeat ? std::max(o.time, o.repeat->last) : o.time, o.client, o.server);
  f.result = o.outcome == outcome::ok                                         ? attack_result::success
             : o.outcome == outcome::refused || o.outcome == outcome::timeout ? attack_result::attempt
                                                                              : attack_result::unknown;
  auto& p = f.proof;
  p.time = o.time, p.protocol = o.protocol, p.action = to_string(o.action), p.function = o.function, p.function_name = o.function_name,
  p.unit = o.unit;
  p.objects.assign(o.objects.begin(), o.objects.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(o.objects.size(), 16)));
  p.values.assign(o.values.begin(), o.values.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(o.values.size(), 16)));
  if (c.previous) p.previous = to_string(*c.previous);
  p.outcome = to_string(o.outcome), p.code = o.code.value_or(""), p.packets = o.packets, p.flow = o.flow;
  if (observed.en.empty()) observed = describe(o);
  say(f, pair_of(o.client, o.server), std::move(expected), std::move(observed));
  return f;
}

finding about(const meta& m, const flow_record& r, const context& c, words expected, words observed) {
  auto f = start(m, c, r.last, r.client, r.server);
  f.proof.time = r.first, f.proof.protocol = r.application, f.proof.packets = r.packets, f.proof.flow = r.id, f.proof.outcome = r.tcp_state;
  const auto service = r.application.empty() ? std::string{to_string(r.transport)} : r.application;
  say(f, pair_of(r.client, r.server) + " " + service, std::move(expected), std::move(observed));
  return f;
}

finding about(const meta& m, const violation& v, const context& c, words expected, words observed) {
  auto f = start(m, c, v.time, v.from_client ? v.client : v.server, v.from_client ? v.server : v.client);
  f.proof.protocol = v.protocol, f.proof.unit = v.unit, f.proof.packets = v.packets, f.proof.flow = v.flow;
  say(f, fmt::format("{} {}", v.protocol, pair_of(v.client, v.server)), std::move(expected), std::move(observed));
  return f;
}

finding about(const meta& m, const fact& x, const context& c, words expected, words observed) {
  const endpoint subject{x.address, {}, x.hardware};
  auto f = start(m, c, x.time, {}, subject);
  f.actor.clear();  // a fact says what is, not who did it
  f.proof.protocol = x.protocol, f.proof.unit = x.unit, f.proof.packets = x.packets;
  say(f, host_of(subject), std::move(expected), std::move(observed));
  return f;
}

}  // namespace mw
