// Batches on the sensor's disk, from the moment they are made until the store has committed them.
#include "sensor/spool/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace mw {
namespace {

constexpr std::uint64_t reserve = 4096;          // sequences that may be given out before the position is noted again
constexpr std::uint64_t acknowledge_step = 256;  // acknowledgements likewise: fewer notes, some batches sent again after a crash

/// The first sequence in the name of a segment's file.
std::optional<std::uint64_t> first_of(const std::filesystem::path& file) {
  const auto name = file.stem().string();
  std::uint64_t first = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), first);
  if (file.extension() != ".seg" || name.size() != 20 || problem != std::errc{} || end != name.data() + name.size()) return {};
  return first;
}

}  // namespace

result<spool> spool::open(spool_config config) {
  spool s;
  s.config_ = std::move(config);
  s.config_.first_sequence = std::max<std::uint64_t>(s.config_.first_sequence, 1);
  // What is given up for a limit goes by whole segments: at most an eighth of what may be kept.
  s.config_.segment_bytes = std::min(s.config_.segment_bytes, s.config_.max_bytes / 8);
  std::error_code problem;
  std::filesystem::create_directories(s.config_.directory, problem);
  if (problem) return tl::unexpected{disk_error(problem.value())};
  s.directory_ = file_handle{::open(s.config_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!s.directory_) return tl::unexpected{disk_error(errno)};
  if (::flock(s.directory_.get(), LOCK_EX | LOCK_NB) != 0) {
    s.directory_ = file_handle{};
    return fail(fault::unsupported, "the spool is in use by another program");
  }
  if (const auto done = s.recover(); !done) {
    s.directory_ = file_handle{};  // so that nothing is noted about a spool that was not understood
    return tl::unexpected{done.error()};
  }
  return s;
}

spool::~spool() {
  if (directory_) (void)(sync() && save_position(next_));
}

result<void> spool::recover() {
  std::vector<std::pair<std::uint64_t, std::filesystem::path>> files;
  std::error_code problem;
  for (std::filesystem::directory_iterator at{config_.directory, problem}, end; !problem && at != end; at.increment(problem))
    if (const auto first = first_of(at->path())) files.emplace_back(*first, at->path());
  if (problem) return tl::unexpected{disk_error(problem.value())};
  std::sort(files.begin(), files.end());

  const auto noted = load_position(config_.directory);
  saved_ = noted.value_or(spool_position{});
  acknowledged_ = noted ? saved_.acknowledged : files.empty() ? config_.first_sequence - 1 : files.front().first - 1;
  next_ = std::max({saved_.ceiling, acknowledged_ + 1, noted ? 1 : config_.first_sequence});
  auto expected = acknowledged_ + 1;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& [first, file] = files[i];
    const bool last = i + 1 == files.size();
    auto s = segment::load(file, first, last);
    if (!s) return tl::unexpected{s.error()};
    counts_.broken_octets += s->broken_bytes();
    counts_.torn_octets += s->torn_bytes();
    expected = std::max(expected, first);
    for (const auto& e : s->entries()) {
      if (e.sequence < expected) continue;
      counts_.corrupt += e.sequence - expected;  // numbers go up by one within a file: a gap is what was broken
      ++counts_.recovered;
      expected = e.sequence + 1;
    }
    // A broken end of a file that was finished: as many as would fit there, by the size of the others.
    if (!last && s->torn_bytes() != 0 && files[i + 1].first > expected)
      counts_.corrupt += std::min(files[i + 1].first - expected, 1 + s->torn_bytes() * s->entries().size() / s->size());
    next_ = std::max({next_, first, s->entries().empty() ? 0 : s->entries().back().sequence + 1});
    segments_.push_back(std::move(*s));
  }
  counts_.recovered += counts_.corrupt;
  if (!noted && !files.empty()) next_ += reserve;  // the note is lost: step over what may have been given out
  const auto done = save_position(next_ + reserve);
  // A full disk is no reason not to start: sending makes room, and append() notes the position before it gives out more.
  if (!done && done.error().kind != fault::over_limit) return done;
  return {};
}

result<void> spool::save_position(std::uint64_t ceiling) {
  const spool_position p{acknowledged_, ceiling};
  if (p == saved_) return {};
  if (const auto done = mw::save_position(config_.directory, directory_.get(), p); !done) return done;
  saved_ = p;
  return {};
}

std::uint64_t spool::waiting_in(const segment& s) const {
  const auto after = [](std::uint64_t sequence, const segment::entry& e) { return sequence < e.sequence; };
  return static_cast<std::uint64_t>(s.entries().end() - std::upper_bound(s.entries().begin(), s.entries().end(), acknowledged_, after));
}

std::uint64_t spool::held() const {
  std::uint64_t n = 0;
  for (const auto& s : segments_) n += waiting_in(s);
  return n;
}

