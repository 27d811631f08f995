// Lines out of the bytes of one direction, for protocols that are text (HTTP, FTP, SMTP, Telnet).
#pragma once
#include "common/reader.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace mw {

/// Keeps at most `Longest` octets of a line that has not ended; of a longer line the beginning is given and the rest is skipped.
template <std::size_t Longest = 4096>
class line_reader {
public:
  /// Takes the next line off the front of `data`, true where one ended: then line() is it, without CR LF, until the next call.
  bool next(bytes& data) {
    if (done_) text_.clear(), done_ = false, cut_ = false;
    const auto end = std::ranges::find(data, std::uint8_t{'\n'});
    const auto size = static_cast<std::size_t>(end - data.begin());
    const auto room = std::min(size, Longest - std::min(Longest, text_.size()));
    text_.append(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(room));
    cut_ = cut_ || room < size;
    done_ = end != data.end();
    data = data.subspan(done_ ? size + 1 : size);
    if (done_ && text_.ends_with('\r')) text_.pop_back();
    return done_;
  }
  std::string_view line() const { return text_; }
  bool cut() const { return cut_; }  ///< the line was longer than is kept
  /// Bytes are missing: what was begun is worth nothing.
  void clear() { text_.clear(), done_ = cut_ = false; }

private:
  std::string text_;
  bool done_ = false, cut_ = false;
};

/// The word up to the next blank, taken off the front of `text` together with the blanks behind it.
inline std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  return word;
}
inline bool same_letters(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, small, small);
}
/// All but the blanks at both ends.
inline std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

}  // namespace mw
