// Payloads of Sparkplug B (Eclipse Sparkplug 3.0, chapter 6): Protocol Buffers, read field by field without a schema compiler.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::sparkplug {

/// One field of a Protocol Buffers message (encoding guide): its number, and a number or octets.
struct wire_field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;  ///< varint, or the bits of a fixed width
  bytes data;               ///< of a length-delimited field
};
/// The next field. What is cut, a group, or field number 0 fails `in`.
wire_field next_field(reader& in);

struct metric {
  bytes name;
  std::optional<std::uint64_t> alias;
  std::optional<std::uint8_t> type;  ///< as the message says it
  bool null = false, historical = false;
  enum class form : std::uint8_t { none, number, single, wide, flag, text, octets, dataset, members } is = form::none;
  std::uint64_t number = 0;
  bytes data;
};
/// Nothing where the octets are no metric.
std::optional<metric> read_metric(bytes data);
/// By its type, which a data message need not repeat.
value value_of(const metric& m, std::uint8_t type);

struct payload {
  std::optional<std::uint64_t> timestamp;  ///< milliseconds since 1970
  std::optional<std::uint64_t> sequence;
  bytes uuid;
  bool body = false;  ///< the metrics are packed in it
  std::size_t metrics = 0;
};
constexpr std::uint32_t metrics_field = 2;  ///< of a payload, and of a template
/// The head of a payload; its metrics are the fields of number `metrics_field`.
std::optional<payload> read_payload(bytes data);

/// Sparkplug 3.0, 6.4.16: name of a data type, "unknown" where it has none.
std::string_view type_name(std::uint8_t type);

}  // namespace mw::sparkplug
