// CRC-32C by tables, eight bytes at a step (the "slicing by 8" method): no special instructions, so every machine can.
#include "common/checksum.hpp"

#include <array>

namespace mw {
namespace {

using table = std::array<std::uint32_t, 256>;

constexpr auto tables = [] {
  constexpr std::uint32_t polynomial = 0x82f63b78;  // reflected
  std::array<table, 8> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? polynomial : 0);
    t[0][i] = c;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
  return t;
}();

}  // namespace

std::uint32_t crc32c(bytes data, std::uint32_t so_far) {
  auto c = ~so_far;
  reader in{data};
  while (in.left() >= 8) {
    const auto low = in.u32le() ^ c, high = in.u32le();
    c = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24] ^ tables[3][high & 0xff] ^
        tables[2][high >> 8 & 0xff] ^ tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
  }
  for (auto b : in.rest()) c = (c >> 8) ^ tables[0][(c ^ b) & 0xff];
  return ~c;
}

}  // namespace mw
