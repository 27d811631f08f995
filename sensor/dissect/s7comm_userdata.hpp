// Userdata messages of S7comm (ROSCTR 7): test functions, cyclic services, blocks, CPU, security, clock.
#pragma once
#include "sensor/dissect/s7comm_items.hpp"
#include "sensor/dissect/s7comm_names.hpp"
#include "sensor/dissect/s7comm_szl.hpp"

namespace mw::s7comm {

/// The parameter part of a userdata message.
struct userdata_head {
  s7comm::way way = way::indication;
  std::uint8_t group = 0, function = 0;
  std::uint8_t sequence = 0;   ///< number of the job that the controller set up
  std::uint8_t reference = 0;  ///< joins the parts of an answer, 0 = it has one
  bool last = true;            ///< no further part follows
  std::uint16_t error = 0;
  bool uncoordinated = false;  ///< USEND, which has an id instead of all the others
  std::uint32_t id = 0;

  std::string code() const;  ///< the operation's function
};
userdata_head read_userdata_head(reader& in);

/// The data part begins with a return code, a size and a length.
struct userdata_body {
  std::uint8_t code = success, size = 0;
  bytes content;
  /// Nothing is there and nothing is said to be wrong: how requests and answers without data look.
  bool empty() const { return content.empty() && size == 0; }
};
userdata_body read_userdata_body(reader& in);

/// What a request asks for: objects, values, fields, and an action closer than that of its number.
void read_request(const userdata_head& head, bytes content, operation& op, std::vector<item>& items, reader& in);
/// What an answer or a push says. `items`: what was asked for, where it is known. Returns the outcome of the items.
outcome read_answer(const userdata_head& head, operation& op, std::span<const item> items, std::vector<learned>& facts, reader& in);
/// The values of a USEND message.
void read_send(reader& data, operation& op);

}  // namespace mw::s7comm
