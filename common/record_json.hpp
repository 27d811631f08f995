// A record as one line of JSON, in the form that people, rules and checks read.
#pragma once
#include "common/record.hpp"

#include <string>

namespace mw {

/// Appends `r` as one JSON object and a line feed. The line is always valid JSON and valid UTF-8: bytes that are neither
/// become U+FFFD, a number that is not finite becomes null. Times are epoch seconds with 6 decimals, or 9 where the
/// nanoseconds are not whole microseconds; latencies likewise. A further field whose name is already taken by the record
/// stands under "field_NAME"; one that occurs several times becomes a list.
void append_json(std::string& out, const record& r);

}  // namespace mw
