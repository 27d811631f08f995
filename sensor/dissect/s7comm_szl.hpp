// System status lists (SZL): what an S7 controller says about itself when it is asked.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

namespace mw::s7comm {

/// Something that the controller said about itself.
struct learned {
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 0;
};

/// Number and index of the list that is asked for, as an object.
void read_szl_request(reader& in, operation& op);
/// The list, whole. Facts go to `facts`, what is about this answer only to the operation's fields.
void read_szl_answer(reader& in, operation& op, std::vector<learned>& facts);

}  // namespace mw::s7comm
