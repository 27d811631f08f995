// How single values lie in the columns of wire.proto.
#pragma once
#include "common/record.hpp"

#include <google/protobuf/repeated_field.h>
#include <bit>
#include <concepts>
#include <functional>
#include <vector>

namespace mw {

template <class N>
using raw_column = google::protobuf::RepeatedField<N>;

/// Times, durations and counts as 64 bits, on which differences may wrap.
inline std::uint64_t to_raw(timestamp t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
inline std::uint64_t to_raw(nanoseconds d) { return static_cast<std::uint64_t>(d.count()); }
inline std::uint64_t to_raw(std::uint64_t n) { return n; }
inline void from_raw(std::uint64_t raw, timestamp& t) { t = timestamp{nanoseconds{static_cast<std::int64_t>(raw)}}; }
inline void from_raw(std::uint64_t raw, nanoseconds& d) { d = nanoseconds{static_cast<std::int64_t>(raw)}; }
inline void from_raw(std::uint64_t raw, std::uint64_t& n) { n = raw; }

/// Whether a number differs from the zero that an absent column stands for; -0.0 does.
inline bool is_set(double d) { return std::bit_cast<std::uint64_t>(d) != 0; }
inline bool is_set(std::integral auto n) { return n != 0; }

/// How many values a closed set has.
constexpr std::uint32_t set_size(action) { return action_count; }
constexpr std::uint32_t set_size(outcome) { return static_cast<std::uint32_t>(outcome::none) + 1; }
constexpr std::uint32_t set_size(transport) { return static_cast<std::uint32_t>(transport::other) + 1; }
constexpr std::uint32_t set_size(certainty) { return static_cast<std::uint32_t>(certainty::opaque) + 1; }

/// In a column of kinds.
enum class value_kind : std::uint8_t { nothing, no, yes, integer, natural, real, text };

/// Octets of one endpoint: address, port, MAC.
inline constexpr std::size_t endpoint_size = 24;

struct hash_endpoint {
  std::size_t operator()(const endpoint& e) const {
    return std::hash<ip>{}(e.address) ^ (std::hash<mac>{}(e.hardware) * 31) ^ (std::size_t{e.port.number} << 40 | e.port.number);
  }
};

/// A part of each row, as rows of their own.
template <class T, class M>
auto parts(const std::vector<T*>& rows, M member) {
  std::vector<std::remove_reference_t<decltype(std::invoke(member, *rows[0]))>*> all;
  for (auto* row : rows) all.push_back(&std::invoke(member, *row));
  return all;
}

}  // namespace mw
