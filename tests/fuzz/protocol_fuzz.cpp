// Any bytes as a conversation in any protocol, over reassembly and framing to its session, as the engine drives it.
//
// Input: protocol, flags, then segments of control octet, size (16 bits, little endian) and data. `--protocols` prints what
// seeds.py must know, in the order of the first octet: name, TCP ports, UDP ports, EtherTypes.
#include "sensor/stream/framing.hpp"
#include "tests/fuzz/check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace mw::fuzz {
namespace {

constexpr std::size_t most_records = 256;  // kept of one input

std::vector<const protocol*> by_name() {
  std::vector<const protocol*> out;
  for (const auto& p : protocol::all()) out.push_back(&p);
  std::ranges::sort(out, {}, [](const protocol* p) { return p->about.name; });
  return out;
}

struct listening final : output {
  std::vector<record> said;
  timestamp time{};

  void emit(operation&& op, side) override {
    require(op.time <= time, "an operation does not lie ahead of the message");
    require(!op.function.empty() || !op.function_name.empty() || op.action == action::session, "an operation has a function:", op.protocol);
    keep(std::move(op));
  }
  void learn(side, std::string_view unit, std::string_view kind, std::string_view value, std::uint8_t confidence) override {
    fact_of(unit, kind, value, confidence);
  }
  void learn_about(const ip&, const mac&, std::string_view kind, std::string_view value, std::uint8_t confidence) override {
    fact_of({}, kind, value, confidence);
  }
  void violate(side, std::string_view rule, std::string_view detail, std::string_view unit, std::string_view) override {
    require(!rule.empty(), "a violation names its rule");
    violation v;
    v.rule = rule, v.detail = detail, v.unit = unit;
    keep(std::move(v));
  }
  void count(std::string_view p, std::string_view k, std::uint32_t) override { counted(p, k); }
  void count(std::string_view p, std::string_view k, std::uint32_t, std::uint32_t) override { counted(p, k); }
  void count(std::string_view p, std::string_view k, std::string_view word) override {
    counted(p, k);
    require(!word.empty(), "a word that is counted is there");
  }
  void describe(std::string_view name, std::string_view) override { require(!name.empty(), "what is said of a conversation has a name"); }
  void become(std::string_view name) override { require(!name.empty(), "what a conversation becomes has a name"); }
  void expect(const endpoint&, side, transport, std::string_view name) override { require(!name.empty(), "what is expected has a name"); }

private:
  static void counted(std::string_view p, std::string_view k) { require(!p.empty() && !k.empty(), "what is counted has a name"); }
  void fact_of(std::string_view unit, std::string_view kind, std::string_view value, std::uint8_t confidence) {
    require(!kind.empty() && confidence <= 100, "a fact has a kind and a confidence");
    fact f;
    f.unit = unit, f.kind = kind, f.value = value;
    keep(std::move(f));
  }
  void keep(record&& r) {
    if (said.size() < most_records) said.push_back(std::move(r));
  }
};

class conversation {
public:
  conversation(const protocol& p, std::uint8_t flags) : protocol_{p}, session_{p.about.open()} {
    const bool tcp = p.about.frame != nullptr, udp = !p.about.udp_ports.empty(), below = !p.about.ethertypes.empty();
    transport_ = below && (!(tcp || udp) || (flags & 2)) ? transport::ethernet
                 : tcp && !(udp && (flags & 1))          ? transport::tcp
                                                         : transport::udp;
    sequence_.fill((flags & 4) ? 0xffffff00u : 1000u);
    if (flags & 8)
      for (std::size_t i = 0; i < 2; ++i) streams_[i].start(sequence_[i]++);
  }

  void segment(std::uint8_t control, bytes data) {
    static constexpr std::array<nanoseconds, 4> steps{std::chrono::milliseconds{1}, std::chrono::seconds{1}, std::chrono::seconds{40},
                                                      std::chrono::seconds{-1}};
    now_ += steps[(control >> 4) & 3];
    latest_ = std::max(latest_, now_);
    const auto from = (control & 1) ? side::server : side::client;
    if (control & 0x80) {
      said_.time = latest_;
      session_->on_time(now_, said_);
    }
    if (transport_ == transport::tcp) return tcp(control, from, data);
    if (!data.empty()) message_of(from, {data, now_, 1});
  }

