// Segmented messages of BACnet (ASHRAE 135, clause 5.2).
#include "sensor/dissect/bacnet_segments.hpp"

#include <algorithm>
#include <chrono>

namespace mw::bacnet {
namespace {

constexpr std::uint8_t widest_window = 127;

}  // namespace

std::optional<segment_store::whole> segment_store::add(const key& k, std::uint8_t sequence, bool more, bytes data, timestamp at,
                                                       output& out) {
  auto it = std::ranges::find(parts_, k, &part::about);
  const bool starts = sequence == 0 && (it == parts_.end() || it->next != 0);  // else it is the 257th
  if (starts && it != parts_.end() && it->next == 1) {
    out.count("bacnet", "segment", "repeated");
    return {};
  }
  if (starts && it != parts_.end()) parts_.erase(it), it = parts_.end();
  if (it == parts_.end()) {
    if (!starts) {  // the capture begins in the middle
      if (more) return {};
      return whole{.first = at};
    }
    if (parts_.size() >= most_messages) {
      parts_.pop_front();
      out.count("bacnet", "forgotten", "segments");
    }
    parts_.push_back({.about = k, .first = at});
    it = std::prev(parts_.end());
  }
  const auto behind = static_cast<std::uint8_t>(it->next - 1 - sequence);
  if (sequence != it->next && behind < widest_window) {
    out.count("bacnet", "segment", "repeated");
    return {};
  }
  if (sequence != it->next && !it->broken) {
    it->broken = true;
    out.violate(k.from, "segment_order", "a segment of the message is missing");
  }
  if (!it->broken && it->data.size() + data.size() > most_octets) {
    it->broken = true;
    out.count("bacnet", "forgotten", "long_message");
  }
  it->next = static_cast<std::uint8_t>(sequence + 1);
  it->last = at;
  if (it->broken)
    it->data.clear();
  else
    it->data.insert(it->data.end(), data.begin(), data.end());
  if (more) return {};
  whole done{.data = std::move(it->data), .first = it->first, .complete = !it->broken};
  parts_.erase(it);
  return done;
}

void segment_store::expire(timestamp now, output& out) {
  const auto lost = std::erase_if(parts_, [&](const part& p) { return now - p.last > std::chrono::seconds{60}; });
  for (std::size_t i = 0; i < lost; ++i) out.count("bacnet", "segment", "never_ended");
}

}  // namespace mw::bacnet
