// GOOSE control blocks over time: a publisher counts its states (stNum), and in each state its messages (sqNum), and says how long a
// message stands (timeAllowedtoLive).
#include "sensor/dissect/goose_watch.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mw::goose {
namespace {

constexpr std::uint64_t largest = 0xffffffff;

bool same(std::string_view name, bytes wire) {
  return std::ranges::equal(name, wire, [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}
std::uint64_t hash(bytes data) {  // FNV-1a
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const auto b : data) h = (h ^ b) * 0x100000001b3u;
  return h;
}
std::string from_to(std::uint64_t a, std::uint64_t b) { return " from " + std::to_string(a) + " to " + std::to_string(b); }

}  // namespace

watch::control_block& watch::find(const publication& p, const message& m, output& out, bool& is_new) {
  bool other_side = false;
  for (auto& b : blocks_) {
    if (!same(b.name, p.control_block)) continue;
    if (b.from == m.from) return b;
    other_side = true;
  }
  if (other_side) out.violate(m.from, "second_publisher", "the control block is published by both ends");
  is_new = true;
  if (blocks_.size() >= most) {
    out.count("goose", "forgotten", "control_block");
    blocks_.erase(std::ranges::min_element(blocks_, {}, &control_block::last));
  }
  control_block b;
  b.name.assign(p.control_block.begin(), p.control_block.end());
  b.from = m.from;
  return blocks_.emplace_back(std::move(b));
}

bool watch::on_publication(const publication& p, bool simulated, const message& m, output& out) {
  bool is_new = false;
  auto& b = find(p, m, out, is_new);
  const auto data = p.data ? hash(*p.data) : 0;
  if (!is_new) {
    judge_silence(b, m.time, out);
    judge_numbers(b, p, data, m.from, out);
    if (b.configuration && p.configuration && *b.configuration != *p.configuration)
      out.violate(m.from, "configuration_changed",
                  printable(p.control_block) + ": confRev went" + from_to(*b.configuration, *p.configuration));
  }
  if (simulated && !b.simulated)
    out.violate(m.from, "simulated", printable(p.control_block) + ": the message says that it is a simulation");
  b.simulated = simulated;
  b.last = m.time;
  b.silent = false;
  b.data = data;
  b.state = p.state, b.sequence = p.sequence, b.configuration = p.configuration, b.time_allowed_to_live = p.time_allowed_to_live;
  return is_new;
}

void watch::judge_numbers(const control_block& b, const publication& p, std::uint64_t data, side from, output& out) {
  if (!b.state || !p.state || !b.sequence || !p.sequence) return;
  const auto was = *b.state, is = *p.state, count_was = *b.sequence, count = *p.sequence;
  const auto say = [&](std::string_view rule, std::string_view what) {
    out.violate(from, rule, printable(p.control_block) + ": " + std::string{what});
  };
  const auto next = [](std::uint64_t n) { return n == largest ? 1 : n + 1; };  // zero is only the first message of a state
  if (is == was) {
    if (count == next(count_was) || (count_was == largest && count == 0)) {
      if (data != b.data) say("values_without_state", "the values changed while stNum stood at " + std::to_string(is));
    } else if (count == count_was) {
      say("sequence_duplicate", "sqNum stood at " + std::to_string(count));
      if (data != b.data) say("values_without_state", "the values changed while stNum stood at " + std::to_string(is));
    } else if (count > count_was) {
      say("sequence_gap", "sqNum went" + from_to(count_was, count));
    } else if (is <= 1 && count <= 1) {
      say("state_reset", "the publisher began anew");
    } else {
      say("sequence_decrease", "sqNum went" + from_to(count_was, count));
    }
    return;
  }
  if (is == next(was)) {
    // some begin a state at one
    if (count > 1) say("sequence_gap", "a state begins at sqNum " + std::to_string(count));
  } else if (is > was) {
    say("state_gap", "stNum went" + from_to(was, is));
  } else if (is <= 1 && count <= 1) {
    say("state_reset", "the publisher began anew, stNum went" + from_to(was, is));
  } else {
    say("state_decrease", "stNum went" + from_to(was, is));
  }
}

void watch::judge_silence(control_block& b, timestamp now, output& out) {
  if (b.silent || !b.time_allowed_to_live || *b.time_allowed_to_live == 0) return;
  constexpr std::uint64_t longest = 0xffffffff;  // 32 bits in IEC 61850-8-1, but a sender may write what it likes
  if (now - b.last <= std::chrono::milliseconds{static_cast<std::int64_t>(std::min(*b.time_allowed_to_live, longest))}) return;
  b.silent = true;
  out.violate(b.from, "time_allowed_to_live", b.name + ": no message within " + std::to_string(*b.time_allowed_to_live) + " ms");
}

void watch::on_time(timestamp now, output& out) {
  for (auto& b : blocks_) judge_silence(b, now, out);
}

}  // namespace mw::goose
