// A record as one line of JSON, written without an intermediate document: this is the hot path of every export.
#include "common/record_json.hpp"

#include "common/json_text.hpp"

#include <algorithm>
#include <initializer_list>

namespace mw {
namespace {

using names = std::initializer_list<std::string_view>;

/// Further fields as members of their own, after at least one other; see the header for names that are taken or come twice.
void append_fields(std::string& out, const std::vector<field>& fields, names taken) {
  std::vector<std::string> keys;
  keys.reserve(fields.size());
  for (const auto& [name, _] : fields) keys.push_back(std::find(taken.begin(), taken.end(), name) == taken.end() ? name : "field_" + name);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(keys.begin(), from, *from) != from) continue;  // written with the first of its name
    out += ',';
    append_quoted(out, *from);
    out += ':';
    if (std::find(from + 1, keys.end(), *from) == keys.end()) {
      append_value(out, fields[i].second);
      continue;
    }
    out += '[';
    for (std::size_t j = i; j < keys.size(); ++j) {
      if (keys[j] != *from) continue;
      if (j != i) out += ',';
      append_value(out, fields[j].second);
    }
    out += ']';
  }
}

void append_time(members& m, std::string_view name, timestamp t) { append_seconds(m(name), t.time_since_epoch()); }

void append_hardware(members& m, std::string_view name, const endpoint& e) {
  if (!e.hardware.is_none() && !e.address.is_none()) m.text(name, to_string(e.hardware));
}

void append_ends(members& m, const endpoint& client, const endpoint& server) {
  append_endpoint(m("client"), client);
  append_endpoint(m("server"), server);
}

void append_packets(members& m, const packet_ref& p) {
  if (p == packet_ref{}) return;
  auto& out = m("packets");
  out += '[';
  append_number(out, p.first);
  out += ',';
  append_number(out, p.last);
  out += ']';
}

void append_objects(std::string& out, const std::vector<object>& objects) {
  append_list(out, objects, [&](const object& o) {
    members m{out};
    m.text("space", o.space);
    m.text("address", o.address);
    m.number("count", o.count);
    if (o.property) m.number("property", *o.property);
    if (o.index) m.number("index", *o.index);
    m.close();
  });
}

void append_values(std::string& out, const std::vector<value>& values) {
  append_list(out, values, [&](const value& v) { append_value(out, v); });
}

void append_repeat(std::string& out, const repeat& r) {
  const auto number = [&](auto n) { append_number(out, n); };
  members m{out};
  m.number("count", r.count);
  append_time(m, "last", r.last);
  m.number("missed", r.missed);
  append_list(m("intervals"), r.intervals, number);
  append_list(m("latencies"), r.latencies, number);
  append_list(m("transitions"), r.transitions, [&](const auto& t) {
    out += '[';
    append_quoted(out, t.first);
    out += ',';
    append_number(out, t.second);
    out += ']';
  });
  append_list(m("points"), r.points, [&](const repeat::point& p) {
    members point{out};
    append_value(point("first"), p.first);
    append_value(point("last"), p.last);
    append_number(point("min"), p.minimum);
    append_number(point("max"), p.maximum);
    append_number(point("mean"), p.mean);
    append_number(point("variance"), p.variance);
    point.number("changes", p.changes);
    point.close();
  });
  m.close();
}

struct writer {
  std::string& out;

  void operator()(const operation& o) const {
    members m{out};
    m.text("type", "operation");
    append_time(m, "time", o.time);
    m.text("protocol", o.protocol);
    append_ends(m, o.client, o.server);
    m.text("unit", o.unit);
    m.text("action", to_string(o.action));
    m.text("function", o.function);
    m.text("function_name", o.function_name);
    append_objects(m("objects"), o.objects);
    if (!o.returned.empty()) append_objects(m("returned"), o.returned);
    append_values(m("values"), o.values);
    m.text("outcome", to_string(o.outcome));
    if (o.code)
      m.text("code", *o.code);
    else
      m("code") += "null";
    if (o.latency)
      append_seconds(m("latency"), *o.latency);
    else
      m("latency") += "null";
    m.text("flow", o.flow);
    m.text("transport", to_string(o.transport));
    if (o.vlan != 0) m.number("vlan", o.vlan);
    append_hardware(m, "client_mac", o.client);
    append_hardware(m, "server_mac", o.server);
    append_packets(m, o.packets);
    if (o.repeat) append_repeat(m("repeat"), *o.repeat);
    append_fields(out, o.fields, {"type",          "time",    "protocol",   "client",     "server",  "unit",  "action",  "function",
                                  "function_name", "objects", "returned",   "values",     "outcome", "code",  "latency", "flow",
                                  "transport",     "vlan",    "client_mac", "server_mac", "packets", "repeat"});
    m.close();
  }

