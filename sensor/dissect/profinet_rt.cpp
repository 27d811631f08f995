// Cyclic data of PROFINET (IEC 61158-6-10, 4.7): process data ends with a cycle counter, a data status and a transfer status.
#include "sensor/dissect/profinet_rt.hpp"

#include "sensor/dissect/profinet_names.hpp"

#include <algorithm>
#include <array>

namespace mw::profinet {
namespace {

struct range {
  std::uint16_t first, last;
  frame_class what;
};
constexpr std::array ranges{
    range{0x0020, 0x0021, frame_class::time_sync},    range{0x0080, 0x0081, frame_class::time_sync},
    range{0x0100, 0x0fff, frame_class::isochronous},  range{0x8000, 0xbbff, frame_class::cyclic},
    range{0xbc00, 0xbfff, frame_class::cyclic_group}, range{0xc000, 0xf7ff, frame_class::cyclic_udp},
    range{0xf800, 0xfbff, frame_class::cyclic_group}, range{0xfc01, 0xfc01, frame_class::alarm},
    range{0xfe01, 0xfe01, frame_class::alarm},        range{0xfe02, 0xfe02, frame_class::remote_service},
    range{0xfefc, 0xfeff, frame_class::dcp},          range{0xff00, 0xff01, frame_class::time_sync},
    range{0xff20, 0xff22, frame_class::time_sync},    range{0xff40, 0xff43, frame_class::time_sync},
    range{0xff80, 0xff8f, frame_class::fragment},
};
constexpr std::array<std::string_view, 10> class_names{"time_sync", "isochronous",    "cyclic", "cyclic_group", "cyclic_udp",
                                                       "alarm",     "remote_service", "dcp",    "fragment",     "reserved"};

/// Data status (4.7.2.1.3).
constexpr std::uint8_t primary = 0x01, redundancy = 0x02, valid = 0x04, running = 0x10, no_problem = 0x20, ignore = 0x80,
                       must_be_zero = 0x48;

constexpr std::uint16_t half = 0x8000;
constexpr unsigned silent_cycles = 64;
constexpr std::chrono::seconds silent_time{1};
constexpr std::size_t status_size = 4;

std::string status_text(std::uint8_t s) {
  std::string out = (s & primary) != 0 ? "primary" : "backup";
  out += (s & running) != 0 ? " run" : " stop";
  out += (s & valid) != 0 ? " valid" : " invalid";
  out += (s & no_problem) != 0 ? " ok" : " problem";
  if ((s & redundancy) != 0) out += " redundancy";
  if ((s & ignore) != 0) out += " ignore";
  return out;
}

}  // namespace

frame_class class_of(std::uint16_t frame_id) {
  const auto it = std::ranges::find_if(ranges, [&](const range& r) { return frame_id >= r.first && frame_id <= r.last; });
  return it == ranges.end() ? frame_class::reserved : it->what;
}
std::string_view to_string(frame_class c) { return class_names[static_cast<std::size_t>(c)]; }

void cyclic::on_frame(std::uint16_t frame_id, bytes payload, const message& m, output& out) {
  reader in{payload};
  in.skip(payload.size() < status_size ? 0 : payload.size() - status_size);
  const auto counter = in.u16();
  const auto data = in.u8(), transfer = in.u8();
  if (!in.ok()) return out.violate(m.from, "rt_length", "a cyclic frame without its status", hex16(frame_id));
  auto& s = of(frame_id, m, out);
  const bool first = s.frames == 0;
  if (!first) {
    count_cycle(s, counter, m, out);
    const auto apart = m.time - s.last;
    if (!s.after_gap && !s.silent && apart.count() >= 0) {
      s.shortest = s.intervals == 0 ? apart : std::min(s.shortest, apart);
      s.longest = std::max(s.longest, apart);
      s.sum += apart, ++s.intervals;
    }
    if (payload.size() != s.size) out.violate(m.from, "rt_size", "the size of a stream's frames has changed", hex16(frame_id));
  } else {
    s.first = m.time;
  }
  const bool changed = first || data != s.data_status || s.silent;
  const bool run_changed = first || ((data ^ s.data_status) & (running | primary)) != 0;
  if (first || transfer != s.transfer_status)
    if (transfer != 0) out.violate(m.from, "transfer_status", "a frame is marked as damaged on its way", hex16(frame_id));
  if (changed && (data & must_be_zero) != 0)
    out.violate(m.from, "data_status", "reserved bits of the data status are set", hex16(frame_id));
  s.counter = counter, s.data_status = data, s.transfer_status = transfer, s.size = payload.size();
  s.last = m.time, s.after_gap = s.silent = s.aborted = false;
  ++s.frames;
  if (first) out.learn(m.from, {}, "frame_id", hex16(frame_id) + " provider", 80);
  if (run_changed && (data & primary) != 0) out.learn(m.from, {}, "run_state", (data & running) != 0 ? "run" : "stop", 80);
  if (changed) report(s, first ? "begin" : "status_change", m.time, out);
}

/// The counter tells lost frames from slow ones: it runs on by the same step from frame to frame.
void cyclic::count_cycle(stream& s, std::uint16_t counter, const message& m, output& out) {
  const auto ahead = static_cast<std::uint16_t>(counter - s.counter);
  if (ahead == 0) return out.count("profinet_rt", "repeated", s.frame_id);
  if (ahead == s.step) s.doubts = 0;
  if (s.after_gap || s.silent || ahead == s.step || s.doubts >= most_doubts) return;
  ++s.doubts;
  if (ahead >= half) return out.violate(m.from, "cycle_counter", "the cycle counter runs backwards", hex16(s.frame_id));
  if (s.step == 0 || (ahead < s.step && s.step % ahead == 0)) {
    s.step = ahead;
    return;
  }
  if (ahead % s.step != 0) {
    s.step = ahead;  // the relation was made anew with other times, or somebody else speaks
    return out.violate(m.from, "cycle_counter", "the cycle counter does not keep its step", hex16(s.frame_id));
  }
  const auto lost = static_cast<std::uint16_t>(ahead / s.step - 1);
  s.lost += lost;
  out.violate(m.from, "cycle_gap", std::to_string(lost) + " frames are missing", hex16(s.frame_id));
}

cyclic::stream& cyclic::of(std::uint16_t frame_id, const message& m, output& out) {
  const auto it = std::ranges::find_if(streams_, [&](const stream& s) { return s.frame_id == frame_id && s.from == m.from; });
  if (it != streams_.end()) return *it;
  if (streams_.size() >= most_streams) {
    out.count("profinet_rt", "forgotten", "stream");
    const auto oldest = std::ranges::min_element(streams_, {}, &stream::last);
    report(*oldest, "end", m.time, out);
    streams_.erase(oldest);
  }
  streams_.push_back({.from = m.from, .frame_id = frame_id});
  return streams_.back();
}

void cyclic::report(const stream& s, std::string_view what, timestamp at, output& out) {
  operation op;
  op.time = at;
  op.protocol = "profinet_rt";
  op.action = action::report;
  op.function = what;
  op.function_name = "cyclic_" + std::string{what};
  op.objects.push_back({.space = "frame_id", .address = hex16(s.frame_id), .property = {}, .index = {}});
  op.values.emplace_back(std::uint64_t{s.data_status});
  op.fields.emplace_back("class", std::string{to_string(class_of(s.frame_id))});
  op.fields.emplace_back("status", status_text(s.data_status));
  op.fields.emplace_back("size", std::uint64_t{s.size});
  if (s.step != 0) op.fields.emplace_back("cycle_us", static_cast<double>(s.step) * 31.25);
  if (s.intervals != 0) {
    const auto mean = static_cast<double>(s.sum.count()) / static_cast<double>(s.intervals) / 1000;
    op.fields.emplace_back("frames", s.frames);
    op.fields.emplace_back("lost", s.lost);
    op.fields.emplace_back("interval_mean_us", mean);
    op.fields.emplace_back("interval_least_us", static_cast<double>(s.shortest.count()) / 1000);
    op.fields.emplace_back("interval_most_us", static_cast<double>(s.longest.count()) / 1000);
  }
  op.outcome = outcome::none;
  out.emit(std::move(op), s.from);
}

void cyclic::on_time(timestamp now, output& out) {
  for (auto& s : streams_) {
    if (s.silent || s.intervals < 2) continue;
    const auto usual = s.sum / static_cast<std::int64_t>(s.intervals);
    if (now - s.last < std::max<nanoseconds>(silent_time, std::min<nanoseconds>(usual, silent_time) * silent_cycles)) continue;
    s.silent = true;
    if (!s.aborted) out.violate(s.from, "provider_silent", "a stream has stopped without a word", hex16(s.frame_id));
    report(s, "silent", now, out);
  }
}
void cyclic::on_end(timestamp now, output& out) {
  for (const auto& s : streams_)
    if (!s.silent) report(s, "end", now, out);
}
void cyclic::on_gap(side from) {
  for (auto& s : streams_)
    if (s.from == from) s.after_gap = true;
}

void cyclic::on_abort() {
  for (auto& s : streams_) s.aborted = true;
}

}  // namespace mw::profinet