  void end() {
    if (transport_ == transport::tcp)
      for (const auto from : {side::client, side::server}) with(from, [&](const reassembly::listener& to) { stream(from).finish(to); });
    said_.time = latest_;
    session_->on_end(now_, said_);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& s = streams_[i].count();
      require(s.in == s.delivered + s.repeated + s.lost && s.held == 0, "octets of a stream are accounted for");
      if (!frames_[i]) continue;
      const auto& f = frames_[i]->count();
      require(f.buffered <= framing::largest, "what waits for its message is bounded");
      require(f.message_bytes + f.skipped_bytes + f.buffered == s.delivered, "octets of the framing are accounted for");
    }
    check_records(std::move(said_.said));
  }

private:
  reassembly& stream(side from) { return streams_[static_cast<std::size_t>(from)]; }

  void tcp(std::uint8_t control, side from, bytes data) {
    auto& next = sequence_[static_cast<std::size_t>(from)];
    if (control & 2) next += 7;                                                                 // a hole
    const auto at = next - ((control & 4) ? static_cast<std::uint32_t>(data.size() / 2) : 0u);  // sent again in part
    const auto after = at + static_cast<std::uint32_t>(data.size());
    if (control & 8) {  // overtaken by a later one
      const auto half = data.size() / 2;
      add(from, at + static_cast<std::uint32_t>(half), data.subspan(half));
      add(from, at, data.first(half));
    } else {
      add(from, at, data);
    }
    next = after;
    if (control & 0x40) with(from, [&](const reassembly::listener& to) { stream(from).acknowledged(next, now_, true, to); });
  }
  void add(side from, std::uint32_t sequence, bytes data) {
    with(from, [&](const reassembly::listener& to) { stream(from).add(sequence, {data, now_, 1}, to); });
  }
  void with(side from, auto&& act) {
    auto& frames = frames_[static_cast<std::size_t>(from)];
    if (!frames) frames.emplace(protocol_);
    const auto message = [&](const chunk& m) { message_of(from, m); };
    const auto damage = [&](const error& e) { require(!e.what.empty(), "an error says what is wrong"); };
    const auto gap = [&] { session_->on_gap(from); };
    const auto data = [&](const chunk& c) {
      const auto head = exactly(c.data);
      (void)protocol_.about.probe(head, transport_);
      (void)protocol_.about.frame(head);
      frames->add({head, c.time, c.packet}, {.message = message, .damage = damage, .gap = gap});
    };
    const auto hole = [&](std::uint64_t) { frames->gap(gap); };
    act(reassembly::listener{.data = data, .gap = hole});
  }
  void message_of(side from, const chunk& m) {
    const auto whole = exactly(m.data);
    (void)protocol_.about.probe(whole, transport_);
    said_.time = latest_;
    (void)session_->on_message({.data = whole, .from = from, .time = m.time, .transport = transport_}, said_);
  }

  const protocol& protocol_;
  std::unique_ptr<session> session_;
  transport transport_ = transport::tcp;
  std::array<std::uint32_t, 2> sequence_{};
  std::array<reassembly, 2> streams_;
  std::array<std::optional<framing>, 2> frames_;
  timestamp now_{std::chrono::seconds{1'700'000'000}}, latest_ = now_;
  listening said_;
};

/// The protocol of this name; nullptr without a name. A wrong name ends the run: it would fuzz all of them unnoticed.
const protocol* named(const char* name) {
  if (name == nullptr) return nullptr;
  for (const auto* p : by_name())
    if (p->about.name == name) return p;
  std::fprintf(stderr, "no protocol '%s': see --protocols\n", name);
  std::exit(2);
}

void print_protocols() {
  const auto ports = [](std::span<const std::uint16_t> list) {
    std::string text;
    for (const auto n : list) text += (text.empty() ? "" : ",") + std::to_string(n);
    return text.empty() ? std::string{"-"} : text;
  };
  for (const auto* p : by_name())
    std::printf("%s %s %s %s\n", std::string{p->about.name}.c_str(), ports(p->about.tcp_ports).c_str(), ports(p->about.udp_ports).c_str(),
                ports(p->about.ethertypes).c_str());
}

}  // namespace
}  // namespace mw::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (const std::string_view argument : std::span{*argv, static_cast<std::size_t>(*argc)})
    if (argument == "--protocols") {
      mw::fuzz::print_protocols();
      std::exit(0);
    }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto protocols = mw::fuzz::by_name();
  mw::reader in{{data, size}};
  static const auto* const only = mw::fuzz::named(std::getenv("MILLWATCH_FUZZ_ONLY"));  // ./dev fuzz each
  const auto which = in.u8(), flags = in.u8();
  if (!in.ok() || protocols.empty()) return 0;
  mw::fuzz::conversation talk{only != nullptr ? *only : *protocols[which % protocols.size()], flags};
  while (in.left() > 3) {
    const auto control = in.u8();
    const std::size_t n = in.u16le();
    talk.segment(control, in.take(std::min(n, in.left())));
  }
  talk.end();
  return 0;
}
