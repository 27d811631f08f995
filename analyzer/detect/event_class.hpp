// The national classes of events (GB/T 20986-2023) that detections use. The key is ours and lasting; the number can be corrected.
#pragma once
#include <string_view>

namespace mw {

struct event_class {
  std::string_view key, code;
};
namespace events {
inline constexpr event_class scan{"attack.scan", "02001"};
inline constexpr event_class credential{"attack.credential", "02006"};
inline constexpr event_class dos{"attack.dos", "02008"};
inline constexpr event_class broadcast_fraud{"attack.broadcast_fraud", "02017"};
inline constexpr event_class violation_other{"violation.other", "06-other"};
inline constexpr event_class unauthorised_use{"violation.unauthorised_use", "06007"};
inline constexpr event_class exposure{"hazard.configuration", "07002"};
inline constexpr event_class unavailable{"anomaly.access", "08001"};
inline constexpr event_class baseline{"anomaly.traffic", "08002"};
inline constexpr event_class protocol{"anomaly.other", "08-other"};
}  // namespace events

}  // namespace mw
