// What one DNP3 application fragment says: its function and its objects (IEEE 1815-2012, clause 4).
#pragma once
#include "sensor/dissect/dnp3_structures.hpp"
#include "sensor/dissect/protocol.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mw::dnp3 {

enum class body : std::uint8_t { headers, data, freeze };  ///< freeze: only the time to freeze at (group 50) has data
struct function {
  std::uint8_t code;
  std::string_view name;
  action means;
  bool answered = true;
  body carries = body::data;
};
const function* find_function(std::uint8_t code);
enum function_code : std::uint8_t {
  confirm = 0,
  read = 1,
  write = 2,
  select = 3,
  operate = 4,
  direct_operate = 5,
  direct_operate_no_ack = 6,
  open_file = 25,
  authenticate_request = 32,
  response = 129,
  unsolicited_response = 130,
  authenticate_response = 131
};

inline constexpr std::size_t point_limit = 2048;  ///< points in one operation; the rest are counted

/// Whose message is read, for counts and complaints.
struct speaker {
  output& out;
  side from;
  std::string unit;
  void complain(std::string_view rule, std::string_view detail) const { out.violate(from, rule, detail, unit); }
};

struct contents {
  std::vector<object> objects;         ///< one per point; one per header where only headers are sent
  std::vector<value> values;           ///< of the points, in their order
  std::uint64_t points = 0;            ///< with those beyond the limit
  std::vector<std::uint8_t> statuses;  ///< of control objects
  std::string quality, times, controls;
  file_notes file;
  security_notes security;
  std::vector<std::pair<std::uint8_t, std::string>> attributes;  ///< of set 0, by variation
  std::optional<double> delay;                                   ///< seconds
};
/// Reads the objects of a message; what is wrong with them is reported, and what stands before that is kept.
contents read_objects(bytes objects, body carries, const speaker& who);

/// A field of that name: a further text is listed behind the first, another value replaces it.
void merge(std::vector<field>& fields, std::string_view name, const value& v);
/// The fields that `what` gives an operation.
void describe(const contents& what, std::vector<field>& fields);

}  // namespace mw::dnp3
