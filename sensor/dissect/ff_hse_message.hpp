// Messages of Foundation Fieldbus HSE: the header of the field device access agent, its trailer, and the services by name.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <optional>
#include <string>

namespace mw::ff {

enum class layer : std::uint8_t { session = 1, management = 2, messages = 3, redundancy = 4 };
enum class kind : std::uint8_t { request = 0, response = 1, error = 2 };
constexpr std::size_t header_size = 12;

struct message_head {
  ff::layer layer = ff::layer::session;
  ff::kind kind = ff::kind::request;
  bool confirmed = false, has_invoke = false;
  std::uint8_t service = 0;
  std::uint32_t address = 0, length = 0;  ///< of the field device access; of the whole message
};
/// The first twelve octets; an error where they are none.
result<message_head> read_head(bytes data);

struct whole_message {
  message_head head;
  std::uint32_t number = 0, invoke = 0;  ///< of the trailer
  bytes body;
};
/// `data` is one message, as long as its head says.
result<whole_message> read_message(bytes data);

struct service {
  ff::layer layer;
  bool confirmed;
  std::uint8_t code;
  std::string_view name;
  action what;
};
const service* find_service(const message_head& h);  ///< nullptr where there is none
std::string address_text(std::uint32_t address);     ///< link and selector: "258/772"
std::string_view error_class(std::uint8_t c);

}  // namespace mw::ff
