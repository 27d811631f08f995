// The life of a packet in the sensor.
#include "sensor/engine.hpp"

#include "sensor/decode/decode.hpp"
#include "sensor/decode/fragments.hpp"
#include "sensor/flow/announcements.hpp"
#include "sensor/flow/community_id.hpp"
#include "sensor/flow/flow.hpp"
#include "sensor/guard/black_box.hpp"
#include "sensor/identify/port_hints.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <deque>

namespace mw {
namespace {

constexpr std::size_t most_unidentified = 8192, most_segments = 48;  // octets and segments kept for identification

constexpr std::size_t most_flow_facts = 32, longest_flow_fact = 256;
constexpr std::chrono::hours clock_set_back{1};

bool has(std::span<const std::uint16_t> ports, port p) { return std::ranges::find(ports, p.number) != ports.end(); }

constexpr std::uint32_t most_tries = 32, later_tries = 16;  // datagrams that nobody recognised; from then on every so many is tried
constexpr std::chrono::seconds order_grain{1};              // how exact the order of last activity is

std::vector<const protocol*> protocols_by_name(const black_box* box) {
  std::vector<const protocol*> out;
  for (const auto& p : protocol::all())
    if (box == nullptr || !box->is_off(p)) out.push_back(&p);
  std::ranges::sort(out, {}, [](const protocol* p) { return p->about.name; });
  return out;
}

}  // namespace

class engine::inside {
public:
  inside(engine_config c, record_sink& to, std::string interface, std::shared_ptr<ndpi_engine> ndpi)
      : config_{c},
        to_{to},
        interface_{std::move(interface)},
        protocols_{protocols_by_name(c.box)},
        hints_{protocols_},
        ndpi_{ndpi ? std::move(ndpi) : make_ndpi()},
        out_{*this} {}

  void on_frame(const frame& f) {
    if (auto* box = config_.box) ++box->beats, ++box->frames;
    take(f);
    if (config_.box != nullptr) config_.box->working.store(nullptr, std::memory_order_relaxed);
    if (now_ - swept_ >= std::chrono::seconds{1}) sweep();
  }

  void on_time(timestamp now) {
    if (config_.box != nullptr) ++config_.box->beats;
    pass(now);
    if (now_ - swept_ >= std::chrono::seconds{1}) sweep();
  }

  void on_source(const source_counts& now) {
    auto& capture = stats_.ledger.capture;
    const auto kernel = now.kernel_dropped - std::min(now.kernel_dropped, source_.kernel_dropped);
    const auto interface = now.interface_dropped - std::min(now.interface_dropped, source_.interface_dropped);
    source_ = now;
    capture.in += kernel + interface;
    drop(capture, "kernel", kernel);
    drop(capture, "interface", interface);
  }

  void finish(const source_counts& from) {
    while (auto* f = quietest()) end(*f, "eof");
    on_source(from);
    auto& ledger = stats_.ledger;
    drop(ledger.decode, "fragments_incomplete", ledger.decode.held);
    ledger.decode.held = 0;
    if (stats_.packets != 0) beat();
  }
  sensor_stats& stats() { return stats_; }

private:
  /// Frames may come a little out of order. What is earlier by more than `clock_set_back` says that the clock was wrong until now (one
  /// broken time, or an older file behind a newer one): without it one packet from the future would silence the heartbeat for good.
  void pass(timestamp t) {
    if (now_ - t > clock_set_back)
      now_ = swept_ = beat_ = t;
    else
      now_ = std::max(now_, t);
  }
  bool in_future(timestamp t) const { return t - now_ > clock_set_back; }

