// Diagnosis of channels (IEC 61158-6-10, 5.2.7.8): the same in alarms and in records that are read.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

namespace mw::profinet {

/// User structures to the end of `in`, as fields: "channel" = "3: wire_break appears"; what is the manufacturer's as a value.
void read_diagnosis(reader& in, operation& op);

}  // namespace mw::profinet
