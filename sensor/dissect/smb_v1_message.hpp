// A message of SMB 1 ([MS-CIFS] 2.2.3): its header, and one of the commands that may be chained in it.
#pragma once
#include "common/reader.hpp"

namespace mw::smb {

/// Primary and secondary messages of the three kinds of transactions.
constexpr bool is_transaction(std::uint8_t command) {
  return command == 0x25 || command == 0x26 || command == 0x32 || command == 0x33 || command == 0xa0 || command == 0xa1;
}

struct header_1 {
  std::uint8_t command = 0, flags = 0;
  std::uint32_t status = 0, process = 0;
  std::uint16_t flags2 = 0, tree = 0, user = 0, multiplex = 0;
  bytes data;  ///< the whole message, which offsets are counted in
  std::size_t size = 0;
  bool unicode() const { return (flags2 & 0x8000) != 0; }
  bool nt_status() const { return (flags2 & 0x4000) != 0; }
  std::uint64_t exchange() const { return std::uint64_t{process} << 16 | multiplex; }
  /// Commands of a chain share their exchange; the messages of a transaction are one.
  std::uint64_t key(std::uint8_t of) const {
    constexpr std::uint8_t any_transaction = 0xfe;
    return exchange() << 8 | (is_transaction(of) ? any_transaction : of);
  }
};

/// One command of a chain: its words and its bytes.
struct block_1 {
  std::uint8_t command = 0;
  bytes words, octets;
  std::size_t octets_at = 0;  ///< in the message, for what is aligned in it
};

}  // namespace mw::smb
