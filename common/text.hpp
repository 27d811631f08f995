// Bytes as text that is safe to print.
#pragma once
#include "common/reader.hpp"

#include <string>

namespace mw {

/// "0x0a1b"; at most `limit` octets, then "…" (a record must not carry a whole program).
std::string hex(bytes data, std::size_t limit = 1024);
/// Text from the wire: trailing NULs and blanks cut, bytes that are not printable ASCII or valid UTF-8 become '?'.
std::string printable(bytes data, std::size_t limit = 256);
/// True where every byte is valid UTF-8 without control characters.
bool is_text(bytes data);

}  // namespace mw
