// The parts of the column reader that need no template: dictionaries and mixed values.
#include "common/wire_reader.hpp"

#include <algorithm>

namespace mw {
namespace {

std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

endpoint end_from(std::string_view octets) {
  endpoint e;
  std::array<std::uint8_t, 16> address{};
  std::transform(octets.begin(), octets.begin() + 16, address.begin(), octet);
  e.address = ip::v6(address);
  e.port.number = static_cast<std::uint16_t>(octet(octets[16]) << 8 | octet(octets[17]));
  std::transform(octets.begin() + 18, octets.end(), e.hardware.octets.begin(), octet);
  return e;
}

}  // namespace

column_reader::column_reader(const wire::Batch& b, const wire_limits& limits) : elements_{limits.elements}, text_left_{limits.text} {
  std::string_view rest = b.dictionary();
  texts_.reserve(static_cast<std::size_t>(b.dictionary_sizes_size()));
  for (auto size : b.dictionary_sizes()) {
    if (size > rest.size()) break;
    texts_.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (!rest.empty() || std::cmp_not_equal(texts_.size(), b.dictionary_sizes_size())) fail(fault::malformed, "dictionary and its sizes");
  std::string_view ends = b.endpoints();
  if (ends.size() % endpoint_size != 0) fail(fault::malformed, "endpoints have an odd end");
  ends_.reserve(ends.size() / endpoint_size);
  for (; ends.size() >= endpoint_size; ends.remove_prefix(endpoint_size)) ends_.push_back(end_from(ends.substr(0, endpoint_size)));
}

void column_reader::fail(fault kind, std::string_view what) {
  if (!error_) error_ = {kind, what, 0};
}

std::string_view column_reader::text_at(std::uint32_t index) {
  if (index == 0) return {};
  if (index > texts_.size()) return fail(fault::malformed, "text outside the dictionary"), std::string_view{};
  const auto text = texts_[index - 1];
  if (text.size() > text_left_) return fail(fault::over_limit, "too much text in a batch"), std::string_view{};
  text_left_ -= text.size();
  return text;
}

endpoint column_reader::end_at(std::uint32_t index) {
  if (index == 0) return {};
  if (index > ends_.size()) return fail(fault::malformed, "endpoint outside the list"), endpoint{};
  return ends_[index - 1];
}

void column_reader::values(const wire::Values* from, const rows<value>& to) {
  const auto& kinds = from->kind();
  if (!ok()) return;
  if (kinds.size() != to.size()) return fail(fault::malformed, "column of another length");
  int integers = 0, naturals = 0, reals = 0, texts = 0;
  const auto next = [this](const auto& column, int& at) {
    using type = std::remove_cvref_t<decltype(column.Get(0))>;
    if (at >= column.size()) return fail(fault::malformed, "fewer values than their kinds say"), type{};
    return column.Get(at++);
  };
  for (std::size_t i = 0; i < to.size() && ok(); ++i) {
    auto& v = *to[i];
    switch (static_cast<value_kind>(octet(kinds[i]))) {
      case value_kind::nothing: v = std::monostate{}; break;
      case value_kind::no: v = false; break;
      case value_kind::yes: v = true; break;
      case value_kind::integer: v = std::int64_t{next(from->integers(), integers)}; break;
      case value_kind::natural: v = std::uint64_t{next(from->naturals(), naturals)}; break;
      case value_kind::real: v = next(from->reals(), reals); break;
      case value_kind::text: v = std::string{text_at(next(from->texts(), texts))}; break;
      default: fail(fault::malformed, "unknown kind of value");
    }
  }
  if (ok() && (integers != from->integers_size() || naturals != from->naturals_size() || reals != from->reals_size() ||
               texts != from->texts_size()))
    fail(fault::malformed, "more values than their kinds say");
}

}  // namespace mw