  void take(const frame& f) {
    ++packet_;
    pass(f.time);
    if (packet_ == 1 && config_.box != nullptr && config_.box->last.dissector != nullptr) {
      auto v = told(config_.box->last, now_);
      ++stats_.violations[v.protocol];
      send(std::move(v));
    }
    ++stats_.packets;
    stats_.bytes += f.wire_size;
    auto& ledger = stats_.ledger;
    ++ledger.capture.in, ++ledger.capture.out, ++ledger.decode.in;
    auto decoded = decode(f.data, f.link_type, f.wire_size);
    if (!decoded) return drop(ledger.decode, decoded.error().what);
    auto& p = *decoded;
    if (p.fragment) {
      const auto before = fragments_.count();
      const auto whole = fragments_.add(p, f.time);
      const auto& after = fragments_.count();
      drop(ledger.decode, "fragments_incomplete", after.expired - before.expired);
      ledger.decode.held = after.held;
      if (whole.empty()) return;
      if (auto done = decode_transport(p, whole); !done) return drop(ledger.decode, done.error().what, after.joined - before.joined);
      ledger.decode.out += after.joined - before.joined;
      p.network = {};
    } else {
      ++ledger.decode.out;
    }
    on_packet(p, f.time);
  }

  /// Gives a session's words their addresses, flow and packets.
  class speaker final : public output {
  public:
    explicit speaker(inside& in) : in_{in} {}
    void emit(operation&& op, side asker) override {
      const auto& a = at->about;
      if (op.protocol.empty()) op.protocol = what->about.name;
      op.client = asker == side::client ? a.client : a.server;
      op.server = asker == side::client ? a.server : a.client;
      op.transport = a.transport;
      op.flow = a.id;
      op.vlan = a.vlan;
      op.packets = {packet, packet};
      for (const auto& [seen, number] : at->packets)
        if (seen == op.time) op.packets.first = std::min(op.packets.first, number);
      in_.send(std::move(op));
    }
    void learn(side who, std::string_view unit, std::string_view kind, std::string_view value, std::uint8_t confidence) override {
      const auto& e = who == side::client ? at->about.client : at->about.server;
      fact_of(e.address, e.address.is_none() ? e.hardware : mac{}, unit, kind, value, confidence);
    }
    void learn_about(const ip& address, const mac& hardware, std::string_view kind, std::string_view value,
                     std::uint8_t confidence) override {
      fact_of(address, hardware, {}, kind, value, confidence);
    }
    void violate(side from, std::string_view rule, std::string_view detail, std::string_view unit, std::string_view inner) override {
      const auto whose = inner.empty() ? what->about.name : inner;
      ++in_.stats_.violations[std::string{whose}];
      violated = true;
      const auto& a = at->about;
      violation v;
      v.time = time;
      v.protocol = whose;
      v.rule = rule;
      v.detail = detail;
      v.client = a.client, v.server = a.server;
      v.transport = a.transport;
      v.from_client = from == side::client;
      v.unit = unit;
      v.flow = a.id;
      v.vlan = a.vlan;
      v.packets = {packet, packet};
      in_.send(std::move(v));
    }
    void count(std::string_view p, std::string_view k, std::uint32_t code) override { in_.stats_.pdus.add(p, k, code, false); }
    void count(std::string_view p, std::string_view k, std::uint32_t code, std::uint32_t sub) override {
      in_.stats_.pdus.add(p, k, static_cast<std::uint64_t>(code) << 32 | sub, true);
    }
    void count(std::string_view p, std::string_view k, std::string_view word) override { in_.stats_.pdus.add(p, k, 0, false, word); }
    void describe(std::string_view name, std::string_view value) override {
      auto& facts = at->about.facts;
      std::string text{value.substr(0, longest_flow_fact)};
      if (const auto known = std::ranges::find(facts, name, &field::first); known != facts.end())
        known->second = std::move(text);
      else if (facts.size() < most_flow_facts)
        facts.emplace_back(name, std::move(text));
    }
    void become(std::string_view name) override {
      for (const auto* p : in_.protocols_)
        if (p->about.name == name && speaks(*p, at->about.transport)) next = p;
    }
    void expect(const endpoint& end, side who, transport over, std::string_view name) override {
      for (const auto* p : in_.protocols_)
        if (p->about.name == name && speaks(*p, over))
          if (!in_.announced_.add({end.address, end.port, over}, {p, who, time}))
            count(what->about.name, "forgotten", "expected_conversation");
    }

