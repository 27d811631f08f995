// What carries LonTalk: the header of EIA-852 (ISO/IEC 14908-4) and the layers of ISO/IEC 14908-1 up to the application.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <optional>
#include <string>

namespace mw::lon {

enum packet_type : std::uint8_t { data = 0x01, acknowledge = 0x07, segment = 0x7f };
std::string_view packet_name(std::uint8_t type);  ///< "" where the type is not known

struct packet {
  std::uint8_t type = 0, flags = 0;
  std::uint32_t session = 0, sequence = 0;
  bytes body;  ///< behind the extended header
  bool is_signed() const { return (flags & 0x20) != 0; }
  std::uint8_t protocol() const { return flags & 0x1f; }  ///< of data: 0 is LonTalk
};
/// None where it is no EIA-852, or not as long as it says.
std::optional<packet> read_packet(bytes datagram);

enum class layer : std::uint8_t { transport, session, authentication, application };
/// Kinds of transport and session PDU; the session has request and response where the transport has messages and acknowledgements.
enum kind : std::uint8_t { once = 0, repeated = 1, answered = 2, reminder = 4, reminder_message = 5 };

struct frame {
  layer what = layer::application;
  std::uint8_t kind = 0, transaction = 0;
  bool authenticated = false, to_group = false, priority = false;
  std::string source, target;  ///< domain/subnet/node, domain/group/number, domain/subnet/*, domain/neuron id
  bytes apdu;                  ///< empty where the PDU carries none
};
std::optional<frame> read_frame(bytes body);

}  // namespace mw::lon
