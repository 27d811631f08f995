// Reports of IEC 61850-8-1 (clause 17.2): the layout that their optional fields give, and gaps in their sequence.
#include "sensor/dissect/mms_iec61850.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::mms {
namespace {

enum option : std::size_t {
  sequence_number = 1,
  time_stamp,
  reason,
  data_set_name,
  data_reference,
  buffer_overflow,
  entry_id,
  revision,
  segments
};
constexpr std::array<std::string_view, 7> reasons{"reserved",  "data_change",           "quality_change",     "data_update",
                                                  "integrity", "general_interrogation", "application_trigger"};

/// Reads results one after the other; the first that is not what the layout says makes it broken.
struct cursor {
  std::span<const ber::element> left;
  bool ok = true;
  ber::element take(std::uint32_t tag) {
    if (!ok || left.empty() || !left.front().context(tag)) {
      ok = false;
      return {};
    }
    const auto e = left.front();
    left = left.subspan(1);
    return e;
  }
  bytes take_number() { return take(!left.empty() && left.front().context(5) ? 5 : 6).content; }
};

object referred(const std::string& reference) {
  const auto slash = reference.find('/');
  if (slash == std::string::npos) return made("vmd", reference);
  return made(reference.substr(0, slash), reference.substr(slash + 1));
}

/// Unbuffered reports count to 255, buffered ones to 65535; both begin again at 0 or 1.
bool wraps(std::uint64_t from, std::uint64_t to) { return to <= 1 && (from == 0xff || from == 0xffff); }

void check_sequence(std::string key, std::uint64_t sequence, std::optional<std::uint64_t> segment, bool more, exchange& x) {
  const auto from = other(x.asker);
  const of_side<std::string> name{from, std::move(key)};
  const report_progress now{sequence, segment.value_or(0), more};
  const auto* last = x.known.reports.find(name);
  if (last != nullptr) {
    if (sequence == last->sequence && last->more_segments) {
      if (now.segment != last->segment + 1) x.broken(from, "report_gap", "a segment of a report is missing");
    } else if (sequence == last->sequence) {
      x.broken(from, "report_repeated", "a report has the number of the one before it");
    } else if (last->more_segments) {
      x.broken(from, "report_gap", "the last segment of a report is missing");
    } else if (sequence > last->sequence + 1) {
      x.broken(from, "report_gap", "numbers of reports are missing");
    } else if (sequence < last->sequence && sequence > 1 && !wraps(last->sequence, sequence)) {
      x.broken(from, "report_order", "a report has a lower number than the one before it");
    }
  }
  x.known.reports.put(name, now, x.out);
}

}  // namespace

void read_iec61850_report(std::span<const ber::element> results, operation& op, exchange& x) {
  cursor in{results};
  const auto id = printable(in.take(10).content, 129);
  const auto options = ber::to_bits(in.take(4).content, 16);
  const auto has = [&](option o) { return o < options.size() && options[o] == '1'; };
  put(op, "rpt_id", id);
  std::optional<std::uint64_t> sequence, segment;
  std::string data_set;
  bool more = false;
  const auto in_number = [&] { return ber::to_unsigned(in.take_number()).value_or(0); };
  if (has(sequence_number)) sequence = in_number();
  if (has(time_stamp)) {
    const auto at = in.take(12).content;
    if (at.size() == 6) put_field(op, "time_of_entry", binary_time(at));
  }
  if (has(data_set_name)) data_set = printable(in.take(10).content, 129);
  if (has(buffer_overflow)) {
    const bool lost = truth(in.take(3).content);
    put_flag(op, "buffer_overflow", lost);
    if (lost) x.broken(other(x.asker), "report_buffer_overflow", "reports were lost in the device before this one");
  }
  if (has(entry_id)) put(op, "entry_id", hex(in.take(9).content, 16));
  if (has(revision)) put(op, "conf_rev", in_number());
  if (has(segments)) {
    segment = in_number();
    more = truth(in.take(3).content);
    put(op, "segment", *segment);
    put_flag(op, "more_segments", more);
  }
  if (sequence) put(op, "sequence", *sequence);
  if (!data_set.empty()) put(op, "data_set", data_set);

  const auto inclusion = ber::to_bits(in.take(4).content, most_objects);
  const auto included = static_cast<std::size_t>(std::ranges::count(inclusion, '1'));
  put(op, "included", included);
  if (has(data_reference)) {
    for (std::size_t i = 0; i < included && in.ok; ++i) put_object(op.returned, referred(printable(in.take(10).content, 129)));
  } else if (const auto* members = x.known.data_sets.find({other(x.asker), data_set}); members != nullptr) {
    for (std::size_t i = 0; i < inclusion.size() && i < members->size(); ++i)
      if (inclusion[i] == '1') put_object(op.returned, (*members)[i]);
  }
  in.ok = in.ok && in.left.size() == included * (has(reason) ? 2 : 1);
  if (!in.ok) x.broken(other(x.asker), "report_layout", "a report does not hold what its options and its inclusion say");
  if (in.ok && has(reason)) {
    std::array<bool, reasons.size()> given{};
    for (const auto& e : in.left.subspan(included)) {
      const auto bits = ber::to_bits(e.content, reasons.size());
      for (std::size_t i = 0; i < bits.size(); ++i) given.at(i) = given.at(i) || bits[i] == '1';
    }
    std::string all;
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given.at(i)) (all += all.empty() ? "" : " ") += reasons.at(i);
    put(op, "reasons", std::move(all));
  }
  if (in.ok && sequence) check_sequence(id + '|' + data_set, *sequence, segment, more, x);
}

}  // namespace mw::mms