    flow* at = nullptr;
    const protocol* what = nullptr;
    const protocol* next = nullptr;  ///< what the session says that the conversation becomes
    timestamp time{};
    std::uint64_t packet = 0;
    bool violated = false;

  private:
    void fact_of(const ip& address, const mac& hardware, std::string_view unit, std::string_view kind, std::string_view value,
                 std::uint8_t confidence) {
      fact f;
      f.time = time;
      f.address = address, f.hardware = hardware;
      f.unit = unit, f.kind = kind, f.value = value;
      f.protocol = what->about.name;
      f.confidence = confidence;
      f.vlan = at->about.vlan;
      f.packets = {packet, packet};
      in_.send(std::move(f));
    }
    inside& in_;
  };

  void beat() {
    beat_ = now_;
    status s;
    s.time = now_;
    s.version = MILLWATCH_VERSION;
    s.interface = interface_;
    s.packets = stats_.packets, s.bytes = stats_.bytes;
    s.flows_active = flows_.size();
    s.ledger = stats_.ledger.all();
    if (config_.box != nullptr) tell(*config_.box, s);
    if (stats_.not_inspected != 0) s.fields.emplace_back("flows_not_inspected", stats_.not_inspected);
    send(std::move(s));
  }

  void send(record&& r) {
    ++stats_.records[r.index()];
    to_.on_record(std::move(r));
  }

  static flow_key key_of(const packet& p) {
    flow_key k;
    const bool below_ip = p.transport == transport::ethernet;
    const auto a = std::pair{p.source, p.source_port.number}, b = std::pair{p.target, p.target_port.number};
    if (below_ip) {
      k.low_mac = std::min(p.source_mac, p.target_mac), k.high_mac = std::max(p.source_mac, p.target_mac);
      k.ethertype = p.ethertype;
    } else {
      const auto& [low, high] = std::minmax(a, b);
      k.low = low.first, k.high = high.first, k.low_port = low.second, k.high_port = high.second;
      k.protocol = p.ip_protocol;
    }
    return k;
  }

  /// True where the packet's source is the client: by handshake, then by ports, then by who spoke first.
  bool source_is_client(const packet& p, bool& sure) const {
    sure = true;
    if (p.transport == transport::tcp && p.tcp.has(tcp_header::syn)) return !p.tcp.has(tcp_header::ack);
    const auto rank = [&](port port) { return !hints_.at(p.transport, port).empty() ? 2 : port.number < 1024 ? 1 : 0; };
    if (p.transport == transport::tcp || p.transport == transport::udp) {
      const int source = rank(p.source_port), target = rank(p.target_port);
      if (source != target) return target > source;
    }
    sure = false;
    return true;
  }

  flow& flow_of(const packet& p, timestamp time) {
    const auto key = key_of(p);
    if (const auto it = flows_.find(key); it != flows_.end()) {
      auto& f = *it->second;
      const bool fresh_syn = p.transport == transport::tcp && p.tcp.has(tcp_header::syn) && !p.tcp.has(tcp_header::ack);
      const bool again = fresh_syn && (f.closed || (f.about.tcp_state == "established" && f.handshake_seen)) && time != f.syn_at;
      if (!again) {
        if (time - f.touched >= order_grain) touch(f, time);
        return f;
      }
      end(f, "end");  // the ports are used again
    }
    if (flows_.size() >= config_.most_flows) end(*quietest(), "evicted");
    auto made = std::make_unique<flow>();
    auto& f = *made;
    f.key = key;
    bool sure = false;
    bool forward = source_is_client(p, sure);
    if (p.transport == transport::tcp || p.transport == transport::udp) {
      const auto* by_source = announced_.find({p.source, p.source_port, p.transport}, time);
      const auto* by_target = by_source == nullptr ? announced_.find({p.target, p.target_port, p.transport}, time) : nullptr;
      if (by_source != nullptr) f.expected = by_source->what, forward = by_source->who == side::client;
      if (by_target != nullptr) f.expected = by_target->what, forward = by_target->who == side::server;
      sure = sure || f.expected != nullptr;
    }
    endpoint source{p.source, p.source_port, p.source_mac}, target{p.target, p.target_port, p.target_mac};
    f.oriented = sure;
    auto& a = f.about;
    a.client = forward ? source : target, a.server = forward ? target : source;
    a.first = a.last = time;
    a.transport = p.transport;
    a.ethertype = p.transport == transport::ethernet ? p.ethertype : std::uint16_t{0};
    a.ip_protocol = p.ip_protocol;
    a.vlan = p.vlan;
    a.packets = {packet_, packet_};
    a.id = p.transport == transport::ethernet ? link_id(p.source_mac, p.target_mac, p.ethertype)
                                              : community_id(p.source, p.target, p.ip_protocol, p.source_port, p.target_port,
                                                             p.transport == transport::tcp || p.transport == transport::udp);
    if (p.transport == transport::tcp) a.tcp_state = p.tcp.has(tcp_header::syn) ? "syn" : "midstream";
    f.reported = f.ticked = f.touched = time;
    if (const auto* box = config_.box) f.key_hash = absl::HashOf(key), f.quarantined = box->is_quarantined(f.key_hash);
    f.patient = p.transport == transport::tcp;
    f.place = order(f).insert(order(f).end(), &f);
    flows_.emplace(key, std::move(made));
    if (p.transport == transport::ethernet) f.below_ip = below_ip_.insert(below_ip_.end(), &f);
    fresh_.emplace_back(time, key);
    ++stats_.flows;
    return f;
  }

