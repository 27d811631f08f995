// PCCC, the command set of Allen-Bradley PLC-2, PLC-5, SLC 500 and MicroLogix controllers, as CIP carries it (Rockwell
// Automation 1770-6.5.16, "DF1 Protocol and Command Set"; the requester id: CIP class 0x67, service 0x4B).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::pccc {

/// What an answer's reading needs of its request.
struct asked {
  std::uint8_t command = 0;
  std::optional<std::uint8_t> function;
  std::uint16_t transaction = 0;
  std::optional<std::uint8_t> file_type;  ///< of a typed logical read
  std::uint8_t sub_element = 0;
  enum class data : std::uint8_t { octets, elements, typed, words } answer = data::octets;  ///< how it is laid out
};
struct finding {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence;
};

/// Reads the request data of service 0x4B from the requester id on. Nothing where it is too short to hold a command;
/// `whole` is false where the command's own data are cut.
std::optional<asked> read_request(reader& in, operation& op, bool& whole);
/// Reads the answer; `to` may be unknown. False where it is cut or is no answer.
bool read_answer(reader& in, const asked* to, operation& op, std::vector<finding>& found);
/// Whether the data of an answer whose request was not seen can be PCCC.
bool looks_like_answer(bytes data);
/// The transaction number of an answer, where it holds one.
std::optional<std::uint16_t> transaction_of_answer(bytes data);

}  // namespace mw::pccc
