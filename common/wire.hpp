// Batches of records as bytes: what a sensor spools and sends, what a collector takes in.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mw {

/// Records of one sensor. (sensor, sequence) is unique for good: it is how a batch that came twice is recognised.
struct batch {
  std::string sensor;
  std::uint64_t sequence = 0;
  timestamp created{};
  std::vector<record> records;  ///< in the order in which they were made
  friend bool operator==(const batch&, const batch&) = default;
};

/// The version that this program writes. Another minor version can be read; another major one cannot.
inline constexpr std::uint8_t wire_major = 1, wire_minor = 0;

/// What a reader accepts; a sensor closes its batches far below.
struct wire_limits {
  std::size_t frame = 16u << 20;    ///< bytes as received
  std::size_t message = 16u << 20;  ///< bytes once decompressed
  std::size_t records = 1u << 16;
  std::size_t elements = 1u << 20;  ///< objects, values, fields, buckets, … over all records
  std::size_t text = 64u << 20;     ///< bytes of text over all records, once the dictionary is resolved
};

/// One frame: "MWBT", version, lengths and a CRC-32C in 20 octets, then a zstd frame around mw.wire.Batch (wire.proto).
/// Nothing is lost, and the same batch always gives the same bytes.
std::vector<std::uint8_t> encode(const batch& b);

/// Reads exactly one frame; every length, index and range is checked before it is used. Errors: truncated (more bytes are
/// needed), malformed, over_limit, and unsupported: the frame is whole, but of another major version, so it must be
/// kept for a newer program and never be thrown away.
result<batch> decode(bytes frame, const wire_limits& limits = {});

}  // namespace mw