  side side_of(const flow& f, const packet& p) const {
    if (p.transport == transport::ethernet) return p.source_mac == f.about.client.hardware ? side::client : side::server;
    return p.source == f.about.client.address && p.source_port == f.about.client.port ? side::client : side::server;
  }

  void on_packet(const packet& p, timestamp time) {
    ++stats_.ledger.flow.in;
    auto& f = flow_of(p, time);
    ++stats_.ledger.flow.out;
    const auto from = side_of(f, p);
    auto& a = f.about;
    a.last = std::max(a.last, time);
    a.packets.last = packet_;
    (from == side::client ? a.client_packets : a.server_packets) += 1;
    (from == side::client ? a.client_bytes : a.server_bytes) += p.size;
    (from == side::client ? a.client_payload : a.server_payload) += p.payload.size();
    auto& end_seen = from == side::client ? a.client : a.server;
    if (end_seen.hardware.is_none()) end_seen.hardware = p.source_mac;
    inspect(f, p, time);
    switch (p.transport) {
      case transport::tcp: on_tcp(f, p, from, time); break;
      case transport::udp: on_datagram(f, p, from, time); break;
      case transport::ethernet: on_datagram(f, p, from, time); break;
      default: break;
    }
    if (!f.closed && time - f.ticked >= std::chrono::seconds{1}) tick(f, time, packet_);
    if (time - f.reported >= config_.interim) report(f, "interim", true);
  }

  /// nDPI reads a flow from its first payload on, until it knows enough or a dissector reads it (unless risks are worth more).
  void inspect(flow& f, const packet& p, timestamp time) {
    if (f.ndpi_done || p.network.empty()) return;
    if (f.given_up || !(f.sessions.empty() || f.sessions.front().what->about.risks_by_ndpi)) return settle(f);
    if (!f.ndpi) {
      if (p.payload.empty() && (p.transport == transport::tcp || p.transport == transport::udp)) return;
      if (now_ - inspecting_since_ >= std::chrono::seconds{1} || now_ < inspecting_since_) inspecting_since_ = now_, inspected_ = 0;
      if (inspected_ >= config_.most_inspected) {
        f.ndpi_done = true;
        ++stats_.not_inspected;
        return;
      }
      ++inspected_;
      f.ndpi = ndpi_->open();
    }
    if (!f.ndpi->add(p.network, time)) settle(f);
  }
  /// What nDPI found is kept, its memory is not.
  static void settle(flow& f) {
    f.ndpi_done = true;
    if (!f.ndpi) return;
    f.found = std::make_unique<ndpi_verdict>(f.ndpi->finish());
    f.ndpi.reset();
  }

