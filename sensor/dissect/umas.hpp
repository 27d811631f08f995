// UMAS, the engineering protocol of Schneider Modicon controllers: the payload of Modbus function 90.
#pragma once
#include "sensor/dissect/modbus_pdu.hpp"

namespace mw::umas {

inline constexpr std::uint8_t failed = 0xfd, succeeded = 0xfe;

/// The code of a message ("function 90, session key, code, data"); nothing where it is cut short.
std::optional<std::uint8_t> code_of(bytes pdu);

/// Reads a request (function 90 first) into `op`, which becomes one of protocol "umas".
void read_request(bytes pdu, operation& op, modbus::asked& kept, modbus::remarks& notes);
/// Reads an answer; says how the request ended. `kept` is null where the request was not seen.
outcome read_response(bytes pdu, operation& op, const modbus::asked* kept, modbus::remarks& notes);

}  // namespace mw::umas
