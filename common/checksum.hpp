// Checksums by the names that the catalogue of parametrised CRC algorithms gives them.
#pragma once
#include "common/reader.hpp"

#include <cstdint>

namespace mw {

// To go on over several parts, hand the result of the part before as `so_far`.

/// CRC-32C (Castagnoli; RFC 3720 B.4), the checksum of everything that is stored or sent in batches.
std::uint32_t crc32c(bytes data, std::uint32_t so_far = 0);
/// CRC-32/ISO-HDLC, that of Ethernet and zip files.
std::uint32_t crc32_iso_hdlc(bytes data, std::uint32_t so_far = 0);
/// CRC-16/ARC and CRC-16/MODBUS: one polynomial, begun with all zeros or all ones.
std::uint16_t crc16_arc(bytes data, std::uint16_t so_far = 0);
std::uint16_t crc16_modbus(bytes data, std::uint16_t so_far = 0xffff);

}  // namespace mw