  void tick(flow& f, timestamp time, std::uint64_t packet) {
    f.ticked = time;
    for (auto& s : f.sessions) {
      aim(f, s.what, time, packet);
      s.session->on_time(time, out_);
    }
  }
  void aim(flow& f, const protocol* what, timestamp time, std::uint64_t packet) {
    if (auto* box = config_.box) {
      box->client = f.about.client, box->server = f.about.server;
      box->transport = f.about.transport, box->vlan = f.about.vlan;
      box->flow.store(f.key_hash, std::memory_order_relaxed);
      box->working.store(what, std::memory_order_release);
    }
    out_.at = &f, out_.what = what, out_.time = time, out_.packet = packet, out_.violated = false, out_.next = nullptr;
  }

  // ---- TCP
  void on_tcp(flow& f, const packet& p, side from, timestamp time) {
    auto& a = f.about;
    const auto i = static_cast<std::size_t>(from);
    auto& stream = f.streams[i];
    const auto data = [&](const chunk& c) { on_bytes(f, from, c); };
    const auto gap = [&](std::uint64_t) { on_gap(f, from); };
    const reassembly::listener to{.data = data, .gap = gap};
    const side back = other(from);
    auto& reverse = f.streams[static_cast<std::size_t>(back)];
    const auto data_back = [&](const chunk& c) { on_bytes(f, back, c); };
    const auto gap_back = [&](std::uint64_t) { on_gap(f, back); };
    const reassembly::listener to_reverse{.data = data_back, .gap = gap_back};
    if (p.tcp.has(tcp_header::syn)) {
      stream.start(p.tcp.sequence);
      if (!p.tcp.has(tcp_header::ack))
        f.syn_at = time;
      else if (a.tcp_state == "syn") {
        a.tcp_state = "established";
        f.handshake_seen = true;
        if (f.syn_at != timestamp{}) a.round_trip = time - f.syn_at;
      }
    }
    if (p.tcp.has(tcp_header::ack)) reverse.acknowledged(p.tcp.acknowledged, time, !p.payload.empty(), to_reverse);
    if (!p.payload.empty()) {
      const auto sequence = p.tcp.sequence + (p.tcp.has(tcp_header::syn) ? 1u : 0u);
      stream.add(sequence, {p.payload, time, packet_}, to);
    }
    if (p.tcp.has(tcp_header::rst)) {
      a.tcp_state = a.tcp_state == "syn" && from == side::server ? "rejected" : "reset";
      f.closed = true;
    }
    if (p.tcp.has(tcp_header::fin)) {
      f.fin[i] = true;
      if (f.fin[0] && f.fin[1]) {
        a.tcp_state = "closed";
        f.closed = true;
      }
    }
    if (f.closed && f.patient) {
      touch(f, time);
      stream.rest(), reverse.rest();
    }
  }

  void on_gap(flow& f, side from) {
    if (!f.sessions.empty()) ++stats_.gaps[std::string{f.sessions[0].what->about.name}];
    if (auto& frames = f.frames[static_cast<std::size_t>(from)])
      frames->gap([&] {
        for (auto& s : f.sessions) s.session->on_gap(from);
      });
  }

  void on_bytes(flow& f, side from, const chunk& c) {
    if (f.quarantined) {
      stats_.quarantined_bytes += c.data.size();
      return;
    }
    if (f.sessions.empty()) {
      identify(f, from, c);
      return;
    }
    feed(f, from, c);
  }

  void feed(flow& f, side from, const chunk& c) {
    auto& frames = f.frames[static_cast<std::size_t>(from)];
    if (!frames) frames.emplace(*f.sessions[0].what);
    frames->add(c, {.message = [&](const chunk& m) { on_message(f, from, m); },
                    .damage =
                        [&](const error& e) {
                          aim(f, f.sessions[0].what, c.time, c.packet);
                          out_.violate(from, "framing", e.what, {}, {});
                        },
                    .gap =
                        [&] {
                          for (auto& s : f.sessions) s.session->on_gap(from);
                        }});
  }

