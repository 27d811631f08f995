// Mixed values as columns.
#include "common/wire_writer.hpp"

namespace mw {

void column_writer::values(wire::Values* to, const rows<value>& from) {
  struct visitor {
    column_writer& writer;
    wire::Values& to;
    value_kind operator()(std::monostate) const { return value_kind::nothing; }
    value_kind operator()(bool b) const { return b ? value_kind::yes : value_kind::no; }
    value_kind operator()(std::int64_t n) const { return to.add_integers(n), value_kind::integer; }
    value_kind operator()(std::uint64_t n) const { return to.add_naturals(n), value_kind::natural; }
    value_kind operator()(double d) const { return to.add_reals(d), value_kind::real; }
    value_kind operator()(const std::string& s) const { return to.add_texts(writer.index_of(s)), value_kind::text; }
  };
  auto& kinds = *to->mutable_kind();
  kinds.reserve(from.size());
  for (const auto* v : from) kinds.push_back(static_cast<char>(std::visit(visitor{*this, *to}, *v)));
}

}  // namespace mw
