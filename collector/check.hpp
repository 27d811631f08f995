// Whether a record can be believed at all, before anything is made of it.
#pragma once
#include "collector/config.hpp"
#include "common/record.hpp"

#include <optional>
#include <string_view>

namespace mw {

/// Nothing is wrong: "". Otherwise one word of a closed set: "time_before", "time_ahead", "time_order", "no_client",
/// "no_server", "no_port", "no_subject", "no_protocol", "no_kind", "text_too_long", "list_too_long", "no_count",
/// "confidence". Times end in the year 2200. `now`: the collector's clock, where it has one.
std::string_view why_refused(const record& r, const check_config& limits, std::optional<timestamp> now);

}  // namespace mw
