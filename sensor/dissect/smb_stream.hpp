// Messages out of one direction of SMB over TCP: the session service of NetBIOS (RFC 1002 4.3) and its direct form ([MS-SMB2] 2.1).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <vector>

namespace mw::smb {

enum class unit_kind : std::uint8_t {
  message = 0x00,
  request = 0x81,  ///< of a session
  positive = 0x82,
  negative = 0x83,
  retarget = 0x84,
  keep_alive = 0x85,
};
constexpr std::size_t head_of_unit = 4;

/// A unit without its head. Of a long one the beginning is given: reading and writing megabytes needs no copy of them.
struct unit {
  unit_kind kind = unit_kind::message;
  bytes data;
  std::size_t size = 0;  ///< as announced
  timestamp time{};      ///< of its first octet
};

/// True where a unit of SMB may begin; `head` has at least eight octets.
bool begins(bytes head);

/// Cuts units for itself, because one may be longer than what is buffered for a protocol.
class stream {
public:
  static constexpr std::size_t most_kept = 68 * 1024;

  /// Gives every unit that ends in `m.data`, or of which enough has come, to `to`. False where the octets are none of SMB: then they
  /// are passed over up to the next unit.
  template <class To>
  bool add(const message& m, const To& to) {
    auto rest = m.data;
    bool good = true;
    while (!rest.empty()) {
      if (skip_ != 0) {
        const auto n = std::min(skip_, rest.size());
        rest = rest.subspan(n), skip_ -= n;
        continue;
      }
      if (lost_ && !find(rest)) return good;
      const bool direct = held_.empty();
      const auto w = wanted(direct ? rest : bytes{held_});
      if (w.size == 0) {
        good = false, lost_ = true;
        held_.clear();
        if (direct) rest = rest.subspan(1);
        continue;
      }
      if (direct) began_ = m.time;
      if (direct && w.known && rest.size() >= w.size) {
        const auto one = rest.first(w.size);
        rest = rest.subspan(w.size);
        hand_out(one, to);
        continue;
      }
      const auto n = std::min(w.size - std::min(w.size, held_.size()), rest.size());
      held_.insert(held_.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n));
      rest = rest.subspan(n);
      if (!w.known || held_.size() < w.size) continue;
      hand_out(held_, to);
      held_.clear();
    }
    return good;
  }
  void gap() { held_.clear(), skip_ = 0, lost_ = true; }

private:
  struct need {
    std::size_t size = 0;  ///< octets that must be there to go on; 0: here is no unit
    bool known = false;    ///< these are all that is kept of the unit
  };
  static need wanted(bytes head);
  static std::size_t size_of(bytes head);
  template <class To>
  void hand_out(bytes one, const To& to) {
    const auto size = size_of(one);
    skip_ = size + head_of_unit - one.size();
    to(unit{static_cast<unit_kind>(one[0]), one.subspan(head_of_unit), size, began_});
  }
  bool find(bytes& rest);

  std::vector<std::uint8_t> held_;
  std::size_t skip_ = 0;
  bool lost_ = false;
  timestamp began_{};
};

}  // namespace mw::smb