  void on_message(flow& f, side from, const chunk& m) {
    f.remember(m.time, m.packet);
    const message whole{.data = m.data,
                        .from = from,
                        .time = m.time,
                        .transport = f.about.transport,
                        .source = from == side::client ? f.about.client : f.about.server,
                        .target = from == side::client ? f.about.server : f.about.client};
    for (auto& s : f.sessions) {
      aim(f, s.what, m.time, m.packet);
      if (s.session->on_message(whole, out_) == verdict::not_mine) continue;
      if (!out_.violated) confirm(f, from);
      if (out_.next != nullptr) turn_into(f, *out_.next, m.time, m.packet);
      return;
    }
    for (const auto* p : protocols_) {  // well framed, but nobody's so far: others may share the transport
      if (f.sessions.size() >= 4 || std::ranges::any_of(f.sessions, [&](const auto& s) { return s.what == p; })) continue;
      if (!speaks(*p, f.about.transport)) continue;
      const auto thinks = p->about.probe(m.data, f.about.transport);
      if (thinks != match::yes && thinks != match::certain) continue;
      f.sessions.push_back({p, p->about.open()});
      aim(f, p, m.time, m.packet);
      if (f.sessions.back().session->on_message(whole, out_) == verdict::taken) return confirm(f, from);
    }
    ++stats_.unclaimed[std::string{f.sessions[0].what->about.name}];
    if (f.valid[0] == 0 && f.valid[1] == 0) f.about.certainty = certainty::opaque;
  }
  /// The conversation goes on as another protocol, on both sides (the other side's framing begins with its next octet).
  void turn_into(flow& f, const protocol& p, timestamp time, std::uint64_t packet) {
    for (auto& s : std::exchange(f.sessions, {})) {
      aim(f, s.what, time, packet);
      s.session->on_end(time, out_);
    }
    f.sessions.push_back({&p, p.about.open()});
    for (auto& frames : f.frames)
      if (frames) frames->follow(p);
  }
  static void confirm(flow& f, side from) {
    ++f.valid[static_cast<std::size_t>(from)];
    if (f.valid[0] != 0 && f.valid[1] != 0) f.about.certainty = certainty::confirmed;
  }

  // ---- identification
  static bool speaks(const protocol& p, transport t) { return port_hints::speaks(p, t); }
  static bool has_port(const protocol& p, const flow& f) {
    const auto& ports = f.about.transport == transport::tcp ? p.about.tcp_ports : p.about.udp_ports;
    return has(ports, f.about.server.port) || has(ports, f.about.client.port);
  }
  bool hinted(const flow& f) const {
    const auto t = f.about.transport;
    return !hints_.at(t, f.about.server.port).empty() || !hints_.at(t, f.about.client.port).empty();
  }
  /// Who recognises these bytes of one side, or nobody yet.
  const protocol* recognise(flow& f, side from, bytes head) {
    const auto t = f.about.transport;
    for (const auto end : {f.about.server.port, f.about.client.port})
      for (const auto* p : hints_.at(t, end))
        if (p->about.probe(head, t) >= match::yes) return p;
    for (const auto* p : hints_.anywhere(t)) {
      const auto thinks = p->about.probe(head, t);
      if (thinks == match::certain) return p;
      if (thinks != match::yes || has_port(*p, f)) continue;
      f.said_yes[static_cast<std::size_t>(from)] = p;
      if (f.said_yes[0] == f.said_yes[1]) return p;
    }
    return f.expected;  // an announcement is only a word: what speaks for itself wins, else it could hide an attack
  }

