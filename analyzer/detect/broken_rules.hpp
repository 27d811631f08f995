// Which broken protocol rules mean that messages were repeated, lost or injected, as against badly formed.
#pragma once
#include "common/record.hpp"

#include <string_view>

namespace mw {

enum class breach : std::uint8_t { malformed, replay, loss, unpaired, other };
breach breach_of(const violation&);

}  // namespace mw
