// IP datagrams from their fragments.
#include "sensor/decode/fragments.hpp"

#include <algorithm>
#include <chrono>

namespace mw {

void fragments::forget_front() {
  counts_.held -= open_.front().fragments;
  counts_.expired += open_.front().fragments;
  open_.pop_front();
}

bytes fragments::add(const packet& p, timestamp now) {
  while (!open_.empty() && now - open_.front().since > std::chrono::seconds{30}) forget_front();
  const std::size_t from = p.fragment_offset, to = from + p.payload.size();
  if (p.payload.empty() || p.cut || to > largest) {
    ++counts_.expired;
    return {};
  }
  auto it = std::ranges::find_if(open_, [&](const datagram& d) {
    return d.id == p.fragment_id && d.protocol == p.ip_protocol && d.source == p.source && d.target == p.target;
  });
  if (it == open_.end()) {
    if (open_.size() >= most) forget_front();
    it = open_.insert(open_.end(),
                      datagram{.source = p.source, .target = p.target, .id = p.fragment_id, .protocol = p.ip_protocol, .since = now});
  }
  auto& d = *it;
  ++d.fragments;
  ++counts_.held;
  if (!p.more_fragments) d.total = std::max(d.total, to);
  if (d.data.size() < to) d.data.resize(to);
  // write only what is not there yet: the first copy wins, as in most stacks
  std::size_t at = from;
  for (const auto& [have_from, have_to] : d.have) {
    if (at < have_from && at < to)
      std::ranges::copy(p.payload.subspan(at - from, std::min<std::size_t>(have_from, to) - at),
                        d.data.begin() + static_cast<std::ptrdiff_t>(at));
    at = std::max<std::size_t>(at, have_to);
  }
  if (at < to) std::ranges::copy(p.payload.subspan(at - from), d.data.begin() + static_cast<std::ptrdiff_t>(at));
  d.have.emplace_back(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
  std::ranges::sort(d.have);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> merged;
  for (const auto& r : d.have) {
    if (!merged.empty() && r.first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, r.second);
    else
      merged.push_back(r);
  }
  d.have = std::move(merged);
  if (d.total == 0 || d.have.size() != 1 || d.have[0].first != 0 || d.have[0].second < d.total) return {};
  counts_.held -= d.fragments;
  counts_.joined += d.fragments;
  whole_ = std::move(d.data);
  whole_.resize(d.total);
  open_.erase(it);
  return whole_;
}

}  // namespace mw
