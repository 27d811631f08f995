// Borders of units in a stream (RFC 1002 4.3.1: type, flags, length; [MS-SMB2] 2.1: zero and a length of 24 bits).
#include "sensor/dissect/smb_stream.hpp"

#include <algorithm>
#include <array>

namespace mw::smb {
namespace {

constexpr std::size_t longest_control = 512;

bool is_kind(std::uint8_t k) { return k == 0 || (k >= 0x81 && k <= 0x85); }

}  // namespace

bool begins(bytes head) {
  constexpr std::array<std::uint8_t, 3> letters{'S', 'M', 'B'};
  return head.size() >= 8 && head[0] == 0 && head[4] >= 0xfc && std::ranges::equal(head.subspan(5, 3), letters);
}

std::size_t stream::size_of(bytes head) {
  reader in{head};
  in.skip(1);
  return static_cast<std::size_t>(in.be_n(3));
}

stream::need stream::wanted(bytes head) {
  if (!head.empty() && !is_kind(head[0])) return {};
  if (head.size() < head_of_unit) return {head_of_unit, false};
  const auto size = size_of(head);
  if (head[0] != 0) return size <= longest_control ? need{head_of_unit + size, true} : need{};
  if (size < 4) return {};  // no message is that short
  if (head.size() < 8) return {8, false};
  if (!begins(head)) return {};
  return {head_of_unit + std::min(size, most_kept), true};
}

bool stream::find(bytes& rest) {
  for (; rest.size() >= 8; rest = rest.subspan(1))
    if (begins(rest)) {
      lost_ = false;
      return true;
    }
  return false;
}

}  // namespace mw::smb