std::uint64_t spool::bytes_held() const {
  std::uint64_t n = 0;
  for (const auto& s : segments_) n += s.size();
  return n;
}

result<void> spool::give_up_oldest(std::uint64_t& counter) {
  if (const auto done = segments_.front().remove(); !done) return done;
  counter += waiting_in(segments_.front());
  segments_.pop_front();
  return {};
}

result<void> spool::make_room(std::uint64_t more) {
  if (more + segment::header > config_.max_bytes) return fail(fault::over_limit, "batch is larger than the whole spool");
  for (auto held = bytes_held(); !segments_.empty() && held + more + segment::header > config_.max_bytes; held = bytes_held())
    if (const auto done = give_up_oldest(counts_.forgotten_bytes); !done) return done;
  return {};
}

result<void> spool::append(bytes batch, std::uint64_t sequence, timestamp created) {
  const auto write = [&]() -> result<void> {
    if (sequence != next_) return fail(fault::unsupported, "sequence is not the next one");
    if (batch.size() > segment::max_batch) return fail(fault::over_limit, "batch is too large");
    const auto size = segment::entry_header + batch.size();
    if (const auto done = make_room(size); !done) return done;
    if (next_ >= saved_.ceiling)
      if (const auto done = save_position(next_ + reserve); !done) return done;
    const bool durable = config_.sync != spool_config::policy::never;
    if (!segments_.empty() && segments_.back().entries().empty()) {  // left by a failure or a crash: its name may be needed
      if (const auto done = segments_.back().remove(); !done) return done;
      segments_.pop_back();
    }
    // A gap in the numbers starts a new file: within one, a gap means that something was lost.
    if (segments_.empty() || segments_.back().size() + size > config_.segment_bytes ||
        segments_.back().entries().back().sequence + 1 != next_) {
      if (durable && !segments_.empty())
        if (const auto done = segments_.back().sync(); !done) return done;
      auto fresh = segment::create(config_.directory, sequence);
      if (!fresh) return tl::unexpected{fresh.error()};
      segments_.push_back(std::move(*fresh));
      if (durable && ::fsync(directory_.get()) != 0) return tl::unexpected{disk_error(errno)};
    }
    return segments_.back().append(batch, sequence, created, config_.sync == spool_config::policy::always);
  };
  if (const auto done = write(); !done) {
    ++counts_.refused;
    return done;
  }
  ++next_;
  ++counts_.appended;
  return {};
}

result<std::optional<spooled>> spool::read(std::uint64_t from) {
  from = std::max(from, acknowledged_ + 1);
  const auto before = [](const segment::entry& e, std::uint64_t sequence) { return e.sequence < sequence; };
  for (auto& s : segments_) {
    for (;;) {
      const auto at = std::lower_bound(s.entries().begin(), s.entries().end(), from, before);
      if (at == s.entries().end()) break;
      const auto e = *at;
      auto batch = s.read(e);
      if (!batch) return tl::unexpected{batch.error()};
      if (*batch) return spooled{e.sequence, e.created, std::move(**batch)};
      ++counts_.corrupt;
      s.forget(e.sequence);
    }
  }
  return std::nullopt;
}

result<void> spool::acknowledge(std::uint64_t sequence) {
  sequence = std::min(sequence, next_ - 1);
  if (sequence <= acknowledged_) return {};
  const auto before = held();
  acknowledged_ = sequence;
  counts_.acknowledged += before - held();
  const auto whole = [this] { return !segments_.empty() && waiting_in(segments_.front()) == 0; };
  const auto drop = [this]() -> result<void> {
    if (const auto done = segments_.front().remove(); !done) return done;
    segments_.pop_front();
    return {};
  };
  while (segments_.size() > 1 && whole())
    if (const auto done = drop(); !done) return done;
  // The last file shows which numbers are used, so the note comes before it goes; the others go first, as room for the note.
  if (whole() || acknowledged_ - saved_.acknowledged >= acknowledge_step)
    if (const auto done = save_position(std::max(saved_.ceiling, next_)); !done) return done;
  return whole() ? drop() : result<void>{};
}

result<void> spool::expire(timestamp now) {
  if (config_.max_age.count() == 0) return {};
  while (!segments_.empty() && !segments_.front().entries().empty() && segments_.front().entries().back().created < now - config_.max_age)
    if (const auto done = give_up_oldest(counts_.forgotten_age); !done) return done;
  return {};
}

result<void> spool::sync() {
  if (segments_.empty() || config_.sync == spool_config::policy::never) return {};
  return segments_.back().sync();
}

ledger_stage spool::ledger() const {
  return {"spool",
          counts_.recovered + counts_.appended,
          counts_.acknowledged,
          held(),
          {{"spool_bytes", counts_.forgotten_bytes}, {"spool_age", counts_.forgotten_age}, {"corrupt", counts_.corrupt}}};
}

}  // namespace mw
