// Checksums by tables. CRC-32C takes eight bytes at a step (the "slicing by 8" method): no special instructions, so every machine can.
#include "common/checksum.hpp"

#include <array>

namespace mw {
namespace {

using table = std::array<std::uint32_t, 256>;

/// What each octet does to a CRC whose bits are reflected.
constexpr table table_of(std::uint32_t reflected_polynomial) {
  table t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? reflected_polynomial : 0);
    t[i] = c;
  }
  return t;
}

constexpr auto tables = [] {
  std::array<table, 8> t{table_of(0x82f63b78)};
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
  return t;
}();
constexpr auto table_32 = table_of(0xedb88320), table_16 = table_of(0xa001);

std::uint32_t go_on(const table& by, bytes data, std::uint32_t c) {
  for (const auto b : data) c = (c >> 8) ^ by[(c ^ b) & 0xff];
  return c;
}

}  // namespace

std::uint32_t crc32c(bytes data, std::uint32_t so_far) {
  auto c = ~so_far;
  const auto word = [&](std::size_t at) {  // of octets that are there; one load for the compiler
    return std::uint32_t{data[at]} | std::uint32_t{data[at + 1]} << 8 | std::uint32_t{data[at + 2]} << 16 |
           std::uint32_t{data[at + 3]} << 24;
  };
  for (; data.size() >= 8; data = data.subspan(8)) {
    const auto low = word(0) ^ c, high = word(4);
    c = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24] ^ tables[3][high & 0xff] ^
        tables[2][high >> 8 & 0xff] ^ tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
  }
  return ~go_on(tables[0], data, c);
}

std::uint32_t crc32_iso_hdlc(bytes data, std::uint32_t so_far) { return ~go_on(table_32, data, ~so_far); }
std::uint16_t crc16_arc(bytes data, std::uint16_t so_far) { return static_cast<std::uint16_t>(go_on(table_16, data, so_far)); }
std::uint16_t crc16_modbus(bytes data, std::uint16_t so_far) { return crc16_arc(data, so_far); }

}  // namespace mw
