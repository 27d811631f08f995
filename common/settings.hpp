// Configuration from one description: the loader reads and checks by it, the manual is printed from it, and the defaults stand in the
// struct.
#pragma once
#include "common/duration.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw {

/// What a setting may be. Numbers and durations (in seconds) have bounds; texts may be asked not to be empty.
struct limits {
  std::int64_t least = 0, most = std::numeric_limits<std::int64_t>::max();
  bool filled = false;
};
constexpr limits between(std::int64_t least, std::int64_t most) { return {.least = least, .most = most}; }
constexpr limits at_least(std::int64_t least) { return {.least = least}; }
inline constexpr limits not_empty{.filled = true};

/// Walks over settings. `describe(settings&, T&)` names each member once: v("sensor.snaplen", c.snaplen, "…", between(64, 262144)).
/// A name is a path with dots; a help text is one or two sentences in English.
class settings {
public:
  virtual ~settings() = default;
  virtual void operator()(std::string_view name, bool&, std::string_view help) = 0;
  virtual void operator()(std::string_view name, std::string&, std::string_view help, limits = {}) = 0;
  virtual void operator()(std::string_view name, std::vector<std::string>&, std::string_view help) = 0;
  template <class T>
    requires std::integral<T> || requires(T t) { t.count(); }
  void operator()(std::string_view name, T& field, std::string_view help, limits l = {}) {
    if constexpr (std::integral<T>) {
      l.most = std::min(l.most, static_cast<std::int64_t>(std::min<std::uint64_t>(std::numeric_limits<T>::max(), INT64_MAX)));
      auto n = static_cast<std::int64_t>(field);
      number(name, n, help, l);
      field = static_cast<T>(n);
    } else {
      auto d = std::chrono::duration_cast<std::chrono::seconds>(field);
      duration(name, d, help, l);
      if (d != std::chrono::duration_cast<std::chrono::seconds>(field)) field = d;
    }
  }
  /// One of a closed set of words.
  template <class T>
  void choice(std::string_view name, T& field, std::span<const std::pair<std::string_view, T>> words, std::string_view help) {
    std::vector<std::string_view> all;
    std::size_t at = 0;
    for (const auto& [word, v] : words) {
      if (v == field) at = all.size();
      all.push_back(word);
    }
    one_of(name, at, all, help);
    field = words[at].second;
  }
  /// A list of things that each have settings of their own, as described by describe(settings&, T&).
  template <class T>
  void list(std::string_view name, std::vector<T>& field, std::string_view help) {
    bool first = true;  // a list that is given replaces the default one
    each(name, help, [&](settings& inner, bool fresh) {
      T one{};
      describe(inner, one);
      if (!fresh) return;
      if (std::exchange(first, false)) field.clear();
      field.push_back(std::move(one));
    });
  }

protected:
  using visit = std::function<void(settings&, bool fresh)>;
  virtual void number(std::string_view name, std::int64_t&, std::string_view help, limits) = 0;
  virtual void duration(std::string_view name, std::chrono::seconds&, std::string_view help, limits) = 0;
  virtual void one_of(std::string_view name, std::size_t& at, const std::vector<std::string_view>& words, std::string_view help) = 0;
  virtual void each(std::string_view name, std::string_view help, const visit&) = 0;
};

/// Reads YAML. Every mistake is one complaint "FILE:LINE: NAME …" with the remedy; a key that no description names is one, too.
class settings_file {
public:
  settings_file(std::string_view text, std::string file);
  ~settings_file();
  settings& reader();                     ///< to be walked over once
  std::vector<std::string> complaints();  ///< after the walk; empty where all is well
  class inside;

private:
  std::unique_ptr<inside> inside_;
};

/// The commented file that holds every default.
std::string manual(std::string_view title, const std::function<void(settings&)>& walk);

}  // namespace mw
