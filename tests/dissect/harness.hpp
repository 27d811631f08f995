// Drives one protocol as the engine does: hex rows in, operations, facts, violations and counts out.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mw::test {

/// Bytes as people write them in tests; everything that is not a hex digit separates.
inline std::vector<std::uint8_t> hex(std::string_view text) {
  std::vector<std::uint8_t> out;
  int high = -1;
  for (char c : text) {
    const int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (d < 0) continue;
    if (high < 0)
      high = d;
    else
      out.push_back(static_cast<std::uint8_t>(high << 4 | d)), high = -1;
  }
  return out;
}

inline const protocol& named(std::string_view name) {
  for (const auto& p : protocol::all())
    if (p.about.name == name) return p;
  throw std::runtime_error("no protocol is registered as " + std::string{name});
}

struct learned {
  side who;
  std::string unit, kind, value;
  int confidence;
  std::string subject;
};
struct broken {
  side from;
  std::string rule, detail, unit, protocol;
};

/// Collects what a session says.
struct recorder final : output {
  std::vector<operation> operations;
  std::vector<side> askers;
  std::vector<learned> facts;
  std::vector<broken> violations;
  std::map<std::string, unsigned> counts;  // "protocol/kind/code"
  std::map<std::string, std::string> described;
  std::vector<std::string> expected;  ///< "10.0.0.1 2020 tcp server ftp_data"
  std::string became;                 ///< what the conversation turned into; the harness goes on with the session that said so

  void emit(operation&& op, side asker) override { operations.push_back(std::move(op)), askers.push_back(asker); }
  void learn(side who, std::string_view unit, std::string_view kind, std::string_view value, std::uint8_t confidence) override {
    facts.push_back({who, std::string{unit}, std::string{kind}, std::string{value}, confidence, {}});
  }
  void learn_about(const ip& a, const mac& m, std::string_view kind, std::string_view value, std::uint8_t confidence) override {
    facts.push_back({side::client, {}, std::string{kind}, std::string{value}, confidence, a.is_none() ? to_string(m) : to_string(a)});
  }
  void violate(side from, std::string_view rule, std::string_view detail, std::string_view unit, std::string_view p) override {
    violations.push_back({from, std::string{rule}, std::string{detail}, std::string{unit}, std::string{p}});
  }
  void count(std::string_view p, std::string_view k, std::uint32_t code) override { bump(p, k, std::to_string(code)); }
  void count(std::string_view p, std::string_view k, std::uint32_t code, std::uint32_t sub) override {
    bump(p, k, std::to_string(code) + '/' + std::to_string(sub));
  }
  void count(std::string_view p, std::string_view k, std::string_view word) override { bump(p, k, std::string{word}); }
  void describe(std::string_view name, std::string_view value) override { described[std::string{name}] = value; }
  void become(std::string_view name) override { became = name; }
  void expect(const endpoint& at, side who, transport over, std::string_view name) override {
    expected.push_back(to_string(at.address) + ' ' + std::to_string(at.port.number) + (over == transport::udp ? " udp" : " tcp") +
                       (who == side::client ? " client " : " server ") + std::string{name});
  }

private:
  void bump(std::string_view p, std::string_view k, const std::string& code) {
    ++counts[std::string{p} + '/' + std::string{k} + '/' + code];
  }
};

/// A conversation under test. Messages are a millisecond apart.
class conversation {
public:
  explicit conversation(std::string_view name, transport t = transport::tcp)
      : protocol_{named(name)}, transport_{t}, session_{protocol_.about.open()} {}

  /// Feeds the bytes of one side: cut by frame() on TCP, as one datagram elsewhere. Returns the bytes left over.
  std::size_t say(side from, std::string_view text) { return say(from, hex(text)); }
  std::size_t say(side from, const std::vector<std::uint8_t>& data) {
    now += std::chrono::milliseconds{1};
    bytes rest{data};
    while (!rest.empty()) {
      std::size_t n = rest.size();
      if (transport_ == transport::tcp) {
        const auto size = protocol_.about.frame(rest);
        if (!size || *size == 0 || *size > rest.size()) break;
        n = *size;
      }
      // in a vector of exactly that size, so that ASan sees every read past the end
      const std::vector<std::uint8_t> exact(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n));
      last = session_->on_message({.data = exact,
                                   .from = from,
                                   .time = now,
                                   .transport = transport_,
                                   .source = from == side::client ? client_end : server_end,
                                   .target = from == side::client ? server_end : client_end},
                                  out);
      rest = rest.subspan(n);
    }
    return rest.size();
  }
  void client(std::string_view text) { say(side::client, text); }
  void server(std::string_view text) { say(side::server, text); }
  void gap(side from) { session_->on_gap(from); }
  void wait(nanoseconds d) { now += d, session_->on_time(now, out); }
  void end() { session_->on_end(now, out); }

  recorder out;
  endpoint client_end, server_end;  ///< for sessions that need to know
  timestamp now{std::chrono::seconds{1'700'000'000}};
  verdict last = verdict::taken;

private:
  const protocol& protocol_;
  transport transport_;
  std::unique_ptr<session> session_;
};

/// Every prefix of every message, and every message with each byte flipped in turn, through probe, frame and session, in
/// vectors of exactly that size: under ASan this finds each read that leaves its message.
inline void every_prefix(std::string_view name, const std::vector<std::pair<side, std::vector<std::uint8_t>>>& messages,
                         transport t = transport::tcp) {
  const auto& p = named(name);
  recorder out;
  const auto feed = [&](const std::vector<std::uint8_t>& data, side from, session& s) {
    (void)p.about.probe(data, t);
    if (p.about.frame != nullptr) (void)p.about.frame(data);
    (void)s.on_message({.data = data, .from = from, .transport = t}, out);
  };
  for (std::size_t upto = 0; upto < messages.size(); ++upto) {
    const auto& [from, whole] = messages[upto];
    for (std::size_t n = 0; n <= whole.size(); ++n) {
      auto s = p.about.open();
      for (std::size_t before = 0; before < upto; ++before) feed(messages[before].second, messages[before].first, *s);
      feed({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}, from, *s);
      s->on_end({}, out);
    }
    for (std::size_t n = 0; n < whole.size(); ++n)
      for (const unsigned flip : {0x01u, 0x80u, 0xffu}) {
        auto s = p.about.open();
        for (std::size_t before = 0; before < upto; ++before) feed(messages[before].second, messages[before].first, *s);
        auto spoiled = whole;
        spoiled[n] = static_cast<std::uint8_t>(spoiled[n] ^ flip);
        feed(spoiled, from, *s);
        s->on_end({}, out);
      }
  }
}

}  // namespace mw::test
