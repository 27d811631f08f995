// The ASDU types of IEC 60870-5-104 (and 60870-5-7 by name): what each is called, means, holds, and why it may be sent.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::iec104 {

/// What an information object holds before its time tag.
enum class shape : std::uint8_t {
  single_point,
  double_point,
  step,
  bits,
  normalised,
  scaled,
  real,
  counter,
  protection_event,
  protection_start,
  protection_output,
  packed_points,
  bare_normalised,  // monitor direction
  single_command,
  double_command,
  step_command,
  set_normalised,
  set_scaled,
  set_real,
  set_bits,  // control direction
  initialised,
  interrogate,
  interrogate_counters,
  nothing,
  clock,
  fixed_test,
  reset,
  delay,
  counted_test,
  parameter_normalised,
  parameter_scaled,
  parameter_real,
  parameter_activate,
  file_ready,
  section_ready,
  file_call,
  last_section,
  file_ack,
  segment,
  directory,
  query_log,
  opaque  // no information object address, contents not read
};
enum class tag : std::uint8_t { none, cp24, cp56 };

/// How the engine of pairing treats a type.
enum class kind : std::uint8_t { monitor, command, parameter, file, security };

/// Causes of transmission that pairing turns on.
enum class cause : std::uint8_t {
  spontaneous = 3,
  requested = 5,
  activation = 6,
  activation_confirmation = 7,
  deactivation = 8,
  deactivation_confirmation = 9,
  activation_termination = 10,
  unknown_type = 44,
  unknown_object_address = 47
};

struct type_info {
  std::uint8_t id;
  std::string_view name, function;
  iec104::kind kind;
  mw::action action;
  iec104::shape shape;
  iec104::tag tag;
  std::uint64_t causes;  ///< bit n: the cause n may stand in an ASDU of this type
  constexpr bool allows(unsigned c) const { return c < 64 && (causes >> c & 1) != 0; }
};

const type_info* find_type(std::uint8_t id);
/// Octets of one object with its time tag, without its address. Of a segment: without the octets it carries.
std::size_t object_size(const type_info&);
/// Name of a cause of transmission; "" where the number is not assigned.
std::string_view cause_name(std::uint8_t cause);

}  // namespace mw::iec104
