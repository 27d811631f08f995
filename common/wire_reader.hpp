// Reads columns of wire.proto; column_writer is its mirror, and wire_columns.cpp drives both.
#pragma once
#include "common/wire_dictionary.hpp"

#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace mw {

/// Every column is checked before its rows are filled; after the first fault nothing is read any more.
class column_reader : public dictionary_reader {
public:
  template <class T>
  using rows = std::vector<T*>;
  column_reader(const wire::Batch& b, const wire_limits& limits) : dictionary_reader{b, limits}, elements_{limits.elements} {}

  template <class N, class T, class M>
  void number(const raw_column<N>* from, const rows<T>& to, M member) {
    each(from, to, [&](T& row, N n) {
      auto& x = std::invoke(member, row);
      using type = std::remove_cvref_t<decltype(x)>;
      if constexpr (std::is_enum_v<type>) {
        if (n >= set_size(type{})) return fail(fault::malformed, "value outside a closed set");
      } else if constexpr (std::is_integral_v<type>) {
        if (n > std::numeric_limits<type>::max()) return fail(fault::malformed, "number too large for its field");
      }
      x = static_cast<type>(n);
    });
  }
  template <class T, class M>
  void delta(const raw_column<std::int64_t>* from, const rows<T>& to, M member) {
    std::uint64_t now = 0;
    each(from, to, [&](T& row, std::int64_t n) { from_raw(now += static_cast<std::uint64_t>(n), std::invoke(member, row)); });
  }
  template <class T, class M, class B>
  void since(const raw_column<std::int64_t>* from, const rows<T>& to, M member, B base) {
    each(from, to, [&](T& row, std::int64_t n) {
      from_raw(to_raw(std::invoke(base, row)) + static_cast<std::uint64_t>(n), std::invoke(member, row));
    });
  }
  template <class T, class M>
  void text(const raw_column<std::uint32_t>* from, const rows<T>& to, M member) {
    each(from, to, [&](T& row, std::uint32_t n) { std::invoke(member, row) = text_at(n); });
  }
  template <class T, class M>
  void ends(const raw_column<std::uint32_t>* from, const rows<T>& to, M member) {
    each(from, to, [&](T& row, std::uint32_t n) { std::invoke(member, row) = end_at(n); });
  }
  template <class T, class A, class H>
  void subject(const raw_column<std::uint32_t>* from, const rows<T>& to, A address, H hardware) {
    each(from, to, [&](T& row, std::uint32_t n) {
      const auto e = end_at(n);
      if (e.port.number != 0) return fail(fault::malformed, "subject with a port");
      std::invoke(address, row) = e.address;
      std::invoke(hardware, row) = e.hardware;
    });
  }
  template <class T, class M>
  auto sizes(const raw_column<std::uint32_t>* from, const rows<T>& to, M member) {
    rows<typename std::remove_cvref_t<decltype(std::invoke(member, *to[0]))>::value_type> all;
    each(from, to, [&](T& row, std::uint32_t n) {
      if (n > elements_) return fail(fault::over_limit, "too many elements in a batch");
      elements_ -= n;
      auto& list = std::invoke(member, row);
      list.resize(n);
      for (auto& x : list) all.push_back(&x);
    });
    return all;
  }
  template <class T, class M>
  auto present(const raw_column<std::uint32_t>* from, const rows<T>& to, M member) {
    rows<typename std::remove_cvref_t<decltype(std::invoke(member, *to[0]))>::value_type> all;
    each(from, to, [&](T& row, std::uint32_t n) {
      if (n > 1) return fail(fault::malformed, "presence is 0 or 1");
      if (n == 1) all.push_back(&std::invoke(member, row).emplace());
    });
    return all;
  }
  void values(const wire::Values* from, const rows<value>& to);

private:
  template <class N, class T, class Put>
  void each(const raw_column<N>* from, const rows<T>& to, Put put) {
    const bool zeros = from->empty();
    if (!zeros && std::cmp_not_equal(from->size(), to.size())) return fail(fault::malformed, "column of another length");
    for (std::size_t i = 0; i < to.size() && ok(); ++i) put(*to[i], zeros ? N{} : from->Get(static_cast<int>(i)));
  }

  std::size_t elements_;  // that may still be asked for
};

}  // namespace mw
