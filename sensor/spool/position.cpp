// The small file that lets sequence numbers and acknowledgements outlive the segments: 8 octets of mark, two big-endian
// numbers, a CRC-32C over all before it.
#include "sensor/spool/position.hpp"

#include "common/checksum.hpp"
#include "sensor/spool/segment.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>

namespace mw {
namespace {

constexpr std::array<std::uint8_t, 8> file_mark{'M', 'W', 'P', 'O', 'S', 'I', 'T', '1'};
using form = std::array<std::uint8_t, 28>;

}  // namespace

std::optional<spool_position> load_position(const std::filesystem::path& directory) {
  const file_handle file{::open((directory / "position").c_str(), O_RDONLY | O_CLOEXEC)};
  form all{};
  if (!file || ::pread(file.get(), all.data(), all.size(), 0) != static_cast<ssize_t>(all.size())) return {};
  reader in{all};
  const auto mark = in.take(file_mark.size());
  const spool_position p{in.u64(), in.u64()};
  if (!std::equal(mark.begin(), mark.end(), file_mark.begin()) || crc32c(bytes{all}.first(24)) != in.u32()) return {};
  return p;
}

result<void> save_position(const std::filesystem::path& directory, int directory_fd, const spool_position& p) {
  form all{};
  std::copy(file_mark.begin(), file_mark.end(), all.begin());
  const auto put = [&](std::size_t at, std::uint64_t v, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) all[at + i] = static_cast<std::uint8_t>(v >> (8 * (octets - 1 - i)));
  };
  put(8, p.acknowledged, 8);
  put(16, p.ceiling, 8);
  put(24, crc32c(bytes{all}.first(24)), 4);
  const auto path = directory / "position", fresh = directory / "position.new";
  const file_handle file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
  if (!file) return tl::unexpected{disk_error(errno)};
  if (const auto done = write_all(file.get(), all, 0); !done) return done;
  if (::fdatasync(file.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0 || ::fsync(directory_fd) != 0)
    return tl::unexpected{disk_error(errno)};
  return {};
}

}  // namespace mw
