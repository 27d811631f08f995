// Hand-made records, and a small plant that has learned what is normal.
#pragma once
#include "analyzer/analyzer.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mw::testing {

inline constexpr timestamp start{std::chrono::seconds{1'700'000'000}};  // 2023-11-14 22:13:20 UTC, a Tuesday
inline constexpr std::string_view master = "10.0.0.5", plc = "10.0.0.9", stranger = "10.0.0.66";

inline endpoint at(std::string_view address, std::uint16_t port = 0, std::string_view card = {}) {
  endpoint e;
  if (const auto a = ip::parse(address))
    e.address = *a;
  else if (const auto m = mac::parse(address))
    e.hardware = *m;
  if (const auto m = mac::parse(card)) e.hardware = *m;
  e.port.number = port;
  return e;
}

struct say {  // an operation, by its few words
  std::string_view client = master, server = plc, protocol = "modbus", function = "3";
  mw::action action = mw::action::read;
  mw::outcome outcome = mw::outcome::ok;
  std::string_view unit = "1";
  std::vector<object> objects = {{"holding", "100", 1, {}, {}}};
  std::vector<value> values = {};
  std::string_view code = {};
  std::uint16_t port = 502;
};
inline operation op(const say& s, timestamp t) {
  operation o;
  o.time = t, o.protocol = s.protocol, o.client = at(s.client, 50'000), o.server = at(s.server, s.port), o.unit = s.unit,
  o.action = s.action;
  o.function = s.function, o.function_name = "f" + std::string{s.function}, o.objects = s.objects, o.values = s.values,
  o.outcome = s.outcome, o.flow = "1:test";
  if (!s.code.empty()) o.code = std::string{s.code};
  o.packets = {1, 2};
  return o;
}

struct talk {  // a flow, by its few words
  std::string_view client = master, server = plc, application = "modbus", state = "closed";
  std::uint16_t port = 502;
  mw::transport transport = mw::transport::tcp;
  std::uint64_t answers = 10, payload = 100;
  std::string_view client_card = {}, server_card = {};
};
inline flow_record flow(const talk& s, timestamp t) {
  flow_record f;
  f.first = f.last = t, f.client = at(s.client, 50'000, s.client_card), f.server = at(s.server, s.port, s.server_card),
  f.transport = s.transport;
  f.application = s.application, f.certainty = s.application.empty() ? certainty::none : certainty::confirmed, f.id = "1:test";
  f.client_packets = 10, f.server_packets = s.answers, f.client_payload = s.payload, f.server_payload = s.answers ? s.payload : 0;
  f.tcp_state = s.transport == transport::tcp ? s.state : std::string_view{};
  f.packets = {1, 9}, f.reason = "end";
  return f;
}
inline flow_record probe(std::string_view from, std::string_view to, std::uint16_t port, timestamp t) {
  return flow({.client = from, .server = to, .application = "", .state = "syn", .port = port, .answers = 0, .payload = 0}, t);
}

inline fact tell(std::string_view address, std::string_view card, std::string_view kind, std::string_view what, std::string_view protocol,
                 timestamp t, std::string_view unit = {}) {
  fact f;
  f.time = t;
  if (const auto a = ip::parse(address)) f.address = *a;
  if (const auto m = mac::parse(card)) f.hardware = *m;
  f.kind = kind, f.value = what, f.protocol = protocol, f.unit = unit, f.confidence = 90;
  return f;
}
inline violation broke(std::string_view protocol, std::string_view rule, std::string_view detail, timestamp t,
                       std::string_view client = master) {
  violation v;
  v.time = t, v.protocol = protocol, v.rule = rule, v.detail = detail, v.client = at(client, 50'000), v.server = at(plc, 502),
  v.flow = "1:test";
  return v;
}

inline analyzer_config quiet(learning_mode mode = learning_mode::detect) {
  analyzer_config c;
  c.mode = mode, c.oui_file = "/nonexistent";
  return c;
}

/// An analyzer, and a clock that goes on by a second with each record unless told otherwise.
class plant {
public:
  explicit plant(analyzer_config c = quiet()) : is_{std::make_unique<analyzer>(std::move(c))} {}
  analyzer& operator*() { return *is_; }
  analyzer* operator->() { return is_.get(); }

  void see(record r) {
    attributed a;
    a.what = std::move(r), a.from = from_;
    is_->on(a);
  }
  template <class S>
  void see(const S& s)
    requires std::is_same_v<S, say>
  {
    see(record{op(s, step())});
  }
  template <class S>
  void see(const S& s)
    requires std::is_same_v<S, talk>
  {
    see(record{flow(s, step())});
  }
  timestamp step(nanoseconds d = std::chrono::seconds{1}) { return now += d; }

  std::size_t count(std::string_view rule, severity at_least = severity::info) const {
    const auto all = is_->detections();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const detection& d) { return d.rule == rule && d.severity >= at_least && !d.trial; }));
  }
  detection only(std::string_view rule) const {
    for (const auto& d : is_->detections())
      if (d.rule == rule) return d;
    ADD_FAILURE() << "no detection of " << rule;
    return {};
  }
  timestamp now = start;

private:
  std::unique_ptr<analyzer> is_;
  std::shared_ptr<const origin> from_ = std::make_shared<const origin>(origin{"s1", "e1", "Works", "site1", "cell"});
};

/// What is normal here: the master polls the PLC and writes one register; the engineer's host and the stranger are unknown.
inline std::string learned(timestamp from = start) {
  plant p{quiet(learning_mode::learn)};
  p.now = from;
  for (int i = 0; i < 20; ++i) {
    p.see(say{});
    p.see(talk{});
  }
  p.see(say{.function = "6", .action = action::write, .values = {std::uint64_t{7}}});
  return p->save();
}
inline plant detecting(analyzer_config c = quiet()) {
  plant p{std::move(c)};
  EXPECT_TRUE(p->load(learned()));
  p.now = start + std::chrono::hours{1};
  return p;
}

}  // namespace mw::testing
