// What carries DLMS: the wrapper of TCP and UDP (IEC 62056-4-7) and HDLC frames (IEC 62056-46), which gateways put on TCP as well.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mw::dlms {

/// Size of the first wrapper unit or HDLC frame in `head`; the flag between two frames belongs to the first.
result<std::size_t> frame(bytes head);

enum class control : std::uint8_t { information, receive_ready, receive_not_ready, snrm, disc, ua, dm, frmr, ui, unknown };
std::string_view name(control c);  ///< "I", "RR", "SNRM", …

struct hdlc_frame {
  std::uint32_t target = 0, source = 0;  ///< upper address << 16 | lower address
  dlms::control control = dlms::control::unknown;
  std::uint8_t sent = 0;  ///< N(S) of an information frame
  bool segmented = false;
  bool head_valid = true;  ///< its own checksum, where there is one
  bool sums_valid = true;  ///< both checksums
  bytes information;
};
/// A whole frame, with or without its flags.
std::optional<hdlc_frame> read_hdlc(bytes whole);

/// Whether the beginning of a frame contradicts itself: its header has a checksum of its own.
bool begins_wrong(bytes head);

struct wrapped {
  std::uint16_t source = 0, target = 0;
  bytes apdu;
};
std::optional<wrapped> read_wrapper(bytes whole);

/// "1", or "1/16" where an HDLC address has a physical part.
std::string address_text(std::uint32_t address);

/// Puts the segments of one HDLC direction together and checks their numbers. Bounded.
class hdlc_flow {
public:
  static constexpr std::size_t limit = 256 * 1024;
  std::uint32_t target = 0, source = 0;

  /// What a frame completes; empty where more is to come, or the frame only repeats the one before.
  bytes add(const hdlc_frame& f, side from, output& out);
  void restart() { expected_ = 0, held_.clear(), open_ = false; }
  void gap() { expected_.reset(), held_.clear(), open_ = false; }

private:
  std::optional<std::uint8_t> expected_;
  std::vector<std::uint8_t> held_;
  bool open_ = false, over_ = false;
};

}  // namespace mw::dlms
