// Where messages of Fox begin and end: "fox " opens one, and the line "};;" closes it.
#include "sensor/dissect/fox_assembly.hpp"

#include "sensor/dissect/fox_message.hpp"

#include <algorithm>

namespace mw::fox {
namespace {

constexpr std::string_view opening = "fox ", closing = "};;";

}  // namespace

/// True where the octet that was looked at last ends the message.
bool assembly::ends(bytes message) {
  const auto c = message[seen_ - 1];
  if (c == '\n') {
    const bool last = std::ranges::equal(message.subspan(line_, seen_ - 1 - line_), closing);
    line_ = seen_;
    at_ = place::name;
    return last;
  }
  switch (at_) {
    case place::name:
      if (c == '=') at_ = place::type;
      break;
    case place::type: type_ = static_cast<char>(c), at_ = place::colon; break;
    case place::colon:
      at_ = c == ':' && (type_ == 'b' || type_ == 'o') ? place::size : place::rest;
      blob_ = 0;
      break;
    case place::size:
      if (c == '[')
        left_ = blob_, at_ = place::rest;
      else if (c >= '0' && c <= '9')
        blob_ = std::min(blob_ * 10 + (c - std::size_t{'0'}), largest);
      else
        blob_ = 0;  // of an object its kind comes first
      break;
    case place::rest: break;
  }
  return false;
}

/// Goes on from where it stopped; true where the message is whole, `seen_` octets long.
bool assembly::find_end(bytes rest) {
  while (seen_ < rest.size() && seen_ <= largest) {
    const auto skipped = std::min(left_, rest.size() - seen_);
    left_ -= skipped, seen_ += skipped;
    if (seen_ < rest.size() && (++seen_, ends(rest))) return true;
  }
  return false;
}

/// Drops what stands before a message; false where none begins.
bool assembly::find_beginning(bytes& rest, const listener& to) {
  const auto begins = std::ranges::equal(rest.first(std::min(rest.size(), opening.size())), opening.substr(0, rest.size()));
  if (!lost_ && begins) return rest.size() >= opening.size();
  if (!lost_ && !told_) to.damage("what stands where a message must begin is none");
  lost_ = told_ = true;
  const auto found = std::ranges::search(rest, opening);
  if (found.empty()) {
    rest = rest.last(std::min(rest.size(), opening.size() - 1));
    return false;
  }
  rest = bytes{found.begin(), rest.end()};
  lost_ = false;
  return true;
}

void assembly::add(bytes data, timestamp at, const listener& to) {
  if (held_.empty()) began_ = at;
  const bool goes_on = !held_.empty();
  if (goes_on) held_.insert(held_.end(), data.begin(), data.end());
  auto rest = goes_on ? bytes{held_} : data;
  while (!rest.empty()) {
    if (seen_ == 0) {
      if (!find_beginning(rest, to)) break;
      line_ = blob_ = left_ = 0;
      at_ = place::rest;  // the first line has no value
    }
    const bool whole = find_end(rest);
    if (!whole && seen_ <= largest) break;
    const auto message = rest.first(seen_);
    rest = rest.subspan(seen_);
    seen_ = 0;
    if (whole) {
      told_ = false;
      to.message(message, began_);
    } else {
      to.damage("a message without end");
      lost_ = told_ = true;
    }
    began_ = at;
  }
  if (goes_on)
    held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  else
    held_.assign(rest.begin(), rest.end());
  if (held_.empty() && held_.capacity() > 16 * 1024) held_ = {};
}

}  // namespace mw::fox
