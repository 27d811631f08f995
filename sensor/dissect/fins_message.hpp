// What FINS commands and their responses carry, by command.
#pragma once
#include "common/reader.hpp"
#include "sensor/dissect/fins_commands.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mw::fins {

inline constexpr std::size_t list_limit = 2048;  ///< objects or values in one operation; the rest is not recorded

struct learned {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 50;
  int unit = -1;  ///< a unit of the same node, where it is not the one that answers
};

/// What of a request its response is read with.
struct asked {
  std::uint16_t command = 0;
  std::vector<std::uint8_t> areas;  ///< of a multiple read, in order
  std::uint32_t count = 0;
  std::uint8_t selector = 0;  ///< which data were asked for
};

/// Fills objects, values and fields; `in` fails where the request is shorter than its command says.
void read_request(std::uint16_t command, reader& in, operation& op, asked& about);
/// After the end code, of a response that is not an error.
void read_response(reader& in, operation& op, const asked& about, std::vector<learned>& facts);

}  // namespace mw::fins
