// The pieces of a JSON document, appended to a string: fast, and valid whatever goes in.
#pragma once
#include "common/record.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace mw {

/// Quotes `text`; bytes that are not UTF-8 (RFC 3629) become U+FFFD, control characters \u00xx.
void append_quoted(std::string& out, std::string_view text);
/// Shortest text that reads back as the same number; null where it is not finite, which JSON cannot say.
void append_number(std::string& out, double number);
template <std::integral T>
void append_number(std::string& out, T number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  out.append(text.begin(), end);
}
/// Epoch seconds or a duration, made with integers: 6 decimals, or 9 where they are not whole microseconds.
void append_seconds(std::string& out, nanoseconds n);
void append_value(std::string& out, const value& v);
/// As to_string(endpoint), quoted, without a detour through the C library for version 4.
void append_endpoint(std::string& out, const endpoint& e);

/// Writes the members of one object: `members m{out}; m("time"); append_seconds(out, t); m.close();`
class members {
public:
  explicit members(std::string& out) : out_{out} { out_ += '{'; }
  /// Starts a member; the caller appends its value. `name` must need no escape.
  std::string& operator()(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void text(std::string_view name, std::string_view v) { append_quoted((*this)(name), v); }
  void number(std::string_view name, std::integral auto v) { append_number((*this)(name), v); }
  void close() { out_ += '}'; }

private:
  std::string& out_;
  bool first_ = true;
};

/// A list; `each` appends one element.
template <class Range, class Each>
void append_list(std::string& out, const Range& range, Each each) {
  out += '[';
  bool first = true;
  for (const auto& x : range) {
    if (!first) out += ',';
    first = false;
    each(x);
  }
  out += ']';
}

}  // namespace mw
