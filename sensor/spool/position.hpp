// The small file that lets sequence numbers and acknowledgements outlive the segments.
#pragma once
#include "common/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace mw {

struct spool_position {
  std::uint64_t acknowledged = 0;  ///< all up to here are committed elsewhere
  /// No sequence of `ceiling` or above was ever given out. After an orderly end it is the next one; after a crash the
  /// numbers below may have been sent although the disk forgot them, so they are not used again.
  std::uint64_t ceiling = 0;
  friend bool operator==(const spool_position&, const spool_position&) = default;
};

/// Nothing where there is no file, or its checksum is broken.
std::optional<spool_position> load_position(const std::filesystem::path& directory);
/// Replaces the file in one step, on the disk when it returns. `directory_fd` is the open directory.
result<void> save_position(const std::filesystem::path& directory, int directory_fd, const spool_position& p);

}  // namespace mw
