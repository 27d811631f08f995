// Mixed values out of their columns.
#include "common/wire_reader.hpp"

namespace mw {
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
    switch (static_cast<value_kind>(kinds[i])) {
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
