// Whether a record can be believed at all, before anything is made of it.
#include "collector/check.hpp"

#include <algorithm>
#include <initializer_list>

namespace mw {
namespace {

/// 2200-01-01: no clock of a plant says so in earnest, and sums of times stay far from what 64 bits hold.
constexpr std::chrono::seconds end_of_time{7'258'118'400};

class checker {
public:
  checker(const check_config& limits, std::optional<timestamp> now) : limits_{limits}, now_{now} {}

  std::string_view operator()(const operation& o) {
    instant(o.time);
    ends(o.client, o.server);
    expect(!(o.transport == transport::tcp || o.transport == transport::udp) || o.server.port.number != 0, "no_port");
    expect(!o.protocol.empty(), "no_protocol");
    texts({o.protocol, o.unit, o.function, o.function_name, o.flow, o.code ? std::string_view{*o.code} : std::string_view{}});
    objects(o.objects);
    objects(o.returned);
    list(o.values);
    for (const auto& v : o.values) one(v);
    fields(o.fields);
    if (o.repeat) summary(o);
    return why_;
  }
  std::string_view operator()(const flow_record& f) {
    instant(f.first);
    instant(f.last);
    expect(f.first <= f.last, "time_order");
    ends(f.client, f.server);
    texts({f.id, f.application, f.tcp_state, f.reason});
    list(f.risks);
    for (const auto& r : f.risks) texts({r});
    fields(f.facts);
    return why_;
  }
  std::string_view operator()(const fact& f) {
    instant(f.time);
    expect(!f.address.is_none() || !f.hardware.is_none(), "no_subject");
    expect(!f.kind.empty(), "no_kind");
    expect(f.confidence <= 100, "confidence");
    texts({f.unit, f.kind, f.value, f.protocol});
    return why_;
  }
  std::string_view operator()(const violation& v) {  // of a frame that was not understood even the ends may be unknown
    instant(v.time);
    expect(!v.rule.empty(), "no_kind");
    expect(v.count > 0, "no_count");
    texts({v.protocol, v.rule, v.detail, v.unit, v.flow});
    return why_;
  }
  std::string_view operator()(const status& s) {
    instant(s.time);
    texts({s.version, s.interface});
    list(s.ledger);
    for (const auto& stage : s.ledger) {
      texts({stage.stage});
      list(stage.dropped);
      for (const auto& [reason, _] : stage.dropped) texts({reason});
    }
    fields(s.fields);
    return why_;
  }

private:
  void expect(bool holds, std::string_view otherwise) {
    if (!holds && why_.empty()) why_ = otherwise;
  }
  void instant(timestamp t) {
    expect(t >= timestamp{limits_.not_before}, "time_before");
    expect(t < timestamp{end_of_time}, "time_ahead");
    expect(!now_ || t <= *now_ + limits_.ahead, "time_ahead");
  }
  void ends(const endpoint& client, const endpoint& server) {
    expect(!client.address.is_none() || !client.hardware.is_none(), "no_client");
    expect(!server.address.is_none() || !server.hardware.is_none(), "no_server");
  }
  void texts(std::initializer_list<std::string_view> all) {
    expect(std::all_of(all.begin(), all.end(), [this](auto t) { return t.size() <= limits_.text; }), "text_too_long");
  }
  void list(const auto& l) { expect(l.size() <= limits_.list, "list_too_long"); }
  void one(const value& v) {
    if (const auto* s = std::get_if<std::string>(&v)) texts({*s});
  }
  void fields(const std::vector<field>& all) {
    list(all);
    for (const auto& [name, v] : all) texts({name}), one(v);
  }
  void objects(const std::vector<object>& all) {
    list(all);
    for (const auto& o : all) texts({o.space, o.address});
  }
  void summary(const operation& o) {
    const auto& r = *o.repeat;
    expect(r.count > 0, "no_count");
    instant(r.last);
    expect(r.last >= o.time, "time_order");
    expect(r.intervals.size() <= repeat::buckets && r.latencies.size() <= repeat::buckets, "list_too_long");
    list(r.transitions);
    for (const auto& [symbol, _] : r.transitions) texts({symbol});
    list(r.points);
    for (const auto& p : r.points) one(p.first), one(p.last);
  }

  const check_config& limits_;
  std::optional<timestamp> now_;
  std::string_view why_;
};

}  // namespace

std::string_view why_refused(const record& r, const check_config& limits, std::optional<timestamp> now) {
  return std::visit(checker{limits, now}, r);
}

}  // namespace mw
