// Alarms and diagnostic messages of S7 controllers, and who wants to be told (userdata group 4 of S7comm).
#pragma once
#include "sensor/dissect/s7comm_szl.hpp"

namespace mw::s7comm {

/// Who subscribes to what.
void read_message_service(reader& in, operation& op);
/// What happened in the controller; it may say that the operating mode has changed.
void read_diagnostic(reader& in, operation& op, std::vector<learned>& facts);
/// An alarm that comes or goes, or a request about alarms: acknowledge, lock, unlock, query.
void read_alarms(std::uint8_t function, reader& in, operation& op);
/// The alarms that a query found.
void read_alarm_list(reader& in, operation& op);
/// Return codes, one for each alarm of the request.
outcome read_alarm_codes(reader& in, operation& op);

}  // namespace mw::s7comm