  void operator()(const flow_record& f) const {
    members m{out};
    m.text("type", "flow");
    append_time(m, "time", f.last);
    append_time(m, "first", f.first);
    append_time(m, "last", f.last);
    m.text("flow", f.id);
    append_ends(m, f.client, f.server);
    append_hardware(m, "client_mac", f.client);
    append_hardware(m, "server_mac", f.server);
    m.text("transport", to_string(f.transport));
    if (f.ethertype != 0) m.number("ethertype", f.ethertype);
    if (f.ip_protocol != 0) m.number("ip_protocol", unsigned{f.ip_protocol});
    if (f.vlan != 0) m.number("vlan", f.vlan);
    m.text("application", f.application);
    m.text("certainty", to_string(f.certainty));
    m.number("client_packets", f.client_packets);
    m.number("server_packets", f.server_packets);
    m.number("client_bytes", f.client_bytes);
    m.number("server_bytes", f.server_bytes);
    m.number("client_payload", f.client_payload);
    m.number("server_payload", f.server_payload);
    m.text("tcp_state", f.tcp_state);
    m.number("retransmits", f.retransmits);
    m.number("gaps", f.gaps);
    m.number("gap_bytes", f.gap_bytes);
    m.number("resyncs", f.resyncs);
    m.number("skipped_bytes", f.skipped_bytes);
    if (f.round_trip)
      append_seconds(m("round_trip"), *f.round_trip);
    else
      m("round_trip") += "null";
    m("interim") += f.interim ? "true" : "false";
    m.text("reason", f.reason);
    append_packets(m, f.packets);
    append_list(m("risks"), f.risks, [this](const std::string& r) { append_quoted(out, r); });
    append_fields(out, f.facts,
                  {"type",       "time",           "first",          "last",         "flow",         "client",         "server",
                   "client_mac", "server_mac",     "transport",      "ethertype",    "ip_protocol",  "vlan",           "application",
                   "certainty",  "client_packets", "server_packets", "client_bytes", "server_bytes", "client_payload", "server_payload",
                   "tcp_state",  "retransmits",    "gaps",           "gap_bytes",    "resyncs",      "skipped_bytes",  "round_trip",
                   "interim",    "reason",         "packets",        "risks"});
    m.close();
  }

  void operator()(const fact& f) const {
    members m{out};
    m.text("type", "fact");
    append_time(m, "time", f.time);
    if (!f.address.is_none()) m.text("address", to_string(f.address));
    if (!f.hardware.is_none()) m.text("mac", to_string(f.hardware));
    m.text("unit", f.unit);
    m.text("kind", f.kind);
    m.text("value", f.value);
    m.text("protocol", f.protocol);
    m.number("confidence", unsigned{f.confidence});
    if (f.vlan != 0) m.number("vlan", f.vlan);
    append_packets(m, f.packets);
    m.close();
  }

  void operator()(const violation& v) const {
    members m{out};
    m.text("type", "violation");
    append_time(m, "time", v.time);
    m.text("protocol", v.protocol);
    m.text("rule", v.rule);
    m.text("detail", v.detail);
    append_ends(m, v.client, v.server);
    append_hardware(m, "client_mac", v.client);
    append_hardware(m, "server_mac", v.server);
    m.text("transport", to_string(v.transport));
    m("from_client") += v.from_client ? "true" : "false";
    m.text("unit", v.unit);
    m.text("flow", v.flow);
    m.number("count", v.count);
    if (v.vlan != 0) m.number("vlan", v.vlan);
    append_packets(m, v.packets);
    m.close();
  }

  void operator()(const status& s) const {
    members m{out};
    m.text("type", "status");
    append_time(m, "time", s.time);
    m.text("version", s.version);
    m.text("interface", s.interface);
    m.number("packets", s.packets);
    m.number("bytes", s.bytes);
    m.number("flows_active", s.flows_active);
    append_list(m("ledger"), s.ledger, [this](const ledger_stage& stage) {
      members line{out};
      line.text("stage", stage.stage);
      line.number("in", stage.in);
      line.number("out", stage.out);
      line.number("held", stage.held);
      auto& text = line("dropped");
      text += '{';
      for (bool first = true; const auto& [reason, count] : stage.dropped) {
        if (!first) text += ',';
        first = false;
        append_quoted(text, reason);
        text += ':';
        append_number(text, count);
      }
      text += '}';
      line.close();
    });
    append_fields(out, s.fields, {"type", "time", "version", "interface", "packets", "bytes", "flows_active", "ledger"});
    m.close();
  }
};

}  // namespace

void append_json(std::string& out, const record& r) {
  std::visit(writer{out}, r);
  out += '\n';
}

}  // namespace mw