  void identify(flow& f, side from, const chunk& c) {
    if (f.given_up && !hinted(f)) return;
    f.unidentified.push_back({from, c.time, c.packet, {c.data.begin(), c.data.end()}});
    f.unidentified_bytes += c.data.size();
    std::vector<std::uint8_t> head;  // what this side said so far
    for (const auto& e : f.unidentified)
      if (e.from == from) head.insert(head.end(), e.data.begin(), e.data.end());
    const auto* found = recognise(f, from, head);
    bool behind = false;  // what was said before is not this protocol's: the end of a message, or what both sides left for this one
    if (found == nullptr && head.size() != c.data.size()) found = recognise(f, from, c.data), behind = found != nullptr;
    if (found != nullptr) {
      f.about.certainty = certainty::candidate;
      f.about.application = found->about.name;
      f.sessions.push_back({found, found->about.open()});
      const auto waiting = std::exchange(f.unidentified, {});
      f.unidentified_bytes = 0;
      if (behind) return feed(f, from, c);
      for (const auto& e : waiting) feed(f, e.from, {e.data, e.time, e.packet});
      return;
    }
    while (f.unidentified_bytes > most_unidentified || f.unidentified.size() > most_segments) {
      f.given_up = true;  // from here on only on ports that hint at somebody
      f.unidentified_bytes -= f.unidentified.front().data.size();
      f.unidentified.erase(f.unidentified.begin());
    }
  }

  void on_datagram(flow& f, const packet& p, side from, timestamp time) {
    if (p.payload.empty()) return;
    if (f.quarantined) {
      stats_.quarantined_bytes += p.payload.size();
      return;
    }
    const chunk c{p.payload, time, packet_};
    if (f.sessions.empty()) {
      const protocol* found = nullptr;
      if (p.transport == transport::ethernet) {
        for (const auto* x : protocols_)
          if (has(x->about.ethertypes, port{p.ethertype}) && (p.ethertype != 0 || x->about.probe(p.payload, p.transport) >= match::yes))
            found = x;
      } else {
        if (f.tries >= most_tries && f.tries % later_tries != 0 && !hinted(f)) {
          ++f.tries;
          return;
        }
        found = recognise(f, from, p.payload);
      }
      if (found == nullptr) {
        ++f.tries;
        return;
      }
      f.about.certainty = certainty::candidate;
      f.about.application = found->about.name;
      f.sessions.push_back({found, found->about.open()});
    }
    on_message(f, from, c);
  }

  // ---- ends
  void report(flow& f, std::string_view reason, bool interim) {
    auto& a = f.about;
    a.interim = interim;
    a.reason = reason;
    if (!interim) settle(f);
    if (!interim && f.found) {
      auto v = std::move(*f.found);
      f.found.reset();
      if (a.application.empty() && !v.application.empty()) {
        a.application = v.application;
        a.certainty = certainty::candidate;
      }
      if (!v.application.empty() && v.application != a.application) v.facts.emplace_back("ndpi", v.application);  // often finer than ours
      a.risks = std::move(v.risks);
      for (auto& said : v.facts)  // what the dissector read stands
        if (std::ranges::find(a.facts, said.first, &field::first) == a.facts.end()) a.facts.push_back(std::move(said));
    }
    std::uint64_t retransmits = 0, gaps = 0, gap_bytes = 0, resyncs = 0, skipped = 0;
    for (const auto& s : f.streams) retransmits += s.count().retransmits, gaps += s.count().gaps, gap_bytes += s.count().gap_bytes;
    for (const auto& s : f.frames)
      if (s) resyncs += s->count().resyncs, skipped += s->count().skipped_bytes;
    a.retransmits = retransmits, a.gaps = gaps, a.gap_bytes = gap_bytes, a.resyncs = resyncs, a.skipped_bytes = skipped;
    f.reported = a.last;
    send(flow_record{a});
    a.client_packets = a.server_packets = a.client_bytes = a.server_bytes = a.client_payload = a.server_payload = 0;
  }

