// Values in CIP messages by their data type (CIP Specification Volume 1, Appendix C-6; Logix: Rockwell Automation 1756-PM020).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw::cip {

inline constexpr std::size_t most_values = 2048;    ///< in one operation
inline constexpr std::uint16_t structure = 0x02a0;  ///< the type of an instance of a template; its handle follows

/// The type in front of a tag's data.
struct data_type {
  std::uint16_t code = 0;
  std::optional<std::uint16_t> handle;  ///< of a structure
};
data_type read_type(reader& in);
std::string to_string(const data_type& t);  ///< "DINT", "structure 0x0fce", "0x00ff"
bool is_known(std::uint16_t code);

/// Reads elements to the end of `in`, at most `count` of them; a structure or an unknown type as one value of hex.
/// False where an element is cut.
bool read_values(const data_type& t, reader& in, std::vector<value>& out, std::size_t count = most_values);

/// Octets that have no better form: nothing where there are none.
std::vector<value> as_hex(bytes data, std::size_t limit = 1024);

}  // namespace mw::cip
