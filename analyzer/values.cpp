// Which value of an operation belongs to which point.
#include "analyzer/values.hpp"

#include "analyzer/baseline/key.hpp"

#include <charconv>

namespace mw {
namespace {

constexpr std::size_t most_elements = 128;

std::uint64_t point_key(const operation& o, std::string_view space, std::string_view address) {
  return key_of(host_of(o.server), o.unit, o.protocol, space, address);
}

std::optional<std::uint64_t> plain_number(std::string_view s) {
  std::uint64_t n = 0;
  const auto [end, wrong] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (wrong != std::errc{} || end != s.data() + s.size()) return {};
  return n;
}

}  // namespace

std::optional<value> last_values::before(const operation& o) const {
  if (o.objects.empty()) return {};
  const auto* v = points_.find(point_key(o, o.objects.front().space, o.objects.front().address));
  return v ? std::optional<value>{*v} : std::nullopt;
}

void last_values::note(const operation& o) {
  if (o.outcome == outcome::refused || o.outcome == outcome::timeout || o.values.empty()) return;
  const auto put = [&](std::string_view space, std::string_view address, const value& v) {
    if (!std::holds_alternative<std::monostate>(v)) points_.touch(point_key(o, space, address)).first = v;
  };
  // a summary says the values of its first operation; what stands there now is what its last one said
  const auto last = [&](std::size_t i) -> const value& {
    return o.repeat && i < o.repeat->points.size() ? o.repeat->points[i].last : o.values[i];
  };
  const auto& objects = o.returned.empty() ? o.objects : o.returned;
  if (objects.size() == o.values.size()) {
    for (std::size_t i = 0; i < objects.size() && i < most_elements; ++i) put(objects[i].space, objects[i].address, last(i));
    return;
  }
  if (objects.size() != 1 || objects.front().count != o.values.size()) return;
  const auto first = plain_number(objects.front().address);
  if (!first) return;
  for (std::size_t i = 0; i < o.values.size() && i < most_elements; ++i) put(objects.front().space, std::to_string(*first + i), last(i));
}

}  // namespace mw
