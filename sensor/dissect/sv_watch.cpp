// Streams of sampled values over time: each sample has the number after the one before it (smpCnt), which begins anew with each second.
#include "sensor/dissect/sv_watch.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::sv {
namespace {

constexpr std::uint16_t not_synchronized = 0, global = 2, last_reserved = 4;

bool same(std::string_view name, bytes wire) {
  return std::ranges::equal(name, wire, [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}
template <class T>
bool differ(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a != *b;
}
std::string from_to(std::uint64_t a, std::uint64_t b) { return " went from " + std::to_string(a) + " to " + std::to_string(b); }

}  // namespace

watch::stream& watch::find(const asdu& a, const message& m, output& out, bool& is_new) {
  bool other_side = false;
  for (auto& s : streams_) {
    if (!same(s.name, a.id)) continue;
    if (s.from == m.from) return s;
    other_side = true;
  }
  if (other_side) out.violate(m.from, "second_publisher", "the stream is published by both ends");
  is_new = true;
  if (streams_.size() >= most) {
    out.count("sv", "forgotten", "stream");
    streams_.erase(std::ranges::min_element(streams_, {}, &stream::last));
  }
  stream s;
  s.name.assign(a.id.begin(), a.id.end());
  s.from = m.from;
  return streams_.emplace_back(std::move(s));
}

bool watch::on_sample(const asdu& a, bool simulated, const message& m, output& out) {
  bool is_new = false;
  auto& s = find(a, m, out, is_new);
  if (s.count && a.count) judge_count(s, *a.count, m.from, out);
  judge_clock(s, a, m.from, out);
  if (differ(s.configuration, a.configuration))
    out.violate(m.from, "configuration_changed", printable(a.id) + ": confRev" + from_to(*s.configuration, *a.configuration));
  if (differ(s.rate, a.rate)) out.violate(m.from, "rate_changed", printable(a.id) + ": smpRate" + from_to(*s.rate, *a.rate));
  if (simulated && !s.simulated) out.violate(m.from, "simulated", printable(a.id) + ": the message says that it is a simulation");
  s.simulated = simulated;
  s.last = m.time;
  s.count = a.count, s.synchronized = a.synchronized, s.configuration = a.configuration, s.rate = a.rate;
  return is_new;
}

void watch::judge_count(stream& s, std::uint32_t count, side from, output& out) {
  const std::uint32_t was = *s.count, next = was + 1;
  const auto say = [&](std::string_view rule) { out.violate(from, rule, s.name + ": smpCnt" + from_to(was, count)); };
  if (count == next) {
    if (s.samples != 0 && count >= s.samples) s.samples = 0;  // what was taken for the end of a second was none
    return;
  }
  if (count == was) return say("sample_duplicate");
  if (count > was) return say("sample_gap");
  if (count == 0) {
    if (next < s.samples) return say("sample_gap");  // the last ones of a second
    s.samples = next;
    return;
  }
  // forward over the end of a second, or back
  const auto back = was - count;
  const bool forward = s.samples != 0 ? s.samples > back && back > s.samples / 2 : back > was / 2;
  say(forward ? "sample_gap" : "sample_decrease");
}

void watch::judge_clock(const stream& s, const asdu& a, side from, output& out) {
  if (!a.synchronized) return;
  const auto is = *a.synchronized;
  if (is > global && is <= last_reserved) out.violate(from, "value", printable(a.id) + ": smpSynch is of a kind that is reserved");
  if (!s.synchronized || *s.synchronized == is) return;
  const bool lost = is == not_synchronized || *s.synchronized == global;
  if (lost) out.violate(from, "synchronization_lost", printable(a.id) + ": smpSynch" + from_to(*s.synchronized, is));
}

}  // namespace mw::sv
