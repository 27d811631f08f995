// Whole messages out of an ordered stream.
#include "sensor/stream/framing.hpp"

#include <algorithm>

namespace mw {

chunk framing::locate(bytes data, std::size_t offset, const chunk& newest, std::size_t newest_at) const {
  chunk c{data, newest.time, newest.packet};
  if (offset >= newest_at) return c;
  for (const auto& m : marks_) {
    if (m.offset > offset) break;
    c.time = m.time;
    c.packet = m.packet;
  }
  return c;
}

std::size_t framing::cut(bytes data, const chunk& origin, std::size_t origin_offset, const listener& to) {
  std::size_t at = 0;
  while (at < data.size()) {
    const auto rest = data.subspan(at);
    const auto size = protocol_->about.frame(rest);
    if (size && *size > largest) {
      if (!lost_) to.damage({fault::over_limit, "message larger than any this protocol has", at});
      lost_ = true;
    } else if (size &&
               (!lost_ || *size == 0 || protocol_->about.probe(rest.first(std::min(rest.size(), *size)), transport::tcp) != match::no)) {
      if (*size == 0 || *size > rest.size()) return at;  // wait for more
      if (lost_) {
        lost_ = false;
        ++counts_.resyncs;
        to.gap();
      }
      ++counts_.messages;
      counts_.message_bytes += *size;
      to.message(locate(rest.first(*size), at, origin, origin_offset));
      at += *size;
      continue;
    } else if (!size && !lost_) {
      to.damage(size.error());
      lost_ = true;
    }
    ++at;  // damage: the next octet may be a border
    ++counts_.skipped_bytes;
  }
  return at;
}

void framing::add(const chunk& c, const listener& to) {
  if (buffer_.empty()) {  // the usual case: a segment holds whole messages, nothing is copied
    const auto used = cut(c.data, c, 0, to);
    if (used < c.data.size()) {
      buffer_.assign(c.data.begin() + static_cast<std::ptrdiff_t>(used), c.data.end());
      marks_.push_back({0, c.time, c.packet});
    }
  } else {
    const auto newest_at = buffer_.size();
    buffer_.insert(buffer_.end(), c.data.begin(), c.data.end());
    const auto used = cut(buffer_, c, newest_at, to);
    marks_.push_back({newest_at, c.time, c.packet});
    if (used > 0) {
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used));
      std::size_t gone = 0;
      while (gone + 1 < marks_.size() && marks_[gone + 1].offset <= used) ++gone;
      marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(gone));
      for (auto& m : marks_) m.offset = m.offset > used ? m.offset - used : 0;
    }
    if (buffer_.empty()) marks_.clear();
  }
  counts_.buffered = buffer_.size();
}

void framing::gap(absl::FunctionRef<void()> to) {
  counts_.skipped_bytes += buffer_.size();
  buffer_.clear();
  marks_.clear();
  counts_.buffered = 0;
  // what comes next is most often a message border; where it is not, frame() says so and the search begins
  lost_ = true;
  to();
}

void framing::finish() {
  counts_.skipped_bytes += buffer_.size();
  buffer_.clear();
  marks_.clear();
  counts_.buffered = 0;
}

}  // namespace mw
