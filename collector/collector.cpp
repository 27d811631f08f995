// Many sensors in, one checked, attributed and deduplicated stream out; nothing is acknowledged before it is committed.
#include "collector/collector.hpp"

#include "collector/check.hpp"

namespace mw {
namespace {

constexpr std::size_t askers = 16;  // answers owed for one batch on its way; who asks more often is told to try again

std::string_view reason_of(fault f) {
  switch (f) {
    case fault::unsupported: return "version";
    case fault::over_limit: return "too_large";
    default: return "malformed";
  }
}

}  // namespace

collector::collector(const collector_config& config, outlet& to, clock now)
    : config_{config}, to_{to}, now_{std::move(now)}, attribution_{config}, taps_{config.deduplicate}, minutes_{config.rollup} {}

collector::sender& collector::sender_of(const std::string& id) {
  return senders_.try_emplace(id, sender{sequence_window{config_.deduplicate.window}, {}}).first->second;
}

void collector::refuse(std::string_view reason, receipt v, const ack& answer) {
  ++intake_.dropped[reason];
  answer(v);
}

void collector::accept(bytes encoded, ack answer, std::string_view peer) {
  auto b = decode(encoded);
  if (b) return accept(std::move(*b), std::move(answer), peer);
  ++intake_.in;
  refuse(reason_of(b.error().kind), b.error().kind == fault::unsupported ? receipt::keep : receipt::refused, answer);
}

void collector::accept(batch&& b, ack answer, std::string_view peer) {
  ++intake_.in;
  if (!peer.empty() && peer != b.sensor) return refuse("impostor", receipt::refused, answer);
  const auto from = attribution_.origin_of(b.sensor);
  if (!from) return refuse("unknown_sensor", receipt::keep, answer);
  auto& s = sender_of(from->sensor);
  const auto sequence = b.sequence;
  if (const auto on_its_way = s.waiting.find(sequence); on_its_way != s.waiting.end()) {
    // Sent again before it was committed: this one is dropped, but its answer must wait for the first.
    if (on_its_way->second.size() >= askers) return refuse("duplicate", receipt::retry, answer);
    ++intake_.dropped["duplicate"];
    on_its_way->second.push_back(std::move(answer));
    return;
  }
  if (s.window.contains(sequence)) return refuse("duplicate", receipt::committed, answer);
  ++intake_.out;
  s.window.insert(sequence);
  s.waiting[sequence].push_back(std::move(answer));

  auto records = pass(std::move(b), from);
  const auto count = records.size();
  outlet_.in += count;
  outlet_.held += count;
  // Added to the minutes only once committed: a batch that fails comes again.
  auto sums = std::make_shared<partial_rollups>(roll_up(records));
  to_.on_records(std::move(records),
                 [this, from, sequence, count, sums](bool committed) { finish(from, sequence, count, std::move(*sums), committed); });
}

std::vector<attributed> collector::pass(batch&& b, const std::shared_ptr<const origin>& from) {
  std::vector<attributed> out;
  out.reserve(b.records.size());
  const auto now = now_ ? now_() : std::nullopt;
  std::uint32_t index = 0;
  for (auto& r : b.records) {
    ++check_.in;
    const auto at = index++;
    if (const auto why = why_refused(r, config_.check, now); !why.empty()) {
      ++check_.dropped[why];
      continue;
    }
    ++check_.out;
    ++deduplicate_.in;
    auto a = attribution_.attribute(std::move(r), from, b.sequence, at);
    if (taps_.is_second(a)) {
      ++deduplicate_.dropped["second_tap"];
      continue;
    }
    ++deduplicate_.out;
    out.push_back(std::move(a));
  }
  return out;
}

void collector::finish(const std::shared_ptr<const origin>& from, std::uint64_t sequence, std::size_t records, partial_rollups&& sums,
                       bool committed) {
  auto& s = sender_of(from->sensor);
  const auto owed = s.waiting.extract(sequence);
  if (owed.empty()) return;  // called twice
  outlet_.held -= records;
  if (committed) {
    outlet_.out += records;
    std::vector<rollup> closed;
    minutes_.add(std::move(sums), *from, closed);
    if (!closed.empty()) to_.on_rollups(std::move(closed));
  } else {
    outlet_.dropped["not_committed"] += records;
    s.window.erase(sequence);
  }
  for (const auto& answer : owed.mapped()) answer(committed ? receipt::committed : receipt::retry);
}

void collector::restore(std::string_view sensor, std::uint64_t sequence) {
  if (const auto from = attribution_.origin_of(sensor)) sender_of(from->sensor).window.restore(sequence);
}

void collector::flush() {
  std::vector<rollup> closed;
  minutes_.flush(closed);
  if (!closed.empty()) to_.on_rollups(std::move(closed));
}

ledger_stage collector::stage::named(std::string name) const {
  ledger_stage s{std::move(name), in, out, held, {}};
  for (const auto& [reason, count] : dropped) s.dropped.emplace_back(reason, count);
  return s;
}

std::vector<ledger_stage> collector::ledger() const {
  return {intake_.named("intake"), check_.named("check"), deduplicate_.named("deduplicate"), outlet_.named("outlet"), minutes_.ledger()};
}

}  // namespace mw
