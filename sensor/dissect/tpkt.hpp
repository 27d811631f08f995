// TPKT frames and the transport that runs in them on port 102 (RFC 1006; ISO 8073 / ITU-T X.224 class 0).
// Which protocol is inside is the business of who uses this: S7comm, MMS and S7comm-plus share it.
#pragma once
#include "common/reader.hpp"

#include <vector>

namespace mw::tpkt {

/// Size of the first frame in `head`; 0 = more bytes are needed to say.
result<std::size_t> frame(bytes head);

/// What a transport message (TPDU) is, by the high half of its code.
enum class kind : std::uint8_t {
  expedited_data = 0x1,
  error = 0x7,
  disconnect_request = 0x8,
  disconnect_confirm = 0xc,
  connect_confirm = 0xd,
  connect_request = 0xe,
  data = 0xf,
};

struct tpdu {
  mw::tpkt::kind kind = kind::data;
  std::uint16_t destination = 0, source = 0;  ///< references; data of class 0 has none
  std::uint8_t transport_class = 0;           ///< of CR and CC
  std::uint8_t reason = 0;                    ///< of DR and ER
  bool last = true;                           ///< of data: it ends its message (EOT)
  bool parameters_valid = true;               ///< false where the variable part of CR or CC ends inside a parameter
  bytes calling, called;                      ///< transport selectors (TSAPs) of CR and CC
  std::size_t maximum = 0;                    ///< proposed or accepted TPDU size, 0 = not said
  bytes user_data;
};

/// Reads one whole frame as `frame` cut it.
result<tpdu> parse(bytes message);

/// Joins the data of one direction to messages. Bounded; a gap must drop what it holds.
class reassembly {
public:
  static constexpr std::size_t limit = 256 * 1024;
  enum class step : std::uint8_t {
    complete,    ///< whole() is a message, until the next call
    more,        ///< its end is still to come
    over_limit,  ///< given up: the sender never ends it; the rest is skipped up to its end
    skipped,     ///< belongs to a message whose beginning is lost
  };
  /// `begins`: the data looks like the beginning of a message, which ends the skipping after a gap.
  step add(const tpdu& data, bool begins = false);
  bytes whole() const { return whole_; }
  bool open() const { return (!held_.empty() && !ended_) || skipping_; }
  /// Bytes are missing: a message that was begun cannot be completed, and its rest is not the beginning of another.
  void gap();

private:
  std::vector<std::uint8_t> held_;
  bytes whole_;
  bool ended_ = false;  ///< held_ is a message that was handed out
  bool skipping_ = false;
};

}  // namespace mw::tpkt
