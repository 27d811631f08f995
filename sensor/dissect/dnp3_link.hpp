// DNP3 below the application layer: link frames with their checksums, and the transport function (IEEE 1815-2012, clauses 8, 9).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace mw::dnp3 {

/// CRC-16/DNP over `data`, as it is sent (low octet first).
std::uint16_t crc(bytes data);

inline constexpr std::size_t link_header_size = 10;  ///< with its CRC
inline constexpr std::uint8_t smallest_length = 5;   ///< the length octet counts control and addresses, not the CRCs
inline constexpr std::size_t block_size = 16;
inline constexpr std::uint16_t first_broadcast = 0xfffd, first_reserved = 0xfff0;

/// Octets of a whole frame whose length octet says `length` (5..255).
constexpr std::size_t frame_size(std::uint8_t length) {
  const std::size_t data = length - std::size_t{smallest_length};
  return link_header_size + data + 2 * ((data + block_size - 1) / block_size);
}

struct link_header {
  std::uint8_t length = 0, control = 0;
  std::uint16_t destination = 0, source = 0;
  bool intact = false;  ///< its CRC is right

  bool primary() const { return (control & 0x40) != 0; }
  bool frame_count_valid() const { return (control & 0x10) != 0; }
  std::uint8_t function() const { return control & 0x0f; }
};
/// The header at the front; nothing where the start octets are not there or it is cut.
std::optional<link_header> read_link_header(bytes head);

enum link_function : std::uint8_t {
  reset_link = 0,
  reset_user = 1,
  test_link = 2,
  confirmed_data = 3,
  unconfirmed_data = 4,
  request_status = 9
};
/// Why this header may not be sent, as the name of a rule and a sentence; nothing where it is fine.
struct complaint {
  std::string_view rule, detail;
};
std::optional<complaint> judge(const link_header& h);

/// The user data of a whole frame, without CRCs. Nothing where the CRC of a block is wrong or the frame is cut.
std::optional<std::vector<std::uint8_t>> user_data(bytes frame);

result<std::size_t> frame(bytes head);
match probe(bytes head, transport t);

/// The transport function of one direction between two link addresses: segments in, application fragments out.
class reassembly {
public:
  static constexpr std::size_t limit = 64 * 1024;  ///< octets of a fragment; the standard's own default is 2048

  /// Takes a segment (transport octet first). True where `fragment()` is whole now; `why` says what was wrong, if anything.
  bool add(bytes segment, timestamp at, std::optional<complaint>& why);
  bytes fragment() const { return data_; }
  timestamp started() const { return started_; }
  std::size_t held() const { return open_ ? data_.size() : 0; }
  /// The fragment was read: the room of a large one is given back.
  void done() {
    if (data_.capacity() > 8192) data_ = {};
  }
  void drop() { open_ = false, known_ = false, data_ = {}; }

private:
  std::vector<std::uint8_t> data_;
  timestamp started_{};
  std::uint8_t last_ = 0;
  bool open_ = false;
  bool known_ = false;  ///< a first segment was seen, so a later one without it is not a matter of when we came
};

}  // namespace mw::dnp3
