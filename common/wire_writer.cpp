// The parts of the column writer that need no template: dictionaries and mixed values.
#include "common/wire_writer.hpp"

namespace mw {

std::uint32_t column_writer::index_of(std::string_view text) {
  if (text.empty()) return 0;
  const auto [at, fresh] = texts_.try_emplace(text, static_cast<std::uint32_t>(texts_.size() + 1));
  if (fresh) {
    batch_.mutable_dictionary()->append(text);
    batch_.add_dictionary_sizes(static_cast<std::uint32_t>(text.size()));
  }
  return at->second;
}

std::uint32_t column_writer::index_of(const endpoint& e) {
  if (e == endpoint{}) return 0;
  const auto [at, fresh] = ends_.try_emplace(e, static_cast<std::uint32_t>(ends_.size() + 1));
  if (fresh) {
    auto& out = *batch_.mutable_endpoints();
    const auto put = [&](auto octet) { out.push_back(static_cast<char>(octet)); };
    for (auto b : e.address.bytes()) put(b);
    put(e.port.number >> 8);
    put(e.port.number & 0xff);
    for (auto b : e.hardware.octets) put(b);
  }
  return at->second;
}

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
