// Security headers of DLMS (IEC 62056-5-3, 9.2.7), general blocks, and the counters that keep messages from being repeated.
#pragma once
#include "sensor/dissect/dlms_names.hpp"
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace mw::dlms {

/// Where an APDU goes, and where it is from.
struct ends {
  std::uint32_t target = 0, source = 0;
  friend bool operator==(const ends&, const ends&) = default;
};

struct seal {
  std::uint8_t control = 0;
  std::uint32_t counter = 0;
  bytes title, contents;
};
/// Behind the tag of a ciphered APDU.
std::optional<seal> read_seal(std::uint8_t tag, reader in);
/// The APDU in it, where it is authenticated and not encrypted; else nothing.
std::optional<bytes> in_the_clear(const seal& s);

/// Each key has its counter, which only goes up. Bounded.
class counters {
public:
  static constexpr std::size_t most = 64;
  /// False where a message repeats a counter or goes back.
  bool goes_up(std::uint8_t tag, const seal& s, ends e, output& out);

private:
  struct entry {
    ends of;
    std::uint8_t kind;
    std::uint32_t last;
  };
  std::deque<entry> all_;
};

/// APDUs in numbered blocks (general block transfer). Bounded.
class general_blocks {
public:
  static constexpr std::size_t most = 16, longest = 256 * 1024;
  /// The APDU that a block completes; empty while more is to come. Fails `in` where the block is cut.
  std::vector<std::uint8_t> add(reader& in, ends e, output& out);
  void gap() { all_.clear(); }

private:
  struct entry {
    ends of;
    std::vector<std::uint8_t> data;
  };
  std::deque<entry> all_;
};

}  // namespace mw::dlms
