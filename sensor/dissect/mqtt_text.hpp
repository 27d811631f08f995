// What applications send each other in MQTT and CoAP, as a value of a record.
#pragma once
#include "common/reader.hpp"

#include <string>

namespace mw {

/// Text of at most 256 bytes where it is UTF-8 (line ends and tabs included), else hex.
std::string payload_text(bytes payload);

}  // namespace mw
