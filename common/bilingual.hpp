// Text for people: always both languages.
#pragma once
#include <string>
#include <string_view>

namespace mw {

/// A literal in both languages; there is no way to leave one out.
struct text {
  std::string_view en, zh;
};
/// The same, made at run time.
struct words {
  std::string en, zh;
  friend bool operator==(const words&, const words&) = default;
};
enum class language : unsigned char { en, zh };

inline std::string_view in(language l, const text& t) { return l == language::zh ? t.zh : t.en; }
inline const std::string& in(language l, const words& w) { return l == language::zh ? w.zh : w.en; }

}  // namespace mw
