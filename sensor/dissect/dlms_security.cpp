// Security headers of DLMS (IEC 62056-5-3, 9.2.7) and general blocks (9.4.6.13).
#include "sensor/dissect/dlms_security.hpp"

#include <algorithm>
#include <utility>

namespace mw::dlms {

std::optional<seal> read_seal(std::uint8_t tag, reader in) {
  seal s;
  if (tag == general_glo || tag == general_ded) s.title = read_octets(in);
  const auto size = read_length(in);
  auto inside = in.part(size);
  s.control = inside.u8();
  s.counter = inside.u32();
  s.contents = inside.rest();
  if (!inside.ok()) return {};
  return s;
}

std::optional<bytes> in_the_clear(const seal& s) {
  constexpr std::uint8_t authenticated = 0x10, encrypted = 0x20;
  constexpr std::size_t tag_size = 12;
  if ((s.control & encrypted) != 0 || (s.control & authenticated) == 0 || s.contents.size() <= tag_size) return {};
  return s.contents.first(s.contents.size() - tag_size);
}

bool counters::goes_up(std::uint8_t tag, const seal& s, ends e, output& out) {
  constexpr std::uint8_t key_and_suite = 0x4f, dedicated = 0x80;
  const auto kind = static_cast<std::uint8_t>((s.control & key_and_suite) | (is_dedicated(tag) ? dedicated : 0));
  const auto at = std::ranges::find_if(all_, [&](const entry& c) { return c.of == e && c.kind == kind; });
  if (at != all_.end()) return std::exchange(at->last, s.counter) < s.counter;
  if (all_.size() >= most) {
    out.count("dlms", "forgotten", "counter");
    all_.pop_front();
  }
  all_.push_back({e, kind, s.counter});
  return true;
}

std::vector<std::uint8_t> general_blocks::add(reader& in, ends e, output& out) {
  const auto control = in.u8();
  in.skip(4);  // its number, and the last that was received
  const auto data = read_octets(in);
  if (!in.ok()) return {};
  auto at = std::ranges::find(all_, e, &entry::of);
  if (at == all_.end()) {
    if (all_.size() >= most) {
      out.count("dlms", "forgotten", "blocks");
      all_.pop_front();
    }
    all_.push_back({e, {}});
    at = all_.end() - 1;
  }
  if (at->data.size() + data.size() > longest) {
    out.count("dlms", "forgotten", "blocks");
    all_.erase(at);
    return {};
  }
  at->data.insert(at->data.end(), data.begin(), data.end());
  constexpr std::uint8_t last = 0x80;
  if ((control & last) == 0) return {};
  auto whole = std::move(at->data);
  all_.erase(at);
  return whole;
}

}  // namespace mw::dlms
