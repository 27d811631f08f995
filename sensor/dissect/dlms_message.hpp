// What one DLMS APDU says (IEC 62056-5-3): read into the operation it belongs to, with what is learned by the way.
#pragma once
#include "sensor/dissect/dlms_data.hpp"
#include "sensor/dissect/dlms_names.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::dlms {

struct finding {
  bool of_server = true;  ///< of the meter, or of who asks
  std::string_view kind;  ///< a literal
  std::string value;
  std::uint8_t confidence = 80;
};
struct remarks {
  static constexpr std::size_t most_findings = 64;
  std::vector<finding> findings;
  std::vector<std::pair<std::string_view, std::string>> broken;  ///< rule and detail
  void breaks(std::string_view rule, std::string detail) { broken.emplace_back(rule, std::move(detail)); }
};

/// What is kept of a request until its answer is complete.
struct asked {
  static constexpr std::size_t longest = 256 * 1024;
  std::uint8_t tag = 0;
  std::vector<descriptor> what;
  std::vector<std::uint8_t> blocks;  ///< of one value that comes in several
  std::uint64_t count = 0;           ///< of blocks
  std::uint32_t last_block = 0;
  bool overflow = false;
  timestamp begun{};
};

enum class state : std::uint8_t {
  complete,   ///< of a request: ask; of a response: answered
  continues,  ///< a block in the middle of an exchange that is open already
  refused,    ///< answered with an error, which is in the operation's code
};

/// Without its tag. Get, set, action.
state read_request(reader& in, operation& op, asked& kept, remarks& notes);
state read_response(reader& in, operation& op, asked& kept, remarks& notes);

/// Association control: whole APDUs, which are BER.
void read_aarq(bytes apdu, operation& op, remarks& notes);
state read_aare(bytes apdu, operation& op, remarks& notes);
state read_rlre(bytes apdu, operation& op);

/// Read, write and reports by short names.
void read_short_request(std::uint8_t tag, reader& in, operation& op);
state read_short_response(std::uint8_t tag, reader& in, operation& op);

/// Pushed by the meter: data notification, event notification, information report.
void read_told(std::uint8_t tag, reader& in, operation& op, remarks& notes);

void read_access_request(reader& in, operation& op, asked& kept);
state read_access_response(reader& in, operation& op, asked& kept, remarks& notes);

/// Facts from the values behind `from`, which are those of one attribute.
void learn_from_value(const descriptor& d, const std::vector<value>& values, std::size_t from, remarks& notes);
void refuse(operation& op, std::uint32_t code, std::string name);
/// A field that is there once, however many blocks an exchange has.
void set_field(operation& op, std::string_view name, value v);
/// What an image transfer or a secret carries is not a value of the plant.
bool carries_secret(const descriptor& d, bool is_method);

}  // namespace mw::dlms
