// One file of the spool: batches one after the other, each with a mark and a checksum.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace mw {

/// A file descriptor that closes itself.
class file_handle {
public:
  explicit file_handle(int fd = -1) : fd_{fd} {}
  file_handle(file_handle&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  file_handle& operator=(file_handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_handle();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_;
};

/// What the system said, as a value: over_limit = the disk is full, unsupported = not ours to write, malformed = the rest.
error disk_error(int number);
result<void> write_all(int fd, bytes data, std::uint64_t at);

/// The file is "SEQUENCE.seg" after the first batch it may hold. Layout, all numbers big-endian: 8 octets "MWSPOOL1", then
/// entries of 28 octets (mark "MWEN", length u32, sequence u64, created i64, CRC-32C u32 over the 20 before it and the
/// batch) and the batch.
class segment {
public:
  struct entry {
    std::uint64_t sequence = 0;
    timestamp created{};
    std::uint64_t at = 0;    ///< offset of the batch in the file
    std::uint32_t size = 0;  ///< of the batch, in bytes
  };
  static constexpr std::size_t header = 8, entry_header = 28;
  static constexpr std::size_t max_batch = std::size_t{64} << 20;

  static result<segment> create(const std::filesystem::path& directory, std::uint64_t first);
  /// Reads a file from an earlier run. What is broken is stepped over to the next valid entry; what no valid entry follows
  /// is the torn end, and is cut off if `last` says that writing goes on here.
  static result<segment> load(const std::filesystem::path& file, std::uint64_t first, bool last);

  /// `durable`: returns once the disk has it. On an error the file is as it was before.
  result<void> append(bytes batch, std::uint64_t sequence, timestamp created, bool durable);
  /// Nothing where the entry is broken on the disk.
  result<std::optional<std::vector<std::uint8_t>>> read(const entry& e) const;
  result<void> sync() const;
  result<void> remove() const;

  const std::deque<entry>& entries() const { return entries_; }
  void forget(std::uint64_t sequence);  ///< an entry that turned out unreadable
  std::uint64_t first() const { return first_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t broken_bytes() const { return broken_; }
  std::uint64_t torn_bytes() const { return torn_; }

private:
  segment(std::filesystem::path path, file_handle file, std::uint64_t first)
      : path_{std::move(path)}, file_{std::move(file)}, first_{first} {}
  void scan(bytes all);

  std::filesystem::path path_;
  file_handle file_;
  std::uint64_t first_, size_ = 0, broken_ = 0, torn_ = 0;
  std::deque<entry> entries_;
};

}  // namespace mw
