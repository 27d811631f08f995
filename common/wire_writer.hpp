// Writes columns of wire.proto; column_reader is its mirror, and wire_columns.cpp drives both.
#pragma once
#include "common/wire_dictionary.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// Rows are pointers to what has the column; `member` is a pointer to member, or std::identity for the row itself.
class column_writer : public dictionary_writer {
public:
  template <class T>
  using rows = std::vector<const T*>;
  using dictionary_writer::dictionary_writer;

  template <class N, class T, class M>
  void number(raw_column<N>* to, const rows<T>& from, M member) {
    fill(to, from, [&](const T& row) { return static_cast<N>(std::invoke(member, row)); });
  }
  /// Of a time, a duration or a count: the difference to the row before, or (`since`) to another member of the same row.
  template <class T, class M>
  void delta(raw_column<std::int64_t>* to, const rows<T>& from, M member) {
    std::uint64_t before = 0;
    fill(to, from, [&](const T& row) {
      const auto now = to_raw(std::invoke(member, row));
      return static_cast<std::int64_t>(now - std::exchange(before, now));
    });
  }
  template <class T, class M, class B>
  void since(raw_column<std::int64_t>* to, const rows<T>& from, M member, B base) {
    fill(to, from, [&](const T& r) { return static_cast<std::int64_t>(to_raw(std::invoke(member, r)) - to_raw(std::invoke(base, r))); });
  }
  template <class T, class M>
  void text(raw_column<std::uint32_t>* to, const rows<T>& from, M member) {
    std::string_view before;
    std::uint32_t index = 0;
    fill(to, from, [&](const T& row) {
      const std::string_view now = std::invoke(member, row);
      if (now != before) index = index_of(now), before = now;
      return index;
    });
  }
  template <class T, class M>
  void ends(raw_column<std::uint32_t>* to, const rows<T>& from, M member) {
    fill(to, from, [&](const T& row) { return index_of(std::invoke(member, row)); });
  }
  template <class T, class A, class H>
  void subject(raw_column<std::uint32_t>* to, const rows<T>& from, A address, H hardware) {
    fill(to, from, [&](const T& r) { return index_of(endpoint{std::invoke(address, r), {}, std::invoke(hardware, r)}); });
  }
  /// The lengths of a list in each row; the elements of all of them are the rows of further columns.
  template <class T, class M>
  auto sizes(raw_column<std::uint32_t>* to, const rows<T>& from, M member) {
    rows<typename std::remove_cvref_t<decltype(std::invoke(member, *from[0]))>::value_type> all;
    fill(to, from, [&](const T& row) {
      const auto& list = std::invoke(member, row);
      for (const auto& x : list) all.push_back(&x);
      return static_cast<std::uint32_t>(list.size());
    });
    return all;
  }
  template <class T, class M>
  auto present(raw_column<std::uint32_t>* to, const rows<T>& from, M member) {
    rows<typename std::remove_cvref_t<decltype(std::invoke(member, *from[0]))>::value_type> all;
    fill(to, from, [&](const T& row) {
      const auto& x = std::invoke(member, row);
      if (x) all.push_back(&*x);
      return x ? 1u : 0u;
    });
    return all;
  }
  void values(wire::Values* to, const rows<value>& from);

private:
  template <class N, class T, class Make>
  void fill(raw_column<N>* to, const rows<T>& from, Make make) {
    to->Reserve(static_cast<int>(from.size()));
    bool any = false;
    for (const auto* row : from) {
      const N n = make(*row);
      any = any || is_set(n);
      to->AddAlreadyReserved(n);
    }
    if (!any) to->Clear();
  }
};

}  // namespace mw
