// What the commands of the MC protocol and SLMP carry, and their answers.
#pragma once
#include "sensor/dissect/melsec_codec.hpp"
#include "sensor/dissect/melsec_commands.hpp"

#include <string>
#include <vector>

namespace mw::melsec {

inline constexpr std::size_t list_limit = 2048;  ///< objects or values in one operation; the rest is not recorded

/// How the values of an answer are laid out, in order.
struct piece {
  enum class shape : std::uint8_t { bits, words, dwords } what = shape::words;
  std::uint32_t count = 0;
};

/// What a request leaves behind for its answer.
struct asked {
  std::uint16_t command = 0, sub = 0;
  bool form_1e = false;
  std::vector<piece> pieces;
  bool monitors = false;  ///< its answer is laid out as the registered monitor says
  std::string path;       ///< file that is opened
};

struct learned {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 50;
};

void read_request(coded& c, operation& op, asked& about);
/// After the end code of an answer that is not an error.
void read_response(coded& c, operation& op, const asked& about, std::vector<learned>& facts);
void read_request_1e(std::uint8_t command, coded& c, operation& op, asked& about);

}  // namespace mw::melsec
