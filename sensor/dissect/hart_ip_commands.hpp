// Commands of HART (FieldComm TS20127 universal, TS20151 common practice): what they are called and what their data hold.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mw::hart {

enum class item_type : std::uint8_t {
  number8,
  number16,
  number24,
  number32,
  real,
  units,    ///< an engineering unit code: says what the reals beside it mean
  packed6,  ///< text of six octets, four characters to three octets
  packed12,
  packed24,
  latin32,
  date,
  time,  ///< of day, in 1/32 milliseconds
};
struct item {
  std::string_view name;
  item_type type;
};
enum class shape : std::uint8_t {
  plain,     ///< the items of the layout, as many of them as there are
  identity,  ///< of command 0
  slots9,    ///< extended status, then code, class, units, value, status each
  slots33,   ///< code, units, value each
  codes,     ///< the codes of the variables that are wanted
};
struct command {
  std::uint16_t number;
  std::string_view name;
  action what;
  shape asks, answers;
  std::span<const item> request, answer;
};
/// Never null: commands that are not known have a name that says so.
const command& command_of(std::uint16_t number);

struct finding {
  std::string_view kind;  ///< a literal
  std::string value;
  std::uint8_t confidence;
};
/// What the data of a message say.
struct content {
  std::vector<object> objects;
  std::vector<value> values;
  std::vector<field> fields;
  std::vector<finding> findings;
  std::optional<std::string> address;  ///< the unique address of the device that identifies itself
  bool short_of = false;               ///< the data end inside an item
};
content read_request(const command& c, bytes data);
content read_answer(const command& c, bytes data);

std::string_view response_name(std::uint8_t code);
/// A code that says that the command was done, if not as it was asked.
bool is_warning(std::uint8_t code);
std::string device_status_text(std::uint8_t status);
std::string_view manufacturer_name(std::uint16_t code);

}  // namespace mw::hart
