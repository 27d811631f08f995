// What stands behind a TriStation command: programs, states, chassis, modules.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mw::tristation {

/// Something that a message says of the controller, or of the module in a slot (`unit`).
struct finding {
  std::string_view kind;
  std::string value;
  std::string unit = {};
};
struct remarks {
  std::vector<finding> findings;
  std::string_view rule, detail;  ///< a rule that the data breaks; "" = none
};

/// A part of a program or function on its way: offsets and sizes count words of four octets.
struct part {
  bool program = false;
  std::uint16_t id = 0, next = 0, total = 0, offset = 0, words = 0;
  bytes code;
};

void read_request(std::uint8_t command, bytes data, operation& op, remarks& notes);
void read_reply(std::uint8_t reply, bytes data, operation& op, remarks& notes);
result<part> read_part(std::uint8_t command, bytes data);  ///< of commands 55, 56 and replies 162, 163

/// Knows the implant of 2017 by the word that it leaves at the end of a program: a checksum over all that stands before, made unlike by
/// a constant. Parts of a program come one after the other. Keeps one program, the one whose part came last.
class implant_search {
public:
  bool add(const part& p);  ///< true where this part ends a program with the mark

private:
  std::uint16_t id_ = 0;
  std::uint32_t next_ = 0, crc_ = 0;
  bool open_ = false;
};

}  // namespace mw::tristation
