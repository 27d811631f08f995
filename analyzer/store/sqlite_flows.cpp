// Batches are split by day; the days that the limits do not allow go, oldest first.
#include "analyzer/store/sqlite_flows.hpp"

#include "common/settings.hpp"

#include <algorithm>
#include <filesystem>

namespace mw {
namespace {

constexpr std::size_t most_open = 4;  // day files: a late batch reaches back a day or two

day day_of(timestamp t) { return std::chrono::floor<std::chrono::days>(t); }

}  // namespace

void describe(settings& v, store_config& c) {
  v("store.days", c.days,
    "Days of flows, operations and detections that are kept. The Cybersecurity Law asks for six months of network logs.", between(1, 3660));
  v("store.bytes", c.bytes, "Octets of flows and operations that are kept; beyond, the oldest day goes, whatever store.days says.",
    at_least(10'000'000));
  v("store.minute_days", c.minute_days, "Days for which sums by minute are kept.", between(1, 3660));
  v("store.save_every", c.save_every, "How often what was learned is saved; after a crash the records since then are read again.",
    between(1, 3600));
  v("store.hour_days", c.hour_days, "Days for which sums by hour are kept.", between(1, 36600));
}

store_result<std::unique_ptr<sqlite_flows>> sqlite_flows::open(const std::string& folder, const store_config& c, database::mode how) {
  std::unique_ptr<sqlite_flows> s{new sqlite_flows{folder, c, how}};
  auto rollups = rollup_file::open(folder, how);
  if (!rollups) return tl::unexpected{rollups.error()};
  s->rollups_ = std::make_unique<rollup_file>(std::move(*rollups));
  if (auto done = s->scan(); !done) return tl::unexpected{done.error()};
  return s;
}

store_result<void> sqlite_flows::scan() {
  auto m = rollups_->remembered();
  if (!m) return tl::unexpected{m.error()};
  memory_ = std::move(*m);
  commit_ = memory_.commit;
  std::error_code wrong;
  for (std::filesystem::directory_iterator it{folder_, wrong}, end; !wrong && it != end; it.increment(wrong))
    if (const auto d = day_file::parse_name(it->path().filename().string())) days_.push_back(*d);
  if (wrong) return tl::unexpected{folder_ + ": " + wrong.message() + ": check the folder and its rights"};
  std::ranges::sort(days_);
  if (how_ == database::mode::read) return {};  // who only asks does not number
  for (const auto d : days_) {
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto commit = (*file)->last_commit();
    if (!commit) return tl::unexpected{commit.error()};
    commit_ = std::max(commit_, *commit);
    const auto sequences = (*file)->last_sequences();
    if (!sequences) return tl::unexpected{sequences.error()};
    for (const auto& [sensor, sequence] : *sequences) {
      auto& most = memory_.sequences[sensor];
      most = std::max(most, sequence);
    }
  }
  return drop_before(memory_.floor);  // a crash may have come between the two steps of a drop
}

store_result<day_file*> sqlite_flows::at(day d) {
  if (const auto it = open_.find(d); it != open_.end()) return &it->second;
  auto file = day_file::open(folder_, d, how_);
  if (!file) return tl::unexpected{file.error()};
  if (open_.size() >= most_open) open_.erase(open_.begin());  // the oldest day: what comes is mostly of today
  if (const auto place = std::ranges::lower_bound(days_, d); place == days_.end() || *place != d) days_.insert(place, d);
  return &open_.insert_or_assign(d, std::move(*file)).first->second;
}

std::uint64_t sqlite_flows::last_sequence(const std::string& sensor) const {
  const auto it = memory_.sequences.find(sensor);
  return it == memory_.sequences.end() ? 0 : it->second;
}

store_result<appended> sqlite_flows::append(const std::vector<attributed>& batch) {
  appended out;
  std::map<day, std::vector<const attributed*>> by_day;
  for (const auto& a : batch) {
    const auto d = day_of(time_of(a.what));
    const bool full = days_.size() >= config_.days && !std::ranges::binary_search(days_, d);
    if (d < memory_.floor || (full && d < days_.front()))
      ++out.expired;
    else
      by_day[d].push_back(&a);
  }
  const auto commit = commit_ + 1;
  for (const auto& [d, records] : by_day) {
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto stored = (*file)->append(commit, records);
    if (!stored) return tl::unexpected{stored.error()};
    if (*stored)
      out.stored += records.size(), commit_ = commit;
    else
      out.known += records.size();
  }
  if (!batch.empty()) {
    auto& most = memory_.sequences[batch.front().from->sensor];
    most = std::max(most, batch.front().sequence);
  }
  while (days_.size() > config_.days)
    if (auto done = drop(days_.front()); !done) return tl::unexpected{done.error()};
  return out;
}

store_result<std::vector<attributed>> sqlite_flows::notes(note kind, const record_filter& f) {
  return find(kind == note::fact ? table::facts : kind == note::violation ? table::violations : table::statuses, f);
}

store_result<std::vector<attributed>> sqlite_flows::find(table t, const record_filter& f) {
  std::vector<attributed> out;
  for (auto d = days_.rbegin(); d != days_.rend() && out.size() < f.limit; ++d) {
    if (f.since && timestamp{*d + std::chrono::days{1}} <= *f.since) break;
    if (f.until && timestamp{*d} >= *f.until) continue;
    auto file = at(*d);
    if (!file) return tl::unexpected{file.error()};
    auto narrowed = f;
    narrowed.limit = f.limit - out.size();
    auto found = (*file)->find(t, narrowed);
    if (!found) return tl::unexpected{found.error()};
    std::ranges::move(*found, std::back_inserter(out));
  }
  return out;
}

store_result<void> sqlite_flows::replay(std::uint64_t commit, const batch_reader& to) {
  struct piece {
    std::uint64_t commit;
    day of;
    std::int64_t id;
  };
  std::vector<piece> pieces;
  for (const auto d : days_) {
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto places = (*file)->batches_after(commit);
    if (!places) return tl::unexpected{places.error()};
    for (const auto& p : *places) pieces.push_back({p.commit, d, p.id});
  }
  std::ranges::stable_sort(pieces, {}, &piece::commit);
  for (std::size_t i = 0; i < pieces.size();) {
    std::vector<attributed> batch;
    for (const auto number = pieces[i].commit; i < pieces.size() && pieces[i].commit == number; ++i) {  // one batch may lie in several days
      auto file = at(pieces[i].of);
      if (!file) return tl::unexpected{file.error()};
      auto part = (*file)->read(pieces[i].id);
      if (!part) return tl::unexpected{part.error()};
      std::ranges::move(*part, std::back_inserter(batch));
    }
    std::ranges::stable_sort(batch, {}, &attributed::index);
    to(std::move(batch));
  }
  return {};
}

store_result<void> sqlite_flows::since(timestamp from, const batch_reader& to) {
  const auto kept = days_;
  for (const auto d : kept) {
    if (d < day_of(from)) continue;
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto places = (*file)->batches_after(0);
    if (!places) return tl::unexpected{places.error()};
    for (const auto& p : *places) {
      auto batch = (*file)->read(p.id);
      if (!batch) return tl::unexpected{batch.error()};
      std::erase_if(*batch, [&](const attributed& a) { return time_of(a.what) < from; });
      if (!batch->empty()) to(std::move(*batch));
    }
  }
  return {};
}

store_result<void> sqlite_flows::drop(day d) {
  {
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto records = (*file)->records();
    if (!records) return tl::unexpected{records.error()};
    // what the day knew of sequences and commits is written elsewhere before the day goes
    memory_.commit = commit_;
    memory_.floor = std::max(memory_.floor, d + std::chrono::days{1});
    if (auto done = rollups_->remember(memory_); !done) return done;
    counts_.records_dropped += *records;
    ++counts_.days_dropped;
  }
  open_.erase(d);
  indexed_.erase(d);
  std::erase(days_, d);
  const auto path = folder_ + '/' + day_file::name_of(d);
  for (const auto* tail : {"", "-wal", "-shm"}) {
    std::error_code wrong;
    std::filesystem::remove(path + tail, wrong);
    if (wrong) return tl::unexpected{path + tail + ": cannot be removed: " + wrong.message() + ": check the rights of its folder"};
  }
  return {};
}

store_result<void> sqlite_flows::drop_before(day limit) {
  while (!days_.empty() && days_.front() < limit)
    if (auto done = drop(days_.front()); !done) return done;
  return {};
}

store_result<void> sqlite_flows::keep_to_bytes() {
  std::map<day, std::uint64_t> sizes;
  std::uint64_t sum = 0;
  const auto measure = [&](day d) -> store_result<void> {
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    const auto bytes = (*file)->bytes_used();
    if (!bytes) return tl::unexpected{bytes.error()};
    sum += *bytes - sizes[d];
    sizes[d] = *bytes;
    return {};
  };
  for (const auto d : days_)
    if (auto done = measure(d); !done) return done;
  while (sum > config_.bytes && days_.size() > 1) {
    sum -= sizes[days_.front()];
    if (auto done = drop(days_.front()); !done) return done;
  }
  while (sum > config_.bytes && !days_.empty()) {
    auto file = at(days_.front());
    if (!file) return tl::unexpected{file.error()};
    const auto gone = (*file)->drop_oldest();
    if (!gone) return tl::unexpected{gone.error()};
    if (*gone == 0) return {};  // what is left is the file itself
    counts_.records_dropped += *gone;
    if (auto done = measure(days_.front()); !done) return done;
  }
  return {};
}

store_result<void> sqlite_flows::maintain() {
  const auto before = days_;
  for (const auto d : before) {
    if (d == days_.back() || indexed_[d]) continue;
    auto file = at(d);
    if (!file) return tl::unexpected{file.error()};
    if (auto done = (*file)->index(); !done) return done;
    indexed_[d] = true;
  }
  if (auto done = keep_to_bytes(); !done) return done;
  return rollups_->trim(config_.minute_days, config_.hour_days);
}

}  // namespace mw
