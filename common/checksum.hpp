// CRC-32C, the checksum of everything that is stored or sent in batches.
#pragma once
#include "common/reader.hpp"

#include <cstdint>

namespace mw {

/// CRC-32C (Castagnoli; RFC 3720 B.4). To go on over several parts, hand the result of the part before as `so_far`.
std::uint32_t crc32c(bytes data, std::uint32_t so_far = 0);

}  // namespace mw
