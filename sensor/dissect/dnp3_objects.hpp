// The DNP3 object library as data: what an object header says, and how each group and variation is read
// (IEEE 1815-2012, clauses 4.2.2.7, 11.3 and annex A).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw::dnp3 {

/// How the value of one object is coded.
enum class form : std::uint8_t {
  header_only,  ///< the object has no data: it names a class
  bit,
  two_bits,  ///< packed: one or two bits per point
  state,
  two_bit_state,  ///< in the highest bit or bits of the flag octet
  u8,
  u16,
  u32,
  s16,
  s32,
  f32,
  f64,
  f80,
  bcd_4,
  bcd_8,
  bcd_16,
  crob,  ///< control relay output block and pattern control block: 11 octets with the status
  time,
  time_interval,
  indexed_time,
  delay_seconds,
  delay_milliseconds,
  statistic,     ///< association id, count
  storage,       ///< fill level and the group and variation that overflowed
  octets,        ///< as many as the variation says
  attribute,     ///< device attribute: type, length, value
  registration,  ///< private registration object: vendor, id, length, data
  file,
  security,  ///< structures of groups 70 and 120, see dnp3_structures.hpp
  opaque,    ///< described by its size prefix only
};
/// What the octet with flags or status means, and where it stands.
enum class quality : std::uint8_t { none, binary, counter, analog, output, status_before, status_after };
enum class stamp : std::uint8_t { none, absolute, relative };

struct layout {
  std::uint8_t group, variation;  ///< variation 0: every variation of the group
  form what = form::header_only;
  quality flags = quality::none;
  stamp time = stamp::none;
};
/// Nothing for groups and variations that the object library does not have (or a variation 0 where data would follow).
const layout* find_layout(std::uint8_t group, std::uint8_t variation);
bool known_group(std::uint8_t group);

/// One value as read from the wire.
struct item {
  value what;
  std::optional<std::uint8_t> flags, status;
  std::optional<std::uint64_t> time;  ///< milliseconds: since 1970, or relative to the last common time (layout::time)
};
/// Reads an object of any form but packed bits, structures and header_only. `variation` gives the length of octet strings.
item read_item(const layout& l, std::uint8_t variation, reader& in);

/// "online", "restart,comm_lost"; "" where the layout has no flags.
std::string flag_names(quality q, std::uint8_t flags);
std::string_view control_status_name(std::uint8_t status);
/// "latch_on", "pulse_on:close", from the first octet of a control block.
std::string control_name(std::uint8_t code);
/// Both octets of the internal indications, by name: "device_restart,need_time".
std::string indication_names(std::uint8_t iin1, std::uint8_t iin2);

/// Bits of the second octet of the internal indications that say no to a request.
inline constexpr std::uint8_t refusing_indications = 0x07, reserved_indications = 0xc0;

/// What stands before the objects: which group, and which points of it.
struct object_header {
  enum class range : std::uint8_t { indices, all, count };
  std::uint8_t group = 0, variation = 0, qualifier = 0;
  range kind = range::all;
  std::uint32_t start = 0;
  std::uint64_t count = 0;       ///< objects that follow; 0 for all
  std::uint8_t index_size = 0;   ///< octets of the index before each object
  std::uint8_t length_size = 0;  ///< octets of the size before each object
};
/// Reads a header after its group and variation. Fails the reader on reserved codes ("reserved") and on a stop below its
/// start ("range"), where `error::what` begins with that word.
void read_range(object_header& h, reader& in);

}  // namespace mw::dnp3
