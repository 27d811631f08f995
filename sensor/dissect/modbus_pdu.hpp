// What a Modbus PDU says, whatever frame carries it (MODBUS Application Protocol Specification V1.1b3).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mw::modbus {

inline constexpr std::size_t largest_pdu = 253;
inline constexpr std::uint8_t error_bit = 0x80;
inline constexpr std::uint8_t diagnostics = 8, encapsulated = 43, unity = 90;
inline constexpr std::uint16_t force_listen_only = 4;
inline constexpr std::uint16_t read_device_identification = 14;

struct function_info {
  std::uint8_t code;
  std::string_view name;
  action what;
  bool assigned = true;  ///< by the specification, or by a vendor whose use is known
};
/// Never fails: codes that nobody assigned are called so.
function_info describe(std::uint8_t code);

/// A broken rule; the rule is a literal.
struct breach {
  std::string_view rule, detail;
};
/// Something that a message tells about a machine.
struct finding {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 0;
  bool of_asker = false;  ///< about who asks, not about who answers
};
struct remarks {
  std::vector<breach> breaches;
  std::vector<finding> findings;
  void breaks(std::string_view rule, std::string_view detail) { breaches.push_back({rule, detail}); }
};

/// What has to be known of a request when its answer comes.
struct asked {
  std::uint8_t function = 0;
  std::optional<std::uint16_t> sub;  ///< 8: sub-function, 43: MEI type, 90: UMAS code
  std::uint32_t quantity = 0;        ///< coils or registers to be read
  bool complete = false;             ///< the request could be read to its end
  bool sealed = false;               ///< 90: in the signed envelope
  std::vector<std::uint8_t> echo;    ///< what the answer must repeat, at its front
};

/// Which of the two a whole PDU can be, judged by its shape and the limits of the specification.
struct shape {
  bool request = false, response = false;
  bool any() const { return request || response; }
};
shape shape_of(bytes pdu);

void read_words(bytes data, std::size_t most, std::vector<value>& to);  ///< registers: unsigned, big-endian
void read_bits(bytes data, std::size_t most, std::vector<value>& to);   ///< coils: least significant bit first
object addressed(std::uint8_t function, std::uint16_t address, std::uint32_t count);
/// Data behind a byte count: as much of it as there is.
bytes counted(reader& in, std::size_t announced, remarks& notes);

/// Reads a request (function code first) into `op`: action, function, objects, values, fields.
void read_request(bytes pdu, operation& op, asked& kept, remarks& notes);
/// Reads a normal answer. `kept` is null where the request was not seen.
void read_response(bytes pdu, operation& op, const asked* kept, remarks& notes);
/// Reads an exception: code and its name.
void read_exception(bytes pdu, operation& op, remarks& notes);

}  // namespace mw::modbus
