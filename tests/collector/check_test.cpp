// Which records are not believed, and why; and what is close to that but right.
#include "collector/check.hpp"

#include <gtest/gtest.h>

namespace mw {
namespace {

using namespace std::chrono_literals;

constexpr timestamp now{1'700'000'000s};
constexpr endpoint a{ip::v4(10, 0, 0, 1), {40000}, {}}, b{ip::v4(10, 0, 0, 2), {502}, {}};
constexpr endpoint layer_2{{}, {}, {{0, 1, 2, 3, 4, 5}}};

operation good_operation() {
  operation o;
  o.time = now;
  o.protocol = "modbus";
  o.client = a;
  o.server = b;
  return o;
}
flow_record good_flow() {
  flow_record f;
  f.first = now - 10s;
  f.last = now;
  f.client = a;
  f.server = b;
  return f;
}
fact good_fact() {
  fact f;
  f.time = now;
  f.address = a.address;
  f.kind = "vendor";
  f.confidence = 100;
  return f;
}
violation good_violation() {
  violation v;
  v.time = now;
  v.rule = "length";
  return v;
}
status good_status() {
  status s;
  s.time = now;
  return s;
}
void summarise(operation& o, std::uint64_t count, timestamp last) {
  o.repeat.emplace();
  o.repeat->count = count;
  o.repeat->last = last;
}
template <class T>
record with(T r, void (*change)(T&)) {
  change(r);
  return r;
}

TEST(check, table) {
  const check_config limits{.not_before = 1s, .ahead = 300s, .text = 50, .list = 3};
  const struct {
    std::string_view name;
    record r;
    std::string_view why;
  } rows[] = {
      {"operation", good_operation(), ""},
      {"flow", good_flow(), ""},
      {"fact", good_fact(), ""},
      {"violation without ends", good_violation(), ""},
      {"status", good_status(), ""},
      {"time of nothing", with<operation>(good_operation(), [](auto& o) { o.time = {}; }), "time_before"},
      {"time below zero", with<fact>(good_fact(), [](auto& f) { f.time = timestamp{nanoseconds::min()}; }), "time_before"},
      {"at the limit of the clock", with<status>(good_status(), [](auto& s) { s.time = now + 300s; }), ""},
      {"beyond it", with<status>(good_status(), [](auto& s) { s.time = now + 300s + 1ns; }), "time_ahead"},
      {"the end of 64 bits", with<violation>(good_violation(), [](auto& v) { v.time = timestamp{nanoseconds::max()}; }), "time_ahead"},
      {"ends before it begins", with<flow_record>(good_flow(), [](auto& f) { f.first = now + 1s; }), "time_order"},
      {"no client", with<operation>(good_operation(), [](auto& o) { o.client = {}; }), "no_client"},
      {"a port is no client", with<flow_record>(good_flow(), [](auto& f) { f.client.address = {}; }), "no_client"},
      {"no server", with<flow_record>(good_flow(), [](auto& f) { f.server = {}; }), "no_server"},
      {"layer 2",
       with<operation>(good_operation(),
                       [](auto& o) {
                         o.client = o.server = layer_2;
                         o.transport = transport::ethernet;
                       }),
       ""},
      {"TCP without port", with<operation>(good_operation(), [](auto& o) { o.server.port = {}; }), "no_port"},
      {"a scan of port 0", with<flow_record>(good_flow(), [](auto& f) { f.server.port = {}; }), ""},
      {"no protocol", with<operation>(good_operation(), [](auto& o) { o.protocol.clear(); }), "no_protocol"},
      {"fact about nobody", with<fact>(good_fact(), [](auto& f) { f.address = {}; }), "no_subject"},
      {"fact about a card",
       with<fact>(good_fact(),
                  [](auto& f) {
                    f.address = {};
                    f.hardware = layer_2.hardware;
                  }),
       ""},
      {"fact of no kind", with<fact>(good_fact(), [](auto& f) { f.kind.clear(); }), "no_kind"},
      {"more than certain", with<fact>(good_fact(), [](auto& f) { f.confidence = 101; }), "confidence"},
      {"no rule", with<violation>(good_violation(), [](auto& v) { v.rule.clear(); }), "no_kind"},
      {"none of it", with<violation>(good_violation(), [](auto& v) { v.count = 0; }), "no_count"},
      {"longest text", with<fact>(good_fact(), [](auto& f) { f.value.assign(50, 'x'); }), ""},
      {"too long a text", with<fact>(good_fact(), [](auto& f) { f.value.assign(51, 'x'); }), "text_too_long"},
      {"value", with<operation>(good_operation(), [](auto& o) { o.values = {std::string(51, 'x')}; }), "text_too_long"},
      {"field", with<operation>(good_operation(), [](auto& o) { o.fields = {{"a", std::string(51, 'x')}}; }), "text_too_long"},
      {"name of field", with<status>(good_status(), [](auto& s) { s.fields = {{std::string(51, 'x'), true}}; }), "text_too_long"},
      {"address", with<operation>(good_operation(), [](auto& o) { o.returned = {{"a", std::string(51, 'x'), 1, {}, {}}}; }),
       "text_too_long"},
      {"longest list", with<operation>(good_operation(), [](auto& o) { o.values.resize(3); }), ""},
      {"values", with<operation>(good_operation(), [](auto& o) { o.values.resize(4); }), "list_too_long"},
      {"objects", with<operation>(good_operation(), [](auto& o) { o.objects.resize(4); }), "list_too_long"},
      {"risks", with<flow_record>(good_flow(), [](auto& f) { f.risks.resize(4); }), "list_too_long"},
      {"ledger", with<status>(good_status(), [](auto& s) { s.ledger.resize(4); }), "list_too_long"},
      {"summary", with<operation>(good_operation(), [](auto& o) { summarise(o, 2, now); }), ""},
      {"summary of none", with<operation>(good_operation(), [](auto& o) { summarise(o, 0, now); }), "no_count"},
      {"summary backwards", with<operation>(good_operation(), [](auto& o) { summarise(o, 2, now - 1s); }), "time_order"},
      {"33 buckets",
       with<operation>(good_operation(),
                       [](auto& o) {
                         summarise(o, 2, now);
                         o.repeat->intervals.resize(33);
                       }),
       "list_too_long"},
  };
  for (const auto& row : rows) EXPECT_EQ(why_refused(row.r, limits, now), row.why) << row.name;
}

TEST(check, without_a_clock_the_packets_are_the_clock) {
  auto f = good_fact();
  f.time = now + 24h * 3650;
  EXPECT_EQ(why_refused(f, {}, {}), "");
  EXPECT_EQ(why_refused(f, {}, now), "time_ahead");
}

}  // namespace
}  // namespace mw
