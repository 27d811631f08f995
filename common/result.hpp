// Errors as values, and the one place that knows which `expected` is used.
#pragma once
#include <cstddef>
#include <string_view>
#include <tl/expected.hpp>

namespace mw {

enum class fault : unsigned char { truncated, malformed, unsupported, over_limit };

/// What is wrong with some bytes, and where. `what` is always a string literal, so an error costs no allocation,
/// however many of them a hostile sender provokes.
struct error {
  fault kind = fault::malformed;
  std::string_view what;
  std::size_t at = 0;  ///< offset into the input, in bytes
  friend bool operator==(const error&, const error&) = default;
};

template <class T>
using result = tl::expected<T, error>;

inline auto fail(fault kind, std::string_view what, std::size_t at = 0) { return tl::unexpected<error>{{kind, what, at}}; }

}  // namespace mw
