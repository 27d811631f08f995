// What the numbers of SAIA S-Bus mean: commands with the layout of their parameters, telegrams of block transfers, refusals.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::ether_sbus {

/// How the parameters of a command, and its answer, are laid out.
enum class layout : std::uint8_t {
  none,          ///< no parameters, nothing to read
  other,         ///< not published: kept as octets
  read_words,    ///< count - 1, address of two octets; answered by 32-bit values
  read_bits,     ///< the same, answered by packed bits
  write_words,   ///< octets that follow - 1, address, 32-bit values
  write_bits,    ///< octets that follow - 1, address, bits - 1, packed bits
  read_memory,   ///< count - 1, address of three octets; answered by 32-bit words
  write_memory,  ///< octets that follow - 1, address of three octets, words
  read_octets,   ///< as read_memory, in octets
  write_octets,  ///< as write_memory, in octets
  read_eeprom,   ///< an extension, then as read_words
  display,       ///< answered by one 32-bit value
  clock,         ///< eight octets BCD in the answer
  write_clock,   ///< the same in the request
  status,        ///< answered by the state of a processor
  station,       ///< answered by a station number
  version,       ///< answered by the type of the controller and the version of its firmware
  flags,         ///< answered by the arithmetic flags
  index,         ///< answered by two octets
  pointer,       ///< answered by an address of three octets
  current,       ///< answered by a block's type and number
  system,        ///< number of the information, twice
  block,         ///< a telegram of a block transfer
  web,           ///< a part of a conversation with the web server
};

struct command {
  std::uint8_t code = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  ether_sbus::layout layout = ether_sbus::layout::other;
  std::string_view space = {};    ///< what is addressed
  std::string_view address = {};  ///< fixed by the command: which processor
  bool known() const { return name != "unknown"; }
};
command describe(std::uint8_t code);

enum class part : std::uint8_t { whole, begin, data, end, abort };
struct block_telegram {
  std::uint8_t code = 0;
  std::string_view name;
  action what = action::diagnose;
  ether_sbus::part part = ether_sbus::part::whole;
};
const block_telegram* find_block_telegram(std::uint8_t code);  ///< nullptr where not known

std::string_view block_status(std::uint8_t code);  ///< "" where not known
std::string_view block_type(std::uint8_t code);
std::string_view refusal(std::uint16_t code);
std::string_view cpu_state(std::uint8_t code);

}  // namespace mw::ether_sbus
