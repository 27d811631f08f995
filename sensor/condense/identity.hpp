// When two operations are the same one, said again: who, to whom, in which words, about which objects.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string>

namespace mw {

/// Both ends (address and MAC; the client's port is left out: masters reconnect), VLAN, transport, protocol, unit, action, function,
/// outcome, code, objects, returned objects, the number of values, the names of the fields, and the value of the field "cause".
std::uint64_t identity_of(const operation&);
bool same_identity(const operation&, const operation&);
/// What same_identity() needs of an operation, without its values.
operation shape_of(const operation&);

/// The conversation in which one operation follows another: both ends, protocol and unit.
std::uint64_t channel_of(const operation&);

/// An operation as a letter of the channel's language: its function and first object, and how many objects there are.
struct symbol {
  std::string function, space, address;
  std::uint32_t count = 0, objects = 0;
  /// Takes over what an operation says; allocates only where a text is longer than any before it.
  void set(const operation&);
  bool empty() const { return function.empty(); }
  std::uint64_t id() const;
  /// "3 holding:100x10", "4 DB1:0.0x4+2" where two objects follow, "STARTDT" where there are none.
  std::string text() const;
};

}  // namespace mw
