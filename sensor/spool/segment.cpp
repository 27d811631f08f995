// One file of the spool: batches one after the other, each with a mark and a checksum.
#include "sensor/spool/segment.hpp"

#include "common/checksum.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace mw {
namespace {

constexpr std::array<std::uint8_t, segment::header> file_mark{'M', 'W', 'S', 'P', 'O', 'O', 'L', '1'};
constexpr std::array<std::uint8_t, 4> entry_mark{'M', 'W', 'E', 'N'};

std::string name_of(std::uint64_t first) {
  const auto digits = std::to_string(first);
  return std::string(20 - digits.size(), '0') + digits + ".seg";
}

void put(std::vector<std::uint8_t>& out, std::uint64_t v, std::size_t octets) {
  for (auto shift = 8 * octets; shift > 0;) out.push_back(static_cast<std::uint8_t>(v >> (shift -= 8)));
}

result<void> read_all(int fd, std::vector<std::uint8_t>& into, std::uint64_t at) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto n = ::pread(fd, &into[done], into.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected{disk_error(errno)};
    if (n == 0) return fail(fault::truncated, "spool file ends early", done);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

struct parsed {
  segment::entry entry;
  bytes batch;
};
/// The entry at the front of `rest`, which lies at `at` in its file; nothing where there is no whole and sound one.
std::optional<parsed> parse(bytes rest, std::uint64_t at) {
  reader in{rest};
  const auto mark = in.take(4);
  parsed p;
  p.entry.size = in.u32();
  p.entry.sequence = in.u64();
  p.entry.created = timestamp{nanoseconds{static_cast<std::int64_t>(in.u64())}};
  p.entry.at = at + segment::entry_header;
  const auto sum = in.u32();
  p.batch = in.take(p.entry.size);
  if (!in.ok() || !std::equal(mark.begin(), mark.end(), entry_mark.begin())) return {};
  if (crc32c(p.batch, crc32c(rest.subspan(4, 20))) != sum) return {};
  return p;
}

}  // namespace

file_handle::~file_handle() {
  if (fd_ >= 0) ::close(fd_);
}

error disk_error(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {fault::over_limit, "the disk of the spool is full", 0};
    case EROFS:
    case EACCES:
    case EPERM: return {fault::unsupported, "the directory of the spool cannot be written", 0};
    case ENOENT:
    case ENOTDIR: return {fault::unsupported, "the directory of the spool does not exist", 0};
    default: return {fault::malformed, "the disk of the spool fails", static_cast<std::size_t>(number)};
  }
}

result<void> write_all(int fd, bytes data, std::uint64_t at) {
  while (!data.empty()) {
    const auto n = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected{disk_error(errno)};
    data = data.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

result<segment> segment::create(const std::filesystem::path& directory, std::uint64_t first) {
  const auto path = directory / name_of(first);
  segment s{path, file_handle{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)}, first};
  if (!s.file_) return tl::unexpected{disk_error(errno)};
  if (const auto done = write_all(s.file_.get(), file_mark, 0); !done) {
    (void)s.remove();
    return tl::unexpected{done.error()};
  }
  s.size_ = header;
  return s;
}

result<segment> segment::load(const std::filesystem::path& file, std::uint64_t first, bool last) {
  segment s{file, file_handle{::open(file.c_str(), O_RDWR | O_CLOEXEC)}, first};
  struct stat about{};
  if (!s.file_ || ::fstat(s.file_.get(), &about) != 0) return tl::unexpected{disk_error(errno)};
  std::vector<std::uint8_t> all(static_cast<std::size_t>(about.st_size));
  if (const auto done = read_all(s.file_.get(), all, 0); !done) return tl::unexpected{done.error()};
  s.scan(all);
  s.size_ = all.size();
  if (!last) return s;
  s.size_ -= s.torn_;
  if (s.torn_ != 0 && ::ftruncate(s.file_.get(), static_cast<off_t>(s.size_)) != 0) return tl::unexpected{disk_error(errno)};
  if (s.size_ >= header) return s;
  // Not even the mark of the file got to the disk.
  if (const auto done = write_all(s.file_.get(), file_mark, 0); !done) return tl::unexpected{done.error()};
  s.size_ = header;
  return s;
}

void segment::scan(bytes all) {
  const bool marked = all.size() >= header && std::equal(file_mark.begin(), file_mark.end(), all.begin());
  std::size_t at = marked ? header : 0, sound = at;  // `sound`: end of the last valid entry
  while (at < all.size()) {
    if (const auto p = parse(all.subspan(at), at); p && (entries_.empty() || p->entry.sequence > entries_.back().sequence)) {
      broken_ += at - sound;
      entries_.push_back(p->entry);
      sound = at += entry_header + p->entry.size;
      continue;
    }
    const auto rest = all.subspan(at + 1);
    at += 1 + static_cast<std::size_t>(std::search(rest.begin(), rest.end(), entry_mark.begin(), entry_mark.end()) - rest.begin());
  }
  torn_ = all.size() - sound;
}

result<void> segment::append(bytes batch, std::uint64_t sequence, timestamp created, bool durable) {
  std::vector<std::uint8_t> entry;
  entry.reserve(entry_header + batch.size());
  entry.assign(entry_mark.begin(), entry_mark.end());
  put(entry, batch.size(), 4);
  put(entry, sequence, 8);
  put(entry, static_cast<std::uint64_t>(created.time_since_epoch().count()), 8);
  put(entry, crc32c(batch, crc32c(bytes{entry}.subspan(4))), 4);
  entry.insert(entry.end(), batch.begin(), batch.end());
  auto done = write_all(file_.get(), entry, size_);
  if (done && durable) done = sync();
  if (!done) {
    // Should this fail too, the rest lies beyond size_: the next append writes over it, and a scan finds no sound entry there.
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return tl::unexpected{disk_error(errno)};
    return done;
  }
  entries_.push_back({sequence, created, size_ + entry_header, static_cast<std::uint32_t>(batch.size())});
  size_ += entry.size();
  return {};
}

result<std::optional<std::vector<std::uint8_t>>> segment::read(const entry& e) const {
  std::vector<std::uint8_t> whole(entry_header + e.size);
  if (const auto done = read_all(file_.get(), whole, e.at - entry_header); !done) {
    if (done.error().kind == fault::truncated) return std::nullopt;
    return tl::unexpected{done.error()};
  }
  const auto p = parse(whole, e.at - entry_header);
  if (!p || p->entry.sequence != e.sequence) return std::nullopt;
  whole.erase(whole.begin(), whole.begin() + entry_header);
  return whole;
}

result<void> segment::sync() const {
  if (::fdatasync(file_.get()) != 0) return tl::unexpected{disk_error(errno)};
  return {};
}

result<void> segment::remove() const {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return tl::unexpected{disk_error(errno)};
  return {};
}

void segment::forget(std::uint64_t sequence) {
  std::erase_if(entries_, [&](const entry& e) { return e.sequence == sequence; });
}

}  // namespace mw