  void end(flow& f, std::string_view reason) {
    if (f.about.transport == transport::tcp)
      for (const auto from : {side::client, side::server})
        f.streams[static_cast<std::size_t>(from)].finish(
            {.data = [&](const chunk& c) { on_bytes(f, from, c); }, .gap = [&](std::uint64_t) { on_gap(f, from); }});
    for (auto& s : f.sessions) {
      aim(f, s.what, f.about.last, f.about.packets.last);
      s.session->on_end(f.about.last, out_);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (f.frames[i]) f.frames[i]->finish();
      const auto& c = f.streams[i].count();
      auto& s = stats_.ledger.stream;
      s.in += c.in, s.out += c.delivered, s.held += c.held;
      drop(s, "repeated", c.repeated);
      drop(s, "stream_reset", c.lost);
      if (f.frames[i] && f.frames[i]->count().skipped_bytes != 0)
        stats_.skipped_bytes[std::string{f.sessions[0].what->about.name}] += f.frames[i]->count().skipped_bytes;
      if (f.frames[i] && f.frames[i]->count().resyncs != 0)
        stats_.resyncs[std::string{f.sessions[0].what->about.name}] += f.frames[i]->count().resyncs;
    }
    report(f, reason, false);
    order(f).erase(f.place);
    if (f.below_ip) below_ip_.erase(*f.below_ip);
    flows_.erase(flows_.find(f.key));
  }

  std::list<flow*>& order(const flow& f) { return order_[f.patient ? 1 : 0]; }
  void touch(flow& f, timestamp time) {
    f.touched = std::max(f.touched, time);
    auto& from = order(f);
    f.patient = f.about.transport == transport::tcp && !f.closed;
    auto& to = order(f);
    to.splice(to.end(), from, f.place);
  }
  /// The flow that was quiet longest, of both orders; nullptr where there is none.
  flow* quietest() {
    flow* found = nullptr;
    for (auto& o : order_)
      if (!o.empty() && (found == nullptr || o.front()->about.last < found->about.last)) found = o.front();
    return found;
  }
  void sweep() {
    swept_ = now_;
    // a publisher below IP says something when it says nothing more, so its session hears of time also in silence
    for (auto* f : below_ip_)
      if (now_ - f->ticked >= std::chrono::seconds{1}) tick(*f, now_, f->about.packets.last);
    // who talks to whom is told soon after it begins; a conversation may last for months
    for (; !fresh_.empty() && (now_ - fresh_.front().first >= config_.first_report || in_future(fresh_.front().first)); fresh_.pop_front())
      if (const auto it = flows_.find(fresh_.front().second); it != flows_.end() && it->second->about.first == fresh_.front().first)
        report(*it->second, "new", true);
    for (auto& o : order_)
      while (!o.empty() && (now_ - o.front()->about.last > (o.front()->patient ? config_.tcp_idle : config_.other_idle) ||
                            in_future(o.front()->about.last)))
        end(*o.front(), o.front()->closed ? "end" : "idle");
    if (beat_ == timestamp{}) beat_ = now_;  // the first comes one period after the first packet
    if (now_ - beat_ >= config_.heartbeat) beat();
  }

  engine_config config_;
  record_sink& to_;
  std::string interface_;
  std::vector<const protocol*> protocols_;
  port_hints hints_;
  std::shared_ptr<ndpi_engine> ndpi_;
  sensor_stats stats_;
  fragments fragments_;
  absl::flat_hash_map<flow_key, std::unique_ptr<flow>> flows_;
  announcements announced_;
  std::list<flow*> below_ip_;                         ///< each once, in the order in which they began
  std::deque<std::pair<timestamp, flow_key>> fresh_;  ///< not told yet; as many as flows begin in first_report
  std::array<std::list<flow*>, 2> order_;  ///< by last activity, quietest first: [1] open TCP, which may be quiet long, [0] all else
  timestamp now_{}, swept_{}, beat_{};
  source_counts source_;
  std::uint64_t packet_ = 0;
  timestamp inspecting_since_{};
  std::uint32_t inspected_ = 0;  ///< flows that nDPI began to read in this second
  speaker out_;
};

engine::engine(engine_config c, record_sink& to, std::string interface, std::shared_ptr<ndpi_engine> ndpi)
    : inside_{std::make_unique<inside>(c, to, std::move(interface), std::move(ndpi))} {}
engine::~engine() = default;
void engine::on_frame(const frame& f) { inside_->on_frame(f); }
void engine::on_time(timestamp now) { inside_->on_time(now); }
void engine::on_source(const source_counts& counts) { inside_->on_source(counts); }
void engine::finish(const source_counts& from) { inside_->finish(from); }
sensor_stats& engine::stats() { return inside_->stats(); }

}  // namespace mw
