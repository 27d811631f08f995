// The time tags of IEC 60870-5-4: CP24Time2a (minute and milliseconds) and CP56Time2a (a date).
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <optional>
#include <string>

namespace mw::iec104 {

struct time_tag {
  std::string text;               ///< ISO 8601 without a zone (stations keep local time or UTC); ":mm:ss.mmm" of CP24
  std::string condition;          ///< "invalid", "substituted", "summer_time", joined by '+'
  std::optional<timestamp> when;  ///< the date read as UTC, where it is one
};
time_tag read_cp24(reader& in);
time_tag read_cp56(reader& in);

}  // namespace mw::iec104
